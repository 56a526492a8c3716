"""Files that were made to do harm: each ends in a refusal with its code, within bounds, and no other host hears of it.

The reading happens where the command lets it happen: in a process of its own.
"""

import os
import socket
import sqlite3
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import pytest
import shapely

from basemap.confined_intake import read_confined
from basemap.intake import Intake
from basemap.model import LayerName
from basemap.validate import Validation
from spatial.confined import Bounds
from spatial.crs import HCMC
from spatial.errors import InputError

EAST, NORTH = 603_701.0, 1_191_178.0
BOUNDS = Bounds(memory_bytes=500_000_000, time_s=60.0)


def plots(*geometries: shapely.Geometry) -> gpd.GeoDataFrame:
    numbers = [str(number) for number in range(1, len(geometries) + 1)]
    columns = {"ward_code": ["26743"] * len(numbers), "map_sheet": ["10"] * len(numbers), "parcel_no": numbers}
    return gpd.GeoDataFrame(columns, geometry=list(geometries), crs=HCMC)


def square(column: int = 0) -> shapely.Polygon:
    return shapely.box(EAST + 20 * column, NORTH, EAST + 20 * column + 10, NORTH + 10)


def read(path: Path, *, bounds: Bounds = BOUNDS, **options: object) -> tuple[Intake, Validation]:
    return read_confined(path, LayerName.PARCEL, bounds, **options)  # type: ignore[arg-type]  # options vary


def refused(path: Path, **options: object) -> str:
    with pytest.raises(InputError) as caught:
        read(path, **options)
    for language in ("vi", "en"):
        assert "\n" not in caught.value.sentence(language)
    assert caught.value.hint is not None
    return caught.value.code


@pytest.fixture
def canary() -> Iterator[tuple[str, list[bytes]]]:
    """Listen on a port of this computer, and note who calls."""
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def listen() -> None:
            while True:
                try:
                    caller, _ = server.accept()
                except OSError:
                    return
                heard.append(caller.recv(100))
                caller.close()

        listener = threading.Thread(target=listen, daemon=True)
        listener.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}", heard
        server.shutdown(socket.SHUT_RDWR)
    listener.join()


VIRTUAL = (
    "<OGRVRTDataSource><OGRVRTLayer name='a'><SrcDataSource>/vsicurl/{}/a.geojson</SrcDataSource></OGRVRTLayer>"
    "</OGRVRTDataSource>"
)
OPENINGS = {
    ".dxf": (b"999\n", b"\n0\nSECTION\n2\nENTITIES\n0\nENDSEC\n0\nEOF\n"),
    ".dgn": (b"\x08\x05", b""),
    ".fgb": (b"fgb\x03fgb\x00", b""),
    ".pbf": (b"aaaa\x0a\x09OSMHeader", b""),
    ".gml": (b"<a xmlns='http://www.opengis.net/gml'>", b"</a>"),
    ".geojson": (b'{"type":"FeatureCollection","features":[],"x":"', b'"}'),
}


@pytest.mark.parametrize("suffix", OPENINGS)
def test_a_virtual_layer_behind_the_true_first_bytes_makes_nobody_call(
    tmp_path: Path, canary: tuple[str, list[bytes]], suffix: str
) -> None:
    """The trap is real: left alone, GDAL opens this drawing as a virtual layer, which fetches from the port."""
    url, heard = canary
    before, after = OPENINGS[suffix]
    path = tmp_path / f"a{suffix}"
    path.write_bytes(before + VIRTUAL.format(url).encode() + after)
    assert refused(path, crs=HCMC) in {"file_reaches_out", "no_feature"}
    assert heard == []
    if suffix == ".dxf":
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            pyogrio.list_layers(path)
        assert heard


@pytest.mark.parametrize("name", ["/vsicurl/{}/a.gpkg", "OAPIF:{}", "WFS:{}", "/vsizip//vsicurl/{}/a.zip"])
def test_a_name_that_means_a_host_to_gdal_is_no_file(canary: tuple[str, list[bytes]], name: str) -> None:
    url, heard = canary
    assert refused(Path(name.format(url))) == "file_missing"
    assert heard == []


