"""Map documents, to stand in sandboxed frames; each page says in words what its map shows."""

from collections.abc import Callable, Hashable
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response
from sqlalchemy.orm import Session

from allocation import store as rounds
from allocation.public_figures import public_view
from allocation.snapshot import RoundId
from api.dependencies import AccountOrNone, DatabaseDep
from api.i18n import language_of
from api.layer_map import features_here, layer_map
from api.layer_pictures import layer_pictures_of
from api.map_documents import ground_versions, parcel_map, round_map, school_map, source_line
from api.map_ground import Ground, published_ground
from api.map_shelf import MapShelf
from api.map_tickets import TICKET, layer_for_map
from api.ogc_access import no_such_collection
from api.schemas.layer_maps import PointOnMap
from basemap import store
from basemap.layer_pictures import LAYER_ZOOMS
from basemap.map_tiles import MapTiles
from permits.parcels import parse_parcel_key
from spatial.db import Database

router = APIRouter(prefix="/maps", include_in_schema=False)

_ASK_AGAIN_AFTER_TEN_MINUTES = "public, max-age=600"
Key = Annotated[str, Path(min_length=1, max_length=100)]
MapKey = tuple[Hashable, ...]


@router.get("/school/{school_code}")
def show_school(request: Request, school_code: Key, database: DatabaseDep) -> Response:
    """Show where a school is, and nothing of any child."""
    language = language_of(request)

    def draw(session: Session, ground: Ground) -> str:
        return school_map(session, school_code, ground=ground, language=language)

    return _answer(request, database, key=("school", school_code, language), draw=draw)


@router.get("/parcel/{parcel_key}")
def show_parcel(request: Request, parcel_key: Key, database: DatabaseDep) -> Response:
    """Show a parcel, its neighbours and the plan."""
    name, language = parse_parcel_key(parcel_key), language_of(request)

    def draw(session: Session, ground: Ground) -> str:
        return parcel_map(session, name, ground=ground, language=language)

    return _answer(request, database, key=("parcel", name, language), draw=draw)


@router.get("/round/{round_id}")
def show_round(request: Request, round_id: Key, database: DatabaseDep, account: AccountOrNone) -> Response:
    """Show the schools of a round; those who are signed in see withheld figures too."""
    language = language_of(request)
    with database.transaction() as session:
        admission_round = rounds.get_round(session, RoundId(round_id))
    seen = admission_round if account else public_view(admission_round)
    key = ("round", round_id, seen.content_sha256, seen.published_at, account is not None, language)

    def draw(session: Session, ground: Ground) -> str:
        return round_map(session, seen, ground=ground, language=language)

    return _answer(request, database, key=key, draw=draw, is_private=account is not None)


@router.get("/layers/{name}")
def show_layer(request: Request, name: Key, database: DatabaseDep) -> Response:
    """Show a whole published layer, to everybody or to officers who are signed in."""
    seen, language = layer_for_map(request, name), language_of(request)
    layer = seen.layer
    bounds = layer_pictures_of(request).bounds(layer)
    if bounds is None:
        raise no_such_collection()

    def draw(session: Session, ground: Ground) -> str:
        version = store.current_version(session, layer)
        url = f"/tiles/layers/{layer.value}/{{z}}/{{x}}/{{y}}.png?v={version.version_id if version else 0}"
        url += f"&{TICKET}={seen.ticket}" if seen.ticket else ""
        questions_url = f"/maps/layers/{layer.value}/features" + (f"?{TICKET}={seen.ticket}" if seen.ticket else "")
        tiles = MapTiles(url=url, bounds_degrees=bounds, zooms=LAYER_ZOOMS)
        source = source_line(session, (layer, *ground.layers))
        return layer_map(layer, tiles, questions_url=questions_url, ground=ground, source=source, language=language)

    if seen.ticket:
        return _answer_one_reader(request, database, draw)
    return _answer(request, database, key=("layer", layer, language), draw=draw)


@router.get("/layers/{name}/features")
def tell_features(
    request: Request, name: Key, asked: Annotated[PointOnMap, Query()], database: DatabaseDep
) -> Response:
    """Tell what a layer says at a point; maps stand in frames without an origin and ask from there."""
    seen = layer_for_map(request, name)
    layer = seen.layer
    with database.transaction() as session:
        found = features_here(session, layer, (asked.lon, asked.lat), zoom=asked.zoom, language=language_of(request))
    kept = "no-store" if seen.ticket else "no-cache"
    return JSONResponse(found.model_dump(), headers={"Access-Control-Allow-Origin": "*", "Cache-Control": kept})


def shelf_of(request: Request) -> MapShelf:
    """Return the maps that this server keeps."""
    shelf: MapShelf = request.app.state.map_shelf
    return shelf


def _answer_one_reader(request: Request, database: Database, draw: Callable[[Session, Ground], str]) -> Response:
    """Return a map that is nobody else's: it is kept nowhere."""
    ground = published_ground(request, database)
    with database.transaction() as session:
        document = draw(session, ground)
    return HTMLResponse(document, headers={"Cache-Control": "no-store", "Vary": "Cookie"})


def _answer(
    request: Request,
    database: Database,
    *,
    key: MapKey,
    draw: Callable[[Session, Ground], str],
    is_private: bool = False,
) -> Response:
    """Return the map of ``key`` on the published ground, or 304 to whoever has it."""

    def draw_on_ground() -> tuple[MapKey, str]:
        ground = published_ground(request, database)
        with database.transaction() as session:
            return (*key, ground_versions(session)), draw(session, ground)

    with database.transaction() as session:
        wanted = (*key, ground_versions(session))
    drawn = shelf_of(request).fetch(wanted, draw_on_ground)
    headers = {"Cache-Control": "no-store", "Vary": "Cookie"}
    if not is_private:
        headers |= {"Cache-Control": _ASK_AGAIN_AFTER_TEN_MINUTES, "ETag": drawn.etag}
        if drawn.etag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
    return HTMLResponse(drawn.document, headers=headers)
