"""A question about features as SQL of SQLAlchemy, for either store: where its answers lie, and what they must meet."""

from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy import Boolean, ColumnElement, LargeBinary, Select, Table, Text, and_, literal_column, select
from sqlalchemy import func as sql
from sqlalchemy.orm import Session
from sqlalchemy.sql.base import ReadOnlyColumnCollection
from sqlalchemy.sql.expression import collate

from basemap import cql
from basemap.feature_page import Edition
from basemap.feature_query import FeatureQuery
from basemap.model import LAYERS, LayerName
from basemap.tables import FEATURE_ROWS
from spatial.db import intersects_box, srid_of, storage_crs

Columns = ReadOnlyColumnCollection[str, ColumnElement[Any]]


def table_of(layer: LayerName) -> Table:
    """Return the table that holds all versions of a layer."""
    table = FEATURE_ROWS[layer].__table__
    if not isinstance(table, Table):
        message = f"{layer} is mapped to no table"
        raise TypeError(message)
    return table


def is_embedded(session: Session) -> bool:
    """Tell whether a session speaks to the embedded file."""
    return session.get_bind().dialect.name == "sqlite"


def place(layer: LayerName, edition: Edition, query: FeatureQuery) -> list[ColumnElement[bool]]:
    """Return what the indexes answer: the version, and the box around the area."""
    table = table_of(layer)
    if query.area is None:
        return [table.c.version_id == edition.version_id]
    # The sum keeps the planner from walking through the whole version by its index: the spatial one is narrower.
    return [intersects_box(table.c.geometry, query.area.bounds), table.c.version_id + 0 == edition.version_id]


def near(layer: LayerName, edition: Edition, query: FeatureQuery, *more: ColumnElement[Any]) -> Select[Any]:
    """Return what the spatial index finds; made a subquery with an offset, PostGIS does not mix it with the rest.

    Parameters
    ----------
    more
        Columns beside the mapped ones.
    """
    return select(table_of(layer), *more).where(*place(layer, edition, query))


def conditions(
    session: Session, layer: LayerName, query: FeatureQuery, source: Columns, *, by_boxes: bool = False
) -> list[ColumnElement[bool]]:
    """Return what is asked of each feature in place. Raises BadQueryError when the layer cannot answer a filter.

    Parameters
    ----------
    by_boxes
        Ask about boxes where areas are meant: the planner keeps statistics on them.
    """
    stored = storage_crs(session)

    def relates(relation: str, area: BaseGeometry) -> ColumnElement[bool]:
        if by_boxes:
            return intersects_box(source.geometry, area.bounds)
        shape = sql.ST_GeomFromText(shapely.to_wkt(area, rounding_precision=6), srid_of(stored), type_=LargeBinary)
        met: ColumnElement[bool] = getattr(sql, relation)(source.geometry, shape, type_=Boolean)
        if not is_embedded(session):
            return met
        return and_(intersects_box(table_of(layer).c.geometry, area.bounds), met == 1)

    asked = [source[name] == value for name, value in query.equals]
    if query.area is not None:
        asked.append(relates("ST_Intersects", query.area))
    if query.filter is not None:
        columns = {name: source[name] for name in LAYERS[layer].attribute_names}
        is_file = is_embedded(session)
        fold = _folded_by_sqlite if is_file else _folded_by_postgresql
        ground = cql.Ground(
            layer=layer, columns=columns, relates=relates, fold=fold, storage_crs=stored, is_embedded=is_file
        )
        asked.append(cql.condition(query.filter, ground))
    return asked


def _folded_by_sqlite(name: str, column: ColumnElement[Any]) -> ColumnElement[Any]:
    folded: ColumnElement[Any] = getattr(sql, f"diaban_{name}")(column, type_=Text)
    return folded


def _folded_by_postgresql(name: str, column: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return what `spatial.text` does to a value, in words of PostgreSQL: no extension is needed for it."""
    if name == "casei":
        return sql.lower(collate(column, "und-x-icu"), type_=Text)
    bare = sql.regexp_replace(sql.normalize(column, literal_column("NFD")), r"[\u0300-\u036F]", "", "g")
    return sql.normalize(sql.translate(bare, "đĐ", "dD"), literal_column("NFC"), type_=Text)
