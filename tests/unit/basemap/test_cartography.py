"""What is drawn, what goes along with it into the document, and what stays behind."""

import json
import math
import re
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pytest
import shapely

from basemap.cartography import (
    SchoolCircles,
    bounds_of,
    draw,
    draw_as_picture,
    draw_schools,
    draw_streets,
    draw_water_and_parks,
    geojson_of,
)
from basemap.map_styles import FILL_CLASSES, NEIGHBOUR_PARCELS, PARCEL, STREET_STYLES, WARDS
from basemap.model import STREET_CLASSES
from basemap.preview import LocalMap, MapAssets, asset_files
from spatial.text import Text

SERVED = MapAssets(urls={name: f"/static/{name}" for name in asset_files()})
CRS = "EPSG:9210"
# Control point of the pinned operation EPSG:6960: WGS84 106.70, 10.77.
CONTROL_XY, CONTROL_DEGREES = (603701.192, 1191178.748), (106.70, 10.77)


def a_map() -> LocalMap:
    return LocalMap(title=Text("Bản đồ", "Map"), assets=SERVED)


def schools(**columns: list[object]) -> gpd.GeoDataFrame:
    count = len(next(iter(columns.values())))
    points = [shapely.Point(CONTROL_XY[0] + 100 * number, CONTROL_XY[1]) for number in range(count)]
    return gpd.GeoDataFrame(columns, geometry=points, crs=CRS)


def test_points_reach_the_map_over_the_pinned_datum_operation_with_six_decimals() -> None:
    frame = gpd.GeoDataFrame(geometry=[shapely.Point(*CONTROL_XY)], crs=CRS)
    (feature,) = geojson_of(frame)["features"]
    assert feature["geometry"]["coordinates"] == pytest.approx(CONTROL_DEGREES, abs=1e-6)
    assert all(len(str(number).partition(".")[2]) <= 6 for number in feature["geometry"]["coordinates"])


def test_only_the_named_attributes_leave_the_frame() -> None:
    frame = gpd.GeoDataFrame({"name": ["A"], "owner": ["secret"]}, geometry=[shapely.Point(*CONTROL_XY)], crs=CRS)
    assert "secret" not in json.dumps(geojson_of(frame, columns=("name",)))


def test_attributes_are_escaped_before_they_reach_a_tooltip() -> None:
    frame = gpd.GeoDataFrame({"name": ["<script>alert(1)</script>"]}, geometry=[shapely.box(0, 0, 9, 9)], crs=CRS)
    local_map = a_map()
    draw(local_map, frame, WARDS, fields={"name": Text("Tên", "Name")})
    assert "<script>alert" not in local_map.document()


def test_a_school_called_like_a_script_is_text_in_icon_and_tooltip() -> None:
    local_map = a_map()
    draw_schools(local_map, schools(name=["<script>alert(1)</script>`${alert(2)}`"]))
    document = local_map.document()
    assert "<script>alert" not in document
    assert "`${alert" not in document


def test_a_school_is_told_in_words_to_those_who_cannot_see_the_circle() -> None:
    local_map = a_map()
    circles = SchoolCircles(fields={"capacity": Text("Chỉ tiêu", "Capacity")})
    draw_schools(local_map, schools(name=["Trường A"], capacity=[70]), circles=circles)
    markup = local_map.document().encode().decode("unicode_escape", errors="ignore")
    assert "map-hidden" in markup
    assert re.search(r"Ch\S+ ti\S+u: 70", markup)


def test_the_area_of_a_circle_grows_with_the_count() -> None:
    local_map = a_map()
    draw_schools(
        local_map, schools(name=["A", "B"], capacity=[400, 100]), circles=SchoolCircles(size_column="capacity")
    )
    sizes = sorted(int(size) for size in re.findall(r'"iconSize": \[(\d+)', local_map.document()))
    assert sizes[1] / sizes[0] == pytest.approx(2.0, rel=0.05), "four times the count is twice the diameter"


def test_every_share_has_exactly_one_colour_and_a_withheld_one_has_its_own() -> None:
    local_map = a_map()
    ratios = [0.0, 0.6, 0.9, 1.0, 1.2, math.nan]
    circles = SchoolCircles(fill_ratio_column="ratio")
    draw_schools(local_map, schools(name=list("abcdef"), ratio=ratios), circles=circles)
    colours = re.findall(r"background:(#\w{6})", local_map.document().split("<script>")[-1])
    expected = [FILL_CLASSES[number][1] for number in (0, 1, 2, 3, 3)]
    assert colours[:5] == expected
    assert colours[5] not in expected


def test_every_class_of_street_has_a_style() -> None:
    assert set(STREET_STYLES) == set(STREET_CLASSES)


