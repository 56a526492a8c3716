"""The worked cases of permit_deadlines.yaml: every procedure, both sides of 1 July 2026, the supplement both ways."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from permits.deadlines import DEADLINE_RULEBOOK, Dossier, Procedure, SupplementClock, due_date
from permits.due_model import Due
from permits.rulebook import load_rulebook
from spatial.office_years import office_calendar

SHEET = yaml.safe_load(Path(__file__).with_name("permit_deadlines.yaml").read_text(encoding="utf-8"))
CASES = {case["id"]: case for case in SHEET["cases"]}
WITHOUT = {case["id"]: case for case in SHEET["without_a_date"]}
DAYS = ("received", "lodged", "notice_sent", "supplement_received")


def answer(case: dict[str, Any]) -> Due:
    dossier = Dossier(procedure=Procedure(case["procedure"]), **{name: case[name] for name in DAYS if name in case})
    clock = SupplementClock(case.get("clock", "paused"))
    calendar = office_calendar(*dossier.years)
    return due_date(dossier, calendar=calendar, rulebook=load_rulebook(DEADLINE_RULEBOOK), clock=clock)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_decree_and_the_calendar_give_this_day(case: dict[str, Any]) -> None:
    found = answer(case)
    assert found.due == case["due"]
    assert found.certainty == case.get("certainty", "CERTAIN")
    assert found.citation.clause == case["clause"]
    assert {step.name: step.due for step in found.steps}["appraisal"] == case["appraisal"]
    assert [other.due for other in found.alternatives] == [case[name] for name in ("alternative",) if name in case]


@pytest.mark.parametrize("case", WITHOUT.values(), ids=WITHOUT)
def test_a_dossier_of_the_older_law_gets_no_date_but_its_law(case: dict[str, Any]) -> None:
    found = answer(case)
    assert (found.due, found.working_days, found.days) == (None, None, ())
    assert (found.certainty, found.reason) == ("NEEDS_REVIEW", "RULE_UNVERIFIED")
    assert found.citation.instrument == case["instrument"]
    assert (found.transition.clause if found.transition else None) == case.get("transition")


def test_no_case_stands_twice() -> None:
    assert len({*CASES, *WITHOUT}) == len(SHEET["cases"]) + len(SHEET["without_a_date"])
