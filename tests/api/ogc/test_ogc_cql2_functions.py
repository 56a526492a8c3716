"""Functions of CQL2 on both stores, each held to ten lines that know neither SQL nor the code under test."""

import unicodedata
from collections.abc import Callable
from datetime import date
from typing import Any, Protocol

import geopandas as gpd
import httpx
import pytest
import shapely

HCMC = "http://www.opengis.net/def/crs/EPSG/0/9210"
DOTLESS = "\u0131"


class Stored(Protocol):
    frames: dict[str, gpd.GeoDataFrame]


def found(client: httpx.Client, layer: str, given: str) -> list[str]:
    query = {"limit": "100", "filter": given, "filter-crs": HCMC}
    answer = client.get(f"/ogc/collections/{layer}/items", params=query)
    assert answer.status_code == 200, answer.text
    return [each["id"] for each in answer.json()["features"]]


def plain(text: str) -> str:
    """The oracle: a letter is its first part in the Unicode decomposition; đ has none and is d."""
    return "".join({"đ": "d", "Đ": "D"}.get(letter, unicodedata.normalize("NFD", letter)[0]) for letter in text)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("CASEI(name) = CASEI('phường bến thành')", ["26743"]),
        ("CASEI(name) = 'PHƯỜNG BẾN THÀNH'", []),
        ("name = 'phường bến thành'", []),
        ("ACCENTI(name) = ACCENTI('Phuong Ben Thanh')", ["26743"]),
        ("ACCENTI(name) = 'Phường Bến Thành'", []),
        ("ACCENTI(name) = 'phuong ben thanh'", []),
        ("CASEI(ACCENTI(name)) = 'phuong sai gon'", ["26740"]),
        ("ACCENTI(CASEI(name)) IN ('phuong sai gon', 'x')", ["26740"]),
        ("CASEI(ACCENTI(name)) LIKE CASEI(ACCENTI('%SÀI%'))", ["26740"]),
        ("CASEI(name) LIKE '%SÀI%'", []),
        ("CASEI(ACCENTI(name)) BETWEEN 'phuong c' AND 'phuong t'", ["26740"]),
        ("CASEI(ACCENTI(name)) < 'phuong c'", ["26743"]),
        ("NOT CASEI(name) = CASEI('Phường Sài Gòn')", ["26743"]),
        ("CASEI('Phường Sài Gòn') = CASEI(name)", ["26740"]),
        ("ACCENTI(name) IS NULL", []),
    ],
)
def test_casei_and_accenti_compare_without_case_and_without_marks(
    ogc: httpx.Client, given: str, expected: list[str]
) -> None:
    """Conformance classes case-insensitive-comparison and accent-insensitive-comparison."""
    assert found(ogc, "ward", given) == expected


@pytest.mark.parametrize("text", ["Đường số 7", "duong so 7", "ĐƯỜNG", "Ở", "ẫ", "%", "_", "'", DOTLESS])
def test_accenti_finds_what_the_decomposition_of_unicode_says(ogc: httpx.Client, stored: Stored, text: str) -> None:
    frame = stored.frames["parcel"]
    wanted = [
        row.feature_id for row in frame.itertuples() if plain(text).casefold() in plain(row.address or "").casefold()
    ]
    escaped = text.replace("'", "''").replace("%", r"\%").replace("_", r"\_")
    assert found(ogc, "parcel", f"CASEI(ACCENTI(address)) LIKE CASEI(ACCENTI('%{escaped}%'))") == wanted


