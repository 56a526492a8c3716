from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import httpx
from fastapi import FastAPI
from pydantic import SecretStr

from allocation import store
from allocation.public_figures import AdmissionRound
from allocation.publication import SNAPSHOT_SUFFIX
from allocation.snapshot import RoundId
from api.app import create_app
from api.settings import Settings
from spatial.errors import DataUnavailableError
from spatial.text import Text


def test_a_fresh_installation_builds_its_store_and_is_ready(
    tmp_path: Path, client_of: Callable[..., httpx.Client]
) -> None:
    client = client_of(create_app(Settings(data_dir=tmp_path / "fresh")))
    assert client.get("/healthz").json() == {"status": "alive"}
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json()["checks"] == {"database": "ready", "published_results": "ready"}


def test_a_store_that_does_not_answer_makes_it_unready_and_says_why(
    settings: Settings, client_of: Callable[..., httpx.Client]
) -> None:
    nowhere = settings.model_copy(update={"database_url": "postgresql+psycopg://nobody@127.0.0.1:1/none"})
    client = client_of(create_app(nowhere))
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"]["published_results"] == "ready"
    assert answer.json()["checks"]["database"] != "ready"
    assert client.get("/healthz").status_code == 200


def test_a_store_of_another_program_makes_it_unready_and_says_why(
    settings: Settings, client_of: Callable[..., httpx.Client]
) -> None:
    (settings.data_dir / "diaban.gpkg").write_bytes(b"no database at all" * 100)
    client = client_of(create_app(settings))
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "diaban.gpkg" in answer.json()["checks"]["database"]
    assert "not a database" in answer.json()["checks"]["database"]


def test_people_are_told_that_data_are_away_in_words_and_not_in_those_of_the_store(
    settings: Settings, client_of: Callable[..., httpx.Client]
) -> None:
    (settings.data_dir / "diaban.gpkg").write_bytes(b"no database at all" * 100)
    client = client_of(create_app(settings))
    for path in ("/rounds", "/parcels", "/parcels/26797-10-16", "/maps/school/A"):
        answer = client.get(path, headers={"accept": "text/html"})
        assert answer.status_code == 503
        assert "Dữ liệu tạm thời chưa sẵn sàng" in answer.text
        assert "not a database" not in answer.text
        assert "gpkg" not in answer.text
    assert client.get("/admissions/result").status_code == 200


def test_a_damaged_publication_makes_it_unready_and_says_which(
    client: httpx.Client, settings: Settings, publish: Callable[..., None], families: list[dict[str, str]]
) -> None:
    publish(families)
    (settings.published_dir / f"other{SNAPSHOT_SUFFIX}").write_bytes(b"cut off")
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert f"other{SNAPSHOT_SUFFIX}" in answer.json()["checks"]["published_results"]


def test_results_under_another_secret_are_not_served_as_if_nobody_had_applied(
    settings: Settings,
    client_of: Callable[..., httpx.Client],
    publish: Callable[..., None],
    families: list[dict[str, str]],
) -> None:
    publish(families)
    client = client_of(create_app(settings.model_copy(update={"secret": SecretStr("another secret " * 3)})))
    answer = client.post("/api/v1/admissions/lookup", json=families[0])
    assert answer.status_code == 503
    assert answer.json()["code"] == "data_unavailable"
    assert "another secret" in client.get("/readyz").json()["checks"]["published_results"]


def test_a_store_that_remembers_another_publication_than_is_served_is_noticed(
    client: httpx.Client, app: FastAPI, publish: Callable[..., None], families: list[dict[str, str]]
) -> None:
    """What a power cut between the two would leave behind."""
    publish(families, round_id="grade-1-2026")
    served = app.state.published.content_sha256("grade-1-2026")
    remembered = AdmissionRound(
        round_id=RoundId("grade-1-2026"),
        title=Text("Lớp 1", "Grade 1"),
        levels=("grade_1",),
        policy="least-travel",
        seed="1",
        problem_sha256="0" * 64,
        verified=True,
        published_at=datetime(2026, 7, 1, tzinfo=UTC),
        layer_versions={},
        snapshot_name="grade-1-2026.results.sqlite",
        content_sha256=served,
        summary={},
    )
    with app.state.database_door.open().transaction() as session:
        store.save_round(session, remembered)
    assert client.get("/readyz").status_code == 200
    with app.state.database_door.open().transaction() as session:
        store.save_round(session, replace(remembered, content_sha256="1" * 64))
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "grade-1-2026" in answer.json()["checks"]["published_results"]


def test_a_store_that_comes_back_is_used_without_a_restart(client: httpx.Client, app: FastAPI) -> None:
    door = app.state.database_door
    working = door.open

    def away() -> None:
        raise DataUnavailableError(Text("Đi vắng.", "Away."))

    door.open = away
    assert client.get("/readyz").status_code == 503
    door.open = working
    assert client.get("/readyz").status_code == 200
