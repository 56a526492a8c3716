"""The GeoPackage encoding, against the text of the standard and against what GDAL writes."""

import re
import sqlite3
import struct
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyogrio
import pyproj
import pytest
import shapely

from spatial import gpkg


def array_of(*geometries: shapely.Geometry | None) -> np.ndarray:
    holder = np.empty(len(geometries), dtype=object)
    holder[:] = geometries
    return holder


@pytest.fixture
def written_by_gdal(tmp_path: Path) -> Path:
    """A file with one layer, as GDAL writes it."""
    path = tmp_path / "gdal.gpkg"
    shapes = [shapely.MultiPolygon([shapely.box(600000, 1190000, 600020.25, 1190020.5)])]
    frame = gpd.GeoDataFrame({"name": ["Tân Quý"]}, geometry=shapes, crs="EPSG:9210")
    pyogrio.write_dataframe(frame, path, layer="parcel", geometry_name="geometry", fid="id", VERSION="1.4")
    return path


def statements(path: Path, condition: str) -> dict[str, str]:
    with sqlite3.connect(path) as connection:
        rows = connection.execute(f"SELECT name, sql FROM sqlite_master WHERE {condition}").fetchall()  # noqa: S608  constant
    connection.close()
    return {name: sql for name, sql in rows if sql}


def plain(sql: str) -> str:
    """The statement without layout, quotes and case."""
    return re.sub(r'[\s;"]', "", sql).lower()


def test_a_blob_is_laid_out_as_clause_2_1_3_says() -> None:
    point = shapely.Point(1.5, -2.5)
    header = b"GP" + bytes([0, 0b0000_0011]) + struct.pack("<i4d", 9210, 1.5, 1.5, -2.5, -2.5)
    body = struct.pack("<BIdd", 1, 1, 1.5, -2.5)
    assert gpkg.encode_one(point, srs_id=9210) == header + body


def test_the_envelope_in_a_header_is_min_x_max_x_min_y_max_y() -> None:
    blob = gpkg.encode_one(shapely.box(1, 2, 30, 40), srs_id=9210)
    assert struct.unpack_from("<4d", blob, 8) == (1, 30, 2, 40)
    assert gpkg.envelope(blob) == (1, 30, 2, 40)


def test_an_empty_geometry_carries_the_empty_flag_and_no_envelope() -> None:
    blob = gpkg.encode_one(shapely.MultiPolygon(), srs_id=9210)
    assert blob[3] == 0b0001_0001
    assert gpkg.is_empty(blob)
    assert gpkg.decode_one(blob).is_empty


def test_missing_geometries_stay_missing_and_others_come_back_exactly() -> None:
    shapes = array_of(shapely.Point(600000.123456789, 1190000.987654321), None, shapely.LineString([(0, 0), (1, 2)]))
    back = gpkg.decode(gpkg.encode(shapes, srs_id=9210))
    assert back[1] is None
    assert shapely.equals_exact(back[[0, 2]], shapes[[0, 2]], tolerance=0).all()


def test_a_blob_names_its_coordinate_system() -> None:
    assert gpkg.srs_id_of(gpkg.encode_one(shapely.Point(0, 0), srs_id=5899)) == 5899


def test_big_endian_headers_of_other_programs_are_read() -> None:
    point = shapely.Point(7, 8)
    blob = b"GP" + bytes([0, 0b0000_0010]) + struct.pack(">i4d", 9210, 7, 7, 8, 8) + shapely.to_wkb(point, byte_order=0)
    assert gpkg.decode_one(blob) == point
    assert gpkg.srs_id_of(blob) == 9210
    assert gpkg.envelope(blob) == (7, 7, 8, 8)


@pytest.mark.parametrize("kind", [0, 1, 2, 3, 4])
def test_every_kind_of_envelope_is_skipped(kind: int) -> None:
    point = shapely.Point(7, 8)
    doubles = (0, 4, 6, 6, 8)[kind]
    numbers = (7, 7, 8, 8, 0, 0, 0, 0)[:doubles]
    blob = b"GP" + bytes([0, kind << 1 | 1]) + struct.pack(f"<i{doubles}d", 9210, *numbers) + shapely.to_wkb(point)
    assert gpkg.decode_one(blob) == point
    assert gpkg.envelope(blob) == (7, 7, 8, 8)


@pytest.mark.parametrize("blob", [b"", b"GP", b"XX" + bytes(60), b"GP" + bytes([0, 0b0000_1011]) + bytes(60)])
def test_bytes_that_are_no_geopackage_geometry_are_refused(blob: bytes) -> None:
    with pytest.raises(gpkg.NotAGeoPackageBlobError):
        gpkg.decode([blob])


@pytest.mark.parametrize(
    "shape",
    [shapely.Point(1, 2), shapely.MultiLineString([[(0, 0), (1, 2)]]), shapely.box(0, 0, 1, 1), shapely.Point()],
)
def test_blobs_that_gdal_wrote_are_read(tmp_path: Path, shape: shapely.Geometry) -> None:
    path = tmp_path / "one.gpkg"
    pyogrio.write_dataframe(gpd.GeoDataFrame(geometry=[shape], crs="EPSG:9210"), path, layer="one")
    with sqlite3.connect(path) as connection:
        blob = connection.execute("SELECT geom FROM one").fetchone()[0]
    connection.close()
    assert gpkg.decode_one(blob).equals_exact(shape, tolerance=0)
    assert gpkg.is_empty(blob) == shape.is_empty


def test_the_index_triggers_are_those_that_gdal_makes(written_by_gdal: Path) -> None:
    made = statements(written_by_gdal, "type = 'trigger' AND name LIKE 'rtree_parcel%'")
    ours = gpkg.rtree_triggers("parcel", "geometry", "id")
    assert {name: plain(sql) for name, sql in ours.items()} == {name: plain(sql) for name, sql in made.items()}


def test_the_metadata_tables_have_the_columns_that_gdal_gives_them(written_by_gdal: Path, tmp_path: Path) -> None:
    path = tmp_path / "ours.gpkg"
    with sqlite3.connect(path) as ours, sqlite3.connect(written_by_gdal) as theirs:
        for statement in gpkg.METADATA_STATEMENTS:
            ours.execute(statement)
        for table in ("gpkg_spatial_ref_sys", "gpkg_contents", "gpkg_geometry_columns", "gpkg_extensions"):
            wanted = theirs.execute(f"PRAGMA table_info({table})").fetchall()
            assert ours.execute(f"PRAGMA table_info({table})").fetchall() == wanted
        assert ours.execute("PRAGMA application_id").fetchone() == theirs.execute("PRAGMA application_id").fetchone()
    ours.close()
    theirs.close()


def test_the_mandatory_coordinate_systems_are_listed_with_the_storage_one() -> None:
    rows = {row["srs_id"]: row for row in gpkg.spatial_ref_sys_rows("EPSG:9210")}
    assert sorted(rows) == [-1, 0, 4326, 9210]
    assert pyproj.CRS.from_wkt(str(rows[9210]["definition"])).to_epsg() == 9210
    assert rows[9210]["organization"] == "EPSG"
    assert rows[9210]["organization_coordsys_id"] == 9210
