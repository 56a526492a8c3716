"""Laws of deferred acceptance, on thousands of small rounds."""

import random

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from allocation.deferred_acceptance import solve
from allocation.model import UNPLACED, Allocation, AllocationProblem
from allocation.policy_rules import DeferredAcceptanceStage
from allocation.problem_files import build_problem

NEAREST_FIRST = DeferredAcceptanceStage(kind="deferred_acceptance")


def problem_from(
    seed: int, *, applicants: int, schools: int, tiers: int = 1, families: bool = False
) -> AllocationProblem:
    """A round with ties, empty schools and applicants who can go nowhere."""
    chance = random.Random(seed)  # noqa: S311 - a test case, no secret
    names = [f"a{number:02d}" for number in range(applicants)]
    rows = [
        (name, f"s{school}", chance.choice([100, 200, 300, chance.randrange(1, 2000)]))
        for name in names
        for school in range(schools)
        if chance.random() < 0.8
    ]
    frame = pd.DataFrame(
        {"applicant_no": names, "level": "", "priority_tier": [chance.randint(1, tiers) for _ in names]}
    )
    if families:
        frame["together"] = [names[number // 2 * 2] if number < applicants // 2 else "" for number in range(applicants)]
    pools = pd.DataFrame(
        {
            "school_code": [f"s{school}" for school in range(schools)],
            "level": "",
            "capacity": [chance.randint(0, 3) for _ in range(schools)],
        }
    )
    return build_problem(
        frame, pools, pd.DataFrame(rows, columns=["applicant_no", "school_code", "distance_m"]), seed=str(seed)
    )


def placed_by(problem: AllocationProblem) -> Allocation:
    return solve(problem, NEAREST_FIRST, groups=(), stage=1)


def greedy_on_sorted_pairs(problem: AllocationProblem) -> list[int]:
    """Ten lines: the nearest pair of all first; equal metres by the applicant's list, then by the draw."""
    free, pool = problem.pool_capacity.tolist(), [UNPLACED] * problem.applicant_count
    pairs = zip(
        problem.pair_distance_m.tolist(), problem.pair_applicant.tolist(), problem.pair_pool.tolist(), strict=True
    )
    for _, applicant, school in sorted(pairs, key=lambda pair: (pair[0], problem.lottery_rank[pair[1]], pair[2])):
        if pool[applicant] == UNPLACED and free[school]:
            pool[applicant], free[school] = school, free[school] - 1
    return pool


@given(st.integers(0, 2**32), st.integers(0, 12), st.integers(1, 5))
@settings(max_examples=2000, deadline=None)
def test_with_one_distance_and_no_tiers_it_is_the_greedy_on_sorted_pairs(
    seed: int, applicants: int, schools: int
) -> None:
    problem = problem_from(seed, applicants=applicants, schools=schools)
    assert placed_by(problem).pool.tolist() == greedy_on_sorted_pairs(problem)


@given(st.integers(0, 2**32), st.integers(0, 12), st.integers(1, 5))
@settings(max_examples=500, deadline=None)
def test_nobody_can_contest_a_seat_and_no_seat_that_somebody_wants_is_empty(
    seed: int, applicants: int, schools: int
) -> None:
    problem = problem_from(seed, applicants=applicants, schools=schools, tiers=3)
    made = placed_by(problem)
    metres = dict(zip(zip(problem.pair_applicant.tolist(), problem.pair_pool.tolist(), strict=True),
                      problem.pair_distance_m.tolist(), strict=True))  # fmt: skip

    def standing(applicant: int, pool: int) -> tuple[int, int, int]:
        return int(problem.priority_tier[applicant]), metres[applicant, pool], int(problem.lottery_rank[applicant])

    for (applicant, pool), far in metres.items():
        own = int(made.pool[applicant])
        if own == pool or (own != UNPLACED and (metres[applicant, own], own) < (far, pool)):
            continue
        there = np.flatnonzero(made.pool == pool).tolist()
        assert len(there) == problem.pool_capacity[pool]
        assert all(standing(other, pool) < standing(applicant, pool) for other in there)


@given(st.integers(0, 2**32), st.integers(0, 14), st.integers(1, 5))
@settings(max_examples=500, deadline=None)
def test_those_who_belong_together_get_one_school_or_none(seed: int, applicants: int, schools: int) -> None:
    problem = problem_from(seed, applicants=applicants, schools=schools, families=True)
    made = placed_by(problem)
    for group in set(problem.together.tolist()) - {UNPLACED}:
        assert len(set(made.pool[problem.together == group].tolist())) == 1
    placed = made.pool[made.pool != UNPLACED]
    assert (np.bincount(placed, minlength=problem.pool_count) <= problem.pool_capacity).all()
