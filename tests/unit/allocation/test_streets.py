from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from allocation.model import NearBy
from allocation.streets import read_network
from spatial.errors import InputError

EAST_M, NORTH_M = 603_000.0, 1_190_000.0


def streets_file(
    folder: Path, *, classes: list[str | None], gap_m: float = 0.0, one_way: list[str | None] | None = None
) -> Path:
    """Three streets in a row, each 100 m, with a gap before the last."""
    starts = [0.0, 100.0, 200.0 + gap_m]
    lines = [shapely.LineString([(EAST_M + x, NORTH_M), (EAST_M + x + 100, NORTH_M)]) for x in starts]
    path = folder / "streets.gpkg"
    columns = {"street_class": classes} if one_way is None else {"street_class": classes, "one_way": one_way}
    frame = gpd.GeoDataFrame(columns, geometry=lines, crs="EPSG:9210")
    frame.to_file(path, driver="GPKG", engine="pyogrio", layer="street")
    return path


def test_a_street_file_becomes_a_network_in_the_storage_system(tmp_path: Path) -> None:
    found = read_network(streets_file(tmp_path, classes=["street", "alley", "bridge"]))
    assert found.network.crs == "EPSG:9210"
    assert found.network.edge_length_m.tolist() == pytest.approx([100, 100, 100], abs=0.001)
    assert found.issues == ()


def test_motorways_are_left_out_and_counted(tmp_path: Path) -> None:
    found = read_network(streets_file(tmp_path, classes=["street", "street", "motorway"]))
    assert len(found.network.edge_lines) == 2
    (issue,) = found.issues
    assert (issue.code, issue.file, issue.message.en) == (
        "not_walked",
        "streets.gpkg",
        "1 lines that nobody may walk were left out.",
    )


def test_streets_that_fall_apart_are_reported_with_the_share_of_the_largest_part(tmp_path: Path) -> None:
    found = read_network(streets_file(tmp_path, classes=["street"] * 3, gap_m=20))
    (issue,) = found.issues
    assert issue.code == "streets_apart"
    assert "2 parts; the largest holds only 67%" in issue.message.en


def test_a_file_in_which_nobody_may_walk_is_refused_by_its_name(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no street") as refused:
        read_network(streets_file(tmp_path, classes=["motorway"] * 3))
    assert refused.value.subject == "streets.gpkg"


def test_vehicles_use_neither_paths_nor_motorways_and_obey_one_way_streets(tmp_path: Path) -> None:
    path = streets_file(tmp_path, classes=["street", "alley", "path"], one_way=["yes", None, "yes"])
    ridden, walked = read_network(path, near_by=NearBy.RIDING), read_network(path)
    assert ridden.network.edge_direction.tolist() == [1, 0]
    assert walked.network.edge_direction.tolist() == [0, 0, 0]
    assert [issue.code for issue in ridden.issues] == ["not_ridden", "one_way_streets"]
    assert "1 lines are one-way" in ridden.issues[1].message.en


def test_streets_that_do_not_say_which_are_one_way_are_ridden_both_ways_and_the_finding_says_so(tmp_path: Path) -> None:
    found = read_network(streets_file(tmp_path, classes=["street"] * 3), near_by=NearBy.RIDING)
    (issue,) = found.issues
    assert (issue.code, issue.severity.value) == ("one_way_not_known", "warning")


def test_a_one_way_that_says_nothing_and_a_missing_class_are_findings(tmp_path: Path) -> None:
    path = streets_file(tmp_path, classes=["street", None, "street"], one_way=["maybe", "-1", "no"])
    found = read_network(path, near_by=NearBy.RIDING)
    assert found.network.edge_direction.tolist() == [0, -1, 0]
    assert [(issue.code, issue.value) for issue in found.issues if issue.severity.value == "warning"] == [
        ("one_way_unreadable", "maybe"),
        ("street_class_missing", ""),
    ]
