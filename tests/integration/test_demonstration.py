"""The whole chain on a small city, as `make demo` runs it, and the commands a person types on what it leaves."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from allocation.publication import PublishedResults
from api.cli import LazyGroup, app
from api.demo import DEMO_FILE, DemoSize, DemoSummary, build_demo, demo_settings
from api.secret_key import load_secret
from api.settings import Settings
from basemap.model import LayerName
from spatial.errors import ConflictError

BUILT_AT = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
HOUSEHOLDS_COUNT = 800


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, DemoSummary]:
    directory = tmp_path_factory.mktemp("demo") / "city"
    summary = build_demo(directory, size=DemoSize(households=HOUSEHOLDS_COUNT), settings=Settings(), built_at=BUILT_AT)
    return directory, summary


def diaban(*words: str, data_dir: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "DIABAN_DATA_DIR": str(data_dir), "DIABAN_LANGUAGE": "en"}
    command = [sys.executable, "-m", "api.cli", *words]
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)


def test_every_level_is_placed_as_far_as_there_are_seats(demo: tuple[Path, DemoSummary]) -> None:
    directory, summary = demo
    seats = pd.read_csv(directory / "input" / "schools.csv").groupby("level")["capacity"].sum()
    assert len(summary.levels) == 5
    for level in summary.levels:
        assert level.placed == min(level.applicants, seats[level.level])


def test_every_layer_is_imported_and_every_checked_plot_has_a_verdict(demo: tuple[Path, DemoSummary]) -> None:
    _, summary = demo
    assert set(summary.layer_features) == set(LayerName)
    assert min(summary.layer_features.values()) > 0
    assert summary.parcels_checked == sum(summary.verdicts.values()) > 0


def test_the_child_to_try_finds_a_school_with_what_the_screen_says(demo: tuple[Path, DemoSummary]) -> None:
    directory, summary = demo
    own = demo_settings(directory, Settings())
    results = PublishedResults(own.published_dir, secret=load_secret(own))
    born = datetime.fromisoformat(summary.date_of_birth).date()
    found = results.look_up(summary.applicant_no, born, summary.receipt_code)
    assert found is not None
    assert found.school is not None
    assert results.look_up(summary.applicant_no, born, "0000-0000-0000") is None


def test_each_round_passes_the_verifier_from_the_command_line(demo: tuple[Path, DemoSummary]) -> None:
    directory, _ = demo
    for published in sorted((directory / "rounds").iterdir()):
        ended = diaban("verify", str(published), data_dir=directory / "data")
        assert ended.returncode == 0, ended.stderr


def test_a_round_is_published_again_from_its_files_and_an_edited_one_is_not(
    demo: tuple[Path, DemoSummary], tmp_path: Path
) -> None:
    directory, _ = demo
    source = directory / "rounds" / "2026-lop-1"
    edited = tmp_path / "edited"
    edited.mkdir()
    for file in source.rglob("*"):
        if file.is_file():
            (edited / file.relative_to(source)).parent.mkdir(parents=True, exist_ok=True)
            (edited / file.relative_to(source)).write_bytes(file.read_bytes())
    words = ("--receipts", str(directory / "input" / "receipts.csv"), "--name", "thu", "--title-vi", "Thử",
             "--title-en", "Trial")  # fmt: skip
    ended = diaban("publish", str(source), *words, data_dir=tmp_path / "data")
    assert ended.returncode == 0, ended.stderr
    offers = pd.read_csv(edited / "offers.csv", dtype=str, keep_default_na=False)
    offers.loc[0, "distance_m"] = "1"
    offers.to_csv(edited / "offers.csv", index=False)
    ended = diaban("publish", str(edited), *words, data_dir=tmp_path / "data")
    assert ended.returncode == 4, ended.stderr


def test_a_folder_that_is_no_demonstration_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(ConflictError, match="no demonstration"):
        build_demo(tmp_path, size=DemoSize(households=500), settings=Settings(), built_at=BUILT_AT)
    assert (tmp_path / "thesis.txt").read_text() == "years of work"


def test_the_same_seed_leaves_the_same_offers(demo: tuple[Path, DemoSummary], tmp_path: Path) -> None:
    directory, _ = demo
    again = tmp_path / "again"
    build_demo(again, size=DemoSize(households=HOUSEHOLDS_COUNT), settings=Settings(), built_at=BUILT_AT)
    for file in sorted((directory / "rounds").rglob("*")):
        if file.is_file():
            assert (again / file.relative_to(directory)).read_bytes() == file.read_bytes(), file.name


def test_the_summary_on_disk_says_what_the_screen_says(demo: tuple[Path, DemoSummary]) -> None:
    directory, summary = demo
    written = json.loads((directory / DEMO_FILE).read_text(encoding="utf-8"))
    assert written["households"] == summary.households
    assert written["receipt_code"] == summary.receipt_code


@pytest.mark.parametrize("word", LazyGroup.subcommands)
def test_every_word_of_the_command_line_explains_itself(word: str) -> None:
    ended = CliRunner().invoke(app, [word, "--help"])
    assert ended.exit_code == 0
    assert "Usage" in ended.stdout
