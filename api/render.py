"""How a page comes to be: one template environment, one language, one set of words for every page."""

from collections.abc import Mapping
from functools import lru_cache
from http import HTTPStatus

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

from api.assets import asset_url
from api.errors import FieldFault
from api.i18n import LANGUAGE_COOKIE, LANGUAGE_COOKIE_SECONDS, LANGUAGES, language_of, speech
from api.sessions import csrf_token, keeper_of
from spatial.text import Text

_ERROR_PAGES: Mapping[int, str] = {
    HTTPStatus.FORBIDDEN: "forbidden",
    HTTPStatus.NOT_FOUND: "not_found",
    HTTPStatus.TOO_MANY_REQUESTS: "too_many",
    HTTPStatus.SERVICE_UNAVAILABLE: "unavailable",
}
"""Statuses with words of their own in ``locale``; others below 500 are ``bad_request``, above ``failed``."""

_MENDABLE_ON_THE_FORM = frozenset({HTTPStatus.FORBIDDEN, HTTPStatus.UNPROCESSABLE_ENTITY})
SIGN_IN_PATH = "/sign-in"


@lru_cache(maxsize=1)
def environment() -> Environment:
    """Return the template environment: everything escaped, an unknown name is an error."""
    made = Environment(
        loader=PackageLoader("api"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    made.globals["asset_url"] = asset_url
    made.filters["lower_first"] = lambda text: text[:1].lower() + text[1:]
    return made


def render(
    request: Request, template: str, *, status_code: int = 200, is_private: bool = False, **values: object
) -> HTMLResponse:
    """Return the page made of ``template`` in the reader's language.

    Parameters
    ----------
    is_private
        The page shows one person's data: nothing on the way may keep it.
    values
        What the template needs besides ``t`` (sentences, numbers, dates), ``path``, ``switch_url``, ``session``
        (who seems to be signed in: for the header alone, never a right) and ``csrf_token()``.
    """
    language = language_of(request)
    told = {
        "t": speech(language),
        "path": request.url.path,
        "switch_url": _switch_url(request, speech(language).other_language),
        "session": keeper_of(request).read(request),
        "csrf_token": lambda: csrf_token(request),
    }
    html = environment().get_template(template).render(told | values)
    response = HTMLResponse(html, status_code=status_code)
    response.headers["Content-Language"] = language
    response.headers["Cache-Control"] = "no-store" if is_private else "no-cache"
    if request.query_params.get("lang") in LANGUAGES:
        response.set_cookie(
            LANGUAGE_COOKIE,
            language,
            max_age=LANGUAGE_COOKIE_SECONDS,
            samesite="lax",
            httponly=True,
            secure=request.url.scheme == "https",
        )
    return response


def render_error(request: Request, status_code: int, *, message: str = "") -> HTMLResponse:
    """Return the page that says what went wrong and where to go on.

    Parameters
    ----------
    message
        What is known about the fault, in the reader's language.
    """
    if request.url.path == SIGN_IN_PATH and status_code in _MENDABLE_ON_THE_FORM:
        fault = FieldFault(field="username", message=Text(message, message))
        asked = {"errors": (fault,), "go_to": "/", "username": ""}
        return render(request, "sign_in.html", status_code=status_code, is_private=True, **asked)
    kind = _ERROR_PAGES.get(status_code) or (
        "failed" if status_code >= HTTPStatus.INTERNAL_SERVER_ERROR else "bad_request"
    )
    return render(request, "error.html", status_code=status_code, kind=kind, message=message)


def _switch_url(request: Request, language: str) -> str:
    return f"{request.url.path}?{request.url.include_query_params(lang=language).query}"
