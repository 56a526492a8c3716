"""Old dates, the edition of 2027, and areas whose rules were not found answer as their sheet says."""

from typing import Any

import pytest
from limit_sheets import HERE, answer, cases_of, differences, sheet

from permits.rulebook import available_rulebooks, load_rulebook

CASES = {case["id"]: case for case in cases_of("limits_of_other_packs.yaml")}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_what_is_known_of_these_rules_is_answered_and_the_rest_is_review(case: dict[str, Any]) -> None:
    assert list(differences(case, answer(case))) == []


def all_case_ids() -> set[str]:
    sheets = [sheet(path.name) for path in sorted(HERE.glob("*.yaml"))]
    listed = [whole.get("cases", []) for whole in sheets if isinstance(whole, dict)]
    return {case["id"] for cases in listed for case in cases if isinstance(case, dict) and "id" in case}


@pytest.mark.parametrize("name", available_rulebooks())
def test_every_case_that_a_rule_names_exists(name: str) -> None:
    known = all_case_ids()
    missing = [(rule.id, case) for rule in load_rulebook(name).rules for case in rule.cases if case not in known]
    assert missing == []
