"""Tiles when layers are published from the command line, as typed."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from api.commands import tiles
from basemap import store
from basemap.model import LayerName, LayerVersionId
from basemap.tiles import BuiltTiles
from spatial.db import Database

Run = Callable[..., Any]


@pytest.fixture
def diaban(typed: Run) -> Run:
    """Run ``diaban basemap …``."""
    return partial(typed, "basemap")


def archives(tmp_path: Path) -> list[str]:
    return sorted(path.name for path in (tmp_path / "data" / "tiles").glob("*"))


def test_publishing_makes_the_tiles_and_removes_those_of_the_version_before(
    diaban: Run, two_wards: Path, tmp_path: Path
) -> None:
    assert diaban("import", "ward", two_wards).exit_code == 0
    assert archives(tmp_path) == []
    assert diaban("publish", "ward").exit_code == 0
    assert archives(tmp_path) == ["ward-1.pmtiles"]
    assert diaban("import", "ward", two_wards, "--publish").exit_code == 0
    assert archives(tmp_path) == ["ward-2.pmtiles"]


def test_going_back_brings_the_tiles_back_too(diaban: Run, two_wards: Path, tmp_path: Path) -> None:
    for _ in range(2):
        assert diaban("import", "ward", two_wards, "--publish").exit_code == 0
    assert diaban("rollback", "ward").exit_code == 0
    assert archives(tmp_path) == ["ward-1.pmtiles"]


def newest_seen(diaban: Run) -> int:
    """The version of the wards that readers see."""
    version_id: int = json.loads(diaban("show", "ward", "--json").stdout)["version"]["version_id"]
    return version_id


@pytest.mark.parametrize("way", ["import", "rollback"])
def test_killed_while_the_tiles_are_made_readers_go_on_seeing_the_old_version_with_its_tiles(
    diaban: Run, two_wards: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    for _ in range(2):
        assert diaban("import", "ward", two_wards, "--publish").exit_code == 0
    words = ["import", "ward", two_wards, "--publish"] if way == "import" else ["rollback", "ward"]

    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(tiles, "build_tiles", killed)
        assert diaban(*words).exit_code != 0
    assert newest_seen(diaban) == 2
    assert archives(tmp_path) == ["ward-2.pmtiles"]
    assert diaban(*words).exit_code == 0
    seen = newest_seen(diaban)
    assert seen == (4 if way == "import" else 1)
    assert archives(tmp_path) == [f"ward-{seen}.pmtiles"]


@pytest.mark.parametrize("way", ["import", "rollback"])
def test_tiles_stand_before_readers_see_a_version(
    diaban: Run, two_wards: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    for _ in range(2):
        assert diaban("import", "ward", two_wards, "--publish").exit_code == 0
    seen_while_building: list[int] = []
    build = tiles.build_tiles

    def watched(
        database: Database, layer: LayerName, *, directory: Path, version_id: LayerVersionId | None = None
    ) -> BuiltTiles:
        built = build(database, layer, directory=directory, version_id=version_id)
        with database.transaction() as session:
            current = store.current_version(session, layer)
        assert current is not None
        seen_while_building.append(current.version_id)
        return built

    monkeypatch.setattr(tiles, "build_tiles", watched)
    words = ["import", "ward", two_wards, "--publish"] if way == "import" else ["rollback", "ward"]
    assert diaban(*words).exit_code == 0
    assert seen_while_building == [2]
    assert newest_seen(diaban) == (3 if way == "import" else 1)


def test_going_back_to_a_version_whose_archive_stands_builds_nothing(
    diaban: Run, two_wards: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert diaban("import", "ward", two_wards, "--publish").exit_code == 0
    first = (tmp_path / "data" / "tiles" / "ward-1.pmtiles").read_bytes()
    assert diaban("import", "ward", two_wards, "--publish").exit_code == 0
    (tmp_path / "data" / "tiles" / "ward-1.pmtiles").write_bytes(first)
    monkeypatch.setattr(tiles, "build_tiles", lambda *_, **__: pytest.fail("built again"))
    assert diaban("rollback", "ward").exit_code == 0
    assert (newest_seen(diaban), archives(tmp_path)) == (1, ["ward-1.pmtiles"])


def test_tiles_that_cannot_be_made_stop_no_publishing_and_say_so(diaban: Run, two_wards: Path, tmp_path: Path) -> None:
    assert diaban("import", "ward", two_wards).exit_code == 0
    (tmp_path / "data" / "tiles").write_text("no folder", encoding="utf-8")
    ended = diaban("publish", "ward")
    assert ended.exit_code == 0
    assert "publishing goes on all the same" in ended.stderr
    assert "ward" in diaban("list").stdout
    assert diaban("show", "ward", "--json").stdout.count('"is_current": true') == 1


def test_the_command_makes_the_tiles_of_all_that_is_published_or_of_one_layer(
    diaban: Run, two_wards: Path, tmp_path: Path
) -> None:
    assert diaban("import", "ward", two_wards, "--publish").exit_code == 0
    (tmp_path / "data" / "tiles" / "ward-1.pmtiles").unlink()
    for words in (["tiles"], ["tiles", "ward"]):
        ended = diaban(*words)
        assert ended.exit_code == 0
        assert "ward" in ended.stdout
        assert archives(tmp_path) == ["ward-1.pmtiles"]


def test_a_layer_that_is_not_published_is_named(diaban: Run) -> None:
    ended = diaban("tiles", "parcel")
    assert ended.exit_code == 1
    assert "This layer is not published." in ended.stderr


@pytest.mark.parametrize("number", [0, 7])
def test_publishing_a_version_that_is_not_there_makes_no_tiles(
    diaban: Run, two_wards: Path, tmp_path: Path, number: int
) -> None:
    assert diaban("import", "ward", two_wards).exit_code == 0
    assert diaban("publish", "ward", number).exit_code == 2
    assert archives(tmp_path) == []
