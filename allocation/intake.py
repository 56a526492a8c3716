"""The files of a round: read, checked record by record, and brought to one form."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from allocation.applicant_rows import APPLICANT_COLUMNS, ApplicantRules, applicant_numbers, check_applicants
from allocation.coordinates import ByAddress, Mask, Points, located
from allocation.distance_rows import DISTANCE_COLUMNS, KnownNames, check_distances, indices_in
from allocation.joined_tables import joined
from allocation.model import ANY_LEVEL, CLASS_NORM_COUNT, Level, NearBy
from allocation.policy import Policy
from allocation.rank_rows import PREFERENCES, PRIORITIES, RANK_COLUMNS, STRICT_PRIORITIES, RankKind, check_ranks
from allocation.ranked_pairs import (
    note_priorities,
    note_wishes_without_pair,
    nothing_measured,
    pairs_of_preferences,
    with_ranks,
)
from allocation.record_checks import RecordChecks
from allocation.school_rows import check_schools, known_school_columns, one_level_for
from allocation.table_files import SourceTable, read_table
from spatial.crs import HCMC
from spatial.errors import InputError
from spatial.issues import Issue, IssueReport, Severity
from spatial.text import Text

if TYPE_CHECKING:
    from basemap.geocode import Geocoder


@dataclass(frozen=True, slots=True, kw_only=True)
class IntakeOptions:
    """How the files are to be read.

    Parameters
    ----------
    any_id
        Any unique text is an applicant number; else it must be a personal ID.
    level
        Only this level; also the level of tables that name none.
    crs
        Coordinate system of the columns ``x``, ``y``; by default ``storage_crs``.
    storage_crs
        Metric coordinate system that points are brought to.
    open_geocoder
        Opens the address layer for homes that are given as addresses; without it such homes have no place.
    policy
        The rule of the round: ages, the day of the residence, class norms, whether priorities must be strict. Without
        it the ages are not looked at, and classes have the legal norm.
    """

    any_id: bool = False
    level: str | None = None
    crs: str | None = None
    storage_crs: str = HCMC
    open_geocoder: Callable[[], "Geocoder"] | None = None
    policy: Policy | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundPaths:
    """The files of a round.

    Parameters
    ----------
    applicants
        One or several files.
    distances
        Without it, homes and schools need coordinates, so that ways can be measured; unless there are preferences
        and ``is_measured`` is false.
    preferences, priorities
        Ranks that families and schools give.
    is_measured
        Whether somebody will measure the ways.
    """

    applicants: tuple[Path, ...]
    schools: Path
    distances: Path | None = None
    preferences: Path | None = None
    priorities: Path | None = None
    is_measured: bool = True


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RoundInput:
    """What the files say, each record checked.

    Parameters
    ----------
    applicants
        applicant_no, level, date_of_birth, sex, priority_tier, x, y (metres, NaN where unknown), together_with, the
        facts of `allocation.model.APPLICANT_FACTS` that are given, together (number of the first of the group) where
        anybody asks for it, and if they come from a file row and file.
    schools
        school_code, level, capacity, name, x, y, area and ``seats_…`` where given, and row and file likewise.
    pairs
        applicant_no, level, school_code, distance_m, and where there are such files preference_rank, priority_rank;
        None when no file of distances was given.
    issues
        Findings, by file and row.
    set_aside_count
        Applicant records that stand aside.
    schools_file
        Name of the file of schools, for what is found out about schools later.
    files
        Names of the files, in the order in which findings are listed.
    preferences, priorities
        Ranks that wait for the pairs to be measured; None when there are none, or when the pairs have them.
    any_id
        Whether applicant numbers may be shown as they are.
    measured_by
        How the metres were measured; None where nobody said it.
    street_lines
        Shapely lines of the streets that the ways were measured on, in the storage system; for the map alone.
    """

    applicants: pd.DataFrame
    schools: pd.DataFrame
    pairs: pd.DataFrame | None
    issues: IssueReport
    set_aside_count: int = 0
    schools_file: str = ""
    files: tuple[str, ...] = ()
    preferences: pd.DataFrame | None = None
    priorities: pd.DataFrame | None = None
    any_id: bool = False
    measured_by: NearBy | None = None
    street_lines: npt.NDArray[np.object_] | None = None


def read_round(
    applicants: Path, schools: Path, *, distances: Path | None = None, options: IntakeOptions | None = None
) -> RoundInput:
    """Read the files of a round that has no preferences; see `read_files`."""
    return read_files(RoundPaths(applicants=(applicants,), schools=schools, distances=distances), options=options)


def read_files(paths: RoundPaths, *, options: IntakeOptions | None = None) -> RoundInput:
    """Read the files of a round; bad records become issues, good ones go on.

    Raises
    ------
    InputError
        A file does not exist, is no table, lacks a column, or has no record at all.
    UnknownCrsError
        ``options.crs`` is unknown.
    """
    options = options or IntakeOptions()
    _must_be_a_level(options.level)
    people = joined([_with_records(read_table(path)) for path in paths.applicants])
    whole = (people, _with_records(read_table(paths.schools)))
    of_applicants, of_schools = (RecordChecks(_of_level(table, options)) for table in whole)
    of_applicants.require("applicant_no")
    of_schools.require("school_code")
    levels = _levels(of_applicants.table, of_schools.table, options)
    needed = paths.distances is None and paths.is_measured
    homes, places = (
        located(checks, crs=options.crs, storage_crs=options.storage_crs, needed=needed, by_address=by_address)
        for checks, by_address in ((of_applicants, _by_address(options) if needed else None), (of_schools, None))
    )
    rows = check_applicants(of_applicants, levels[0], homes, rules=_applicant_rules(people, options))
    groups = options.policy.seat_groups if options.policy else ()
    norms = _class_norms(options.policy)
    pools = check_schools(of_schools, levels[1], places, class_norm_count=norms, seat_groups=groups)
    _note_columns(of_applicants, of_schools, any_id=options.any_id)
    given = RoundInput(
        applicants=rows.frame,
        schools=pools,
        pairs=None,
        issues=IssueReport([*_in_order(of_applicants), *_in_order(of_schools)]),
        set_aside_count=rows.set_aside_count,
        schools_file=of_schools.table.file,
        files=tuple(path.name for path in (*paths.applicants, paths.schools)),
        any_id=options.any_id,
    )
    return _with_pairs(given, paths, _known_names(given, whole=whole), options)


def _with_pairs(given: RoundInput, paths: RoundPaths, names: KnownNames, options: IntakeOptions) -> RoundInput:
    """Read what lies between applicants and schools: distances, preferences, priorities."""
    if paths.distances is not None:
        checks = RecordChecks(read_table(paths.distances, coded=("applicant_no", "school_code")))
        checks.note_unknown_columns(DISTANCE_COLUMNS)
        given = replace(given, pairs=check_distances(checks, names, any_id=options.any_id))
        given = _also(given, checks)
    strict = options.policy is None or options.policy.needs_strict_priorities
    kinds = {"preferences": PREFERENCES, "priorities": STRICT_PRIORITIES if strict else PRIORITIES}
    for name, kind in kinds.items():
        path: Path | None = getattr(paths, name)
        if path is not None:
            given = _with_rank_file(given, path, names, name=name, kind=kind)
    if given.pairs is None and not paths.is_measured and given.preferences is not None:
        given.issues.add(nothing_measured(_file_of(given.preferences)))
        given = replace(given, pairs=pairs_of_preferences(given.preferences, given.applicants))
    return with_given_ranks(given) if given.pairs is not None else given


def _with_rank_file(given: RoundInput, path: Path, names: KnownNames, *, name: str, kind: RankKind) -> RoundInput:
    checks = RecordChecks(_with_records(read_table(path)))
    checks.note_unknown_columns(RANK_COLUMNS)
    ranks = check_ranks(checks, names, kind=kind, any_id=given.any_id).assign(file=checks.table.file)
    given = _also(given, checks)
    return replace(given, preferences=ranks) if name == "preferences" else replace(given, priorities=ranks)


def _also(given: RoundInput, checks: RecordChecks) -> RoundInput:
    given.issues.extend(_in_order(checks))
    return replace(given, files=(*given.files, checks.table.file))


def with_given_ranks(given: RoundInput) -> RoundInput:
    """Return the round whose measured pairs have the ranks that families and schools gave.

    A preference without an admissible pair is noted; so is how many priorities fit no pair or are missing.
    """
    pairs = given.pairs
    if pairs is None:
        return given
    if given.preferences is not None:
        pairs, without = with_ranks(pairs, "preference_rank", given.preferences)
        note_wishes_without_pair(
            given.issues.add, given.preferences.iloc[without], file=_file_of(given.preferences), any_id=given.any_id
        )
    if given.priorities is not None:
        pairs, without = with_ranks(pairs, "priority_rank", given.priorities)
        note_priorities(given.issues.add, pairs, unused_count=len(without), file=_file_of(given.priorities))
    return replace(given, pairs=pairs, preferences=None, priorities=None)


def _file_of(ranks: pd.DataFrame) -> str:
    return str(ranks["file"].iloc[0]) if len(ranks) else ""


def _applicant_rules(people: SourceTable, options: IntakeOptions) -> ApplicantRules:
    elsewhere: frozenset[str] = frozenset()
    if options.level is not None and people.has("level"):
        other = people.column("level").isin([level for level in Level if level != options.level])
        elsewhere = frozenset(applicant_numbers(people.column("applicant_no")[other], any_id=options.any_id)) - {""}
    eligibility = options.policy.eligibility if options.policy else None
    return ApplicantRules(any_id=options.any_id, eligibility=eligibility, elsewhere=elsewhere)


def _class_norms(policy: Policy | None) -> Mapping[str, int]:
    own = policy.class_norm_count if policy else {}
    return {**CLASS_NORM_COUNT, **{level.value: count for level, count in own.items()}}


def _by_address(options: IntakeOptions) -> ByAddress | None:
    """Return who places homes by their address; the geocoder is loaded by the file that needs it alone."""
    if options.open_geocoder is None:
        return None
    open_geocoder, storage_crs = options.open_geocoder, options.storage_crs

    def place(checks: RecordChecks, records: Mask) -> Points:
        from allocation.home_addresses import homes_by_address  # noqa: PLC0415 - takes a second to import

        return homes_by_address(checks, records, open_geocoder=open_geocoder, storage_crs=storage_crs)

    return place


def _must_be_a_level(level: str | None) -> None:
    if level is not None and level not in {*Level}:
        raise InputError(
            Text(f"Không có cấp {level!r}.", f"There is no level {level!r}."),
            hint=Text(f"Các cấp: {', '.join(Level)}.", f"The levels are: {', '.join(Level)}."),
        )


def _known_names(given: RoundInput, *, whole: tuple[SourceTable, SourceTable]) -> KnownNames:
    """Return whom pairs may name; those of other levels and those set aside are known too."""
    numbers, codes = whole[0].column("applicant_no"), whole[1].column("school_code")
    others = numbers[indices_in(numbers, given.applicants["applicant_no"]) < 0]
    return KnownNames(
        applicants=given.applicants,
        schools=given.schools,
        other_applicants=frozenset(applicant_numbers(others, any_id=given.any_id)),
        other_schools=frozenset(codes[indices_in(codes, given.schools["school_code"].drop_duplicates()) < 0]),
    )


def _with_records(table: SourceTable) -> SourceTable:
    if table.frame.empty:
        raise InputError(
            Text("Tệp chỉ có tiêu đề, không có dòng nào.", "The file has a header and no rows."), subject=table.file
        )
    return table


def _of_level(table: SourceTable, options: IntakeOptions) -> SourceTable:
    """Leave out the records of other levels; those of unknown levels stay, to be reported."""
    if options.level is None or not table.has("level"):
        return table
    other = table.column("level").isin([level for level in Level if level != options.level]).to_numpy()
    return table.only(~other)


def _levels(applicants: SourceTable, schools: SourceTable, options: IntakeOptions) -> tuple[pd.Series, pd.Series]:
    """Return the level of each applicant and of each school, where one table may leave it to the other."""
    named = [table.has("level") for table in (applicants, schools)]
    if not any(named) and options.level is None and not options.any_id:
        raise InputError(
            Text("Thiếu cột level.", "Missing column: level."),
            hint=Text("Thêm cột level, hoặc chọn một cấp bằng --level.", "Add the column, or choose one with --level."),
            subject=applicants.file,
        )
    return _level_column(applicants, schools, options), _level_column(schools, applicants, options)


def _level_column(table: SourceTable, other: SourceTable, options: IntakeOptions) -> pd.Series:
    if table.has("level"):
        return table.column("level")
    if options.level is not None:
        level: str = options.level
    elif other.has("level"):
        level = one_level_for(sorted(set(other.column("level")) - {""}), subject=table.file)
    else:
        level = ANY_LEVEL
    return pd.Series(level, index=table.frame.index, dtype="str", name="level")


def _note_columns(applicants: RecordChecks, schools: RecordChecks, *, any_id: bool) -> None:
    applicants.note_unknown_columns(APPLICANT_COLUMNS)
    schools.note_unknown_columns(known_school_columns(schools))
    if not any_id and not applicants.table.has("date_of_birth"):
        applicants.note_file(
            Issue(
                severity=Severity.WARNING,
                code="date_of_birth_missing",
                field="date_of_birth",
                message=Text(
                    "Không có cột ngày sinh; không đối chiếu được với số định danh.",
                    "There is no date of birth to compare the personal IDs with.",
                ),
                hint=Text("Thêm cột date_of_birth.", "Add the column date_of_birth."),
            )
        )


def _in_order(checks: RecordChecks) -> list[Issue]:
    return sorted(checks.issues, key=lambda issue: (issue.file, issue.row or 0))
