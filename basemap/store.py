"""What the shared basemap remembers: the features of every version, read as they are today or were at any time.

Which version answers is decided in `basemap.layer_versions`, whose face this module also is.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from sqlalchemy import ColumnElement, Table
from sqlalchemy.orm import Session

from basemap.layer_versions import (
    current_version,
    current_version_id,
    find_version,
    list_versions,
    publications,
    publish,
    published_view,
    rollback,
    version_as_of,
)
from basemap.model import LayerName, LayerVersion, LayerVersionId
from basemap.storable import feature_columns, storable_columns
from basemap.tables import FEATURE_ROWS, LayerVersionRow
from basemap.timeline import check_validity
from spatial.bulk import insert_features, select_features, select_records
from spatial.db import Bounds, intersects_box, storage_crs

__all__ = [
    "Provenance",
    "add_version",
    "current_version",
    "find_parcels",
    "list_versions",
    "parcel_records",
    "publications",
    "publish",
    "published_view",
    "read_at_point",
    "read_features",
    "read_layer",
    "records_at_point",
    "records_near",
    "rollback",
    "version_as_of",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Where a version comes from.

    Parameters
    ----------
    imported_at
        Moment with time zone.
    source_crs
        Coordinate system of the file, ``EPSG:n`` or its name.
    source_sha256
        Hash of the file's bytes.
    quarantined_count
        Features that were set aside.
    valid_from, valid_to
        First and last day on which the content holds; None where nobody said.
    licence, source
        Under which terms, and from whom.
    """

    imported_at: datetime
    imported_by: str
    source_file: str
    source_sha256: str
    source_crs: str
    quarantined_count: int
    valid_from: date | None = None
    valid_to: date | None = None
    licence: str | None = None
    source: str | None = None


def add_version(session: Session, layer: LayerName, frame: gpd.GeoDataFrame, *, provenance: Provenance) -> LayerVersion:
    """Store a new version of a layer; readers do not see it before it is published.

    Parameters
    ----------
    frame
        Columns ``feature_id``, the attributes of the layer and ``geometry``, multi-part, in the storage
        coordinate system.

    Raises
    ------
    InputError
        The frame is not of that form, a ``feature_id`` stands twice in it, or the validity ends before it begins.
        Nothing is stored then.
    """
    check_validity(provenance.valid_from, provenance.valid_to)
    columns = storable_columns(frame, layer, crs=storage_crs(session))
    with session.begin_nested():
        version = LayerVersionRow(layer=layer.value, feature_count=len(frame), **asdict(provenance))
        session.add(version)
        session.flush()
        insert_features(
            session,
            _table(layer),
            {"version_id": [version.id] * len(frame), **columns},
            geometries=np.asarray(frame.geometry.array, dtype=object),
            changed_at=provenance.imported_at,
        )
    return find_version(session, LayerVersionId(version.id))


def read_layer(
    session: Session,
    layer: LayerName,
    *,
    bounds: Bounds | None = None,
    version_id: LayerVersionId | None = None,
    as_of: datetime | None = None,
    valid_on: date | None = None,
) -> gpd.GeoDataFrame:
    """Return the features of a layer in the storage coordinate system, of the published version unless said otherwise.

    Parameters
    ----------
    bounds
        min_x, min_y, max_x, max_y in the storage coordinate system: only features that touch this box.
    version_id
        A version by its number; the two that follow are not asked then.
    as_of, valid_on
        A past state, as `version_as_of` finds it.

    Raises
    ------
    DataUnavailableError
        Nothing is, or was, published; the answer is *not checked*, never *nothing there*.
    NotFoundError
        The layer has no such version.
    """
    if version_id is not None:
        chosen = find_version(session, version_id, layer=layer).version_id
    else:
        chosen = _answering(session, layer, as_of=as_of, valid_on=valid_on)
    return read_features(session, layer, chosen, bounds=bounds)


def read_features(
    session: Session, layer: LayerName, version_id: LayerVersionId, *, bounds: Bounds | None = None
) -> gpd.GeoDataFrame:
    """Return the features of a version that the caller has found already, those that touch ``bounds`` where given."""
    if bounds is None:
        return _select(session, layer, version_id)
    near = _select_near(session, layer, version_id, bounds)
    return _reset(near[shapely.intersects(near.geometry.array, shapely.box(*bounds))])


