"""The stage ``least_travel``: most applicants placed, then the least total distance, then the lottery.

OR-Tools finds one optimum (`SimpleMinCostFlow`: the largest flow, and among those the cheapest). From its residual
graph come the seat prices, which prove the optimum, and all seats that are as good; among them the lottery chooses,
so that the result follows from the problem and the seed alone.

References
----------
Ahuja, Magnanti, Orlin, Network Flows (1993), chapter 9: reduced cost optimality, residual networks.
"""

from dataclasses import dataclass

import numpy as np
from ortools.graph.python.min_cost_flow import SimpleMinCostFlow

from allocation.model import UNPLACED, Allocation, AllocationProblem, DualCertificate, Integers
from allocation.tie_break import Market, lottery_first
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
    return DualCertificate(stage=stage, kind=KIND, level=level, unplaced_cost_m=result.unplaced_cost_m, price_m=prices)


def _solve_level(problem: AllocationProblem, level: str) -> _LevelResult:
    pools = np.flatnonzero(problem.pool_level == level)
    pairs = np.flatnonzero(problem.pool_level[problem.pair_pool] == level)
    has_pair = np.zeros(problem.applicant_count, dtype=bool)
    has_pair[problem.pair_applicant[pairs]] = True
    applicants = np.flatnonzero(has_pair)
    market = Market(
        lottery_rank=problem.lottery_rank[applicants],
        capacity=problem.pool_capacity[pools],
        pair_applicant=np.searchsorted(applicants, problem.pair_applicant[pairs]),
        pair_pool=np.searchsorted(pools, problem.pair_pool[pairs]),
        pair_distance_m=problem.pair_distance_m[pairs],
    )
    unplaced_cost_m = _unplaced_cost_m(market)
    choice = cheapest_largest_flow(market)
    price_m = seat_prices(market, choice, unplaced_cost_m=unplaced_cost_m)
    choice = lottery_first(market, choice, price_m=price_m, unplaced_cost_m=unplaced_cost_m)
    return _LevelResult(
        applicants=applicants,
        pools=pools,
        choice=np.where(choice >= 0, pairs[choice] if len(pairs) else choice, UNPLACED),
        unplaced_cost_m=unplaced_cost_m,
        price_m=price_m,
    )


def _unplaced_cost_m(market: Market) -> int:
    """Return a cost that no chain of moves can outweigh: a chain enters each pool at most once.

    Twice that, so that the price of a seat tells whether the seat places one more child or shortens ways.
    """
    farthest_m = int(market.pair_distance_m.max(initial=0))
    cost_m = 2 * len(market.capacity) * farthest_m + 1
    if cost_m * (len(market.lottery_rank) + len(market.capacity) + 1) > _LARGEST_SUM:
        raise SolverError(
            Text(
                f"Khoảng cách {farthest_m} m quá lớn để tính chính xác.",
                f"A distance of {farthest_m} m is too large to be reckoned with exactly.",
            ),
            hint=Text("Kiểm tra đơn vị: khoảng cách tính bằng mét.", "Check the unit: distances are in metres."),
        )
    return cost_m


def cheapest_largest_flow(market: Market) -> Integers:
    """Return for each applicant the index of the chosen pair, or `UNPLACED`.

    Raises
    ------
    SolverError
        OR-Tools stopped without an optimum.
    """
    applicant_count, pool_count = len(market.lottery_rank), len(market.capacity)
    choice = np.full(applicant_count, UNPLACED, dtype=np.int64)
    if not len(market.pair_pool):
        return choice
    source, sink = applicant_count + pool_count, applicant_count + pool_count + 1
    applicants, pools = np.arange(applicant_count), applicant_count + np.arange(pool_count)
    flow = SimpleMinCostFlow()
    arcs = flow.add_arcs_with_capacity_and_unit_cost(
        market.pair_applicant,
        applicant_count + market.pair_pool,
        np.ones_like(market.pair_pool),
        market.pair_distance_m,
    )
    flow.add_arcs_with_capacity_and_unit_cost(
        np.full(applicant_count, source), applicants, np.ones_like(applicants), np.zeros_like(applicants)
    )
    flow.add_arcs_with_capacity_and_unit_cost(
        pools, np.full(pool_count, sink), np.minimum(market.capacity, applicant_count), np.zeros_like(pools)
    )
    flow.set_node_supply(source, applicant_count)
    flow.set_node_supply(sink, -applicant_count)
    status = flow.solve_max_flow_with_min_cost()
    if status != SimpleMinCostFlow.OPTIMAL:
        raise SolverError(Text(f"OR-Tools dừng với trạng thái {status}.", f"OR-Tools stopped with status {status}."))
    used = np.flatnonzero(flow.flows(arcs))
    choice[market.pair_applicant[used]] = used
    return choice


def seat_prices(market: Market, choice: Integers, *, unplaced_cost_m: int) -> Integers:
    """Return for each pool what one more seat would save: the longest chain of gains that ends in the pool.

    Somebody moves in and saves metres, and leaves a seat of which the same is true; an unplaced applicant who
    moves in saves ``unplaced_cost_m``. These are the smallest prices that prove the optimum.

    Raises
    ------
    SolverError
        The chains do not end, which means that ``choice`` was no optimum.
    """
    pool_count = len(market.capacity)
    outside = pool_count
    own_pool = np.append(market.pair_pool, outside)[choice]
    own_distance_m = np.append(market.pair_distance_m, unplaced_cost_m)[choice]
    never = -(unplaced_cost_m * (pool_count + 2))
    gain_m = np.full((pool_count + 1, pool_count), never, dtype=np.int64)
    pair_gain_m = own_distance_m[market.pair_applicant] - market.pair_distance_m
    np.maximum.at(gain_m, (own_pool[market.pair_applicant], market.pair_pool), pair_gain_m)
    price_m = np.zeros(pool_count + 1, dtype=np.int64)
    for _ in range(pool_count + 2):
        better = np.maximum(price_m[:-1], (price_m[:, np.newaxis] + gain_m).max(axis=0, initial=0))
        if np.array_equal(better, price_m[:-1]):
            return np.asarray(better, dtype=np.int64)
        price_m[:-1] = better
    raise SolverError(Text("Giá chỗ học không hội tụ.", "The seat prices do not settle."))
