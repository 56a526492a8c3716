"""Laws of a least-travel round, on small problems where a whole search or another program gives the answer."""

import itertools
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment, linprog

from allocation.explain import WhyNot, explain_everybody
from allocation.intake import RoundInput
from allocation.least_travel import solve
from allocation.lottery import lottery_number
from allocation.model import UNPLACED, AllocationProblem
from allocation.policy import Policy, load_policy, parse_policy
from allocation.problem_files import build_problem
from allocation.round import RoundSettings, run
from allocation.verify import verify_directory
from spatial.issues import IssueReport

SEED = "hạt giống 2026"
DEAR_M = 1_000_000
LAST_TIER = 2

LIMITED = parse_policy(
    """
name: near-first
version: "1"
title: {vi: Gần trước, en: Near first}
stages:
  - {kind: least_travel, max_distance_m: {grade_1: 2}}
  - {kind: least_travel}
""",
    subject="near-first",
)


@dataclass(frozen=True)
class Small:
    """A small round as frames."""

    applicants: pd.DataFrame
    schools: pd.DataFrame
    pairs: pd.DataFrame

    def problem(self) -> AllocationProblem:
        return build_problem(self.applicants, self.schools, self.pairs, seed=SEED)

    def with_one_more_seat(self, row: int) -> "Small":
        schools = self.schools.copy()
        schools.loc[row, "capacity"] += 1
        return Small(self.applicants, schools, self.pairs)


@st.composite
def rounds(draw: st.DrawFn, *, most_applicants: int = 6, level: str = "grade_1") -> Small:
    """Few distances, so that many placements are equally good."""
    applicant_count = draw(st.integers(1, most_applicants))
    school_count = draw(st.integers(1, 4))
    names = [f"{chr(97 + number)}" for number in range(applicant_count)]
    codes = [f"S{number}" for number in range(school_count)]
    capacities = draw(st.lists(st.integers(0, 3), min_size=school_count, max_size=school_count))
    tiers = draw(st.lists(st.integers(1, LAST_TIER), min_size=applicant_count, max_size=applicant_count))
    cells = st.one_of(st.none(), st.integers(0, 5))
    matrix = draw(st.lists(cells, min_size=applicant_count * school_count, max_size=applicant_count * school_count))
    pairs = [
        (name, code, metres)
        for (name, code), metres in zip(itertools.product(names, codes), matrix, strict=True)
        if metres is not None
    ]
    return Small(
        applicants=pd.DataFrame({"applicant_no": names, "level": level, "priority_tier": tiers}),
        schools=pd.DataFrame({"school_code": codes, "level": level, "capacity": capacities}),
        pairs=pd.DataFrame(pairs, columns=["applicant_no", "school_code", "distance_m"]).astype(
            {"applicant_no": "str", "school_code": "str", "distance_m": "int64"}
        ),
    )


def by_seats(small: Small) -> tuple[int, int]:
    """Number placed and total metres, by SciPy's assignment of applicants to single seats."""
    seats = [code for code, count in small.schools[["school_code", "capacity"]].to_numpy() for _ in range(count)]
    names = small.applicants["applicant_no"].tolist()
    none_m = DEAR_M * (1 + LAST_TIER - small.applicants["priority_tier"].to_numpy())
    cost = np.repeat(none_m[:, np.newaxis], len(seats) + len(names), axis=1)
    metres = {(name, code): far for name, code, far in small.pairs.itertuples(index=False)}
    for row, name in enumerate(names):
        for column, code in enumerate(seats):
            cost[row, column] = metres.get((name, code), 4 * DEAR_M)
    rows, columns = linear_sum_assignment(cost)
    chosen = cost[rows, columns]
    return int((chosen < DEAR_M).sum()), int(chosen[chosen < DEAR_M].sum())


def by_linear_programme(small: Small) -> tuple[int, int]:
    """Number placed and total metres, by HiGHS."""
    count = len(small.pairs)
    if not count:
        return 0, 0
    rows = [
        (small.pairs["applicant_no"] == name).to_numpy(dtype=float) for name in small.applicants["applicant_no"]
    ] + [(small.pairs["school_code"] == code).to_numpy(dtype=float) for code in small.schools["school_code"]]
    most = [1.0] * len(small.applicants) + small.schools["capacity"].astype(float).tolist()
    tier_of = small.applicants.set_index("applicant_no")["priority_tier"]
    none_m = DEAR_M * (1 + LAST_TIER - tier_of.loc[small.pairs["applicant_no"]].to_numpy(dtype=float))
    ways_m = small.pairs["distance_m"].to_numpy(dtype=float)
    answer = linprog(ways_m - none_m, A_ub=np.array(rows), b_ub=np.array(most), bounds=(0, 1), method="highs")
    return round(answer.x.sum()), round(answer.x @ ways_m)


def every_placement(small: Small) -> Iterator[dict[str, str]]:
    """Every way to give seats, within capacity; no seat is the empty text."""
    names = small.applicants["applicant_no"].tolist()
    schools = {name: [""] for name in names}
    for name, code, _ in small.pairs.itertuples(index=False):
        schools[name].append(code)
    most = dict(small.schools[["school_code", "capacity"]].to_numpy())
    for chosen in itertools.product(*(schools[name] for name in names)):
        if all(chosen.count(code) <= most[code] for code in most):
            yield dict(zip(names, chosen, strict=True))


def of_first_tier(small: Small, placed: Iterable[str]) -> int:
    tier_of = dict(small.applicants[["applicant_no", "priority_tier"]].to_numpy())
    return sum(tier_of[name] == 1 for name in placed)


