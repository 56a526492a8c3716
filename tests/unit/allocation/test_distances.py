import numpy as np
import pandas as pd
import pytest
import shapely

from allocation.distances import PAIR_COLUMNS, AdmissiblePairs, pairs_by_straight_line, pairs_on_streets
from allocation.personal_id import Sex, make_personal_id
from spatial.issues import Severity
from spatial.network import StreetNetwork, build_network

EAST_M, NORTH_M = 600_000.0, 1_190_000.0


def line(*points: tuple[float, float]) -> shapely.LineString:
    return shapely.LineString([(EAST_M + x, NORTH_M + y) for x, y in points])


@pytest.fixture(scope="module")
def two_banks() -> StreetNetwork:
    """Banks at x = 0 and x = 100, a bridge at y = 600, and an island street that nothing reaches at x = 900."""
    lines = [line((0, 0), (0, 600)), line((100, 0), (100, 600)), line((0, 600), (100, 600)), line((900, 0), (900, 50))]
    return build_network(np.array(lines, dtype=object), crs="EPSG:9210")


def applicants(*rows: tuple[str, str, float, float]) -> pd.DataFrame:
    return points_frame(rows, "applicant_no")


def schools(*rows: tuple[str, str, float, float]) -> pd.DataFrame:
    return points_frame(rows, "school_code")


def points_frame(rows: tuple[tuple[str, str, float, float], ...], name: str) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=[name, "level", "x", "y"])
    return frame.assign(x=frame["x"] + EAST_M, y=frame["y"] + NORTH_M, row=np.arange(2, 2 + len(frame)))


def listed(found: AdmissiblePairs) -> list[tuple[object, ...]]:
    return list(found.pairs.itertuples(index=False, name=None))


def findings(found: AdmissiblePairs) -> list[tuple[str, str, int | None]]:
    return [(issue.code, issue.file, issue.row) for issue in found.issues]


def test_a_school_over_the_river_is_near_by_straight_line_and_far_on_foot(two_banks: StreetNetwork) -> None:
    home, over, same_bank = applicants(("A", "grade_1", 0, 0)), ("over", "grade_1", 100, 0), ("same", "grade_1", 0, 300)
    assert listed(pairs_by_straight_line(home, schools(over, same_bank), nearest_count=1)) == [
        ("A", "grade_1", "over", 100)
    ]
    assert listed(pairs_on_streets(home, schools(over, same_bank), two_banks)) == [
        ("A", "grade_1", "same", 300),
        ("A", "grade_1", "over", 1300),
    ]


def test_only_schools_with_seats_of_the_applicants_level_are_paired(two_banks: StreetNetwork) -> None:
    children = applicants(("A", "grade_1", 0, 0), ("B", "grade_6", 0, 0), ("C", "kindergarten_3", 0, 0))
    both = schools(("P", "grade_1", 0, 100), ("S", "grade_6", 0, 200), ("S", "grade_1", 0, 200))
    found = pairs_on_streets(children, both, two_banks)
    assert tuple(found.pairs.columns) == PAIR_COLUMNS
    assert listed(found) == [
        ("A", "grade_1", "P", 100),
        ("A", "grade_1", "S", 200),
        ("B", "grade_6", "S", 200),
    ]
    assert ("no_school_of_level", "schools", None) in findings(found)


def test_the_nearest_are_counted_within_the_level(two_banks: StreetNetwork) -> None:
    child = applicants(("A", "grade_6", 0, 0))
    offered = schools(("P1", "grade_1", 0, 10), ("P2", "grade_1", 0, 20), ("S1", "grade_6", 0, 500))
    assert listed(pairs_on_streets(child, offered, two_banks, nearest_count=2)) == [("A", "grade_6", "S1", 500)]


