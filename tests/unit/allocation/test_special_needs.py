"""Seats of inclusive classes: children with special needs sit there and nowhere else, in every kind of stage."""

import random
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from allocation.intake import IntakeOptions, read_round
from allocation.model import AllocationProblem
from allocation.policy import Policy, parse_policy
from allocation.problem_files import build_problem
from allocation.result_files import write_round
from allocation.stages import Decision, decide
from allocation.verify import verify_directory
from spatial.issues import IssueReport

PAGE = Path(__file__).parents[3] / "docs" / "how-to" / "special-needs.md"
DEFERRED = {"kind": "deferred_acceptance"}
TRAVEL, FARTHEST = {"kind": "least_travel"}, {"kind": "least_farthest"}
OPENED = {"kind": "least_travel", "opens_reserved_seats": True}


def policy_of(*stages: dict[str, object], shared: bool = False) -> Policy:
    """The policy on the page for officials, with other stages."""
    content = yaml.safe_load(PAGE.read_text(encoding="utf-8").split("```yaml\n")[1].split("```")[0])
    content["stages"] = list(stages)
    content["seat_groups"][0]["others_may_take_left_over"] = shared
    return parse_policy(yaml.safe_dump(content, allow_unicode=True), subject="special-needs.md")


def facts_from(seed: int) -> AllocationProblem:
    """Twelve children, a third with special needs; three schools with two seats of ten or none in inclusive classes."""
    chance = random.Random(seed)  # noqa: S311 - a test case, no secret
    names = [f"a{number:02d}" for number in range(12)]
    tags = [chance.choice(["special_needs", "special_needs; poor", "", "", "poor"]) for _ in names]
    schools = [(f"s{number}", "", chance.randint(2, 5), chance.choice(["2", "2", "1", ""])) for number in range(3)]
    ways = [(name, f"s{number}", chance.randrange(100, 900, 100)) for name in names for number in range(3)]
    return build_problem(
        pd.DataFrame({"applicant_no": names, "level": "", "priority_tier": 1, "tags": tags}),
        pd.DataFrame(schools, columns=["school_code", "level", "capacity", "seats_inclusive"]),
        pd.DataFrame(ways, columns=["applicant_no", "school_code", "distance_m"]),
        seed=str(seed),
    )


def seats_taken(decision: Decision) -> list[tuple[bool, str, str]]:
    """Of each child with a seat: whether with special needs, the school and the group of seats."""
    problem, pool = decision.problem, decision.allocation.pool
    needs = ["special_needs" in tags for tags in problem.applicant_facts["tags"]]
    return [
        (needs[index], str(problem.pool_school_code[pool[index]]), str(problem.pool_seat_group[pool[index]]))
        for index in np.flatnonzero(pool >= 0)
    ]


ALL_KINDS = [
    policy_of(DEFERRED),
    policy_of(DEFERRED, shared=True),
    policy_of(TRAVEL),
    policy_of(FARTHEST),
    policy_of(DEFERRED, OPENED),
    policy_of(FARTHEST, OPENED),
]


@pytest.mark.parametrize("policy", ALL_KINDS)
@pytest.mark.parametrize("seed", range(12))
def test_nobody_with_special_needs_sits_elsewhere_and_no_class_takes_a_third(
    tmp_path: Path, policy: Policy, seed: int
) -> None:
    facts = facts_from(seed)
    decision = decide(facts, policy)
    taken = seats_taken(decision)
    assert all(group == "inclusive" for needs, _, group in taken if needs)
    kept = dict(zip(facts.pool_school_code, facts.pool_facts.get("seats_inclusive", [""] * 3), strict=True))
    for school, count in Counter(school for needs, school, _ in taken if needs).items():
        assert count <= int(kept[school] or 0)
    write_round(tmp_path, decision, seed=str(seed), any_id=True, issues=IssueReport())
    assert verify_directory(tmp_path).failures == ()


def test_a_seat_that_nobody_needs_goes_to_others_only_where_the_policy_says_so() -> None:
    facts = build_problem(
        pd.DataFrame({"applicant_no": ["a", "b"], "level": "", "priority_tier": 1, "tags": ["poor", ""]}),
        pd.DataFrame({"school_code": ["s"], "level": "", "capacity": [2], "seats_inclusive": ["1"]}),
        pd.DataFrame([("a", "s", 100), ("b", "s", 200)], columns=["applicant_no", "school_code", "distance_m"]),
        seed="1",
    )
    kept_empty = [policy_of(DEFERRED), policy_of(TRAVEL), policy_of(FARTHEST)]
    shared = [policy_of(DEFERRED, shared=True), policy_of(DEFERRED, OPENED), policy_of(FARTHEST, OPENED)]
    assert [decide(facts, policy).allocation.placed_count for policy in kept_empty] == [1, 1, 1]
    assert [decide(facts, policy).allocation.placed_count for policy in shared] == [2, 2, 2]


@pytest.mark.parametrize(
    ("row", "classes"),
    [
        ("X,grade_1,70,2,4", None),
        ("X,grade_1,70,2,5", 2),
        ("X,grade_1,70,,4", None),
        ("X,grade_1,71,,7", 3),
        ("X,grade_1,70,2,", None),
    ],
)
def test_more_than_two_seats_a_class_are_a_warning_with_its_source_and_no_seat_is_taken(
    tmp_path: Path, row: str, classes: int | None
) -> None:
    """Two a class by Điều 16 TT 28/2020; without the number of classes 70 seats are two classes of 35, 71 are three."""
    (tmp_path / "applicants.csv").write_text("applicant_no,level,tags\na,grade_1,special_needs\n")
    (tmp_path / "schools.csv").write_text(f"school_code,level,capacity,classes,seats_inclusive\n{row}\n")
    (tmp_path / "distances.csv").write_text("applicant_no,school_code,distance_m\na,X,100\n")
    given = read_round(
        tmp_path / "applicants.csv",
        tmp_path / "schools.csv",
        distances=tmp_path / "distances.csv",
        options=IntakeOptions(any_id=True, policy=policy_of(TRAVEL)),
    )
    found = [issue for issue in given.issues if issue.code == "seats_above_class_cap"]
    assert [issue.row for issue in found] == ([] if classes is None else [2])
    for issue in found:
        assert f"in {classes} classes; at most 2 a class by Điều 16, Thông tư 28/2020/TT-BGDĐT" in issue.message.en
        assert "was not read" in issue.message.en
    assert given.schools["seats_inclusive"].tolist() == [row.rsplit(",", 1)[1]]
