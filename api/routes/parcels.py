"""Parcels of the shared basemap, found by number or by a point."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query
from sqlalchemy.orm import Session

from api.clock import today_in_vietnam
from api.dependencies import DatabaseDep
from api.parameters import no_parameters
from api.routes.permits import rulebook_named
from api.schemas.parcels import ParcelOut, ParcelQuery, ParcelsOut, features_of
from permits import service
from permits.check import check
from permits.parcels import Parcel, parse_parcel_key
from permits.proposal import Proposal
from permits.rulebook import DEFAULT_RULEBOOK
from spatial.crs import WGS84

MOST_CANDIDATES_COUNT = 100

router = APIRouter(tags=["parcels"])


@router.get("/api/v1/parcels")
def find_parcels(query: Annotated[ParcelQuery, Query()], database: DatabaseDep) -> ParcelsOut:
    """Return every parcel that answers: a number may stand in several wards, and twice in one sheet."""
    with database.transaction() as session:
        found = _at_point(session, *query.point) if query.point else _by_number(session, query)
    shown = found[:MOST_CANDIDATES_COUNT]
    return ParcelsOut(features=features_of(shown), is_complete=len(shown) == len(found))


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


def _by_number(session: Session, query: ParcelQuery) -> list[Parcel]:
    return service.find(session, ward_code=query.ward, map_sheet=query.map_sheet, parcel_no=query.parcel_no)


def _at_point(session: Session, x: float, y: float, in_degrees: bool) -> list[Parcel]:  # noqa: FBT001  from ParcelQuery.point
    return service.find_at(session, x, y, crs=WGS84 if in_degrees else None)
