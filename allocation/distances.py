"""Which schools each applicant can reach, and how far: along the streets.

Straight lines are measured for comparison only. In Gothenburg in 2020 they sent some 700 children across a river.

Frames: ``applicants`` has ``applicant_no``, ``level``, ``x``, ``y``; ``schools`` has ``school_code``, ``level``,
``x``, ``y``, one row for each level of a school. Both may have ``row``, the row of the file as a person counts it.
Coordinates are metres, NaN where unknown.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from allocation.model import NEAR_BY_LABELS, NearBy
from allocation.personal_id import mask
from spatial.issues import Issue, Severity
from spatial.nearest import straight_line_pairs
from spatial.network import StreetNetwork, street_distances
from spatial.text import NO_TEXT, Text

APPLICANTS, SCHOOLS = "applicants", "schools"
PAIR_COLUMNS = ("applicant_no", "level", "school_code", "distance_m")
DEFAULT_MAX_DISTANCE_M = 15_000
DEFAULT_SNAP_LIMIT_M = 300.0

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AdmissiblePairs:
    """Who may go where.

    Parameters
    ----------
    pairs
        ``applicant_no``, ``level``, ``school_code``, ``distance_m`` (whole metres), sorted by applicant, distance,
        school. The same for any order of the rows that came in.
    issues
        Applicants and schools that could not be measured, and applicants with no school in reach. They stay in the
        round, so all are warnings; their ``file`` is ``"applicants"`` or ``"schools"``.
    """

    pairs: pd.DataFrame
    issues: tuple[Issue, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Measured:
    """Pairs by position in two arrays of points, and the positions that have none, by cause."""

    origin: Integers
    destination: Integers
    distance_m: Integers
    unsnapped_origins: Integers
    unsnapped_destinations: Integers
    unreachable_origins: Integers
    disconnected_origins: Integers


_Measure = Callable[[npt.NDArray[np.float64], npt.NDArray[np.float64]], _Measured]


def pairs_on_streets(  # noqa: PLR0913 - each is one limit of what is measured
    applicants: pd.DataFrame,
    schools: pd.DataFrame,
    network: StreetNetwork,
    *,
    near_by: NearBy = NearBy.WALKING,
    nearest_count: int | None = None,
    max_distance_m: int = DEFAULT_MAX_DISTANCE_M,
    snap_limit_m: float = DEFAULT_SNAP_LIMIT_M,
) -> AdmissiblePairs:
    """Return the pairs of applicant and school of the applicant's level that are in reach, from home to school.

    Parameters
    ----------
    network
        In the coordinate system of the frames.
    near_by
        What the network is for; findings say so.
    nearest_count
        So many schools an applicant, nearest first, at equal metres by school code; None: all.
    max_distance_m
        Longest way, inclusive.
    snap_limit_m
        Greatest straight distance from a home or school to the nearest street.
    """

    def along_streets(homes: npt.NDArray[np.float64], goals: npt.NDArray[np.float64]) -> _Measured:
        found = street_distances(
            network,
            homes,
            goals,
            snap_limit_m=snap_limit_m,
            max_distance_m=max_distance_m,
            nearest_count=nearest_count,
        )
        return _Measured(
            origin=found.origin.astype(np.int64),
            destination=found.destination.astype(np.int64),
            distance_m=found.distance_m,
            unsnapped_origins=found.unsnapped_origins,
            unsnapped_destinations=found.unsnapped_destinations,
            unreachable_origins=found.unreachable_origins,
            disconnected_origins=found.disconnected_origins,
        )

    words = _Words(max_distance_m=max_distance_m, snap_limit_m=snap_limit_m, near_by=near_by)
    return _pairs(applicants, schools, along_streets, words=words)


def pairs_by_straight_line(
    applicants: pd.DataFrame,
    schools: pd.DataFrame,
    *,
    nearest_count: int | None = None,
    max_distance_m: int = DEFAULT_MAX_DISTANCE_M,
) -> AdmissiblePairs:
    """Return pairs by straight line, for comparison with `pairs_on_streets`: no child walks over a river.

    Parameters
    ----------
    nearest_count
        So many schools an applicant, nearest first, at equal metres by school code; None: all.
    max_distance_m
        Longest straight line, inclusive.
    """

    def straight(homes: npt.NDArray[np.float64], goals: npt.NDArray[np.float64]) -> _Measured:
        found = straight_line_pairs(homes, goals, max_distance_m=max_distance_m, nearest_count=nearest_count)
        origin = found.origin.astype(np.int64)
        unknown_home, unknown_goal = _without_point(homes), _without_point(goals)
        return _Measured(
            origin=origin,
            destination=found.destination.astype(np.int64),
            distance_m=found.distance_m,
            unsnapped_origins=unknown_home,
            unsnapped_destinations=unknown_goal,
            unreachable_origins=np.setdiff1d(np.arange(len(homes)), np.concatenate([origin, unknown_home])),
            disconnected_origins=np.empty(0, dtype=np.int64),
        )

    words = _Words(max_distance_m=max_distance_m, snap_limit_m=0.0, near_by=NearBy.STRAIGHT_LINE)
    return _pairs(applicants, schools, straight, words=words)


def _pairs(applicants: pd.DataFrame, schools: pd.DataFrame, measure: _Measure, *, words: "_Words") -> AdmissiblePairs:
    # Canonical order first: ties, and so everything that follows, no longer depend on the order of the files.
    applicants = applicants.sort_values("applicant_no", kind="stable", ignore_index=True)
    schools = schools.sort_values(["school_code", "level"], kind="stable", ignore_index=True)
    homes, goals = _points(applicants), _points(schools)
    parts = [np.empty((3, 0), dtype=np.int64)]
    issues: list[Issue] = []
    for who, where in _by_level(applicants, schools):
        if len(where) == 0:
            issues.append(words.no_school_of_level(str(applicants["level"].iloc[who[0]]), count=len(who)))
            continue
        found = measure(homes[who], goals[where])
        parts.append(np.stack([who[found.origin], where[found.destination], found.distance_m]))
        issues += words.about_applicants(applicants.iloc[who], homes[who], found)
        issues += words.about_schools(schools.iloc[where], goals[where], found)
    together = np.concatenate(parts, axis=1)
    origin, destination, distance_m = together[:, np.argsort(together[0], kind="stable")]
    pairs = pd.DataFrame(
        {
            "applicant_no": applicants["applicant_no"].to_numpy()[origin],
            "level": applicants["level"].to_numpy()[origin],
            "school_code": schools["school_code"].to_numpy()[destination],
            "distance_m": distance_m,
        }
    )
    once = dict.fromkeys(sorted(issues, key=lambda issue: (issue.file, issue.row or 0, issue.code, issue.value)))
    return AdmissiblePairs(pairs=pairs, issues=tuple(once))


def _by_level(applicants: pd.DataFrame, schools: pd.DataFrame) -> Iterator[tuple[Integers, Integers]]:
    """Yield positions of applicants and of the schools that they may go to; levels with equal schools go together."""
    groups: dict[tuple[tuple[str, ...], bytes], tuple[list[Integers], Integers]] = {}
    levels = applicants["level"].to_numpy()
    for level in sorted(set(levels.tolist())):
        where = np.flatnonzero(schools["level"].to_numpy() == level)
        codes = tuple(schools["school_code"].to_numpy()[where].tolist())
        key = (codes or (level,), _points(schools)[where].tobytes())
        groups.setdefault(key, ([], where))[0].append(np.flatnonzero(levels == level))
    for who, where in groups.values():
        yield np.concatenate(who), where


def _points(frame: pd.DataFrame) -> npt.NDArray[np.float64]:
    return np.asarray(frame[["x", "y"]], dtype=np.float64)


def _without_point(points: npt.NDArray[np.float64]) -> Integers:
    return np.flatnonzero(~np.isfinite(points).all(axis=1))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Words:
    """What is said about those who are in no pair."""

    max_distance_m: int
    snap_limit_m: float
    near_by: NearBy

    def no_school_of_level(self, level: str, *, count: int) -> Issue:
        return Issue(
            severity=Severity.WARNING,
            code="no_school_of_level",
            file=SCHOOLS,
            field="level",
            value=level,
            message=Text(
                f"Không có trường nào nhận cấp này; {count} học sinh không có chỗ.",
                f"No school takes this level; {count} applicants have no school.",
            ),
            hint=Text("Bổ sung trường và chỉ tiêu của cấp.", "Add the schools and seats of the level."),
        )

    def about_applicants(
        self, applicants: pd.DataFrame, homes: npt.NDArray[np.float64], found: _Measured
    ) -> Iterator[Issue]:
        unknown = set(_without_point(homes).tolist())
        for position in found.unsnapped_origins.tolist():
            code, message, hint = _NO_POINT if position in unknown else self._far_home()
            yield _issue(APPLICANTS, applicants, position, code=code, message=message, hint=hint)
        disconnected = set(found.disconnected_origins.tolist())
        for position in found.unreachable_origins.tolist():
            code, message, hint = _CUT_OFF if position in disconnected else self._out_of_reach()
            yield _issue(APPLICANTS, applicants, position, code=code, message=message, hint=hint)

    def about_schools(self, schools: pd.DataFrame, goals: npt.NDArray[np.float64], found: _Measured) -> Iterator[Issue]:
        unknown = set(_without_point(goals).tolist())
        for position in found.unsnapped_destinations.tolist():
            code, message, hint = _SCHOOL_NO_POINT if position in unknown else self._far_school()
            yield _issue(SCHOOLS, schools, position, code=code, message=message, hint=hint)

    def _far_home(self) -> tuple[str, Text, Text]:
        return (
            "home_far_from_street",
            Text(
                f"Nhà cách đường gần nhất hơn {self.snap_limit_m:g} m.",
                f"The home is more than {self.snap_limit_m:g} m from the nearest street.",
            ),
            Text(
                "Kiểm tra vị trí nhà, hoặc bổ sung đường, hẻm còn thiếu.", "Check the point, or add the missing alley."
            ),
        )

    def _far_school(self) -> tuple[str, Text, Text]:
        return (
            "school_far_from_street",
            Text(
                f"Trường cách đường gần nhất hơn {self.snap_limit_m:g} m.",
                f"The school is more than {self.snap_limit_m:g} m from the nearest street.",
            ),
            Text("Kiểm tra vị trí cổng trường.", "Check the point of the school gate."),
        )

    def _out_of_reach(self) -> tuple[str, Text, Text]:
        how = NEAR_BY_LABELS[self.near_by]
        return (
            "no_school_in_reach",
            Text(
                f"Không có trường nào trong phạm vi {self.max_distance_m} m {how.vi}.",
                f"No school lies within {self.max_distance_m} m {how.en}.",
            ),
            Text("Xem xét từng trường hợp, hoặc tăng giới hạn.", "Decide case by case, or raise the limit."),
        )


_NO_POINT = (
    "home_without_point",
    Text("Không có tọa độ nhà.", "The home has no coordinates."),
    Text("Bổ sung tọa độ hoặc địa chỉ.", "Add coordinates or an address."),
)
_SCHOOL_NO_POINT = (
    "school_without_point",
    Text("Không có tọa độ trường.", "The school has no coordinates."),
    Text("Bổ sung tọa độ cổng trường.", "Add the coordinates of the school gate."),
)
_CUT_OFF = (
    "home_cut_off",
    Text("Đường ở đây không nối tới trường nào.", "The streets here lead to no school at all."),
    Text("Kiểm tra chỗ đứt của mạng đường.", "Look for a gap in the streets."),
)


def _issue(file: str, frame: pd.DataFrame, position: int, *, code: str, message: Text, hint: Text = NO_TEXT) -> Issue:
    """Return the finding about one record; a personal ID comes masked, a home's coordinates never."""
    record = frame.iloc[position]
    field = "applicant_no" if file == APPLICANTS else "school_code"
    value = str(record[field])
    return Issue(
        severity=Severity.WARNING,
        code=code,
        file=str(record["file"]) if "file" in frame.columns else file,
        row=int(record["row"]) if "row" in frame.columns else None,
        field=field,
        value=mask(value) if file == APPLICANTS else value,
        message=message,
        hint=hint,
    )
