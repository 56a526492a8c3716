"""The problem as files that anybody can read and hash."""

import hashlib
from collections.abc import Callable

import pandas as pd

from allocation.model import AllocationProblem
from allocation.problem_files import build_problem, csv_bytes, problem_tables

ProblemOf = Callable[..., AllocationProblem]


def test_the_hash_is_that_of_the_files_one_after_the_other(problem_of: ProblemOf) -> None:
    problem = problem_of({"B": 1, "A": 2}, {"b": {"A": 5, "B": 4}, "a": {"B": 3}})
    tables = problem_tables(problem)
    assert list(tables) == sorted(tables)
    assert problem.problem_sha256 == hashlib.sha256(b"".join(tables.values())).hexdigest()
    assert tables["distances.csv"].decode() == "applicant_no,school_code,distance_m\na,B,3\nb,A,5\nb,B,4\n"
    assert tables["schools.csv"].decode() == "school_code,level,capacity\nA,grade_1,2\nB,grade_1,1\n"


def test_the_hash_does_not_depend_on_the_seed_but_on_every_number(problem_of: ProblemOf) -> None:
    ways = {"a": {"A": 5}}
    base = problem_of({"A": 1}, ways).problem_sha256
    assert problem_of({"A": 1}, ways, seed="other").problem_sha256 == base
    assert problem_of({"A": 2}, ways).problem_sha256 != base
    assert problem_of({"A": 1}, {"a": {"A": 6}}).problem_sha256 != base


def test_a_school_serves_an_applicant_only_with_seats_of_the_level() -> None:
    applicants = pd.DataFrame({"applicant_no": ["a", "b"], "level": ["grade_1", "grade_6"]})
    schools = pd.DataFrame({"school_code": ["A", "A", "B"], "level": ["grade_1", "grade_6", "grade_6"], "capacity": 1})
    pairs = pd.DataFrame(
        [("a", "A", 1), ("a", "B", 2), ("b", "A", 3), ("b", "B", 4), ("z", "A", 5), ("a", "Z", 6)],
        columns=["applicant_no", "school_code", "distance_m"],
    )
    problem = build_problem(applicants, schools, pairs, seed="s")
    named = zip(
        problem.applicant_no[problem.pair_applicant],
        problem.pool_school_code[problem.pair_pool],
        problem.pool_level[problem.pair_pool],
        problem.pair_distance_m.tolist(),
        strict=True,
    )
    assert list(named) == [("a", "A", "grade_1", 1), ("b", "A", "grade_6", 3), ("b", "B", "grade_6", 4)]


def test_cells_are_quoted_only_where_a_table_needs_it() -> None:
    assert csv_bytes({"a": ["x", "y"], "n": [1, 2]}) == b"a,n\nx,1\ny,2\n"
    assert csv_bytes({"a": ["x,1", 'say "y"']}) == b'a\n"x,1"\n"say ""y"""\n'
