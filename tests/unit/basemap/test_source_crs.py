"""Which coordinate system a file is in, and the ones that are traps."""

import math
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pytest
from pyproj import CRS, Transformer

from basemap.intake import read_layer_file
from basemap.model import LayerName
from basemap.source_crs import settle_crs, tm3_codes
from basemap.validate import validate_layer
from spatial.errors import InputError, UnknownCrsError
from spatial.geometry import reproject_frame

Save = Callable[..., Path]

SEVEN_PARAMETERS = "-191.90441429,-39.30318279,-111.45032835,0.00928836,-0.01975479,0.00427372,0.252906278"
TM3 = "+proj=tmerc +lat_0=0 +lon_0=105.75 +k=0.9999 +x_0=500000 +y_0=0 +ellps=WGS84"
TM3_LABELLED_WGS84 = (
    'PROJCS["VN2000",GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984",SPHEROID["WGS_1984",6378137.0,298.257223563]],'
    'PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],PROJECTION["Transverse_Mercator"],'
    'PARAMETER["False_Easting",500000.0],PARAMETER["False_Northing",0.0],PARAMETER["Central_Meridian",105.75],'
    'PARAMETER["Scale_Factor",0.9999],PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]'
)


def settled(label: str | None, given: str | None = None) -> str:
    return settle_crs(label, given, file="a.shp").name


def test_no_coordinate_system_says_how_to_give_one() -> None:
    with pytest.raises(InputError) as caught:
        settled(None)
    assert caught.value.sentence("en") == (
        "a.shp: The file does not say its coordinate system. State it with --crs, e.g. --crs EPSG:9210 "
        "(VN-2000 105-45) or --crs EPSG:4326 (longitude and latitude)."
    )


@pytest.mark.parametrize("content", ["", "hello", 'LOCAL_CS["Undefined Cartesian SRS",UNIT["m",1]]'])
def test_a_projection_file_without_a_system_counts_as_none(save: Save, wards: gpd.GeoDataFrame, content: str) -> None:
    path = save(wards, "wards.shp")
    path.with_suffix(".prj").write_text(content)
    with pytest.raises(InputError, match="does not say its coordinate system"):
        read_layer_file(path, LayerName.WARD)


def test_what_a_person_states_fills_the_gap(save: Save, wards: gpd.GeoDataFrame) -> None:
    path = save(wards, "wards.shp")
    path.with_suffix(".prj").unlink()
    intake = read_layer_file(path, LayerName.WARD, crs="epsg:4326")
    assert intake.source_crs == "EPSG:4326"
    assert intake.issues == ()


def test_what_a_person_states_overrules_the_file_and_is_noted() -> None:
    chosen = settle_crs("EPSG:4326", "EPSG:32648", file="a.shp")
    assert (chosen.name, chosen.is_asserted) == ("EPSG:32648", True)
    assert [issue.code for issue in chosen.issues] == ["crs_overridden"]


@pytest.mark.parametrize("given", ["9210", "VN2000", "EPSG:", "EPSG:99999", "/etc/passwd", "+proj=tmerc"])
def test_a_system_that_does_not_exist_is_refused(given: str) -> None:
    with pytest.raises(UnknownCrsError) as caught:
        settled(None, given)
    assert "EPSG" in caught.value.sentence("en")
    assert caught.value.subject == "a.shp"


@pytest.mark.parametrize(
    "code", ["EPSG:4326", "EPSG:9210", "EPSG:5899", "EPSG:32648", "EPSG:3405", "EPSG:4756", "EPSG:3857"]
)
@pytest.mark.parametrize("form", ["WKT1_GDAL", "WKT1_ESRI", "WKT2_2019"])
def test_the_systems_of_the_city_are_recognised_in_every_way_to_write_them(code: str, form: str) -> None:
    assert settled(CRS(code).to_wkt(form)) == code


