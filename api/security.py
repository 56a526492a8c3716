"""What every request passes before it reaches a route, and every answer on its way out.

All of it is pure ASGI: one ``BaseHTTPMiddleware`` alone would cost most of the look-ups a server can answer on
results day. From outside to inside: `SecurityHeaders`, `AccessLog`, `RequestGuard`; then `api.rate_limit` and
`api.sessions`.
"""

import asyncio
import logging
import re
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import problem_of_status, problem_response
from api.logs import masked

MAX_BODY_BYTE_COUNT = 256 * 1024
MAX_FILE_BODY_BYTE_COUNT = 6 * 1024 * 1024
MOST_FILE_BODIES_COUNT = 8
MAX_ADDRESS_BYTE_COUNT = 4096
BODY_TIMEOUT_S = 15.0

PAGE_POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'self'"
)
# Folium writes its scripts into the document. It is therefore shut into an origin of its own, whence it can reach
# neither cookies nor pages, even when it is opened outside its frame.
MAP_POLICY = (
    "sandbox allow-scripts; default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'"
)
MAP_PREFIX = "/maps/"
STATIC_PREFIX = "/static/"

_FIRST_REFUSAL = 400
_NO_PATH = re.compile(r"(?!)")
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_EVERYWHERE = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "SAMEORIGIN",
    "referrer-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "cross-origin-opener-policy": "same-origin",
}
_ENCODED = [(name.encode(), value.encode()) for name, value in _EVERYWHERE.items()]
_access = logging.getLogger("diaban.access")
_log = logging.getLogger("diaban.errors")


class SecurityHeaders:
    """Puts the headers on every answer; keeps everything but static files out of every cache."""

    def __init__(self, app: ASGIApp, *, https: bool) -> None:
        self._app = app
        self._https = https

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and dress the answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._dress(MutableHeaders(scope=message), scope["path"], is_found=message["status"] < _FIRST_REFUSAL)
            await send(message)

        await self._app(scope, receive, send_dressed)

    def _dress(self, headers: MutableHeaders, path: str, *, is_found: bool) -> None:
        # No route has these of its own, so nothing is looked for and replaced.
        headers.raw.extend(_ENCODED)
        headers["content-security-policy"] = MAP_POLICY if path.startswith(MAP_PREFIX) else PAGE_POLICY
        if self._https:
            headers["strict-transport-security"] = "max-age=31536000"
        if path.startswith(STATIC_PREFIX) and is_found:
            # The sandboxed maps have no origin and must still load our scripts and fonts.
            headers["cross-origin-resource-policy"] = "cross-origin"
            headers["access-control-allow-origin"] = "*"
            headers.setdefault("cache-control", "public, max-age=3600")
        else:
            headers.setdefault("cross-origin-resource-policy", "same-origin")
            headers.setdefault("cache-control", "no-store")


class AccessLog:
    """Notes and counts each request without its query and turns whatever nobody foresaw into a 500."""

    def __init__(self, app: ASGIApp, *, count: Callable[[Scope, int, float], None] = lambda *_: None) -> None:
        self._app = app
        self._count = count

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and note how it ended."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status = time.perf_counter(), 0

        async def send_noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, send_noted)
        except Exception:
            _log.exception("unforeseen error")
            if status:
                raise
            await problem_response(Request(scope), problem_of_status(500))(scope, receive, send_noted)
        finally:
            took_s = time.perf_counter() - started
            self._count(scope, status, took_s)
            _access.info("%s %s %d %.1f ms", scope["method"], _path_without_numbers(scope), status, 1000 * took_s)


def _path_without_numbers(scope: Scope) -> str:
    # Percent-encoded, so that a line break in an address makes no new line in the log.
    return masked((scope.get("raw_path") or scope["path"].encode()).decode("ascii", "backslashreplace"))


