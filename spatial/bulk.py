"""Many features in and out of either store at once, without an object for each."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from sqlalchemy import (
    Boolean,
    ColumnElement,
    Connection,
    Double,
    Integer,
    LargeBinary,
    Table,
    exc,
    select,
    text,
    type_coerce,
)
from sqlalchemy import func as sql
from sqlalchemy.orm import Session

from spatial import gpkg
from spatial.db import as_geopackage_text, srid_of, storage_crs

_GEOMETRY = "geometry"
_MANY_COUNT = 1000
"""From here on PostgreSQL looks at new rows at once; after fewer its plans stay right until it looks by itself."""

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
    target
        Table with the primary key ``id`` and the geometry column ``geometry``.
    columns
        Plain Python values of each column but those two, all of one length; a missing one is None.
    geometries
        Shapely geometries in the storage coordinate system, none missing, of the same length.
    changed_at
        Moment noted in ``gpkg_contents`` of the embedded file, where other programs look for changes.
    """
    if len(geometries) == 0:
        return
    srid = srid_of(storage_crs(session))
    if session.get_bind().dialect.name == "sqlite":
        first_id = _insert_blobs(session, target, {**columns, _GEOMETRY: gpkg.encode(geometries, srs_id=srid)})
        _extend_index(session, target, first_id=first_id, geometries=geometries)
        _extend(session, target, geometries, changed_at=changed_at)
    else:
        ewkb = shapely.to_wkb(shapely.set_srid(geometries, srid), hex=True, include_srid=True)
        _copy(session, target, {**columns, _GEOMETRY: ewkb.tolist()})
        if len(geometries) >= _MANY_COUNT:
            # Within the transaction: who reads the new rows first is planned with what they are.
            session.execute(text(f"ANALYZE {session.connection().dialect.identifier_preparer.quote(target.name)}"))


def note_change(session: Session, name: str, *, changed_at: datetime) -> None:
    """Note in the embedded file when the content of a table or view changed; PostgreSQL keeps no such list."""
    if session.get_bind().dialect.name == "sqlite":
        statement = text("UPDATE gpkg_contents SET last_change = :last_change WHERE table_name = :name")
        session.execute(statement, {"last_change": as_geopackage_text(changed_at), "name": name})


def _insert_blobs(session: Session, target: Table, columns: Mapping[str, Sequence[Any]]) -> int:
    """Insert with the index's trigger switched off, and return the first id.

    Filled in one go the R*Tree takes a third of the time; the transaction makes the two steps one.
    """
    connection = session.connection()
    connection.exec_driver_sql(f'DROP TRIGGER "{gpkg.rtree_name(target.name, _GEOMETRY)}_insert"')
    last_id = session.scalar(text("SELECT max(seq) FROM sqlite_sequence WHERE name = :name"), {"name": target.name})
    first_id: int = (last_id or 0) + 1
    count = len(columns[_GEOMETRY])
    values = [_storable(connection, target, name, cells) for name, cells in columns.items()]
    names = ", ".join(f'"{name}"' for name in ("id", *columns))
    marks = ", ".join("?" * (len(columns) + 1))
    statement = f'INSERT INTO "{target.name}" ({names}) VALUES ({marks})'  # noqa: S608  names of our own tables
    connection.exec_driver_sql(statement, list(zip(range(first_id, first_id + count), *values, strict=True)))
    return first_id


def _storable(connection: Connection, target: Table, name: str, values: Sequence[Any]) -> Sequence[Any]:
    if name == _GEOMETRY:
        return values
    process = target.c[name].type.dialect_impl(connection.dialect).bind_processor(connection.dialect)
    return values if process is None else [process(value) for value in values]


def _extend_index(session: Session, target: Table, *, first_id: int, geometries: gpkg.Geometries) -> None:
    filled = np.flatnonzero(~shapely.is_empty(geometries))
    box = shapely.bounds(geometries[filled])
    rows = list(zip((filled + first_id).tolist(), *(box[:, edge].tolist() for edge in (0, 2, 1, 3)), strict=True))
    connection = session.connection()
    index = gpkg.rtree_name(target.name, _GEOMETRY)
    if rows:
        connection.exec_driver_sql(f'INSERT INTO "{index}" VALUES (?, ?, ?, ?, ?)', rows)  # noqa: S608  as above
    connection.exec_driver_sql(gpkg.rtree_triggers(target.name, _GEOMETRY, "id")[f"{index}_insert"])


def _extend(session: Session, target: Table, geometries: gpkg.Geometries, *, changed_at: datetime) -> None:
    edges = dict(zip(("min_x", "min_y", "max_x", "max_y"), shapely.total_bounds(geometries).tolist(), strict=True))
    moment = as_geopackage_text(changed_at)
    session.execute(_EXTENT_STATEMENT, {**edges, "last_change": moment, "table_name": target.name})


def _copy(session: Session, target: Table, columns: Mapping[str, Sequence[Any]]) -> None:
    connection = session.connection()
    dialect = connection.dialect
    quote = dialect.identifier_preparer.quote
    statement = f"COPY {quote(target.name)} ({', '.join(quote(name) for name in columns)}) FROM STDIN"
    driver: Any = connection.connection.driver_connection
    driver_error = dialect.loaded_dbapi.Error
    try:
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            for row in zip(*columns.values(), strict=True):
                copy.write_row(row)
    except driver_error as error:
        # COPY goes past SQLAlchemy; its errors must look like all others.
        raise exc.DBAPIError.instance(statement, None, error, driver_error, dialect=dialect) from error


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
    *values, geometries = _columns(session, source, names, where=where)
    series = {name: _series(source.c[name], list(cells)) for name, cells in zip(names, values, strict=True)}
    return gpd.GeoDataFrame(series, geometry=geometries, crs=storage_crs(session))


def select_records(
    session: Session, source: Table, names: Sequence[str], *, where: Sequence[ColumnElement[bool]]
) -> list[dict[str, Any]]:
    """Return the same features as plain values, None where missing: for the few that one question is about.

    A frame takes some milliseconds to make, whatever is in it; thousands of questions should not pay that each.
    """
    columns = _columns(session, source, names, where=where)
    return [dict(zip((*names, _GEOMETRY), row, strict=True)) for row in zip(*columns, strict=True)]


def _columns(
    session: Session, source: Table, names: Sequence[str], *, where: Sequence[ColumnElement[bool]]
) -> list[Any]:
    """Return the values of each column, geometries last, in the order in which features were stored."""
    is_embedded = session.get_bind().dialect.name == "sqlite"
    geometry: ColumnElement[Any] = source.c[_GEOMETRY]
    raw = type_coerce(geometry, LargeBinary) if is_embedded else sql.ST_AsBinary(geometry, type_=LargeBinary)
    statement = select(*(source.c[name] for name in names), raw.label(_GEOMETRY))
    rows = session.execute(statement.where(*where).order_by(source.c.id)).all()
    *values, wkb = zip(*rows, strict=True) if rows else [()] * (len(names) + 1)
    return [*values, gpkg.decode(wkb) if is_embedded else shapely.from_wkb(list(wkb))]


def _series(source: ColumnElement[Any], values: list[Any]) -> pd.Series:
    kinds = ((Boolean, "boolean"), (Integer, "Int64"), (Double, "float64"))
    dtype = next((name for kind, name in kinds if isinstance(source.type, kind)), "object")
    return pd.Series(values, dtype=dtype)
