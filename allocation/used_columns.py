"""Which columns a policy looks at: what it leaves aside is said, and so is what it misses."""

from collections.abc import Iterator

from allocation.area_findings import AREA_COLUMNS, area_findings
from allocation.intake import RoundInput
from allocation.policy import Policy
from allocation.policy_rules import Condition
from spatial.issues import Issue, Severity
from spatial.text import Text

_APPLICANT_COLUMN = {
    Condition.STATED_TIER: "priority_tier",
    Condition.LIVES_IN_AREA: "area",
    Condition.ATTENDED_IN_AREA: "attended_area",
    Condition.PARENT_WORKS_IN_AREA: "parent_work_area",
    Condition.ATTENDED_THIS_SCHOOL: "attended_school",
    Condition.PARENT_WORKS_AT_SCHOOL: "parent_work_school",
    Condition.SIBLING_AT_SCHOOL: "sibling_school",
    Condition.HOME_SCHOOL: "home_school",
}
_OF_AREAS = {*AREA_COLUMNS}
_IN_AREA = frozenset({Condition.LIVES_IN_AREA, Condition.ATTENDED_IN_AREA, Condition.PARENT_WORKS_IN_AREA})


def applicant_columns_of(policy: Policy) -> frozenset[str]:
    """Return the columns of applicants that the policy looks at, of those that it may leave aside."""
    asked = {_APPLICANT_COLUMN[one] for one in _conditions(policy) if one in _APPLICANT_COLUMN}
    if policy.seat_groups or any(rule.tag for rule in policy.tiers):
        asked.add("tags")
    if not policy.tiers:
        asked.add("priority_tier")
    if policy.keep_together:
        asked.add("together_with")
    if policy.eligibility is not None:
        asked.add("late_entry")
    return frozenset(asked)


def school_columns_of(policy: Policy) -> frozenset[str]:
    """Return the optional columns of schools that the policy looks at."""
    seats = {group.column for group in policy.seat_groups if group.share_percent is None}
    return frozenset(seats | ({"area"} if _conditions(policy) & _IN_AREA else set()))


def note_columns(given: RoundInput, policy: Policy) -> None:
    """Note the filled columns that the policy does not look at, those that it misses, and stated tiers it has not."""
    applicants, schools = given.applicants, given.schools
    file = given.files[0] if len(given.files) == 2 else _applicant_files(given)  # noqa: PLR2004 - one file of each
    asked = applicant_columns_of(policy)
    optional = {*_APPLICANT_COLUMN.values(), "tags", "together_with"}
    for column in sorted(optional - asked):
        if column in applicants and _is_filled(given, column):
            given.issues.add(_not_considered(column, file))
    does_without = {"priority_tier"} | (_OF_AREAS if Condition.AREAS_NOT_GIVEN in _conditions(policy) else set())
    for column in sorted((asked & {*_APPLICANT_COLUMN.values(), "tags"}) - does_without):
        if column not in applicants or not _is_filled(given, column):
            given.issues.add(_missed(column, file))
    for column in sorted(school_columns_of(policy) - does_without):
        if column not in schools or not (schools[column].fillna("") != "").any():
            given.issues.add(_missed(column, given.schools_file))
    given.issues.extend(_stated_tiers_without_rule(given, policy))
    given.issues.extend(area_findings(applicants, schools, policy))


def _applicant_files(given: RoundInput) -> str:
    names = given.applicants["file"].unique() if "file" in given.applicants else []
    return ", ".join(names)


def _conditions(policy: Policy) -> frozenset[Condition]:
    return frozenset(condition for rule in policy.tiers for condition in rule.when)


def _is_filled(given: RoundInput, column: str) -> bool:
    values = given.applicants[column]
    return bool((values != 1).any() if column == "priority_tier" else (values.fillna("") != "").any())


def _not_considered(column: str, file: str) -> Issue:
    return Issue(
        severity=Severity.WARNING,
        code="column_not_considered",
        file=file,
        field=column,
        message=Text("Quy tắc này không xét cột này.", "This policy does not consider this column."),
        hint=Text("Kiểm tra các hồ sơ có ghi cột này bằng tay.", "Look at those applicants by hand."),
    )


def _missed(column: str, file: str) -> Issue:
    return Issue(
        severity=Severity.WARNING,
        code="column_missing_for_policy",
        file=file,
        field=column,
        message=Text(
            "Quy tắc xét cột này, nhưng cột không có hoặc để trống: điều kiện đó không đúng với ai.",
            "The policy looks at this column, which is missing or empty: the condition holds for nobody.",
        ),
        hint=Text("Thêm cột này nếu có dữ liệu.", "Add the column where the facts are known."),
    )


def _stated_tiers_without_rule(given: RoundInput, policy: Policy) -> Iterator[Issue]:
    """Yield the tiers stated for somebody that no rule or stage of the policy gives."""
    if policy.tiers:
        tiers = {rule.tier for rule in policy.tiers}
        is_asked = Condition.STATED_TIER in _conditions(policy)
    else:
        tiers = {tier for stage in policy.stages for tier in stage.tiers}
        is_asked = all(stage.tiers for stage in policy.stages)
    if not is_asked:
        return
    frame = given.applicants
    strange = frame[~frame["priority_tier"].isin(tiers)]
    known = ", ".join(str(tier) for tier in sorted(tiers))
    for record in strange.to_dict("records"):
        yield Issue(
            severity=Severity.WARNING,
            code="priority_tier_unknown",
            file=str(record.get("file", "")),
            row=record.get("row"),
            field="priority_tier",
            value=str(record["priority_tier"]),
            message=Text(
                f"Quy tắc không có diện này; các diện: {known}.", f"The policy has no such tier; it has: {known}."
            ),
            hint=Text("Sửa diện của em.", "Correct the tier of the child."),
        )
