"""A map for paper says how long things are, and its lengths are true."""

from datetime import date
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from PIL import Image

from basemap.map_styles import PARCEL, Style
from basemap.paper_map import DOTS_PER_INCH, PaperMap, bar_length_m, layout_of, save_paper_map
from spatial.errors import InputError
from spatial.text import Text

CRS = "EPSG:9210"
WEST, SOUTH = 600_000.0, 1_190_000.0
RED = Style(label=Text("Đỏ", "Red"), stroke="#ff0000", fill="#ff0000", fill_opacity_ratio=1.0)


def sheet(*shapes: shapely.Geometry, bounds: tuple[float, float, float, float], **also: object) -> PaperMap:
    frame = gpd.GeoDataFrame(geometry=list(shapes), crs=CRS)
    given: dict[str, object] = {
        "title": Text("Bản đồ thử", "Trial map"),
        "bounds": bounds,
        "crs": CRS,
        "parts": [(RED, frame)],
        "source": Text("Nguồn: bản 3.", "Source: version 3."),
        "printed_on": date(2026, 11, 22),
    }
    return PaperMap(**(given | also))  # type: ignore[arg-type]


@pytest.mark.parametrize(("wide_m", "high_m"), [(1000, 2000), (2000, 1000), (37, 37), (80_000, 50_000), (0, 0)])
def test_everything_fits_the_frame_at_a_round_scale(wide_m: float, high_m: float) -> None:
    """Cartographers' scales: 1, 2, 2.5 or 5 times a power of ten."""
    layout = layout_of((WEST, SOUTH, WEST + wide_m, SOUTH + high_m))
    assert layout.map_width_mm / 1000 * layout.scale_denominator >= wide_m
    assert layout.map_height_mm / 1000 * layout.scale_denominator >= high_m
    assert float(f"{layout.scale_denominator:e}".split("e")[0]) in {1, 2, 2.5, 5}
    assert {layout.page_width_mm, layout.page_height_mm} == {210, 297}


def test_a_wide_ground_lies_on_a_lying_sheet() -> None:
    assert layout_of((0, 0, 3000, 1000)).page_width_mm == 297
    assert layout_of((0, 0, 1000, 3000)).page_width_mm == 210


@pytest.mark.parametrize(("scale", "length_m"), [(500, 20), (1000, 50), (5000, 200), (10_000, 500), (25_000, 1000)])
def test_the_scale_bar_is_the_longest_round_length_within_six_centimetres(scale: float, length_m: float) -> None:
    assert bar_length_m(scale) == length_m
    assert length_m / scale <= 0.06


def test_a_hundred_metres_on_the_ground_measure_right_on_the_sheet(tmp_path: Path) -> None:
    """At 1:1 000 a square of 100 m is 100 mm: 787 dots at 200 dots an inch."""
    square = shapely.box(WEST + 40, SOUTH + 50, WEST + 140, SOUTH + 150)
    path = tmp_path / "map.png"
    layout = save_paper_map(path, sheet(square, bounds=(WEST, SOUTH, WEST + 180, SOUTH + 200)))
    assert layout.scale_denominator == 1000
    picture = Image.open(path)
    assert picture.size == (round(210 / 25.4 * DOTS_PER_INCH), round(297 / 25.4 * DOTS_PER_INCH))
    pixels = np.asarray(picture.convert("RGB")).astype(int)
    red = (pixels[:, :, 0] > 240) & (pixels[:, :, 1] < 40)
    top = round((12 + 15) / 25.4 * DOTS_PER_INCH)
    frame = red[top : top + round(layout.map_height_mm / 25.4 * DOTS_PER_INCH)]
    assert frame.any(axis=0).sum() == pytest.approx(787, abs=6)
    assert frame.any(axis=1).sum() == pytest.approx(787, abs=6)


def test_the_same_map_is_the_same_file_and_another_day_is_not(tmp_path: Path) -> None:
    square, bounds = shapely.box(WEST, SOUTH, WEST + 100, SOUTH + 100), (WEST, SOUTH, WEST + 100, SOUTH + 100)
    for name in ("a.pdf", "b.pdf"):
        save_paper_map(tmp_path / name, sheet(square, bounds=bounds))
    save_paper_map(tmp_path / "c.pdf", sheet(square, bounds=bounds, printed_on=date(2026, 11, 23)))
    assert (tmp_path / "a.pdf").read_bytes() == (tmp_path / "b.pdf").read_bytes()
    assert (tmp_path / "a.pdf").read_bytes() != (tmp_path / "c.pdf").read_bytes()
    assert (tmp_path / "a.pdf").read_bytes().startswith(b"%PDF-")


def test_it_says_title_and_source_in_the_readers_language(tmp_path: Path) -> None:
    """Drawn words cannot be read back; another word must change the picture."""
    bounds = (WEST, SOUTH, WEST + 100, SOUTH + 100)
    square = shapely.box(*bounds)
    made = {
        "vi": sheet(square, bounds=bounds),
        "en": sheet(square, bounds=bounds, language="en"),
        "source": sheet(square, bounds=bounds, source=Text("Nguồn: bản 4.", "Source: version 4.")),
        "legend": sheet(square, bounds=bounds, parts=[(PARCEL, gpd.GeoDataFrame(geometry=[square], crs=CRS))]),
    }
    for name, each in made.items():
        save_paper_map(tmp_path / f"{name}.png", each)
    assert len({(tmp_path / f"{name}.png").read_bytes() for name in made}) == 4


@pytest.mark.parametrize("name", ["map.jpg", "map", "map.html"])
def test_another_kind_of_file_is_refused_before_anything_is_written(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="PNG"):
        save_paper_map(tmp_path / name, sheet(bounds=(0, 0, 1, 1)))
    assert list(tmp_path.iterdir()) == []


def test_degrees_are_no_lengths(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"metres|mét"):
        save_paper_map(tmp_path / "map.png", sheet(bounds=(106, 10, 107, 11), crs="EPSG:4326"))
