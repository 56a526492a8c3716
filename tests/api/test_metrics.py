"""What a monitoring system reads: the text format of Prometheus, and nobody's data in it."""

from collections.abc import Callable

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from allocation.personal_id import Sex, make_personal_id
from api.app import create_app
from api.settings import Settings

LOOK_UP = "/api/v1/admissions/lookup"
NUMBER = make_personal_id(province_code="079", sex=Sex.MALE, birth_year=2020, serial=7)
NOBODY = {"applicant_no": NUMBER, "date_of_birth": "2020-01-31", "receipt_code": "0000-0000-0000"}
Figures = dict[tuple[str, frozenset[tuple[str, str]]], float]


def figures_of(client: httpx.Client) -> Figures:
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")
    families = text_string_to_metric_families(answer.text)
    return {(each.name, frozenset(each.labels.items())): each.value for one in families for each in one.samples}


def figure(figures: Figures, name: str, **labels: str) -> float:
    return figures.get((name, frozenset(labels.items())), 0)


@pytest.fixture
def client(settings: Settings, client_of: Callable[..., httpx.Client]) -> httpx.Client:
    return client_of(create_app(settings))


def test_requests_are_counted_by_template_and_status_and_timed(client: httpx.Client) -> None:
    for _ in range(3):
        client.get("/healthz")
    client.get("/ogc/collections/parcel")
    client.get("/parcels/26797-10-16")
    client.get("/no/such/page")
    found = figures_of(client)
    assert figure(found, "diaban_requests_total", method="GET", route="/healthz", status="200") == 3
    assert figure(found, "diaban_requests_total", method="GET", route="none", status="404") == 1
    assert figure(found, "diaban_request_seconds_count", route="/healthz") == 3
    assert figure(found, "diaban_request_seconds_count", route="/ogc/collections/{collection}") == 1
    assert figure(found, "diaban_request_seconds_count", route="/parcels/{parcel_key}") == 1
    assert figure(found, "diaban_database_up") == 1


def test_look_ups_are_counted_by_how_they_ended(client: httpx.Client) -> None:
    client.post(LOOK_UP, json=NOBODY)
    client.post(LOOK_UP, json={})
    found = figures_of(client)
    assert figure(found, "diaban_look_ups_total", outcome="miss") == 1
    assert figure(found, "diaban_look_ups_total", outcome="refused") == 1
    assert figure(found, "diaban_look_ups_total", outcome="hit") == 0


def test_no_label_holds_what_somebody_typed(client: httpx.Client) -> None:
    client.post(LOOK_UP, json=NOBODY)
    for path in ("/parcels/26797-10-16", f"/{NUMBER}", f"/admissions/result?applicant_no={NUMBER}"):
        client.get(path)
    client.request(f"SECRET{NUMBER}", "/healthz")
    told = client.get("/metrics").text
    for typed in (NUMBER, "26797", "0000-0000", "SECRET"):
        assert typed not in told


def test_a_store_that_is_away_is_told_and_the_figures_come_all_the_same(
    settings: Settings, client_of: Callable[..., httpx.Client]
) -> None:
    nowhere = settings.model_copy(update={"database_url": "postgresql+psycopg://nobody@127.0.0.1:1/none"})
    assert figure(figures_of(client_of(create_app(nowhere))), "diaban_database_up") == 0


@pytest.mark.parametrize("header", ["x-forwarded-for", "forwarded", "x-real-ip"])
def test_whoever_comes_through_a_proxy_is_refused_though_the_proxy_is_this_machine(
    client: httpx.Client, header: str
) -> None:
    answer = client.get("/metrics", headers={header: "203.0.113.7"})
    assert answer.status_code == 403
    assert "diaban_requests" not in answer.text


def test_another_machine_reads_only_when_the_setting_names_it(
    settings: Settings, client_of: Callable[..., httpx.Client]
) -> None:
    elsewhere = settings.model_copy(update={"metrics_readers": "10.0.0.9"})
    assert client_of(create_app(elsewhere)).get("/metrics").status_code == 403
    everybody = settings.model_copy(update={"metrics_readers": "*"})
    assert client_of(create_app(everybody)).get("/metrics").status_code == 200
