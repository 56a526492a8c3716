from datetime import UTC, datetime

import httpx
import pytest
from fastapi import FastAPI

from allocation import store
from allocation.public_figures import AdmissionRound, RoundSchool
from allocation.snapshot import RoundId
from spatial.text import Text


def school(code: str, placed: int, *, x: float | None = 603_000.0) -> RoundSchool:
    return RoundSchool(
        school_code=code,
        level="grade_1",
        name=f"Trường {code}",
        capacity=35,
        placed=placed,
        cut_off_tier=1,
        cut_off_distance_m=740,
        seat_price_m=12,
        x=x,
        y=None if x is None else 1_192_000.0,
    )


@pytest.fixture
def _rounds(app: FastAPI) -> None:
    with app.state.database_door.open().transaction() as session:
        for round_id, day in (("grade-1-2025", 1), ("grade-1-2026", 2)):
            store.save_round(
                session,
                AdmissionRound(
                    round_id=RoundId(round_id),
                    title=Text("Tuyển sinh lớp 1", "Admission to grade 1"),
                    levels=("grade_1",),
                    policy="least-travel",
                    seed="2026",
                    problem_sha256="0" * 64,
                    verified=True,
                    published_at=datetime(2026, 7, day, tzinfo=UTC),
                    layer_versions={"school": 3},
                    snapshot_name=f"{round_id}.results.sqlite",
                    content_sha256="1" * 64,
                    summary={"applicants": 73, "placed": 70, "unplaced": 3, "mean_distance_m": 512.5},
                    schools=(school("A", 35), school("B", 33), school("C", 2), school("D", 0, x=None)),
                ),
            )


@pytest.mark.usefixtures("_rounds")
class TestPublishedRounds:
    def test_rounds_are_listed_newest_first(self, client: httpx.Client) -> None:
        rounds = client.get("/api/v1/rounds").json()["rounds"]
        assert [each["round_id"] for each in rounds] == ["grade-1-2026", "grade-1-2025"]
        assert rounds[0]["title"] == {"vi": "Tuyển sinh lớp 1", "en": "Admission to grade 1"}

    def test_a_round_can_be_recomputed_from_what_is_told_of_it(self, client: httpx.Client) -> None:
        body = client.get("/api/v1/rounds/grade-1-2026").json()
        assert (body["policy"], body["seed"], body["problem_sha256"]) == ("least-travel", "2026", "0" * 64)
        assert body["layer_versions"] == {"school": 3}
        assert body["verified"] is True

    def test_figures_that_point_at_a_few_children_are_withheld(self, client: httpx.Client) -> None:
        body = client.get("/api/v1/rounds/grade-1-2026").json()
        shown = {each["school_code"]: each["placed"] for each in body["schools"]}
        assert shown == {"A": 35, "B": None, "C": None, "D": 0}
        assert body["summary"] == {"applicants": None, "placed": 70, "unplaced": None, "mean_distance_m": 512.5}
        listed = client.get("/api/v1/rounds").json()["rounds"][0]
        assert listed["summary"] == body["summary"]

    def test_schools_stand_at_their_place_in_degrees(self, client: httpx.Client) -> None:
        first, *_, last = client.get("/api/v1/rounds/grade-1-2026").json()["schools"]
        assert first["lon"] == pytest.approx(106.69, abs=0.01)
        assert first["lat"] == pytest.approx(10.78, abs=0.01)
        assert (last["lon"], last["lat"]) == (None, None)

    def test_an_unknown_parameter_is_refused(self, client: httpx.Client) -> None:
        answer = client.get("/api/v1/rounds?limit=5")
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["field"] == "limit"


def test_a_round_that_does_not_exist_is_not_found(client: httpx.Client) -> None:
    assert client.get("/api/v1/rounds").json() == {"rounds": []}
    answer = client.get("/api/v1/rounds/none")
    assert answer.status_code == 404
    assert answer.json()["code"] == "not_found"