def test_every_province_of_vn2000_is_known_by_its_meridian() -> None:
    """EPSG's list of VN-2000 / TM-3 systems: 102, 105 and 108 degrees by zone, the rest by name."""
    codes = tm3_codes()
    assert codes[105.75] == "EPSG:9210"
    assert codes[107.75] == "EPSG:5899"
    assert {codes[103.0], codes[108.5]} == {"EPSG:9205", "EPSG:9218"}
    assert len(codes) == 18


@pytest.mark.parametrize("label", [TM3, TM3_LABELLED_WGS84, TM3.replace("105.75", "106.1")])
def test_vn2000_without_its_datum_is_refused_with_the_way_out(label: str) -> None:
    with pytest.raises(InputError) as caught:
        settled(label)
    assert "226 m" in caught.value.message.en
    assert "--crs EPSG:9210" in caught.value.hint.en


def test_forgetting_the_datum_would_have_moved_the_market_by_226_m() -> None:
    right = reproject_frame(
        gpd.GeoDataFrame(geometry=gpd.points_from_xy([603701.192], [1191178.748]), crs=9210), "EPSG:4326"
    )
    wrong = Transformer.from_crs(TM3_LABELLED_WGS84, "EPSG:4326", always_xy=True).transform(603701.192, 1191178.748)
    west_east_m = (right.geometry.x[0] - wrong[0]) * 111_320 * math.cos(math.radians(10.77))
    south_north_m = (right.geometry.y[0] - wrong[1]) * 110_600
    assert math.hypot(west_east_m, south_north_m) == pytest.approx(226, abs=1)


def test_vn2000_that_carries_seven_parameters_is_read_as_the_official_system() -> None:
    chosen = settle_crs(CRS(f"{TM3} +towgs84={SEVEN_PARAMETERS}").to_wkt("WKT1_GDAL"), None, file="a.gpkg")
    assert chosen.name == "EPSG:9210"
    assert [issue.code for issue in chosen.issues] == ["crs_recognised"]


def test_a_vn2000_meridian_that_has_no_code_is_read_all_the_same(save: Save, plots: gpd.GeoDataFrame) -> None:
    own = CRS(9210).to_wkt("WKT1_ESRI").replace("105.75", "106.1").replace("VN-2000_TM-3_105-45", "VN-2000_own")
    path = save(plots.drop(columns="registered_area_m2"), "plots.shp")
    path.with_suffix(".prj").write_text(own)
    intake = read_layer_file(path, LayerName.PARCEL)
    accepted = validate_layer(intake.frame, LayerName.PARCEL, file=intake.file).accepted
    moved = reproject_frame(accepted, "EPSG:9210")
    assert moved.geometry.iloc[0].centroid.x == pytest.approx(603_706 + 38_275, abs=60)


def test_degrees_on_an_unknown_datum_are_refused() -> None:
    with pytest.raises(InputError, match="does not say its datum"):
        settled("+proj=longlat +ellps=WGS84 +no_defs")


def test_geojson_is_wgs84_unless_it_says_otherwise(save_geojson: Save) -> None:
    place = {"type": "Polygon", "coordinates": [[[106.7, 10.7], [106.71, 10.7], [106.71, 10.71], [106.7, 10.7]]]}
    ward = {"ward_code": "26743", "name": "x"}
    assert read_layer_file(save_geojson((ward, place)), LayerName.WARD).source_crs == "EPSG:4326"
    ring = [[603701, 1191178], [603711, 1191178], [603711, 1191188], [603701, 1191178]]
    named = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::9210"}}
    path = save_geojson((ward, {"type": "Polygon", "coordinates": [ring]}), crs=named)
    assert read_layer_file(path, LayerName.WARD).source_crs == "EPSG:9210"
    unknown = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::1"}}
    with pytest.raises(InputError, match="is not understood"):
        read_layer_file(save_geojson((ward, place), crs=unknown), LayerName.WARD)
