"""Many features in and out of either store at once, without an object for each."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely
from geoalchemy2 import Geometry
from sqlalchemy import (
    Boolean,
    ColumnElement,
    Double,
    Integer,
    LargeBinary,
    Table,
    column,
    insert,
    select,
    table,
    text,
    type_coerce,
)
from sqlalchemy import func as sql
from sqlalchemy.orm import Session

from spatial import gpkg
from spatial.db import as_geopackage_text, srid_of, storage_crs

_GEOMETRY = "geometry"

_EXTENT_STATEMENT = text(
    "UPDATE gpkg_contents SET min_x = min(coalesce(min_x, :min_x), :min_x), "
    "min_y = min(coalesce(min_y, :min_y), :min_y), max_x = max(coalesce(max_x, :max_x), :max_x), "
    "max_y = max(coalesce(max_y, :max_y), :max_y), last_change = :last_change WHERE table_name = :table_name"
)


def insert_features(
    session: Session,
    target: Table,
    columns: Mapping[str, Sequence[Any]],
    *,
    geometries: gpkg.Geometries,
    changed_at: datetime,
) -> None:
    """Insert features in bulk.

    Parameters
    ----------
    columns
        Plain Python values of each column but the geometry, all of one length; a missing one is None.
    geometries
        Shapely geometries in the storage coordinate system, of the same length.
    changed_at
        Moment noted in ``gpkg_contents`` of the embedded file, where other programs look for changes.
    """
    if len(geometries) == 0:
        return
    srid = srid_of(storage_crs(session))
    if session.get_bind().dialect.name == "sqlite":
        blobs = gpkg.encode(geometries, srs_id=srid)
        _insert_blobs(session, target, {**columns, _GEOMETRY: blobs})
        edges = dict(zip(("min_x", "min_y", "max_x", "max_y"), shapely.total_bounds(geometries).tolist(), strict=True))
        moment = as_geopackage_text(changed_at)
        session.execute(_EXTENT_STATEMENT, {**edges, "last_change": moment, "table_name": target.name})
    else:
        ewkb = shapely.to_wkb(shapely.set_srid(geometries, srid), hex=True, include_srid=True)
        _copy(session, target, {**columns, _GEOMETRY: ewkb.tolist()})


def _insert_blobs(session: Session, target: Table, columns: Mapping[str, Sequence[Any]]) -> None:
    # A bare copy of the table: its geometry column takes ready blobs instead of parsing text row by row.
    types = {name: LargeBinary() if name == _GEOMETRY else target.c[name].type for name in columns}
    bare = table(target.name, *(column(name, kind) for name, kind in types.items()))
    names = list(columns)
    rows = [dict(zip(names, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    session.execute(insert(bare), rows)


def _copy(session: Session, target: Table, columns: Mapping[str, Sequence[Any]]) -> None:
    connection = session.connection()
    preparer = connection.dialect.identifier_preparer
    names = ", ".join(preparer.quote(name) for name in columns)
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(f"COPY {preparer.quote(target.name)} ({names}) FROM STDIN") as copy:
        for row in zip(*columns.values(), strict=True):
            copy.write_row(row)


def select_features(
    session: Session, source: Table, names: Sequence[str], *, where: Sequence[ColumnElement[bool]]
) -> gpd.GeoDataFrame:
    """Return features as a frame in the storage coordinate system, in the order in which they were stored.

    Parameters
    ----------
    names
        Columns but the geometry. Text and dates come as objects, None where missing; integers as ``Int64``,
        truth values as ``boolean``, reals as ``float64``.
    """
    is_embedded = session.get_bind().dialect.name == "sqlite"
    geometry: ColumnElement[Any] = source.c[_GEOMETRY]
    raw = type_coerce(geometry, LargeBinary) if is_embedded else sql.ST_AsBinary(geometry, type_=LargeBinary)
    statement = select(*(source.c[name] for name in names), raw.label(_GEOMETRY))
    rows = session.execute(statement.where(*where).order_by(source.c.id)).all()
    *values, wkb = zip(*rows, strict=True) if rows else [()] * (len(names) + 1)
    series = {name: _series(source.c[name], list(cells)) for name, cells in zip(names, values, strict=True)}
    geometries = gpkg.decode(wkb) if is_embedded else shapely.from_wkb(list(wkb))
    return gpd.GeoDataFrame(series, geometry=geometries, crs=storage_crs(session))


def geometry_columns(tables: Sequence[Table]) -> Iterator[tuple[str, str]]:
    """Give table and column of every geometry column."""
    for each in tables:
        for candidate in each.columns:
            if isinstance(candidate.type, Geometry):
                yield each.name, candidate.name


def _series(source: ColumnElement[Any], values: list[Any]) -> pd.Series:
    kinds = ((Boolean, "boolean"), (Integer, "Int64"), (Double, "float64"))
    dtype = next((name for kind, name in kinds if isinstance(source.type, kind)), "object")
    return pd.Series(values, dtype=dtype)
