"""The server, put together: `create_app` is the one way to it."""

import importlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from importlib import metadata, util

from fastapi import FastAPI

from allocation.publication import PublishedResults
from api.dependencies import DatabaseDoor
from api.errors import install_error_handlers
from api.rate_limit import LOOK_UP_BUDGET, SIGN_IN_BUDGET, Budget, RateLimit
from api.routes import admissions, health
from api.secret_key import load_secret
from api.security import AccessLog, RequestGuard, SecurityHeaders
from api.sessions import FormCookie, SessionKeeper
from api.settings import Settings

GUESSABLE_PATHS: Mapping[str, Budget] = {
    admissions.LOOK_UP_PATH: LOOK_UP_BUDGET,
    "/ket-qua": LOOK_UP_BUDGET,
    "/api/v1/session": SIGN_IN_BUDGET,
    "/dang-nhap": SIGN_IN_BUDGET,
}
"""Paths whose posts are counted; the page and the JSON of one kind share their budget."""


def create_app(settings: Settings, *, budgets: Mapping[str, Budget] = GUESSABLE_PATHS) -> FastAPI:
    """Return the server for one installation; everything it keeps stands in ``app.state``.

    The store is opened at the first request that needs it, so that results can be looked up without one.

    Raises
    ------
    InputError, DataUnavailableError
        There is no usable secret.
    """
    secret = load_secret(settings)
    app = FastAPI(
        title="Địa Bàn",
        version=metadata.version("diaban"),
        openapi_url="/api/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan,
    )
    app.state.settings = settings
    app.state.secret = secret
    app.state.sessions = SessionKeeper(secret, https=settings.https)
    app.state.published = PublishedResults(settings.published_dir, secret=secret)
    app.state.database_door = DatabaseDoor(settings)
    install_error_handlers(app)
    _add_middleware(app, settings, budgets=budgets)
    for routes in (health, admissions):
        app.include_router(routes.router)
    _include_pages(app)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    yield
    app.state.published.close()
    app.state.database_door.close()


def _add_middleware(app: FastAPI, settings: Settings, *, budgets: Mapping[str, Budget]) -> None:
    hosts = [host.strip().lower() for host in settings.allowed_hosts.split(",") if host.strip()]
    # Starlette puts the one added last outermost.
    app.add_middleware(FormCookie, keeper=app.state.sessions)
    app.add_middleware(RateLimit, budgets=budgets)
    app.add_middleware(RequestGuard, allowed_hosts=hosts)
    app.add_middleware(AccessLog)
    app.add_middleware(SecurityHeaders, https=settings.https)


def _include_pages(app: FastAPI) -> None:
    if util.find_spec("api.routes.pages") is None:
        return
    app.include_router(importlib.import_module("api.assets").router)
    app.include_router(importlib.import_module("api.routes.pages").router)
    app.state.render_error = importlib.import_module("api.render").render_error
