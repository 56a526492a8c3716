"""Applicants and seats of a round in the demonstration city. Every person here is generated.

Numbers of children follow the city's own: one child for about 22 households enters grade 1 in a year.
"""

import hmac
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.spatial import cKDTree

from allocation.model import CLASS_NORM_COUNT, Level
from allocation.personal_id import Sex, make_personal_id
from allocation.receipt import new_receipt_code
from allocation.simulate import ENTRY_AGE_YEARS
from basemap.demo_city import DemoCity
from basemap.model import LayerName

SCHOOL_YEAR = 2026

HOUSEHOLDS_PER_APPLICANT: Mapping[Level, float] = MappingProxyType(
    {
        Level.KINDERGARTEN_3: 55.0,
        Level.KINDERGARTEN_4: 42.0,
        Level.KINDERGARTEN_5: 36.0,
        Level.GRADE_1: 22.0,
        Level.GRADE_6: 23.0,
    }
)
"""Grades 1 and 6: entrants of 2026 over the city's households; kindergartens: those who ask for a public one."""

SCHOOL_TYPE_OF_LEVEL: Mapping[Level, str] = MappingProxyType(
    {
        Level.KINDERGARTEN_3: "kindergarten",
        Level.KINDERGARTEN_4: "kindergarten",
        Level.KINDERGARTEN_5: "kindergarten",
        Level.GRADE_1: "primary",
        Level.GRADE_6: "lower_secondary",
    }
)

_PROVINCE_CODES = ("079", "074", "077", "080", "082", "072", "075", "089", "040", "001")
_PROVINCE_SHARES = (0.84, 0.05, 0.03, 0.02, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01)
_TIER_SHARES = (0.93, 0.05, 0.02)
_TWIN_RATIO = 0.012
_GIRLS_RATIO = 0.48
_SERIAL_COUNT = 1_000_000
_SEATS_PER_APPLICANT_RATIO = 1.04
_LARGEST_CLASS_SHARE_RATIO = 0.08
_SPREAD_RATIO, _LOCAL_RATIO, _SHORT_OF_SEATS_RATIO = 0.12, 0.7, 0.85


def make_applicants(
    city: DemoCity, *, seed: int, school_year: int = SCHOOL_YEAR, levels: Sequence[Level | str] = tuple(Level)
) -> pd.DataFrame:
    """Return children at homes of the city who apply for a place, sorted by number.

    Parameters
    ----------
    school_year
        Calendar year in which the school year begins; it settles the years of birth.

    Returns
    -------
    pandas.DataFrame
        ``applicant_no, level, date_of_birth`` (ISO)``, sex, x, y`` (metres, EPSG:9210)``, address, priority_tier,
        receipt_code, together_with`` (empty: nobody has asked yet, twins neither).
    """
    frames = [_of_level(city, Level(level), school_year=school_year, seed=seed) for level in levels]
    applicants = pd.concat(frames, ignore_index=True)
    applicants["receipt_code"] = [_receipt_code(number, seed=seed) for number in applicants["applicant_no"]]
    applicants["together_with"] = ""
    return applicants.sort_values("applicant_no", ignore_index=True)


