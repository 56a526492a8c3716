"""Published features as GeoJSON text, page by page, from either store, through a session.

PostGIS answers most questions in one statement instead: `basemap.feature_answers`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, LargeBinary, Select, literal_column, select, type_coerce
from sqlalchemy import func as sql
from sqlalchemy.orm import Session

from basemap.feature_conditions import Columns, conditions, is_embedded, near, place, table_of
from basemap.feature_page import NO_FEATURES, Edition, FeaturePage
from basemap.feature_query import FeatureQuery, Period
from basemap.feature_text import told_by_postgis, told_by_shapely
from basemap.in_force import extent_of, in_force
from basemap.layer_versions import LAYER_TODAY, publications
from basemap.model import LAYERS, LayerName
from basemap.tables import LayerPublicationRow, LayerVersionRow
from spatial.db import Bounds, storage_crs

_TOLD = "told"


def read_lightly(session: Session) -> None:
    """Let PostgreSQL answer each statement for itself: versions never change, and a page saves two round trips.

    To be called before anything else is asked of the session.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.connection(execution_options={"isolation_level": "AUTOCOMMIT"})


def find_edition(session: Session, layer: LayerName, period: Period | None = None) -> Edition | None:
    """Return what readers of today see of a layer, or what was in force in ``period``; None if that is nothing.

    Withdrawn publications are as if they had never been.
    """
    statement = _editions().where(LayerPublicationRow.layer == layer.value)
    if period is None:
        statement = statement.join(LAYER_TODAY, LAYER_TODAY.c.publication_id == LayerPublicationRow.id)
    else:
        chosen = in_force(publications(session, layer), period)
        if chosen is None:
            return None
        statement = statement.where(LayerPublicationRow.id == chosen.publication_id)
    found = session.execute(statement.limit(1)).mappings().one_or_none()
    return None if found is None else Edition(**found)


def find_time_extent(session: Session, layer: LayerName) -> Period:
    """Return from when to when any published version of a layer holds."""
    return extent_of(publications(session, layer))


def read_page(session: Session, layer: LayerName, edition: Edition, *, query: FeatureQuery) -> FeaturePage:
    """Return the features of one page, in the order in which they were stored."""
    if query.area is not None and query.area.is_empty:
        return NO_FEATURES
    rows = _rows_in_place(session, layer, edition, query)
    statement = rows.columns.where(*conditions(session, layer, query, rows.source)).order_by(rows.source.id)
    statement = statement.limit(query.limit_count + 1).offset(query.offset_count)
    features = rows.as_text(session.execute(statement).all())
    page = features[: query.limit_count]
    return FeaturePage(
        text=",".join(page).encode(), returned_count=len(page), has_more=len(features) > query.limit_count
    )


def read_one(session: Session, layer: LayerName, edition: Edition, *, feature_id: str, crs: str) -> str | None:
    """Return one feature as GeoJSON text, None when the version has no such feature."""
    columns = table_of(layer).c
    rows = _feature_rows(session, layer, crs)
    statement = rows.columns.where(columns.version_id == edition.version_id, columns.feature_id == feature_id)
    found = rows.as_text(session.execute(statement).all())
    return found[0] if found else None


def check_filter(session: Session, layer: LayerName, query: FeatureQuery) -> None:
    """Refuse a filter that the layer cannot answer, whether or not any version is asked. Raises BadQueryError."""
    conditions(session, layer, query, table_of(layer).c)


def read_extent(session: Session, layer: LayerName, version_id: int) -> Bounds | None:
    """Return the box of a version in the storage coordinate system, None when it is empty."""
    table = table_of(layer)
    where = table.c.version_id == version_id
    edges: tuple[ColumnElement[Any], ...]
    if is_embedded(session):
        shape = table.c.geometry
        edges = (sql.min(sql.ST_MinX(shape)), sql.min(sql.ST_MinY(shape)), sql.max(sql.ST_MaxX(shape)))
        edges = (*edges, sql.max(sql.ST_MaxY(shape)))
    else:
        whole = sql.ST_Extent(table.c.geometry, type_=LargeBinary)
        edges = tuple(getattr(sql, name)(whole) for name in ("ST_XMin", "ST_YMin", "ST_XMax", "ST_YMax"))
    x1, y1, x2, y2 = session.execute(select(*edges).where(where)).one()
    return None if x1 is None else (x1, y1, x2, y2)


def _editions() -> Select[Any]:
    columns: Any = select(
        LayerPublicationRow.version_id,
        LayerPublicationRow.published_at,
        LayerVersionRow.feature_count,
        LayerVersionRow.source_file,
    )
    statement: Select[Any] = (
        columns.join(LayerVersionRow, LayerVersionRow.id == LayerPublicationRow.version_id)
        .where(LayerPublicationRow.withdrawn.is_(False))
        .order_by(LayerPublicationRow.id.desc())
    )
    return statement


@dataclass(frozen=True, slots=True, kw_only=True)
class _FeatureRows:
    """From which columns features are selected, and how the rows become GeoJSON text."""

    source: Columns
    columns: Select[Any]
    as_text: Callable[[Any], list[str]]


def _rows_in_place(session: Session, layer: LayerName, edition: Edition, query: FeatureQuery) -> _FeatureRows:
    if query.area is None or is_embedded(session):
        rows = _feature_rows(session, layer, query.crs)
        found = rows.columns.where(*place(layer, edition, query))
        return _FeatureRows(source=rows.source, columns=found, as_text=rows.as_text)
    # Sorted first and looked at closely after, PostGIS does so with one page of features instead of with all.
    ready: ColumnElement[str] = literal_column("geojson").label("geojson")
    found = near(layer, edition, query, ready).order_by(table_of(layer).c.id)
    return _told_rows(found.offset(0).subquery(), layer, query.crs, storage_crs(session))


def _feature_rows(session: Session, layer: LayerName, crs: str) -> _FeatureRows:
    table, stored = table_of(layer), storage_crs(session)
    if not is_embedded(session):
        return _told_rows(table, layer, crs, stored)
    names = LAYERS[layer].attribute_names
    columns = select(table.c.feature_id, *(table.c[name] for name in names), type_coerce(table.c.geometry, LargeBinary))
    return _FeatureRows(
        source=table.c, columns=columns, as_text=lambda rows: told_by_shapely(rows, layer, crs=crs, stored=stored)
    )


def _told_rows(source: Any, layer: LayerName, crs: str, stored: str) -> _FeatureRows:  # noqa: ANN401  table or subquery
    told: ColumnElement[str] = literal_column(told_by_postgis(layer, crs, stored)).label(_TOLD)
    columns: Select[Any] = select(told).select_from(source)
    return _FeatureRows(source=source.c, columns=columns, as_text=lambda rows: [row[0] for row in rows])
