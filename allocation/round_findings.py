"""What is found out about a round as a whole: seats that cannot suffice, children whom nothing can place, and why."""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import pandas as pd

from allocation.intake import RoundInput
from allocation.model import LEVEL_LABELS, UNPLACED, AllocationProblem, Integers, Reason, Truths
from allocation.personal_id import shown
from spatial.issues import Issue, IssueReport, Severity
from spatial.text import Text

_REASONS = {
    Reason.ALL_SCHOOLS_FULL: (
        Text("Chưa có chỗ: mọi trường xét cho em đã đủ.", "Unplaced: every school considered for the child is full."),
        Text("Thêm chỗ, hoặc giữ trong danh sách chờ.", "Add seats, or keep the child on the waiting list."),
    ),
    Reason.NO_SCHOOL_IN_REACH: (
        Text(
            "Chưa có chỗ: không có trường nào trong giới hạn quãng đường hoặc trong các diện được xét.",
            "Unplaced: no school lies within the limits of distance and the tiers that are considered.",
        ),
        Text("Xét riêng, hoặc nới giới hạn của quy tắc.", "Decide case by case, or widen the limits of the policy."),
    ),
}
_NO_PAIR = (
    "distance_missing_for_applicant",
    Text(
        "Chưa có chỗ: không có khoảng cách từ nhà em tới trường nào của cấp.",
        "Unplaced: no distance from this child to any school of the level is known.",
    ),
    Text(
        "Bổ sung khoảng cách của em, hoặc trường của cấp.", "Add the distances of the child, or schools of the level."
    ),
)
_NO_SCHOOL_FOR_ALL = (
    "unplaced_together",
    Text(
        "Chưa có chỗ: không trường nào còn đủ chỗ cho cả nhóm đăng ký đi cùng.",
        "Unplaced: no school had seats left for all who are to be placed together.",
    ),
    Text(
        "Hỏi gia đình có muốn xếp riêng từng em, hoặc thêm chỗ.",
        "Ask the family whether each may be placed alone, or add seats.",
    ),
)
_NO_TIER = (
    "no_tier",
    Text("Chưa có chỗ: không diện nào của quy tắc hợp với em.", "Unplaced: no tier of the policy fits this child."),
    Text("Kiểm tra các cột mà diện ưu tiên xét đến.", "Check the columns that the tiers look at."),
)
_BETWEEN_FILES = ", "
"""Stands between the names where a finding is about all files of applicants (`allocation.joined_tables`)."""

_SAID_WHEN_MEASURED = frozenset({"home_far_from_street", "home_without_point", "home_cut_off", "no_school_in_reach"})
"""Findings of `allocation.distances` about one applicant that already say why no school is in reach."""


def note_what_facts_tell(given: RoundInput, facts: AllocationProblem) -> None:
    """Note what needs no policy: schools out of reach, levels with too few seats, groups that no school can hold."""
    given.issues.extend(_schools_out_of_reach(given, facts))
    given.issues.extend(_short_of_seats(given, facts))
    given.issues.extend(_groups_without_school(given, facts))


def note_unplaced(
    given: RoundInput, facts: AllocationProblem, problem: AllocationProblem, *, pool: Integers, reasons: Sequence[str]
) -> None:
    """Note each applicant without a seat, with the reason; one finding each.

    Parameters
    ----------
    pool, reasons
        Seat pool (or `UNPLACED`) and reason of each applicant.
    """
    unplaced = pool == UNPLACED
    if not unplaced.any():
        return
    measured, admissible = _has_pair(facts), _has_pair(problem)
    people = _by_number(given.applicants)
    said = {(issue.file, issue.row) for issue in given.issues if issue.code in _SAID_WHEN_MEASURED}
    for applicant in np.flatnonzero(unplaced).tolist():
        reason = Reason(reasons[applicant])
        if not measured[applicant]:
            code, message, hint = _NO_PAIR
        elif not admissible[applicant]:
            code, message, hint = _NO_TIER
        elif reason is Reason.ALL_SCHOOLS_FULL and problem.together[applicant] != UNPLACED:
            code, message, hint = _NO_SCHOOL_FOR_ALL
        else:
            code, (message, hint) = f"unplaced_{reason.value}", _REASONS[reason]
        number = str(problem.applicant_no[applicant])
        finding = _about(given, people, number, code=code, message=message, hint=hint)
        if measured[applicant] or (finding.file, finding.row) not in said:
            given.issues.add(finding)


def _has_pair(problem: AllocationProblem) -> Truths:
    found = np.zeros(problem.applicant_count, dtype=bool)
    found[problem.pair_applicant] = True
    return found


def _by_number(applicants: pd.DataFrame) -> dict[str, int]:
    return {number: at for at, number in enumerate(applicants["applicant_no"].tolist())}


def _about(  # noqa: PLR0913 - the parts of a finding
    given: RoundInput,
    people: dict[str, int],
    number: str,
    *,
    code: str,
    message: Text,
    hint: Text,
    field: str = "applicant_no",
) -> Issue:
    """Return a finding about one applicant, at the row where the file has the child."""
    frame, at = given.applicants, people[number]
    return Issue(
        severity=Severity.WARNING,
        code=code,
        file=str(frame["file"].iloc[at]) if "file" in frame else "",
        row=int(frame["row"].iloc[at]) if "row" in frame else None,
        field=field,
        value=shown(number, any_id=given.any_id),
        message=message,
        hint=hint,
    )


