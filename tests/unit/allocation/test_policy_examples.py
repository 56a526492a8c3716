"""The rules of other countries give what was published for them."""

import csv
from collections.abc import Callable, Mapping, Sequence
from itertools import count
from pathlib import Path

import pandas as pd
import pytest

from allocation.policy import load_policy, parse_policy
from allocation.problem_files import build_problem
from allocation.result_files import write_round
from allocation.stages import decide
from allocation.verify import verify_directory
from spatial.errors import InputError
from spatial.issues import IssueReport

Rows = Sequence[Mapping[str, object]]
Settle = Callable[..., tuple[dict[str, str], Path]]
METRES_IN_A_MILE = 1609.344


@pytest.fixture
def settle(tmp_path: Path) -> Settle:
    """Decide a round from rows, have it verified from its files, and return who is in which school, and the folder."""
    numbers = count()

    def make(
        policy: str, applicants: Rows, schools: Rows, pairs: Rows, *, seed: str = "s"
    ) -> tuple[dict[str, str], Path]:
        frames = [pd.DataFrame([{"level": "grade_1", **row} for row in rows]) for rows in (applicants, schools)]
        facts = build_problem(frames[0], frames[1], pd.DataFrame(pairs).fillna(0), seed=seed)
        decision = decide(facts, load_policy(policy))
        folder = tmp_path / f"round{next(numbers)}"
        folder.mkdir()
        write_round(folder, decision, seed=seed, any_id=True, issues=IssueReport())
        assert verify_directory(folder).failures == ()
        codes = [decision.problem.pool_school_code[pool] if pool >= 0 else "" for pool in decision.allocation.pool]
        return dict(zip(decision.problem.applicant_no, codes, strict=True)), folder

    return make


def way(who: object, school: str, metres: int, rank: int = 1) -> dict[str, object]:
    return {"applicant_no": who, "school_code": school, "distance_m": metres, "preference_rank": rank}


# England


def test_england_the_last_child_admitted_by_distance_is_the_cut_off_that_the_council_publishes(settle: Settle) -> None:
    """Bournebrook Primary School, 2009: "19 of 19, all on time criteria 2 & 4, plus criteria 5 up to 2.457 miles".

    From the open data of Warwickshire (github warwickshire/opendata, schools-offer-breakdown-warwickshire-2009.csv).
    The admission number, the form of the cut-off and its distance are published; the children are made up around it.
    """
    cut_off_m = round(2.457 * METRES_IN_A_MILE)
    care = [{"applicant_no": f"care{k}", "tags": "looked_after"} for k in range(1)]
    siblings = [{"applicant_no": f"sibling{k}", "sibling_school": "bournebrook"} for k in range(7)]
    others = [{"applicant_no": f"other{k:02d}"} for k in range(15)]
    metres = {"care0": 9000, **{f"sibling{k}": 8000 + k for k in range(7)}}
    metres |= {f"other{k:02d}": cut_off_m - 300 * (10 - k) for k in range(15)}
    where, folder = settle(
        "example-england-distance",
        [*care, *siblings, *others],
        [{"school_code": "bournebrook", "capacity": 19}],
        [way(who, "bournebrook", far) for who, far in metres.items()],
    )
    (school,) = csv.DictReader((folder / "schools.csv").read_text().splitlines())
    assert (school["placed"], school["cut_off_tier"], school["cut_off_distance_m"]) == ("19", "3", "3954")
    assert {who for who, code in where.items() if not code} == {f"other{k}" for k in range(11, 15)}


def test_england_criteria_come_in_their_order_and_within_each_the_nearest(settle: Settle) -> None:
    """Calderdale, primary schools 2023-24: public care, brother or sister here, others; the nearest within each."""
    applicants = [
        {"applicant_no": "care", "tags": "looked_after"},
        {"applicant_no": "sibling-near", "sibling_school": "s"},
        {"applicant_no": "sibling-far", "sibling_school": "s"},
        {"applicant_no": "near"},
        {"applicant_no": "far"},
    ]
    metres = {"care": 5000, "sibling-near": 3000, "sibling-far": 4000, "near": 100, "far": 200}
    ranking = ["care", "sibling-near", "sibling-far", "near", "far"]
    for seats in range(1, 6):
        where, _ = settle("example-england-distance", applicants, [{"school_code": "s", "capacity": seats}],
                          [way(who, "s", metres[who]) for who in metres])  # fmt: skip
        assert {who for who in where if where[who]} == set(ranking[:seats])


