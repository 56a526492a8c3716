"""The server, put together: `create_app` is the one way to it."""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from importlib import metadata
from itertools import chain
from typing import Any

from fastapi import FastAPI
from starlette.routing import Route

from allocation.publication import PublishedResults
from api import assets
from api.address_desk import AddressDesk
from api.dependencies import DatabaseDoor
from api.errors import install_error_handlers
from api.layer_pictures import LayerPictures
from api.map_shelf import MapShelf
from api.map_tickets import MapTickets
from api.metrics import Metrics, RequestCounter
from api.ogc_access import parse_layer_access
from api.ogc_figures import EditionFigures
from api.ogc_origins import OpenData
from api.openapi import install_openapi
from api.rate_limit import (
    ADDRESS_BATCH_BUDGET,
    ADDRESS_BUDGET,
    LOOK_UP_BUDGET,
    SIGN_IN_BUDGET,
    Budget,
    RateLimit,
)
from api.render import render_error
from api.routes import (
    addresses,
    admission_pages,
    admissions,
    check_pages,
    health,
    metrics,
    ogc,
    pages,
    parcel_pages,
    parcels,
    permits,
    procedures,
    rounds,
    session,
    tiles,
)
from api.routes.metrics import parse_addresses
from api.secret_key import load_secret
from api.security import AccessLog, RequestGuard, SecurityHeaders
from api.sessions import FormCookie, SessionKeeper
from api.settings import Settings
from api.tile_source import TileSource

_ROUTES = (health, metrics, addresses, admissions, parcels, permits, procedures, rounds, session, tiles, assets, pages)
# Asked for by the thousand, and described elsewhere: FastAPI looks through each router twice for every request.
_PLAIN_ROUTES = (*ogc.ROUTES, *tiles.PLAIN_ROUTES)

GUESSABLE_PATHS: Mapping[str, Budget] = {
    admissions.LOOK_UP_PATH: LOOK_UP_BUDGET,
    admission_pages.RESULT_PATH: LOOK_UP_BUDGET,
    session.SESSION_PATH: SIGN_IN_BUDGET,
    session.SIGN_IN_PATH: SIGN_IN_BUDGET,
    addresses.SEARCH_PATH: ADDRESS_BUDGET,
    addresses.REVERSE_PATH: ADDRESS_BUDGET,
    parcel_pages.BY_ADDRESS_PATH: ADDRESS_BUDGET,
    addresses.BATCH_PATH: ADDRESS_BATCH_BUDGET,
}
"""Paths whose requests are counted; the page and the JSON of one kind share their budget."""

FILE_PATHS = re.compile(rf"{permits.DRAWING_PATH}|{check_pages.CHECK_PATH}")
"""Paths to which a drawing is posted."""


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
        routes=[*_PLAIN_ROUTES],
    )
    app.state.settings = settings
    app.state.secret = secret
    app.state.sessions = SessionKeeper(secret, https=settings.https)
    app.state.map_tickets = MapTickets(secret)
    app.state.published = PublishedResults(settings.published_dir, secret=secret)
    app.state.database_door = DatabaseDoor(settings)
    app.state.layer_access = parse_layer_access(settings.layer_access)
    app.state.address_desk = AddressDesk()
    app.state.edition_figures = EditionFigures()
    app.state.map_shelf = MapShelf()
    app.state.tiles = TileSource(settings, app.state.database_door, access=app.state.layer_access)
    app.state.layer_pictures = LayerPictures(
        settings.data_dir / "layer-pictures",
        app.state.database_door,
        source=app.state.tiles,
        figures=app.state.edition_figures,
    )
    install_error_handlers(app)
    app.state.metrics = Metrics()
    app.state.metrics_readers = parse_addresses(settings.metrics_readers)
    _add_middleware(app, settings, budgets=budgets)
    app.state.render_error = render_error
    for each in _ROUTES:
        app.include_router(each.router)
    app.include_router(session.forms)
    install_openapi(app, budgets=budgets)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    yield
    app.state.published.close()
    app.state.database_door.close()


def _templates() -> dict[Any, str]:
    routes = chain(_PLAIN_ROUTES, *(each.router.routes for each in _ROUTES))
    return {route.endpoint: route.path for route in routes if isinstance(route, Route)}


def _add_middleware(app: FastAPI, settings: Settings, *, budgets: Mapping[str, Budget]) -> None:
    hosts = [host.strip().lower() for host in settings.allowed_hosts.split(",") if host.strip()]
    # Starlette puts the one added last outermost.
    app.add_middleware(FormCookie, keeper=app.state.sessions)
    app.add_middleware(RateLimit, budgets=budgets)
    app.add_middleware(RequestGuard, allowed_hosts=hosts, file_paths=FILE_PATHS)
    app.add_middleware(OpenData, access=app.state.layer_access)
    look_up_paths = (admissions.LOOK_UP_PATH, admission_pages.RESULT_PATH)
    counter = RequestCounter(app.state.metrics, templates=_templates(), look_up_paths=look_up_paths)
    app.add_middleware(AccessLog, count=counter)
    app.add_middleware(SecurityHeaders, https=settings.https)