class RequestGuard:
    """Refuses what no route should ever see: strange hosts, other sites' posts, bombs and dawdlers.

    Parameters
    ----------
    file_paths
        Whole paths that take a file: their bodies may be larger, a few at a time.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        allowed_hosts: Iterable[str],
        file_paths: re.Pattern[str] = _NO_PATH,
        body_timeout_s: float = BODY_TIMEOUT_S,
    ) -> None:
        self._app = app
        self._allowed_hosts = frozenset(allowed_hosts)
        self._file_paths = file_paths
        self._body_timeout_s = body_timeout_s
        self._file_count = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with its body read, or answer it here."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        takes_file = scope["method"] == "POST" and self._file_paths.fullmatch(scope["path"]) is not None
        most_bytes = MAX_FILE_BODY_BYTE_COUNT if takes_file else MAX_BODY_BYTE_COUNT
        status = self._refusal(scope, headers, most_bytes=most_bytes)
        brings_file = status is None and takes_file and _length(headers, default=most_bytes) > MAX_BODY_BYTE_COUNT
        if brings_file and self._file_count >= MOST_FILE_BODIES_COUNT:
            status = 503
        with self._counted(brings_file):
            body = b""
            if status is None and _may_have_body(scope, headers):
                body, status = await self._body(receive, most_bytes=most_bytes)
            if status is not None:
                closing = {"connection": "close"} if status in {408, 413} else None
                problem = problem_of_status(status, headers=closing)
                await problem_response(Request(scope), problem)(scope, receive, send)
                return
            if scope["method"] == "HEAD":
                scope, send = {**scope, "method": "GET"}, _without_body(send)
            await self._app(scope, _replaying(body, receive), send)

    @contextmanager
    def _counted(self, brings_file: bool) -> Iterator[None]:  # noqa: FBT001 - one of one
        self._file_count += brings_file
        try:
            yield
        finally:
            self._file_count -= brings_file

    async def _body(self, receive: Receive, *, most_bytes: int) -> tuple[bytes, int | None]:
        """Return the body, and the status with which it is refused."""
        try:
            async with asyncio.timeout(self._body_timeout_s):
                body = await _read_body(receive, most_bytes=most_bytes)
        except TimeoutError:
            return b"", 408
        return (b"", 413) if body is None else (body, None)

    def _refusal(self, scope: Scope, headers: Headers, *, most_bytes: int) -> int | None:
        hosts = headers.getlist("host")
        host = hosts[0] if hosts else ""
        is_ours = "*" in self._allowed_hosts or _without_port(host) in self._allowed_hosts
        if not is_ours or len(hosts) > 1:
            return 421
        if len(scope.get("raw_path") or b"") + len(scope["query_string"]) > MAX_ADDRESS_BYTE_COUNT:
            return 414
        if scope["method"] not in _SAFE_METHODS and _comes_from_elsewhere(headers, host):
            return 403
        if headers.get("content-encoding", "identity") != "identity":
            return 415
        if not headers.get("content-length", "0").isdecimal():
            return 400
        return 413 if _length(headers, default=0) > most_bytes else None


def _length(headers: Headers, *, default: int) -> int:
    return int(headers.get("content-length", default))


def _comes_from_elsewhere(headers: Headers, host: str) -> bool:
    if headers.get("sec-fetch-site") == "cross-site":
        return True
    origin = headers.get("origin")
    return origin is not None and urlsplit(origin).netloc != host


def _without_port(host: str) -> str:
    name, colon, port = host.rpartition(":")
    return (name if colon and port.isdecimal() else host).lower()


def _may_have_body(scope: Scope, headers: Headers) -> bool:
    return scope["method"] not in _SAFE_METHODS or "content-length" in headers or "transfer-encoding" in headers


async def _read_body(receive: Receive, *, most_bytes: int) -> bytes | None:
    """Return the whole body, or None as soon as it is larger than what we take."""
    parts: list[bytes] = []
    byte_count = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return b"".join(parts)
        part = message.get("body", b"")
        byte_count += len(part)
        if byte_count > most_bytes:
            return None
        parts.append(part)
        if not message.get("more_body", False):
            return b"".join(parts)


def _replaying(body: bytes, receive: Receive) -> Receive:
    replayed = False

    async def receive_again() -> Message:
        nonlocal replayed
        if not replayed:
            replayed = True
            return {"type": "http.request", "body": body, "more_body": False}
        return await receive()

    return receive_again


def _without_body(send: Send) -> Send:
    """Answer HEAD with what GET would say, less the body."""

    async def send_headers(message: Message) -> None:
        await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

    return send_headers