def test_a_street_without_a_class_is_drawn_too() -> None:
    lines = [shapely.MultiLineString([[(603000, 1191000), (603100, 1191000)]])] * 2
    local_map = a_map()
    draw_streets(local_map, gpd.GeoDataFrame({"street_class": ["alley", None]}, geometry=lines, crs=CRS))
    assert local_map.document().count('"LineString"') + local_map.document().count('"MultiLineString"') == 2


def test_an_empty_layer_leaves_no_line_in_the_legend() -> None:
    local_map = a_map()
    draw(local_map, gpd.GeoDataFrame({"name": []}, geometry=[], crs=CRS), WARDS)
    assert local_map.page.legend == []


def test_only_water_and_green_of_the_plan_are_drawn_as_ground() -> None:
    zones = gpd.GeoDataFrame({"land_use": ["SON", "ODT", "DKV", None]}, geometry=[shapely.box(0, 0, 9, 9)] * 4, crs=CRS)
    local_map = a_map()
    draw_water_and_parks(local_map, zones)
    assert [entry.label.en for entry in local_map.page.legend] == ["Planned green", "Water"]


def test_a_parcel_is_never_simplified() -> None:
    assert PARCEL.simplify_m == 0
    # A corner 30 cm off the straight line stays where it is.
    bent = shapely.Polygon([(0, 0), (10, 0.3), (20, 0), (20, 20), (0, 20)])
    placed = shapely.transform(bent, lambda points: points + CONTROL_XY)
    frame = gpd.GeoDataFrame(geometry=[placed], crs=CRS)
    (feature,) = geojson_of(frame, simplify_m=PARCEL.simplify_m)["features"]
    assert len(feature["geometry"]["coordinates"][0]) == 6


def test_bounds_are_degrees_around_everything_with_the_margin() -> None:
    frame = gpd.GeoDataFrame(geometry=[shapely.Point(*CONTROL_XY)], crs=CRS)
    west, south, east, north = bounds_of(frame, margin_m=1000)
    assert west < CONTROL_DEGREES[0] < east
    assert south < CONTROL_DEGREES[1] < north
    # One kilometre of latitude is 1/110.6 degrees near the equator.
    assert (north - south) / 2 == pytest.approx(1 / 110.6, rel=0.01)


def many_parcels(count_a_side: int) -> gpd.GeoDataFrame:
    """A field of plots of 4 m by 16 m with their numbers."""
    column, row = np.meshgrid(np.arange(count_a_side), np.arange(count_a_side))
    west, south = CONTROL_XY[0] + 5 * column.ravel(), CONTROL_XY[1] + 18 * row.ravel()
    plots = shapely.box(west, south, west + 4, south + 16)
    return gpd.GeoDataFrame({"parcel_no": np.arange(len(plots)).astype(str)}, geometry=plots, crs=CRS)


def test_a_hundred_thousand_parcels_make_a_file_under_three_megabytes_and_the_findings_stay_features() -> None:
    """The file of a report stands alone, with Leaflet inside it; as a frame its quotes are written out."""
    parcels = many_parcels(317)
    assert len(parcels) > 100_000
    local_map = LocalMap(title=Text("Bản đồ", "Map"))
    draw(local_map, parcels, NEIGHBOUR_PARCELS, fields={"parcel_no": Text("Thửa", "Parcel")})
    draw(local_map, parcels.iloc[:20], PARCEL, fields={"parcel_no": Text("Thửa", "Parcel")})
    document = local_map.document()
    assert len(document) < 3_000_000
    assert len(local_map.as_frame()) < 3_000_000
    assert document.split("<main>")[1].count('"Feature"') == 20
    assert document.count("data:image/png;base64,iVBOR") >= 1
    assert re.findall(r"https?://(?!www\.w3\.org|leafletjs\.com)", document.split("<main>")[1]) == []


def test_many_large_layers_together_stay_under_three_megabytes() -> None:
    """Each would fit alone; the room of a document is one for all of them."""
    local_map = LocalMap(title=Text("Bản đồ", "Map"))
    for number in range(12):
        draw(local_map, many_parcels(38), replace(PARCEL, label=Text(str(number), str(number))))
    assert len(local_map.as_frame()) < 3_000_000
    assert local_map.document().count("<li>") == 12


def test_a_picture_lies_where_its_features_lie() -> None:
    """The corners of the picture in degrees hold the layer's, and by less than a percent more."""
    parcels = many_parcels(317)
    local_map = a_map()
    draw_as_picture(local_map, parcels, PARCEL)
    west, south, east, north = bounds_of(parcels)
    found = re.search(r"L\.imageOverlay\(\s*\"data:[^\"]*\",\s*(\[\[.*?\]\])", local_map.document())
    assert found is not None
    (low, left), (high, right) = json.loads(found.group(1))
    assert left < west < east < right
    assert low < south < north < high
    assert right - left == pytest.approx(east - west, rel=0.02)
    assert high - low == pytest.approx(north - south, rel=0.02)
