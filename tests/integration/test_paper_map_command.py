"""``diaban basemap map``, as typed: a published layer on an A4 sheet."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import geopandas as gpd
import pyogrio
import pytest
import shapely
from PIL import Image

from api import cli
from api.settings import settings

Run = Callable[..., int]


@pytest.fixture
def diaban(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Run ``diaban basemap …`` on a store of its own and return the exit code."""

    def run(*words: object) -> int:
        monkeypatch.setattr(sys, "argv", ["diaban", "basemap", *(str(word) for word in words)])
        settings.cache_clear()
        with pytest.raises(SystemExit) as ended:
            cli.main()
        return int(ended.value.code or 0)

    monkeypatch.setenv("DIABAN_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("DIABAN_LANGUAGE", "en")
    monkeypatch.delenv("DIABAN_DATABASE_URL", raising=False)
    yield run
    settings.cache_clear()


@pytest.fixture
def wards(tmp_path: Path) -> Path:
    path = tmp_path / "wards.gpkg"
    frame = gpd.GeoDataFrame(
        {"ward_code": ["26743", "26744"], "name": ["Bến Thành", "Sài Gòn"]},
        geometry=[shapely.box(106.69 + i / 100, 10.76, 106.70 + i / 100, 10.77) for i in range(2)],
        crs=4326,
    )
    pyogrio.write_dataframe(frame, path)
    return path


def test_a_published_layer_goes_to_pdf_and_one_ward_is_drawn_larger(
    diaban: Run, wards: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two wards lie 2.2 km by 1.1 km, one 1.1 km square; lying or upright, A4 holds both at 1:10 000."""
    assert diaban("import", "ward", wards, "--publish") == 0
    assert diaban("map", "ward", "--out", tmp_path / "all.pdf") == 0
    assert (tmp_path / "all.pdf").read_bytes().startswith(b"%PDF-")
    assert diaban("map", "ward", "--ward", "26743", "--out", tmp_path / "one.png", "--title", "Bến Thành") == 0
    with Image.open(tmp_path / "one.png") as picture:
        assert picture.format == "PNG"
    assert capsys.readouterr().err.count("scale 1:10000") == 2


@pytest.mark.parametrize("words", [("map", "ward", "--out", "a.gif"), ("map", "ward", "--ward", "1", "--out", "a.png")])
def test_a_wrong_kind_of_file_or_ward_is_bad_input(diaban: Run, wards: Path, words: tuple[str, ...]) -> None:
    assert diaban("import", "ward", wards, "--publish") == 0
    assert diaban(*words) == 2
    assert not Path(words[-1]).exists()


def test_what_is_not_published_cannot_be_printed(diaban: Run, tmp_path: Path) -> None:
    assert diaban("map", "parcel", "--out", tmp_path / "a.png") != 0
    assert not (tmp_path / "a.png").exists()
