"""The stage ``least_farthest``: most applicants placed, then the farthest way as short as can be, then least travel.

The farthest way is found from below. A set of pools tells how short it can be at most: of those who must find a seat,
only as many as the set has seats may sit in the set, all others need a way out of it. Starting with the empty set, the
smallest limit that the set allows is tried by a largest flow; where that places too few, its smallest cut is the next
set, which forbids the limit just tried. So the first limit that is enough is the shortest, and the last set proves it.

References
----------
König, Gráfok és mátrixok, Matematikai és Fizikai Lapok 38 (1931): largest matchings and smallest covers.
Edmonds, Fulkerson, Bottleneck extrema, J. of Combinatorial Theory 8(3), 1970.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
from ortools.graph.python.max_flow import SimpleMaxFlow

from allocation import least_travel
from allocation.model import Allocation, AllocationProblem, DualCertificate, FarthestProof, Integers, Truths
from allocation.seat_pools import HELD_TIER
from spatial.errors import SolverError
from spatial.text import Text

KIND = "least_farthest"
_MORE_THAN_ONE = 2


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Level:
    """One level: its applicants, pools and pairs, numbered from 0.

    For those who hold a seat from an earlier run every way counts as none: they have a place, and no limit takes it
    away or keeps them from a nearer one.
    """

    tier: Integers
    capacity: Integers
    pair_applicant: Integers
    pair_pool: Integers
    pair_way_m: Integers


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Flow:
    """How many a largest flow places, and pools that prove it: the seats in them, and those with a way out of them."""

    placed_count: int
    cuts: tuple[Truths, ...]


def solve(
    problem: AllocationProblem, *, stage: int = 1, gone_m: Mapping[str, int] = MappingProxyType({})
) -> Allocation:
    """Return the least travel on ways no longer than the shortest limit that places as many of each tier.

    Those who hold a seat from an earlier run are outside the limit: they keep it or get a better one.

    Parameters
    ----------
    stage
        Number of the stage of the policy, noted beside each seat.
    gone_m
        For a level the longest way of those who have their seats already: no limit is shorter.

    Raises
    ------
    SolverError
        OR-Tools stopped without an optimum, or the distances are too large for whole-number arithmetic.
    """
    proofs = {level: _proof_of(problem, level, gone_m=gone_m.get(level, 0)) for level in problem.levels}
    limit_m = np.array([proofs[level].farthest_m for level in problem.pool_level], dtype=np.int64)
    part = least_travel.solve(within(problem, limit_m), stage=stage)
    certificates = tuple(
        replace(one, kind=KIND, farthest=proofs[one.level])
        for one in part.certificates
        if isinstance(one, DualCertificate)
    )
    return replace(part, certificates=certificates)


def within(problem: AllocationProblem, limit_m: Integers) -> AllocationProblem:
    """Return the problem with the ways no longer than the limit of their pool, and all of those who hold a seat."""
    has_seat = problem.priority_tier[problem.pair_applicant] == HELD_TIER
    near = (problem.pair_distance_m <= limit_m[problem.pair_pool]) | has_seat
    return problem.only(pairs=near, capacity=problem.pool_capacity)


def _proof_of(problem: AllocationProblem, name: str, *, gone_m: int) -> FarthestProof:
    pools = np.flatnonzero(problem.pool_level == name)
    level = _level_of(problem, pools)
    farthest_m, short_tier, short = gone_m, None, np.zeros(len(pools), dtype=bool)
    enough: dict[int, tuple[int, ...]] = {}
    for tier in np.unique(level.tier).tolist():
        members = level.tier <= tier
        most = _largest_flow(level, members)
        enough[tier] = _numbers(pools, most.cuts[0])
        placed, cuts = -1, (np.zeros(len(pools), dtype=bool), *most.cuts)
        while placed < most.placed_count:
            for cut in cuts:
                least_m = _least_way_m(level, members, cut, needed=most.placed_count)
                if least_m > farthest_m:
                    farthest_m, short_tier, short = least_m, tier, cut
            flow = _largest_flow(level, members, farthest_m)
            placed, cuts = flow.placed_count, flow.cuts
    return FarthestProof(farthest_m=farthest_m, enough=enough, short_tier=short_tier, short=_numbers(pools, short))


def _level_of(problem: AllocationProblem, pools: Integers) -> _Level:
    pairs = np.flatnonzero(np.isin(problem.pair_pool, pools))
    applicants = np.unique(problem.pair_applicant[pairs])
    is_held = problem.priority_tier[problem.pair_applicant[pairs]] == HELD_TIER
    return _Level(
        tier=problem.priority_tier[applicants],
        capacity=problem.pool_capacity[pools],
        pair_applicant=np.searchsorted(applicants, problem.pair_applicant[pairs]),
        pair_pool=np.searchsorted(pools, problem.pair_pool[pairs]),
        pair_way_m=np.where(is_held, 0, problem.pair_distance_m[pairs]),
    )


def _numbers(pools: Integers, chosen: Truths) -> tuple[int, ...]:
    return tuple(pools[chosen].tolist())


def _least_way_m(level: _Level, members: Truths, cut: Truths, *, needed: int) -> int:
    """Return the shortest limit at which, with the seats of the cut, as many as needed have a way."""
    outside = members[level.pair_applicant] & ~cut[level.pair_pool]
    way_m = np.full(len(members), np.iinfo(np.int64).max, dtype=np.int64)
    np.minimum.at(way_m, level.pair_applicant[outside], level.pair_way_m[outside])
    rest = needed - int(level.capacity[cut].sum())
    return int(np.partition(way_m, rest - 1)[rest - 1]) if rest > 0 else 0


def _largest_flow(level: _Level, members: Truths, limit_m: int | None = None) -> _Flow:
    """Return how many of the members can be placed on ways up to the limit, and the smallest cuts on both sides."""
    allowed = members[level.pair_applicant]
    if limit_m is not None:
        allowed &= level.pair_way_m <= limit_m
    pairs, seekers = np.flatnonzero(allowed), np.flatnonzero(members)
    applicant_count, pool_count = len(members), len(level.capacity)
    source, sink = applicant_count + pool_count, applicant_count + pool_count + 1
    pools = applicant_count + np.arange(pool_count)
    flow = SimpleMaxFlow()
    # A pair is wider than its applicant, so that no smallest cut goes through a pair.
    flow.add_arcs_with_capacity(
        level.pair_applicant[pairs],
        applicant_count + level.pair_pool[pairs],
        np.full(len(pairs), _MORE_THAN_ONE),
    )
    flow.add_arcs_with_capacity(np.full(len(seekers), source), seekers, np.ones(len(seekers), dtype=np.int64))
    flow.add_arcs_with_capacity(pools, np.full(pool_count, sink), np.minimum(level.capacity, applicant_count))
    status = flow.solve(source, sink)
    if status != SimpleMaxFlow.OPTIMAL:
        raise SolverError(Text(f"OR-Tools dừng với trạng thái {status}.", f"OR-Tools stopped with status {status}."))
    near_source, far_from_sink = (np.zeros(sink + 1, dtype=bool) for _ in range(2))
    near_source[flow.get_source_side_min_cut()] = True
    far_from_sink[:] = True
    far_from_sink[flow.get_sink_side_min_cut()] = False
    cuts = tuple(side[applicant_count:source] for side in (near_source, far_from_sink))
    return _Flow(placed_count=int(flow.optimal_flow()), cuts=cuts)
