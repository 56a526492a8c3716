"""What the shared basemap remembers: versions of layers, and the one version of each that readers see."""

from dataclasses import asdict, dataclass
from datetime import datetime

import geopandas as gpd
import numpy as np
import shapely
from sqlalchemy import ColumnElement, Select, Table, func, select, update
from sqlalchemy.orm import Session

from basemap.model import LAYERS, LayerName, LayerVersion, LayerVersionId
from basemap.storable import feature_columns, storable_columns
from basemap.tables import FEATURE_ROWS, LayerPublicationRow, LayerVersionRow
from spatial.bulk import insert_features, select_features
from spatial.db import Bounds, intersects_box, storage_crs
from spatial.errors import ConflictError, DataUnavailableError, NotFoundError
from spatial.text import Text


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
    """

    imported_at: datetime
    imported_by: str
    source_file: str
    source_sha256: str
    source_crs: str
    quarantined_count: int


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
        The frame is not of that form, or a ``feature_id`` stands twice in it. Nothing is stored then.
    """
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
    return _version(session, LayerVersionId(version.id))


def publish(session: Session, version_id: LayerVersionId, *, published_at: datetime) -> LayerVersion:
    """Let readers see a version from now on.

    Publishing what is already published changes nothing.

    Raises
    ------
    NotFoundError
        There is no such version.
    """
    version = _version(session, version_id)
    if not version.is_current:
        session.add(LayerPublicationRow(layer=version.layer.value, version_id=version_id, published_at=published_at))
        session.flush()
    return _version(session, version_id)


def rollback(session: Session, layer: LayerName) -> LayerVersion:
    """Let readers see again what they saw before the last publishing, and return that version.

    Raises
    ------
    ConflictError
        Nothing was published before.
    """
    published = session.scalars(
        select(LayerPublicationRow.id)
        .where(LayerPublicationRow.layer == layer.value, LayerPublicationRow.withdrawn.is_(False))
        .order_by(LayerPublicationRow.id.desc())
        .limit(2)
    ).all()
    current = current_version(session, layer)
    if len(published) < 2 or current is None:  # noqa: PLR2004  the one that goes and the one that comes back
        raise ConflictError(
            Text("Không có phiên bản nào công bố trước đó.", "No version was published before."),
            hint=Text("Xem: diaban basemap list.", "See: diaban basemap list."),
            subject=layer.value,
        )
    session.execute(update(LayerPublicationRow).where(LayerPublicationRow.id == published[0]).values(withdrawn=True))
    restored = current_version(session, layer)
    return restored if restored is not None else current


def current_version(session: Session, layer: LayerName) -> LayerVersion | None:
    """Return the version that readers see, None when nothing is published."""
    current = session.scalar(_current_version_id(layer))
    return None if current is None else _version(session, LayerVersionId(current))


def list_versions(session: Session, layer: LayerName | None = None) -> list[LayerVersion]:
    """Return all versions, of one layer or of all, newest first."""
    statement = select(LayerVersionRow).order_by(LayerVersionRow.id.desc())
    if layer is not None:
        statement = statement.where(LayerVersionRow.layer == layer.value)
    return _versions(session, statement)


def read_layer(
    session: Session, layer: LayerName, *, bounds: Bounds | None = None, version_id: LayerVersionId | None = None
) -> gpd.GeoDataFrame:
    """Return the features of a layer in the storage coordinate system.

    Parameters
    ----------
    bounds
        min_x, min_y, max_x, max_y in the storage coordinate system: only features that touch this box.
    version_id
        A version other than the published one.

    Raises
    ------
    DataUnavailableError
        Nothing is published; the answer is *not checked*, never *nothing there*.
    NotFoundError
        The layer has no such version.
    """
    chosen = _published(session, layer) if version_id is None else _of_layer(session, layer, version_id)
    if bounds is None:
        return _select(session, layer, chosen)
    near = _select_near(session, layer, chosen, bounds)
    return _reset(near[shapely.intersects(near.geometry.array, shapely.box(*bounds))])


