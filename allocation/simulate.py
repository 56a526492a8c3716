"""A round simulated on real ground: children drawn at real homes, schools merged from loose points.

For trying out a district before its registers are at hand. The people are generated: no number, date or home
belongs to anybody.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from allocation.model import Level
from allocation.personal_id import Sex, make_personal_id
from spatial.errors import InputError
from spatial.text import Text

ENTRY_AGE_YEARS: Mapping[Level, int] = MappingProxyType(
    {
        Level.KINDERGARTEN_3: 3,
        Level.KINDERGARTEN_4: 4,
        Level.KINDERGARTEN_5: 5,
        Level.GRADE_1: 6,
        Level.GRADE_6: 11,
    }
)
"""Age counted by calendar years: Điều 33 TT 28/2020 (grade 1), Điều 33 TT 32/2020 (grade 6)."""

_PROVINCE_CODE = "079"
_SERIAL_COUNT = 1_000_000

Points = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulationRules:
    """What the simulated round looks like.

    Parameters
    ----------
    applicant_count
        Children, spread evenly over ``levels``.
    school_year
        Calendar year in which the school year begins.
    seed
        Same seed, same ground: same round.
    merge_within_m
        School points that a chain of steps of at most this length connects are one school.
    seats_per_applicant_ratio
        Seats of a level over its applicants, all schools together.
    """

    applicant_count: int
    levels: tuple[Level, ...]
    school_year: int
    seed: int
    merge_within_m: float
    seats_per_applicant_ratio: float


def merge_school_points(points_xy: Points, *, within_m: float) -> pd.DataFrame:
    """Return the schools that loose points mark: those within ``within_m`` of each other are one.

    Parameters
    ----------
    points_xy
        Shape (n, 2), metres.

    Returns
    -------
    pandas.DataFrame
        ``school_code`` (``S01`` from west to east), ``x``, ``y`` of the point nearest to the middle of its group,
        ``point_count``. The same for any order of the points.
    """
    points_xy = np.asarray(points_xy, dtype=np.float64).reshape(-1, 2)
    points_xy = points_xy[np.lexsort((points_xy[:, 1], points_xy[:, 0]))]
    points = shapely.points(points_xy)
    near = shapely.STRtree(points).query(points, predicate="dwithin", distance=within_m)
    joined = coo_array((np.ones(near.shape[1]), tuple(near)), shape=(len(points), len(points)))
    _, group = connected_components(joined, directed=False)
    rows = []
    for members in (np.flatnonzero(group == number) for number in dict.fromkeys(group.tolist())):
        from_middle_m = np.hypot(*(points_xy[members] - points_xy[members].mean(axis=0)).T)
        x, y = points_xy[members[np.argmin(from_middle_m)]]
        rows.append((float(x), float(y), len(members)))
    digits = max(2, len(str(len(rows))))
    codes = [f"S{number:0{digits}d}" for number in range(1, len(rows) + 1)]
    return pd.DataFrame(rows, columns=["x", "y", "point_count"]).assign(school_code=codes)[
        ["school_code", "x", "y", "point_count"]
    ]


def simulate_applicants(homes_xy: Points, rules: SimulationRules) -> pd.DataFrame:
    """Return generated children at homes drawn by chance.

    Parameters
    ----------
    homes_xy
        Shape (n, 2), metres; every home is as likely as any other and may hold several children.

    Returns
    -------
    pandas.DataFrame
        ``applicant_no`` (a well-formed personal ID), ``level``, ``date_of_birth`` (ISO), ``sex``, ``x``, ``y``.

    Raises
    ------
    InputError
        There is no home, or there are more applicants than serial numbers.
    """
    homes_xy = np.asarray(homes_xy, dtype=np.float64).reshape(-1, 2)
    if len(homes_xy) == 0 or not 0 < rules.applicant_count <= _SERIAL_COUNT:
        raise InputError(
            Text(
                "Cần ít nhất một nhà và từ 1 đến 1.000.000 học sinh.", "It takes a home and 1 to 1,000,000 applicants."
            )
        )
    homes_xy = homes_xy[np.lexsort((homes_xy[:, 1], homes_xy[:, 0]))]
    chance = np.random.default_rng(rules.seed)
    home = chance.integers(0, len(homes_xy), rules.applicant_count)
    serials = chance.choice(_SERIAL_COUNT, size=rules.applicant_count, replace=False)
    is_girl = chance.random(rules.applicant_count) < 0.5  # noqa: PLR2004 - a half
    day_of_year = chance.integers(0, 365, rules.applicant_count)
    rows = [
        _child(
            rules.levels[number % len(rules.levels)],
            Sex.FEMALE if is_girl[number] else Sex.MALE,
            school_year=rules.school_year,
            day_of_year=int(day_of_year[number]),
            serial=int(serials[number]),
        )
        for number in range(rules.applicant_count)
    ]
    frame = pd.DataFrame(rows, columns=["applicant_no", "level", "date_of_birth", "sex"])
    frame[["x", "y"]] = np.round(homes_xy[home], 3)
    return frame.sort_values("applicant_no", ignore_index=True)


def _child(level: Level, sex: Sex, *, school_year: int, day_of_year: int, serial: int) -> tuple[str, str, str, str]:
    birth_year = school_year - ENTRY_AGE_YEARS[level]
    born = date(birth_year, 1, 1) + timedelta(days=day_of_year)
    number = make_personal_id(province_code=_PROVINCE_CODE, sex=sex, birth_year=birth_year, serial=serial)
    return number, level.value, born.isoformat(), sex.value


def simulate_seats(
    schools: pd.DataFrame, applicants: pd.DataFrame, *, seats_per_applicant_ratio: float
) -> pd.DataFrame:
    """Return seat pools for every level of the applicants in every school, larger where more points were merged.

    Parameters
    ----------
    schools
        What `merge_school_points` returns.
    applicants
        What `simulate_applicants` returns.

    Returns
    -------
    pandas.DataFrame
        ``school_code``, ``level``, ``capacity``, ``name``, ``x``, ``y``. The seats of a level sum to its applicants
        times the ratio, rounded to a whole seat.
    """
    pools = []
    for level, demand in sorted(applicants["level"].value_counts().items()):
        seats = round(demand * seats_per_applicant_ratio)
        pools.append(schools.assign(level=level, capacity=_in_proportion(schools["point_count"].to_numpy(), seats)))
    together = pd.concat(pools, ignore_index=True).sort_values(["school_code", "level"], ignore_index=True)
    together["name"] = "Trường " + together["school_code"]
    return together[["school_code", "level", "capacity", "name", "x", "y"]].round({"x": 3, "y": 3})


def _in_proportion(sizes: npt.NDArray[np.int64], seats: int) -> npt.NDArray[np.int64]:
    """Share ``seats`` out by largest remainder, the earlier school first at equal remainders."""
    exact = sizes / sizes.sum() * seats
    shares: npt.NDArray[np.int64] = np.floor(exact).astype(np.int64)
    for_the_rest = np.argsort(shares - exact, kind="stable")[: seats - shares.sum()]
    shares[for_the_rest] += 1
    return shares
