import logging
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime

import httpx
import pytest
from fastapi import Depends, FastAPI, Request
from fastapi.responses import HTMLResponse

from api import accounts
from api.accounts import Account, Role
from api.dependencies import RequireRole
from api.sessions import FORM_COOKIE, SESSION_COOKIE, SESSION_MAX_AGE_S, csrf_token

SESSION = "/api/v1/session"
PASSWORD = "một câu dễ nhớ"  # noqa: S105  of an account that lives for one test
RIGHT = {"username": "lan", "password": PASSWORD}


@pytest.fixture(autouse=True)
def _officer(app: FastAPI) -> None:
    with app.state.database_door.open().transaction() as session:
        accounts.add_account(
            session, "lan", password=PASSWORD, role=Role.OFFICER, created_at=datetime(2026, 6, 1, tzinfo=UTC)
        )


@pytest.fixture
def page(app: FastAPI) -> str:
    """A page with a form, as pages draw them: the path of one that shows the token."""

    @app.get("/form-of-test")
    async def form(request: Request) -> HTMLResponse:
        return HTMLResponse(f'<input name="csrf_token" value="{csrf_token(request)}">')

    return "/form-of-test"


def token_of(client: httpx.Client, page: str) -> str:
    found = re.search('value="([^"]+)"', client.get(page).text)
    assert found is not None
    return found.group(1)


def test_signing_in_gives_a_session_and_signing_out_ends_it(client: httpx.Client) -> None:
    assert client.get(SESSION).status_code == 403
    assert client.post(SESSION, json=RIGHT).json() == {"username": "lan", "role": "officer"}
    assert client.get(SESSION).json() == {"username": "lan", "role": "officer"}
    assert client.delete(SESSION).status_code == 204
    assert client.get(SESSION).json()["code"] == "not_signed_in"


def test_the_password_may_be_typed_in_either_unicode_form(client: httpx.Client) -> None:
    decomposed = "mo\u0323\u0302t ca\u0302u de\u0302\u0303 nho\u031b\u0301"
    assert decomposed != PASSWORD
    assert client.post(SESSION, json={"username": "LAN", "password": decomposed}).status_code == 200


def test_the_cookie_is_out_of_reach_of_scripts_and_of_other_sites(client: httpx.Client) -> None:
    cookie = client.post(SESSION, json=RIGHT).headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "lan" not in cookie.split(";")[0].split(".")[-1]


def test_an_unknown_name_and_a_wrong_password_are_told_apart_by_nothing(client: httpx.Client) -> None:
    wrong = [RIGHT | {"password": "x" * 14}, {"username": "nobody", "password": "x" * 14}]
    answers = [client.post(SESSION, json=given) for given in wrong]
    assert [answer.status_code for answer in answers] == [403, 403]
    assert answers[0].content == answers[1].content
    assert answers[0].json()["code"] == "wrong_password"


def test_an_unknown_name_takes_as_long_as_a_wrong_password(app: FastAPI) -> None:
    def took_s(username: str) -> float:
        started = time.perf_counter()
        with app.state.database_door.open().transaction() as session, pytest.raises(accounts.WrongPasswordError):
            accounts.check_password(session, username, password="x" * 14)
        return time.perf_counter() - started

    took_s("nobody")
    known_s, unknown_s = min(took_s("lan") for _ in range(5)), min(took_s("nobody") for _ in range(5))
    assert unknown_s > known_s / 2


def test_each_sign_in_gives_another_cookie(client: httpx.Client) -> None:
    """A cookie planted before the sign-in is worth nothing after it."""
    client.cookies.set(SESSION_COOKIE, "planted", domain="localhost.local")
    first = client.post(SESSION, json=RIGHT).cookies[SESSION_COOKIE]
    second = client.post(SESSION, json=RIGHT).cookies[SESSION_COOKIE]
    assert len({"planted", first, second}) == 3


def test_signing_out_makes_every_copy_of_the_cookie_void(client: httpx.Client) -> None:
    copy = {SESSION_COOKIE: client.post(SESSION, json=RIGHT).cookies[SESSION_COOKIE]}
    client.delete(SESSION)
    client.cookies = httpx.Cookies(copy)
    assert client.get(SESSION).status_code == 403


def test_a_new_password_makes_every_cookie_void(client: httpx.Client, app: FastAPI) -> None:
    client.post(SESSION, json=RIGHT)
    with app.state.database_door.open().transaction() as session:
        accounts.set_password(session, "lan", password="another sentence")  # noqa: S106  lives for one test
    assert client.get(SESSION).status_code == 403


