"""The figures of a round, on a case that can be reckoned by hand."""

from collections.abc import Callable

import pytest

from allocation.figures import figures, justified_envy_pair_count, reasons, school_table
from allocation.least_travel import solve
from allocation.model import AllocationProblem
from allocation.policy import load_policy

ProblemOf = Callable[..., AllocationProblem]

# a lives 10 m from near and 20 m from far; b 30 m and 400 m. Least travel puts b in near and a in far: 30 + 20.
SEATS = {"near": 1, "far": 1, "empty": 2}
WAYS = {"a": {"near": 10, "far": 20}, "b": {"near": 30, "far": 400}, "c": {"near": 50}, "d": {}}


@pytest.fixture
def problem(problem_of: ProblemOf) -> AllocationProblem:
    return problem_of(SEATS, WAYS)


def test_counts_and_distances_are_those_of_the_placement(problem: AllocationProblem) -> None:
    found = figures(problem, solve(problem))
    assert (found.applicants, found.seats, found.placed, found.unplaced) == (4, 4, 2, 2)
    assert (found.total_distance_m, found.max_distance_m, found.mean_distance_m) == (50, 30, 25.0)
    assert found.share_nearest == 0.5


def test_shares_and_means_of_nobody_are_unknown_not_zero(problem: AllocationProblem) -> None:
    found = figures(problem, solve(problem), level="grade_6")
    assert (found.placed, found.max_distance_m, found.mean_distance_m, found.share_nearest) == (0, None, None, None)


def test_envy_is_counted_where_a_nearer_school_took_somebody_who_comes_later(problem: AllocationProblem) -> None:
    # a (10 m) would come before b (30 m) at near; c (50 m, unplaced) would not.
    assert justified_envy_pair_count(problem, solve(problem), load_policy("least-travel")) == 1


def test_each_gets_the_reason_that_applies(problem: AllocationProblem) -> None:
    assert reasons(problem, solve(problem), load_policy("least-travel")) == [
        "nearer_schools_full",
        "nearest_school",
        "all_schools_full",
        "no_school_in_reach",
    ]


def test_the_table_of_schools_has_the_last_admitted_and_nothing_where_nobody_is(problem: AllocationProblem) -> None:
    table = school_table(problem, solve(problem)).set_index("school_code")
    assert table.loc["near", ["placed", "cut_off_tier", "cut_off_distance_m"]].tolist() == [1, 1, 30]
    assert table.loc["empty", ["cut_off_tier", "cut_off_distance_m"]].isna().all()
    assert table.loc["empty", "seat_price_m"] == 0
