"""``diaban basemap``, as typed."""

import json
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import geopandas as gpd
import pyogrio
import pytest
import shapely


@pytest.fixture
def wards(tmp_path: Path) -> Path:
    path = tmp_path / "wards.gpkg"
    frame = gpd.GeoDataFrame(
        {"code": ["26743", "26743", "26744"], "name": ["Bến Thành", "lặp lại", "Sài Gòn"]},
        geometry=[shapely.box(106.69 + i / 100, 10.76, 106.70 + i / 100, 10.77) for i in range(3)],
        crs=4326,
    )
    pyogrio.write_dataframe(frame, path)
    return path


Run = Callable[..., Any]


@pytest.fixture
def diaban(typed: Run) -> Run:
    """Run ``diaban basemap …``."""
    return partial(typed, "basemap")


def test_a_layer_goes_in_is_published_taken_back_and_written_out(tmp_path: Path, wards: Path, diaban: Run) -> None:
    """The store is built on the way: nothing else was typed before."""
    report = tmp_path / "report"
    first = diaban("import", "ward", wards, "--map", "code=ward_code", "--report", report, "--json")
    assert first.exit_code == 0, first.stderr
    summary = json.loads(first.stdout)
    assert (summary["accepted_count"], summary["quarantined_count"], summary["is_published"]) == (2, 1, False)
    assert "Row 2 has the same key" in first.stderr
    assert "diaban basemap publish ward 1" in first.stderr
    assert (report / "quarantine.gpkg").exists()

    assert diaban("publish", "ward").exit_code == 0
    again = diaban("import", "ward", wards, "--map", "code=ward_code", "--publish")
    assert again.exit_code == 0
    listed = json.loads(diaban("list", "--json").stdout)
    assert [(version["version_id"], version["is_current"]) for version in listed] == [(2, True), (1, False)]
    assert diaban("rollback", "ward").exit_code == 0
    shown = json.loads(diaban("show", "ward", "--json").stdout)
    assert shown["version"]["version_id"] == 1
    assert [attribute["name"] for attribute in shown["attributes"]] == ["ward_code", "name"]

    out = tmp_path / "out.gpkg"
    assert diaban("export", "ward", out).exit_code == 0
    assert sorted(pyogrio.read_dataframe(out)["name"]) == ["Bến Thành", "Sài Gòn"]


def test_what_readers_saw_and_what_holds_is_asked_by_day(tmp_path: Path, wards: Path, diaban: Run) -> None:
    columns = ("--map", "code=ward_code", "--publish")
    old = diaban("import", "ward", wards, *columns, "--valid-to", "2025-06-30", "--source", "Sở [Nội vụ]")
    new = diaban("import", "ward", wards, *columns, "--valid-from", "2025-07-01", "--licence", "MIT")
    assert (old.exit_code, new.exit_code) == (0, 0)

    def version_shown(*words: str) -> int:
        return int(json.loads(diaban("show", "ward", "--json", *words).stdout)["version"]["version_id"])

    assert version_shown("--valid-on", "2025-06-30") == 1
    assert version_shown("--valid-on", "2025-07-01") == 2
    assert version_shown("--as-of", "2999-01-01") == 2
    assert diaban("export", "ward", tmp_path / "old.gpkg", "--valid-on", "2025-06-30").exit_code == 0
    assert diaban("show", "ward", "--as-of", "2000-01-01T09:30").exit_code == 1

    refused = diaban("rollback", "ward")
    assert refused.exit_code == 1, "the old wards are no answer for readers of today"
    assert "No version was published before that holds today" in refused.stderr
    assert diaban("import", "ward", wards, *columns, "--valid-from", "2025-07-01").exit_code == 0
    assert diaban("rollback", "ward").exit_code == 0
    acts = json.loads(diaban("history", "ward", "--json").stdout)
    withdrawn = [(act["version"]["version_id"], act["is_withdrawn"]) for act in acts]
    assert withdrawn == [(1, False), (2, False), (3, True)]
    assert acts[2]["withdrawn_at"] > acts[2]["published_at"]
    assert (acts[0]["version"]["source"], acts[1]["version"]["licence"]) == ("Sở [Nội vụ]", "MIT")
    assert "[Nội" in diaban("history", "ward").stdout


def test_old_wards_published_later_displace_neither_those_of_today_nor_their_tiles(
    tmp_path: Path, wards: Path, diaban: Run
) -> None:
    columns = ("--map", "code=ward_code")
    assert diaban("import", "ward", wards, *columns, "--publish", "--valid-from", "2025-07-01").exit_code == 0
    tiles = sorted(path.name for path in (tmp_path / "data").rglob("*.pmtiles"))
    assert len(tiles) == 1
    said = diaban("import", "ward", wards, *columns, "--publish", "--valid-to", "2025-06-30").stderr
    assert "Version 2 answers for the days … – 2025-06-30; readers of today do not see it." in said
    assert diaban("import", "ward", wards, *columns, "--valid-to", "2025-06-30").exit_code == 0
    assert "Version 3 answers for the days" in diaban("publish", "ward", 3).stderr
    assert sorted(path.name for path in (tmp_path / "data").rglob("*.pmtiles")) == tiles
    listed = json.loads(diaban("list", "ward", "--json").stdout)
    told = [(one["version_id"], one["is_current"], one["is_published"]) for one in listed]
    assert told == [(3, False, True), (2, False, False), (1, True, True)]
    rows = [line for line in diaban("list", "ward").stdout.splitlines() if line.startswith("ward")]
    assert ["(✓)" in row for row in rows] == [True, False, False]
    assert "2025-07-01" in rows[2]
    compared = json.loads(diaban("diff", "ward", "--json").stdout)
    assert (compared["from_version"], compared["to_version"]) == (2, 3), "what it displaces holds on a day of its own"
    refused = diaban("rollback", "ward")
    assert refused.exit_code == 1
    assert "--valid-on: 2025-06-30 takes back version 3" in refused.stderr
    taken = json.loads(diaban("rollback", "ward", "--valid-on", "2025-06-30", "--json").stdout)
    assert (taken["version_id"], taken["is_current"]) == (2, False)
    assert sorted(path.name for path in (tmp_path / "data").rglob("*.pmtiles")) == tiles
    assert json.loads(diaban("show", "ward", "--json").stdout)["version"]["version_id"] == 1


