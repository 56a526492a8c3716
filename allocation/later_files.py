"""The files of a later run, read with the same care as those of the first."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

from allocation.applicant_rows import applicant_numbers
from allocation.changes import Change, ChangeRow, read_changes
from allocation.former_round import FormerRound
from allocation.intake import IntakeOptions, RoundInput, RoundPaths, read_files, read_round
from allocation.later_round import News
from allocation.model import APPLICANT_FACTS
from allocation.problem_files import csv_bytes
from allocation.record_checks import RecordChecks
from allocation.table_files import read_table
from spatial.crs import WGS84, transformer
from spatial.issues import Issue, IssueReport

Measure = Callable[[RoundInput], RoundInput]
"""Brings the pairs of a round that has none yet, e.g. on foot along the streets."""

_SCHOOLS, _PEOPLE, _WAYS = "schools-of-both-runs.csv", "applicants-of-the-earlier-run.csv", "no-distances.csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class LaterPaths:
    """The files of a later run; all but the changes may be missing."""

    changes: Path
    applicants: tuple[Path, ...] = ()
    schools: Path | None = None
    distances: Path | None = None
    preferences: Path | None = None
    priorities: Path | None = None


def read_news(
    former: FormerRound, paths: LaterPaths, *, options: IntakeOptions, measure: Measure | None = None
) -> tuple[News, list[Issue]]:
    """Read what has changed since an earlier run, and return it with the findings about changes and schools.

    Parameters
    ----------
    options
        As for the first run; numbers of applicants are of the kind that the earlier run has.
    measure
        Without it the ways of late and moved applicants stand in a file of distances.

    Raises
    ------
    InputError
        As `allocation.intake.read_round`.
    """
    options = replace(options, any_id=former.any_id)
    checks = RecordChecks(read_table(paths.changes))
    changes = read_changes(checks, former)
    issues = sorted(checks.issues, key=lambda issue: issue.row or 0)
    with TemporaryDirectory(prefix="diaban-later-") as folder:
        schools, found = _new_schools(former, paths.schools, Path(folder), options=options)
        arrivals = _arrivals(former, paths, changes, Path(folder), options=options, schools=schools, measure=measure)
    return News(changes=changes, arrivals=arrivals, schools=schools), [*issues, *found]


def _new_schools(
    former: FormerRound, path: Path | None, folder: Path, *, options: IntakeOptions
) -> tuple[pd.DataFrame | None, list[Issue]]:
    if path is None:
        return None, []
    levels = sorted(set(former.applicants["level"]) | set(former.schools["level"]))
    columns: dict[str, object] = {"applicant_no": [f"level-{number}" for number in range(len(levels))]}
    if levels != [""]:
        columns["level"] = levels
    people, ways = folder / _PEOPLE, folder / _WAYS
    people.write_bytes(csv_bytes(columns))
    ways.write_text("applicant_no,school_code,distance_m\n")
    given = read_round(people, path, distances=ways, options=replace(options, any_id=True))
    return given.schools, _without(given.issues, people, ways)


def _arrivals(  # noqa: PLR0913 - all that a later run brings meets here
    former: FormerRound,
    paths: LaterPaths,
    changes: list[ChangeRow],
    folder: Path,
    *,
    options: IntakeOptions,
    schools: pd.DataFrame | None,
    measure: Measure | None,
) -> RoundInput | None:
    """Return the applicants who are late or moved, with their pairs."""
    people = _people_files(former, paths.applicants, changes, folder)
    if not people or (paths.distances is None and measure is None):
        return None
    both = _both(former.schools, schools)
    places = folder / _SCHOOLS
    places.write_bytes(csv_bytes(_school_columns(both, crs=options.storage_crs)))
    files = RoundPaths(
        applicants=people,
        schools=places,
        distances=paths.distances,
        preferences=paths.preferences,
        priorities=paths.priorities,
        is_measured=measure is not None,
    )
    given = read_files(files, options=options)
    own = _without(given.issues, places, *(path for path in people if path.parent == folder))
    given = replace(given, schools=both, issues=IssueReport(own))
    return given if measure is None else measure(given)


def _people_files(
    former: FormerRound, paths: tuple[Path, ...], changes: list[ChangeRow], folder: Path
) -> tuple[Path, ...]:
    """Return the files of late and moved applicants; those who moved and have no row in them are there as they were.

    Such rows cannot be measured again: without a new row the ways must stand in a file of distances.
    """
    tables = [read_table(path) for path in paths]
    named = {
        number for table in tables for number in applicant_numbers(table.column("applicant_no"), any_id=former.any_id)
    }
    moved = {row.applicant_no for row in changes if row.change is Change.MOVED} - named
    known = former.applicants[former.applicants["applicant_no"].isin(moved)]
    if known.empty or any(table.has("x", "y") or table.has("lon", "lat") for table in tables):
        return paths
    facts = [name for name in ("level", "priority_tier", *APPLICANT_FACTS) if name in known]
    rest = known[["applicant_no", *facts]].astype(str)
    if (rest["level"] == "").all():
        rest = rest.drop(columns="level")
    target = folder / _PEOPLE
    target.write_bytes(csv_bytes({name: rest[name].to_numpy(dtype=object) for name in rest}))
    return (*paths, target)


def _both(old: pd.DataFrame, new: pd.DataFrame | None) -> pd.DataFrame:
    if new is None:
        return old
    key = ["school_code", "level"]
    rows = pd.concat([new, old]).drop_duplicates(key, keep="first").sort_values(key, ignore_index=True)
    return rows.drop(columns=[name for name in ("row", "file") if name in rows])


def _school_columns(schools: pd.DataFrame, *, crs: str) -> dict[str, object]:
    """Return the schools as a file has them: places in degrees, so that they need no coordinate system to be told."""
    points = schools[["x", "y"]].to_numpy(dtype=np.float64)
    known = np.isfinite(points).all(axis=1)
    degrees = np.full_like(points, np.nan)
    if known.any():
        degrees[known] = transformer(crs, WGS84)(points[known])
    columns: dict[str, object] = {
        name: schools[name].astype(str).to_numpy(dtype=object) for name in ("school_code", "level", "capacity", "name")
    }
    if (schools["level"] == "").all():
        del columns["level"]
    if known.any():
        texts = np.where(np.isnan(degrees), "", degrees.round(9).astype(str))
        columns |= {"lon": texts[:, 0], "lat": texts[:, 1]}
    return columns


def _without(issues: IssueReport, *files: Path) -> list[Issue]:
    """Return the findings but for those about files that only this reading made."""
    names = {path.name for path in files}
    return [issue for issue in issues if issue.file not in names]
