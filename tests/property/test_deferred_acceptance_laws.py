"""Laws of deferred acceptance, on thousands of small rounds."""

import random

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from allocation.deferred_acceptance import solve
from allocation.model import UNPLACED, Allocation, AllocationProblem
from allocation.policy_rules import DeferredAcceptanceStage

NEAREST_FIRST = DeferredAcceptanceStage(kind="deferred_acceptance")


def problem_from(
    seed: int, *, applicants: int, schools: int, tiers: int = 1, families: bool = False
) -> AllocationProblem:
    """A round with ties, empty schools and applicants who can go nowhere."""
    chance = random.Random(seed)  # noqa: S311 - a test case, no secret
    pairs = [
        (applicant, school, chance.choice([100, 200, 300, chance.randrange(1, 2000)]))
        for applicant in range(applicants)
        for school in range(schools)
        if chance.random() < 0.8
    ]
    applicant, pool, distance_m = np.array(pairs, dtype=np.int64).reshape(-1, 3).T
    tier = np.array([chance.randint(1, tiers) for _ in range(applicants)], dtype=np.int64)
    paired = np.arange(applicants) // 2
    nobody = np.full(applicants, UNPLACED, dtype=np.int64)
    nothing = np.zeros(len(pairs), dtype=np.int64)
    return AllocationProblem(
        applicant_no=np.array([f"a{number:02d}" for number in range(applicants)], dtype=object),
        applicant_level=np.full(applicants, "", dtype=object),
        priority_tier=tier,
        lottery_rank=np.array(chance.sample(range(applicants), applicants), dtype=np.int64),
        together=np.where(paired * 2 + 1 < applicants // 2, paired, nobody) if families else nobody,
        held_pool=nobody,
        is_confirmed=np.zeros(applicants, dtype=bool),
        applicant_facts={},
        pool_school_code=np.array([f"s{school}" for school in range(schools)], dtype=object),
        pool_level=np.full(schools, "", dtype=object),
        pool_seat_group=np.full(schools, "", dtype=object),
        pool_capacity=np.array([chance.randint(0, 3) for _ in range(schools)], dtype=np.int64),
        pool_facts={},
        pair_applicant=applicant,
        pair_pool=pool,
        pair_distance_m=distance_m,
        pair_tier=tier[applicant],
        pair_preference=nothing,
        pair_given_priority=nothing,
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
