"""Map documents, to stand in sandboxed frames; each page says in words what its map shows."""

from typing import Annotated

from fastapi import APIRouter, Path, Request
from fastapi.responses import HTMLResponse

from allocation import store as rounds
from allocation.public_figures import public_view
from allocation.snapshot import RoundId
from api.dependencies import AccountOrNone, DatabaseDep
from api.i18n import language_of
from api.map_documents import parcel_map, round_map, school_map
from permits.parcels import parse_parcel_key

router = APIRouter(prefix="/maps", include_in_schema=False)

_CACHE_FOR_TEN_MINUTES = "public, max-age=600"
Key = Annotated[str, Path(min_length=1, max_length=100)]


@router.get("/school/{school_code}")
def show_school(request: Request, school_code: Key, database: DatabaseDep) -> HTMLResponse:
    """Show where a school is, and nothing of any child."""
    with database.transaction() as session:
        document = school_map(session, school_code, language=language_of(request))
    return HTMLResponse(document, headers={"Cache-Control": _CACHE_FOR_TEN_MINUTES, "Vary": "Cookie"})


@router.get("/parcel/{parcel_key}")
def show_parcel(request: Request, parcel_key: Key, database: DatabaseDep) -> HTMLResponse:
    """Show a parcel, its neighbours and the plan."""
    with database.transaction() as session:
        document = parcel_map(session, parse_parcel_key(parcel_key), language=language_of(request))
    return HTMLResponse(document, headers={"Cache-Control": _CACHE_FOR_TEN_MINUTES, "Vary": "Cookie"})


@router.get("/round/{round_id}")
def show_round(request: Request, round_id: Key, database: DatabaseDep, account: AccountOrNone) -> HTMLResponse:
    """Show the schools of a round; those who are signed in see withheld figures too."""
    with database.transaction() as session:
        admission_round = rounds.get_round(session, RoundId(round_id))
        seen = admission_round if account else public_view(admission_round)
        document = round_map(session, seen, language=language_of(request))
    return HTMLResponse(
        document, headers={"Cache-Control": "no-store" if account else _CACHE_FOR_TEN_MINUTES, "Vary": "Cookie"}
    )
