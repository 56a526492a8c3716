"""The file of distances: which applicant may be placed in which school, and how many metres lie between."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from allocation.applicant_rows import applicant_numbers
from allocation.model import Integers
from allocation.personal_id import shown
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
    if isinstance(values.dtype, pd.CategoricalDtype):
        of_category = np.append(indices_in(pd.Series(values.cat.categories), known), -1)
        return np.asarray(of_category[values.cat.codes.to_numpy()], dtype=np.int64)
    cells = pa.array(values, from_pandas=True)
    if not (pa.types.is_string(cells.type) or pa.types.is_large_string(cells.type)):
        cells = cells.cast(pa.string())
    found = pc.index_in(cells, value_set=pa.array(known, type=cells.type))
    return np.asarray(found.fill_null(-1).to_numpy(zero_copy_only=False), dtype=np.int64)


def check_distances(checks: RecordChecks, names: KnownNames, *, any_id: bool) -> pd.DataFrame:
    """Return the admissible pairs: applicant_no, level, school_code (each a category), distance_m.

    Raises
    ------
    InputError
        No pair names an applicant and a school that exist.
    """
    checks.require(*DISTANCE_COLUMNS)
    codes = checks.table.column("school_code")
    distance_m = checks.whole_numbers("distance_m", minimum=0, maximum=FARTHEST_M)
    for record in np.flatnonzero((checks.table.column("distance_m") == "").to_numpy()):
        checks.note(int(record), _NO_DISTANCE)
    known = names.applicants["applicant_no"]
    numbers, applicant = applicants_in(checks.table.column("applicant_no"), known, any_id=any_id)
    schools = names.schools["school_code"].drop_duplicates().reset_index(drop=True)
    school = indices_in(codes, schools)
    note_strangers(checks, numbers, applicant, others=names.other_applicants, field="applicant_no", any_id=any_id)
    note_strangers(checks, codes, school, others=names.other_schools, field="school_code", any_id=True)
    matched = (applicant >= 0) & (school >= 0)
    if not matched.any():
        _must_match_something(numbers, codes, checks=checks, names=names)
    matched[matched] &= offers_level(names, schools, applicant[matched], school[matched])
    kept = matched & (distance_m >= 0) & ~checks.aside
    kept = _without_duplicates(checks, kept, applicant * (len(schools) + 1) + school, distance_m)
    if not kept.all():
        applicant, school, distance_m = applicant[kept], school[kept], distance_m[kept]
    levels = pd.Categorical(names.applicants["level"])
    return pd.DataFrame(
        {
            "applicant_no": pd.Categorical.from_codes(_small(applicant), categories=pd.Index(known)),
            "level": pd.Categorical.from_codes(levels.codes[applicant], categories=levels.categories),
            "school_code": pd.Categorical.from_codes(_small(school), categories=pd.Index(schools)),
            "distance_m": distance_m,
        }
    )


def _small(index: Integers) -> npt.NDArray[np.int32]:
    return index.astype(np.int32)


def applicants_in(text: pd.Series, known: pd.Series, *, any_id: bool) -> tuple[pd.Series, Integers]:
    """Return the numbers of a column as they are compared, and for each its position in ``known``, or -1."""
    index = indices_in(text, known)
    if any_id or (index >= 0).all():
        return text, index
    numbers = applicant_numbers(text.astype("str"), any_id=False)
    return numbers, indices_in(numbers, known)


_NO_DISTANCE = Issue(
    severity=Severity.ERROR,
    code="distance_m_missing",
    field="distance_m",
    message=Text("Thiếu khoảng cách.", "The distance is missing."),
)


def note_strangers(
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
    strangers = values[index < 0].astype("str")
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


def _must_match_something(numbers: pd.Series, codes: pd.Series, *, checks: RecordChecks, names: KnownNames) -> None:
    """Refuse a file of which no row names an applicant and a school that stand in the other files."""
    people = names.other_applicants.union(names.applicants["applicant_no"])
    places = names.other_schools.union(names.schools["school_code"])
    in_files = numbers.astype("str").isin(list(people)) & codes.astype("str").isin(list(places))
    if len(in_files) and not in_files.any() and len(names.applicants) and len(names.schools):
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


def offers_level(names: KnownNames, schools: pd.Series, applicant: Integers, school: Integers) -> npt.NDArray[np.bool_]:
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
    sorted_pairs = pair if kept.all() else pair[kept]
    if not (sorted_pairs[1:] > sorted_pairs[:-1]).all():
        sorted_pairs = np.sort(sorted_pairs)
    if not (sorted_pairs[1:] == sorted_pairs[:-1]).any():
        return kept
    kept = kept.copy()
    for records in records_that_share(pair, among=kept):
        identical = len(np.unique(distance_m[records])) == 1
        for record in (records[1:] if identical else records).tolist():
            kept[record] = False
            checks.note(record, _repeated(str(distance_m[record]), identical=identical))
    return kept


def records_that_share(key: Integers, *, among: npt.NDArray[np.bool_]) -> list[Integers]:
    """Return groups of the marked records that have one key, each in the order of the file; those alone left out."""
    records = np.flatnonzero(among)
    order = records[np.argsort(key[records], kind="stable")]
    starts = np.flatnonzero(np.append(True, key[order[1:]] != key[order[:-1]])) if len(order) else order
    sizes = np.diff(np.append(starts, len(order)))
    shared = sizes > 1
    return [order[at : at + size] for at, size in zip(starts[shared].tolist(), sizes[shared].tolist(), strict=True)]


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
