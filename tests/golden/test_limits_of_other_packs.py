"""Old dates, the edition of 2027, and areas whose rules were not found answer as their sheet says."""

from collections.abc import Iterator
from typing import Any

import pytest
from limit_sheets import HERE, answer, cases_of, differences, sheet

from permits.rulebook import available_rulebooks, load_rulebook

CASES = {case["id"]: case for case in cases_of("limits_of_other_packs.yaml")}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_what_is_known_of_these_rules_is_answered_and_the_rest_is_review(case: dict[str, Any]) -> None:
    assert list(differences(case, answer(case))) == []


def ids_in(part: object) -> Iterator[str]:
    """Yield the id of every case, wherever it stands in a sheet."""
    if isinstance(part, dict):
        if isinstance(part.get("id"), str):
            yield part["id"]
        for value in part.values():
            yield from ids_in(value)
    elif isinstance(part, list):
        for value in part:
            yield from ids_in(value)


def all_case_ids() -> set[str]:
    return {case for path in sorted(HERE.glob("*.yaml")) for case in ids_in(sheet(path.name))}


@pytest.mark.parametrize("name", available_rulebooks())
def test_every_case_that_a_rule_names_exists(name: str) -> None:
    known = all_case_ids()
    missing = [(rule.id, case) for rule in load_rulebook(name).rules for case in rule.cases if case not in known]
    assert missing == []