def test_a_difference_is_shown_before_it_is_published(tmp_path: Path, wards: Path, diaban: Run) -> None:
    """The newest version against the published one: a ward gets another name, one comes, one goes."""
    columns = ("--map", "code=ward_code")
    assert diaban("diff", "ward").exit_code == 2
    assert diaban("import", "ward", wards, *columns, "--publish").exit_code == 0
    frame = pyogrio.read_dataframe(wards)
    frame.loc[0, "name"] = "Phường Bến Thành"
    frame.loc[2, "code"] = "26800"
    newer = tmp_path / "newer.gpkg"
    pyogrio.write_dataframe(frame.drop(index=1), newer)
    assert diaban("import", "ward", newer, *columns).exit_code == 0
    out = tmp_path / "diff.gpkg"
    ended = diaban("diff", "ward", "--json", "--out", out)
    assert ended.exit_code == 0, ended.stderr
    told = json.loads(ended.stdout)
    assert (told["from_version"], told["to_version"]) == (1, 2)
    assert told["counts"] == {"added": 1, "changed": 1, "removed": 1, "unchanged": 0}
    assert told["changed"][0]["attributes"] == {"name": {"old": "Bến Thành", "new": "Phường Bến Thành"}}
    layers = ("added", "changed", "removed", "attribute_changes")
    assert [len(pyogrio.read_dataframe(out, layer=name)) for name in layers] == [1, 1, 1, 1]
    assert pyogrio.read_info(out, layer="changed")["crs"] == "EPSG:9210"
    assert "thêm 1, đổi 1, bỏ 1, giữ nguyên 0" in diaban("diff", "ward", 1, 2, language="vi").stderr
    assert "name: Bến Thành" in diaban("diff", "ward").stdout
    assert diaban("diff", "ward", 2, 2).stdout == ""
    for words, code in ((("diff", "ward", 1, 9), 2), (("diff", "ward", "--out", tmp_path / "diff.shp"), 2)):
        assert diaban(*words).exit_code == code


def test_bad_input_is_one_line_on_stderr_and_exit_2(tmp_path: Path, wards: Path, diaban: Run) -> None:
    cases = [
        (("import", "ward", tmp_path / "none.gpkg"), "There is no such file."),
        (("import", "ward", wards), "requires are missing: ward_code"),
        (("import", "ward", wards, "--map", "code"), "not of the right form"),
        (("import", "ward", wards, "--map", "code=ward_code", "--crs", "EPSG:32648"), "longitude and latitude"),
        (("import", "ward", wards, "--valid-from", "1/7/2025"), "is no day"),
        (("import", "ward", wards, "--valid-from", "2025-07-01", "--valid-to", "2025-06-30"), "lies before the first"),
        (("publish", "ward", "7"), "no version 7"),
        (("show", "ward", "--as-of", "yesterday"), "is no day"),
        (("export", "ward", tmp_path / "out.txt"), "'.txt'"),
    ]
    for words, said in cases:
        ended = diaban(*words)
        assert ended.exit_code == 2, words
        assert ended.stdout == ""
        assert len(ended.stderr.strip().splitlines()) == 1, ended.stderr
        assert said in ended.stderr


def test_tables_speak_vietnamese_and_are_not_cut_off(wards: Path, diaban: Run) -> None:
    ended = diaban("import", "ward", wards, "--map", "code=ward_code", language="vi")
    assert {"được", "nhận", "cảnh", "báo"} <= set(ended.stdout.split())
    assert "2 trên 3 đối tượng được nhận" in ended.stderr
    assert "…" not in diaban("list", language="vi").stdout


@pytest.mark.parametrize("language", ["vi", "en"])
def test_tables_fit_a_terminal_of_80_columns_with_moments_whole(
    tmp_path: Path, wards: Path, diaban: Run, language: str
) -> None:
    long_name = wards.rename(tmp_path / "ranh-gioi-phuong-xa-dac-khu-sau-ngay-1-7-2025.gpkg")
    columns = ("--map", "code=ward_code", "--publish", "--valid-from", "2025-07-01", "--source", "Sở Nội vụ thành phố")
    assert diaban("import", "ward", long_name, *columns).exit_code == 0
    moment = re.compile(r"20\d\d-\d\d-\d\d \d\d:\d\d(:\d\d)?Z")
    for words in (("list",), ("show", "ward"), ("history", "ward")):
        shown = diaban(*words, language=language).stdout
        assert max(map(len, shown.splitlines())) <= 80
        assert moment.search(shown), shown
