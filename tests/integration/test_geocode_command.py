"""``diaban geocode``, as typed, on the published layers of a generated city."""

import csv
import json
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pytest

from api import cli
from api.migrations import upgrade
from api.settings import settings
from basemap.demo_city import DemoCity, make_city, write_city
from basemap.model import LayerName
from basemap.service import import_layer
from spatial.db import open_database


class Ended(NamedTuple):
    """How a command ended."""

    exit_code: int
    stdout: str
    stderr: str


Run = Callable[..., Ended]


@pytest.fixture(scope="module")
def city() -> DemoCity:
    return make_city(households=500, seed=7)


@pytest.fixture(scope="module")
def store_url(city: DemoCity, tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("city")
    url = f"sqlite:///{folder / 'store.gpkg'}"
    database = open_database(url)
    upgrade(database)
    files = write_city(city, folder)
    for layer in (LayerName.WARD, LayerName.STREET, LayerName.ADDRESS):
        import_layer(
            database,
            layer,
            files[layer],
            imported_at=datetime(2026, 11, 22, tzinfo=UTC),
            imported_by="test",
            publish=True,
        )
    database.close()
    return url


@pytest.fixture
def diaban(
    store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Run]:
    def run(*words: object, language: str = "en", url: str = store_url) -> Ended:
        monkeypatch.setenv("DIABAN_LANGUAGE", language)
        monkeypatch.setenv("DIABAN_DATABASE_URL", url)
        monkeypatch.setattr(sys, "argv", ["diaban", "geocode", *(str(word) for word in words)])
        settings.cache_clear()
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capsys.readouterr()
        return Ended(int(ended.value.code or 0), said.out, said.err)

    monkeypatch.setenv("DIABAN_DATA_DIR", str(tmp_path / "data"))
    yield run
    settings.cache_clear()


def a_home(city: DemoCity) -> tuple[str, float, float]:
    row = city.homes.iloc[0]
    return str(row["address"]), float(row["x"]), float(row["y"])


def test_an_address_is_found_and_said_in_both_languages(city: DemoCity, diaban: Run) -> None:
    address, _, _ = a_home(city)
    assert f"exact: {address}" in diaban(address).stdout
    assert f"đúng số nhà: {address}" in diaban(address, language="vi").stdout


def test_json_gives_the_point_and_the_reading_and_keeps_what_was_typed(city: DemoCity, diaban: Run) -> None:
    address, x, y = a_home(city)
    answer = json.loads(diaban(address.upper(), "--json").stdout)
    assert (answer["raw"], answer["grade"]) == (address.upper(), "exact")
    assert (answer["place"]["x"], answer["place"]["y"]) == pytest.approx((x, y), abs=0.001)
    assert answer["candidates"][0]["score"] == 100


def test_the_point_that_was_found_leads_back_to_the_address(city: DemoCity, diaban: Run) -> None:
    address, _, _ = a_home(city)
    place = json.loads(diaban(address, "--json").stdout)["place"]
    back = json.loads(diaban("--reverse", "--lon", place["lon"], "--lat", place["lat"], "--json").stdout)
    assert back["address"] == address
    assert back["distance_m"] <= 0.01


def test_nothing_near_a_point_is_said_and_ends_with_2(diaban: Run) -> None:
    ended = diaban("--reverse", "--lon", 107.5, "--lat", 11.5)
    assert ended.exit_code == 2
    assert "no address within 50 m" in ended.stderr


def test_a_file_is_answered_whole_and_reported_by_grade(city: DemoCity, diaban: Run, tmp_path: Path) -> None:
    texts = [*city.homes["address"].head(9), "12 phố không có, phường không có"]
    source, target = tmp_path / "asked.csv", tmp_path / "answered.csv"
    with source.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([["no", "address"], *enumerate(texts)])
    ended = diaban("--file", source, "--column", "address", "--out", target, "--json")
    report = json.loads(ended.stdout)
    assert report["count"] == 10
    assert report["grades"]["exact"] == {"count": 9, "share_ratio": 0.9}
    assert report["grades"]["none"]["count"] == 1
    with target.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["address"] for row in rows] == texts
    assert [row["geocode_grade"] for row in rows] == ["exact"] * 9 + ["none"]


def test_a_file_that_cannot_be_read_leaves_the_old_answers_alone(diaban: Run, tmp_path: Path) -> None:
    source, target = tmp_path / "asked.csv", tmp_path / "answered.csv"
    source.write_bytes(b"\x00\xff\xfe")
    target.write_text("earlier", encoding="utf-8")
    assert diaban("--file", source, "--out", target).exit_code == 2
    assert target.read_text(encoding="utf-8") == "earlier"


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("12 Lê Lợi", "--reverse"),
        ("--file", "there-is-none.csv"),
        ("--file", "there-is-none.csv", "--out", "out.csv"),
        ("--reverse",),
        ("--reverse", "--lon", "nan", "--lat", "10"),
        ("--reverse", "--lon", "106", "--lat", "1000"),
    ],
)
def test_a_question_that_makes_no_sense_ends_with_2(diaban: Run, words: tuple[str, ...]) -> None:
    assert diaban(*words).exit_code == 2


def test_without_published_layers_the_answer_is_that_nothing_was_checked(diaban: Run, tmp_path: Path) -> None:
    ended = diaban("12 Lê Lợi", url=f"sqlite:///{tmp_path / 'empty.gpkg'}")
    assert ended.exit_code == 1
    assert "not published" in ended.stderr
