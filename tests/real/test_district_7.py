"""The chain on real ground: part of District 7, from its own files to a verified round and its map.

The numbers expected here were counted in the files with ogrinfo and by hand, not taken from the product.
"""

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
import typer
from typer.testing import CliRunner

from allocation import round as admission_round
from allocation.distances import AdmissiblePairs, pairs_by_straight_line, pairs_by_walking
from allocation.intake import IntakeOptions, RoundInput, read_round
from allocation.policy import load_policy
from allocation.round import RoundResult, RoundSettings
from allocation.simulate import merge_school_points
from allocation.streets import StreetFile, read_network
from allocation.verify import verify_directory
from api.commands.simulate import simulate_round
from basemap.intake import read_layer_file
from basemap.model import LayerName
from spatial.errors import InputError
from spatial.geometry import reproject_frame
from spatial.network import snap

pytestmark = pytest.mark.real

HCMC = "EPSG:9210"
APPLICANT_COUNT = 1200


@dataclass(frozen=True)
class Chain:
    """What each step left behind."""

    folder: Path
    given: RoundInput
    streets: StreetFile
    found: AdmissiblePairs
    result: RoundResult


def district() -> Path:
    beside_the_repository = Path(__file__).resolve().parents[3] / "shared" / "data"
    return Path(os.environ.get("DIABAN_REAL_DATA") or beside_the_repository) / "hcmc" / "d7"


def simulate(out: Path) -> None:
    """Run the command as docs/how-to/real-district.md gives it."""
    app = typer.Typer()
    app.command()(simulate_round)
    d7 = district()
    words = ["--buildings", d7 / "buildings/Building_full.shp", "--homes", "TypeCode=NNO"]
    words += ["--school-points", d7 / "education/Education.shp"]
    words += ["--school-points", d7 / "education/noninteractive/Education.shp"]
    words += ["--streets", d7 / "roads/RoadNetwork_SGP.shp"]
    words += ["--not-walked", "Type=Waterway", "--not-walked", "Type=Tunnel"]
    words += ["--applicants", APPLICANT_COUNT, "--level", "grade_1", "--level", "grade_6"]
    words += ["--school-year", 2026, "--seed", 7, "--out", out]
    done = CliRunner().invoke(app, [str(word) for word in words])
    assert done.exit_code == 0, done.output


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Chain:
    folder = tmp_path_factory.mktemp("d7")
    files = folder / "round"
    simulate(files)
    given = read_round(files / "applicants.csv", files / "schools.csv", options=IntakeOptions())
    streets = read_network(files / "streets.gpkg")
    found = pairs_by_walking(given.applicants, given.schools, streets.network)
    settings = RoundSettings(policy=load_policy("least-travel"), seed="d7", crs=HCMC)
    result = admission_round.run(given, found.pairs, settings=settings, directory=folder / "out")
    return Chain(folder=folder, given=given, streets=streets, found=found, result=result)


def in_metres(path: Path) -> np.ndarray:
    return np.asarray(reproject_frame(pyogrio.read_dataframe(path), HCMC).geometry.array, dtype=object)


def test_the_district_gives_5743_homes_and_1471_street_lines(chain: Chain) -> None:
    buildings = pyogrio.read_dataframe(district() / "buildings/Building_full.shp")
    assert (buildings["TypeCode"] == "NNO").sum() == 5743
    assert pyogrio.read_info(chain.folder / "round/streets.gpkg")["features"] == 1471
    assert len(chain.given.applicants) == APPLICANT_COUNT
    assert chain.given.issues.errors == []


def test_waterways_are_no_streets(chain: Chain) -> None:
    roads = reproject_frame(pyogrio.read_dataframe(district() / "roads/RoadNetwork_SGP.shp"), HCMC)
    waterways = shapely.STRtree(roads[roads["Type"] == "Waterway"].geometry.array)
    middles = shapely.line_interpolate_point(chain.streets.network.edge_lines, 0.5, normalized=True)
    along_water = waterways.query(middles, predicate="dwithin", distance=0.01)
    assert along_water.size == 0


def test_of_the_streets_998_in_1000_metres_hang_together(chain: Chain) -> None:
    assert chain.streets.network.component_count == 2
    assert chain.streets.network.largest_component_share_ratio > 0.997
    assert chain.streets.issues == ()


