"""A round on its page: the public sees no figure that points at a few children, an officer sees all."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from html import escape

import httpx
import pytest
from fastapi import FastAPI

from allocation import store
from allocation.policy import load_policy, shipped_policies
from allocation.public_figures import AdmissionRound, RoundSchool
from allocation.snapshot import RoundId
from api.i18n import sentences
from spatial.text import Text

OPEN_SCHOOL, SMALL_SCHOOL, FULL_SCHOOL = "Trường Còn Chỗ", "Trường <b>Ít</b>", "Trường Đã Đủ"


def school(name: str, *, capacity: int, placed: int, price_m: int = 0) -> RoundSchool:
    return RoundSchool(
        school_code=name[-4:],
        level="grade_1",
        name=name,
        capacity=capacity,
        placed=placed,
        cut_off_tier=2,
        cut_off_distance_m=1234,
        seat_price_m=price_m,
        x=603_700.0,
        y=1_191_178.0,
    )


@pytest.fixture
def stored(app: FastAPI) -> AdmissionRound:
    figures = {
        "applicants": 120, "placed": 113, "unplaced": 7,
        "mean_distance_m": 586.3, "max_distance_m": 3412, "share_nearest": 0.873,
    }  # fmt: skip
    made = AdmissionRound(
        round_id=RoundId("lop-1"),
        title=Text("Lớp 1 năm 2026", "Grade 1 in 2026"),
        levels=("grade_1",),
        policy="least-travel",
        seed="2026",
        problem_sha256="ab" * 32,
        verified=True,
        published_at=datetime(2026, 6, 30, 18, tzinfo=UTC),
        layer_versions={},
        snapshot_name="lop-1.results.sqlite",
        content_sha256="cd" * 32,
        summary=figures | {"levels": [figures | {"level": "grade_1"}]},
        schools=(
            school(OPEN_SCHOOL, capacity=70, placed=40),
            school(SMALL_SCHOOL, capacity=70, placed=3),
            school(FULL_SCHOOL, capacity=70, placed=70, price_m=340),
        ),
    )
    with app.state.database_door.open().transaction() as session:
        store.save_round(session, made)
    return made


def row_of(page: str, name: str) -> str:
    return page.split(name)[1].split("</tr>", maxsplit=1)[0]


@pytest.mark.usefixtures("stored")
def test_a_round_is_listed_and_shown_with_its_figures(client: httpx.Client) -> None:
    assert '<a href="/rounds/lop-1">Lớp 1 năm 2026</a>' in client.get("/rounds").text
    page = client.get("/rounds/lop-1").text
    for figure in ("<dd>113</dd>", "586\N{NO-BREAK SPACE}m", "3.412\N{NO-BREAK SPACE}m", "87%"):
        assert figure in page
    assert "01/07/2026" in page, "published at 01:00 in Vietnam"
    assert "Tổng quãng đường ngắn nhất" in page


@pytest.mark.parametrize("name", shipped_policies())
@pytest.mark.parametrize("language", ["vi", "en"])
def test_the_rule_is_named_on_the_page_as_its_file_names_it(
    client: httpx.Client, app: FastAPI, stored: AdmissionRound, *, name: str, language: str
) -> None:
    made = replace(stored, round_id=RoundId("other-rule"), snapshot_name="other.results.sqlite", policy=name)
    with app.state.database_door.open().transaction() as session:
        store.save_round(session, made)
    title = load_policy(name).title
    page = client.get(f"/rounds/other-rule?lang={language}").text.replace("\N{NO-BREAK SPACE}", " ")
    assert escape(getattr(title, language)) in page
    assert f"({name})" in page


@pytest.mark.usefixtures("stored")
def test_a_cut_off_stands_only_where_the_seats_are_gone(client: httpx.Client) -> None:
    page = client.get("/rounds/lop-1").text
    assert "Diện ưu tiên 2, đến 1.234\N{NO-BREAK SPACE}m" in row_of(page, FULL_SCHOOL)
    assert "340\N{NO-BREAK SPACE}m" in row_of(page, FULL_SCHOOL)


def test_each_tier_and_step_of_a_school_has_its_cut_off(
    client: httpx.Client, app: FastAPI, stored: AdmissionRound
) -> None:
    place = {"school_code": FULL_SCHOOL[-4:], "level": "grade_1", "seat_group": "", "last_lottery_place": None}
    rows = [
        {**place, "stage": 1, "tier": 1, "admitted": 60, "last_distance_m": 2846},
        {**place, "stage": 2, "tier": 2, "admitted": None, "last_distance_m": None},
    ]
    with app.state.database_door.open().transaction() as session:
        store.save_round(session, replace(stored, summary={**stored.summary, "cut_offs": rows}))
    told = row_of(client.get("/rounds/lop-1").text, FULL_SCHOOL)
    assert "Diện ưu tiên 1: 60 trẻ, đến 2.846\N{NO-BREAK SPACE}m" in told
    assert 'Diện ưu tiên 2 · bước 2: <span class="quiet">ẩn</span>' in told
    detail = client.get("/api/v1/rounds/lop-1").json()
    assert [row["admitted"] for row in detail["cut_offs"]] == [60, None]
    assert "cut_offs" not in detail["summary"]


@pytest.mark.usefixtures("stored")
def test_the_public_is_not_told_a_count_of_a_few_children(client: httpx.Client) -> None:
    row = row_of(client.get("/rounds/lop-1").text, "Trường &lt;b&gt;Ít&lt;/b&gt;")
    assert sentences("vi")["round.withheld"] in row
    assert ">3<" not in row
    assert "1.234" not in row


@pytest.mark.usefixtures("stored")
def test_a_school_s_name_is_text_on_the_page_and_on_the_map(client: httpx.Client) -> None:
    assert "<b>Ít" not in client.get("/rounds/lop-1").text
    assert "<b>Ít" not in client.get("/maps/round/lop-1").text


@pytest.mark.usefixtures("stored")
def test_the_public_map_holds_no_withheld_figure_and_may_be_cached(client: httpx.Client) -> None:
    answer = client.get("/maps/round/lop-1?lang=en")
    assert "withheld/70" in answer.text
    assert "3/70" not in answer.text
    assert answer.headers["cache-control"].startswith("public")


def test_an_unknown_round_is_not_found(client: httpx.Client) -> None:
    assert client.get("/rounds/none", headers={"accept": "text/html"}).status_code == 404


def test_no_round_is_said_in_words(client_of: Callable[..., httpx.Client], app: FastAPI) -> None:
    assert "Chưa có đợt nào được công bố." in client_of(app).get("/rounds").text
