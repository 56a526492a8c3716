"""A stage of deferred acceptance that is not the applicants' best, or invents a refusal, does not pass."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from allocation.policy import Policy, parse_policy
from allocation.problem_files import build_problem
from allocation.result_files import write_round
from allocation.stages import Decision, decide
from allocation.verify import verify_directory
from spatial.issues import IssueReport

BY_RANKS = parse_policy(
    """
name: by-ranks
version: "1"
title: {vi: Theo thứ hạng, en: By ranks}
stages:
  - {kind: deferred_acceptance, order: [given_priority], preferences: submitted}
""",
    subject="test",
)
BY_DISTANCE = parse_policy(
    """
name: by-distance
version: "1"
title: {vi: Theo quãng đường, en: By distance}
stages:
  - {kind: deferred_acceptance}
""",
    subject="test",
)


def decided(
    seats: Mapping[str, int], pairs: Sequence[tuple[object, ...]], policy: Policy, *, together: Sequence[str] = ()
) -> Decision:
    """A round of pairs: applicant, school, metres, rank by the applicant, rank by the school."""
    names = sorted({str(pair[0]) for pair in pairs})
    applicants = pd.DataFrame({"applicant_no": names, "level": "grade_1"})
    applicants["together"] = [together[0] if name in together else "" for name in names] if together else ""
    schools = pd.DataFrame({"school_code": [*seats], "level": "grade_1", "capacity": [*seats.values()]})
    columns = ["applicant_no", "school_code", "distance_m", "preference_rank", "priority_rank"]
    frame = pd.DataFrame(pairs, columns=columns[: len(pairs[0])])
    return decide(build_problem(applicants, schools, frame, seed="s"), policy)


def written(decision: Decision, directory: Path) -> Path:
    directory.mkdir()
    write_round(directory, decision, seed="s", any_id=True, issues=IssueReport())
    return directory


def moved(decision: Decision, where: Mapping[str, str]) -> Decision:
    """The same round with other seats, and with honest figures about them."""
    problem, made = decision.problem, decision.allocation
    codes = problem.pool_school_code.tolist()
    pool = np.array([codes.index(where[name]) if name in where else -1 for name in problem.applicant_no])
    metres = {
        (int(who), int(at)): int(far)
        for who, at, far in zip(problem.pair_applicant, problem.pair_pool, problem.pair_distance_m, strict=True)
    }
    ways = np.array([metres.get((who, int(at)), 0) for who, at in enumerate(pool)])
    return replace(
        decision, allocation=replace(made, pool=pool, distance_m=ways, stage=np.where(pool >= 0, 1, 0).astype(np.int64))
    )


def offered(decision: Decision) -> dict[str, str]:
    codes, problem = decision.problem.pool_school_code, decision.problem
    at = zip(problem.applicant_no, decision.allocation.pool.tolist(), strict=True)
    return {str(name): str(codes[pool]) for name, pool in at if pool >= 0}


def failures(directory: Path) -> str:
    return "\n".join(failure.en for failure in verify_directory(directory).failures)


# Gale, Shapley (1962), example 1: three of each side; three stable placements, of which the first is the applicants'.
GALE_SHAPLEY = [
    ("a", "A", 1, 1, 3), ("a", "B", 1, 2, 2), ("a", "C", 1, 3, 1),
    ("b", "B", 1, 1, 3), ("b", "C", 1, 2, 2), ("b", "A", 1, 3, 1),
    ("c", "C", 1, 1, 3), ("c", "A", 1, 2, 2), ("c", "B", 1, 3, 1),
]  # fmt: skip
ONE_SEAT = {"A": 1, "B": 1, "C": 1}


def test_gale_and_shapleys_first_example_is_the_applicants_best_and_passes(tmp_path: Path) -> None:
    decision = decided(ONE_SEAT, GALE_SHAPLEY, BY_RANKS)
    assert offered(decision) == {"a": "A", "b": "B", "c": "C"}
    assert failures(written(decision, tmp_path / "round")) == ""


@pytest.mark.parametrize("others", [{"a": "C", "b": "A", "c": "B"}, {"a": "B", "b": "C", "c": "A"}])
def test_the_other_stable_placements_of_that_example_do_not_pass(tmp_path: Path, others: dict[str, str]) -> None:
    forged = moved(decided(ONE_SEAT, GALE_SHAPLEY, BY_RANKS), others)
    told = failures(written(forged, tmp_path / "round"))
    assert "could all move up to schools that they rather wish for" in told
    assert "just claim" not in told


def test_a_placement_that_somebody_can_contest_names_who_and_where(tmp_path: Path) -> None:
    """A has c (rank 2) before a (rank 3); b has C already; without a seat c may also claim the free one in B."""
    forged = moved(decided(ONE_SEAT, GALE_SHAPLEY, BY_RANKS), {"a": "A", "b": "C", "c": "B"})
    told = failures(written(forged, tmp_path / "round"))
    assert "Applicant c has a just claim to a seat in school A grade_1." in told
    assert "school C" not in told
    forged = moved(forged, {"a": "A", "b": "C"})
    assert "Applicant c has a just claim to a seat in school B grade_1." in failures(written(forged, tmp_path / "next"))


TWINS = [
    ("a", "near", 10), ("b", "near", 10), ("a", "far", 30), ("b", "far", 30),
    ("c", "near", 20), ("c", "far", 40), ("d", "far", 90), ("d", "near", 80),
]  # fmt: skip


def twins() -> Decision:
    return decided({"near": 1, "far": 3}, TWINS, BY_DISTANCE, together=("a", "b"))


def refusals(directory: Path, told: list[list[str]]) -> Path:
    path = directory / "certificate.json"
    content = json.loads(path.read_text())
    content["levels"][0]["refused_together"] = told
    path.write_text(json.dumps(content))
    return directory


def test_twins_go_on_together_where_there_is_one_seat_and_the_refusal_is_found_again(tmp_path: Path) -> None:
    decision = twins()
    assert offered(decision) == {"a": "far", "b": "far", "c": "near", "d": "far"}
    directory = written(decision, tmp_path / "round")
    assert json.loads((directory / "certificate.json").read_text())["levels"][0]["refused_together"] == [["a", "near"]]
    assert failures(directory) == ""


@pytest.mark.parametrize(
    "told", [[], [["a", "near"], ["a", "near"]], [["a", "far"], ["a", "near"]], [["b", "near"]], [["z", "near"]], "?"]
)
def test_a_refusal_dropped_added_or_of_somebody_else_does_not_pass(tmp_path: Path, told: list[list[str]]) -> None:
    assert failures(refusals(written(twins(), tmp_path / "round"), told)) != ""


def test_an_invented_refusal_that_explains_a_worse_placement_does_not_pass(tmp_path: Path) -> None:
    pairs = [("a", "near", 10), ("b", "near", 10), ("a", "far", 30), ("b", "far", 30), ("c", "near", 20)]
    honest = decided({"near": 3, "far": 2}, pairs, BY_DISTANCE, together=("a", "b"))
    assert offered(honest) == {"a": "near", "b": "near", "c": "near"}
    forged = moved(honest, {"a": "far", "b": "far", "c": "near"})
    directory = refusals(written(forged, tmp_path / "round"), [["a", "near"]])
    assert failures(directory) == (
        "certificate.json, stage 1, level 'grade_1': refused_together is not what the procedure gives."
    )
