import gzip
import json
import logging
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from fastapi import FastAPI

from api.app import create_app
from api.security import MAX_BODY_BYTE_COUNT, MOST_FILE_BODIES_COUNT, RequestGuard
from api.settings import Settings

LOOK_UP = "/api/v1/admissions/lookup"
PROMISED = {
    "x-content-type-options",
    "x-frame-options",
    "referrer-policy",
    "permissions-policy",
    "content-security-policy",
    "cross-origin-resource-policy",
    "cache-control",
}


@pytest.fixture
def failing_client(app: FastAPI, client: httpx.Client) -> httpx.Client:
    @app.get("/api/v1/fails")
    async def fails() -> None:
        message = "nobody foresaw this"
        raise RuntimeError(message)

    return client


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/healthz", 200),
        ("HEAD", "/healthz", 200),
        ("GET", "/api/v1/openapi.json", 200),
        ("GET", "/api/v1/nothing", 404),
        ("GET", LOOK_UP, 405),
        ("POST", LOOK_UP, 422),
        ("GET", f"/healthz?{'x' * 5000}", 414),
        ("GET", "/api/v1/fails", 500),
    ],
)
def test_every_answer_carries_the_security_headers(
    failing_client: httpx.Client, method: str, path: str, status: int
) -> None:
    answer = failing_client.request(method, path)
    assert answer.status_code == status
    assert PROMISED - set(answer.headers) == set()


def test_pages_may_run_no_inline_script_and_be_framed_by_ourselves_alone(client: httpx.Client) -> None:
    policy = client.get("/healthz").headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'self'" in policy
    assert "unsafe" not in policy


def test_a_map_document_has_no_origin_of_ours_even_outside_its_frame(client: httpx.Client) -> None:
    policy = client.get("/maps/anything").headers["content-security-policy"]
    assert policy.startswith("sandbox allow-scripts;")
    assert "allow-same-origin" not in policy


def test_https_is_demanded_only_where_it_is_there(settings: Settings, client_of: Callable[..., httpx.Client]) -> None:
    with_https = client_of(create_app(settings.model_copy(update={"https": True})))
    without = client_of(create_app(settings))
    assert "strict-transport-security" in with_https.get("/healthz").headers
    assert "strict-transport-security" not in without.get("/healthz").headers


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/api/v1/nothing"), ("GET", LOOK_UP), ("POST", LOOK_UP), ("GET", "/api/v1/fails"), ("PUT", "/healthz")],
)
def test_every_error_of_the_interface_is_problem_json_with_a_code_in_both_languages(
    failing_client: httpx.Client, method: str, path: str
) -> None:
    answer = failing_client.request(method, path, headers={"accept": "text/html"} if "api" in path else None)
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["status"] == answer.status_code
    assert body["code"]
    assert body["message"]["vi"] != body["message"]["en"]


def test_an_unforeseen_error_tells_the_caller_nothing_and_the_log_everything(
    failing_client: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    answer = failing_client.get("/api/v1/fails")
    assert "nobody foresaw" not in answer.text
    assert "nobody foresaw this" in caplog.text


def test_the_access_log_has_the_path_without_the_query(client: httpx.Client, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="diaban.access")
    client.get("/healthz?name=Lan")
    (line,) = [record.getMessage() for record in caplog.records if record.name == "diaban.access"]
    assert line.startswith("GET /healthz 200")
    assert "Lan" not in line


def test_a_line_break_in_an_address_makes_no_new_line_in_the_log(
    client: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="diaban.access")
    client.get("/x%0AGET%20/forged%20200")
    lines = [record.getMessage() for record in caplog.records if record.name == "diaban.access"]
    assert len(lines) == 1
    assert "\n" not in lines[0]


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "", "localhost@evil.example"])
def test_a_host_that_is_not_ours_is_refused(client: httpx.Client, host: str) -> None:
    answer = client.get("/healthz", headers={"host": host})
    assert answer.status_code == 421
    assert answer.json()["code"] == "unknown_host"


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8000", "127.0.0.1:8000", "[::1]:8000"])
def test_our_own_names_are_answered_with_any_port(client: httpx.Client, host: str) -> None:
    assert client.get("/healthz", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "headers", [{"origin": "https://evil.example"}, {"origin": "null"}, {"sec-fetch-site": "cross-site"}]
)
def test_a_post_that_comes_from_another_site_is_refused(client: httpx.Client, headers: dict[str, str]) -> None:
    answer = client.post(LOOK_UP, json={}, headers=headers)
    assert answer.status_code == 403


def test_a_post_from_our_own_page_or_from_no_page_passes(client: httpx.Client) -> None:
    assert client.post(LOOK_UP, json={}, headers={"origin": "http://localhost"}).status_code == 422
    assert client.post(LOOK_UP, json={}).status_code == 422


def test_a_body_larger_than_anything_we_take_is_refused_unread(client: httpx.Client) -> None:
    answer = client.post(LOOK_UP, content=b" " * (MAX_BODY_BYTE_COUNT + 1))
    assert answer.status_code == 413
    assert answer.json()["code"] == "too_large"


