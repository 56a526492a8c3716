"""Most placed, then the shortest total, then the lottery; with prices that say what a seat is worth."""

from collections.abc import Callable

import numpy as np
import pytest

from allocation.least_travel import solve
from allocation.lottery import lottery_number
from allocation.model import UNPLACED, AllocationProblem
from spatial.errors import SolverError

ProblemOf = Callable[..., AllocationProblem]

# Kuhn's Hungarian method by the worked example of Munkres' algorithm (R. A. Pilgrim, Murray State University):
# costs (1 2 3 / 2 4 6 / 3 6 9), least total 10.
PILGRIM = {"a": {"X": 1, "Y": 2, "Z": 3}, "b": {"X": 2, "Y": 4, "Z": 6}, "c": {"X": 3, "Y": 6, "Z": 9}}


def seats_of(problem: AllocationProblem) -> dict[str, str]:
    pool = solve(problem).pool
    return dict(zip(problem.applicant_no, np.append(problem.pool_school_code, "")[pool], strict=True))


def test_a_published_assignment_has_its_published_total(problem_of: ProblemOf) -> None:
    problem = problem_of({"X": 1, "Y": 1, "Z": 1}, PILGRIM)
    assert solve(problem).total_distance_m == 10
    assert seats_of(problem) == {"a": "Z", "b": "Y", "c": "X"}


def test_a_child_goes_farther_where_that_places_one_more(problem_of: ProblemOf) -> None:
    problem = problem_of({"near": 1, "far": 1}, {"a": {"near": 1, "far": 9000}, "b": {"near": 2}})
    assert seats_of(problem) == {"a": "far", "b": "near"}


def test_an_applicant_with_no_school_in_reach_stays_in_the_round_without_a_seat(problem_of: ProblemOf) -> None:
    problem = problem_of({"A": 1}, {"a": {"A": 5}, "b": {}})
    assert seats_of(problem) == {"a": "A", "b": ""}
    assert solve(problem).stage.tolist() == [1, 0]


def test_no_seats_and_no_pairs_are_answers_too(problem_of: ProblemOf) -> None:
    assert solve(problem_of({"A": 0}, {"a": {"A": 5}})).pool.tolist() == [UNPLACED]
    assert solve(problem_of({"A": 1}, {"a": {}})).pool.tolist() == [UNPLACED]


@pytest.mark.parametrize("seed", ["1", "2", "3", "4", "5"])
def test_of_two_who_want_the_last_near_seat_equally_the_lottery_chooses(problem_of: ProblemOf, seed: str) -> None:
    ways = {"a": {"near": 100, "far": 200}, "b": {"near": 100, "far": 200}}
    first = min(ways, key=lambda name: lottery_number(name, seed=seed))
    assert seats_of(problem_of({"near": 1, "far": 1}, ways, seed=seed))[first] == "near"


def test_the_lottery_never_lengthens_the_total(problem_of: ProblemOf) -> None:
    ways = {"a": {"near": 100, "far": 200}, "b": {"near": 100, "far": 201}}
    for seed in "12345":
        assert seats_of(problem_of({"near": 1, "far": 1}, ways, seed=seed)) == {"a": "far", "b": "near"}


def test_where_two_schools_are_equally_far_the_first_by_code_is_taken(problem_of: ProblemOf) -> None:
    assert seats_of(problem_of({"B": 1, "A": 1}, {"a": {"A": 7, "B": 7}})) == {"a": "A"}


def test_a_seat_is_worth_the_metres_that_it_saves(problem_of: ProblemOf) -> None:
    # One more seat at X: c stays, b moves there from Y and saves 2, a moves to Y and saves 1.
    certificate = solve(problem_of({"X": 1, "Y": 1, "Z": 1}, PILGRIM)).certificates[0]
    assert [certificate.seat_price_m(pool) for pool in range(3)] == [3, 1, 0]


def test_a_seat_that_places_one_more_child_says_so_and_what_it_adds(problem_of: ProblemOf) -> None:
    certificate = solve(problem_of({"A": 1}, {"a": {"A": 10}, "b": {"A": 30}})).certificates[0]
    assert certificate.more_placed(0) == 1
    assert certificate.seat_price_m(0) == -30


def test_distances_beyond_exact_arithmetic_are_refused(problem_of: ProblemOf) -> None:
    with pytest.raises(SolverError, match="too large"):
        solve(problem_of({"A": 1, "B": 1}, {"a": {"A": 2**60, "B": 1}}))


def test_thousands_of_equally_good_seats_are_settled_quickly(problem_of: ProblemOf) -> None:
    codes = [f"S{number:02d}" for number in range(30)]
    ways = {f"a{number:04d}": dict.fromkeys(codes, 100) for number in range(1500)}
    problem = problem_of(dict.fromkeys(codes, 49), ways)
    result = solve(problem)
    draw = np.argsort(problem.lottery_rank)
    # All ways are equal: in the order of the draw the schools fill by code, and the last 30 have no seat.
    expected = [number // 49 for number in range(30 * 49)] + [UNPLACED] * 30
    assert result.pool[draw].tolist() == expected
