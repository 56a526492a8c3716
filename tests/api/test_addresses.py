"""Addresses over HTTP: the same answers as the command's, to those who may read the layers, and kept by nobody."""

import logging
import re
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from api.app import GUESSABLE_PATHS, create_app
from api.rate_limit import Budget
from api.settings import Settings
from basemap.demo_city import DemoCity
from basemap.model import LayerName
from basemap.service import import_layer

if TYPE_CHECKING:
    from fastapi import FastAPI

SEARCH, REVERSE, BATCH = "/api/v1/addresses", "/api/v1/addresses/reverse", "/api/v1/addresses/batch"
Serve = Callable[..., httpx.Client]


@pytest.fixture
def serve(tmp_path: Path, city_store: Path, client_of: Callable[..., httpx.Client]) -> Iterator[Serve]:
    """Start a server on a copy of the city's store."""
    started: list[FastAPI] = []

    def serve(store: Path = city_store, *, access: str = "", budget: Budget | None = None) -> httpx.Client:
        folder = tmp_path / f"data{len(started)}"
        folder.mkdir()
        shutil.copy(store, folder / "diaban.gpkg")
        settings = Settings(data_dir=folder, database_url="", secret="", language="en", layer_access=access)
        budgets = dict.fromkeys(GUESSABLE_PATHS, budget) if budget else GUESSABLE_PATHS
        started.append(create_app(settings, budgets=budgets))
        client = client_of(started[-1])
        client.app = started[-1]  # type: ignore[attr-defined]  # for the one test that publishes beside it
        return client

    yield serve
    for app in started:
        app.state.published.close()
        app.state.database_door.close()


@pytest.fixture
def home(city: DemoCity) -> tuple[str, float, float]:
    """An address of the city with its point in the storage system."""
    row = city.homes.iloc[0]
    return str(row["address"]), float(row["x"]), float(row["y"])


def test_a_house_is_found_by_post_and_by_get_with_both_points_and_the_versions(
    serve: Serve, home: tuple[str, float, float]
) -> None:
    address, x, y = home
    client = serve()
    by_post, by_get = client.post(SEARCH, json={"q": address}), client.get(SEARCH, params={"q": address})
    assert by_post.status_code == by_get.status_code == 200
    answer = by_post.json()
    assert answer == by_get.json()
    assert (answer["grade"], answer["reason"], answer["crs"]) == ("exact", "exact", "EPSG:9210")
    assert set(answer["reason_text"]) == {"vi", "en"}
    assert answer["place"]["address"] == address
    assert (answer["place"]["x"], answer["place"]["y"]) == pytest.approx((x, y), abs=0.001)
    assert answer["layer_versions"] == {"address": 3, "street": 2, "ward": 1}
    back = client.get(REVERSE, params={"lon": answer["place"]["lon"], "lat": answer["place"]["lat"]}).json()
    assert back["place"]["address"] == address
    assert back["distance_m"] <= 0.01


def test_what_was_typed_is_neither_sent_back_nor_kept_nor_logged(
    serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    typed = "77 đường Không Ai Biết 0123"
    client = serve()
    with caplog.at_level(logging.DEBUG):
        answers = [
            client.post(SEARCH, json={"q": typed}),
            client.get(SEARCH, params={"q": typed}),
            client.post(BATCH, json={"addresses": [typed]}),
            client.get(REVERSE, params={"lon": 106.7, "lat": 10.7}),
        ]
        refused = client.post(SEARCH, json={"q": typed, "limit": 10**6})
        page = client.post("/parcels/by-address", data={"address": typed})
    assert {answer.headers["cache-control"] for answer in answers} == {"private, no-store"}
    assert page.headers["cache-control"] == "no-store"
    assert "raw" not in answers[0].json()
    assert (refused.status_code, "Biết" in refused.text) == (422, False)
    own = [record.getMessage() for record in caplog.records if not record.name.startswith(("httpx", "httpcore"))]
    assert any("POST /api/v1/addresses 200" in line for line in own)
    assert not [line for line in own if "Bi" in line or "0123" in line or "106.7" in line]


def test_candidates_are_as_many_as_asked_for(serve: Serve, home: tuple[str, float, float]) -> None:
    client = serve()
    street = home[0].partition(" ")[2].partition(",")[0]
    many = client.post(SEARCH, json={"q": f"9999 {street}", "limit": 20}).json()["candidates"]
    one = client.post(SEARCH, json={"q": f"9999 {street}", "limit": 1}).json()["candidates"]
    assert len(many) >= 1
    assert one == many[:1]
    assert client.post(SEARCH, json={"q": street, "limit": 0}).json()["candidates"] == []


@pytest.mark.parametrize(
    ("params", "status"),
    [
        ({}, 400),
        ({"q": ""}, 400),
        ({"q": "x" * 501}, 400),
        ({"q": "1 A", "limit": 21}, 400),
        ({"q": "1 A", "limit": -1}, 400),
        ({"q": "1 A", "nonsense": "1"}, 400),
    ],
)
def test_a_bad_question_is_refused_as_a_problem(serve: Serve, params: dict[str, str], status: int) -> None:
    answer = serve().get(SEARCH, params=params)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "text", ["\x00", "=1+1", "' OR 1=1 --", "<script>alert(1)</script>", "\u202e12", "🏠" * 100, "/" * 500]
)
def test_a_hostile_text_is_an_address_that_is_not_found(serve: Serve, text: str) -> None:
    answer = serve().post(SEARCH, json={"q": text})
    assert (answer.status_code, answer.json()["grade"]) == (200, "none")