def with_view(path: Path, query: str) -> Path:
    """Write plots with a view beside them that the catalogue calls a layer."""
    pyogrio.write_dataframe(plots(square()), path, layer="plots")
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(
            f"CREATE VIEW v AS {query};"  # noqa: S608 - a file that does harm is the point
            "INSERT INTO gpkg_contents (table_name, data_type, identifier, srs_id)"
            " SELECT 'v', 'features', 'v', srs_id FROM gpkg_contents WHERE table_name = 'plots';"
            "INSERT INTO gpkg_geometry_columns SELECT 'v', column_name, geometry_type_name, srs_id, z, m"
            " FROM gpkg_geometry_columns WHERE table_name = 'plots';"
        )
    return path


def test_a_view_that_makes_rows_without_end_is_refused_and_its_neighbour_is_read(tmp_path: Path) -> None:
    query = (
        "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) "
        "SELECT x AS fid, geom, ward_code, map_sheet, x || '' AS parcel_no FROM plots, c"
    )
    path = with_view(tmp_path / "a.gpkg", query)
    assert refused(path, layer_in_file="v") == "geopackage_view"
    intake, _ = read(path, layer_in_file="plots")
    assert len(intake.frame) == 1


def test_triggers_in_a_geopackage_never_run(tmp_path: Path) -> None:
    """They fire on writing alone, and only the copy is ever opened."""
    path = tmp_path / "a.gpkg"
    pyogrio.write_dataframe(plots(square()), path, layer="plots")
    with closing(sqlite3.connect(path)) as connection:
        for when in ("INSERT", "UPDATE", "DELETE"):
            trigger = f"CREATE TRIGGER t{when} AFTER {when} ON plots BEGIN DELETE FROM plots; END"  # noqa: S608 - harm
            connection.execute(trigger)
        connection.commit()
    before = path.read_bytes()
    intake, _ = read(path)
    assert len(intake.frame) == 1
    assert path.read_bytes() == before


def block(name: str, *lines: str) -> list[str]:
    return ["0", "BLOCK", "8", "0", "2", name, "70", "0", "10", "0", "20", "0", *lines, "0", "ENDBLK", "8", "0"]


def insert(name: str) -> list[str]:
    return ["0", "INSERT", "8", "0", "2", name, "10", "0", "20", "0"]


def drawing(path: Path, *, depth: int) -> Path:
    """Write a drawing whose blocks insert ten of the next, ``depth`` deep."""
    pyogrio.write_dataframe(gpd.GeoDataFrame({"Layer": ["0"]}, geometry=[square().boundary], crs=HCMC), path)
    line = ["0", "LINE", "8", "0", "10", f"{EAST}", "20", f"{NORTH}", "11", f"{EAST + 9}", "21", f"{NORTH + 9}"]
    blocks = block("B0", *line)
    for level in range(1, depth):
        blocks += block(f"B{level}", *insert(f"B{level - 1}") * 10)
    text = path.read_text(encoding="utf-8")
    text = text.replace("BLOCKS\n", "BLOCKS\n" + "\n".join(blocks) + "\n", 1)
    text = text.replace("ENTITIES\n", "ENTITIES\n" + "\n".join(insert(f"B{depth - 1}")) + "\n", 1)
    path.write_text(text, encoding="utf-8")
    return path


def test_a_drawing_whose_blocks_multiply_is_stopped_when_its_time_is_up(tmp_path: Path) -> None:
    """A hundred million lines out of three kilobytes."""
    path = drawing(tmp_path / "a.dxf", depth=9)
    assert path.stat().st_size < 50_000
    begin_s = time.monotonic()
    code = refused(path, crs=HCMC, bounds=Bounds(memory_bytes=600_000_000, time_s=6.0))
    assert code in {"file_takes_time", "file_takes_memory", "file_breaks_reader"}
    assert time.monotonic() - begin_s < 20.0


