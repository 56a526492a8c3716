"""OGC API - Features Part 1: abstract tests of the classes GeoJSON, HTML and OpenAPI 3.0 (OGC 17-069r4, Annex A)."""

from collections.abc import Callable
from typing import Any

import httpx
import jsonschema
from fastapi import FastAPI
from markupsafe import escape
from schemathesis import openapi

GEOJSON = "application/geo+json"
ITEMS = "/ogc/collections/parcel/items"
PATHS = (
    "/ogc",
    "/ogc/conformance",
    "/ogc/api",
    "/ogc/collections",
    "/ogc/collections/parcel",
    "/ogc/collections/parcel/queryables",
    ITEMS,
    f"{ITEMS}/26797-1-2",
)
PROBLEM = "application/problem+json"


def api(client: httpx.Client) -> dict[str, Any]:
    document: dict[str, Any] = client.get("/ogc/api").json()
    return document


def operation(client: httpx.Client, path: str) -> dict[str, Any]:
    document = client.get("/ogc/api").json()
    given: dict[str, Any] = document["paths"][path]["get"]
    named = document["components"]["parameters"]
    given["by_name"] = {
        each["name"]: each for each in (named.get(p.get("$ref", "").rpartition("/")[2], p) for p in given["parameters"])
    }
    return given


def test_geojson_definition_features_are_told_as_geojson_when_asked_for(ogc: httpx.Client) -> None:
    for path in (ITEMS, f"{ITEMS}/26797-1-2"):
        answer = ogc.get(path, headers={"accept": GEOJSON})
        assert (answer.status_code, answer.headers["content-type"]) == (200, GEOJSON)


def test_geojson_content_is_a_collection_of_features_by_rfc_7946(ogc: httpx.Client) -> None:
    page = ogc.get(ITEMS).json()
    assert page["type"] == "FeatureCollection"
    for each in [*page["features"], ogc.get(f"{ITEMS}/26797-1-2").json()]:
        assert each["type"] == "Feature"
        assert each["geometry"]["type"] in {"Point", "MultiLineString", "MultiPolygon"}
        assert isinstance(each["properties"], dict)
        assert "crs" not in each


def test_html_definition_every_document_is_there_as_a_page_too(ogc: httpx.Client) -> None:
    for path in PATHS:
        page = ogc.get(path, headers={"accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
        assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8"), path
        assert "</html>" in page.text


def test_html_content_shows_the_features_their_links_and_everything_escaped(ogc: httpx.Client) -> None:
    shown = ogc.get(ITEMS, params={"f": "html", "limit": 5}).text
    page = ogc.get(ITEMS, params={"limit": 5}).json()
    for feature in page["features"]:
        assert feature["id"] in shown
        assert escape(feature["properties"]["address"]) in shown
    assert escape(f"{ITEMS}?limit=5&f=json") in shown
    assert "<script>alert" not in ogc.get(ITEMS, params={"f": "html"}).text
    assert "&lt;script&gt;alert" in ogc.get(ITEMS, params={"f": "html"}).text


def test_oas30_completeness_every_answer_is_one_that_the_document_lists(ogc: httpx.Client) -> None:
    described = api(ogc)["paths"]
    for path, status in (
        ("/", 200), ("/conformance", 200), ("/api", 200), ("/collections", 200), ("/collections/parcel", 200),
        ("/collections/parcel/queryables", 200), ("/collections/parcel/items", 200), ("/collections?x=1", 400),
        ("/collections/parcel/items?limit=0", 400), ("/collections/parcel/items/nope", 404),
    ):  # fmt: skip
        answer = ogc.get(f"/ogc{path}")
        named = path.partition("?")[0].replace("/items/nope", "/items/{featureId}")
        assert answer.status_code == status
        assert str(status) in described[named]["get"]["responses"], path


def test_oas30_exception_codes_every_operation_lists_its_refusals(ogc: httpx.Client) -> None:
    for path, each in api(ogc)["paths"].items():
        listed = set(each["get"]["responses"])
        assert {"200", "304", "400", "406", "414", "503"} <= listed
        assert ("404" in listed) == ("403" in listed) == (path.count("/") > 1), path


def test_oas30_definition_1_is_there_as_openapi_and_as_a_page(ogc: httpx.Client) -> None:
    kinds = {each["rel"]: each["type"] for each in ogc.get("/ogc").json()["links"] if each["rel"].startswith("service")}
    assert kinds == {"service-desc": "application/vnd.oai.openapi+json;version=3.0", "service-doc": "text/html"}


def test_oas30_definition_2_the_document_is_valid_openapi_3_0(ogc: httpx.Client) -> None:
    """Schemathesis holds it to the published schema of OpenAPI 3.0."""
    document = api(ogc)
    assert document["openapi"].startswith("3.0.")
    openapi.from_dict(document).validate()


def test_oas30_oas_impl_answers_fit_the_schemas_of_the_document(ogc: httpx.Client) -> None:
    document = api(ogc)
    for path in ("/", "/conformance", "/collections", "/collections/zone", "/collections/zone/items"):
        content = document["paths"][path]["get"]["responses"]["200"]["content"]
        schema = next(each["schema"] for kind, each in content.items() if "json" in kind)
        jsonschema.validate(ogc.get(f"/ogc{path}").json(), {**schema, "components": document["components"]})


def test_oas30_security_what_needs_a_person_is_not_in_the_document_of_others(
    serving: Callable[..., FastAPI], client_of: Callable[..., httpx.Client]
) -> None:
    client = client_of(serving(layer_access="parcel=officers"))
    document = api(client)
    assert "security" not in document
    assert not [path for path in document["paths"] if "parcel" in path]
    assert client.get(ITEMS).headers["content-type"] == PROBLEM


def test_the_api_lists_each_property_so_that_gdal_pushes_filters_down(ogc: httpx.Client) -> None:
    listed = operation(ogc, "/collections/zone/items")["by_name"]
    assert listed["max_floors"]["schema"]["type"] == "integer"
    assert listed["max_height_m"]["schema"]["type"] == "number"
    assert listed["plan_approved_on"]["schema"] == {"type": "string", "format": "date"}
