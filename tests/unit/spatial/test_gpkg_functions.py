"""The SQL functions that GeoAlchemy2 and the index triggers call, on a bare SQLite connection."""

import sqlite3
import struct
from collections.abc import Iterator

import pytest
import shapely

from spatial import gpkg, gpkg_functions

SQUARE = "POLYGON ((0 0, 0 10, 10 10, 10 0, 0 0))"


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    opened = sqlite3.connect(":memory:", isolation_level=None)
    for statement in gpkg.METADATA_STATEMENTS:
        opened.execute(statement)
    for row in gpkg.spatial_ref_sys_rows("EPSG:9210"):
        opened.execute("INSERT INTO gpkg_spatial_ref_sys VALUES (?, ?, ?, ?, ?, ?)", _in_order(row))
    gpkg_functions.register(opened)
    yield opened
    opened.close()


def _in_order(row: dict[str, object]) -> tuple[object, ...]:
    names = ("srs_name", "srs_id", "organization", "organization_coordsys_id", "definition", "description")
    return tuple(row[name] for name in names)


def one(connection: sqlite3.Connection, expression: str, *values: object) -> object:
    return connection.execute(f"SELECT {expression}", values).fetchone()[0]


def test_text_goes_in_and_comes_out_with_its_coordinate_system(connection: sqlite3.Connection) -> None:
    assert one(connection, "ST_AsText(GeomFromEWKT('SRID=9210;POINT(1 2)'))") == "POINT (1 2)"
    assert one(connection, "ST_SRID(GeomFromEWKT('SRID=9210;POINT(1 2)'))") == 9210
    assert one(connection, "ST_SRID(ST_GeomFromText('POINT(1 2)', 5899))") == 5899
    assert one(connection, "ST_SRID(GeomFromEWKT('POINT(1 2)'))") == 0


def test_binary_goes_in_and_comes_out(connection: sqlite3.Connection) -> None:
    wkb = struct.pack("<BIdd", 1, 1, 1.5, 2.5)
    ewkb = struct.pack("<BIIdd", 1, 0x20000001, 9210, 1.5, 2.5)
    assert one(connection, "AsBinary(GeomFromWKB(?, 9210))", wkb) == wkb
    assert one(connection, "AsEWKB(GeomFromWKB(?, 9210))", wkb) == ewkb
    assert one(connection, "AsEWKB(GeomFromEWKB(?))", ewkb) == ewkb


def test_coordinates_edges_and_measures(connection: sqlite3.Connection) -> None:
    assert one(connection, "ST_X(ST_GeomFromText('POINT(3 4)'))") == 3
    assert one(connection, "ST_Y(ST_GeomFromText('POINT(3 4)'))") == 4
    edges = [one(connection, f"ST_{edge}(ST_GeomFromText(?))", SQUARE) for edge in ("MinX", "MaxX", "MinY", "MaxY")]
    assert edges == [0, 10, 0, 10]
    assert one(connection, "ST_Area(ST_GeomFromText(?))", SQUARE) == 100
    assert one(connection, "ST_Length(ST_GeomFromText('LINESTRING(0 0, 3 4)'))") == 5


def test_edges_of_a_blob_without_envelope_come_from_its_body(connection: sqlite3.Connection) -> None:
    blob = b"GP\x00\x01" + struct.pack("<i", 9210) + shapely.to_wkb(shapely.Point(3, 4))
    assert one(connection, "ST_MinX(?)", blob) == 3
    assert one(connection, "ST_MaxY(?)", blob) == 4


def test_relations(connection: sqlite3.Connection) -> None:
    inside, outside = "ST_GeomFromText('POINT(5 5)')", "ST_GeomFromText('POINT(50 5)')"
    square = "ST_GeomFromText(?)"
    assert one(connection, f"ST_Intersects({square}, {inside})", SQUARE) == 1
    assert one(connection, f"ST_Intersects({square}, {outside})", SQUARE) == 0
    assert one(connection, f"ST_Contains({square}, {inside})", SQUARE) == 1
    assert one(connection, f"ST_Within({inside}, {square})", SQUARE) == 1


@pytest.mark.parametrize("name", ["ST_AsText", "AsEWKB", "ST_MinX", "ST_IsEmpty", "GeomFromEWKT", "ST_SRID"])
def test_null_gives_null(connection: sqlite3.Connection, name: str) -> None:
    assert one(connection, f"{name}(NULL)") is None


def test_emptiness_is_seen(connection: sqlite3.Connection) -> None:
    assert one(connection, "ST_IsEmpty(ST_GeomFromText('POLYGON EMPTY'))") == 1
    assert one(connection, "ST_IsEmpty(ST_GeomFromText(?))", SQUARE) == 0


def test_a_geometry_column_is_entered_and_struck_off(connection: sqlite3.Connection) -> None:
    connection.execute("CREATE TABLE pond (id INTEGER PRIMARY KEY, geometry GEOMETRY)")
    one(connection, "RecoverGeometryColumn('pond', 'geometry', 9210, 'POLYGON', 'XY')")
    entered = connection.execute("SELECT * FROM gpkg_geometry_columns").fetchall()
    assert entered == [("pond", "geometry", "POLYGON", 9210, 0, 0)]
    assert connection.execute("SELECT table_name, data_type, srs_id FROM gpkg_contents").fetchall() == [
        ("pond", "features", 9210)
    ]
    one(connection, "DiscardGeometryColumn('pond', 'geometry')")
    assert connection.execute("SELECT count(*) FROM gpkg_contents").fetchone() == (0,)


def test_an_index_made_late_holds_what_was_there_before(connection: sqlite3.Connection) -> None:
    connection.execute("CREATE TABLE pond (id INTEGER PRIMARY KEY, geometry GEOMETRY)")
    connection.execute("INSERT INTO pond VALUES (7, ST_GeomFromText(?)), (8, NULL)", (SQUARE,))
    one(connection, "RecoverGeometryColumn('pond', 'geometry', 9210, 'POLYGON', 'XY')")
    assert one(connection, "CheckSpatialIndex('pond', 'geometry')") is None
    one(connection, "CreateSpatialIndex('pond', 'geometry')")
    assert one(connection, "CheckSpatialIndex('pond', 'geometry')") == 1
    assert connection.execute("SELECT * FROM rtree_pond_geometry").fetchall() == [(7, 0, 10, 0, 10)]
    one(connection, "DisableSpatialIndex('pond', 'geometry')")
    assert connection.execute("SELECT count(*) FROM sqlite_master WHERE name LIKE 'rtree%'").fetchone() == (0,)
    assert one(connection, "CheckSpatialIndex('pond', 'geometry')") is None
