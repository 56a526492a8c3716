"""What an officer must know where the tiers of a round come from areas, or from the file because no area is given."""

from collections.abc import Iterator

import pandas as pd

from allocation.policy import Policy
from allocation.policy_rules import Condition
from spatial.issues import Issue, Severity
from spatial.text import Text

AREA_COLUMNS = ("area", "attended_area", "parent_work_area")
"""Columns of applicants that a policy compares with the area of a school."""


def area_findings(applicants: pd.DataFrame, schools: pd.DataFrame, policy: Policy) -> Iterator[Issue]:
    """Yield what follows from areas that are given, given on one side alone, or missing for somebody.

    Only of policies that go by the stated tier where no areas are given (condition ``areas_not_given``).
    """
    if all(Condition.AREAS_NOT_GIVEN not in rule.when for rule in policy.tiers) or applicants.empty:
        return
    states_area = pd.concat([_filled(applicants, column) for column in AREA_COLUMNS], axis=1).any(axis=1)
    schools_do = bool(_filled(schools, "area").any())
    if bool(states_area.any()) != schools_do:
        yield _one_side_only(of_schools=schools_do)
    if not (states_area.any() and schools_do):
        return
    if (applicants["priority_tier"] != 1).any():
        yield _tier_not_considered()
    for record in applicants[~states_area].to_dict("records"):
        yield _without_area(file=str(record.get("file", "")), row=record.get("row"))


def _filled(frame: pd.DataFrame, column: str) -> pd.Series:
    if column not in frame:
        return pd.Series(data=False, index=frame.index)
    return frame[column].fillna("").astype(str).str.strip() != ""


def _one_side_only(*, of_schools: bool) -> Issue:
    given, missing = (
        (Text("các trường", "schools"), Text("hồ sơ", "applicants"))
        if of_schools
        else (Text("hồ sơ", "applicants"), Text("các trường", "schools"))
    )
    return Issue(
        severity=Severity.WARNING,
        code="areas_on_one_side_only",
        field="area",
        message=Text(
            f"Chỉ {given.vi} có địa bàn, {missing.vi} thì không: diện lấy theo cột priority_tier.",
            f"Only the {given.en} state areas, not the {missing.en}: tiers are those of the column priority_tier.",
        ),
        hint=Text("Ghi địa bàn ở cả hai tệp, hoặc bỏ ở cả hai.", "State areas in both files, or in neither."),
    )


def _tier_not_considered() -> Issue:
    return Issue(
        severity=Severity.WARNING,
        code="stated_tier_not_considered",
        field="priority_tier",
        message=Text(
            "Hồ sơ có địa bàn, nên diện ghi ở cột này không được xét.",
            "Areas are given, so the tiers of this column decide nothing.",
        ),
        hint=Text("Kiểm tra địa bàn của các em; bỏ cột này.", "Check the areas; leave the column out."),
    )


def _without_area(*, file: str, row: int | None) -> Issue:
    return Issue(
        severity=Severity.WARNING,
        code="area_unknown",
        file=file,
        row=row,
        field="area",
        message=Text(
            "Không biết địa bàn của em; em được xét sau các em có địa bàn.",
            "No area is known of the child, who comes after those of whom one is.",
        ),
        hint=Text("Bổ sung nơi ở hiện tại hoặc nơi đã học.", "Add the residence or the school attended."),
    )
