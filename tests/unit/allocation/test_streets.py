from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from allocation.streets import read_network
from spatial.errors import InputError

EAST_M, NORTH_M = 603_000.0, 1_190_000.0


def streets_file(folder: Path, *, classes: list[str], gap_m: float = 0.0) -> Path:
    """Three streets in a row, each 100 m, with a gap before the last."""
    starts = [0.0, 100.0, 200.0 + gap_m]
    lines = [shapely.LineString([(EAST_M + x, NORTH_M), (EAST_M + x + 100, NORTH_M)]) for x in starts]
    path = folder / "streets.gpkg"
    frame = gpd.GeoDataFrame({"street_class": classes}, geometry=lines, crs="EPSG:9210")
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
