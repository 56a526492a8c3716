from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from allocation.model import Level
from allocation.simulate import SimulationRules
from allocation.simulate_files import Chosen, DistrictFiles, simulate_round, write_simulated_round
from allocation.streets import read_network
from spatial.errors import ConflictError, InputError

EAST_M, NORTH_M = 603_000.0, 1_190_000.0
RULES = SimulationRules(
    applicant_count=30,
    levels=(Level.GRADE_1,),
    school_year=2026,
    seed=1,
    merge_within_m=45,
    seats_per_applicant_ratio=1.0,
)


def write(path: Path, geometries: list[shapely.Geometry], **columns: list[str]) -> Path:
    frame = gpd.GeoDataFrame(columns, geometry=geometries, crs="EPSG:9210")
    frame.to_file(path, driver="GPKG", engine="pyogrio", layer="features")
    return path


@pytest.fixture
def district(tmp_path: Path) -> DistrictFiles:
    """Two homes and a factory on one street, a waterway, a school of two points, and a street 50 km away."""
    houses = [shapely.box(x, 0, x + 10, 10) for x in (0, 50, 200)]
    lines = [[(0, -5), (300, -5)], [(0, 30), (300, 30)], [(50_000, 0), (50_100, 0)]]
    moved = [
        shapely.transform(shape, lambda xy: xy + np.array([EAST_M, NORTH_M]))
        for shape in [*houses, *map(shapely.LineString, lines)]
    ]
    points = [shapely.Point(EAST_M + x, NORTH_M) for x in (250, 280)]
    return DistrictFiles(
        buildings=write(tmp_path / "buildings.gpkg", moved[:3], use=["home", "villa", "factory"]),
        school_points=(write(tmp_path / "schools.gpkg", points, kind=["", ""]),),
        streets=(write(tmp_path / "lines.gpkg", moved[3:], kind=["road", "waterway", "road"]),),
        homes=(Chosen(column="use", value="home"), Chosen(column="use", value="villa")),
        not_walked=(Chosen(column="kind", value="waterway"),),
    )


def test_a_district_becomes_the_files_of_a_round(district: DistrictFiles, tmp_path: Path) -> None:
    simulated = simulate_round(district, RULES, storage_crs="EPSG:9210")
    write_simulated_round(simulated, tmp_path / "round")
    children = pd.read_csv(tmp_path / "round" / "applicants.csv", dtype={"applicant_no": str})
    schools = pd.read_csv(tmp_path / "round" / "schools.csv")
    assert (simulated.home_count, simulated.school_point_count, simulated.street_line_count) == (2, 2, 1)
    assert len(children) == 30
    assert children["applicant_no"].str.len().eq(12).all()
    assert schools[["school_code", "level", "capacity"]].to_numpy().tolist() == [["S01", "grade_1", 30]]
    assert read_network(tmp_path / "round" / "streets.gpkg").network.length_m == pytest.approx(300, abs=0.01)


def test_a_column_that_is_not_there_is_named_beside_those_that_are(district: DistrictFiles) -> None:
    wrong = DistrictFiles(
        buildings=district.buildings,
        school_points=district.school_points,
        streets=district.streets,
        homes=(Chosen(column="purpose", value="home"),),
    )
    with pytest.raises(InputError, match="no column 'purpose'") as refused:
        simulate_round(wrong, RULES, storage_crs="EPSG:9210")
    assert refused.value.subject == "buildings.gpkg"
    assert refused.value.hint is not None
    assert "use" in refused.value.hint.en


def test_conditions_that_leave_no_home_are_refused(district: DistrictFiles) -> None:
    empty = DistrictFiles(
        buildings=district.buildings,
        school_points=district.school_points,
        streets=district.streets,
        homes=(Chosen(column="use", value="castle"),),
    )
    with pytest.raises(InputError, match="no homes"):
        simulate_round(empty, RULES, storage_crs="EPSG:9210")


def test_a_folder_with_other_files_is_never_replaced_and_an_earlier_round_is(
    district: DistrictFiles, tmp_path: Path
) -> None:
    simulated = simulate_round(district, RULES, storage_crs="EPSG:9210")
    write_simulated_round(simulated, tmp_path / "round")
    write_simulated_round(simulated, tmp_path / "round")
    (tmp_path / "round" / "notes.txt").write_text("keep me")
    with pytest.raises(ConflictError, match="other files"):
        write_simulated_round(simulated, tmp_path / "round")
    assert (tmp_path / "round" / "notes.txt").read_text() == "keep me"
