"""The chain on real ground: part of District 7, from its own files to a verified round and its map.

The commands are those of docs/how-to/real-district.md, run as they stand there. Expected numbers were counted in the
files themselves, or come from an independent program.
"""

import html
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from playwright.sync_api import Browser
from scipy.optimize import linprog
from scipy.sparse import csr_array

from allocation.distances import AdmissiblePairs, pairs_by_straight_line, pairs_on_streets
from allocation.intake import RoundInput, read_round
from allocation.simulate import merge_school_points
from allocation.streets import StreetFile, read_network
from basemap.intake import read_layer_file
from basemap.model import LayerName
from spatial.crs import WGS84, transformer
from spatial.geometry import reproject_frame
from spatial.network import snap

pytestmark = pytest.mark.real

HCMC = "EPSG:9210"
APPLICANT_COUNT = 1200


REPOSITORY = Path(__file__).resolve().parents[2]
HOW_TO = REPOSITORY / "docs" / "how-to" / "real-district.md"


@dataclass(frozen=True)
class Chain:
    """The folder in which the commands ran, and what the files that they wrote say when read again."""

    folder: Path
    given: RoundInput
    streets: StreetFile
    found: AdmissiblePairs
    summary: dict[str, Any]


def real_data() -> Path:
    return Path(os.environ.get("DIABAN_REAL_DATA") or REPOSITORY.parent / "shared" / "data")


def district() -> Path:
    return real_data() / "hcmc" / "d7"


