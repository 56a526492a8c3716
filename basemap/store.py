"""What the shared basemap remembers: versions of layers, and the one version of each that readers see."""

from dataclasses import asdict, dataclass
from datetime import date, datetime

import geopandas as gpd
import numpy as np
import shapely
from sqlalchemy import ColumnElement, Select, Table, func, select, update
from sqlalchemy.orm import Session

from basemap.model import LAYERS, LayerName, LayerVersion, LayerVersionId
from basemap.storable import feature_columns, storable_columns
from basemap.tables import FEATURE_ROWS, LayerPublicationRow, LayerVersionRow
from basemap.timeline import Publication, answering, check_validity, holds_on
from spatial.bulk import insert_features, note_change, select_features
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
        note_change(session, published_view(version.layer), changed_at=published_at)
    return _version(session, version_id)


def rollback(session: Session, layer: LayerName, *, withdrawn_at: datetime) -> LayerVersion:
    """Let readers see again what they saw before the last publishing, and return that version.

    The publication that goes stays in the history, with its moment of withdrawal.

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
    withdrawal = update(LayerPublicationRow).where(LayerPublicationRow.id == published[0])
    session.execute(withdrawal.values(withdrawn=True, withdrawn_at=withdrawn_at))
    note_change(session, published_view(layer), changed_at=withdrawn_at)
    restored = current_version(session, layer)
    return restored if restored is not None else current


def current_version(session: Session, layer: LayerName) -> LayerVersion | None:
    """Return the version that readers see, None when nothing is published."""
    current = session.scalar(_current_version_id(layer))
    return None if current is None else _version(session, LayerVersionId(current))


def published_view(layer: LayerName) -> str:
    """Return the name of the view that shows only what readers see; QGIS offers it beside the layer's table."""
    return f"{layer.value}_published"


def publications(session: Session, layer: LayerName) -> list[Publication]:
    """Return every act of publishing a layer, withdrawn ones too, in the order in which they were made."""
    rows = select(LayerPublicationRow).where(LayerPublicationRow.layer == layer.value)
    return [
        Publication(
            layer=layer,
            version_id=LayerVersionId(row.version_id),
            published_at=row.published_at,
            withdrawn_at=row.withdrawn_at,
            is_withdrawn=row.withdrawn,
        )
        for row in session.scalars(rows.order_by(LayerPublicationRow.id))
    ]


def version_as_of(
    session: Session, layer: LayerName, *, as_of: datetime | None = None, valid_on: date | None = None
) -> LayerVersion:
    """Return the version that readers saw at a moment, or that holds on a day as far as was known at that moment.

    Parameters
    ----------
    as_of
        Moment with time zone; None is now.
    valid_on
        Day on which the content holds; only versions with dates of validity are asked. Where several hold, the one
        published last answers.

    Raises
    ------
    DataUnavailableError
        Nothing was published then, or nothing published holds on that day.
    """
    if as_of is None and valid_on is None:
        return _version(session, _published(session, layer))
    holding = None
    if valid_on is not None:
        holding = {one.version_id for one in list_versions(session, layer) if holds_on(one, valid_on)}
    chosen = answering(
        publications(session, layer), as_of=as_of, admits=lambda number: holding is None or number in holding
    )
    if chosen is None:
        raise _nothing_then(layer, as_of, valid_on)
    return _version(session, chosen)


def list_versions(session: Session, layer: LayerName | None = None) -> list[LayerVersion]:
    """Return all versions, of one layer or of all, newest first."""
    statement = select(LayerVersionRow).order_by(LayerVersionRow.id.desc())
    if layer is not None:
        statement = statement.where(LayerVersionRow.layer == layer.value)
    return _versions(session, statement)


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
        chosen = _of_layer(session, layer, version_id)
    elif as_of is None and valid_on is None:
        chosen = _published(session, layer)
    else:
        chosen = version_as_of(session, layer, as_of=as_of, valid_on=valid_on).version_id
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


def _nothing_then(layer: LayerName, as_of: datetime | None, valid_on: date | None) -> DataUnavailableError:
    label = LAYERS[layer].label
    then = Text("", "") if as_of is None else Text(f" vào lúc {as_of.isoformat()}", f" at {as_of.isoformat()}")
    holding = Text("", "") if valid_on is None else Text(f" có hiệu lực ngày {valid_on}", f" that holds on {valid_on}")
    return DataUnavailableError(
        Text(
            f"Lớp “{label.vi}”{then.vi} không có phiên bản đã công bố nào{holding.vi}.",
            f"The layer “{label.en}” had no published version{holding.en}{then.en}.",
        ),
        hint=Text(f"Xem: diaban basemap history {layer.value}.", f"See: diaban basemap history {layer.value}."),
        subject=layer.value,
    )


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
            valid_from=row.valid_from,
            valid_to=row.valid_to,
            licence=row.licence,
            source=row.source,
        )
        for row in session.scalars(statement)
    ]


def _no_version(version_id: LayerVersionId) -> NotFoundError:
    return NotFoundError(
        Text(f"Không có phiên bản {version_id}.", f"There is no version {version_id}."),
        hint=Text("Xem: diaban basemap list.", "See: diaban basemap list."),
    )
