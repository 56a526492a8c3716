"""The worked cases of permit_procedures.yaml: every letter, both sides of every figure and of every day of change."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from permits.competence import ISSUING_RULEBOOK, competence
from permits.exemptions import EXEMPTION_RULEBOOK, exemption
from permits.rulebook import load_rulebook
from permits.temporary import temporary_permit
from permits.terms import REVOCATION_STEPS, revocation, terms
from permits.works import read_works
from spatial.office_years import office_calendar

SHEET = yaml.safe_load(Path(__file__).with_name("permit_procedures.yaml").read_text(encoding="utf-8"))
GROUPS = ("exemptions", "competences", "temporary", "terms", "revocations")
CALENDAR = office_calendar(2026, 2029)
ISSUING = load_rulebook(ISSUING_RULEBOOK)


def of(name: str) -> Any:  # noqa: ANN401 - what pytest takes
    return pytest.mark.parametrize("case", SHEET[name], ids=lambda case: case["id"])


def day_of(case: dict[str, Any]) -> Any:  # noqa: ANN401 - a day
    return case.get("as_of", SHEET["as_of"])


@of("exemptions")
def test_article_43_frees_from_a_permit_or_not(case: dict[str, Any]) -> None:
    found = exemption(read_works(case["works"]), rulebook=load_rulebook(EXEMPTION_RULEBOOK), as_of=day_of(case))
    assert (found.permit_required, found.reason) == (case["required"], case.get("reason"))
    assert (found.letter, found.notice) == (case.get("letter"), case.get("notice"))
    assert list(found.missing) == case.get("missing", [])
    assert "Điều 43" in str(found.citation) or found.reason == "NOT_IN_FORCE"


@of("competences")
def test_this_authority_issues_or_both_texts_are_told(case: dict[str, Any]) -> None:
    found = competence(read_works(case["works"]), rulebook=ISSUING, as_of=day_of(case))
    assert (found.reading.authority if found.reading else None) == case.get("authority")
    assert (found.reason, found.governing_class) == (case.get("reason"), case.get("governing_class"))
    assert [reading.authority for reading in found.readings] == case.get("conflict", [])
    assert (list(found.missing), list(found.unless_known)) == (case.get("missing", []), case.get("unless", []))
    assert found.commune == case.get("commune")


@of("temporary")
def test_a_temporary_permit_allows_this_much(case: dict[str, Any]) -> None:
    found = temporary_permit(read_works(case["works"]), rulebook=ISSUING, as_of=day_of(case))
    assert (found.allowed, found.reason) == (case["allowed"], case.get("reason"))
    assert (found.floors_max, found.basements_max) == (case.get("floors"), case.get("basements"))
    assert (found.years_max, list(found.missing)) == (case.get("years"), case.get("missing", []))
    assert found.citations


@of("terms")
def test_a_permit_lives_this_long(case: dict[str, Any]) -> None:
    found = terms(case["issued"], extended=tuple(case.get("extended", ())), calendar=CALENDAR, rulebook=ISSUING)
    assert (found.start_by, found.publish_until) == (case.get("start_by"), case.get("publish_until"))
    assert (found.extensions_left, found.reason) == (case.get("extensions_left"), case.get("reason"))


@of("revocations")
def test_a_revocation_takes_these_days(case: dict[str, Any]) -> None:
    starts = {name: case[name] for name in ("findings_received", "decided", "decision_received") if name in case}
    found = revocation(calendar=CALENDAR, rulebook=ISSUING, **starts)
    assert {step.name: step.due for step in found} == {name: case[name] for name in REVOCATION_STEPS}


def test_no_case_stands_twice() -> None:
    ids = [case["id"] for name in GROUPS for case in SHEET[name]]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("name", [EXEMPTION_RULEBOOK, ISSUING_RULEBOOK])
def test_every_case_that_a_rule_names_stands_here(name: str) -> None:
    named = {case for rule in load_rulebook(name).rules for case in rule.cases}
    assert named <= {case["id"] for group in GROUPS for case in SHEET[group]}
