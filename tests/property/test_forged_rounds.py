"""A forged round does not pass, under whatever policy: another placement, another policy, another fact, another cell.

Every forger here is as clever as can be: what follows from the lie (figures, reasons, cut-offs, waiting lists, hashes)
is made to fit it with the product's own writer, so that nothing but the claim itself can give it away.
"""

import csv
import json
import random
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from random_rounds import RandomRound, random_round, written

from allocation.model import UNPLACED
from allocation.stages import Decision
from allocation.verify import verify_directory

SEEDS = st.integers(0, 2**32)
TABLES = ("offers.csv", "schools.csv", "lottery.csv", "cut_offs.csv", "waiting_lists.csv")
Placement = list[int]


def failures(directory: Path) -> str:
    return "\n".join(failure.en for failure in verify_directory(directory).failures)


def chance_of(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - a test case, no secret


def pools_of(decision: Decision) -> dict[int, list[int]]:
    """The pools that each applicant may have."""
    problem = decision.problem
    may: dict[int, list[int]] = {who: [] for who in range(problem.applicant_count)}
    for who, pool in zip(problem.pair_applicant.tolist(), problem.pair_pool.tolist(), strict=True):
        may[who].append(pool)
    return may


def with_placement(decision: Decision, pool: Placement) -> Decision:
    """The round with other seats; the stage of a seat stays, and is the first for whom had none."""
    problem, made = decision.problem, decision.allocation
    metres = {
        (who, at): far
        for who, at, far in zip(
            problem.pair_applicant.tolist(), problem.pair_pool.tolist(), problem.pair_distance_m.tolist(), strict=True
        )
    }
    array = np.array(pool, dtype=np.int64)
    stage = np.where(array == UNPLACED, 0, np.maximum(made.stage, 1))
    ways = np.array([metres.get((who, at), 0) for who, at in enumerate(pool)], dtype=np.int64)
    return replace(decision, allocation=replace(made, pool=array, distance_m=ways, stage=stage))


def swapped(decision: Decision, chance: random.Random) -> Placement | None:
    """Two children with each other's seats, of those who may have them."""
    pool, may = decision.allocation.pool.tolist(), pools_of(decision)
    couples = [
        (one, other)
        for one in may
        for other in range(one)
        if pool[one] != pool[other] and pool[other] in may[one] and pool[one] in may[other]
    ]
    if not couples:
        return None
    one, other = chance.choice(couples)
    pool[one], pool[other] = pool[other], pool[one]
    return pool


def moved(decision: Decision, chance: random.Random) -> Placement | None:
    """One child in a free seat of another school or seat group."""
    pool, may = decision.allocation.pool.tolist(), pools_of(decision)
    free = decision.problem.pool_capacity - np.bincount(
        [at for at in pool if at != UNPLACED], minlength=decision.problem.pool_count
    )
    ways = [(who, at) for who, pools in may.items() for at in pools if at != pool[who] and free[at] > 0]
    if not ways:
        return None
    who, at = chance.choice(ways)
    pool[who] = at
    return pool


def taken_away(decision: Decision, chance: random.Random) -> Placement | None:
    """One child without the seat that was due."""
    pool = decision.allocation.pool.tolist()
    seated = [who for who, at in enumerate(pool) if at != UNPLACED]
    if not seated:
        return None
    pool[chance.choice(seated)] = UNPLACED
    return pool


def squeezed_in(decision: Decision, chance: random.Random) -> Placement | None:
    """One child more than there are seats."""
    pool, may = decision.allocation.pool.tolist(), pools_of(decision)
    placed = np.bincount([at for at in pool if at != UNPLACED], minlength=decision.problem.pool_count)
    full = decision.problem.pool_capacity <= placed
    ways = [(who, at) for who, pools in may.items() for at in pools if at != pool[who] and full[at]]
    if not ways:
        return None
    who, at = chance.choice(ways)
    pool[who] = at
    return pool


Forger = Callable[[Decision, random.Random], Placement | None]


@pytest.mark.parametrize(
    ("forger", "says"),
    [(swapped, ""), (moved, ""), (taken_away, ""), (squeezed_in, "but the number of seats is")],
    ids=lambda one: getattr(one, "__name__", ""),
)
@given(seed=SEEDS)
@settings(max_examples=40, deadline=None)
def test_no_other_placement_passes_though_all_its_figures_are_honest(forger: Forger, says: str, seed: int) -> None:
    one = random_round(seed)
    decision = one.decided()
    pool = forger(decision, chance_of(seed))
    assume(pool is not None)
    assert pool is not None
    with written(with_placement(decision, pool), seed=one.seed) as directory:
        told = failures(directory)
    assert told != ""
    assert says in told


def with_other_fact(one: RandomRound, chance: random.Random) -> RandomRound:
    """The same round but for one fact of one child, of one school or of one way."""
    frames = {"applicants": one.applicants, "schools": one.schools, "pairs": one.pairs}
    changes: dict[str, dict[str, Any]] = {
        "applicants": {"area": "p1", "tags": "poor", "priority_tier": 1},
        "schools": {"capacity": 5, "area": "p3"},
        "pairs": {"distance_m": 50},
    }
    name = chance.choice([key for key, frame in frames.items() if len(frame)])
    frame = frames[name].copy()
    column = chance.choice([*changes[name]])
    frame.loc[chance.randrange(len(frame)), column] = changes[name][column]
    changed: RandomRound = replace(one, **{name: frame})  # type: ignore[arg-type]
    return changed


def with_other_policy(one: RandomRound, chance: random.Random) -> RandomRound:
    return replace(one, policy=random_round(chance.randrange(2**32), families=False, flows=False).policy)


def with_other_seed(one: RandomRound, chance: random.Random) -> RandomRound:
    return replace(one, seed=f"{one.seed} {chance.random()}")


STATED = {
    with_other_fact: ("problem",),
    with_other_policy: ("policy.json",),
    with_other_seed: ("lottery.csv",),
}
HASHES = ("problem_sha256", "policy", "policy_version", "policy_sha256", "seed", "seed_sha256")


def outcome(directory: Path) -> dict[str, Any]:
    """All that a round says beyond what it was made from."""
    summary = json.loads((directory / "summary.json").read_text())
    certificate = json.loads((directory / "certificate.json").read_text())
    return {
        "summary": {name: value for name, value in summary.items() if name not in HASHES},
        "certificate": certificate["levels"],
        **{name: (directory / name).read_bytes() for name in TABLES if name != "lottery.csv"},
    }


def pretend(directory: Path, other: Path, names: tuple[str, ...]) -> None:
    """Put the other round's problem, policy or draw into this one, and make all hashes fit."""
    for name in names:
        if (other / name).is_dir():
            shutil.copytree(other / name, directory / name, dirs_exist_ok=True)
        else:
            shutil.copy(other / name, directory / name)
    for name in ("summary.json", "certificate.json"):
        content, true = (json.loads((folder / name).read_text()) for folder in (directory, other))
        content |= {key: true[key] for key in HASHES if key in content}
        (directory / name).write_text(json.dumps(content))


@pytest.mark.parametrize("change", [*STATED], ids=lambda one: one.__name__)
@given(seed=SEEDS)
@settings(max_examples=30, deadline=None)
def test_with_other_facts_rules_or_draw_only_what_these_would_have_given_passes(
    change: Callable[[RandomRound, random.Random], RandomRound], seed: int
) -> None:
    one = random_round(seed, flows=False)
    other = change(one, chance_of(seed))
    with written(one.decided(), seed=one.seed) as first, written(other.decided(), seed=other.seed) as second:
        pretend(first, second, STATED[change])
        assert (failures(first) == "") == (outcome(first) == outcome(second))


def rows_of(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.reader(stream))


def rewrite(path: Path, rows: list[list[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, lineterminator="\n").writerows(rows)


def other_cell(text: str, chance: random.Random) -> str:
    numbers = [str(int(text) + 1), "", "0" + text] if text.isdecimal() else ["1", text + "x", "grade_6"]
    return chance.choice([one for one in numbers if one != text])


@given(SEEDS, st.sampled_from(TABLES), st.sampled_from(["cell", "row away", "row twice", "rows swapped"]))
@settings(max_examples=100, deadline=None)
def test_no_changed_cell_or_row_of_any_table_passes(seed: int, name: str, how: str) -> None:
    one, chance = random_round(seed), chance_of(seed)
    with written(one.decided(), seed=one.seed) as directory:
        rows = rows_of(directory / name)
        assume(len(rows) > (2 if how == "rows swapped" else 1))
        at = chance.randrange(1, len(rows))
        if how == "cell":
            column = chance.randrange(len(rows[at]))
            rows[at][column] = other_cell(rows[at][column], chance)
        elif how == "row away":
            del rows[at]
        elif how == "row twice":
            rows.insert(at, rows[at])
        else:
            rows[at], rows[at - 1 or at + 1] = rows[at - 1 or at + 1], rows[at]
        rewrite(directory / name, rows)
        assert failures(directory) != ""


FREE = ("set_aside", "crs", "measured_by", "software", "unplaced_cost_m", "is_optimal")
"""What `not_checked` names, and a cost that need only be large enough."""


def leaves(content: Any, where: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:  # noqa: ANN401 - JSON
    """The ways to all numbers and words of a JSON document."""
    if isinstance(content, dict | list):
        for key, value in content.items() if isinstance(content, dict) else enumerate(content):
            yield from leaves(value, (*where, key))
    elif not set(FREE) & set(where):
        yield where


def changed(value: object) -> object:
    if isinstance(value, bool) or value is None:
        return 7
    return value + 1 if isinstance(value, int | float) else f"{value}x"


@given(SEEDS, st.sampled_from(["summary.json", "certificate.json"]))
@settings(max_examples=100, deadline=None)
def test_no_changed_number_or_word_of_summary_and_certificate_passes(seed: int, name: str) -> None:
    one, chance = random_round(seed), chance_of(seed)
    with written(one.decided(), seed=one.seed) as directory:
        content = json.loads((directory / name).read_text())
        *way, last = chance.choice([*leaves(content)])
        part: Any = content
        for key in way:
            part = part[key]
        part[last] = changed(part[last])
        (directory / name).write_text(json.dumps(content))
        assert failures(directory) != ""


POLICIES: Mapping[str, Callable[[dict[str, Any]], object]] = {
    "an unknown kind of stage": lambda policy: policy["stages"][0].update(kind="boston"),
    "an unknown key of a stage": lambda policy: policy["stages"][0].update(walks=True),
    "an unknown order": lambda policy: policy["stages"][0].update(order=["birthday", "lottery"]),
    "no stage": lambda policy: policy.update(stages=[]),
    "an unknown condition": lambda policy: policy.update(
        tiers=[{"tier": 1, "title": {"vi": "x", "en": "x"}, "when": ["knows_the_mayor"], "tag": ""}]
    ),
    "a tier before the first": lambda policy: policy.update(
        tiers=[{"tier": 0, "title": {"vi": "x", "en": "x"}, "when": ["everybody"], "tag": ""}]
    ),
    "a promise unknown to the verifier": lambda policy: policy.update(siblings_first=True),
    "a promise left out": lambda policy: policy.pop("keep_together"),
    "a truth that is none": lambda policy: policy.update(keep_together="yes"),
    "another lottery": lambda policy: policy.update(lottery={"per": "school", "next_round": "keep"}),
    "a cap of zero": lambda policy: policy["stages"][0].update(max_distance_m={"grade_1": 0}),
    "no object": lambda policy: policy.update(stages=3, lottery=None, tiers="all"),
}


@pytest.mark.parametrize("change", POLICIES.values(), ids=POLICIES.keys())
def test_a_policy_that_the_verifier_does_not_know_fails_and_is_no_crash(
    change: Callable[[dict[str, Any]], object],
) -> None:
    one = random_round(5, flows=False)
    with written(one.decided(), seed=one.seed) as directory:
        policy = json.loads((directory / "policy.json").read_text())
        change(policy)
        (directory / "policy.json").write_text(json.dumps(policy))
        assert "is none that can be checked" in failures(directory)
