import json
from pathlib import Path

import geopandas as gpd
import pytest
import shapely
import typer
from typer.testing import CliRunner

from api.commands.simulate import simulate_round
from spatial.errors import InputError

EAST_M, NORTH_M = 603_000.0, 1_190_000.0


@pytest.fixture
def words(tmp_path: Path) -> list[str]:
    """The words of a command on a district of one home, one school and one street of 300 m."""
    home = shapely.box(EAST_M, NORTH_M, EAST_M + 10, NORTH_M + 10)
    school = shapely.Point(EAST_M + 250, NORTH_M)
    street = shapely.LineString([(EAST_M, NORTH_M - 5), (EAST_M + 300, NORTH_M - 5)])
    for name, shape in {"buildings": home, "schools": school, "streets": street}.items():
        frame = gpd.GeoDataFrame({"kind": ["home"]}, geometry=[shape], crs="EPSG:9210")
        frame.to_file(tmp_path / f"{name}.gpkg", driver="GPKG", engine="pyogrio", layer=name)
    files = {"--buildings": "buildings", "--school-points": "schools", "--streets": "streets"}
    given = [word for option, name in files.items() for word in (option, str(tmp_path / f"{name}.gpkg"))]
    return [*given, "--school-year", "2026", "--applicants", "12", "--out", str(tmp_path / "round")]


def app() -> typer.Typer:
    alone = typer.Typer(pretty_exceptions_enable=False)
    alone.command()(simulate_round)
    return alone


def test_the_counts_of_a_simulated_round_go_to_stdout_as_json(words: list[str], tmp_path: Path) -> None:
    done = CliRunner().invoke(app(), [*words, "--homes", "kind=home", "--seats-ratio", "1.5", "--json"])
    assert json.loads(done.stdout) == {
        "homes": 1,
        "school_points": 1,
        "schools": 1,
        "street_lines": 1,
        "applicants": 12,
        "seats": 18,
    }
    assert {path.name for path in (tmp_path / "round").iterdir()} == {"applicants.csv", "schools.csv", "streets.gpkg"}


@pytest.mark.parametrize("written", ["kind", "=home", "kind="])
def test_a_condition_without_column_or_value_is_refused_with_the_right_form(words: list[str], written: str) -> None:
    done = CliRunner().invoke(app(), [*words, "--homes", written])
    assert isinstance(done.exception, InputError)
    assert "COLUMN=VALUE" in done.exception.sentence("en")


def test_after_a_refusal_nothing_is_half_written(words: list[str], tmp_path: Path) -> None:
    done = CliRunner().invoke(app(), [*words, "--homes", "kind=castle"])
    assert isinstance(done.exception, InputError)
    assert not (tmp_path / "round").exists()