def test_england_a_child_without_a_named_school_gets_the_nearest_with_a_vacancy(settle: Settle) -> None:
    where, _ = settle(
        "example-england-distance",
        [{"applicant_no": "a"}, {"applicant_no": "b"}],
        [{"school_code": code, "capacity": 1} for code in ("near", "middle", "far")],
        [
            way("a", "near", 100),
            way("b", "near", 200),
            way("b", "middle", 900, 0),
            way("b", "far", 5000, 0),
            way("a", "far", 10, 0),
        ],
    )
    assert where == {"a": "near", "b": "middle"}


# Sweden


def test_sweden_the_board_s_case_of_2017_is_decided_as_the_municipality_decided_it(settle: Settle) -> None:
    """Överklagandenämnden 2017:533: 45 want school Y; 13 come as siblings, 12 by relative proximity, 20 get no place.

    The one who appealed has 558 m to Y and 1,146 m to Z (588 m nearer) and is refused; the last one admitted has 852 m
    to Y and 1,485 m to Å (633 m nearer). Those two are published, and the counts; the other children are made up.
    """
    siblings = [f"sibling{k:02d}" for k in range(13)]
    nearer_m = {"last": 633, "appeals": 588}
    nearer_m |= {f"gets{k:02d}": 640 + 10 * k for k in range(11)} | {f"fails{k:02d}": 580 - 10 * k for k in range(19)}
    own_m = {"last": 852, "appeals": 558} | {who: 400 for who in nearer_m if who[-1].isdigit()}
    pairs = [way(who, "Y", 1500) for who in siblings] + [way(who, "Z", 300, 0) for who in siblings]
    for who, gained in nearer_m.items():
        pairs += [way(who, "Y", own_m[who]), way(who, "Å" if who == "last" else "Z", own_m[who] + gained, 0)]
    where, _ = settle(
        "example-sweden-relative-distance",
        [{"applicant_no": who, "sibling_school": "Y"} for who in siblings]
        + [{"applicant_no": who} for who in nearer_m],
        [
            {"school_code": "Y", "capacity": 25},
            {"school_code": "Z", "capacity": 60},
            {"school_code": "Å", "capacity": 60},
        ],
        pairs,
    )
    assert len(where) == 45
    assert (where["last"], where["appeals"]) == ("Y", "Z")
    assert (sum(where[who] == "Y" for who in siblings), sum(where[who] == "Y" for who in nearer_m)) == (13, 12)
    assert sum(code != "Y" for code in where.values()) == 20


# Singapore

BANDS_M = {"up to 1 km": 1000, "between 1 and 2 km": 2000, "more than 2 km": 2001}


def registrants(citizens: Sequence[int], residents: Sequence[int]) -> dict[str, tuple[bool, int]]:
    """Return made-up registrants, that many in each band; by name whether a citizen, and metres."""
    counts = [(True, number) for number in citizens], [(False, number) for number in residents]
    return {
        f"{'SC' if citizen else 'PR'}-{metres}-{k:02d}": (citizen, metres)
        for group in counts
        for (citizen, number), metres in zip(group, BANDS_M.values(), strict=True)
        for k in range(number)
    }


@pytest.mark.parametrize(
    ("citizens", "residents", "admitted", "balloted"),
    [
        # School A: 38 + 10 citizens without a ballot, the last two places by ballot among 8 citizens beyond 2 km.
        ((38, 10, 8), (3, 1, 1), {("SC", 1000): 38, ("SC", 2000): 10, ("SC", 2001): 2}, ("SC", 2001)),
        # School B: all 47 citizens, the last three places by ballot among 4 permanent residents within 1 km.
        ((29, 15, 3), (4, 2, 1), {("SC", 1000): 29, ("SC", 2000): 15, ("SC", 2001): 3, ("PR", 1000): 3}, ("PR", 1000)),
    ],
)
def test_singapore_the_ministry_s_two_examples_of_50_places(
    settle: Settle,
    citizens: Sequence[int],
    residents: Sequence[int],
    admitted: Mapping[tuple[str, int], int],
    balloted: tuple[str, int],
) -> None:
    """Ministry of Education, 2012, schools A and B (as printed at idealtuition.wordpress.com/2012/04/03)."""
    children = registrants(citizens, residents)
    winners = []
    for seed in ("first draw", "second draw"):
        where, _ = settle(
            "example-singapore",
            [{"applicant_no": who, "tags": "citizen" if citizen else ""} for who, (citizen, _) in children.items()],
            [{"school_code": "school", "capacity": 50}],
            [way(who, "school", metres) for who, (_, metres) in children.items()],
            seed=seed,
        )
        inside = {who for who, code in where.items() if code}
        got = pd.Series([(who[:2], int(who[3:7])) for who in inside]).value_counts().to_dict()
        assert got == dict(admitted)
        winners.append(inside)
    changed = winners[0] ^ winners[1]
    assert changed, "another draw decides otherwise"
    assert {(who[:2], int(who[3:7])) for who in changed} == {balloted}, "lots are drawn only in the band that overflows"


