"""The figures of a round: how many, how far, whose place could be claimed by whom."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from allocation.model import UNPLACED, Allocation, AllocationProblem, DualCertificate, Integers, Reason
from allocation.orders import has_wishes, preference_order, school_order, wishes
from allocation.policy import Policy
from allocation.policy_rules import DeferredAcceptanceStage, PreferenceSource
from allocation.priority import may_take_part
from allocation.seat_pools import HELD_TIER

_MEAN_DIGITS = 3
_SHARE_DIGITS = 6
_NOWHERE = 2**60
_USUAL_ORDER = DeferredAcceptanceStage(kind="deferred_acceptance")


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


def reasons(problem: AllocationProblem, allocation: Allocation, policy: Policy) -> list[str]:
    """Return for each applicant the `Reason`; who named no school is told of nearer ones, not of preferred ones."""
    has_school = np.zeros(problem.applicant_count, dtype=bool)
    for stage in policy.stages:
        has_school[problem.pair_applicant[may_take_part(problem, policy.kept_seats, stage)]] = True
    own = pairs_of(problem, allocation.pool)
    asked = next(
        (
            stage
            for stage in policy.stages
            if isinstance(stage, DeferredAcceptanceStage) and stage.preferences is not PreferenceSource.NEAREST
        ),
        None,
    )
    is_nearest = allocation.distance_m == nearest_distances_m(problem)
    why = np.where(is_nearest, Reason.NEAREST_SCHOOL.value, Reason.NEARER_SCHOOLS_FULL.value)
    if asked is not None:
        allowed = np.flatnonzero(may_take_part(problem, policy.kept_seats, asked))
        market = problem.only(pairs=allowed, capacity=problem.pool_capacity)
        order = preference_order(market, asked.preferences, policy.kept_seats)
        _, first = np.unique(market.pair_applicant[order], return_index=True)
        at_best = np.isin(own, allowed[order[first]])
        if_asked = np.where(at_best, Reason.FIRST_PREFERENCE.value, Reason.PREFERRED_SCHOOLS_FULL.value)
        why = np.where(has_wishes(market), if_asked, why)
    placed = allocation.pool != UNPLACED
    confirmed = problem.is_confirmed & (np.append(problem.pair_tier, UNPLACED)[own] == HELD_TIER)
    if_not = np.where(has_school, Reason.ALL_SCHOOLS_FULL.value, Reason.NO_SCHOOL_IN_REACH.value)
    if_placed = np.where(confirmed, Reason.SEAT_CONFIRMED.value, why)
    return [str(reason) for reason in np.where(placed, if_placed, if_not)]


def justified_envy_pair_count(problem: AllocationProblem, allocation: Allocation, policy: Policy) -> int:
    """Return the number of pairs of applicant and school with justified envy.

    The school is strictly nearer (where wishes were submitted: stands higher in the list) than the applicant's own, or
    the applicant has none, and one of those placed there comes after the applicant in the order of the school: that of
    the policy's first stage of deferred acceptance, without one tier, then distance, then lottery.
    """
    stage = next((one for one in policy.stages if isinstance(one, DeferredAcceptanceStage)), _USUAL_ORDER)
    problem = problem.only(pairs=may_take_part(problem, policy.kept_seats, stage), capacity=problem.pool_capacity)
    place = school_order(problem, stage, policy.kept_seats)
    rank, distance_m, listed = wishes(problem, stage.preferences)
    own = pairs_of(problem, allocation.pool)
    placed = own != UNPLACED
    worst = np.full(problem.pool_count, -1, dtype=np.int64)
    np.maximum.at(worst, allocation.pool[placed], place[own[placed]])
    own_rank, own_m = (np.append(column, _NOWHERE)[own][problem.pair_applicant] for column in (rank, distance_m))
    is_wished = listed & ((rank < own_rank) | ((rank == own_rank) & (distance_m < own_m)))
    return int((is_wished & (place < worst[problem.pair_pool])).sum())


def pairs_of(problem: AllocationProblem, pool: Integers) -> Integers:
    """Return for each applicant the index of the pair with this pool, or `UNPLACED`."""
    keys = problem.pair_applicant * problem.pool_count + problem.pair_pool
    wanted = np.arange(problem.applicant_count) * problem.pool_count + pool
    at = np.searchsorted(keys, wanted)
    found = (pool != UNPLACED) & (np.append(keys, -1)[at] == wanted)
    return np.where(found, at, UNPLACED)


def _worst_placed(problem: AllocationProblem, allocation: Allocation) -> tuple[Integers, Integers]:
    """Return the last tier placed in each pool and the farthest metres in it; -1 where nobody is placed."""
    placed = np.flatnonzero(allocation.pool != UNPLACED)
    tier = np.append(problem.pair_tier, 0)[pairs_of(problem, allocation.pool)][placed]
    pools, distance_m = allocation.pool[placed], allocation.distance_m[placed]
    last_tier, farthest_m = (np.full(problem.pool_count, -1, dtype=np.int64) for _ in range(2))
    np.maximum.at(last_tier, pools, tier)
    in_last = tier == last_tier[pools]
    np.maximum.at(farthest_m, pools[in_last], distance_m[in_last])
    return last_tier, farthest_m


def school_table(problem: AllocationProblem, allocation: Allocation) -> pd.DataFrame:
    """Return the columns of ``schools.csv``, one row for each pool.

    The cut-off is the last tier that was admitted and the farthest distance within it. The seat price belongs to
    the last stage of the policy, and is empty where that proves none.
    """
    tier, distance_m = _worst_placed(problem, allocation)
    placed = np.bincount(allocation.pool[allocation.pool != UNPLACED], minlength=problem.pool_count)
    table = pd.DataFrame(
        {
            "school_code": problem.pool_school_code,
            "level": problem.pool_level,
            "capacity": problem.pool_capacity,
            "placed": placed,
            "cut_off_tier": pd.arrays.IntegerArray(tier, placed == 0),
            "cut_off_distance_m": pd.arrays.IntegerArray(distance_m, placed == 0),
            "seat_price_m": pd.array(seat_prices_m(problem, allocation), dtype="Int64"),
        }
    )
    return table.assign(seat_group=problem.pool_seat_group) if (problem.pool_seat_group != "").any() else table


def seat_prices_m(problem: AllocationProblem, allocation: Allocation) -> list[int | None]:
    """Return for each pool the metres that one more seat would save at the last stage; None where none is proven."""
    last = {certificate.level: certificate for certificate in allocation.certificates}
    prices: list[int | None] = []
    for pool, level in enumerate(problem.pool_level):
        certificate = last.get(level)
        prices.append(certificate.seat_price_m(pool) if isinstance(certificate, DualCertificate) else None)
    return prices
