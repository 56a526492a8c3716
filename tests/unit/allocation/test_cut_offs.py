"""What is published of the last ones admitted, and what is kept from the public because it points at a few."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from allocation.policy import parse_policy
from allocation.problem_files import build_problem
from allocation.public_figures import withheld
from allocation.result_files import write_round
from allocation.stages import Decision, decide
from allocation.verify import verify_directory
from spatial.issues import IssueReport

RULE = """
name: by-tier
version: "1"
title: {vi: a, en: b}
stages:
  - {kind: deferred_acceptance, order: [tier, distance, lottery]}
"""
LOTTERY_ALONE = RULE.replace("distance, ", "")

Decide = Callable[..., Decision]


@pytest.fixture
def decided(frames: Callable[..., tuple[pd.DataFrame, ...]]) -> Decide:
    def make(
        seats: dict[str, int],
        ways_m: dict[str, dict[str, int]],
        *,
        tiers: dict[str, int] | None = None,
        rule: str = RULE,
    ) -> Decision:
        applicants, schools, pairs = frames(seats, ways_m)
        applicants["priority_tier"] = [(tiers or {}).get(name, 1) for name in applicants["applicant_no"]]
        return decide(build_problem(applicants, schools, pairs, seed="s"), parse_policy(rule, subject="test"))

    return make


def write(decision: Decision, directory: Path) -> Path:
    write_round(directory, decision, seed="s", any_id=True, issues=IssueReport())
    return directory


def rows_of(directory: Path, name: str = "cut_offs.csv") -> list[str]:
    return (directory / name).read_text(encoding="utf-8").splitlines()[1:]


def test_the_cut_off_is_the_last_one_admitted_of_each_tier(decided: Decide, tmp_path: Path) -> None:
    # Six of tier 1 at 100 to 600 m and six of tier 2 at 50 to 55 m want 11 seats: the farthest of tier 2 goes without.
    near = {f"a{n}": {"A": 100 * n} for n in range(1, 7)}
    later = {f"b{n}": {"A": 49 + n} for n in range(1, 7)}
    decision = decided({"A": 11}, near | later, tiers=dict.fromkeys(later, 2))
    # 5 of tier 2 at most 54 m: no lottery was needed.
    assert rows_of(write(decision, tmp_path)) == ["A,grade_1,,1,1,6,600,", "A,grade_1,,1,2,5,54,"]


def test_the_place_in_the_draw_is_told_where_the_lottery_decided(decided: Decide, tmp_path: Path) -> None:
    decision = decided({"A": 6}, {f"a{n}": {"A": 300} for n in range(9)}, rule=LOTTERY_ALONE)
    # All nine are equal: the first six of the draw have the seats.
    assert rows_of(write(decision, tmp_path)) == ["A,grade_1,,1,1,6,300,6"]


def test_a_lottery_that_turned_nobody_down_is_not_told(decided: Decide, tmp_path: Path) -> None:
    decision = decided({"A": 9}, {f"a{n}": {"A": 300} for n in range(9)}, rule=LOTTERY_ALONE)
    assert rows_of(write(decision, tmp_path)) == ["A,grade_1,,1,1,9,300,"]


def test_a_tier_of_one_to_four_is_withheld_with_the_next_so_that_neither_can_be_reckoned(
    decided: Decide, tmp_path: Path
) -> None:
    names = [f"a{n:02d}" for n in range(14)]
    tiers = {**dict.fromkeys(names[:3], 1), **dict.fromkeys(names[3:8], 2), **dict.fromkeys(names[8:], 3)}
    decision = decided({"A": 14}, {name: {"A": 100} for name in names}, tiers=tiers)
    # Tiers of 3, 5 and 6: the 3 would follow from the total of the school and the others.
    assert rows_of(write(decision, tmp_path)) == ["A,grade_1,,1,1,,,", "A,grade_1,,1,2,,,", "A,grade_1,,1,3,6,100,"]


def test_a_school_of_a_few_is_withheld_with_the_next_smallest(decided: Decide, tmp_path: Path) -> None:
    ways = {f"{code}{n}": {code: 100} for code, count in (("A", 2), ("B", 7), ("C", 9)) for n in range(count)}
    decision = decided({"A": 9, "B": 9, "C": 9}, ways)
    assert rows_of(write(decision, tmp_path)) == ["A,grade_1,,1,1,,,", "B,grade_1,,1,1,,,", "C,grade_1,,1,1,9,100,"]


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ([0, 7, 9], set()),
        ([2, 7, 9], {0, 1}),
        # One and one come to two: each would be known to be one.
        ([1, 1, 9, 6], {0, 1, 3}),
        ([4, 4, 9], {0, 1}),
        ([3], {0}),
    ],
)
def test_what_is_withheld_comes_to_five_at_least(counts: list[int], expected: set[int]) -> None:
    assert withheld(counts) == expected


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("cut_offs.csv", ",6,600,", ",6,599,", "row 1"),
        ("cut_offs.csv", ",2,5,54,", ",2,,,", "row 2"),
        ("waiting_lists.csv", ",1,b6", ",2,b6", "row 1"),
        ("waiting_lists.csv", "A,grade_1,1,b6\n", "", "should have 1 rows"),
    ],
)
def test_a_list_that_was_changed_is_found(
    decided: Decide, tmp_path: Path, name: str, old: str, new: str, said: str
) -> None:
    near = {f"a{n}": {"A": 100 * n} for n in range(1, 7)}
    later = {f"b{n}": {"A": 49 + n} for n in range(1, 7)}
    directory = write(decided({"A": 11}, near | later, tiers=dict.fromkeys(later, 2)), tmp_path)
    assert verify_directory(directory).passed
    text = (directory / name).read_text(encoding="utf-8")
    assert old in text
    (directory / name).write_text(text.replace(old, new), encoding="utf-8")
    assert [name in failure.en and said in failure.en for failure in verify_directory(directory).failures] == [True]


def test_who_has_no_seat_waits_at_every_school_in_its_order(decided: Decide, tmp_path: Path) -> None:
    ways = {"a": {"A": 10, "B": 10}, "b": {"A": 40, "B": 20}, "c": {"A": 30, "B": 30}, "d": {"B": 5}}
    decision = decided({"A": 1, "B": 1}, ways, tiers={"b": 2})
    # a has A, d has B. In both schools c is of the first tier and comes before b.
    assert rows_of(write(decision, tmp_path), "waiting_lists.csv") == [
        "A,grade_1,1,c",
        "A,grade_1,2,b",
        "B,grade_1,1,c",
        "B,grade_1,2,b",
    ]


def test_who_did_not_ask_for_a_school_does_not_wait_there(
    frames: Callable[..., tuple[pd.DataFrame, ...]], tmp_path: Path
) -> None:
    applicants, schools, pairs = frames({"A": 0, "B": 0}, {"a": {"A": 10, "B": 20}})
    pairs["preference_rank"] = [0, 1]
    rule = RULE.replace("lottery]}", "lottery], preferences: submitted}")
    decision = decide(build_problem(applicants, schools, pairs, seed="s"), parse_policy(rule, subject="test"))
    assert rows_of(write(decision, tmp_path), "waiting_lists.csv") == ["B,grade_1,1,a"]