def read_at_point(
    session: Session,
    layer: LayerName,
    x: float,
    y: float,
    *,
    as_of: datetime | None = None,
    valid_on: date | None = None,
) -> gpd.GeoDataFrame:
    """Return the features that contain a point of the storage coordinate system, edges included.

    Parameters
    ----------
    as_of, valid_on
        A past state, as `version_as_of` finds it: the ward of a point on a day.

    Raises
    ------
    DataUnavailableError
        Nothing is, or was, published.
    """
    chosen = _answering(session, layer, as_of=as_of, valid_on=valid_on)
    near = _select_near(session, layer, chosen, (x, y, x, y))
    return _reset(near[shapely.intersects_xy(near.geometry.array, x, y)])


def records_at_point(
    session: Session, layer: LayerName, x: float, y: float, *, valid_on: date | None = None
) -> list[dict[str, Any]]:
    """Return what `read_at_point` does as plain values, ``geometry`` among them: for many questions about few features.

    Raises
    ------
    DataUnavailableError
        Nothing is published.
    """
    near = records_near(session, layer, (x, y, x, y), valid_on=valid_on)
    return [record for record in near if shapely.intersects_xy(record["geometry"], x, y)]


def records_near(
    session: Session, layer: LayerName, bounds: Bounds, *, valid_on: date | None = None
) -> list[dict[str, Any]]:
    """Return the features whose box meets ``bounds`` as plain values, ``geometry`` among them.

    Raises
    ------
    DataUnavailableError
        Nothing is published.
    """
    chosen = _answering(session, layer, as_of=None, valid_on=valid_on)
    return select_records(session, _table(layer), feature_columns(layer), where=_near(layer, chosen, bounds))


def parcel_records(session: Session, *, valid_on: date | None = None, **asked: str | None) -> list[dict[str, Any]]:
    """Return what `find_parcels` does as plain values, ``geometry`` among them.

    Raises
    ------
    DataUnavailableError
        No parcels are published.
    """
    chosen = _answering(session, LayerName.PARCEL, as_of=None, valid_on=valid_on)
    where = [_table(LayerName.PARCEL).c.version_id == chosen, *_named(asked)]
    return select_records(session, _table(LayerName.PARCEL), feature_columns(LayerName.PARCEL), where=where)


def find_parcels(
    session: Session,
    *,
    ward_code: str | None = None,
    map_sheet: str | None = None,
    parcel_no: str | None = None,
    as_of: datetime | None = None,
    valid_on: date | None = None,
) -> gpd.GeoDataFrame:
    """Return all parcels with the given ward, sheet and number; what is None is not asked.

    Parameters
    ----------
    ward_code
        Code of the ward *before* July 2025, whatever the day: map sheets are numbered within the old wards.
    as_of, valid_on
        A past state, as `version_as_of` finds it.

    Raises
    ------
    DataUnavailableError
        No parcels are, or were, published.
    """
    asked = {"ward_code": ward_code, "map_sheet": map_sheet, "parcel_no": parcel_no}
    chosen = _answering(session, LayerName.PARCEL, as_of=as_of, valid_on=valid_on)
    return _select(session, LayerName.PARCEL, chosen, *_named(asked))


def _named(asked: Mapping[str, str | None]) -> list[ColumnElement[bool]]:
    return [_table(LayerName.PARCEL).c[name] == value for name, value in asked.items() if value is not None]


def _answering(session: Session, layer: LayerName, *, as_of: datetime | None, valid_on: date | None) -> LayerVersionId:
    if as_of is None and valid_on is None:
        return current_version_id(session, layer)
    return version_as_of(session, layer, as_of=as_of, valid_on=valid_on).version_id


def _table(layer: LayerName) -> Table:
    table = FEATURE_ROWS[layer].__table__
    if not isinstance(table, Table):
        message = f"{layer} is mapped to no table"
        raise TypeError(message)
    return table


def _select(
    session: Session, layer: LayerName, version_id: LayerVersionId, *conditions: ColumnElement[bool]
) -> gpd.GeoDataFrame:
    of_version = _table(layer).c.version_id == version_id
    return select_features(session, _table(layer), feature_columns(layer), where=[of_version, *conditions])


def _select_near(session: Session, layer: LayerName, version_id: LayerVersionId, bounds: Bounds) -> gpd.GeoDataFrame:
    return select_features(session, _table(layer), feature_columns(layer), where=_near(layer, version_id, bounds))


def _near(layer: LayerName, version_id: LayerVersionId, bounds: Bounds) -> list[ColumnElement[bool]]:
    table = _table(layer)
    # The sum keeps the planner from walking through the whole version by its index: the spatial one is narrower.
    return [intersects_box(table.c.geometry, bounds), table.c.version_id + 0 == version_id]


def _reset(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return frame.reset_index(drop=True)
