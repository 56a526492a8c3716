"""Who is signed in, and whether a form really came from our page.

Both work without JavaScript. The session is a signed cookie that names the account and the version of its sign-in,
so that signing out ends every copy of it; each sign-in gives a new one. A form carries a token signed over a cookie
of its own and over the session.

References
----------
OWASP, *Cross-Site Request Forgery Prevention*, "Signed Double-Submit Cookie".
"""

import base64
import hmac
import secrets
from dataclasses import dataclass

from itsdangerous import BadSignature, URLSafeTimedSerializer
from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.secret_key import purpose_key
from spatial.errors import ForbiddenError
from spatial.text import Text

SESSION_COOKIE = "diaban_session"
FORM_COOKIE = "diaban_form"
FORM_FIELD = "csrf_token"
SESSION_MAX_AGE_S = 8 * 60 * 60

_NONCE_BYTE_COUNT = 18


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """What the cookie says; an account is only trusted after `api.dependencies` has looked it up."""

    username: str
    sign_in_version: int


class FormTokenError(ForbiddenError):
    """A form came without the token of the page that it belongs to."""

    code = "form_expired"


class SessionKeeper:
    """Signs and reads the cookies of one installation."""

    def __init__(self, secret: bytes, *, https: bool) -> None:
        self._serializer = URLSafeTimedSerializer(purpose_key(secret, "session cookie"), salt="session")
        self._form_key = purpose_key(secret, "form token")
        self._https = https

    def start(self, response: Response, session: Session) -> None:
        """Sign in: give ``response`` a fresh cookie, whatever there was before."""
        value = self._serializer.dumps([session.username, session.sign_in_version, secrets.token_hex(8)])
        assert isinstance(value, str)  # noqa: S101 — itsdangerous types both text and bytes
        response.set_cookie(
            SESSION_COOKIE,
            value,
            max_age=SESSION_MAX_AGE_S,
            httponly=True,
            samesite="lax",
            secure=self._https,
        )

    def end(self, response: Response) -> None:
        """Sign out: take the cookie away."""
        response.delete_cookie(SESSION_COOKIE, httponly=True, samesite="lax", secure=self._https)

    def read(self, connection: HTTPConnection) -> Session | None:
        """Return the session that came with a request; None if there is none, a forged one or an old one."""
        try:
            value = self._serializer.loads(connection.cookies.get(SESSION_COOKIE, ""), max_age=SESSION_MAX_AGE_S)
        except BadSignature:
            return None
        username, sign_in_version, _ = value
        return Session(username=username, sign_in_version=sign_in_version)

    def form_token(self, connection: HTTPConnection, *, nonce: str) -> str:
        """Return the token that belongs to a form cookie and to the session of the request."""
        message = f"{nonce}|{connection.cookies.get(SESSION_COOKIE, '')}"
        digest = hmac.digest(self._form_key, message.encode(), "sha256")
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()

    def form_cookie_header(self, nonce: str) -> str:
        """Return the ``Set-Cookie`` header of a form cookie."""
        secure = "; Secure" if self._https else ""
        return f"{FORM_COOKIE}={nonce}; Path=/; HttpOnly; SameSite=Lax{secure}"


def keeper_of(connection: HTTPConnection) -> SessionKeeper:
    """Return the keeper of the installation that a request came to."""
    keeper: SessionKeeper = connection.app.state.sessions
    return keeper


def csrf_token(request: Request) -> str:
    """Return the value for the hidden field ``csrf_token`` of a form on this page.

    The cookie that goes with it is set by `FormCookie` on the way out.
    """
    nonce = request.cookies.get(FORM_COOKIE) or getattr(request.state, "new_form_nonce", None)
    if nonce is None:
        nonce = secrets.token_urlsafe(_NONCE_BYTE_COUNT)
        request.state.new_form_nonce = nonce
    return keeper_of(request).form_token(request, nonce=nonce)


async def require_form_token(request: Request) -> None:
    """Refuse a form without the token of our page; a dependency for every route that takes one.

    Raises
    ------
    FormTokenError
        The token is missing, or belongs to another browser or session.
    """
    form = await request.form()
    given = form.get(FORM_FIELD)
    nonce = request.cookies.get(FORM_COOKIE)
    if (
        nonce is None
        or not isinstance(given, str)
        or not hmac.compare_digest(given.encode(), keeper_of(request).form_token(request, nonce=nonce).encode())
    ):
        raise FormTokenError(
            Text("Trang này đã để quá lâu hoặc mở từ nơi khác.", "This page was open too long or came from elsewhere."),
            hint=Text("Tải lại trang rồi gửi lại.", "Load the page again, then send it again."),
        )


class FormCookie:
    """Sets the cookie of a form token that a page has asked for."""

    def __init__(self, app: ASGIApp, *, keeper: SessionKeeper) -> None:
        self._app = app
        self._keeper = keeper

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and add the cookie to the answer if one was made."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        state = scope.setdefault("state", {})

        async def send_with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start" and "new_form_nonce" in state:
                cookie = self._keeper.form_cookie_header(state["new_form_nonce"])
                MutableHeaders(scope=message).append("set-cookie", cookie)
            await send(message)

        await self._app(scope, receive, send_with_cookie)