def test_a_batch_answers_in_order_and_says_the_share_of_each_grade(
    serve: Serve, home: tuple[str, float, float]
) -> None:
    answer = serve().post(BATCH, json={"addresses": [home[0], "không rõ", home[0], ""]}).json()
    assert [each["grade"] for each in answer["answers"]] == ["exact", "none", "exact", "none"]
    assert answer["report"]["grades"]["exact"] == {"count": 2, "share_ratio": 0.5}
    assert answer["report"]["grades"]["ward"] == {"count": 0, "share_ratio": 0.0}
    assert "đúng số nhà 50,0 % (2)" in answer["report"]["text"]["vi"]


def test_a_batch_holds_a_thousand_addresses_and_no_more(serve: Serve) -> None:
    client = serve()
    assert client.post(BATCH, json={"addresses": ["1 A"] * 1000}).status_code == 200
    assert client.post(BATCH, json={"addresses": ["1 A"] * 1001}).status_code == 422
    assert client.post(BATCH, json={"addresses": []}).status_code == 422


@pytest.mark.parametrize(("lon", "lat"), [(107.5, 11.5), (180, 90), (-180, -90), (0, 0)])
def test_no_address_near_a_point_is_an_answer(serve: Serve, lon: float, lat: float) -> None:
    answer = serve().get(REVERSE, params={"lon": lon, "lat": lat, "limit_m": 1000})
    assert (answer.status_code, answer.json()["place"], answer.json()["distance_m"]) == (200, None, None)


@pytest.mark.parametrize(
    "point", [{"lon": "nan", "lat": 10}, {"lon": 106.7}, {"lon": 181, "lat": 10}, {"lon": "x", "lat": 1}]
)
def test_a_point_that_is_none_is_refused(serve: Serve, point: dict[str, str]) -> None:
    assert serve().get(REVERSE, params=point).status_code == 400


@pytest.mark.parametrize("layer", ["address", "street", "ward"])
def test_a_layer_that_is_closed_closes_the_answers_drawn_from_it(serve: Serve, layer: str) -> None:
    for group, status in (("nobody", 404), ("officers", 403)):
        client = serve(access=f"{layer}={group}")
        assert client.post(SEARCH, json={"q": "1 A"}).status_code == status
        assert client.get(REVERSE, params={"lon": 106.7, "lat": 10.7}).status_code == status
        assert client.post(BATCH, json={"addresses": ["1 A"]}).status_code == status
        assert client.post("/parcels/by-address", data={"address": "1 A"}).status_code == status
        assert "by-address" not in client.get("/parcels").text


def test_layers_that_are_not_published_are_said_to_be_missing(serve: Serve, built_store: Path) -> None:
    answer = serve(built_store).post(SEARCH, json={"q": "1 A"})
    assert (answer.status_code, answer.json()["code"]) == (503, "data_unavailable")


def test_who_asks_too_often_waits_whether_by_get_or_by_post(serve: Serve) -> None:
    few = Budget(request_count=3, miss_count=100, all_miss_count=100, counts_reading=True)
    client = serve(budget=few)
    statuses = [client.get(SEARCH, params={"q": "1 A"}).status_code for _ in range(3)]
    refused = client.post(SEARCH, json={"q": "1 A"})
    assert (statuses, refused.status_code) == ([200, 200, 200], 429)
    assert int(refused.headers["retry-after"]) > 0


def test_a_version_that_is_published_answers_the_next_question(
    serve: Serve, home: tuple[str, float, float], city: DemoCity, tmp_path: Path
) -> None:
    client = serve()
    assert client.post(SEARCH, json={"q": home[0]}).json()["grade"] == "exact"
    without = city.layers[LayerName.ADDRESS]
    without = without[without["address"] != home[0]]
    without.to_file(tmp_path / "without.gpkg", layer="address", engine="pyogrio")
    database = client.app.state.database_door.open()  # type: ignore[attr-defined]
    moment = datetime(2026, 7, 1, tzinfo=UTC)
    import_layer(
        database, LayerName.ADDRESS, tmp_path / "without.gpkg", imported_at=moment, imported_by="test", publish=True
    )
    answer = client.post(SEARCH, json={"q": home[0]}).json()
    assert answer["layer_versions"]["address"] == 5
    assert answer["grade"] != "exact"


def test_the_page_leads_from_an_address_to_the_parcel_below_it(serve: Serve, home: tuple[str, float, float]) -> None:
    client = serve()
    assert 'action="/parcels/by-address"' in client.get("/parcels").text
    page = client.post("/parcels/by-address?lang=vi", data={"address": home[0]})
    assert page.status_code == 200
    assert "Mức định vị: đúng số nhà" in page.text
    links = re.findall(r'href="(/parcels/[0-9][^"]*)"', page.text)
    assert len(links) == 1
    parcel = client.get(links[0])
    assert parcel.status_code == 200
    assert home[0].partition(",")[0] in parcel.text


def test_the_page_shows_candidates_with_grades_where_it_is_not_sure(
    serve: Serve, home: tuple[str, float, float]
) -> None:
    client = serve()
    street = home[0].partition(" ")[2]
    page = client.post("/parcels/by-address?lang=en", data={"address": f"9999 {street}"})
    assert "Grade: street" in page.text
    assert street.partition(",")[0] in page.text
    assert "Choose the right place" in page.text
    empty = client.post("/parcels/by-address?lang=en", data={"address": "  "})
    assert (empty.status_code, "Enter an address." in empty.text) == (422, True)
    assert client.get("/parcels/by-address?lang=vi").headers["location"] == "/parcels?lang=vi"


def test_the_page_escapes_what_was_typed(serve: Serve) -> None:
    page = serve().post("/parcels/by-address", data={"address": '"><script>alert(1)</script>'})
    assert "<script>alert" not in page.text
