"""OGC API - Features Part 1: abstract tests A.1 to A.29 of class Core, numbered as in OGC 17-069r3 and its test engine.

Of 17-069r4, which counts the tests of A.10 each for itself, the names are the same: docs/how-to/ogc-conformance.md.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import httpx
import pytest
import shapely
from fastapi import FastAPI

from basemap.feature_query import CRS84

GEOJSON = "application/geo+json"
COLLECTIONS = ["ward", "school", "zone", "parcel"]
CORE = "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/"
CONTROL_POINT_BOX = "106.69,10.76,106.71,10.78"
PATHS = (
    "/ogc",
    "/ogc/conformance",
    "/ogc/api",
    "/ogc/collections",
    "/ogc/collections/parcel",
    "/ogc/collections/parcel/queryables",
    "/ogc/collections/parcel/items",
    "/ogc/collections/parcel/items/26797-1-2",
)
ITEMS = "/ogc/collections/parcel/items"


def links(document: dict[str, Any], rel: str) -> list[dict[str, str]]:
    return [each for each in document["links"] if each["rel"] == rel]


def ids(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [each["id"] for each in answer.json()["features"]]


def pages(client: httpx.Client, address: str) -> Iterator[dict[str, Any]]:
    while address:
        page = client.get(address).json()
        yield page
        address = next((each["href"] for each in links(page, "next")), "")


def operation(client: httpx.Client, path: str) -> dict[str, Any]:
    document = client.get("/ogc/api").json()
    given: dict[str, Any] = document["paths"][path]["get"]
    named = document["components"]["parameters"]
    given["by_name"] = {
        each["name"]: each for each in (named.get(p.get("$ref", "").rpartition("/")[2], p) for p in given["parameters"])
    }
    return given


@pytest.mark.parametrize("path", PATHS)
def test_a01_http_get_and_head_answer_and_other_methods_are_refused_with_405(ogc: httpx.Client, path: str) -> None:
    assert ogc.get(path).status_code == 200
    assert ogc.head(path).status_code == 200
    refused = ogc.delete(path)
    assert refused.status_code == 405
    assert "GET" in refused.headers["allow"]


def test_a03_root_op_answers_at_the_root_with_and_without_a_slash(ogc: httpx.Client) -> None:
    assert [ogc.get(path).status_code for path in ("/ogc", "/ogc/")] == [200, 200]


def test_a05_api_definition_op_every_link_to_the_api_answers(ogc: httpx.Client) -> None:
    document = ogc.get("/ogc").json()
    given = links(document, "service-desc") + links(document, "service-doc")
    kinds = [ogc.get(each["href"]).headers["content-type"].partition("; charset")[0] for each in given]
    assert kinds == [each["type"] for each in given]


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        pytest.param("/ogc/conformance", "application/json", id="a07_conformance_op"),
        pytest.param("/ogc/collections", "application/json", id="a09_fc_md_op"),
        *(pytest.param(f"/ogc/collections/{name}", "application/json", id=f"a11_sfc_md_op_{name}")
          for name in COLLECTIONS),
        *(pytest.param(f"/ogc/collections/{name}/items", GEOJSON, id=f"a13_fc_op_{name}") for name in COLLECTIONS),
        pytest.param(f"{ITEMS}/26797-1-2", GEOJSON, id="a27_f_op"),
    ],
)  # fmt: skip
def test_a07_a09_a11_a13_a27_operations_answer_with_200(ogc: httpx.Client, path: str, kind: str) -> None:
    answer = ogc.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (200, kind)


@pytest.mark.parametrize("path", ["/ogc/collections", *(f"/ogc/collections/{name}" for name in COLLECTIONS)])
def test_a10_fc_md_links_lead_to_the_document_and_its_other_form_and_name_rel_and_type(
    ogc: httpx.Client, path: str
) -> None:
    document = ogc.get(path).json()
    assert [each["type"] for each in links(document, "self")] == ["application/json"]
    assert [each["type"] for each in links(document, "alternate")] == ["text/html"]
    every = [*document["links"], *(given for each in document.get("collections", ()) for given in each["links"])]
    assert all(each["rel"] and each["type"] for each in every)


def test_a10_fc_md_items_links_each_encoding_of_the_features_is_linked(ogc: httpx.Client) -> None:
    for each in ogc.get("/ogc/collections").json()["collections"]:
        for given in links(each, "items"):
            answer = ogc.get(given["href"])
            assert answer.headers["content-type"].startswith(given["type"])


def test_a10_fc_md_extent_every_feature_stands_within_the_box_of_its_collection(ogc: httpx.Client) -> None:
    for each in ogc.get("/ogc/collections").json()["collections"]:
        box = shapely.box(*each["extent"]["spatial"]["bbox"][0])
        features = ogc.get(f"/ogc/collections/{each['id']}/items", params={"limit": 100}).json()["features"]
        assert all(box.covers(shapely.geometry.shape(feature["geometry"])) for feature in features)


def test_a18_fc_time_definition_is_one_text(ogc: httpx.Client) -> None:
    given = operation(ogc, "/collections/parcel/items")["by_name"]["datetime"]
    assert (given["in"], given["required"], given["schema"]["type"]) == ("query", False, "string")
    assert (given["style"], given["explode"]) == ("form", False)


def test_a29_f_links_a_feature_links_to_itself_its_other_form_and_its_collection(ogc: httpx.Client) -> None:
    alone = ogc.get(f"{ITEMS}/26797-1-2").json()
    assert [each["type"] for each in links(alone, "self")] == [GEOJSON]
    assert [each["type"] for each in links(alone, "alternate")] == ["text/html"]
    assert ogc.get(links(alone, "collection")[0]["href"]).json()["id"] == "parcel"
    assert all(each["rel"] and each["type"] for each in alone["links"])


def test_a02_crs84_is_the_default_longitude_before_latitude(ogc: httpx.Client) -> None:
    """Control point of the pinned operation: E 603701.192 N 1191178.748 is 106.70, 10.77."""
    answer = ogc.get("/ogc/collections/school/items")
    lon, lat = answer.json()["features"][0]["geometry"]["coordinates"]
    assert (lon, lat) == pytest.approx((106.70, 10.77), abs=1e-8)
    assert answer.headers["content-crs"] == f"<{CRS84}>"


def test_a04_root_success_the_landing_page_leads_to_everything(ogc: httpx.Client) -> None:
    document = ogc.get("/ogc").json()
    for rel in ("self", "service-desc", "service-doc", "conformance", "data"):
        assert [ogc.get(each["href"]).status_code for each in links(document, rel)] == [200], rel


def test_a06_api_definition_success_is_openapi_3_0_of_the_type_that_the_link_says(ogc: httpx.Client) -> None:
    (desc,) = links(ogc.get("/ogc").json(), "service-desc")
    answer = ogc.get(desc["href"])
    assert answer.headers["content-type"] == desc["type"] == "application/vnd.oai.openapi+json;version=3.0"
    assert answer.json()["openapi"].startswith("3.0.")


def test_a08_conformance_success_names_the_classes_that_hold(ogc: httpx.Client) -> None:
    told = ogc.get("/ogc/conformance").json()["conformsTo"]
    assert {CORE + each for each in ("core", "oas30", "html", "geojson")} <= set(told)


def test_a10_fc_md_success_lists_what_is_published_and_nothing_else(ogc: httpx.Client) -> None:
    document = ogc.get("/ogc/collections").json()
    assert [each["id"] for each in document["collections"]] == COLLECTIONS
    assert links(document, "self")
    assert links(document, "alternate")
    for each in document["collections"]:
        kinds = {given["type"] for given in links(each, "items")}
        assert kinds == {GEOJSON, "text/html"}
        west, south, east, north = each["extent"]["spatial"]["bbox"][0]
        assert 106 < west <= east < 108
        assert 10 < south <= north < 12
        since = None if each["id"] == "ward" else "2026-01-01T00:00:00Z"
        assert each["extent"]["temporal"]["interval"] == [[since, None]]


def test_a12_sfc_md_success_a_collection_says_the_same_alone_as_in_the_list(ogc: httpx.Client) -> None:
    listed = {each["id"]: each for each in ogc.get("/ogc/collections").json()["collections"]}
    alone = ogc.get("/ogc/collections/zone").json()
    for key in ("id", "title", "extent", "crs", "storageCrs"):
        assert alone[key] == listed["zone"][key]


def test_a12_an_unknown_unpublished_or_oddly_named_collection_is_not_found(ogc: httpx.Client) -> None:
    for name in ("nope", "street", "PARCEL", "layer_version", "%00", "parcel%27--"):
        for path in ("", "/items", "/items/1", "/queryables"):
            answer = ogc.get(f"/ogc/collections/{name}{path}")
            assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json"), name


def test_a22_fc_response_items_answer_with_ids_and_geometry_of_the_stored_layer(ogc: httpx.Client) -> None:
    answer = ogc.get(ITEMS, params={"limit": 1000})
    assert answer.headers["content-type"] == GEOJSON
    assert ids(answer) == [f"26797-{each // 10}-{each % 10}" for each in range(25)]
    assert answer.json()["features"][3]["properties"]["address"] == "<script>alert('x')</script> \"O'Hara\" 100%_"
    assert answer.json()["features"][4]["properties"]["registered_area_m2"] is None


def test_a14_fc_bbox_definition_bbox_is_defined_as_four_or_six_numbers(ogc: httpx.Client) -> None:
    schema = operation(ogc, "/collections/parcel/items")["by_name"]["bbox"]["schema"]
    assert (schema["type"], schema["items"], schema["minItems"], schema["maxItems"]) == (
        "array",
        {"type": "number"},
        4,
        6,
    )


def test_a15_fc_bbox_response_bbox_answers_with_what_meets_the_box_whatever_its_heights(ogc: httpx.Client) -> None:
    answers = ogc.get(ITEMS, params={"limit": 1000}).json()["features"]
    box = shapely.box(106.69355, 10.768394, 106.693861, 10.768795)
    inside = [each["id"] for each in answers if shapely.geometry.shape(each["geometry"]).intersects(box)]
    assert 0 < len(inside) < 25
    edges = ",".join(map(str, box.bounds))
    assert ids(ogc.get(ITEMS, params={"limit": 1000, "bbox": edges})) == inside
    high = "{},{},-10,{},{},9000".format(*edges.split(","))
    assert ids(ogc.get(ITEMS, params={"limit": 1000, "bbox": high})) == inside


def test_a15_a_box_through_the_date_line_holds_both_ends(ogc: httpx.Client) -> None:
    assert len(ids(ogc.get(ITEMS, params={"bbox": "170,-90,110,90", "limit": 99}))) == 25
    assert ids(ogc.get(ITEMS, params={"bbox": "170,-90,-170,90"})) == []
    assert len(ids(ogc.get(ITEMS, params={"bbox": "-180,-90,180,90", "limit": 99}))) == 25


@pytest.mark.parametrize(
    "bbox",
    ["106,12,107,10", "1,2,3", "1,2,3,4,5", "a,b,c,d", "NaN,1,2,3", "1e308,1,2,3", "1,2,3,1e999", "inf,1,2,3",
     "106.6;10.7;106.8;10.9", "", "1,2,,4", "-181,0,0,1", "0,0,1,91", "1,2,9,3,4,5", "１,2,3,4", "1 ,2,3,4", ",,,"],
)  # fmt: skip
def test_a15_a_box_that_is_none_is_refused_with_400(ogc: httpx.Client, bbox: str) -> None:
    answer = ogc.get(ITEMS, params={"bbox": bbox})
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "bad_parameters"


def test_a16_fc_limit_definition_with_an_honest_maximum(ogc: httpx.Client) -> None:
    """Beyond the fragment of the standard the document says where pages stop growing."""
    given = operation(ogc, "/collections/parcel/items")["by_name"]["limit"]
    assert (given["in"], given["required"], given["style"], given["explode"]) == ("query", False, "form", False)
    schema = given["schema"]
    assert (schema["type"], schema["minimum"], schema["default"], schema["maximum"]) == ("integer", 1, 10, 10_000)


def test_a17_fc_limit_response_above_the_maximum_is_no_error_but_a_page_of_the_maximum(
    ogc: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """17-069r4, requirement fc-limit-response-1 C. The next link goes on in pages of the maximum."""
    monkeypatch.setattr("basemap.feature_query.MOST_LIMIT_COUNT", 4)
    for limit in ("5", "999999"):
        answer = ogc.get(ITEMS, params={"limit": limit})
        assert len(ids(answer)) == 4
        (following,) = links(answer.json(), "next")
        assert ids(ogc.get(following["href"])) == ["26797-0-4", "26797-0-5", "26797-0-6", "26797-0-7"]


def test_a_limit_of_a_million_is_refused_with_a_stable_code(ogc: httpx.Client) -> None:
    answer = ogc.get(ITEMS, params={"limit": 1_000_000})
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_parameters")


@pytest.mark.parametrize("limit", ["0", "-1", "1000000", "1000000000", "1e3", "ten", "", "9" * 400, "1.0", " 1", "٣"])
def test_a17_a_limit_that_is_none_is_refused_with_400(ogc: httpx.Client, limit: str) -> None:
    assert ogc.get(ITEMS, params={"limit": limit}).status_code == 400


def test_a17_fc_limit_response_bounds_the_page_and_the_default_is_ten(ogc: httpx.Client) -> None:
    assert len(ids(ogc.get(ITEMS))) == 10
    assert len(ids(ogc.get(ITEMS, params={"limit": 3}))) == 3


@pytest.mark.parametrize(
    ("moment", "count"),
    [
        ("2026-03-01T00:00:00Z", 20),
        ("2026-06-01T07:00:00+07:00", 25),
        ("2026-05-31", 20),
        ("2026-01-01T00:00:00Z/2026-03-01T00:00:00Z", 20),
        ("2026-01-01T00:00:00Z/..", 25),
        ("../2026-03-01T00:00:00.25Z", 20),
        ("2025-12-31T23:59:59Z", 0),
        ("../..", 25),
        ("/2026-02-01", 20),
    ],
)
def test_a19_fc_time_response_reads_what_was_published_then(ogc: httpx.Client, moment: str, count: int) -> None:
    answer = ogc.get(ITEMS, params={"datetime": moment, "limit": 100})
    assert len(ids(answer)) == answer.json()["numberMatched"] == count


@pytest.mark.parametrize(
    "moment",
    ["yesterday", "2026-13-01T00:00:00Z", "2026-01-01T00:00:00", "2026-02-30", "a/b", "2026-02-01/2026-01-01",
     "..", "", "2026-01-01/2026-02-01/2026-03-01", "9999-12-31T23:59:59-23:59", "0000-01-01", "2026-01-01T25:00:00Z"],
)  # fmt: skip
def test_a19_a_time_that_is_none_is_refused_with_400(ogc: httpx.Client, moment: str) -> None:
    assert ogc.get(ITEMS, params={"datetime": moment}).status_code == 400


def test_a21_query_param_unknown_is_refused_with_400_everywhere(ogc: httpx.Client) -> None:
    for path in PATHS:
        answer = ogc.get(path, params={"foo": "1"})
        assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json"), path


def test_a20_a_parameter_given_twice_is_refused_with_400(ogc: httpx.Client) -> None:
    assert ogc.get(f"{ITEMS}?limit=1&limit=2").status_code == 400


def test_a20_query_param_invalid_is_refused_with_400(ogc: httpx.Client) -> None:
    for query in ("offset=-1", "offset=1e12", "offset=x", "f=xml", "lang=fr", "crs=EPSG:4326", "bbox-crs=x"):
        assert ogc.get(f"{ITEMS}?{query}").status_code == 400, query
    for query in ("max_floors=five", "max_floors=5.5", "plan_approved_on=2020-02-30", "max_plot_ratio=NaN",
                  "zone_code=%00", "max_floors=99999999999"):  # fmt: skip
        assert ogc.get(f"/ogc/collections/zone/items?{query}").status_code == 400, query


def test_a_far_offset_is_an_empty_page(ogc: httpx.Client) -> None:
    page = ogc.get(ITEMS, params={"offset": 10**12}).json()
    assert (page["features"], page["numberReturned"], page["numberMatched"]) == ([], 0, 25)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"zone_code": "A"}, ["1"]),
        ({"zone_code": "B/1"}, ["2"]),
        ({"max_floors": "20"}, ["2"]),
        ({"max_site_coverage_ratio": "0.6"}, ["1"]),
        ({"plan_approved_on": "2020-12-31"}, ["2"]),
        ({"land_use": "ở"}, ["1"]),
        ({"land_use": "o\u031b\u0309"}, ["1"]),
        ({"max_floors": "20", "zone_code": "A"}, []),
        ({"zone_code": "' OR 1=1 --"}, []),
        ({"zone_code": "%"}, []),
    ],
)
def test_a_property_filters_by_equality(ogc: httpx.Client, query: dict[str, str], expected: list[str]) -> None:
    assert ids(ogc.get("/ogc/collections/zone/items", params=query)) == expected


def test_a23_fc_links_following_next_reads_every_feature_once_and_prev_leads_back(ogc: httpx.Client) -> None:
    read = list(pages(ogc, f"{ITEMS}?limit=7&ward_code=26797"))
    assert [len(page["features"]) for page in read] == [7, 7, 7, 4]
    assert len({each["id"] for page in read for each in page["features"]}) == 25
    assert links(read[0], "prev") == []
    (back,) = links(read[-1], "prev")
    assert ogc.get(back["href"]).json()["features"] == read[-2]["features"]


def test_a23_fc_links_a_page_links_to_itself_its_other_form_and_its_collection(ogc: httpx.Client) -> None:
    page = ogc.get(ITEMS, params={"limit": 2, "bbox": CONTROL_POINT_BOX}).json()
    assert ogc.get(links(page, "self")[0]["href"]).json()["features"] == page["features"]
    assert "text/html" in ogc.get(links(page, "alternate")[0]["href"]).headers["content-type"]
    assert ogc.get(links(page, "collection")[0]["href"]).json()["id"] == "parcel"


def test_a24_fc_time_stamp_says_when_the_answer_was_made(ogc: httpx.Client) -> None:
    stamp = ogc.get(ITEMS).json()["timeStamp"]
    assert stamp.endswith("Z")
    assert datetime.fromisoformat(stamp).tzinfo is not None


def test_a25_fc_number_matched_counts_all_pages(ogc: httpx.Client) -> None:
    assert ogc.get(ITEMS, params={"limit": 2}).json()["numberMatched"] == 25
    assert ogc.get(ITEMS, params={"limit": 2, "land_use_code": "ODT"}).json()["numberMatched"] == 12
    assert ogc.get(ITEMS, params={"limit": 2, "bbox": CONTROL_POINT_BOX}).json()["numberMatched"] == 25
    assert "numberMatchedIsEstimate" not in ogc.get(ITEMS).json()


@pytest.mark.postgis
def test_a25_fc_number_matched_above_the_limit_is_an_estimate_and_says_so(
    serving: Callable[..., FastAPI],
    client_of: Callable[..., httpx.Client],
    monkeypatch: pytest.MonkeyPatch,
    store_url: str,
) -> None:
    monkeypatch.setattr("basemap.feature_counts.EXACT_LIMIT_COUNT", 5)
    answer = client_of(serving()).get(ITEMS, params={"limit": 2, "ward_code": "26797"})
    is_estimate = store_url.startswith("postgresql")
    assert answer.json().get("numberMatchedIsEstimate", False) is is_estimate
    assert ("ogc-number-matched" in answer.headers) is is_estimate
    assert answer.json()["numberMatched"] > 5


def test_a26_fc_number_returned_counts_this_page(ogc: httpx.Client) -> None:
    page = ogc.get(ITEMS, params={"limit": 4, "offset": 23}).json()
    assert page["numberReturned"] == len(page["features"]) == 2


def test_a28_f_success_a_feature_is_the_same_alone_as_in_its_page(ogc: httpx.Client) -> None:
    for listed in ogc.get(ITEMS, params={"limit": 5}).json()["features"]:
        answer = ogc.get(f"{ITEMS}/{listed['id']}")
        alone = answer.json()
        assert answer.headers["content-type"] == GEOJSON
        assert {key: alone[key] for key in listed} == listed
        assert links(alone, "self")
        assert links(alone, "collection")


def test_a28_an_id_that_needs_escaping_is_found_through_its_own_link(ogc: httpx.Client) -> None:
    alone = ogc.get("/ogc/collections/school/items/TH%201%3F%23").json()
    assert ogc.get(links(alone, "self")[0]["href"]).json()["id"] == "TH 1?#"


def test_a28_an_unknown_feature_is_not_found(ogc: httpx.Client) -> None:
    for name in ("0", "26797-9-9", "%00", "%27", "..%2f..", "x" * 2000):
        answer = ogc.get(f"{ITEMS}/{name}")
        assert answer.status_code == 404, name


def test_the_form_follows_f_before_accept_and_what_neither_gives_is_406(ogc: httpx.Client) -> None:
    html = {"accept": "text/html"}
    assert ogc.get(ITEMS, params={"f": "json"}, headers=html).headers["content-type"] == GEOJSON
    assert ogc.get(ITEMS, headers={"accept": "application/geo+json;q=0.9, text/html;q=0.1"}).json()
    refused = ogc.get(ITEMS, headers={"accept": "image/png"})
    assert (refused.status_code, refused.headers["content-type"]) == (406, "application/problem+json")
    assert ogc.get(ITEMS, params={"limit": 0}, headers=html).headers["content-type"] == "application/problem+json"


def test_an_answer_is_kept_by_its_tag_until_another_version_or_question(ogc: httpx.Client) -> None:
    first = ogc.get(ITEMS, params={"limit": 2})
    tag = {"if-none-match": first.headers["etag"]}
    again = ogc.get(ITEMS, params={"limit": 2}, headers=tag)
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert "public" in first.headers["cache-control"]
    assert ogc.get(ITEMS, params={"limit": 3}, headers=tag).status_code == 200
    assert ogc.get(ITEMS, params={"limit": 2, "datetime": "2026-03-01"}, headers=tag).status_code == 200


def test_a_layer_for_officers_or_nobody_is_closed_on_every_path(
    serving: Callable[..., FastAPI], client_of: Callable[..., httpx.Client]
) -> None:
    client = client_of(serving(layer_access="parcel=officers, zone=nobody"))
    assert [each["id"] for each in client.get("/ogc/collections").json()["collections"]] == ["ward", "school"]
    told = "".join(client.get("/ogc/api").json()["paths"])
    assert "parcel" not in told
    assert "zone" not in told
    for path in ("", "/queryables", "/items", "/items/26797-1-2"):
        assert client.get(f"/ogc/collections/parcel{path}").status_code == 403, path
        assert client.get(f"/ogc/collections/zone{path}").status_code == 404, path
