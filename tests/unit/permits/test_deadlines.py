from datetime import date
from typing import Any

import pytest

from permits.deadlines import DEADLINE_RULEBOOK, Dossier, Procedure, due_date
from permits.due_model import Due
from permits.rulebook import load_rulebook
from spatial.errors import InputError
from spatial.office_years import office_calendar

HOUSE = Procedure.HOUSE_NEW


def answer(procedure: Procedure = HOUSE, received: str = "2026-07-06", **days: str) -> Due:
    known = {name: date.fromisoformat(day) for name, day in days.items()}
    dossier = Dossier(procedure=procedure, received=date.fromisoformat(received), **known)
    return due_date(dossier, calendar=office_calendar(*dossier.years), rulebook=load_rulebook(DEADLINE_RULEBOOK))


@pytest.mark.parametrize(
    ("procedure", "working_days", "steps"),
    [
        (Procedure.HOUSE_NEW, 7, {"appraisal": 3, "consultation": 2, "supplement": 2, "refusal_notice": 1}),
        (
            Procedure.HOUSE_ADJUST_OR_REPAIR,
            7,
            {"appraisal": 3, "consultation": 2, "supplement": 2, "refusal_notice": 1},
        ),
        (Procedure.OTHER_NEW, 10, {"appraisal": 5, "consultation": 2, "supplement": 2, "refusal_notice": 1}),
        (
            Procedure.OTHER_ADJUST_OR_REPAIR,
            9,
            {"appraisal": 5, "consultation": 2, "supplement": 2, "refusal_notice": 1},
        ),
        (Procedure.EXTEND_OR_REISSUE, 5, {"appraisal": 2, "consultation": 2, "supplement": 1, "refusal_notice": 1}),
    ],
)
def test_the_norms_are_those_of_article_54(procedure: Procedure, working_days: int, steps: dict[str, int]) -> None:
    """NĐ 217/2026/NĐ-CP, Article 54, paragraphs 1.b, 2 and 3."""
    found = answer(procedure)
    assert found.working_days == working_days
    assert {step.name: step.working_days for step in found.steps} == steps


def test_a_silent_body_agrees_and_there_is_one_supplement_notice() -> None:
    """NĐ 217/2026/NĐ-CP, Article 54.2, points b and c."""
    steps = {step.name: step for step in answer().steps}
    assert steps["consultation"].silence_means == "agreed"
    assert steps["supplement"].notices_max == 1


def test_the_clocks_of_applicant_and_refusal_begin_with_what_starts_them() -> None:
    steps = {step.name: step.due for step in answer().steps}
    assert (steps["supplement"], steps["refusal_notice"]) == (None, None)
    steps = {step.name: step.due for step in answer(notice_sent="2026-07-08", supplement_received="2026-07-10").steps}
    assert (steps["supplement"], steps["refusal_notice"]) == (date(2026, 7, 10), date(2026, 7, 13))


def test_each_day_says_whether_and_why_it_counts() -> None:
    days = answer(received="2026-11-20").to_json()["days"]
    assert isinstance(days, list)
    told = [(day["date"][-5:], day["number"], day["cause"]) for day in days]
    assert told[:4] == [
        ("11-21", None, "weekend"),
        ("11-22", None, "weekend"),
        ("11-23", 1, "working_day"),
        ("11-24", None, "holiday"),
    ]
    assert all(day["basis"] for day in days if not day["counted"])


def test_the_days_of_a_supplement_are_skipped_by_name() -> None:
    causes = {day.day.day: day.cause for day in answer(notice_sent="2026-07-08").days}
    assert [causes[day] for day in (8, 9, 10, 13)] == [
        "working_day",
        "supplement_pause",
        "supplement_pause",
        "working_day",
    ]


def test_an_answer_names_the_calendar_and_the_rules_it_came_from() -> None:
    told: dict[str, Any] = answer().to_json()
    assert told["calendar"]["sha256"] == office_calendar(2026, 2027).sha256
    assert told["calendar"]["announced_years"] == [2026]
    assert told["rulebook_sha256"] == load_rulebook(DEADLINE_RULEBOOK).sha256


@pytest.mark.parametrize(
    ("days", "says"),
    [
        ({"lodged": "2026-07-07"}, "not in order"),
        ({"notice_sent": "2026-07-03"}, "not in order"),
        ({"notice_sent": "2026-07-08", "supplement_received": "2026-07-07"}, "not in order"),
        ({"supplement_received": "2026-07-08"}, "without its notice"),
        ({"notice_sent": "2062-07-08"}, "over a year"),
    ],
)
def test_days_that_cannot_be_are_refused(days: dict[str, str], says: str) -> None:
    with pytest.raises(InputError, match=says):
        answer(**days)


@pytest.mark.parametrize(
    ("received", "year"), [("2099-12-28", 2100), ("9999-12-31", 9999), ("2100-01-04", 2100), ("1899-07-06", 1899)]
)
def test_a_dossier_beyond_the_calendar_is_refused(received: str, year: int) -> None:
    with pytest.raises(InputError, match=f"does not hold {year}"):
        answer(received=received)


def test_a_dossier_of_before_the_law_of_2014_is_not_put_under_it() -> None:
    found = answer(received="2010-07-06")
    assert (found.due, found.reason) == (None, "NOT_IN_FORCE")


LAW_OF_THE_DAY = {
    "2021-07-05": (None, "NEEDS_REVIEW", "Luật Xây dựng 50/2014/QH13"),
    "2025-12-31": (None, "NEEDS_REVIEW", "NĐ 175/2024/NĐ-CP"),
    "2026-06-30": (None, "NEEDS_REVIEW", "NĐ 175/2024/NĐ-CP"),
    "2026-07-01": (date(2026, 7, 10), "CERTAIN", "NĐ 217/2026/NĐ-CP"),
    "2027-01-01": (date(2027, 1, 12), "PROVISIONAL", "NĐ 217/2026/NĐ-CP"),
}


@pytest.mark.parametrize("received", LAW_OF_THE_DAY)
def test_the_same_dossier_is_counted_by_the_law_of_its_day(received: str) -> None:
    found = answer(received=received)
    assert (found.due, found.certainty, found.citation.instrument) == LAW_OF_THE_DAY[received]