def _schools_out_of_reach(given: RoundInput, facts: AllocationProblem) -> Iterator[Issue]:
    is_reached = np.zeros(facts.pool_count, dtype=bool)
    is_reached[facts.pair_pool] = True
    reached = set(zip(facts.pool_school_code[is_reached], facts.pool_level[is_reached], strict=True))
    for school in given.schools.to_dict("records"):
        if (school["school_code"], school["level"]) in reached:
            continue
        yield Issue(
            severity=Severity.WARNING,
            code="school_without_applicants",
            file=given.schools_file,
            row=school.get("row"),
            field="school_code",
            value=f"{school['school_code']} {school['level']}".strip(),
            message=Text("Không học sinh nào tới được trường này.", "No applicant has this school in reach."),
            hint=Text("Kiểm tra vị trí trường và mạng đường.", "Check the place of the school and the streets."),
        )


def _short_of_seats(given: RoundInput, facts: AllocationProblem) -> Iterator[Issue]:
    """Say for each level that has fewer seats than applicants how many of each there are."""
    for level in facts.levels:
        wanted = int((facts.applicant_level == level).sum())
        seats = int(facts.pool_capacity[facts.pool_level == level].sum())
        if seats >= wanted:
            continue
        label = LEVEL_LABELS.get(level, Text(level, level))
        yield Issue(
            severity=Severity.WARNING,
            code="seats_short",
            file=given.schools_file,
            field="capacity",
            value=str(seats),
            message=Text(
                f"{label.vi}: {wanted} hồ sơ, {seats} chỗ; ít nhất {wanted - seats} em sẽ chưa có chỗ.",
                f"{label.en}: {wanted} applicants, {seats} seats; {_at_least(wanted - seats)} unplaced.",
            ),
            hint=Text("Thêm lớp hoặc chỉ tiêu cho cấp này.", "Add classes or seats of this level."),
        )


def _at_least(count: int) -> str:
    return "at least 1 child stays" if count == 1 else f"at least {count} children stay"


def _groups_without_school(given: RoundInput, facts: AllocationProblem) -> Iterator[Issue]:
    """Say of each group that is to be placed together when no school can hold it."""
    groups = np.unique(facts.together[facts.together != UNPLACED])
    if not len(groups):
        return
    people, order = _by_number(given.applicants), np.argsort(facts.together, kind="stable")
    bounds = np.searchsorted(facts.together[order], np.append(groups, groups[-1] + 1))
    starts = np.searchsorted(facts.pair_applicant, np.arange(facts.applicant_count + 1))
    for first, end in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
        members = order[first:end]
        finding = _group_finding(facts, members, starts)
        if finding is None:
            continue
        code, message, hint = finding
        yield _about(
            given,
            people,
            str(facts.applicant_no[members[0]]),
            code=code,
            message=message,
            hint=hint,
            field="together_with",
        )


def _group_finding(facts: AllocationProblem, members: Integers, starts: Integers) -> tuple[str, Text, Text] | None:
    levels, wanted = np.unique(facts.applicant_level[members], return_counts=True)
    counts = dict(zip(levels.tolist(), wanted.tolist(), strict=True))
    holding = set.intersection(
        *({code for code, free in _seats_by_school(facts, level).items() if free >= counts[level]} for level in counts)
    )
    label = {level: LEVEL_LABELS.get(level, Text(level, level)) for level in counts}
    numbers = ", ".join(f"{count} × {label[level].vi}" for level, count in counts.items())
    english = ", ".join(f"{count} × {label[level].en}" for level, count in counts.items())
    if not holding:
        return (
            "together_larger_than_schools",
            Text(
                f"Không trường nào đủ chỗ cho cả nhóm ({numbers}).",
                f"No school has seats enough for the whole group ({english}).",
            ),
            Text("Bớt người trong nhóm, hoặc thêm chỗ.", "Make the group smaller, or add seats."),
        )
    reached = (facts.pool_school_code[facts.pair_pool[starts[one] : starts[one + 1]]] for one in members.tolist())
    common = set.intersection(holding, *(set(codes.tolist()) for codes in reached))
    if common:
        return None
    return (
        "together_without_common_school",
        Text(
            f"Không trường nào vừa đủ chỗ cho cả nhóm ({numbers}) vừa được xét cho mọi em.",
            f"No school that can hold the whole group ({english}) is considered for all of them.",
        ),
        Text("Kiểm tra khoảng cách của từng em.", "Check the distances of each of them."),
    )


def _seats_by_school(facts: AllocationProblem, level: str) -> dict[str, int]:
    of_level = facts.pool_level == level
    return dict(zip(facts.pool_school_code[of_level].tolist(), facts.pool_capacity[of_level].tolist(), strict=True))


def in_order_of_files(issues: Iterable[Issue], files: tuple[str, ...]) -> IssueReport:
    """Return the findings as an officer goes through them: file by file, row by row; what is about no file is last."""
    place = {name: at for at, name in enumerate(files)}

    def where(issue: Issue) -> tuple[int, int]:
        first_file = issue.file.split(_BETWEEN_FILES, 1)[0]
        return place.get(first_file, len(place) + (not issue.file)), issue.row or 0

    return IssueReport(sorted(issues, key=where))