SHAPES = {
    "a box that cuts": "POLYGON((602500 1190300, 603450 1190300, 603450 1190700, 602500 1190700, 602500 1190300))",
    "a box around one": "POLYGON((601990 1189990, 603010 1189990, 603010 1191010, 601990 1191010, 601990 1189990))",
    "a zone itself": "POLYGON((602000 1190000, 603000 1190000, 603000 1191000, 602000 1191000, 602000 1190000))",
    "a line through": "LINESTRING(601000 1190500, 605000 1190500)",
    "a line on the edge": "LINESTRING(602000 1190000, 603000 1190000)",
    "a point inside": "POINT(602500 1190500)",
    "a point on the edge": "POINT(603000 1190500)",
    "points": "MULTIPOINT((602500 1190500), (605000 1190500))",
    "lines": "MULTILINESTRING((602100 1190100, 602200 1190200), (603900 1190900, 604100 1190900))",
    "areas": "MULTIPOLYGON(((602100 1190100, 602200 1190100, 602200 1190200, 602100 1190100)))",
}
RELATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "S_INTERSECTS": shapely.intersects,
    "S_DISJOINT": shapely.disjoint,
    "S_CONTAINS": shapely.contains,
    "S_WITHIN": shapely.within,
    "S_TOUCHES": shapely.touches,
    "S_CROSSES": shapely.crosses,
    "S_OVERLAPS": shapely.overlaps,
    "S_EQUALS": shapely.equals,
}


@pytest.mark.parametrize("name", RELATIONS)
def test_spatial_functions_find_what_shapely_finds_with_either_side_first(
    ogc: httpx.Client, stored: Stored, name: str
) -> None:
    """Conformance class basic-spatial-functions-plus for S_INTERSECTS, and beside it the other relations."""
    zones = stored.frames["zone"]
    for kind, written in SHAPES.items():
        shape = shapely.from_wkt(written)
        one = zones[RELATIONS[name](zones.geometry.array, shape)]["feature_id"].tolist()
        other = zones[RELATIONS[name](shape, zones.geometry.array)]["feature_id"].tolist()
        assert found(ogc, "zone", f"{name}(geometry, {written})") == one, kind
        assert found(ogc, "zone", f"{name}({written}, geometry)") == other, kind


def test_intersects_takes_a_collection_of_geometries(ogc: httpx.Client) -> None:
    mixed = "GEOMETRYCOLLECTION(POINT(602500 1190500), LINESTRING(0 0, 1 1))"
    assert found(ogc, "zone", f"S_INTERSECTS(geometry, {mixed})") == ["1"]


TEMPORAL: dict[str, Callable[[date, date, date], bool]] = {
    "T_AFTER": lambda day, _, last: day > last,
    "T_BEFORE": lambda day, first, _: day < first,
    "T_DURING": lambda day, first, last: first < day < last,
    "T_DISJOINT": lambda day, first, last: not first <= day <= last,
    "T_INTERSECTS": lambda day, first, last: first <= day <= last,
    "T_EQUALS": lambda day, first, last: first == day == last,
}


@pytest.mark.parametrize("name", TEMPORAL)
@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("2012-05-01", "2012-05-01"),
        ("2012-05-01", "2020-12-31"),
        ("2012-04-30", "2012-05-02"),
        ("..", "2012-05-01"),
        ("2012-05-01", ".."),
    ],
)
def test_temporal_functions_put_a_day_before_in_or_after_a_stretch_of_days(
    ogc: httpx.Client, stored: Stored, name: str, first: str, last: str
) -> None:
    ends = (
        date.min if first == ".." else date.fromisoformat(first),
        date.max if last == ".." else date.fromisoformat(last),
    )
    zones = stored.frames["zone"]
    wanted = [row.feature_id for row in zones.itertuples() if TEMPORAL[name](row.plan_approved_on, *ends)]
    given = f"DATE('{first}')" if first == last else f"INTERVAL('{first}', '{last}')"
    assert found(ogc, "zone", f"{name}(plan_approved_on, {given})") == wanted


def test_a_day_may_stand_before_the_property(ogc: httpx.Client) -> None:
    assert found(ogc, "zone", "T_BEFORE(DATE('2015-01-01'), plan_approved_on)") == ["2"]
    assert found(ogc, "zone", "T_AFTER(DATE('2015-01-01'), plan_approved_on)") == ["1"]


def test_geometry_is_never_null(ogc: httpx.Client) -> None:
    assert found(ogc, "zone", "geometry IS NULL") == []
    assert found(ogc, "zone", "geometry IS NOT NULL") == ["1", "2"]