def test_a_table_that_unpacks_to_gigabytes_is_stopped_at_its_memory(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    plots(square()).to_parquet(path)
    schema = pq.read_schema(path).field("geometry")
    metadata = pq.read_schema(path).metadata
    wkb, count = shapely.to_wkb(square()), 100_000
    table = pa.table(
        {"geometry": pa.array([wkb] * count, schema.type), "ward_code": pa.array(["x" * 1000] * count)}
    ).replace_schema_metadata(metadata)
    with pq.ParquetWriter(path, table.schema, compression="zstd") as writer:
        for _ in range(20):
            writer.write_table(table)
    assert path.stat().st_size < 10_000_000
    assert refused(path) in {"file_takes_memory", "file_bursts"}


def test_a_table_of_one_endless_line_is_stopped_at_its_memory(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    with path.open("wb") as stream:
        stream.write(b"lon,lat,parcel_no\n")
        for _ in range(150):
            stream.write(b"x" * 1_000_000)
    assert refused(path) == "file_takes_memory"


def test_five_gigabytes_are_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "a.gpkg"
    path.write_bytes(b"SQLite format 3\x00")
    os.truncate(path, 5_000_000_000)
    begin_s = time.monotonic()
    assert refused(path) == "file_too_large"
    assert time.monotonic() - begin_s < 20.0


def test_two_million_corners_stand_aside_and_the_neighbour_goes_on(tmp_path: Path) -> None:
    turn = np.linspace(0, 2 * np.pi, 2_000_000, endpoint=False)
    round_ = shapely.Polygon(np.stack([EAST + 500 * np.cos(turn), NORTH + 500 * np.sin(turn)], axis=1))
    path = tmp_path / "a.gpkg"
    pyogrio.write_dataframe(plots(round_, square()), path)
    _, validation = read(path, bounds=Bounds(memory_bytes=1_000_000_000, time_s=60.0))
    assert [issue.code for issue in validation.issues] == ["geometry_too_large"]
    assert len(validation.accepted) == 1


def test_a_polygon_whose_sides_all_cross_is_not_repaired_for_hours(tmp_path: Path) -> None:
    """Repairing 500 such sides took 12 s, 2,000 did not end within a minute; here are 5,000."""
    turn = 2.4 * np.arange(5_000)
    star = shapely.Polygon(np.stack([EAST + 500 * np.cos(turn), NORTH + 500 * np.sin(turn)], axis=1))
    path = tmp_path / "a.gpkg"
    pyogrio.write_dataframe(plots(star, square()), path)
    begin_s = time.monotonic()
    _, validation = read(path)
    assert [issue.code for issue in validation.issues] == ["geometry_invalid"]
    assert time.monotonic() - begin_s < 30.0


Damage = Callable[[bytearray], bytearray]


def forged_count(content: bytearray) -> bytearray:
    """Say a billion features where there are three."""
    where = content.index((3).to_bytes(8, "little"))
    content[where : where + 8] = (10**12).to_bytes(8, "little")
    return content


def forged_length(content: bytearray) -> bytearray:
    """Say that the header has two gigabytes."""
    content[8:12] = b"\xff\xff\xff\x7f"
    return content


@pytest.mark.parametrize("damage", [forged_count, forged_length])
def test_a_flatgeobuf_that_lies_about_itself_is_refused(tmp_path: Path, damage: Damage) -> None:
    path = tmp_path / "a.fgb"
    pyogrio.write_dataframe(plots(square(0), square(1), square(2)), path, driver="FlatGeobuf")
    path.write_bytes(damage(bytearray(path.read_bytes())))
    assert refused(path) in {"no_map_layer", "layer_in_file", "file_unreadable", "file_damaged", "file_takes_memory"}


def test_a_geometry_that_claims_two_billion_corners_stands_aside(tmp_path: Path) -> None:
    path = tmp_path / "a.gpkg"
    pyogrio.write_dataframe(plots(square(0), square(1)), path, layer="plots")
    with closing(sqlite3.connect(path)) as connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f'DROP TRIGGER "{name}"')
        (blob,) = connection.execute("SELECT geom FROM plots WHERE fid = 1").fetchone()
        where = blob.index(b"\x01\x06\x00\x00\x00") if b"\x01\x06\x00\x00\x00" in blob else blob.index(b"\x01\x03\x00")
        forged = blob[: where + 5] + (2_000_000_000).to_bytes(4, "little") + blob[where + 9 :]
        connection.execute("UPDATE plots SET geom = ? WHERE fid = 1", (forged,))
        connection.commit()
    _, validation = read(path)
    assert [issue.code for issue in validation.issues if issue.row == 2] == ["geometry_missing"]
    assert len(validation.accepted) == 1
