"""Parcels of the shared basemap, found by number or by a point."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query

from api.clock import today_in_vietnam
from api.dependencies import DatabaseDep
from api.parameters import no_parameters
from api.routes.permits import rulebook_named
from api.schemas.parcels import AreaIn, ParcelOut, ParcelQuery, ParcelsOut, ParcelsWithinOut
from permits import service
from permits.area_lookup import parcels_within
from permits.check import check
from permits.history_service import history_named
from permits.lookup import Desk, Found, desk_of
from permits.misses import Miss
from permits.parcels import parse_parcel_key
from permits.proposal import Proposal
from permits.rulebook import DEFAULT_RULEBOOK
from spatial.errors import InputError

MOST_CANDIDATES_COUNT = 100
_NOWHERE = ("outside_country", "coordinates_unread")
"""Where two numbers lead nowhere the answer is empty, as for every other place without a parcel."""

router = APIRouter(tags=["parcels"])


@router.get("/api/v1/parcels")
def find_parcels(query: Annotated[ParcelQuery, Query()], database: DatabaseDep) -> ParcelsOut:
    """Return every parcel that answers: a number may stand in several wards, and twice in one sheet.

    An empty answer says why in ``miss``, and names parcels that may have been meant.
    """
    with database.transaction() as session:
        found = _found(desk_of(session), query)
    return ParcelsOut.of(found, most_count=MOST_CANDIDATES_COUNT)


@router.post("/api/v1/parcels", dependencies=[Depends(no_parameters)])
def find_parcels_within(asked: AreaIn, database: DatabaseDep) -> ParcelsWithinOut:
    """Return the parcels that a drawn polygon meets, each with the share of it that lies inside."""
    with database.transaction() as session:
        page = parcels_within(
            desk_of(session), asked.polygon, crs=asked.crs, limit_count=asked.limit, offset_count=asked.offset
        )
    return ParcelsWithinOut.of(page)


@router.get("/api/v1/parcels/{parcel_key}/history", dependencies=[Depends(no_parameters)])
def get_history(parcel_key: Annotated[str, Path(max_length=60)], database: DatabaseDep) -> dict[str, Any]:
    """Return what a parcel came from and what became of it, also of one that is no more."""
    name = parse_parcel_key(parcel_key)
    with database.transaction() as session:
        return history_named(session, name).to_json()


@router.get("/api/v1/parcels/{parcel_key}", dependencies=[Depends(no_parameters)])
def get_parcel(parcel_key: Annotated[str, Path(max_length=60)], database: DatabaseDep) -> ParcelOut:
    """Return what the map says of one parcel, layer by layer, and what may be built there.

    The key is ward, sheet and number, e.g. ``26797-10-16`` (``~2`` for the second of that number), or the portal's
    twelve digits. A layer that is not published is NOT_CHECKED, never clear.
    """
    name = parse_parcel_key(parcel_key)
    rulebook = rulebook_named(DEFAULT_RULEBOOK)
    with database.transaction() as session:
        found = service.facts_of_parcel(session, service.parcel_named(session, name))
    supposed = Proposal(facts=service.DEMONSTRATION_FACTS)
    return ParcelOut.of(found, check(found, supposed, rulebook=rulebook, as_of=today_in_vietnam()))


def _found(desk: Desk, query: ParcelQuery) -> Found:
    if query.key is not None:
        return desk.by_key(query.key)
    if query.national_parcel_id is not None:
        return desk.by_national_id(query.national_parcel_id)
    if query.point is None:
        return desk.by_number(ward=query.ward, map_sheet=query.map_sheet, parcel_no=query.parcel_no)
    try:
        return desk.by_point(query.point, crs=query.point_crs)
    except InputError as error:
        if error.code not in _NOWHERE:
            raise
        return Found(miss=Miss(code=error.code, message=error.message, hint=error.hint))