def shell(commands: str, *, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run commands as a reader of the page would type them."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "DIABAN_REAL_DATA": str(real_data()), "DIABAN_LANGUAGE": "en"}
    return subprocess.run(
        ["bash", "-euc", commands], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def commands_of_the_page() -> list[str]:
    return re.findall(r"```bash\n(.*?)```", HOW_TO.read_text(encoding="utf-8"), flags=re.DOTALL)


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Chain:
    folder = tmp_path_factory.mktemp("district")
    for commands in commands_of_the_page():
        done = shell(commands, folder=folder)
        assert done.returncode == 0, done.stderr
    files = folder / "d7" / "round"
    given = read_round(files / "applicants.csv", files / "schools.csv")
    streets = read_network(files / "streets.gpkg")
    return Chain(
        folder=folder / "d7",
        given=given,
        streets=streets,
        found=pairs_on_streets(given.applicants, given.schools, streets.network),
        summary=json.loads((folder / "d7" / "result" / "summary.json").read_text(encoding="utf-8")),
    )


def in_metres(path: Path) -> np.ndarray:
    return np.asarray(reproject_frame(pyogrio.read_dataframe(path), HCMC).geometry.array, dtype=object)


def test_the_page_tells_true_numbers_of_homes_points_and_streets(chain: Chain) -> None:
    buildings = pyogrio.read_dataframe(district() / "buildings/Building_full.shp")
    roads = reproject_frame(pyogrio.read_dataframe(district() / "roads/RoadNetwork_SGP.shp"), HCMC)
    homes = reproject_frame(buildings[buildings["TypeCode"] == "NNO"], HCMC)
    points = np.concatenate([in_metres(path) for path in school_files()])
    around = shapely.union(
        shapely.box(*shapely.total_bounds(shapely.point_on_surface(homes.geometry.array))),
        shapely.box(*shapely.total_bounds(points)),
    ).envelope
    walked = roads[~roads["Type"].isin(["Waterway", "Tunnel"])].geometry.array
    near_count = int((shapely.distance(walked, around) <= 2000).sum())
    assert (len(buildings), len(homes), len(points), len(roads)) == (5895, 5743, 100, 2264)
    assert pyogrio.read_info(chain.folder / "round" / "streets.gpkg")["features"] == near_count == 1471
    assert len(chain.given.applicants) == APPLICANT_COUNT
    assert chain.given.issues.errors == []


def test_waterways_are_no_streets(chain: Chain) -> None:
    roads = reproject_frame(pyogrio.read_dataframe(district() / "roads/RoadNetwork_SGP.shp"), HCMC)
    waterways = shapely.STRtree(roads[roads["Type"] == "Waterway"].geometry.array)
    middles = shapely.line_interpolate_point(chain.streets.network.edge_lines, 0.5, normalized=True)
    along_water = waterways.query(middles, predicate="dwithin", distance=0.01)
    assert along_water.size == 0


def test_of_the_streets_998_in_1000_metres_hang_together(chain: Chain) -> None:
    network = chain.streets.network
    assert (len(network.node_xy), len(network.edge_lines), round(network.length_m / 1000)) == (1170, 1647, 219)
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
    points = np.concatenate([in_metres(path) for path in school_files()])
    parts = ("Interactive", "Noninteractive")
    plots = np.concatenate([educational_plots(district() / f"landuse/LandUse_{part}.shp") for part in parts])
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


def school_files() -> tuple[Path, Path]:
    return district() / "education/Education.shp", district() / "education/noninteractive/Education.shp"


def educational_plots(path: Path) -> np.ndarray:
    plots = reproject_frame(pyogrio.read_dataframe(path), HCMC)
    return np.asarray(plots[plots["CSLLandTyp"] == "Educational"].geometry.array, dtype=object)


def test_no_walk_is_shorter_than_the_straight_line_and_for_29_in_100_another_school_is_nearest(chain: Chain) -> None:
    straight = pairs_by_straight_line(chain.given.applicants, chain.given.schools)
    names = ["applicant_no", "level", "school_code"]
    both = chain.found.pairs.merge(straight.pairs, on=names, suffixes=("_walk", "_straight"), validate="1:1")
    assert len(both) == len(chain.found.pairs)
    assert (both["distance_m_walk"] >= both["distance_m_straight"]).all()
    assert (both["distance_m_walk"] / both["distance_m_straight"]).median() == pytest.approx(1.41, abs=0.005)
    nearest_walk, nearest_straight = (found.pairs.groupby("applicant_no").first() for found in (chain.found, straight))
    assert (nearest_walk["school_code"] != nearest_straight["school_code"]).mean() == pytest.approx(0.29, abs=0.005)
    assert nearest_walk["distance_m"].mean() == pytest.approx(531, abs=0.5)


def test_everybody_is_placed_with_the_least_total_that_a_linear_programme_finds(chain: Chain) -> None:
    """Supply and demand are a transportation problem, so HiGHS meets an integral optimum."""
    pairs = chain.found.pairs
    pools = chain.given.schools.set_index(["school_code", "level"])["capacity"]
    child = pairs["applicant_no"].astype("category").cat.codes.to_numpy()
    pool = pools.index.get_indexer(pd.MultiIndex.from_frame(pairs[["school_code", "level"]]))
    ones, column = np.ones(len(pairs)), np.arange(len(pairs))
    solved = linprog(
        pairs["distance_m"].to_numpy(dtype=np.float64),
        A_eq=csr_array((ones, (child, column))),
        b_eq=np.ones(APPLICANT_COUNT),
        A_ub=csr_array((ones, (pool, column))),
        b_ub=pools.to_numpy(),
        method="highs",
    )
    assert solved.success
    assert (chain.summary["placed"], chain.summary["unplaced"]) == (APPLICANT_COUNT, 0)
    assert chain.summary["total_distance_m"] == round(solved.fun)


def test_a_changed_offer_is_found_by_the_verifier(chain: Chain, tmp_path: Path) -> None:
    shutil.copytree(chain.folder / "result", tmp_path / "result")
    offers = pd.read_csv(tmp_path / "result" / "offers.csv", dtype=str, keep_default_na=False)
    offers.loc[0, "school_code"] = "S22" if offers.loc[0, "school_code"] != "S22" else "S21"
    offers.to_csv(tmp_path / "result" / "offers.csv", index=False)
    assert shell("diaban verify result", folder=tmp_path).returncode == 4


def test_the_same_commands_give_the_same_round_again(chain: Chain, tmp_path: Path) -> None:
    for commands in commands_of_the_page():
        assert shell(commands, folder=tmp_path).returncode == 0
    for name in ("round/applicants.csv", "round/schools.csv", "result/offers.csv", "result/summary.json"):
        assert (tmp_path / "d7" / name).read_bytes() == (chain.folder / name).read_bytes()


def test_the_mislabelled_buildings_are_refused_with_what_they_look_like(tmp_path: Path) -> None:
    """Their label says longitude and latitude, their numbers are metres of UTM zone 48N."""
    path = district() / "buildings_mislabelled/Building_Interactive.shp"
    done = shell(f"diaban basemap import building '{path}'", folder=tmp_path)
    assert done.returncode == 2
    assert "UTM zone 48N (EPSG:32648)" in done.stderr
    assert "--crs EPSG:32648" in done.stderr


def test_the_mislabelled_buildings_read_with_their_true_system_lie_on_the_good_ones() -> None:
    path = district() / "buildings_mislabelled/Building_Interactive.shp"
    read = read_layer_file(path, LayerName.BUILDING, crs="EPSG:32648")
    known = shapely.STRtree(in_metres(district() / "buildings/Building_full.shp"))
    middles = shapely.point_on_surface(reproject_frame(read.original, HCMC).geometry.array)
    on_a_known_building = np.unique(known.query(middles, predicate="intersects")[0])
    assert len(on_a_known_building) / len(middles) > 0.99


@pytest.mark.browser
def test_the_map_of_the_report_opens_without_a_network_and_shows_22_schools_and_no_home(
    chain: Chain, chromium: Browser
) -> None:
    asked_for: list[str] = []
    complaints: list[str] = []
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, offline=True)
    page = context.new_page()
    page.on("request", lambda request: asked_for.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto((chain.folder / "result" / "report.html").as_uri())
    page.locator("iframe").scroll_into_view_if_needed()
    schools = page.frame_locator("iframe").locator(".leaflet-interactive")
    schools.first.wait_for()
    shown_count = schools.count()
    context.close()
    assert [url for url in asked_for if not url.startswith(("file:", "data:", "blob:", "about:"))] == []
    assert complaints == []
    assert shown_count == 22


def test_the_report_holds_no_number_of_a_child_and_no_home(chain: Chain) -> None:
    report = (chain.folder / "result" / "report.html").read_text(encoding="utf-8")
    children = pd.read_csv(chain.folder / "round" / "applicants.csv", dtype=str)
    assert [number for number in children["applicant_no"] if number in report] == []
    pairs = re.findall(r"(1?\d{2}\.\d{4,}), ?(1?\d{2}\.\d{4,})", html.unescape(report))
    written = np.array([sorted(map(float, pair), reverse=True) for pair in pairs])
    marked = shapely.STRtree(shapely.points(transformer(WGS84, HCMC)(written)))
    schools = shapely.points(chain.given.schools[["x", "y"]].to_numpy())
    homes = shapely.points(children[["x", "y"]].to_numpy(dtype=np.float64))
    assert len(set(marked.query(schools, predicate="dwithin", distance=1.0)[0].tolist())) == len(schools)
    assert marked.query(homes, predicate="dwithin", distance=1.0).size == 0
