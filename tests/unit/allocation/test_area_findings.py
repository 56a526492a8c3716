"""What is said of areas: a tier that decides nothing, a file without areas, a child of whom none is known."""

import pandas as pd

from allocation.area_findings import area_findings
from allocation.policy import load_policy
from spatial.issues import Issue

POLICY = load_policy("hcmc-2026")


def found(
    areas: list[str], *, of_school: str, tiers: list[int] | None = None, policy: str = "hcmc-2026"
) -> list[Issue]:
    applicants = pd.DataFrame(
        {"area": areas, "priority_tier": tiers or [1] * len(areas), "row": range(2, 2 + len(areas))}
    )
    return [*area_findings(applicants, pd.DataFrame({"area": [of_school]}), load_policy(policy))]


def test_a_child_without_an_area_is_named_by_row() -> None:
    (issue,) = found(["p1", "", "p2"], of_school="p1")
    assert (issue.code, issue.row) == ("area_unknown", 3)


def test_where_areas_are_given_stated_tiers_are_said_to_decide_nothing() -> None:
    assert [issue.code for issue in found(["p1"], of_school="p1", tiers=[3])] == ["stated_tier_not_considered"]


def test_areas_on_one_side_alone_are_said_to_decide_nothing() -> None:
    assert [issue.code for issue in found(["p1", ""], of_school="")] == ["areas_on_one_side_only"]
    (issue,) = found(["", ""], of_school="p1")
    assert "Only the schools" in issue.message.en


def test_a_school_attended_in_the_area_is_an_area_too() -> None:
    applicants = pd.DataFrame({"attended_area": ["p1"], "priority_tier": [1], "row": [2]})
    assert [*area_findings(applicants, pd.DataFrame({"area": ["p1"]}), POLICY)] == []


def test_without_areas_nothing_is_said_and_of_other_policies_neither() -> None:
    assert found(["", ""], of_school="", tiers=[1, 2]) == []
    assert found(["p1", ""], of_school="", policy="least-travel") == []
