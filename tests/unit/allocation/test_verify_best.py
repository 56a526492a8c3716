"""A round whose groups sit worse than they could, and that says it is the best of all, is refused."""

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from allocation import together
from allocation.group_seats import Priced
from allocation.model import UNPLACED, AllocationProblem, Integers
from allocation.policy import Policy, load_policy
from allocation.problem_files import build_problem
from allocation.result_files import write_round
from allocation.stages import decide
from allocation.verify import Verification, verify_directory
from spatial.issues import IssueReport

TRAVEL, FARTHEST = load_policy("least-travel"), load_policy("least-farthest")
CLAIM = "No better placement with whole groups is found"


def facts_of(ways: Mapping[str, Mapping[str, int]], seats: Mapping[str, int]) -> AllocationProblem:
    """Children by name with their metres to schools; a and b are twins."""
    names, codes = sorted(ways), sorted(seats)
    return build_problem(
        pd.DataFrame(
            {"applicant_no": names, "level": "", "together": ["a" if name in {"a", "b"} else "" for name in names]}
        ).assign(priority_tier=1),
        pd.DataFrame({"school_code": codes, "level": "", "capacity": [seats[code] for code in codes]}),
        pd.DataFrame(
            [(name, code, metres) for name in names for code, metres in ways[name].items()],
            columns=["applicant_no", "school_code", "distance_m"],
        ),
        seed="1",
    )


def verified(directory: Path, facts: AllocationProblem, policy: Policy, *, claims: bool) -> Verification:
    write_round(directory, decide(facts, policy), seed="1", any_id=True, issues=IssueReport())
    path = directory / "summary.json"
    summary = json.loads(path.read_text(encoding="utf-8"))
    summary["together"]["is_optimal"] = claims
    path.write_text(json.dumps(summary), encoding="utf-8")
    return verify_directory(directory)


def told(verification: Verification) -> list[str]:
    return [failure.en for failure in verification.failures]


NEIGHBOURS = facts_of(
    {"a": {"near": 100, "far": 300}, "b": {"near": 100, "far": 300}, "c": {"near": 100, "far": 350}},
    {"near": 2, "far": 2},
)
"""Best: twins near, the neighbour far, 100 + 100 + 350 m. Twins far: 300 + 300 + 100 m. Twins nowhere: one placed."""


def seat_twins(monkeypatch: pytest.MonkeyPatch, pool: int) -> None:
    """Let the solver seat the twins, the first two applicants, in a pool of our choice and call it the best."""

    def seats_of_groups(priced: Priced) -> tuple[Integers, bool]:
        seats = np.full(priced.problem.applicant_count, UNPLACED)
        seats[:2] = pool
        return seats, True

    monkeypatch.setattr(together, "seats_of_groups", seats_of_groups)


@pytest.mark.parametrize("school", ["far", None])
def test_a_shorter_total_or_more_placed_is_found_and_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, school: str | None
) -> None:
    pool = UNPLACED if school is None else NEIGHBOURS.pool_school_code.tolist().index(school)
    seat_twins(monkeypatch, pool)
    wrong = "summary.json: together.is_optimal is wrong: 3 placed and 550 m in all are better."
    assert told(verified(tmp_path, NEIGHBOURS, TRAVEL, claims=True)) == [wrong]


def test_the_best_is_accepted_and_where_nothing_is_claimed_nothing_is_looked_for(tmp_path: Path) -> None:
    (tmp_path / "silent").mkdir()
    claimed = verified(tmp_path, NEIGHBOURS, TRAVEL, claims=True)
    silent = verified(tmp_path / "silent", NEIGHBOURS, TRAVEL, claims=False)
    assert told(claimed) == told(silent) == []
    assert [CLAIM in {claim.en for claim in one.claims} for one in (claimed, silent)] == [True, False]


CROWDED = facts_of({"a": {"s": 2}, "b": {"s": 1}, "c": {"s": 5}, "d": {"s": 1}}, {"s": 2})
"""Two can be placed. Best: the twins, 2 m at most. With c somebody goes 5 m; without twins' rule it is 1 m: b and d."""


def test_a_longest_way_beyond_the_bound_is_never_called_the_best(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seat_twins(monkeypatch, UNPLACED)
    groundless = (
        "summary.json: together.is_optimal has no ground at level '': fewer are placed, "
        "or somebody goes farther, than the bound proves."
    )
    assert told(verified(tmp_path, CROWDED, FARTHEST, claims=True)) == [groundless]


def test_where_twins_must_go_beyond_the_bound_they_do_before_others_go_farther(tmp_path: Path) -> None:
    made = decide(CROWDED, FARTHEST).allocation
    assert made.distance_m.tolist() == [2, 1, 0, 0]
    assert told(verified(tmp_path, CROWDED, FARTHEST, claims=False)) == []


LONG_WAY = facts_of(
    {
        "a": {"p": 9, "q": 9},
        "b": {"p": 9, "q": 9},
        "c": {"s": 0, "t": 5},
        "d": {"s": 5, "t": 6},
        "e": {"p": 1, "q": 2},
    },
    {"p": 2, "q": 1, "s": 1, "t": 1},
)
"""The twins go 9 m anyway. Of the others c and d go 0 and 6 m, or 5 and 5 m, which no longest way asks of them."""


def test_others_go_least_within_the_longest_way_that_twins_go_anyway(tmp_path: Path) -> None:
    made = decide(LONG_WAY, FARTHEST).allocation
    assert made.distance_m.tolist() == [9, 9, 0, 6, 2]
    assert told(verified(tmp_path, LONG_WAY, FARTHEST, claims=True)) == []


@pytest.mark.parametrize("limit_m", [6, 8, 10])
def test_a_limit_that_is_not_the_longest_way_of_the_twins_is_refused(tmp_path: Path, limit_m: int) -> None:
    verified(tmp_path, LONG_WAY, FARTHEST, claims=True)
    path = tmp_path / "certificate.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    assert content["levels"][0]["farthest_m"] == 9
    content["levels"][0] |= {"farthest_m": limit_m, "short_tier": 1}
    path.write_text(json.dumps(content), encoding="utf-8")
    reasons = {
        True: f"certificate.json: the limit of {limit_m} m does not fit the longest way of groups, 9 m.",
        False: f"certificate.json: it is not proven that ways under {limit_m} m are not enough.",
    }
    assert reasons[limit_m < 9] in told(verify_directory(tmp_path))
