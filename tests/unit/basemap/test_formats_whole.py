"""Every format brings Vietnamese text to the letter (NFC) and places to the millimetre."""

import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
import shapely
from legacy_words import WORDS
from osm_extracts import osm_pbf

from basemap.intake import read_layer_file
from basemap.model import LayerName
from basemap.validate import validate_layer
from spatial.crs import HCMC, WGS84
from spatial.geometry import reproject_frame

NAMES = (
    "Nguyễn Thị Định",
    "Đường số 3",
    "Lê Đại Hành – hẻm 7",
    "Ưu Đàm, ấp Mỹ Khánh",
    unicodedata.normalize("NFD", "Hoàng Diệu"),
    "Bà Rịa; “Vũng Tàu” & <Côn Đảo>",
)


def lines(count: int = len(NAMES)) -> list[shapely.LineString]:
    rng = np.random.default_rng(9)
    starts = rng.uniform((600_000, 1_185_000), (606_000, 1_195_000), (count, 2))
    return [shapely.LineString(start + rng.uniform(-80, 80, (4, 2))) for start in starts]


def streets() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"name": list(NAMES)}, geometry=lines(), crs=HCMC)


class Format(NamedTuple):
    """How a format is written by GDAL or GeoPandas."""

    name: str
    write: Callable[[gpd.GeoDataFrame, Path], object]


def with_driver(driver: str, **given: Any) -> Callable[[gpd.GeoDataFrame, Path], object]:  # noqa: ANN401  GDAL's own
    return lambda frame, path: pyogrio.write_dataframe(frame, path, driver=driver, **given)


def as_degrees(frame: gpd.GeoDataFrame, path: Path) -> None:
    pyogrio.write_dataframe(reproject_frame(frame, WGS84), path, driver="GeoJSON", COORDINATE_PRECISION=10)


def as_drawing(frame: gpd.GeoDataFrame, path: Path) -> None:
    # The name of a DXF layer can hold no comma, quotation mark or bracket, and GDAL replaces them.
    pyogrio.write_dataframe(frame.rename(columns={"name": "Layer"}), path, driver="DXF")


FORMATS = (
    Format("a.gpkg", with_driver("GPKG")),
    Format("a.shp", with_driver("ESRI Shapefile", encoding="UTF-8")),
    Format("a.geojson", as_degrees),
    Format("a.fgb", with_driver("FlatGeobuf")),
    Format("a.parquet", lambda frame, path: frame.to_parquet(path)),
    Format("a.gml", with_driver("GML")),
)


def read_back(path: Path, layer: LayerName = LayerName.STREET, **options: Any) -> gpd.GeoDataFrame:  # noqa: ANN401
    intake = read_layer_file(path, layer, **options)
    return reproject_frame(validate_layer(intake.frame, layer, file=intake.file).accepted, HCMC)


def must_be_whole(read: gpd.GeoDataFrame, *, names: list[str], shapes: list[shapely.Geometry]) -> None:
    """Compare by name, since a format may have an order of its own."""
    assert sorted(read["name"]) == sorted(names)
    by_name = dict(zip(read["name"], read.geometry, strict=True))
    for name, shape in zip(names, shapes, strict=True):
        one, other = (shapely.get_coordinates(each) for each in (by_name[name], shape))
        assert np.abs(one - other).max() < 0.001


@pytest.mark.parametrize("form", FORMATS, ids=[form.name for form in FORMATS])
def test_a_format_brings_text_to_the_letter_and_places_to_the_millimetre(tmp_path: Path, form: Format) -> None:
    path = tmp_path / form.name
    form.write(streets(), path)
    expected = [unicodedata.normalize("NFC", name) for name in NAMES]
    must_be_whole(read_back(path), names=expected, shapes=lines())


@pytest.mark.parametrize("header", ["AC1018", "AC1032"])
def test_a_drawing_in_utf8_brings_the_names_of_its_layers_whatever_year_its_header_says(
    tmp_path: Path, header: str
) -> None:
    names = ["Nguyễn Thị Định", "Đường số 3", "Ưu Đàm"]
    path = tmp_path / "ve.dxf"
    as_drawing(gpd.GeoDataFrame({"name": names}, geometry=lines(3), crs=HCMC), path)
    path.write_bytes(path.read_bytes().replace(b"AC1018", header.encode()))
    read = read_back(path, crs=HCMC, column_map={"Layer": "name"})
    must_be_whole(read, names=names, shapes=lines(3))


