"""The rule of Ho Chi Minh City for 2026-2027, as the department and the papers describe it."""

from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from allocation.policy import load_policy
from allocation.problem_files import build_problem
from allocation.result_files import write_round
from allocation.stages import Decision, decide
from allocation.verify import verify_directory
from spatial.issues import IssueReport

POLICY = load_policy("hcmc-2026")
AREAS = ("Tân Định", "Đa Kao")


Rows = list[dict[str, object]]


def decided(applicants: Rows, schools: Rows, ways_m: Mapping[str, Mapping[str, int]]) -> Decision:
    frame = pd.DataFrame([{"level": "grade_1", **row} for row in applicants])
    seats = pd.DataFrame([{"level": "grade_1", **row} for row in schools])
    rows = [(who, code, metres) for who, ways in ways_m.items() for code, metres in ways.items()]
    pairs = pd.DataFrame(rows, columns=["applicant_no", "school_code", "distance_m"])
    return decide(build_problem(frame, seats, pairs, seed="2026"), POLICY)


def placed(decision: Decision) -> dict[str, tuple[str, int]]:
    """Return school and stage of each applicant; no school and 0 for those without a seat."""
    codes = [decision.problem.pool_school_code[pool] if pool >= 0 else "" for pool in decision.allocation.pool]
    return dict(
        zip(decision.problem.applicant_no, zip(codes, decision.allocation.stage.tolist(), strict=True), strict=True)
    )


def must_be_proven(decision: Decision, directory: Path) -> None:
    directory.mkdir(exist_ok=True, parents=True)
    write_round(directory, decision, seed="2026", any_id=True, issues=IssueReport())
    assert verify_directory(directory).failures == ()


@pytest.fixture
def settle(tmp_path: Path) -> Callable[..., dict[str, tuple[str, int]]]:
    """Decide a round, have it verified from its files, and say who is where."""

    def make(*given: object) -> dict[str, tuple[str, int]]:
        decision = decided(*given)  # type: ignore[arg-type]
        must_be_proven(decision, tmp_path / str(len([*tmp_path.iterdir()])))
        return placed(decision)

    return make


def test_of_350_children_around_a_school_of_300_seats_the_farthest_50_go_on_to_their_second_school(
    settle: Callable[..., dict[str, tuple[str, int]]],
) -> None:
    """The department's own example (danviet.vn, 11/7/2024), with metres of our own: child k lives k metres away."""
    children = [f"{k:03d}" for k in range(1, 351)]
    where = settle(
        [{"applicant_no": who} for who in children],
        [{"school_code": "first", "capacity": 300}, {"school_code": "second", "capacity": 100}],
        {who: {"first": int(who), "second": 2000 + int(who)} for who in children},
    )
    assert {who for who in children if where[who] == ("first", 1)} == set(children[:300])
    assert {who for who in children if where[who] == ("second", 1)} == set(children[300:])


def test_the_groups_come_in_their_order_and_within_a_group_the_nearest(
    settle: Callable[..., dict[str, tuple[str, int]]],
) -> None:
    """Đối tượng 1, 2, 3 as Tiền Phong lists them (post1826154); in Đối tượng 3 those whose parents work there first."""
    here, elsewhere = AREAS
    applicants = [
        {"applicant_no": "lives-far", "area": here},
        {"applicant_no": "lives-near", "area": here},
        {"applicant_no": "attended", "area": elsewhere, "attended_area": here},
        {"applicant_no": "parent-works", "area": elsewhere, "parent_work_area": here},
        {"applicant_no": "other", "area": elsewhere},
        {"applicant_no": "unknown"},
    ]
    metres = {"lives-far": 900, "lives-near": 800, "attended": 400, "parent-works": 300, "other": 200, "unknown": 100}
    ranking = ["lives-near", "lives-far", "attended", "parent-works", "unknown", "other"]
    for seats in range(len(ranking) + 1):
        where = settle(applicants, [{"school_code": "s", "capacity": seats, "area": here}],
                       {who: {"s": metres[who]} for who in metres})  # fmt: skip
        assert {who for who in where if where[who][0]} == set(ranking[:seats])


