"""Map documents, to stand in sandboxed frames; each page says in words what its map shows."""

from collections.abc import Callable, Hashable
from typing import Annotated

from fastapi import APIRouter, Path, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy.orm import Session

from allocation import store as rounds
from allocation.public_figures import public_view
from allocation.snapshot import RoundId
from api.dependencies import AccountOrNone, DatabaseDep
from api.i18n import language_of
from api.map_documents import ground_versions, parcel_map, round_map, school_map
from api.map_shelf import MapShelf
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

    def draw(session: Session) -> str:
        return school_map(session, school_code, language=language)

    return _answer(request, database, key=("school", school_code, language), draw=draw)


@router.get("/parcel/{parcel_key}")
def show_parcel(request: Request, parcel_key: Key, database: DatabaseDep) -> Response:
    """Show a parcel, its neighbours and the plan."""
    name, language = parse_parcel_key(parcel_key), language_of(request)

    def draw(session: Session) -> str:
        return parcel_map(session, name, language=language)

    return _answer(request, database, key=("parcel", name, language), draw=draw)


@router.get("/round/{round_id}")
def show_round(request: Request, round_id: Key, database: DatabaseDep, account: AccountOrNone) -> Response:
    """Show the schools of a round; those who are signed in see withheld figures too."""
    language = language_of(request)
    with database.transaction() as session:
        admission_round = rounds.get_round(session, RoundId(round_id))
    seen = admission_round if account else public_view(admission_round)
    key = ("round", round_id, seen.content_sha256, seen.published_at, account is not None, language)

    def draw(session: Session) -> str:
        return round_map(session, seen, language=language)

    return _answer(request, database, key=key, draw=draw, is_private=account is not None)


def shelf_of(request: Request) -> MapShelf:
    """Return the maps that this server keeps."""
    shelf: MapShelf = request.app.state.map_shelf
    return shelf


def _answer(
    request: Request,
    database: Database,
    *,
    key: MapKey,
    draw: Callable[[Session], str],
    is_private: bool = False,
) -> Response:
    """Return the map of ``key`` on the published ground, or 304 to whoever has it."""

    def draw_on_ground() -> tuple[MapKey, str]:
        with database.transaction() as session:
            return (*key, ground_versions(session)), draw(session)

    with database.transaction() as session:
        wanted = (*key, ground_versions(session))
    drawn = shelf_of(request).fetch(wanted, draw_on_ground)
    headers = {"Cache-Control": "no-store", "Vary": "Cookie"}
    if not is_private:
        headers |= {"Cache-Control": _ASK_AGAIN_AFTER_TEN_MINUTES, "ETag": drawn.etag}
        if drawn.etag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
    return HTMLResponse(drawn.document, headers=headers)