def chosen_by_lottery(small: Small) -> dict[str, str]:
    """The placement of the rule, by looking at all of them."""
    metres = {(name, code): far for name, code, far in small.pairs.itertuples(index=False)}
    draw = sorted(small.applicants["applicant_no"], key=lambda name: lottery_number(name, seed=SEED))

    def rank(placement: dict[str, str]) -> tuple[object, ...]:
        ways = {name: metres[name, code] for name, code in placement.items() if code}
        seats = tuple((ways.get(name, DEAR_M), placement[name]) for name in draw)
        return (-len(ways), -of_first_tier(small, ways), sum(ways.values()), seats)

    return min(every_placement(small), key=rank)


def placement_of(problem: AllocationProblem) -> dict[str, str]:
    result = solve(problem)
    codes = [problem.pool_school_code[pool] if pool != UNPLACED else "" for pool in result.pool]
    return dict(zip(problem.applicant_no, codes, strict=True))


def written(small: Small, folder: str, *, policy: Policy) -> Path:
    applicants, schools = small.applicants.assign(x=np.nan, y=np.nan), small.schools.assign(name="", x=np.nan, y=np.nan)
    given_round = RoundInput(applicants=applicants, schools=schools, pairs=small.pairs, issues=IssueReport())
    settings_of_round = RoundSettings(policy=policy, seed=SEED, any_id=True)
    return run(given_round, settings=settings_of_round, directory=Path(folder) / "round").directory


@given(rounds(most_applicants=8))
@settings(deadline=None)
def test_no_school_takes_more_than_it_has_seats(small: Small) -> None:
    problem = small.problem()
    pool = solve(problem).pool
    assert (np.bincount(pool[pool != UNPLACED], minlength=problem.pool_count) <= problem.pool_capacity).all()


@given(rounds(most_applicants=8))
@settings(deadline=None)
def test_as_many_are_placed_and_as_near_as_two_other_programs_find(small: Small) -> None:
    result = solve(small.problem())
    found = (result.placed_count, result.total_distance_m)
    assert found == by_seats(small)
    assert found == by_linear_programme(small)


@given(rounds(most_applicants=5))
@settings(max_examples=150, deadline=None)
def test_of_all_best_placements_the_lottery_chooses_as_the_rule_says(small: Small) -> None:
    assert placement_of(small.problem()) == chosen_by_lottery(small)


@given(rounds(most_applicants=4))
@settings(max_examples=40, deadline=None)
def test_what_a_wish_would_cost_everybody_is_exact(small: Small) -> None:
    metres = {(name, code): far for name, code, far in small.pairs.itertuples(index=False)}
    every = [
        (placement, (-len(ways), -of_first_tier(small, ways)), sum(ways.values()))
        for placement in every_placement(small)
        for ways in [{name: metres[name, code] for name, code in placement.items() if code}]
    ]
    most, least_m = min((counts, total) for _, counts, total in every)
    with tempfile.TemporaryDirectory() as folder:
        told = list(explain_everybody(written(small, folder, policy=load_policy("least-travel"))))
    for one in told:
        for nearer in one.nearer:
            if nearer.capacity == 0:
                assert nearer.why_not is WhyNot.NO_SEATS
                continue
            with_wish = [
                (counts, total)
                for placement, counts, total in every
                if placement[one.applicant_no] == nearer.school_code
            ]
            fewer, total = min(with_wish, default=((1, 0), 0))
            if fewer > most:
                assert nearer.why_not is WhyNot.WOULD_LEAVE_A_CHILD_WITHOUT
            elif total == least_m:
                assert nearer.why_not is WhyNot.LOTTERY
            else:
                assert nearer.extra_m == total - least_m


@given(rounds(), st.data())
@settings(deadline=None)
def test_the_order_of_rows_changes_nothing(small: Small, data: st.DataObject) -> None:
    shuffled = [
        frame.iloc[data.draw(st.permutations(range(len(frame))))].reset_index(drop=True)
        for frame in (small.applicants, small.schools, small.pairs)
    ]
    other = Small(*shuffled).problem()
    assert other.problem_sha256 == small.problem().problem_sha256
    assert placement_of(other) == placement_of(small.problem())


@given(rounds(), st.data())
@settings(deadline=None)
def test_a_seat_price_is_what_one_more_seat_changes_in_the_total(small: Small, data: st.DataObject) -> None:
    problem = small.problem()
    before = solve(problem)
    row = data.draw(st.integers(0, problem.pool_count - 1))
    after = solve(small.with_one_more_seat(row).problem())
    certificate = before.certificates[0]
    assert certificate.seat_price_m(row) == before.total_distance_m - after.total_distance_m
    assert certificate.more_placed(row) == after.placed_count - before.placed_count


@given(rounds(), rounds(level="grade_6"))
@settings(deadline=None)
def test_levels_do_not_touch_each_other(first: Small, second: Small) -> None:
    later = second.applicants.assign(applicant_no="z" + second.applicants["applicant_no"])
    both = Small(
        pd.concat([first.applicants, later], ignore_index=True),
        pd.concat([first.schools, second.schools], ignore_index=True),
        pd.concat(
            [first.pairs, second.pairs.assign(applicant_no="z" + second.pairs["applicant_no"])], ignore_index=True
        ),
    )
    together = placement_of(both.problem())
    assert {name: code for name, code in together.items() if not name.startswith("z")} == placement_of(first.problem())


@pytest.mark.parametrize("policy", [load_policy("least-travel"), LIMITED], ids=["least-travel", "two-stages"])
@given(small=rounds())
@settings(max_examples=30, deadline=None)
def test_every_round_that_is_written_is_verified(policy: Policy, small: Small) -> None:
    with tempfile.TemporaryDirectory() as folder:
        assert verify_directory(written(small, folder, policy=policy)).failures == ()