def test_levels_that_share_all_their_schools_keep_their_own_level(two_banks: StreetNetwork) -> None:
    children = applicants(("A", "kindergarten_4", 0, 0), ("B", "kindergarten_3", 0, 50))
    offered = schools(("K", "kindergarten_3", 0, 100), ("K", "kindergarten_4", 0, 100))
    assert listed(pairs_on_streets(children, offered, two_banks)) == [
        ("A", "kindergarten_4", "K", 100),
        ("B", "kindergarten_3", "K", 50),
    ]


def test_at_equal_metres_the_smaller_school_code_comes_first_whatever_the_order_of_rows(
    two_banks: StreetNetwork,
) -> None:
    children = applicants(("B", "grade_1", 0, 200), ("A", "grade_1", 0, 200))
    offered = schools(("Y", "grade_1", 0, 100), ("X", "grade_1", 0, 300), ("Z", "grade_1", 0, 199))
    first = pairs_on_streets(children, offered, two_banks, nearest_count=2)
    again = pairs_on_streets(children[::-1], offered[::-1], two_banks, nearest_count=2)
    assert [pair[2:] for pair in listed(first)] == [("Z", 1), ("X", 100)] * 2
    pd.testing.assert_frame_equal(first.pairs, again.pairs)


def test_everybody_without_a_pair_is_named_with_file_row_and_cause(two_banks: StreetNetwork) -> None:
    children = applicants(
        ("A", "grade_1", 0, 0),
        ("B", "grade_1", -400, 0),
        ("C", "grade_1", np.nan, np.nan),
        ("D", "grade_1", 900, 0),
        ("E", "grade_1", 100, 0),
    )
    offered = schools(("near", "grade_1", 0, 50), ("lost", "grade_1", 0, -400), ("nowhere", "grade_1", np.nan, 0))
    found = pairs_on_streets(children, offered, two_banks, max_distance_m=1000)
    assert [pair[0] for pair in listed(found)] == ["A"]
    assert findings(found) == [
        ("home_far_from_street", "applicants", 3),
        ("home_without_point", "applicants", 4),
        ("home_cut_off", "applicants", 5),
        ("no_school_in_reach", "applicants", 6),
        ("school_far_from_street", "schools", 3),
        ("school_without_point", "schools", 4),
    ]
    assert {issue.severity for issue in found.issues} == {Severity.WARNING}
    assert all(issue.message.vi and issue.message.en and issue.hint.vi for issue in found.issues)


def test_a_finding_shows_the_personal_id_masked_and_never_the_home(two_banks: StreetNetwork) -> None:
    personal_id = make_personal_id(province_code="079", sex=Sex.MALE, birth_year=2020, serial=123_456)
    child = applicants((personal_id, "grade_1", -400, 0)).drop(columns="row")
    (issue,) = pairs_on_streets(child, schools(("near", "grade_1", 0, 50)), two_banks).issues
    assert issue.row is None
    assert personal_id not in issue.sentence("vi") + issue.sentence("en")
    assert issue.value.endswith("56")
    assert "599600" not in issue.sentence("en")


def test_straight_lines_name_who_is_unknown_or_too_far() -> None:
    children = applicants(("A", "grade_1", 0, 0), ("B", "grade_1", np.nan, 0), ("C", "grade_1", 0, 9000))
    found = pairs_by_straight_line(children, schools(("S", "grade_1", 30, 40)), max_distance_m=1000)
    assert listed(found) == [("A", "grade_1", "S", 50)]
    assert findings(found) == [
        ("home_without_point", "applicants", 3),
        ("no_school_in_reach", "applicants", 4),
    ]


def test_without_anybody_there_are_no_pairs_and_the_columns_stay(two_banks: StreetNetwork) -> None:
    nobody = applicants(("A", "grade_1", 0, 0)).iloc[:0]
    found = pairs_on_streets(nobody, schools(("S", "grade_1", 0, 0)), two_banks)
    assert tuple(found.pairs.columns) == PAIR_COLUMNS
    assert len(found.pairs) == 0