@pytest.mark.parametrize("column", [1, 2], ids=["TCVN3", "VNI"])
@pytest.mark.parametrize("suffix", [".shp", ".dxf", ".csv"])
def test_old_encodings_become_unicode_in_shapefile_drawing_and_table(tmp_path: Path, suffix: str, column: int) -> None:
    words = WORDS[:8]
    legacy = [each[column] for each in words]
    shapes = lines(len(words))
    path = tmp_path / f"cu{suffix}"
    options: dict[str, Any] = {"crs": HCMC}
    if suffix == ".shp":
        frame = gpd.GeoDataFrame({"name": legacy}, geometry=shapes, crs=HCMC)
        pyogrio.write_dataframe(frame, path, driver="ESRI Shapefile", encoding="ISO-8859-1")
        path.with_suffix(".cpg").unlink(missing_ok=True)
    elif suffix == ".dxf":
        as_drawing(gpd.GeoDataFrame({"name": legacy}, geometry=shapes, crs=HCMC), path)
        path.write_bytes(path.read_bytes().decode("utf-8").encode("iso-8859-1"))
        options["column_map"] = {"Layer": "name"}
    else:
        points = [each.coords[0] for each in shapes]
        rows = [f"{text},{x!r},{y!r}" for text, (x, y) in zip(legacy, points, strict=True)]
        path.write_bytes("\n".join(["address,x,y", *rows]).encode("iso-8859-1"))
        read = read_back(path, LayerName.ADDRESS, **options).rename(columns={"address": "name"})
        must_be_whole(read, names=[each[0] for each in words], shapes=[shapely.Point(point) for point in points])
        return
    must_be_whole(read_back(path, **options), names=[each[0] for each in words], shapes=shapes)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_table_brings_text_and_places_whole(tmp_path: Path, encoding: str) -> None:
    points = [shapely.Point(each.coords[0]) for each in lines()]
    quoted = [name.replace('"', '""') for name in NAMES]
    rows = [f'"{text}";{point.x!r};{point.y!r}' for text, point in zip(quoted, points, strict=True)]
    path = tmp_path / "a.csv"
    path.write_bytes("\r\n".join(["address;x;y", *rows]).encode(encoding))
    read = read_back(path, LayerName.ADDRESS, crs=HCMC).rename(columns={"address": "name"})
    must_be_whole(read, names=[unicodedata.normalize("NFC", name) for name in NAMES], shapes=points)


def test_an_extract_of_openstreetmap_brings_names_whole_and_places_to_its_own_step(tmp_path: Path) -> None:
    """The format counts in 1e-7 degrees, which are 11 mm: half of it is lost before the file is written."""
    degrees = [(106.7000001, 10.7700003), (106.7011111, 10.7712345), (106.7022222, 10.7700007)]
    path = tmp_path / "a.osm.pbf"
    path.write_bytes(osm_pbf(degrees, [([1, 2], {"highway": "residential", "name": NAMES[0]}),
                                       ([2, 3], {"highway": "residential", "name": NAMES[4]})]))  # fmt: skip
    intake = read_layer_file(path, LayerName.STREET)
    accepted = validate_layer(intake.frame, LayerName.STREET, file=intake.file).accepted
    assert sorted(accepted["name"]) == sorted(unicodedata.normalize("NFC", NAMES[at]) for at in (0, 4))
    read = np.unique(shapely.get_coordinates(accepted.geometry.array), axis=0)
    assert np.abs(read - np.array(degrees)).max() < 1e-9


def test_a_drawing_of_microstation_brings_places_to_its_own_step(tmp_path: Path) -> None:
    """DGN counts in whole steps; GDAL writes centimetres unless told otherwise."""
    path = tmp_path / "a.dgn"
    pyogrio.write_dataframe(gpd.GeoDataFrame(geometry=lines(), crs=HCMC), path, driver="DGN")
    read = read_layer_file(path, LayerName.STREET, crs=HCMC).frame.geometry
    moved = [np.abs(shapely.get_coordinates(one) - shapely.get_coordinates(other)).max()
             for one, other in zip(read, lines(), strict=True)]  # fmt: skip
    assert max(moved) <= 0.01
