"""The cheapest largest flow over all pairs: OR-Tools on the nearest, then whatever else could better it.

OR-Tools' `SimpleMinCostFlow` solves the few nearest pairs of each applicant. The seat prices of that placement price
all other pairs: one whose way and price together are less than its applicant has now could better it, no other can.
Where there are many of these, the best of them join and OR-Tools solves again; a few are brought in by chains of
moves. At the end no pair is left that could better the placement, so that it is the best over all pairs.

References
----------
Ahuja, Magnanti, Orlin, Network Flows (1993), chapter 9: reduced cost optimality.
Ford, Fulkerson, A suggested computation for maximal multi-commodity network flows, Management Science 5(1), 1958:
taking up columns by their prices.
"""

import numpy as np
from ortools.graph.python.min_cost_flow import SimpleMinCostFlow

from allocation.chains import Settled, settled
from allocation.level_market import Market
from allocation.model import UNPLACED, Integers, Truths
from spatial.errors import SolverError
from spatial.text import Text

NEAREST_COUNT = 8
_FEW_PAIRS = 100
_TIER_WEIGHT = 4
"""A tier counts for OR-Tools as this many times the farthest way; where that is too little, chains of moves settle it.

With the whole weight of `Market.unplaced_m` the same solve takes two to three times as long.
"""


def cheapest_largest_flow(
    market: Market, *, nearest_count: int = NEAREST_COUNT, few_pairs: int = _FEW_PAIRS
) -> Settled:
    """Return a placement with the least sum of ways, and of `Market.unplaced_m` for those without a seat.

    Parameters
    ----------
    nearest_count
        So many of the nearest pairs of each applicant are solved first, and so many at most join in each round.
    few_pairs
        Up to so many pairs are brought in by chains of moves.

    Raises
    ------
    SolverError
        OR-Tools stopped without an optimum.
    """
    is_kept = _nearest(market, nearest_count)
    while True:
        kept, part = np.flatnonzero(is_kept), market.only(is_kept)
        solved = settled(part, _solved_by_or_tools(part))
        choice = np.append(kept, UNPLACED)[solved.choice]
        could_better = _could_better(market, choice, solved.price_m)
        if len(could_better) <= few_pairs:
            return settled(market, choice, known_price_m=solved.price_m)
        is_kept[_best_of_each(market, could_better, solved.price_m, most=nearest_count)] = True


def _nearest(market: Market, count: int) -> Truths:
    """Return which pairs are among the nearest of their applicant; those as far as the last of them too."""
    width = int(market.pair_distance_m.max(initial=0)) + 1
    keys = market.pair_applicant * width + market.pair_distance_m
    last = np.minimum(market.pair_start[:-1] + count, market.pair_start[1:]) - 1
    return np.asarray(keys <= np.repeat(np.sort(keys)[last], np.diff(market.pair_start)))


def _could_better(market: Market, choice: Integers, price_m: Integers) -> Integers:
    """Return the pairs whose way and price are less than the applicant's own."""
    own_m = market.own_m(choice) + np.append(price_m, 0)[market.own_pool(choice)]
    return np.flatnonzero(market.pair_distance_m + price_m[market.pair_pool] < own_m[market.pair_applicant])


def _best_of_each(market: Market, pairs: Integers, price_m: Integers, *, most: int) -> Integers:
    applicant, pool = market.pair_applicant[pairs], market.pair_pool[pairs]
    order = np.lexsort([market.pair_distance_m[pairs] + price_m[pool], applicant])
    applicant = applicant[order]
    turn = np.arange(len(order)) - np.searchsorted(applicant, applicant)
    return pairs[order[turn < most]]


def _solved_by_or_tools(market: Market) -> Integers:
    """Return for each applicant the index of the chosen pair, or `UNPLACED`: a largest flow, and nearly the cheapest.

    Of several tiers the first are placed first, but only where no longer ways than `_TIER_WEIGHT` times the farthest
    speak against it.
    """
    applicant_count, pool_count = len(market.lottery_rank), len(market.capacity)
    choice = np.full(applicant_count, UNPLACED, dtype=np.int64)
    if not len(market.pair_pool):
        return choice
    source, sink = applicant_count + pool_count, applicant_count + pool_count + 1
    applicants, pools = np.arange(applicant_count), applicant_count + np.arange(pool_count)
    weight_m = _TIER_WEIGHT * int(market.pair_distance_m.max())
    tier = np.unique(-market.unplaced_m, return_inverse=True)[1]
    flow = SimpleMinCostFlow()
    arcs = flow.add_arcs_with_capacity_and_unit_cost(
        market.pair_applicant,
        applicant_count + market.pair_pool,
        np.ones_like(market.pair_pool),
        market.pair_distance_m,
    )
    flow.add_arcs_with_capacity_and_unit_cost(
        np.full(applicant_count, source), applicants, np.ones_like(applicants), weight_m * tier
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
