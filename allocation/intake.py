"""The files of a round: read, checked record by record, and brought to one form."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from allocation.applicant_rows import APPLICANT_COLUMNS, applicant_numbers, check_applicants
from allocation.coordinates import ByAddress, Mask, Points, located
from allocation.distance_rows import DISTANCE_COLUMNS, KnownNames, check_distances
from allocation.model import ANY_LEVEL, AllocationProblem, Level
from allocation.record_checks import RecordChecks
from allocation.school_rows import SCHOOL_COLUMNS, check_schools, one_level_for
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
    """

    any_id: bool = False
    level: str | None = None
    crs: str | None = None
    storage_crs: str = HCMC
    open_geocoder: Callable[[], "Geocoder"] | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RoundInput:
    """What the files say, each record checked.

    Parameters
    ----------
    applicants
        applicant_no, level, date_of_birth, sex, priority_tier, x, y (metres, NaN where unknown), together_with,
        home_school, and if they come from a file the row there.
    schools
        school_code, level, capacity, name, x, y, and the row likewise.
    pairs
        applicant_no, level, school_code, distance_m; None when no file of distances was given.
    issues
        Findings, by file and row.
    set_aside_count
        Applicant records that stand aside.
    schools_file
        Name of the file of schools, for what is found out about schools later.
    street_lines
        Shapely lines of the streets that the ways were measured on, in the storage system; for the map alone.
    """

    applicants: pd.DataFrame
    schools: pd.DataFrame
    pairs: pd.DataFrame | None
    issues: IssueReport
    set_aside_count: int = 0
    schools_file: str = ""
    street_lines: npt.NDArray[np.object_] | None = None


def read_round(
    applicants: Path, schools: Path, *, distances: Path | None = None, options: IntakeOptions | None = None
) -> RoundInput:
    """Read the files of a round; bad records become issues, good ones go on.

    Parameters
    ----------
    distances
        Without it, homes and schools need coordinates, so that ways can be measured.

    Raises
    ------
    InputError
        A file does not exist, is no table, lacks a column, or has no record at all.
    UnknownCrsError
        ``options.crs`` is unknown.
    """
    options = options or IntakeOptions()
    _must_be_a_level(options.level)
    whole = (_with_records(read_table(applicants)), _with_records(read_table(schools)))
    of_applicants, of_schools = (RecordChecks(_of_level(table, options)) for table in whole)
    of_applicants.require("applicant_no")
    of_schools.require("school_code")
    levels = _levels(of_applicants.table, of_schools.table, options)
    needed = distances is None
    homes, places = (
        located(checks, crs=options.crs, storage_crs=options.storage_crs, needed=needed, by_address=by_address)
        for checks, by_address in ((of_applicants, _by_address(options) if needed else None), (of_schools, None))
    )
    rows = check_applicants(of_applicants, levels[0], homes, any_id=options.any_id)
    pools = check_schools(of_schools, levels[1], places)
    _note_columns(of_applicants, of_schools, any_id=options.any_id)
    found, pairs = [*_in_order(of_applicants), *_in_order(of_schools)], None
    if distances is not None:
        of_distances = RecordChecks(read_table(distances))
        names = _known_names(rows.frame, pools, whole=whole, any_id=options.any_id)
        of_distances.note_unknown_columns(DISTANCE_COLUMNS)
        pairs = check_distances(of_distances, names, any_id=options.any_id)
        found += _in_order(of_distances)
    return RoundInput(
        applicants=rows.frame,
        schools=pools,
        pairs=pairs,
        issues=IssueReport(found),
        set_aside_count=rows.set_aside_count,
        schools_file=of_schools.table.file,
    )


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


def _known_names(
    applicants: pd.DataFrame, schools: pd.DataFrame, *, whole: tuple[SourceTable, SourceTable], any_id: bool
) -> KnownNames:
    return KnownNames(
        applicants=applicants,
        schools=schools,
        other_applicants=frozenset(applicant_numbers(whole[0].column("applicant_no"), any_id=any_id)),
        other_schools=frozenset(whole[1].column("school_code")),
    )


def note_schools_out_of_reach(given: RoundInput, problem: AllocationProblem) -> None:
    """Warn of every seat pool that no applicant can reach."""
    is_reached = np.zeros(problem.pool_count, dtype=bool)
    is_reached[problem.pair_pool] = True
    reached = set(zip(problem.pool_school_code[is_reached], problem.pool_level[is_reached], strict=True))
    for school in given.schools.to_dict("records"):
        if (school["school_code"], school["level"]) in reached:
            continue
        given.issues.add(
            Issue(
                severity=Severity.WARNING,
                code="school_without_applicants",
                file=given.schools_file,
                row=school.get("row"),
                field="school_code",
                value=f"{school['school_code']} {school['level']}".strip(),
                message=Text("Không học sinh nào tới được trường này.", "No applicant has this school in reach."),
                hint=Text("Kiểm tra vị trí trường và mạng đường.", "Check the place of the school and the streets."),
            )
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
    return replace(table, frame=table.frame[~other].reset_index(drop=True), row=table.row[~other])


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
    schools.note_unknown_columns(SCHOOL_COLUMNS)
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
    return sorted(checks.issues, key=lambda issue: issue.row or 0)
