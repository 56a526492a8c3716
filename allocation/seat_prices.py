"""What one more seat would do, found by solving again with one more: for planners, and as a proof of the prices.

The certificate of a least-travel stage has a price for every school at once; this is slower, holds for every policy,
and must agree with it.
"""

from dataclasses import dataclass

import numpy as np

from allocation.model import AllocationProblem
from allocation.policy import Policy
from allocation.stages import decide


@dataclass(frozen=True, slots=True, kw_only=True)
class SeatGain:
    """What one more seat in a pool changes.

    Parameters
    ----------
    more_placed
        How many more children have a seat.
    saved_m
        By how many metres the total distance is shorter; negative when it grows by the way of a child newly placed.
    """

    school_code: str
    level: str
    more_placed: int
    saved_m: int


def most_wanted(problem: AllocationProblem, count: int) -> list[int]:
    """Return the pools with most applicants for each seat who have no nearer school, the most wanted first."""
    order = np.lexsort([problem.pair_pool, problem.pair_distance_m, problem.pair_applicant])
    _, first = np.unique(problem.pair_applicant[order], return_index=True)
    nearest = np.bincount(problem.pair_pool[order[first]], minlength=problem.pool_count)
    wanted = nearest / np.maximum(problem.pool_capacity, 1)
    return [int(pool) for pool in np.lexsort([np.arange(problem.pool_count), -wanted])[:count]]


def solve_with_one_more(facts: AllocationProblem, policy: Policy, pools: list[int]) -> list[SeatGain]:
    """Return what one more seat in each of the pools would change, one pool at a time.

    Parameters
    ----------
    facts
        The problem as the files say it; ``pools`` are indices of its pools.
    """
    every = np.ones(len(facts.pair_pool), dtype=bool)
    before = decide(facts, policy).allocation
    gains = []
    for pool in pools:
        capacity = facts.pool_capacity.copy()
        capacity[pool] += 1
        after = decide(facts.only(pairs=every, capacity=capacity), policy).allocation
        gains.append(
            SeatGain(
                school_code=str(facts.pool_school_code[pool]),
                level=str(facts.pool_level[pool]),
                more_placed=after.placed_count - before.placed_count,
                saved_m=before.total_distance_m - after.total_distance_m,
            )
        )
    return gains
