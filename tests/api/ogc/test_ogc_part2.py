"""OGC API - Features Part 2, coordinate systems by reference: the abstract tests of its Annex A, by their names.

Expected places come from the pinned operation in `spatial.crs`; PostGIS writes its answers with its own PROJ.
"""

import re
from typing import Any, Protocol

import geopandas as gpd
import httpx
import numpy as np
import pytest
import shapely

from spatial.crs import transformer

EPSG = "http://www.opengis.net/def/crs/EPSG/0/"
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
ITEMS = "/ogc/collections/parcel/items"
MILLIMETRE = 0.001


class Stored(Protocol):
    frame: gpd.GeoDataFrame


def read(client: httpx.Client, **query: str) -> list[dict[str, Any]]:
    answer = client.get(ITEMS, params={"limit": 1000, **query})
    assert answer.status_code == 200, answer.text
    features: list[dict[str, Any]] = answer.json()["features"]
    return features


def test_storage_crs_each_collection_lists_its_systems_and_the_one_it_is_stored_in(ogc: httpx.Client) -> None:
    for each in ogc.get("/ogc/collections").json()["collections"]:
        assert each["crs"] == [CRS84, *(f"{EPSG}{code}" for code in (4326, 3857, 9210, 5899))]
        assert each["storageCrs"] == f"{EPSG}9210"
        assert each["storageCrs"] in each["crs"]


def test_conformance_declares_part_2(ogc: httpx.Client) -> None:
    told = ogc.get("/ogc/conformance").json()["conformsTo"]
    assert "http://www.opengis.net/spec/ogcapi-features-2/1.0/conf/crs" in told


@pytest.mark.parametrize("code", [4326, 3857, 9210, 5899])
def test_crs_parameter_transform_answers_stand_where_the_store_has_them_within_a_millimetre(
    ogc: httpx.Client, stored: Stored, code: int
) -> None:
    answered = read(ogc, crs=f"{EPSG}{code}")
    assert [each["id"] for each in answered] == stored.frame["feature_id"].tolist()
    shapes = np.array([shapely.geometry.shape(each["geometry"]) for each in answered], dtype=object)
    if code == 4326:
        shapes = shapely.transform(shapes, lambda places: places[:, ::-1])
    back = shapely.transform(shapes, transformer(f"EPSG:{code}", "EPSG:9210"))
    apart_m = shapely.hausdorff_distance(back, np.asarray(stored.frame.geometry.array, dtype=object))
    assert float(apart_m.max()) < MILLIMETRE


def test_crs_parameter_default_is_crs84_within_a_millimetre(ogc: httpx.Client, stored: Stored) -> None:
    shapes = np.array([shapely.geometry.shape(each["geometry"]) for each in read(ogc)], dtype=object)
    back = shapely.transform(shapes, transformer("EPSG:4326", "EPSG:9210"))
    apart_m = shapely.hausdorff_distance(back, np.asarray(stored.frame.geometry.array, dtype=object))
    assert float(apart_m.max()) < MILLIMETRE


def test_epsg_4326_is_written_latitude_first_and_crs84_longitude_first(ogc: httpx.Client) -> None:
    school = "/ogc/collections/school/items"
    (one,) = ogc.get(school, params={"crs": f"{EPSG}4326"}).json()["features"]
    assert one["geometry"]["coordinates"] == pytest.approx([10.77, 106.70], abs=1e-8)
    (same,) = ogc.get(school, params={"crs": CRS84}).json()["features"]
    assert same["geometry"]["coordinates"] == pytest.approx([106.70, 10.77], abs=1e-8)


@pytest.mark.parametrize("path", [ITEMS, f"{ITEMS}/26797-1-2"])
def test_crs_parameter_the_header_names_the_system_of_the_answer(ogc: httpx.Client, path: str) -> None:
    assert ogc.get(path).headers["content-crs"] == f"<{CRS84}>"
    for code in (4326, 3857, 9210, 5899):
        assert ogc.get(path, params={"crs": f"{EPSG}{code}"}).headers["content-crs"] == f"<{EPSG}{code}>"


NOT_ON_OFFER = ["", "4326", "EPSG:9210", f"{EPSG}32648", "file:///etc/passwd", "+proj=longlat"]


