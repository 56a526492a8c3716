"""The SQL functions that GeoAlchemy2 calls on SQLite, answered by shapely on GeoPackage blobs.

SpatiaLite's own names and return values are kept, so that one set of mapped classes serves both stores.
"""

import sqlite3
from collections.abc import Callable
from typing import Any

import shapely

from spatial import gpkg
from spatial.text import in_small_letters, without_marks

_GEOMETRY_COLUMNS_AS_SPATIALITE = """CREATE TEMP VIEW IF NOT EXISTS geometry_columns AS
    SELECT g.table_name AS f_table_name, g.column_name AS f_geometry_column,
           g.geometry_type_name AS geometry_type, 'XY' AS coord_dimension, g.srs_id AS srid,
           EXISTS (SELECT 1 FROM main.gpkg_extensions e WHERE e.table_name = g.table_name
                   AND e.column_name = g.column_name
                   AND e.extension_name = 'gpkg_rtree_index') AS spatial_index_enabled
    FROM main.gpkg_geometry_columns g"""
"""GeoAlchemy2 reflects from SpatiaLite's table; a temporary view shows it ours and leaves no trace in the file."""


def register(connection: sqlite3.Connection) -> None:
    """Teach one connection the functions that indexes, queries and migrations call."""
    for name, argument_count, function in _PURE_FUNCTIONS:
        connection.create_function(name, argument_count, _null_for_null(function), deterministic=True)
    connection.create_function("RecoverGeometryColumn", 5, lambda *call: _recover_column(connection, *call))
    connection.create_function("CreateSpatialIndex", 2, lambda *call: _create_index(connection, *call))
    connection.create_function("CheckSpatialIndex", 2, lambda *call: _check_index(connection, *call))
    connection.create_function("DisableSpatialIndex", 2, lambda *call: _disable_index(connection, *call))
    connection.create_function("DiscardGeometryColumn", 2, lambda *call: _discard_column(connection, *call))
    connection.execute(_GEOMETRY_COLUMNS_AS_SPATIALITE)


def _null_for_null(function: Callable[..., Any]) -> Callable[..., Any]:
    def answer(*arguments: Any) -> Any:  # noqa: ANN401  SQLite passes any of its types
        return None if arguments[0] is None else function(*arguments)

    return answer


def _from_ewkt(text: str) -> bytes:
    prefix, _, wkt = text.rpartition(";")
    srs_id = int(prefix.upper().removeprefix("SRID=")) if prefix else 0
    return gpkg.encode_one(shapely.from_wkt(wkt), srs_id=srs_id)


def _from_wkt(wkt: str, srs_id: int = 0) -> bytes:
    return gpkg.encode_one(shapely.from_wkt(wkt), srs_id=srs_id)


def _from_wkb(wkb: bytes | str, srs_id: int | None = None) -> bytes:
    geometry = shapely.from_wkb(wkb)
    return gpkg.encode_one(geometry, srs_id=shapely.get_srid(geometry) if srs_id is None else srs_id)


def _as_ewkb(blob: bytes) -> bytes:
    geometry = shapely.set_srid(gpkg.decode_one(blob), gpkg.srs_id_of(blob))
    wkb: bytes = shapely.to_wkb(geometry, include_srid=True)
    return wkb


def _as_binary(blob: bytes) -> bytes:
    wkb: bytes = shapely.to_wkb(gpkg.decode_one(blob))
    return wkb


def _relation(name: str) -> Callable[[bytes, bytes | None], bool | None]:
    predicate = getattr(shapely, name)

    def answer(one: bytes, other: bytes | None) -> bool | None:
        return None if other is None else bool(predicate(gpkg.decode_one(one), gpkg.decode_one(other)))

    return answer


_PURE_FUNCTIONS: tuple[tuple[str, int, Callable[..., Any]], ...] = (
    ("GeomFromEWKT", 1, _from_ewkt),
    ("ST_GeomFromText", 1, _from_wkt),
    ("ST_GeomFromText", 2, _from_wkt),
    ("GeomFromWKB", 1, _from_wkb),
    ("GeomFromWKB", 2, _from_wkb),
    ("GeomFromEWKB", 1, _from_wkb),
    ("AsEWKB", 1, _as_ewkb),
    ("AsBinary", 1, _as_binary),
    ("ST_AsText", 1, lambda blob: gpkg.decode_one(blob).wkt),
    ("ST_SRID", 1, gpkg.srs_id_of),
    ("ST_X", 1, lambda blob: gpkg.decode_one(blob).x),
    ("ST_Y", 1, lambda blob: gpkg.decode_one(blob).y),
    ("ST_IsEmpty", 1, gpkg.is_empty),
    ("ST_MinX", 1, lambda blob: gpkg.envelope(blob)[0]),
    ("ST_MaxX", 1, lambda blob: gpkg.envelope(blob)[1]),
    ("ST_MinY", 1, lambda blob: gpkg.envelope(blob)[2]),
    ("ST_MaxY", 1, lambda blob: gpkg.envelope(blob)[3]),
    ("ST_Area", 1, lambda blob: gpkg.decode_one(blob).area),
    ("ST_Length", 1, lambda blob: gpkg.decode_one(blob).length),
    ("ST_Intersects", 2, _relation("intersects")),
    ("ST_Contains", 2, _relation("contains")),
    ("ST_Within", 2, _relation("within")),
    ("ST_Crosses", 2, _relation("crosses")),
    ("ST_Equals", 2, _relation("equals")),
    ("ST_Overlaps", 2, _relation("overlaps")),
    ("ST_Touches", 2, _relation("touches")),
    ("diaban_casei", 1, in_small_letters),
    ("diaban_accenti", 1, without_marks),
)


def _recover_column(connection: sqlite3.Connection, *call: Any) -> int:  # noqa: ANN401  arguments as SQLite gives them
    table, column, srs_id, geometry_type, dimension = call
    connection.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, srs_id) VALUES (?, 'features', ?, ?)",
        (table, table, srs_id),
    )
    connection.execute(
        "INSERT INTO gpkg_geometry_columns VALUES (?, ?, ?, ?, ?, ?)",
        (table, column, geometry_type, srs_id, int("Z" in dimension), int("M" in dimension)),
    )
    return 1


def _create_index(connection: sqlite3.Connection, table: str, column: str) -> int:
    primary_key = next(row[1] for row in connection.execute(f'PRAGMA table_info("{table}")') if row[5])
    for statement in gpkg.rtree_statements(table, column, primary_key):
        connection.execute(statement)
    return 1


def _check_index(connection: sqlite3.Connection, table: str, column: str) -> int | None:
    query = "SELECT 1 FROM gpkg_extensions WHERE table_name = ? AND column_name = ?"
    return 1 if connection.execute(query, (table, column)).fetchone() else None


def _disable_index(connection: sqlite3.Connection, table: str, column: str) -> int:
    for trigger in gpkg.rtree_triggers(table, column, "id"):
        connection.execute(f'DROP TRIGGER IF EXISTS "{trigger}"')
    connection.execute(f'DROP TABLE IF EXISTS "{gpkg.rtree_name(table, column)}"')
    connection.execute("DELETE FROM gpkg_extensions WHERE table_name = ? AND column_name = ?", (table, column))
    return 1


def _discard_column(connection: sqlite3.Connection, table: str, column: str) -> int:
    connection.execute("DELETE FROM gpkg_geometry_columns WHERE table_name = ? AND column_name = ?", (table, column))
    connection.execute("DELETE FROM gpkg_contents WHERE table_name = ?", (table,))
    return 1
