"""``diaban basemap map``, as typed: a published layer on an A4 sheet."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

Run = Callable[..., Any]


@pytest.fixture
def diaban(typed: Run) -> Run:
    """Run ``diaban basemap …``."""
    return partial(typed, "basemap")


def test_a_published_layer_goes_to_pdf_and_one_ward_is_drawn_larger(
    diaban: Run, two_wards: Path, tmp_path: Path
) -> None:
    """Two wards lie 2.2 km by 1.1 km, one 1.1 km square; lying or upright, A4 holds both at 1:10 000."""
    assert diaban("import", "ward", two_wards, "--publish").exit_code == 0
    whole = diaban("map", "ward", "--out", tmp_path / "all.pdf")
    assert (tmp_path / "all.pdf").read_bytes().startswith(b"%PDF-")
    one = diaban("map", "ward", "--ward", "26743", "--out", tmp_path / "one.png", "--title", "Bến Thành")
    with Image.open(tmp_path / "one.png") as picture:
        assert picture.format == "PNG"
    assert [each.exit_code for each in (whole, one)] == [0, 0]
    assert [each.stderr.count("scale 1:10000") for each in (whole, one)] == [1, 1]


@pytest.mark.parametrize("words", [("map", "ward", "--out", "a.gif"), ("map", "ward", "--ward", "1", "--out", "a.png")])
def test_a_wrong_kind_of_file_or_ward_is_bad_input(diaban: Run, two_wards: Path, words: tuple[str, ...]) -> None:
    assert diaban("import", "ward", two_wards, "--publish").exit_code == 0
    assert diaban(*words).exit_code == 2
    assert not Path(words[-1]).exists()


def test_what_is_not_published_cannot_be_printed(diaban: Run, tmp_path: Path) -> None:
    assert diaban("map", "parcel", "--out", tmp_path / "a.png").exit_code != 0
    assert not (tmp_path / "a.png").exists()
