"""Pages of other systems read what is public under ``/ogc``, and nothing else; links stand in the header too."""

from collections.abc import Callable

import httpx
import pytest
from fastapi import FastAPI

ELSEWHERE = {"origin": "https://other.example"}
ASKED_BEFORE = ELSEWHERE | {
    "access-control-request-method": "GET",
    "access-control-request-headers": "if-none-match",
}
PUBLIC = ("/ogc", "/ogc/api", "/ogc/conformance", "/ogc/collections", "/ogc/collections/zone/items")


@pytest.mark.parametrize("path", [*PUBLIC, "/ogc/collections/zone/tiles", "/ogc/collections/zone/items/1"])
def test_what_is_public_may_be_read_by_any_origin_with_its_headers(ogc: httpx.Client, path: str) -> None:
    for method in ("GET", "HEAD"):
        answer = ogc.request(method, path, headers=ELSEWHERE)
        assert answer.status_code == 200
        assert answer.headers["access-control-allow-origin"] == "*"
        shown = {each.strip() for each in answer.headers["access-control-expose-headers"].split(",")}
        assert {"Content-Crs", "Link", "ETag", "OGC-Number-Matched"} <= shown
        assert "access-control-allow-credentials" not in answer.headers


def test_a_refusal_may_be_read_too(ogc: httpx.Client) -> None:
    for path in ("/ogc/collections/zone/items?limit=0", f"/ogc/collections/zone/items?filter={'x' * 5000}"):
        answer = ogc.get(path, headers=ELSEWHERE)
        assert answer.status_code in {400, 414}
        assert answer.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize("path", PUBLIC)
def test_the_question_before_a_reading_is_answered(ogc: httpx.Client, path: str) -> None:
    answer = ogc.options(path, headers=ASKED_BEFORE)
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["access-control-allow-methods"] == "GET, HEAD"
    assert "if-none-match" in answer.headers["access-control-allow-headers"].lower()


def test_other_pages_and_closed_layers_are_for_no_other_origin(
    serving: Callable[..., FastAPI], client_of: Callable[..., httpx.Client]
) -> None:
    client = client_of(serving(layer_access="parcel=officers, zone=nobody"))
    for path in ("/", "/ogcx", "/ogc/collections/parcel/items", "/ogc/collections/zone", "/ogc/collections/nope"):
        assert "access-control-allow-origin" not in client.get(path, headers=ELSEWHERE).headers, path
        assert "access-control-allow-origin" not in client.options(path, headers=ASKED_BEFORE).headers, path


def test_the_links_of_a_document_stand_in_its_header(ogc: httpx.Client) -> None:
    """RFC 8288, and the recommendation /rec/core/link-header."""
    for path in (*PUBLIC[3:], "/ogc", "/ogc/collections/zone", "/ogc/collections/zone/items/1"):
        answer = ogc.get(path)
        told = {(each["rel"], str(each["url"])) for each in answer.links.values()}
        assert told
        assert told <= {(each["rel"], each["href"]) for each in answer.json()["links"]}
    first = ogc.get("/ogc/collections/parcel/items", params={"limit": 2})
    assert ogc.get(first.links["next"]["url"]).json()["features"][0]["id"] == "26797-0-2"


def test_a_link_header_that_no_proxy_would_take_is_left_out(ogc: httpx.Client) -> None:
    answer = ogc.get("/ogc/collections/zone/items", params={"filter": "zone_code = '" + "x" * 2500 + "'"})
    assert answer.status_code == 200
    assert "link" not in answer.headers
