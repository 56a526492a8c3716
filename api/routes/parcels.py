"""Parcels of the shared basemap, found by number or by a point."""

from typing import Annotated

import geopandas as gpd
import numpy as np
from fastapi import APIRouter, Query
from sqlalchemy.orm import Session

from api.dependencies import DatabaseDep
from api.schemas.parcels import ParcelQuery, ParcelsOut, features_of
from basemap import store
from basemap.model import LayerName
from spatial.crs import WGS84, transformer
from spatial.db import storage_crs
from spatial.text import to_nfc

MOST_CANDIDATES_COUNT = 100

router = APIRouter(tags=["parcels"])


@router.get("/api/v1/parcels")
def find_parcels(query: Annotated[ParcelQuery, Query()], database: DatabaseDep) -> ParcelsOut:
    """Return every parcel that answers: a number may stand in several wards, and twice in one sheet."""
    with database.transaction() as session:
        found = _at_point(session, *query.point) if query.point else _by_number(session, query)
    shown = found.head(MOST_CANDIDATES_COUNT)
    return ParcelsOut(features=features_of(shown), is_complete=len(shown) == len(found))


def _by_number(session: Session, query: ParcelQuery) -> gpd.GeoDataFrame:
    return store.find_parcels(
        session,
        ward_code=None if query.ward is None else to_nfc(query.ward),
        map_sheet=_as_stored(query.map_sheet),
        parcel_no=_as_stored(query.parcel_no),
    )


def _at_point(session: Session, x: float, y: float, in_degrees: bool) -> gpd.GeoDataFrame:  # noqa: FBT001  from ParcelQuery.point
    if in_degrees:
        x, y = transformer(WGS84, storage_crs(session))(np.array([[x, y]]))[0].tolist()
    return store.read_at_point(session, LayerName.PARCEL, x, y)


def _as_stored(number: str | None) -> str | None:
    """Return a sheet or parcel number without leading zeros, as the import keeps it."""
    return None if number is None else to_nfc(number).lstrip("0") or "0"
