"""``diaban allocate`` with homes that are given as addresses, on the published layers of a generated city."""

import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pyogrio
import pytest

from allocation.demo_applicants import make_applicants, make_capacities
from api import cli
from api.migrations import upgrade
from api.settings import settings
from basemap.demo_city import make_city, write_city
from basemap.model import LayerName
from basemap.service import import_layer
from spatial.db import open_database

Run = Callable[..., int]
SEED = 7


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with the layers that addresses need, and the files of a round of grade 1."""
    folder = tmp_path_factory.mktemp("round")
    city = make_city(households=2_000, seed=SEED)
    files = write_city(city, folder)
    database = open_database(f"sqlite:///{folder / 'store.gpkg'}")
    upgrade(database)
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
    applicants = make_applicants(city, seed=SEED)
    make_capacities(city, applicants, seed=SEED).to_csv(folder / "schools.csv", index=False)
    of_grade = applicants[applicants["level"] == "grade_1"]
    of_grade.drop(columns=["receipt_code", "address"]).to_csv(folder / "points.csv", index=False)
    of_grade.drop(columns=["receipt_code", "x", "y"]).to_csv(folder / "addresses.csv", index=False)
    return folder


@pytest.fixture
def allocate(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    def run(applicants: Path, *, out: Path, url: str = f"sqlite:///{folder / 'store.gpkg'}") -> int:
        monkeypatch.setenv("DIABAN_DATABASE_URL", url)
        words = ["--schools", folder / "schools.csv", "--network", folder / "street.gpkg", "--level", "grade_1"]
        typed = ["diaban", "allocate", "--applicants", applicants, *words, "--out", out]
        monkeypatch.setattr(sys, "argv", [str(word) for word in typed])
        settings.cache_clear()
        with pytest.raises(SystemExit) as ended:
            cli.main()
        return int(ended.value.code or 0)

    monkeypatch.setenv("DIABAN_LANGUAGE", "en")
    monkeypatch.setenv("DIABAN_DATA_DIR", str(tmp_path / "data"))
    yield run
    settings.cache_clear()


def issues_of(out: Path) -> pd.DataFrame:
    return pd.read_csv(out / "issues.csv", dtype=str, keep_default_na=False)


def test_children_get_the_same_offers_by_address_as_by_point(folder: Path, tmp_path: Path, allocate: Run) -> None:
    assert allocate(folder / "points.csv", out=tmp_path / "points") == 0
    assert allocate(folder / "addresses.csv", out=tmp_path / "addresses") == 0
    by_point, by_address = ((tmp_path / name / "offers.csv").read_bytes() for name in ("points", "addresses"))
    assert by_address == by_point
    notes = issues_of(tmp_path / "addresses")
    assert "exact 100.0 %" in notes[notes["code"] == "addresses_geocoded"]["hint_en"].item()


def test_only_a_door_or_the_mouth_of_its_alley_is_a_home(folder: Path, tmp_path: Path, allocate: Run) -> None:
    children = pd.read_csv(folder / "addresses.csv", dtype=str, keep_default_na=False)
    houses = pyogrio.read_dataframe(folder / "address.gpkg", columns=["house_number", "address"], read_geometry=False)
    alley = houses[houses["house_number"].str.contains("/")].iloc[0]
    spoilt = {
        0: alley["address"].replace(alley["house_number"], alley["house_number"].rpartition("/")[0] + "/977"),
        1: f"9999 {children.loc[1, 'address'].partition(' ')[2]}",
        2: children.loc[2, "address"].rpartition(", ")[2],
        3: "12 Tràng Tiền, quận Hoàn Kiếm, Hà Nội",
        4: "",
    }
    for row, text in spoilt.items():
        children.loc[row, "address"] = text
    children.to_csv(tmp_path / "spoilt.csv", index=False)
    assert allocate(tmp_path / "spoilt.csv", out=tmp_path / "out") == 0
    notes = issues_of(tmp_path / "out")
    said = {(row["code"], row["severity"], int(row["row"])) for row in notes.to_dict("records") if row["row"]}
    expected = {
        ("address_alley_mouth", "warning", 2),
        ("address_street", "error", 3),
        ("address_ward", "error", 4),
        ("address_none", "error", 5),
        ("address_missing", "error", 6),
    }
    assert {each for each in said if each[0].startswith("address")} == expected
    offered = set(pd.read_csv(tmp_path / "out" / "offers.csv", dtype=str)["applicant_no"])
    assert offered == set(children["applicant_no"]) - set(children["applicant_no"][1:5])
    shares = notes[notes["code"] == "addresses_geocoded"]["hint_en"].item()
    assert all(f"{grade} {100 / len(children):.1f} % (1)" in shares for grade in ("alley mouth", "street", "ward"))
    assert "addresses_geocoded" in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")


def test_the_street_is_named_as_a_candidate_of_an_address_that_stands_aside(
    folder: Path, tmp_path: Path, allocate: Run
) -> None:
    children = pd.read_csv(folder / "addresses.csv", dtype=str, keep_default_na=False)
    _, _, rest = children.loc[0, "address"].partition(" ")
    children.loc[0, "address"] = f"9999 {rest}"
    children.to_csv(tmp_path / "spoilt.csv", index=False)
    assert allocate(tmp_path / "spoilt.csv", out=tmp_path / "out") == 0
    notes = issues_of(tmp_path / "out")
    street = rest.partition(",")[0]
    assert street in notes[notes["code"] == "address_street"]["hint_vi"].item()


def test_a_row_with_coordinates_keeps_them_and_one_without_is_placed_by_its_address(
    folder: Path, tmp_path: Path, allocate: Run
) -> None:
    by_point = pd.read_csv(folder / "points.csv", dtype=str, keep_default_na=False)
    mixed = by_point.assign(address=pd.read_csv(folder / "addresses.csv", dtype=str)["address"])
    mixed.loc[0::2, ["x", "y"]] = ""
    mixed.loc[1::2, "address"] = "nowhere at all"
    mixed.to_csv(tmp_path / "mixed.csv", index=False)
    assert allocate(tmp_path / "mixed.csv", out=tmp_path / "mixed") == 0
    assert allocate(folder / "points.csv", out=tmp_path / "points") == 0
    offers = [(tmp_path / name / "offers.csv").read_bytes() for name in ("mixed", "points")]
    assert offers[0] == offers[1]


def test_without_a_published_address_layer_it_is_said_which_layer_is_missing(
    folder: Path, tmp_path: Path, allocate: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    url = f"sqlite:///{tmp_path / 'empty.gpkg'}"
    assert allocate(folder / "addresses.csv", out=tmp_path / "out", url=url) == 1
    assert "diaban basemap import address" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
