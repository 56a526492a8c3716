"""Words on a map."""

import re

import geopandas as gpd
import pytest
import shapely

from basemap.map_labels import draw_label, draw_street_names
from basemap.preview import LocalMap, MapAssets, asset_files
from spatial.text import Text

SERVED = MapAssets(urls={name: f"/static/{name}" for name in asset_files()})
X, Y = 603_000.0, 1_191_000.0
SEEN = (X, Y, X + 1000, Y + 1000)


def a_map() -> LocalMap:
    return LocalMap(title=Text("Bản đồ", "Map"), assets=SERVED)


def streets(*lines: tuple[str | None, str, list[tuple[float, float]]]) -> gpd.GeoDataFrame:
    shapes = [shapely.MultiLineString([[(X + x, Y + y) for x, y in points]]) for _, _, points in lines]
    names, classes = [name for name, _, _ in lines], [street_class for _, street_class, _ in lines]
    return gpd.GeoDataFrame({"name": names, "street_class": classes}, geometry=shapes, crs="EPSG:9210")


def turns_of(local_map: LocalMap) -> list[int]:
    return [int(turn) for turn in re.findall(r"rotate\((-?\d+)deg\)", local_map.document())]


@pytest.mark.parametrize(
    ("end", "turn"),
    [
        ((800.0, 0.0), 0),
        ((-800.0, 0.0), 0),
        ((566.0, 566.0), -45),
        ((566.0, -566.0), 45),
        ((-566.0, 566.0), 45),
    ],
)
def test_a_street_name_lies_along_its_street_and_is_never_upside_down(end: tuple[float, float], turn: int) -> None:
    local_map = a_map()
    line = [(500.0 - end[0] / 2, 500.0 - end[1] / 2), (500.0 + end[0] / 2, 500.0 + end[1] / 2)]
    draw_street_names(local_map, streets(("Đường số 7", "street", line)), within=SEEN, limit=5, apart_m=50)
    assert turns_of(local_map) == [turn]


def test_a_name_stands_once_and_main_streets_come_before_alleys() -> None:
    frame = streets(
        ("Hẻm 45", "alley", [(0, 100), (900, 100)]),
        ("Nguyễn Trãi", "arterial", [(0, 500), (800, 500)]),
        ("Nguyễn Trãi", "arterial", [(0, 900), (700, 900)]),
    )
    local_map = a_map()
    draw_street_names(local_map, frame, within=SEEN, limit=1, apart_m=50)
    assert local_map.document().count("map-street-name") == 1
    assert "Nguy" in local_map.document()


def test_names_that_would_lie_on_each_other_and_streets_without_a_name_are_left_out() -> None:
    frame = streets(
        ("A", "street", [(0, 500), (900, 500)]),
        ("B", "street", [(0, 510), (890, 510)]),
        (None, "street", [(0, 100), (900, 100)]),
    )
    local_map = a_map()
    draw_street_names(local_map, frame, within=SEEN, limit=5, apart_m=50)
    assert len(turns_of(local_map)) == 1


def test_a_hostile_name_stays_text() -> None:
    frame = streets(("<script>alert(1)</script>", "street", [(0, 500), (900, 500)]))
    local_map = a_map()
    draw_street_names(local_map, frame, within=SEEN, limit=5, apart_m=50)
    draw_label(local_map, frame, "`${alert(1)}`")
    assert "<script>alert" not in local_map.document()
    assert "`${alert" not in local_map.document()