def test_a_forged_or_aged_cookie_is_nobody(client: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    genuine = client.post(SESSION, json=RIGHT).cookies[SESSION_COOKIE]
    client.cookies = httpx.Cookies({SESSION_COOKIE: genuine[:-2] + ("AA" if genuine[-2:] != "AA" else "BB")})
    assert client.get(SESSION).status_code == 403
    client.cookies = httpx.Cookies({SESSION_COOKIE: genuine})
    assert client.get(SESSION).status_code == 200
    later_s = time.time() + SESSION_MAX_AGE_S + 2
    monkeypatch.setattr(time, "time", lambda: later_s)
    assert client.get(SESSION).status_code == 403


def test_passwords_reach_neither_answers_nor_logs(client: httpx.Client, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    answers = [
        client.post(SESSION, json=RIGHT),
        client.post(SESSION, json=RIGHT | {"password": PASSWORD * 50}),
        client.post(SESSION, json=RIGHT | {"username": "x" * 99}),
    ]
    assert not [answer for answer in answers if PASSWORD in answer.text]
    assert PASSWORD not in caplog.text


def test_a_role_opens_its_own_doors_and_an_administrator_all(app: FastAPI) -> None:
    officer = Account(username="lan", role=Role.OFFICER, sign_in_version=0)
    planner = Account(username="minh", role=Role.PLANNER, sign_in_version=0)
    admin = Account(username="root", role=Role.ADMIN, sign_in_version=0)
    door = RequireRole(Role.PLANNER)
    assert [door(planner), door(admin)] == [planner, admin]
    with pytest.raises(accounts.ForbiddenError):
        door(officer)
    assert Depends(door).dependency is door
    assert app.title == "Địa Bàn"


def test_a_form_without_the_token_of_our_page_is_refused(client: httpx.Client) -> None:
    answer = client.post("/sign-in", data=RIGHT)
    assert answer.status_code == 403
    assert SESSION_COOKIE not in answer.cookies


def test_a_form_with_the_token_of_our_page_signs_in_and_goes_on(client: httpx.Client, page: str) -> None:
    form = RIGHT | {"csrf_token": token_of(client, page), "next": "/rounds"}
    answer = client.post("/sign-in", data=form)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/rounds"
    assert client.get(SESSION).json()["username"] == "lan"


def test_a_wrong_password_shows_the_form_again_with_the_fault_and_without_the_password(
    client: httpx.Client, page: str
) -> None:
    form = RIGHT | {"password": "not the right one", "csrf_token": token_of(client, page), "next": "/rounds"}
    answer = client.post("/sign-in", data=form)
    assert answer.status_code == 403
    assert "Tên đăng nhập hoặc mật khẩu không đúng" in answer.text
    assert "not the right one" not in answer.text
    assert 'value="/rounds"' in answer.text
    assert 'value="lan"' in answer.text, "the name need not be typed again"
    assert SESSION_COOKIE not in answer.cookies


def test_a_token_of_another_browser_is_refused(
    client: httpx.Client, client_of: Callable[..., httpx.Client], app: FastAPI, page: str
) -> None:
    token_of(client, page)
    stolen = token_of(client_of(app), page)
    assert client.post("/sign-in", data=RIGHT | {"csrf_token": stolen}).status_code == 403


def test_a_token_from_before_the_sign_in_is_refused_after_it(client: httpx.Client, page: str) -> None:
    before = token_of(client, page)
    client.post("/sign-in", data=RIGHT | {"csrf_token": before})
    assert client.post("/sign-out", data={"csrf_token": before}).status_code == 403
    assert client.post("/sign-out", data={"csrf_token": token_of(client, page)}).status_code == 303
    assert client.get(SESSION).status_code == 403


def test_the_form_cookie_is_made_once_and_no_script_reads_it(client: httpx.Client, page: str) -> None:
    first = client.get(page)
    assert FORM_COOKIE in first.cookies
    assert "HttpOnly" in first.headers["set-cookie"]
    assert "set-cookie" not in client.get(page).headers


@pytest.mark.parametrize("elsewhere", ["//evil.example/x", "https://evil.example", "/\\evil.example", "evil", "/a\nb"])
def test_nobody_is_sent_to_another_site_after_signing_in(client: httpx.Client, page: str, elsewhere: str) -> None:
    form = RIGHT | {"csrf_token": token_of(client, page), "next": elsewhere}
    assert client.post("/sign-in", data=form).headers["location"] == "/"


@pytest.mark.parametrize("body", ["username=lan&password=x", '{"username": "lan", "password": "x"}'])
def test_another_sites_plain_form_cannot_speak_to_the_json_sign_in(client: httpx.Client, body: str) -> None:
    """Browsers send text/plain and forms across sites without asking; JSON they ask for first."""
    answer = client.post(SESSION, content=body, headers={"content-type": "text/plain"})
    assert answer.status_code == 422
