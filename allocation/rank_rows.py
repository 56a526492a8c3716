"""The files of preferences and priorities: whom families and schools put first, checked record by record."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from allocation.distance_rows import (
    KnownNames,
    applicants_in,
    indices_in,
    note_strangers,
    offers_level,
    records_that_share,
)
from allocation.model import Integers, Truths
from allocation.record_checks import RecordChecks
from spatial.issues import Issue, Severity
from spatial.text import Text

RANK_COLUMNS = ("applicant_no", "school_code", "rank")
LAST_RANK = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class RankKind:
    """One of the two files.

    Parameters
    ----------
    name
        First word of the codes of its findings.
    is_of_school
        Whether the ranks are those of a school, or those of a family.
    is_strict
        Whether one rank may stand once only in one list.
    """

    name: str
    is_of_school: bool
    is_strict: bool


PREFERENCES = RankKind(name="preference", is_of_school=False, is_strict=True)
STRICT_PRIORITIES = RankKind(name="priority", is_of_school=True, is_strict=True)
PRIORITIES = RankKind(name="priority", is_of_school=True, is_strict=False)


def check_ranks(checks: RecordChecks, names: KnownNames, *, kind: RankKind, any_id: bool) -> pd.DataFrame:
    """Return the ranks that can be used: applicant_no, school_code, rank (from 1), row.

    A school or applicant that no other file knows, a rank that is no whole number from 1, a pair with two ranks, and
    one rank for two in a list that must be strict each stand aside with a finding.
    """
    checks.require(*RANK_COLUMNS)
    known_numbers = names.applicants["applicant_no"]
    numbers, applicant = applicants_in(checks.table.column("applicant_no"), known_numbers, any_id=any_id)
    codes = checks.table.column("school_code")
    rank = checks.whole_numbers("rank", minimum=1, maximum=LAST_RANK)
    for record in np.flatnonzero((checks.table.column("rank") == "").to_numpy()).tolist():
        checks.note(record, _NO_RANK)
    schools = names.schools["school_code"].drop_duplicates().reset_index(drop=True)
    school = indices_in(codes, schools)
    note_strangers(checks, numbers, applicant, others=names.other_applicants, field="applicant_no", any_id=any_id)
    note_strangers(checks, codes, school, others=names.other_schools, field="school_code", any_id=True)
    known = (applicant >= 0) & (school >= 0) & ~checks.aside
    offered = known.copy()
    offered[known] = offers_level(names, schools, applicant[known], school[known])
    if not kind.is_of_school:
        for record in np.flatnonzero(known & ~offered).tolist():
            checks.note(record, _no_such_level(codes.iloc[record]))
    good = offered & (rank > 0)
    pair = applicant * (len(schools) + 1) + school
    good = _one_rank_for_each_pair(checks, good, pair, rank, kind=kind)
    if kind.is_strict:
        levels = names.applicants["level"].astype("category").cat.codes.to_numpy(dtype=np.int64)
        owner = school * (levels.max(initial=0) + 1) + levels[applicant] if kind.is_of_school else applicant
        good = _one_pair_for_each_rank(checks, good, owner * (LAST_RANK + 1) + rank, kind=kind)
    return pd.DataFrame(
        {
            "applicant_no": numbers[good],
            "school_code": codes[good],
            "rank": rank[good],
            "row": checks.table.row[good],
        }
    ).reset_index(drop=True)


def _one_rank_for_each_pair(
    checks: RecordChecks, good: Truths, pair: Integers, rank: Integers, *, kind: RankKind
) -> Truths:
    good = good.copy()
    for records in records_that_share(pair, among=good):
        identical = len(np.unique(rank[records])) == 1
        for record in (records[1:] if identical else records).tolist():
            good[record] = False
            checks.note(record, _pair_again(kind, str(rank[record]), identical=identical))
    return good


def _one_pair_for_each_rank(checks: RecordChecks, good: Truths, key: Integers, *, kind: RankKind) -> Truths:
    good = good.copy()
    for records in records_that_share(key, among=good):
        rows = [int(checks.table.row[record]) for record in records]
        for record, row in zip(records.tolist(), rows, strict=True):
            good[record] = False
            others = ", ".join(str(other) for other in rows if other != row)
            checks.note(record, _rank_again(kind, checks.table.column("rank").iloc[record], others))
    return good


_NO_RANK = Issue(
    severity=Severity.ERROR,
    code="rank_missing",
    field="rank",
    message=Text("Thiếu thứ tự.", "The rank is missing."),
    hint=Text("Ghi số nguyên từ 1; 1 là trước hết.", "Write a whole number from 1; 1 is first."),
)


def _no_such_level(code: str) -> Issue:
    return Issue(
        severity=Severity.ERROR,
        code="preference_not_of_level",
        field="school_code",
        value=code,
        message=Text("Trường này không có chỗ ở cấp của em.", "The school has no seats of the child's level."),
        hint=Text("Kiểm tra mã trường, hoặc cấp của em.", "Check the code of the school, or the level of the child."),
    )


def _pair_again(kind: RankKind, value: str, *, identical: bool) -> Issue:
    return Issue(
        severity=Severity.WARNING if identical else Severity.ERROR,
        code=f"{kind.name}_repeated" if identical else f"{kind.name}_contradiction",
        field="rank",
        value=value,
        message=Text("Dòng lặp lại y hệt; chỉ giữ một.", "The row is repeated; one was kept.")
        if identical
        else Text(
            "Cùng một em và một trường nhưng thứ tự khác nhau; tất cả được để riêng.",
            "One child and one school with different ranks; all of them were set aside.",
        ),
        hint=Text("Mỗi em và trường một dòng.", "One row for each child and school."),
    )


def _rank_again(kind: RankKind, value: str, other_rows: str) -> Issue:
    message = (
        Text(
            f"Trường cho hai em cùng thứ tự (xem dòng {other_rows}); tất cả được để riêng.",
            f"The school gives two children the same rank (see row {other_rows}); all of them were set aside.",
        )
        if kind.is_of_school
        else Text(
            f"Em có hai trường cùng thứ tự (xem dòng {other_rows}); tất cả được để riêng.",
            f"The child gives two schools the same rank (see row {other_rows}); all of them were set aside.",
        )
    )
    return Issue(
        severity=Severity.ERROR,
        code=f"{kind.name}_rank_twice",
        field="rank",
        value=value,
        message=message,
        hint=Text("Ghi mỗi thứ tự một lần.", "Give each rank once."),
    )
