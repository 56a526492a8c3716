"""The figures of a round: how many, how far, whose place could be claimed by whom."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from allocation.model import UNPLACED, Allocation, AllocationProblem, Integers, Reason

_MEAN_DIGITS = 3
_SHARE_DIGITS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The figures of a level, or of the round.

    Parameters
    ----------
    max_distance_m, mean_distance_m
        Over those placed; None when nobody is.
    share_nearest
        Share of those placed who have the nearest of the schools that they may be placed in; None when nobody is.
    """

    applicants: int
    seats: int
    placed: int
    unplaced: int
    total_distance_m: int
    max_distance_m: int | None
    mean_distance_m: float | None
    share_nearest: float | None


def figures(problem: AllocationProblem, allocation: Allocation, *, level: str | None = None) -> Figures:
    """Return the figures of one level, or of the whole round."""
    every = np.ones(problem.applicant_count, dtype=bool)
    of_level = every if level is None else problem.applicant_level == level
    seats = problem.pool_capacity if level is None else problem.pool_capacity[problem.pool_level == level]
    placed = of_level & (allocation.pool != UNPLACED)
    distance_m = allocation.distance_m[placed]
    nearest = distance_m == nearest_distances_m(problem)[placed]
    return Figures(
        applicants=int(of_level.sum()),
        seats=int(seats.sum()),
        placed=int(placed.sum()),
        unplaced=int(of_level.sum() - placed.sum()),
        total_distance_m=int(distance_m.sum()),
        max_distance_m=int(distance_m.max()) if len(distance_m) else None,
        mean_distance_m=round(float(distance_m.mean()), _MEAN_DIGITS) if len(distance_m) else None,
        share_nearest=round(float(nearest.mean()), _SHARE_DIGITS) if len(distance_m) else None,
    )


def nearest_distances_m(problem: AllocationProblem) -> Integers:
    """Return for each applicant the metres to the nearest admissible school; -1 where there is none."""
    nearest = np.full(problem.applicant_count, np.iinfo(np.int64).max, dtype=np.int64)
    np.minimum.at(nearest, problem.pair_applicant, problem.pair_distance_m)
    return np.where(nearest == np.iinfo(np.int64).max, -1, nearest)


def reasons(problem: AllocationProblem, allocation: Allocation, *, reachable: npt.NDArray[np.bool_]) -> list[str]:
    """Return for each applicant the `Reason`.

    Parameters
    ----------
    reachable
        For each pair whether some stage of the policy allows it.
    """
    has_school = np.zeros(problem.applicant_count, dtype=bool)
    has_school[problem.pair_applicant[reachable]] = True
    placed = allocation.pool != UNPLACED
    at_nearest = allocation.distance_m == nearest_distances_m(problem)
    if_placed = np.where(at_nearest, Reason.NEAREST_SCHOOL.value, Reason.NEARER_SCHOOLS_FULL.value)
    if_not = np.where(has_school, Reason.ALL_SCHOOLS_FULL.value, Reason.NO_SCHOOL_IN_REACH.value)
    return [str(reason) for reason in np.where(placed, if_placed, if_not)]


def justified_envy_pair_count(problem: AllocationProblem, allocation: Allocation) -> int:
    """Return the number of pairs of applicant and school with justified envy.

    The school is strictly nearer than the applicant's own (or the applicant has none), and one of those placed there
    comes after the applicant by tier, then distance, then lottery.
    """
    worst = _worst_placed(problem, allocation)
    own_m = np.where(allocation.pool == UNPLACED, np.iinfo(np.int64).max, allocation.distance_m)
    pool, applicant, distance_m = problem.pair_pool, problem.pair_applicant, problem.pair_distance_m
    nearer = distance_m < own_m[applicant]
    tier, lottery = problem.priority_tier[applicant], problem.lottery_rank[applicant]
    worst_tier, worst_m, worst_lottery = (column[pool] for column in worst)
    before = (tier < worst_tier) | (
        (tier == worst_tier) & ((distance_m < worst_m) | ((distance_m == worst_m) & (lottery < worst_lottery)))
    )
    return int((nearer & before).sum())


def _worst_placed(problem: AllocationProblem, allocation: Allocation) -> tuple[Integers, Integers, Integers]:
    """Return tier, distance and lottery rank of the last by priority in each pool; -1 where nobody is placed."""
    placed = np.flatnonzero(allocation.pool != UNPLACED)
    keys = (
        problem.priority_tier[placed],
        allocation.distance_m[placed],
        problem.lottery_rank[placed],
    )
    pools = allocation.pool[placed]
    order = np.lexsort([keys[2], keys[1], keys[0], pools])
    worst = tuple(np.full(problem.pool_count, -1, dtype=np.int64) for _ in keys)
    for column, key in zip(worst, keys, strict=True):
        column[pools[order]] = key[order]
    return worst[0], worst[1], worst[2]


def school_table(problem: AllocationProblem, allocation: Allocation) -> pd.DataFrame:
    """Return the columns of ``schools.csv``, one row for each pool.

    The cut-off is the last tier that was admitted and the farthest distance within it. The seat price belongs to
    the last stage of the policy.
    """
    tier, distance_m, _ = _worst_placed(problem, allocation)
    placed = np.bincount(allocation.pool[allocation.pool != UNPLACED], minlength=problem.pool_count)
    last_stage = {certificate.level: certificate for certificate in allocation.certificates}
    prices = [
        last_stage[level].seat_price_m(pool) if level in last_stage else 0
        for pool, level in enumerate(problem.pool_level)
    ]
    return pd.DataFrame(
        {
            "school_code": problem.pool_school_code,
            "level": problem.pool_level,
            "capacity": problem.pool_capacity,
            "placed": placed,
            "cut_off_tier": pd.arrays.IntegerArray(tier, placed == 0),
            "cut_off_distance_m": pd.arrays.IntegerArray(distance_m, placed == 0),
            "seat_price_m": np.array(prices, dtype=np.int64),
        }
    )
