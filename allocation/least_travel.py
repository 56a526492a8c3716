"""The stage ``least_travel``: most applicants placed, first tiers first; then least metres; then the lottery.

The cheapest largest flow (`allocation.cheapest_flow`) places as many as can be placed: since having no seat counts more
in earlier tiers than any chain of moves can save, as many of tier 1 as can be, then of tier 2, and so forth, and never
fewer in all for that (sets that can be placed are a matroid). Its seat prices prove the optimum over all pairs and show
all seats that are as good; among them the lottery chooses, so that the result follows from problem and seed alone.

References
----------
Edmonds, Matroids and the greedy algorithm, Mathematical Programming 1, 1971.
Ahuja, Magnanti, Orlin, Network Flows (1993), chapter 9: reduced cost optimality, residual networks.
"""

from dataclasses import dataclass

import numpy as np

from allocation.cheapest_flow import cheapest_largest_flow
from allocation.level_market import Market
from allocation.model import UNPLACED, Allocation, AllocationProblem, DualCertificate, Integers
from allocation.tie_break import lottery_first
from spatial.errors import SolverError
from spatial.text import Text

KIND = "least_travel"
_LARGEST_SUM = 2**62


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _LevelResult:
    applicants: Integers
    pools: Integers
    choice: Integers
    unplaced_cost_m: int
    last_tier: int
    price_m: Integers


def solve(problem: AllocationProblem, *, stage: int = 1) -> Allocation:
    """Return the allocation that places most applicants and, doing so, has the least total distance.

    Levels share no seats and are solved one by one. Of several such allocations the lottery takes the one in which
    the first in the draw has the nearest seat that any of them gives, then the second, and so on.

    Parameters
    ----------
    stage
        Number of the stage of the policy, noted beside each seat.

    Raises
    ------
    SolverError
        OR-Tools stopped without an optimum, or the distances are too large for whole-number arithmetic.
    """
    pool = np.full(problem.applicant_count, UNPLACED, dtype=np.int64)
    distance_m = np.zeros(problem.applicant_count, dtype=np.int64)
    certificates = []
    for level in problem.levels:
        result = _solve_level(problem, level)
        placed = result.choice >= 0
        chosen = result.choice[placed]
        pool[result.applicants[placed]] = problem.pair_pool[chosen]
        distance_m[result.applicants[placed]] = problem.pair_distance_m[chosen]
        certificates.append(_certificate(result, stage=stage, level=level))
    stages = np.where(pool != UNPLACED, stage, 0)
    return Allocation(pool=pool, distance_m=distance_m, stage=stages, certificates=tuple(certificates))


def _certificate(result: _LevelResult, *, stage: int, level: str) -> DualCertificate:
    prices = dict(zip(result.pools.tolist(), result.price_m.tolist(), strict=True))
    return DualCertificate(
        stage=stage,
        kind=KIND,
        level=level,
        unplaced_cost_m=result.unplaced_cost_m,
        price_m=prices,
        last_tier=result.last_tier,
    )


def _solve_level(problem: AllocationProblem, level: str) -> _LevelResult:
    pools = np.flatnonzero(problem.pool_level == level)
    pairs = np.flatnonzero((problem.pool_level == level)[problem.pair_pool])
    applicants, pair_applicant = _numbered(problem.pair_applicant[pairs], problem.applicant_count)
    tier = problem.priority_tier[applicants]
    last_tier = int(tier.max(initial=1))
    farthest_m = int(problem.pair_distance_m[pairs].max(initial=0))
    unplaced_cost_m = _unplaced_cost_m(farthest_m, len(pools), most_factor=(last_tier + 1) * problem.applicant_count)
    market = Market(
        lottery_rank=problem.lottery_rank[applicants],
        unplaced_m=unplaced_cost_m * (1 + last_tier - tier),
        capacity=problem.pool_capacity[pools],
        pair_applicant=pair_applicant,
        pair_pool=np.searchsorted(pools, np.arange(problem.pool_count))[problem.pair_pool[pairs]],
        pair_distance_m=problem.pair_distance_m[pairs],
    )
    best = cheapest_largest_flow(market)
    choice = lottery_first(market, best.choice, price_m=best.price_m)
    return _LevelResult(
        applicants=applicants,
        pools=pools,
        choice=np.where(choice >= 0, pairs[choice], UNPLACED),
        unplaced_cost_m=unplaced_cost_m,
        last_tier=last_tier,
        price_m=best.price_m,
    )


def _numbered(pair_applicant: Integers, applicant_count: int) -> tuple[Integers, Integers]:
    """Return the applicants who have a pair, and for each pair the number of its applicant among them."""
    has_pair = np.zeros(applicant_count, dtype=bool)
    has_pair[pair_applicant] = True
    return np.flatnonzero(has_pair), (np.cumsum(has_pair) - 1)[pair_applicant]


def _unplaced_cost_m(farthest_m: int, pool_count: int, *, most_factor: int) -> int:
    """Return a cost that no chain of moves can outweigh: a chain enters each pool at most once.

    Twice that, so that the price of a seat tells whether the seat places one more child or shortens ways. Neither the
    sum with nobody placed, ``most_factor`` times the cost, nor any chain may be too large for whole numbers.
    """
    cost_m = 2 * pool_count * farthest_m + 1
    if cost_m * (most_factor + pool_count + 2) >= _LARGEST_SUM:
        raise SolverError(
            Text(
                f"Khoảng cách {farthest_m} m cùng các diện ưu tiên quá lớn để tính chính xác.",
                f"A distance of {farthest_m} m, with these tiers, is too large to be reckoned with exactly.",
            ),
            hint=Text(
                "Kiểm tra đơn vị (mét) và số của các diện (1, 2, 3…).",
                "Check the unit (metres) and the numbers of the tiers (1, 2, 3, …).",
            ),
        )
    return cost_m