def test_every_home_lies_within_150_m_of_a_street_and_can_walk_to_every_school(chain: Chain) -> None:
    buildings = pyogrio.read_dataframe(district() / "buildings/Building_full.shp")
    homes = reproject_frame(buildings[buildings["TypeCode"] == "NNO"], HCMC)
    homes_xy = shapely.get_coordinates(shapely.point_on_surface(homes.geometry.array))
    assert snap(chain.streets.network, homes_xy, limit_m=150).is_snapped.all()
    assert chain.found.issues == ()
    assert len(chain.found.pairs) == APPLICANT_COUNT * 22


def test_100_school_points_within_45_m_become_22_schools_and_18_of_21_school_plots_are_met_exactly() -> None:
    """The land-use layers are the independent witness: all 100 points lie on 21 educational plots."""
    d7 = district()
    files = (d7 / "education/Education.shp", d7 / "education/noninteractive/Education.shp")
    points = np.concatenate([in_metres(path) for path in files])
    plots = np.concatenate([educational_plots(d7 / f"landuse/LandUse_{part}.shp") for part in PARTS])
    plot_of_point = shapely.STRtree(plots).query_nearest(points, all_matches=False)[1]
    assert (len(points), len(set(plot_of_point.tolist()))) == (100, 21)
    groups = merge_school_points(shapely.get_coordinates(points), within_m=45)
    assert groups["point_count"].sum() == 100
    assert len(groups) == 22
    plot_of_school = shapely.STRtree(plots).query_nearest(shapely.points(groups[["x", "y"]]), all_matches=False)[1]
    points_on_plot = pd.Series(plot_of_point).value_counts()
    schools_on_plot = pd.Series(plot_of_school).value_counts()
    exact = [
        plot
        for plot, count in zip(plot_of_school.tolist(), groups["point_count"].tolist(), strict=True)
        if schools_on_plot[plot] == 1 and points_on_plot[plot] == count
    ]
    assert len(exact) == 18


PARTS = ("Interactive", "Noninteractive")


def educational_plots(path: Path) -> np.ndarray:
    plots = reproject_frame(pyogrio.read_dataframe(path), HCMC)
    return np.asarray(plots[plots["CSLLandTyp"] == "Educational"].geometry.array, dtype=object)


def test_no_walk_is_shorter_than_the_straight_line_and_many_nearest_schools_change(chain: Chain) -> None:
    straight = pairs_by_straight_line(chain.given.applicants, chain.given.schools)
    names = ["applicant_no", "level", "school_code"]
    both = chain.found.pairs.merge(straight.pairs, on=names, suffixes=("_walk", "_straight"), validate="1:1")
    assert len(both) == len(chain.found.pairs)
    assert (both["distance_m_walk"] >= both["distance_m_straight"]).all()
    nearest_walk = chain.found.pairs.groupby("applicant_no")["school_code"].first()
    nearest_straight = straight.pairs.groupby("applicant_no")["school_code"].first()
    assert (nearest_walk != nearest_straight).mean() > 0.2


def test_everybody_is_placed_and_the_round_proves_itself(chain: Chain) -> None:
    assert chain.result.summary["placed"] == APPLICANT_COUNT
    assert chain.result.summary["unplaced"] == 0
    verification = verify_directory(chain.result.directory)
    assert verification.claims
    assert verification.failures == ()


def test_the_same_seed_gives_the_same_files_again(chain: Chain, tmp_path: Path) -> None:
    simulate(tmp_path / "again")
    for name in ("applicants.csv", "schools.csv"):
        assert (tmp_path / "again" / name).read_bytes() == (chain.folder / "round" / name).read_bytes()


def test_the_mislabelled_buildings_are_refused_with_what_they_look_like() -> None:
    """Their label says longitude and latitude, their numbers are metres of UTM zone 48N."""
    with pytest.raises(InputError) as refused:
        read_layer_file(district() / "buildings_mislabelled/Building_Interactive.shp", LayerName.BUILDING)
    said = refused.value.sentence("en")
    assert "UTM zone 48N" in said
    assert "--crs EPSG:32648" in said


def test_the_mislabelled_buildings_read_with_their_true_system_lie_on_the_good_ones() -> None:
    path = district() / "buildings_mislabelled/Building_Interactive.shp"
    read = read_layer_file(path, LayerName.BUILDING, crs="EPSG:32648")
    known = shapely.STRtree(in_metres(district() / "buildings/Building_full.shp"))
    middles = shapely.point_on_surface(reproject_frame(read.original, HCMC).geometry.array)
    on_a_known_building = np.unique(known.query(middles, predicate="intersects")[0])
    assert len(on_a_known_building) / len(middles) > 0.99