def read_at_point(session: Session, layer: LayerName, x: float, y: float) -> gpd.GeoDataFrame:
    """Return the published features that contain a point of the storage coordinate system, edges included.

    Raises
    ------
    DataUnavailableError
        Nothing is published.
    """
    chosen = _published(session, layer)
    near = _select_near(session, layer, chosen, (x, y, x, y))
    return _reset(near[shapely.intersects_xy(near.geometry.array, x, y)])


def find_parcels(
    session: Session, *, ward_code: str | None = None, map_sheet: str | None = None, parcel_no: str | None = None
) -> gpd.GeoDataFrame:
    """Return all published parcels with the given ward, sheet and number; what is None is not asked.

    Raises
    ------
    DataUnavailableError
        No parcels are published.
    """
    parcels = _table(LayerName.PARCEL)
    asked = {"ward_code": ward_code, "map_sheet": map_sheet, "parcel_no": parcel_no}
    conditions = [parcels.c[name] == value for name, value in asked.items() if value is not None]
    return _select(session, LayerName.PARCEL, _published(session, LayerName.PARCEL), *conditions)


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
    table = _table(layer)
    # The sum keeps the planner from walking through the whole version by its index: the spatial one is narrower.
    of_version = table.c.version_id + 0 == version_id
    where = [intersects_box(table.c.geometry, bounds), of_version]
    return select_features(session, table, feature_columns(layer), where=where)


def _reset(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return frame.reset_index(drop=True)


def _current_version_id(layer: LayerName) -> Select[int]:
    return (
        select(LayerPublicationRow.version_id)
        .where(LayerPublicationRow.layer == layer.value, LayerPublicationRow.withdrawn.is_(False))
        .order_by(LayerPublicationRow.id.desc())
        .limit(1)
    )


def _published(session: Session, layer: LayerName) -> LayerVersionId:
    current = session.scalar(_current_version_id(layer))
    if current is None:
        label = LAYERS[layer].label
        raise DataUnavailableError(
            Text(f"Lớp “{label.vi}” chưa được công bố.", f"The layer “{label.en}” is not published."),
            hint=Text(
                f"Nạp và công bố: diaban basemap import {layer.value} TỆP --publish.",
                f"Import and publish it: diaban basemap import {layer.value} FILE --publish.",
            ),
            subject=layer.value,
        )
    return LayerVersionId(current)


def _of_layer(session: Session, layer: LayerName, version_id: LayerVersionId) -> LayerVersionId:
    if _version(session, version_id).layer is not layer:
        raise _no_version(version_id)
    return version_id


def _version(session: Session, version_id: LayerVersionId) -> LayerVersion:
    found = _versions(session, select(LayerVersionRow).where(LayerVersionRow.id == version_id))
    if not found:
        raise _no_version(version_id)
    return found[0]


def _versions(session: Session, statement: Select[LayerVersionRow]) -> list[LayerVersion]:
    moments = select(LayerPublicationRow.version_id, func.min(LayerPublicationRow.published_at))
    rows = session.execute(moments.group_by(LayerPublicationRow.version_id)).all()
    first_published = {row[0]: row[1] for row in rows}
    latest = select(func.max(LayerPublicationRow.id)).where(LayerPublicationRow.withdrawn.is_(False))
    pointers = LayerPublicationRow.id.in_(latest.group_by(LayerPublicationRow.layer))
    current = set(session.scalars(select(LayerPublicationRow.version_id).where(pointers)))
    return [
        LayerVersion(
            version_id=LayerVersionId(row.id),
            layer=LayerName(row.layer),
            imported_at=row.imported_at,
            imported_by=row.imported_by,
            source_file=row.source_file,
            source_sha256=row.source_sha256,
            source_crs=row.source_crs,
            feature_count=row.feature_count,
            quarantined_count=row.quarantined_count,
            published_at=first_published.get(row.id),
            is_current=row.id in current,
        )
        for row in session.scalars(statement)
    ]


def _no_version(version_id: LayerVersionId) -> NotFoundError:
    return NotFoundError(
        Text(f"Không có phiên bản {version_id}.", f"There is no version {version_id}."),
        hint=Text("Xem: diaban basemap list.", "See: diaban basemap list."),
    )