# Chile. No printed example was found to read; these are the smallest ones of the order of priority that
# raisingvoicesineducation.wordpress.com (2018) and the abstract of Correa et al. (2022) state.


def test_chile_siblings_then_15_percent_poor_pupils_then_staff_then_former_pupils_then_others(settle: Settle) -> None:
    applicants: Rows = [
        {"applicant_no": "sibling", "sibling_school": "s"},
        *({"applicant_no": f"poor{k}", "tags": "priority_pupil"} for k in range(4)),
        {"applicant_no": "staff", "parent_work_school": "s"},
        {"applicant_no": "former", "attended_school": "s"},
        *({"applicant_no": f"other{k}"} for k in range(9)),
    ]
    where, folder = settle(
        "example-chile",
        applicants,
        [{"school_code": "s", "capacity": 12}],
        [way(row["applicant_no"], "s", 100) for row in applicants],
    )
    inside = {who for who, code in where.items() if code}
    assert {"sibling", "staff", "former"} <= inside
    offers = list(csv.DictReader((folder / "offers.csv").read_text().splitlines()))
    reserved = [row["applicant_no"] for row in offers if row["seat_group"] == "priority_pupils"]
    # 15% of 12 seats are 2 (this engine rounds up); poor pupils beyond them draw with the others.
    assert len(reserved) == 2
    assert all(who.startswith("poor") for who in reserved)


def test_chile_siblings_come_before_poor_pupils_also_in_their_seats(settle: Settle) -> None:
    applicants: Rows = [
        *({"applicant_no": f"sibling{k}", "sibling_school": "s"} for k in range(3)),
        *({"applicant_no": f"poor{k}", "tags": "priority_pupil"} for k in range(3)),
        {"applicant_no": "staff", "parent_work_school": "s"},
    ]
    pairs = [way(row["applicant_no"], "s", 100) for row in applicants]
    where, _ = settle("example-chile", applicants, [{"school_code": "s", "capacity": 3}], pairs)
    assert {who for who, code in where.items() if code} == {"sibling0", "sibling1", "sibling2"}


def test_chile_seats_that_no_poor_pupil_wants_go_to_the_others(settle: Settle) -> None:
    applicants: Rows = [{"applicant_no": f"other{k}"} for k in range(20)]
    pairs = [way(row["applicant_no"], "s", 100) for row in applicants]
    where, _ = settle("example-chile", applicants, [{"school_code": "s", "capacity": 20}], pairs)
    assert all(where.values())


@pytest.mark.parametrize("seed", [f"draw {k}" for k in range(8)])
def test_chile_brothers_and_sisters_of_two_levels_draw_one_number(settle: Settle, seed: str) -> None:
    """Both levels have one seat and the same two families: whichever family draws first has both seats.

    Drawn for each child alone the two would be parted in half of all draws (Correa et al. 2022: ties are broken at the
    level of the family).
    """
    levels = {"1": "grade_1", "6": "grade_6"}
    applicants: Rows = [
        {"applicant_no": f"{family}{number}", "level": level, "together": f"{family}1"}
        for family in "ab"
        for number, level in levels.items()
    ]
    where, _ = settle(
        "example-chile",
        applicants,
        [{"school_code": "s", "level": level, "capacity": 1} for level in levels.values()],
        [way(row["applicant_no"], "s", 100) for row in applicants],
        seed=seed,
    )
    winners = {who for who, code in where.items() if code}
    assert winners in ({"a1", "a6"}, {"b1", "b6"})


def test_a_seat_group_that_names_a_tier_of_no_rule_is_refused() -> None:
    text = """
name: trial
version: "1"
title: {vi: Thử, en: Trial}
tiers: [{tier: 1, title: {vi: a, en: a}, when: [everybody]}]
seat_groups: [{code: kept, title: {vi: a, en: a}, for_tag: kept, tiers_before_tag: [2]}]
stages: [{kind: least_travel}]
"""
    with pytest.raises(InputError, match="tier 2"):
        parse_policy(text, subject="trial")
