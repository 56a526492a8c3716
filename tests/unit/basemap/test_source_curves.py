"""Arcs: the map holds straight edges, so they are read as chords within a stated distance, and that is said."""

import math
import sqlite3
import struct
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
import shapely

from basemap.intake import Intake, read_layer_file
from basemap.model import LayerName
from basemap.source_curves import curves_told
from basemap.source_model import FileKind, SourceFile
from spatial.crs import HCMC

Save = Callable[..., Path]
EAST, NORTH, RADIUS_M = 603_000.0, 1_191_000.0, 100.0
ARC_OF_RADIUS = 1 - math.cos(math.radians(0.5))
"""Sagitta of a chord of one degree, for a radius of 1."""


def told(intake: Intake) -> list[str]:
    return [issue.code for issue in intake.issues if issue.code == "curves_became_chords"]


def off_the_circle_m(geometry: shapely.Geometry) -> float:
    """Return the farthest that the edges lie from the circle, looked at every centimetre."""
    edge = shapely.segmentize(geometry.boundary if geometry.area else geometry, 0.01)
    away_m = np.hypot(*(shapely.get_coordinates(edge) - (EAST, NORTH)).T)
    return float(np.abs(away_m - RADIUS_M).max())


def entities(*lines: str) -> str:
    return "\n".join(["0", "SECTION", "2", "ENTITIES", *lines, "0", "ENDSEC", "0", "EOF", ""])


CIRCLE = ("0", "CIRCLE", "8", "0", "10", str(EAST), "20", str(NORTH), "30", "0", "40", str(RADIUS_M))
BULGED = (
    *("0", "LWPOLYLINE", "8", "0", "100", "AcDbPolyline", "90", "2", "70", "1"),
    *("10", str(EAST - RADIUS_M), "20", str(NORTH), "42", "1.0"),
    *("10", str(EAST + RADIUS_M), "20", str(NORTH), "42", "1.0"),
)
STRAIGHT = (
    *("0", "LWPOLYLINE", "8", "0", "100", "AcDbPolyline", "90", "3", "70", "1"),
    *("10", str(EAST), "20", str(NORTH), "42", "0.0", "10", str(EAST + 9), "20", str(NORTH)),
    *("10", str(EAST), "20", str(NORTH + 9)),
)


@pytest.mark.parametrize("drawn", [CIRCLE, BULGED], ids=["circle", "bulges"])
def test_arcs_of_a_drawing_become_chords_within_the_stated_distance(tmp_path: Path, drawn: tuple[str, ...]) -> None:
    path = tmp_path / "ve.dxf"
    path.write_text(entities(*drawn), encoding="ascii")
    intake = read_layer_file(path, LayerName.BUILDING, crs=HCMC)
    assert told(intake) == ["curves_became_chords"]
    assert off_the_circle_m(intake.frame.geometry.iloc[0]) <= ARC_OF_RADIUS * RADIUS_M * 1.01


def test_a_drawing_of_straight_lines_says_nothing_of_curves(tmp_path: Path) -> None:
    path = tmp_path / "ve.dxf"
    path.write_text(entities(*STRAIGHT), encoding="ascii")
    assert told(read_layer_file(path, LayerName.BUILDING, crs=HCMC)) == []


@pytest.mark.parametrize(("kind", "order"), [(10, "<"), (1010, "<"), (10, ">")], ids=["plain", "with Z", "big-endian"])
def test_arcs_of_a_geopackage_become_chords_within_the_stated_distance(
    save: Save, plots: gpd.GeoDataFrame, kind: int, order: str
) -> None:
    """ISO 13249-3: CURVEPOLYGON 10 of one CIRCULARSTRING 8, 1000 more with Z; three points an arc."""
    path = save(plots, "thua.gpkg", geometry_type="Unknown", layer="plots")
    turns = [(-1, 0), (0, 1), (1, 0), (0, -1), (-1, 0)]
    z = (0.0,) if kind > 1000 else ()
    points = b"".join(
        struct.pack(f"{order}{2 + len(z)}d", EAST + RADIUS_M * x, NORTH + RADIUS_M * y, *z) for x, y in turns
    )
    first = b"\x01" if order == "<" else b"\x00"
    ring = first + struct.pack(f"{order}II", kind - 2, len(turns)) + points
    blob = b"GP\x00\x01" + struct.pack("<i", 9210) + first + struct.pack(f"{order}II", kind, 1) + ring
    with closing(sqlite3.connect(path)) as connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f'DROP TRIGGER "{name}"')
        connection.execute("UPDATE plots SET geom = ? WHERE fid = 1", (blob,))
        connection.commit()
    intake = read_layer_file(path, LayerName.PARCEL)
    assert told(intake) == ["curves_became_chords"]
    assert off_the_circle_m(shapely.force_2d(intake.frame.geometry.iloc[0])) <= ARC_OF_RADIUS * RADIUS_M * 1.01