def test_an_endless_body_without_a_length_is_cut_off(app: FastAPI) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 1
            yield b" " * 65_536

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return await client.post(LOOK_UP, content=endless())

    assert anyio.run(ask).status_code == 413
    assert sent <= MAX_BODY_BYTE_COUNT // 65_536 + 2


def test_a_zipped_body_is_refused_so_that_none_can_be_a_bomb(client: httpx.Client) -> None:
    bomb = gzip.compress(b"\0" * 1_000_000)
    answer = client.post(LOOK_UP, content=bomb, headers={"content-encoding": "gzip"})
    assert answer.status_code == 415


def test_a_body_that_dawdles_is_given_up() -> None:
    async def never(_scope: object, _receive: object, _send: object) -> None:
        pytest.fail("the request must not reach the server")

    async def dawdle() -> dict[str, object]:
        await anyio.sleep(60)
        return {"type": "http.request", "body": b"", "more_body": True}

    sent: list[dict[str, object]] = []

    async def note(message: dict[str, object]) -> None:
        sent.append(message)

    guard = RequestGuard(never, allowed_hosts=["*"], body_timeout_s=0.05)  # type: ignore[arg-type]
    app = FastAPI()
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/api/v1/x",
        "raw_path": b"/api/v1/x",
        "query_string": b"",
        "headers": [(b"host", b"localhost")],
        "app": app,
    }
    anyio.run(guard, scope, dawdle, note)
    assert sent[0]["status"] == 408
    assert json.loads(bytes(sent[1]["body"]))["code"] == "too_slow"  # type: ignore[call-overload]


def test_of_large_bodies_a_few_are_held_at_a_time_and_the_next_is_told_to_come_again() -> None:
    """Each is held until its answer is there; a small one, or one after them, is let through."""
    answer_now = anyio.Event()
    statuses: dict[str, list[int]] = {"large": [], "small": []}

    async def slow(scope: dict[str, object], _receive: object, send: Callable[[object], Awaitable[None]]) -> None:
        if scope["headers"] == headers(MAX_BODY_BYTE_COUNT + 1):
            await answer_now.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})

    def headers(length: int) -> list[tuple[bytes, bytes]]:
        return [(b"host", b"localhost"), (b"content-length", str(length).encode())]

    guard = RequestGuard(slow, allowed_hosts=["*"], file_paths=re.compile("/drawing"))  # type: ignore[arg-type]

    async def post(size: str, length: int) -> None:
        async def receive() -> dict[str, object]:
            return {"type": "http.request", "body": b" " * length}

        async def note(message: dict[str, Any]) -> None:
            statuses[size] += [message["status"]] if "status" in message else []

        scope = {"type": "http", "method": "POST", "path": "/drawing", "query_string": b"", "app": FastAPI()}
        await guard({**scope, "headers": headers(length)}, receive, note)  # type: ignore[arg-type]

    async def ask() -> None:
        async with anyio.create_task_group() as group:
            for _ in range(MOST_FILE_BODIES_COUNT + 1):
                group.start_soon(post, "large", MAX_BODY_BYTE_COUNT + 1)
            await anyio.wait_all_tasks_blocked()
            await post("small", 10)
            answer_now.set()
        await post("large", MAX_BODY_BYTE_COUNT + 1)

    anyio.run(ask)
    assert statuses["small"] == [200]
    assert statuses["large"] == [503, *[200] * MOST_FILE_BODIES_COUNT, 200]


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'"x"', b"\xff\xfe", b"null", b"[" * 50_000])
def test_a_body_that_is_no_json_object_gives_one_clear_answer(client: httpx.Client, content: bytes) -> None:
    answer = client.post(LOOK_UP, content=content, headers={"content-type": "application/json"})
    assert answer.status_code in {400, 422}
    assert answer.json()["code"] in {"bad_input", "bad_request"}


def test_no_page_of_documentation_asks_another_host(client: httpx.Client) -> None:
    assert [client.get(path).status_code for path in ("/docs", "/redoc")] == [404, 404]


def test_the_secret_is_made_once_and_readable_by_its_owner_alone(tmp_path: Path) -> None:
    data_dir = tmp_path / "fresh"
    first = create_app(Settings(data_dir=data_dir)).state.secret
    again = create_app(Settings(data_dir=data_dir)).state.secret
    assert first == again
    assert (data_dir / "secret.key").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in data_dir.iterdir()] == ["secret.key"]


def test_two_names_of_a_host_in_one_request_are_refused(client: httpx.Client) -> None:
    """A proxy may believe the one and we the other."""
    answer = client.get("/healthz", headers=[("host", "localhost"), ("host", "elsewhere.example")])
    assert answer.status_code == 421


def test_a_static_file_that_is_not_there_is_remembered_by_no_cache(client: httpx.Client) -> None:
    answer = client.get("/static/no-such-file.css")
    assert answer.status_code == 404
    assert answer.headers["cache-control"] in {"no-store", "no-cache"}
    assert "access-control-allow-origin" not in answer.headers