@pytest.mark.parametrize("crs", NOT_ON_OFFER)
def test_crs_parameter_invalid_is_refused_with_400(ogc: httpx.Client, crs: str) -> None:
    assert ogc.get(ITEMS, params={"crs": crs}).status_code == 400
    assert ogc.get(f"{ITEMS}/26797-1-2", params={"crs": crs}).status_code == 400


@pytest.mark.parametrize("crs", NOT_ON_OFFER)
def test_bbox_crs_parameter_invalid_is_refused_with_400(ogc: httpx.Client, crs: str) -> None:
    assert ogc.get(ITEMS, params={"bbox": "1,2,3,4", "bbox-crs": crs}).status_code == 400


def test_crs_uri_each_system_is_named_by_an_address_of_the_ogc(ogc: httpx.Client) -> None:
    """OGC 09-048r5: authority, version (0 where there is none), code."""
    for each in ogc.get("/ogc/collections").json()["collections"]:
        for uri in [*each["crs"], each["storageCrs"]]:
            assert re.fullmatch(r"http://www\.opengis\.net/def/crs/(OGC/1\.3/CRS84|EPSG/0/\d{4,5})", uri)


def test_default_crs_is_the_first_of_every_list(ogc: httpx.Client) -> None:
    assert {each["crs"][0] for each in ogc.get("/ogc/collections").json()["collections"]} == {CRS84}


@pytest.mark.parametrize("code", [4326, 3857, 9210, 5899])
def test_bbox_crs_parameter_one_box_in_any_system_finds_the_same(ogc: httpx.Client, code: int) -> None:
    """The box ends in the middle of parcels, so that the slight turn between systems changes nothing."""
    x, y = 603_000 + 22.0 * 2 + 10, 1_191_000 + 22.0 * 3 + 10
    corners = np.array([[602_990.0, 1_190_990.0], [x, y]])
    (x1, y1), (x2, y2) = transformer("EPSG:9210", f"EPSG:{code}")(corners)
    edges = (y1, x1, y2, x2) if code == 4326 else (x1, y1, x2, y2)
    found = read(ogc, bbox=",".join(map(str, edges)), **{"bbox-crs": f"{EPSG}{code}"})
    assert [each["id"] for each in found] == [
        f"26797-{number // 10}-{number % 10}" for number in range(20) if number % 5 <= 2
    ]


def test_bbox_crs_parameter_default_is_crs84_longitude_first(ogc: httpx.Client) -> None:
    latitude_first = "10.76,106.69,10.78,106.71"
    assert len(read(ogc, bbox=latitude_first, **{"bbox-crs": f"{EPSG}4326"})) == 25
    assert ogc.get(ITEMS, params={"bbox": latitude_first}).status_code == 400


def test_a_huge_box_in_a_metric_system_holds_everything_and_a_far_one_nothing(ogc: httpx.Client) -> None:
    for code in (3857, 9210, 5899):
        system = {"bbox-crs": f"{EPSG}{code}"}
        assert len(read(ogc, bbox="-1e300,-1e300,1e300,1e300", **system)) == 25
        assert read(ogc, bbox="9e299,9e299,1e300,1e300", **system) == []
        assert ogc.get(ITEMS, params={"bbox": "3,1,2,2", **system}).status_code == 400


def test_polygons_turn_counterclockwise_outside_and_clockwise_in_holes(ogc: httpx.Client) -> None:
    """RFC 7946, section 3.1.6."""
    features = ogc.get("/ogc/collections/zone/items").json()["features"]
    outer, hole = features[1]["geometry"]["coordinates"][0]
    assert shapely.LinearRing(outer).is_ccw
    assert not shapely.LinearRing(hole).is_ccw


def test_paging_keeps_the_systems_of_the_question(ogc: httpx.Client) -> None:
    page = ogc.get(ITEMS, params={"limit": 20, "crs": f"{EPSG}9210"}).json()
    (following,) = [each["href"] for each in page["links"] if each["rel"] == "next"]
    answer = ogc.get(following)
    assert answer.headers["content-crs"] == f"<{EPSG}9210>"
    assert answer.json()["features"][0]["geometry"]["coordinates"][0][0][0][0] > 600_000
