"""Laws of a stage ``least_farthest``, on small rounds where every placement can be listed."""

import itertools
import json
import random
import tempfile
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from allocation.model import UNPLACED, Allocation, AllocationProblem
from allocation.policy import load_policy
from allocation.problem_files import build_problem
from allocation.result_files import write_round
from allocation.stages import decide
from allocation.verify import verify_directory
from spatial.issues import IssueReport

POLICY = load_policy("least-farthest")
Outcome = tuple[tuple[int, ...], int, int]


def facts_from(seed: int, *, tiers: int, held: bool = False) -> AllocationProblem:
    """A round of up to five with many equal metres, schools without seats and children without a school."""
    chance = random.Random(seed)  # noqa: S311 - a test case, no secret
    names = [f"a{number}" for number in range(chance.randint(0, 5))]
    codes = [f"s{number}" for number in range(chance.randint(1, 3))]
    seats = [chance.randint(0, 2) for _ in codes]
    ways = [
        (name, code, chance.choice([0, 1, 2, 2, 5, 9])) for name in names for code in codes if chance.random() < 0.7
    ]
    applicants = pd.DataFrame(
        {"applicant_no": names, "level": "", "priority_tier": [chance.randint(1, tiers) for _ in names]}
    )
    if held:
        applicants["held_school"] = _seats_held(chance, names, dict(zip(codes, seats, strict=True)), ways)
    schools = pd.DataFrame({"school_code": codes, "level": "", "capacity": seats})
    pairs = pd.DataFrame(ways, columns=["applicant_no", "school_code", "distance_m"])
    return build_problem(applicants, schools, pairs, seed=str(seed))


def _seats_held(
    chance: random.Random, names: list[str], seats: dict[str, int], ways: list[tuple[str, str, int]]
) -> list[str]:
    free, held = Counter(seats), []
    for name in names:
        own = [code for who, code, _ in ways if who == name and free[code] > 0 and chance.random() < 0.3]
        held.append(own[0] if own else "")
        free[held[-1]] -= 1
    return held


def outcome(problem: AllocationProblem, pairs: list[int]) -> Outcome:
    """What the rule looks at: how many are placed by tier, the farthest way of those who held no seat, the total."""
    tiers = sorted({*problem.priority_tier.tolist()})
    placed = Counter(int(problem.priority_tier[problem.pair_applicant[pair]]) for pair in pairs)
    new_m = [
        int(problem.pair_distance_m[pair]) for pair in pairs if problem.priority_tier[problem.pair_applicant[pair]] > 0
    ]
    total_m = sum(int(problem.pair_distance_m[pair]) for pair in pairs)
    return tuple(-placed[tier] for tier in tiers), max(new_m, default=0), total_m


def best_of_all(problem: AllocationProblem) -> Outcome:
    """The best outcome of all placements, listed one by one."""
    options: list[list[int]] = [[UNPLACED] for _ in range(problem.applicant_count)]
    for pair, applicant in enumerate(problem.pair_applicant.tolist()):
        options[applicant].append(pair)
    found = []
    for choice in itertools.product(*options):
        pairs = [pair for pair in choice if pair != UNPLACED]
        used = Counter(problem.pair_pool[pairs].tolist())
        if all(count <= problem.pool_capacity[pool] for pool, count in used.items()):
            found.append(outcome(problem, pairs))
    return min(found)


def chosen_pairs(problem: AllocationProblem, made: Allocation) -> list[int]:
    pairs = enumerate(zip(problem.pair_applicant.tolist(), problem.pair_pool.tolist(), strict=True))
    return [pair for pair, (applicant, pool) in pairs if made.pool[applicant] == pool]


@given(st.integers(0, 2**32))
@settings(max_examples=150, deadline=None)
def test_no_placement_has_a_shorter_longest_way_and_then_a_shorter_total(seed: int) -> None:
    decision = decide(facts_from(seed, tiers=1), POLICY)
    assert outcome(decision.problem, chosen_pairs(decision.problem, decision.allocation)) == best_of_all(
        decision.problem
    )


@given(st.integers(0, 2**32), st.booleans())
@settings(max_examples=150, deadline=None)
def test_first_tiers_and_seats_held_come_before_the_longest_way(seed: int, held: bool) -> None:  # noqa: FBT001
    decision = decide(facts_from(seed, tiers=3, held=held), POLICY)
    assert outcome(decision.problem, chosen_pairs(decision.problem, decision.allocation)) == best_of_all(
        decision.problem
    )


@given(st.integers(0, 2**32), st.booleans())
@settings(max_examples=60, deadline=None)
def test_the_proof_is_accepted_and_no_shorter_or_longer_limit_is(seed: int, held: bool) -> None:  # noqa: FBT001
    decision = decide(facts_from(seed, tiers=2, held=held), POLICY)
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder)
        write_round(directory, decision, seed=str(seed), any_id=True, issues=IssueReport())
        assert verify_directory(directory).failures == ()
        path = directory / "certificate.json"
        content = json.loads(path.read_text(encoding="utf-8"))
        ways = decision.problem.pair_distance_m
        for entry in content["levels"]:
            true_m = entry["farthest_m"]
            for wrong_m in {*ways.tolist()} - {true_m}:
                entry["farthest_m"] = wrong_m
                path.write_text(json.dumps(content), encoding="utf-8")
                assert not verify_directory(directory).passed
            entry["farthest_m"] = true_m


@pytest.mark.parametrize("short", [[], ["s0"], ["s1"], ["s2"]])
def test_a_set_that_proves_nothing_is_refused(tmp_path: Path, short: list[str]) -> None:
    # s0 has one seat for two; a0 must go 500 m to s1, because s0 and s1 are all that there is.
    facts = build_problem(
        pd.DataFrame({"applicant_no": ["a0", "a1", "a2"], "level": "", "priority_tier": 1}),
        pd.DataFrame({"school_code": ["s0", "s1", "s2"], "level": "", "capacity": [1, 1, 1]}),
        pd.DataFrame(
            [("a0", "s0", 100), ("a1", "s0", 100), ("a0", "s1", 500), ("a1", "s1", 600), ("a2", "s2", 50)],
            columns=["applicant_no", "school_code", "distance_m"],
        ),
        seed="1",
    )
    write_round(tmp_path, decide(facts, POLICY), seed="1", any_id=True, issues=IssueReport())
    path = tmp_path / "certificate.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    assert content["levels"][0]["farthest_m"] == 500
    content["levels"][0]["short"] = short
    path.write_text(json.dumps(content), encoding="utf-8")
    told = [failure.en for failure in verify_directory(tmp_path).failures]
    assert bool(told) == (short != ["s0"])
    assert all("not proven" in each for each in told)