def _of_level(city: DemoCity, level: Level, *, school_year: int, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng([seed, city.seed, list(Level).index(level)])
    count = max(1, round(city.households / HOUSEHOLDS_PER_APPLICANT[level]))
    twins = round(_TWIN_RATIO * count)
    home = rng.choice(len(city.homes), size=count - twins, replace=False)
    day = rng.integers(0, 365, count - twins)
    home, day = np.concatenate([home, home[:twins]]), np.concatenate([day, day[:twins]])
    birth_year = school_year - ENTRY_AGE_YEARS[level]
    sex = [Sex.FEMALE if is_girl else Sex.MALE for is_girl in rng.random(count) < _GIRLS_RATIO]
    province = rng.choice(_PROVINCE_CODES, size=count, p=_PROVINCE_SHARES)
    serial = rng.choice(_SERIAL_COUNT, size=count, replace=False)
    numbers = [
        make_personal_id(province_code=str(code), sex=each, birth_year=birth_year, serial=int(last))
        for code, each, last in zip(province, sex, serial, strict=True)
    ]
    first_day = date(birth_year, 1, 1)
    return pd.DataFrame(
        {
            "applicant_no": numbers,
            "level": level.value,
            "date_of_birth": [(first_day + timedelta(days=int(days))).isoformat() for days in day],
            "sex": [each.value for each in sex],
            **{name: city.homes[name].to_numpy()[home] for name in ("x", "y", "address")},
            "priority_tier": rng.choice(len(_TIER_SHARES), size=count, p=_TIER_SHARES) + 1,
        }
    )


def _receipt_code(applicant_no: str, *, seed: int) -> str:
    return new_receipt_code(hmac.digest(f"demo {seed}".encode(), applicant_no.encode(), "sha256"))


def make_capacities(city: DemoCity, applicants: pd.DataFrame, *, seed: int) -> pd.DataFrame:
    """Return the seats of every school for each level that somebody applies for.

    In total a few percent more seats than applicants; school by school not in step with the children around, so
    that some are full and others have room.

    Returns
    -------
    pandas.DataFrame
        ``school_code, level, capacity, name, x, y`` (metres, EPSG:9210).
    """
    schools = city.layers[LayerName.SCHOOL]
    demand = applicants["level"].value_counts()
    frames = []
    for level in (level for level in Level if level.value in demand.index):
        chosen = schools[schools["school_type"] == SCHOOL_TYPE_OF_LEVEL[level]]
        school_xy = np.column_stack([chosen.geometry.x, chosen.geometry.y])
        homes_xy = applicants.loc[applicants["level"] == level.value, ["x", "y"]].to_numpy()
        rng = np.random.default_rng([seed, city.seed, 100 + list(Level).index(level)])
        weight = _pull(homes_xy, school_xy) * rng.uniform(1 - _SPREAD_RATIO, 1 + _SPREAD_RATIO, len(chosen))
        seats = {
            "school_code": chosen["school_code"].to_numpy(),
            "level": level.value,
            "capacity": _share_seats(len(homes_xy), weight, class_size=CLASS_NORM_COUNT[level]),
            "name": chosen["name"].to_numpy(),
            "x": school_xy[:, 0],
            "y": school_xy[:, 1],
        }
        frames.append(pd.DataFrame(seats))
    return pd.concat(frames, ignore_index=True)


def _pull(homes_xy: npt.NDArray[np.float64], school_xy: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Share of the seats for each school: partly the children around it, partly the same for all.

    Where most children live, seats are short.
    """
    nearest = cKDTree(school_xy).query(homes_xy)[1]
    around = np.bincount(nearest, minlength=len(school_xy)) / len(homes_xy)
    pull = _LOCAL_RATIO * around + (1 - _LOCAL_RATIO) / len(school_xy)
    pull[np.argmax(around)] *= _SHORT_OF_SEATS_RATIO
    return np.asarray(pull, dtype=np.float64)


def _share_seats(demand: int, weight: npt.NDArray[np.float64], *, class_size: int) -> npt.NDArray[np.int64]:
    """Seats for each school: whole classes where they are small beside the demand, else groups of children."""
    wanted = max(demand, round(_SEATS_PER_APPLICANT_RATIO * demand))
    unit = next(size for size in (class_size, 5, 1) if size == 1 or size <= _LARGEST_CLASS_SHARE_RATIO * demand)
    units = -(-wanted // unit)
    exact = units * weight / weight.sum()
    given = np.floor(exact).astype(np.int64)
    given[np.argsort(given - exact, kind="stable")[: units - given.sum()]] += 1
    return np.asarray(given * unit, dtype=np.int64)