def test_a_geopackage_of_straight_edges_says_nothing_of_curves(save: Save, plots: gpd.GeoDataFrame) -> None:
    assert told(read_layer_file(save(plots, "thua.gpkg"), LayerName.PARCEL)) == []


def test_arcs_of_gml_are_told(tmp_path: Path) -> None:
    path = tmp_path / "vung.gml"
    places = " ".join(
        f"{EAST + RADIUS_M * x} {NORTH + RADIUS_M * y}" for x, y in [(-1, 0), (0, 1), (1, 0), (0, -1), (-1, 0)]
    )
    path.write_text(
        '<ogr:FeatureCollection xmlns:ogr="http://ogr.maptools.org/" xmlns:gml="http://www.opengis.net/gml/3.2">'
        '<ogr:featureMember><ogr:v gml:id="a"><ogr:geometryProperty><gml:Polygon gml:id="b"><gml:exterior><gml:Ring>'
        f'<gml:curveMember><gml:Curve gml:id="c"><gml:segments><gml:ArcString><gml:posList>{places}</gml:posList>'
        "</gml:ArcString></gml:segments></gml:Curve></gml:curveMember></gml:Ring></gml:exterior></gml:Polygon>"
        "</ogr:geometryProperty><ogr:zone_code>A</ogr:zone_code></ogr:v></ogr:featureMember></ogr:FeatureCollection>",
        encoding="utf-8",
    )
    intake = read_layer_file(path, LayerName.BUILDING, crs=HCMC)
    assert told(intake) == ["curves_became_chords"]
    assert off_the_circle_m(intake.frame.geometry.iloc[0]) <= ARC_OF_RADIUS * RADIUS_M * 1.01


def test_an_arc_among_the_elements_of_a_dgn_is_seen(save: Save, plots: gpd.GeoDataFrame) -> None:
    """DGN V7: level, kind (16: arc) and the count of the words that follow; FF FF ends the file."""
    path = save(plots[["geometry"]], "ve.dgn", driver="DGN")
    straight = SourceFile(kind=FileKind.DGN, name="ve.dgn", address=str(path), sha256="")
    assert curves_told(straight, "elements") == []
    whole = path.read_bytes()
    end = whole.rindex(b"\xff\xff")
    path.write_bytes(whole[:end] + b"\x01\x10" + struct.pack("<H", 34) + bytes(68) + whole[end:])
    assert [issue.code for issue in curves_told(straight, "elements")] == ["curves_became_chords"]


def vax(value: float) -> bytes:
    """A number as a VAX holds it (D floating), as DGN V7 does: hidden bit, excess 128, words in reverse."""
    mantissa, exponent = math.frexp(abs(value))
    bits = (value < 0) << 63 | (exponent + 128) << 55 | (round(mantissa * 2**56) - 2**55)
    return b"".join(struct.pack("<H", bits >> shift & 0xFFFF) for shift in (48, 32, 16, 0))


def test_a_circle_of_a_dgn_becomes_chords_within_the_stated_distance(tmp_path: Path) -> None:
    """An element of kind 15 put where a line stood: radii, turn, centre, in hundredths of a metre from -2^31."""
    path = tmp_path / "ve.dgn"
    line = shapely.LineString([(EAST - RADIUS_M, NORTH - RADIUS_M), (EAST + RADIUS_M, NORTH + RADIUS_M)])
    pyogrio.write_dataframe(gpd.GeoDataFrame(geometry=[line], crs=HCMC), path, driver="DGN")
    written = path.read_bytes()
    last = written.rindex(b"\x00\x04\x21\x00")
    radii = vax(100 * RADIUS_M) * 2
    centre = vax(100 * EAST - 2**31 + 48) + vax(100 * NORTH - 2**31 + 48)
    circle = b"\x00\x0f" + struct.pack("<H", 34) + written[last + 4 : last + 36] + radii + bytes(4) + centre
    path.write_bytes(written[:last] + circle + b"\xff\xff")
    intake = read_layer_file(path, LayerName.BUILDING, crs=HCMC)
    assert told(intake) == ["curves_became_chords"]
    assert off_the_circle_m(intake.frame.geometry.iloc[0]) <= 0.001 * RADIUS_M
