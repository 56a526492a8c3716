from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from allocation.public_figures import AdmissionRound, RoundSchool, is_small, public_view
from allocation.snapshot import RoundId
from spatial.text import Text


def school(code: str, placed: int, *, level: str = "grade_1") -> RoundSchool:
    return RoundSchool(
        school_code=code,
        level=level,
        name=f"Trường {code}",
        capacity=30,
        placed=placed,
        cut_off_tier=1,
        cut_off_distance_m=700,
        seat_price_m=10,
        x=600_000.0,
        y=1_190_000.0,
    )


def admission_round(schools: Sequence[RoundSchool] = (), **summary: Any) -> AdmissionRound:  # noqa: ANN401  figures of a summary
    return AdmissionRound(
        round_id=RoundId("r"),
        title=Text("Đợt", "Round"),
        levels=("grade_1",),
        policy="least-travel",
        seed="s",
        problem_sha256="0" * 64,
        verified=True,
        published_at=datetime(2026, 7, 1, tzinfo=UTC),
        layer_versions={},
        snapshot_name="r.results.sqlite",
        content_sha256="1" * 64,
        summary=summary,
        schools=tuple(schools),
    )


def shown(schools: Sequence[RoundSchool]) -> dict[str, int | None]:
    return {each.school_code: each.placed for each in public_view(admission_round(schools)).schools}


@pytest.mark.parametrize(("count", "small"), [(0, False), (1, True), (4, True), (5, False)])
def test_one_to_four_children_are_few_and_none_is_nobody(count: int, small: bool) -> None:  # noqa: FBT001  a column of the table
    assert is_small(count) is small


def test_large_counts_and_empty_schools_are_shown() -> None:
    assert shown([school("A", 30), school("B", 5), school("C", 0)]) == {"A": 30, "B": 5, "C": 0}


def test_a_single_small_count_takes_the_next_smallest_with_it() -> None:
    """Else the total of the level less the shown ones would tell it."""
    assert shown([school("A", 30), school("B", 3), school("C", 12), school("D", 0)]) == {
        "A": 30,
        "B": None,
        "C": None,
        "D": 0,
    }


def test_two_small_counts_hide_each_other_and_nothing_more() -> None:
    assert shown([school("A", 30), school("B", 3), school("C", 2)]) == {"A": 30, "B": None, "C": None}


def test_levels_are_judged_apart() -> None:
    schools = [school("A", 3), school("B", 9), school("A", 8, level="grade_6"), school("B", 9, level="grade_6")]
    assert [each.placed for each in public_view(admission_round(schools)).schools] == [None, None, 8, 9]


def test_nothing_measured_on_few_children_is_shown_either() -> None:
    (few, *_) = public_view(admission_round([school("A", 2)])).schools
    assert (few.cut_off_tier, few.cut_off_distance_m, few.seat_price_m) == (None, None, None)
    assert few.capacity == 30


def test_a_few_unplaced_children_are_withheld_together_with_the_sum_that_would_tell_them() -> None:
    summary = public_view(admission_round(applicants=103, placed=100, unplaced=3, mean_distance_m=512.5)).summary
    assert summary == {"applicants": None, "placed": 100, "unplaced": None, "mean_distance_m": 512.5}


def test_distances_of_a_few_placed_children_are_withheld() -> None:
    summary = public_view(
        admission_round(applicants=40, placed=2, unplaced=38, total_distance_m=900, max_distance_m=600)
    ).summary
    assert summary == {
        "applicants": None,
        "placed": None,
        "unplaced": 38,
        "total_distance_m": None,
        "max_distance_m": None,
    }


def test_what_a_level_withholds_cannot_be_reckoned_from_the_whole() -> None:
    levels = [
        {"level": "grade_1", "applicants": 50, "placed": 48, "unplaced": 2},
        {"level": "grade_6", "applicants": 60, "placed": 50, "unplaced": 10},
    ]
    summary = public_view(admission_round(applicants=110, placed=98, unplaced=12, levels=levels)).summary
    assert (summary["applicants"], summary["unplaced"], summary["placed"]) == (None, None, 98)
    assert summary["levels"][0] == {"level": "grade_1", "applicants": None, "placed": 48, "unplaced": None}
    assert summary["levels"][1] == levels[1]


def test_the_round_itself_is_left_as_it_was() -> None:
    original = admission_round([school("A", 2)], placed=2)
    public_view(original)
    assert original.schools[0].placed == 2
    assert original.summary == {"placed": 2}
