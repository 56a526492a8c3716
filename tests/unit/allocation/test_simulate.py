from datetime import date

import numpy as np
import pandas as pd
import pytest

from allocation.model import Level
from allocation.personal_id import Sex, check
from allocation.simulate import SimulationRules, merge_school_points, simulate_applicants, simulate_seats
from spatial.errors import InputError
from spatial.issues import Severity

HOMES = np.array([(600_000.0 + 10 * number, 1_190_000.0) for number in range(50)])


def rules(**changes: object) -> SimulationRules:
    given = {
        "applicant_count": 200,
        "levels": (Level.GRADE_1, Level.GRADE_6),
        "school_year": 2026,
        "seed": 7,
        "merge_within_m": 45.0,
        "seats_per_applicant_ratio": 1.1,
    }
    return SimulationRules(**{**given, **changes})  # type: ignore[arg-type]


def test_points_in_a_chain_of_short_steps_are_one_school_and_a_wider_gap_parts_two() -> None:
    points = np.array([(0.0, 0), (40, 0), (80, 0), (130, 0), (170, 0)])
    schools = merge_school_points(points, within_m=45)
    assert schools["point_count"].tolist() == [3, 2]
    assert schools[["x", "y"]].to_numpy().tolist() == [[40, 0], [130, 0]]


def test_the_merging_distance_includes_its_own_value() -> None:
    points = np.array([(0.0, 0), (45, 0)])
    assert len(merge_school_points(points, within_m=45)) == 1
    assert len(merge_school_points(points, within_m=44.9)) == 2


def test_a_school_stands_on_one_of_its_points_and_is_numbered_from_the_west_in_any_order() -> None:
    points = np.array([(900.0, 5), (0, 0), (0, 30), (30, 0), (500, 1)])
    schools = merge_school_points(points, within_m=35)
    assert schools["school_code"].tolist() == ["S01", "S02", "S03"]
    assert {tuple(place) for place in schools[["x", "y"]].to_numpy()} <= {tuple(point) for point in points}
    pd.testing.assert_frame_equal(schools, merge_school_points(points[::-1], within_m=35))


def test_simulated_children_carry_ids_that_fit_their_date_of_birth_and_sex() -> None:
    children = simulate_applicants(HOMES, rules())
    assert children["applicant_no"].is_unique
    for child in children.itertuples():
        findings = check(child.applicant_no, date_of_birth=date.fromisoformat(child.date_of_birth), sex=Sex(child.sex))
        assert [finding for finding in findings if finding.severity is Severity.ERROR] == []


def test_children_of_2026_were_born_in_2020_for_grade_1_and_in_2015_for_grade_6() -> None:
    children = simulate_applicants(HOMES, rules())
    years = children["date_of_birth"].str[:4].groupby(children["level"]).unique().map(list).to_dict()
    assert years == {"grade_1": ["2020"], "grade_6": ["2015"]}
    assert children["level"].value_counts().to_dict() == {"grade_1": 100, "grade_6": 100}


def test_the_same_seed_gives_the_same_children_for_any_order_of_homes_and_another_seed_others() -> None:
    one = simulate_applicants(HOMES, rules())
    pd.testing.assert_frame_equal(one, simulate_applicants(HOMES[::-1], rules()))
    assert not one.equals(simulate_applicants(HOMES, rules(seed=8)))


def test_every_child_lives_at_a_home_that_was_given() -> None:
    children = simulate_applicants(HOMES, rules())
    assert {tuple(home) for home in children[["x", "y"]].to_numpy()} <= {tuple(home) for home in HOMES}


def test_seats_of_each_level_sum_to_the_demand_times_the_ratio_and_follow_the_points_merged() -> None:
    schools = pd.DataFrame(
        {"school_code": ["S01", "S02"], "x": [0.0, 1.0], "y": [0.0, 1.0], "point_count": np.array([3, 1])}
    )
    pools = simulate_seats(schools, simulate_applicants(HOMES, rules()), seats_per_applicant_ratio=1.1)
    assert pools.groupby("level")["capacity"].sum().to_dict() == {"grade_1": 110, "grade_6": 110}
    assert pools.loc[pools["level"] == "grade_1", "capacity"].tolist() == [83, 27]


@pytest.mark.parametrize(("homes", "count"), [(HOMES[:0], 10), (HOMES, 0)], ids=["no home", "nobody"])
def test_nothing_is_simulated_without_homes_or_children(homes: np.ndarray, count: int) -> None:
    with pytest.raises(InputError):
        simulate_applicants(homes, rules(applicant_count=count))
