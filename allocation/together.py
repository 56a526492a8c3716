"""Those who are placed together in a stage without an order: one school for all of a group, or none.

The stage is solved without the rule first. Where that leaves every group whole, it is the answer, with its proof. Else
the groups get seats by CP-SAT (`allocation.group_seats`), and everybody else is placed by the stage's own solver in the
seats left, so that prices prove the rest; where a stage makes the longest way short, those of groups count in it. The
prices of the relaxation prove what no placement with whole groups can better; the difference is the cost of the rule.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from allocation.group_seats import Priced, seats_of_groups
from allocation.least_farthest import within
from allocation.model import UNPLACED, Allocation, AllocationProblem, DualCertificate, Integers, Relaxation
from allocation.priority import schools_of
from allocation.seat_pools import HELD_TIER

Solver = Callable[..., Allocation]
"""Takes a problem, ``stage`` and, beside groups that have seats already, ``gone_m``: as `least_farthest.solve`."""


def solve(problem: AllocationProblem, solver: Solver, *, stage: int) -> Allocation:
    """Return the placement of a stage with every group in one school, or without seats.

    Parameters
    ----------
    solver
        Solves the stage for those who are alone, and gives a certificate for each level.
    stage
        Number of the stage of the policy, noted beside each seat.

    Raises
    ------
    SolverError
        A solver stopped without an answer.
    """
    problem = at_common_schools(problem)
    relaxed = solver(problem, stage=stage)
    if not _is_split(problem, relaxed.pool):
        return relaxed
    near = _within_limits(problem, relaxed)
    made = _repaired(problem, solver, _priced(near, near, relaxed), relaxed=relaxed, stage=stage)
    if near is problem or _keeps_bound(near, made, relaxed):
        return made
    # With whole groups too few find a seat within the limit of the relaxation: groups may go farther.
    priced = _priced(near, _with_all_ways_of_groups(problem, near), relaxed)
    freed = _repaired(problem, solver, priced, relaxed=relaxed, stage=stage)
    return _not_proven_best(min(made, freed, key=lambda one: _by_the_rule(problem, one)))


def _not_proven_best(made: Allocation) -> Allocation:
    """Return the placement without the claim: with a limit that gives way for groups two models were weighed."""
    certificates = [
        replace(one, relaxation=replace(one.relaxation, is_optimal=False))
        if isinstance(one, DualCertificate) and one.relaxation
        else one
        for one in made.certificates
    ]
    return replace(made, certificates=tuple(certificates))


def cost_of_groups(problem: AllocationProblem, made: Allocation) -> dict[str, int | bool] | None:
    """Return what the rule of groups costs at most, or None where it costs nothing.

    Returns
    -------
    dict or None
        ``bound_placed`` and ``bound_total_distance_m`` of the levels concerned, proven without the rule; and by how
        many children and metres the placement differs: ``fewer_placed``, ``more_distance_m``. Where fewer are placed,
        the metres may be fewer too. ``is_optimal``: whether CP-SAT has shown that no placement with whole groups is
        better; else the difference is the most that the rule costs, and perhaps more than it must.
    """
    bounded = [one for one in made.certificates if isinstance(one, DualCertificate) and one.relaxation]
    if not bounded:
        return None
    bounds = [one.relaxation for one in bounded if one.relaxation]
    concerned = np.zeros(problem.applicant_count, dtype=bool)
    for one in bounded:
        concerned |= (made.stage == one.stage) & (problem.applicant_level == one.level)
    placed_count = sum(sum(bound.placed_by_tier.values()) for bound in bounds)
    total_m = sum(bound.total_distance_m for bound in bounds)
    return {
        "bound_placed": placed_count,
        "bound_total_distance_m": total_m,
        "fewer_placed": placed_count - int(concerned.sum()),
        "more_distance_m": int(made.distance_m[concerned].sum()) - total_m,
        "is_optimal": all(bound.is_optimal for bound in bounds),
    }


def at_common_schools(problem: AllocationProblem) -> AllocationProblem:
    """Return the problem without the pairs of a group to schools at which not every member has one."""
    group = problem.together[problem.pair_applicant]
    grouped = np.flatnonzero(group != UNPLACED)
    if not len(grouped):
        return problem
    school = schools_of(problem)[problem.pair_pool[grouped]]
    width = int(school.max()) + 1
    key = group[grouped] * width + school
    once = np.unique(np.column_stack([key, problem.pair_applicant[grouped]]), axis=0)[:, 0]
    keys, member_count = np.unique(once, return_counts=True)
    size = np.bincount(problem.together[problem.together != UNPLACED])
    kept = np.ones(len(group), dtype=bool)
    kept[grouped] = (member_count == size[keys // width])[np.searchsorted(keys, key)]
    return problem.only(pairs=kept, capacity=problem.pool_capacity)


def _is_split(problem: AllocationProblem, pool: Integers) -> bool:
    member = np.flatnonzero(problem.together != UNPLACED)
    school = np.append(schools_of(problem), UNPLACED)[pool[member]]
    group = problem.together[member]
    different = np.unique(np.column_stack([group, school]), axis=0)
    return len(different) > len(np.unique(group))


def _certificates(relaxed: Allocation) -> dict[str, DualCertificate]:
    return {one.level: one for one in relaxed.certificates if isinstance(one, DualCertificate)}


def _within_limits(problem: AllocationProblem, relaxed: Allocation) -> AllocationProblem:
    """Return the problem with the ways that the proof of the farthest way leaves, or the same without such a proof."""
    proofs = {level: one.farthest for level, one in _certificates(relaxed).items()}
    limits_m = [proof.farthest_m for level in problem.pool_level if (proof := proofs[level])]
    return within(problem, np.array(limits_m, dtype=np.int64)) if len(limits_m) == problem.pool_count else problem


def _with_all_ways_of_groups(problem: AllocationProblem, near: AllocationProblem) -> AllocationProblem:
    width = problem.pool_count
    is_near = np.isin(problem.pair_applicant * width + problem.pair_pool, near.pair_applicant * width + near.pair_pool)
    grouped = problem.together[problem.pair_applicant] != UNPLACED
    return problem.only(pairs=is_near | grouped, capacity=problem.pool_capacity)


def _keeps_bound(near: AllocationProblem, made: Allocation, relaxed: Allocation) -> bool:
    """Whether as many of each tier are placed as without the rule, and all on ways that are near."""
    near_count = np.count_nonzero(near.pair_pool == made.pool[near.pair_applicant])
    return near_count == made.placed_count and _placed_by_tier(near, made) == _placed_by_tier(near, relaxed)


def _placed_by_tier(problem: AllocationProblem, made: Allocation) -> dict[int, int]:
    tiers, count = np.unique(problem.priority_tier[made.pool != UNPLACED], return_counts=True)
    return dict(zip(tiers.tolist(), count.tolist(), strict=True))


def _by_the_rule(problem: AllocationProblem, made: Allocation) -> tuple[list[int], int, int]:
    placed = _placed_by_tier(problem, made)
    by_tier = [-placed.get(tier, 0) for tier in np.unique(problem.priority_tier).tolist()]
    return by_tier, max(_longest_m(problem, made.distance_m).values(), default=0), made.total_distance_m


def _priced(near: AllocationProblem, allowed: AllocationProblem, relaxed: Allocation) -> Priced:
    """Return the pairs that are allowed with what each adds to the least sum of those that are near."""
    price_m = np.zeros(near.pool_count, dtype=np.int64)
    unplaced_m = np.zeros(near.applicant_count, dtype=np.int64)
    for level, one in _certificates(relaxed).items():
        price_m[[*one.price_m]] = [*one.price_m.values()]
        members = near.applicant_level == level
        unplaced_m[members] = one.unplaced_cost_m * (1 + one.last_tier - near.priority_tier[members])
    least_m = unplaced_m.copy()
    np.minimum.at(least_m, near.pair_applicant, near.pair_distance_m + price_m[near.pair_pool])
    sum_m = allowed.pair_distance_m + price_m[allowed.pair_pool]
    return Priced(
        problem=allowed,
        price_m=price_m,
        excess_m=sum_m - least_m[allowed.pair_applicant],
        unplaced_excess_m=unplaced_m - least_m,
        relaxed_pool=relaxed.pool,
    )


def _repaired(
    problem: AllocationProblem, solver: Solver, priced: Priced, *, relaxed: Allocation, stage: int
) -> Allocation:
    """Seat the groups, and then those alone in the seats left."""
    seats, is_optimal = seats_of_groups(priced)
    seated = seats != UNPLACED
    alone = problem.together[problem.pair_applicant] == UNPLACED
    left = problem.pool_capacity - np.bincount(seats[seated], minlength=problem.pool_count)
    distance_m = _distances_m(problem, seats)
    gone_m = _longest_m(problem, distance_m)
    rest = solver(problem.only(pairs=alone, capacity=left), stage=stage, gone_m=gone_m)
    certificates = [
        replace(one, relaxation=_relaxation(problem, relaxed, level, is_optimal=is_optimal))
        for level, one in _certificates(rest).items()
    ]
    return Allocation(
        pool=np.where(seated, seats, rest.pool),
        distance_m=np.where(seated, distance_m, rest.distance_m),
        stage=np.where(seated, stage, rest.stage),
        certificates=tuple(certificates),
    )


def _distances_m(problem: AllocationProblem, pool: Integers) -> Integers:
    """Return for each applicant the metres to the pool given, 0 without one."""
    distance_m = np.zeros(problem.applicant_count, dtype=np.int64)
    own = problem.pair_pool == pool[problem.pair_applicant]
    distance_m[problem.pair_applicant[own]] = problem.pair_distance_m[own]
    return distance_m


def _longest_m(problem: AllocationProblem, distance_m: Integers) -> dict[str, int]:
    """Return the longest way of each level, without those who hold a seat from an earlier run: no limit is theirs."""
    counted_m = np.where(problem.priority_tier == HELD_TIER, 0, distance_m)
    return {level: int(counted_m[problem.applicant_level == level].max(initial=0)) for level in problem.levels}


def _relaxation(problem: AllocationProblem, relaxed: Allocation, level: str, *, is_optimal: bool) -> Relaxation | None:
    """Return the bound of a level, or None where nobody of the level is placed with others."""
    grouped = problem.together[problem.pair_applicant] != UNPLACED
    members = problem.applicant_level == level
    if not members[problem.pair_applicant[grouped]].any():
        return None
    one = _certificates(relaxed)[level]
    tiers, count = np.unique(problem.priority_tier[members & (relaxed.pool != UNPLACED)], return_counts=True)
    return Relaxation(
        unplaced_cost_m=one.unplaced_cost_m,
        last_tier=one.last_tier,
        price_m=one.price_m,
        placed_by_tier=dict(zip(tiers.tolist(), count.tolist(), strict=True)),
        total_distance_m=int(relaxed.distance_m[members].sum()),
        farthest=one.farthest,
        is_optimal=is_optimal,
    )