def test_an_area_may_be_several_wards_and_a_school_may_serve_several(
    settle: Callable[..., dict[str, tuple[str, int]]],
) -> None:
    where = settle(
        [{"applicant_no": "a", "area": AREAS[1]}, {"applicant_no": "b", "area": "Bến Nghé"}],
        [{"school_code": "s", "capacity": 1, "area": "; ".join(AREAS)}],
        {"a": {"s": 900}, "b": {"s": 100}},
    )
    assert (where["a"], where["b"]) == (("s", 1), ("", 0))


def test_files_without_areas_go_by_the_stated_tier(settle: Callable[..., dict[str, tuple[str, int]]]) -> None:
    where = settle(
        [{"applicant_no": "a", "priority_tier": 2}, {"applicant_no": "b", "priority_tier": 1}],
        [{"school_code": "s", "capacity": 1}],
        {"a": {"s": 100}, "b": {"s": 900}},
    )
    assert (where["a"], where["b"]) == (("", 0), ("s", 1))


def test_where_areas_are_given_a_stated_tier_helps_nobody(settle: Callable[..., dict[str, tuple[str, int]]]) -> None:
    where = settle(
        [
            {"applicant_no": "a", "priority_tier": 1, "area": AREAS[1]},
            {"applicant_no": "b", "priority_tier": 9, "area": AREAS[0]},
        ],
        [{"school_code": "s", "capacity": 1, "area": AREAS[0]}],
        {"a": {"s": 100}, "b": {"s": 900}},
    )
    assert (where["a"], where["b"]) == (("", 0), ("s", 1))


@pytest.mark.parametrize(
    ("level", "limit_m"),
    [
        ("kindergarten_3", 4000),
        ("kindergarten_4", 4000),
        ("kindergarten_5", 4000),
        ("grade_1", 4000),
        ("grade_6", 7000),
    ],
)
def test_beyond_the_limit_of_the_level_only_the_second_stage_places_and_says_so(
    settle: Callable[..., dict[str, tuple[str, int]]], level: str, limit_m: int
) -> None:
    """4 km for kindergarten and primary school, 7 km for lower secondary (thanhnien.vn, plan of Tân Phú district)."""
    where = settle(
        [{"applicant_no": "within", "level": level}, {"applicant_no": "beyond", "level": level}],
        [{"school_code": "s", "capacity": 2, "level": level}],
        {"within": {"s": limit_m}, "beyond": {"s": limit_m + 1}},
    )
    assert (where["within"], where["beyond"]) == (("s", 1), ("s", 2))


def test_the_years_of_birth_of_the_round_are_those_of_the_law() -> None:
    """Grade 1 at 6, grade 6 at 11 by calendar year (Điều 28 Luật Giáo dục 2019): born 2020 and 2015 for 2026-2027."""
    rule = POLICY.eligibility
    assert rule is not None
    born = {level: rule.school_year - age for level, age in rule.age_years.items()}
    assert (born["grade_1"], born["grade_6"], born["kindergarten_5"]) == (2020, 2015, 2021)
    assert rule.residence_by == date(2026, 3, 3)


def test_nobody_enters_later_than_three_years_and_every_reason_names_its_article() -> None:
    rule = POLICY.eligibility
    assert rule is not None
    assert {reason.max_years for reason in rule.late_entry} == {3}
    assert all(reason.citation.article.startswith("Điều 33") for reason in rule.late_entry)


def test_class_norms_are_those_of_the_circulars() -> None:
    """25, 30, 35 (Điều 15 TT 52/2020), 35 (Điều 16 TT 28/2020), 45 (Điều 16 TT 32/2020)."""
    assert [*POLICY.class_norm_count.values()] == [25, 30, 35, 35, 45]


def test_what_was_not_read_is_not_called_verified() -> None:
    """The city's decision and the circulars were not found in full text; the papers were read."""
    unread = [each.source for each in POLICY.citations if not each.is_verified]
    assert any("chưa tìm được bản chính" in source for source in unread)
    assert all(source.startswith("Báo") for source in (each.source for each in POLICY.citations if each.is_verified))
