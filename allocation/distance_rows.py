"""The file of distances: which applicant may be placed in which school, and how many metres lie between."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from allocation.applicant_rows import applicant_numbers, shown
from allocation.model import Integers
from allocation.record_checks import RecordChecks
from spatial.errors import InputError
from spatial.issues import Issue, Severity
from spatial.text import NO_TEXT, Text

DISTANCE_COLUMNS = ("applicant_no", "school_code", "distance_m")
FARTHEST_M = 10_000_000
"""Ten thousand kilometres: what is larger is no walk, and larger numbers would not add up exactly."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class KnownNames:
    """The applicants and schools that pairs may name.

    Parameters
    ----------
    applicants, schools
        Frames of those that go on.
    other_applicants, other_schools
        Numbers and codes that stand in the files but were set aside or belong to another level: their pairs are
        left out without a word.
    """

    applicants: pd.DataFrame
    schools: pd.DataFrame
    other_applicants: frozenset[str]
    other_schools: frozenset[str]


def indices_in(values: pd.Series, known: pd.Series) -> Integers:
    """Return for each value its position in ``known`` (distinct texts), or -1."""
    found = pc.index_in(pa.array(values, type=pa.string()), value_set=pa.array(known, type=pa.string()))
    return np.asarray(found.fill_null(-1).to_numpy(zero_copy_only=False), dtype=np.int64)


def check_distances(checks: RecordChecks, names: KnownNames, *, any_id: bool) -> pd.DataFrame:
    """Return the admissible pairs: applicant_no, level, school_code, distance_m.

    Raises
    ------
    InputError
        No pair names an applicant and a school that exist.
    """
    checks.require(*DISTANCE_COLUMNS)
    numbers = applicant_numbers(checks.table.column("applicant_no"), any_id=any_id)
    codes = checks.table.column("school_code")
    distance_m = checks.whole_numbers("distance_m", minimum=0, maximum=FARTHEST_M)
    for record in np.flatnonzero((checks.table.column("distance_m") == "").to_numpy()):
        checks.note(int(record), _NO_DISTANCE)
    applicant = indices_in(numbers, names.applicants["applicant_no"])
    schools = names.schools["school_code"].drop_duplicates().reset_index(drop=True)
    school = indices_in(codes, schools)
    _note_strangers(checks, numbers, applicant, others=names.other_applicants, field="applicant_no", any_id=any_id)
    _note_strangers(checks, codes, school, others=names.other_schools, field="school_code", any_id=True)
    matched = (applicant >= 0) & (school >= 0)
    in_files = ((applicant >= 0) | numbers.isin(names.other_applicants)) & (
        (school >= 0) | codes.isin(names.other_schools)
    )
    _must_match_something(in_files.to_numpy(), checks, names)
    matched[matched] &= _offers_level(names, schools, applicant[matched], school[matched])
    kept = matched & (distance_m >= 0) & ~checks.aside
    kept = _without_duplicates(checks, kept, applicant * (len(schools) + 1) + school, distance_m)
    return pd.DataFrame(
        {
            "applicant_no": numbers[kept],
            "level": names.applicants["level"].to_numpy()[applicant[kept]],
            "school_code": codes[kept],
            "distance_m": distance_m[kept],
        }
    ).reset_index(drop=True)


_NO_DISTANCE = Issue(
    severity=Severity.ERROR,
    code="distance_m_missing",
    field="distance_m",
    message=Text("Thiếu khoảng cách.", "The distance is missing."),
)


def _note_strangers(
    checks: RecordChecks,
    values: pd.Series,
    index: Integers,
    *,
    others: frozenset[str],
    field: str,
    any_id: bool,
) -> None:
    """Note each name that no other file knows, once, on its first row."""
    if (index >= 0).all():
        return
    strangers = values[index < 0]
    strangers = strangers[~strangers.isin(list(others))]
    counts = strangers.value_counts(sort=False)
    for record, value in strangers.drop_duplicates().items():
        checks.note(int(record), _stranger(field, shown(value, any_id=any_id), count=int(counts[value])))


def _stranger(field: str, value: str, *, count: int) -> Issue:
    vi, en = ("tệp hồ sơ", "file of applicants") if field == "applicant_no" else ("tệp trường", "file of schools")
    return Issue(
        severity=Severity.ERROR,
        code=f"{field}_unknown",
        field=field,
        value=value,
        message=Text(f"Không có trong {vi} ({count} dòng).", f"Not in the {en} ({count} rows)."),
        hint=Text("Kiểm tra mã, hoặc thêm vào tệp kia.", "Check it, or add it to the other file."),
    )


def _must_match_something(matched: npt.NDArray[np.bool_], checks: RecordChecks, names: KnownNames) -> None:
    if len(matched) and not matched.any() and len(names.applicants) and len(names.schools):
        raise InputError(
            Text(
                "Không dòng nào khớp hồ sơ và trường đã có.",
                "No row names an applicant and a school of the other files.",
            ),
            hint=Text(
                "Hai tệp có ghi mã theo cùng một cách không?", "Do the files write numbers and codes the same way?"
            ),
            subject=checks.table.file,
        )


def _offers_level(
    names: KnownNames, schools: pd.Series, applicant: Integers, school: Integers
) -> npt.NDArray[np.bool_]:
    """Tell for each pair whether the school has seats of the applicant's level."""
    levels = pd.Index(pd.concat([names.applicants["level"], names.schools["level"]]).unique())
    offered = np.zeros((len(schools), len(levels)), dtype=bool)
    offered[indices_in(names.schools["school_code"], schools), levels.get_indexer(names.schools["level"])] = True
    is_offered: npt.NDArray[np.bool_] = offered[school, levels.get_indexer(names.applicants["level"])[applicant]]
    return is_offered


def _without_duplicates(
    checks: RecordChecks, kept: npt.NDArray[np.bool_], pair: Integers, distance_m: Integers
) -> npt.NDArray[np.bool_]:
    """Keep one of the pairs that are repeated, and none of those that contradict each other."""
    sorted_pairs = np.sort(pair[kept])
    if not (sorted_pairs[1:] == sorted_pairs[:-1]).any():
        return kept
    records = np.flatnonzero(kept)
    order = records[np.argsort(pair[records], kind="stable")]
    again = pair[order[1:]] == pair[order[:-1]]
    repeated = np.unique(pair[order[1:][again]])
    kept = kept.copy()
    for key in repeated:
        rows = order[np.searchsorted(pair[order], key) : np.searchsorted(pair[order], key, side="right")]
        identical = len(np.unique(distance_m[rows])) == 1
        for record in rows[1:] if identical else rows:
            kept[record] = False
            checks.note(int(record), _repeated(str(distance_m[record]), identical=identical))
    return kept


def _repeated(value: str, *, identical: bool) -> Issue:
    return Issue(
        severity=Severity.WARNING if identical else Severity.ERROR,
        code="distance_repeated" if identical else "distance_contradiction",
        field="distance_m",
        value=value,
        message=Text("Cặp này lặp lại y hệt; chỉ giữ một.", "The pair is repeated; one was kept.")
        if identical
        else Text(
            "Cùng một cặp nhưng khoảng cách khác nhau; tất cả được để riêng.",
            "One pair with different distances; all of them were set aside.",
        ),
        hint=NO_TEXT,
    )
