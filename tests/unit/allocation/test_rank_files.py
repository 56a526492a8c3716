"""Preferences and priorities: what contradicts itself or names nobody stands aside; the rest reaches the pairs."""

from collections.abc import Callable
from pathlib import Path

import pytest

from allocation.intake import IntakeOptions, RoundInput, RoundPaths, read_files
from allocation.policy import parse_policy

Files = Callable[..., Path]
Read = Callable[..., RoundInput]
HEADER = "applicant_no,school_code,rank"
TIES = """
{name: ties, version: "1", title: {vi: a, en: b},
 stages: [{kind: deferred_acceptance, order: [given_priority, lottery], preferences: submitted}]}
"""


@pytest.fixture
def read(files: Files) -> Read:
    def run(
        *,
        preferences: tuple[str, ...] = (),
        priorities: tuple[str, ...] = (),
        distances: tuple[str, ...] = (),
        policy: str = "",
    ) -> RoundInput:
        given = {"preferences": preferences, "priorities": priorities}
        paths = {name: files(f"{name}.csv", [HEADER, *rows]) for name, rows in given.items() if rows}
        if distances:
            paths["distances"] = files("distances.csv", ["applicant_no,school_code,distance_m", *distances])
        return read_files(
            RoundPaths(
                applicants=(files("applicants.csv", ["applicant_no,level", "a,grade_1", "b,grade_1", "c,grade_6"]),),
                schools=files(
                    "schools.csv", ["school_code,level,capacity", "A,grade_1,1", "B,grade_1,1", "A,grade_6,1"]
                ),
                is_measured=False,
                **paths,
            ),
            options=IntakeOptions(any_id=True, policy=parse_policy(policy, subject="p") if policy else None),
        )

    return run


def found(given: RoundInput, file: str) -> list[tuple[str, int | None]]:
    return [
        (issue.code, issue.row) for issue in given.issues if issue.file == file and issue.code != "nothing_measured"
    ]


def ranks(given: RoundInput, column: str) -> dict[tuple[str, str], int]:
    assert given.pairs is not None
    rows = given.pairs[["applicant_no", "school_code", column]].to_numpy().tolist()
    return {(number, code): rank for number, code, rank in rows if rank}


def test_without_distances_the_listed_schools_are_the_pairs_and_it_is_said_that_nothing_was_measured(
    read: Read,
) -> None:
    given = read(preferences=("a,B,1", "a,A,2", "c,A,1"))
    assert given.pairs is not None
    assert given.pairs[
        ["applicant_no", "level", "school_code", "distance_m", "preference_rank"]
    ].to_numpy().tolist() == [
        ["a", "grade_1", "B", 0, 1],
        ["a", "grade_1", "A", 0, 2],
        ["c", "grade_6", "A", 0, 1],
    ]
    (issue,) = [issue for issue in given.issues if issue.code == "nothing_measured"]
    assert (issue.severity.value, issue.file) == ("warning", "preferences.csv")


@pytest.mark.parametrize(
    ("rows", "code", "where"),
    [
        (("a,A,0",), "rank_not_whole", [2]),
        (("a,A,1.5",), "rank_not_whole", [2]),
        (("a,A,first",), "rank_not_whole", [2]),
        (("a,A,",), "rank_missing", [2]),
        (("a,Z,1", "b,Z,1"), "school_code_unknown", [2]),
        (("z,A,1",), "applicant_no_unknown", [2]),
        (("c,B,1",), "preference_not_of_level", [2]),
        (("a,A,1", "a,B,1"), "preference_rank_twice", [2, 3]),
        (("a,A,1", "a,A,2"), "preference_contradiction", [2, 3]),
    ],
)
def test_a_preference_that_cannot_be_used_is_named_by_its_row_and_the_others_go_on(
    read: Read, rows: tuple[str, ...], code: str, where: list[int]
) -> None:
    given = read(preferences=(*rows, "b,B,7"))
    assert found(given, "preferences.csv") == [(code, row) for row in where]
    assert ranks(given, "preference_rank") == {("b", "B"): 7}


def test_a_repeated_preference_counts_once(read: Read) -> None:
    given = read(preferences=("a,A,1", "a,A,1"))
    assert found(given, "preferences.csv") == [("preference_repeated", 3)]
    assert ranks(given, "preference_rank") == {("a", "A"): 1}


def test_a_preference_without_a_distance_is_named_and_ranks_reach_the_measured_pairs(read: Read) -> None:
    given = read(preferences=("a,A,2", "a,B,1", "b,A,1"), distances=("a,A,10", "b,A,20", "c,A,5"))
    assert ranks(given, "preference_rank") == {("a", "A"): 2, ("b", "A"): 1}
    assert found(given, "preferences.csv") == [("preference_without_distance", 3)]


def test_two_children_of_one_rank_contradict_each_other_where_nothing_else_decides(read: Read) -> None:
    rows = ("a,A,1", "b,A,1", "a,B,1", "c,A,1")
    distances = ("a,A,1", "b,A,1", "a,B,1", "c,A,1")
    given = read(priorities=rows, distances=distances)
    assert [entry for entry in found(given, "priorities.csv") if entry[1]] == [
        ("priority_rank_twice", 2),
        ("priority_rank_twice", 3),
    ]
    # c is of another level of the same school, with an order of its own.
    assert ranks(given, "priority_rank") == {("a", "B"): 1, ("c", "A"): 1}
    with_lottery = read(priorities=rows, distances=distances, policy=TIES)
    assert found(with_lottery, "priorities.csv") == []
    assert ranks(with_lottery, "priority_rank")["b", "A"] == 1


def test_priorities_of_nobody_who_is_considered_and_pairs_without_one_are_counted(read: Read) -> None:
    given = read(priorities=("a,A,1", "b,B,1"), distances=("a,A,1", "b,A,1"))
    assert found(given, "priorities.csv") == [("priority_without_pair", None), ("priority_missing", None)]


def test_a_child_with_two_ranks_at_one_school_is_a_contradiction(read: Read) -> None:
    given = read(priorities=("a,A,1", "a,A,2", "b,A,3"), distances=("a,A,1", "b,A,1"))
    assert [entry for entry in found(given, "priorities.csv") if entry[1]] == [
        ("priority_contradiction", 2),
        ("priority_contradiction", 3),
    ]
    assert ranks(given, "priority_rank") == {("b", "A"): 3}
