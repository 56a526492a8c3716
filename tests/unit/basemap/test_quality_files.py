"""The report on quality for people: words, a map of findings alone, and places for a GIS."""

import base64
import io
import re
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
import shapely
from PIL import Image

from basemap.model import LayerName
from basemap.quality import check_quality
from basemap.quality_datum import datum_vector_m
from basemap.quality_files import quality_map, quality_page, write_quality
from basemap.quality_findings import QualityReport, Surroundings
from spatial.crs import HCMC

PICTURE = r"L\.imageOverlay\(\s*\"data:image/png;base64,([A-Za-z0-9+/=]+)"
EAST, NORTH = 603_701.0, 1_191_178.0


def report_of(*geometries: object, layer: LayerName = LayerName.ZONE, name: str = "Z") -> QualityReport:
    ids = [f"{name}{number}" for number in range(len(geometries))]
    frame = gpd.GeoDataFrame({"feature_id": ids}, geometry=list(geometries), crs=HCMC)
    return check_quality(frame, layer, file="zones.gpkg")


def zones(count: int, *, shift_m: float = 8.0) -> list[shapely.Polygon]:
    return [shapely.box(EAST + shift_m * i, NORTH, EAST + shift_m * i + 10, NORTH + 10) for i in range(count)]


def test_the_places_open_in_a_gis_with_features_and_measures(tmp_path: Path) -> None:
    write_quality(tmp_path, report_of(*zones(3)), source="zones.gpkg")
    places = pyogrio.read_dataframe(tmp_path / "issues.gpkg", layer="areas")
    assert places["feature_ids"].tolist() == ["Z0, Z1", "Z1, Z2"]
    assert places["area_m2"].tolist() == pytest.approx([20.0, 20.0])
    assert places.geometry.area.tolist() == pytest.approx([20.0, 20.0])
    assert places.crs == HCMC


def test_points_and_areas_stand_in_layers_of_their_own(tmp_path: Path) -> None:
    twice = [shapely.Point(EAST, NORTH)] * 2
    write_quality(tmp_path, report_of(*twice, layer=LayerName.SCHOOL), source="schools.gpkg")
    assert pyogrio.list_layers(tmp_path / "issues.gpkg").tolist() == [["points", "MultiPoint"]]


def test_without_findings_there_is_a_page_and_no_file_of_places(tmp_path: Path) -> None:
    write_quality(tmp_path, report_of(*zones(2, shift_m=30.0)), source="zones.gpkg")
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]


def test_the_page_says_every_outcome_in_both_languages_and_calls_nobody() -> None:
    page = quality_page(report_of(*zones(3)), source="zones.gpkg")
    assert "Chồng lấn <i>Overlaps</i>" in page
    assert "2 (40.00 m²)" in page
    assert "chưa kiểm tra (chưa công bố lớp phường) <i>not checked (no wards are published)</i>" in page
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert 'sandbox="allow-scripts"' in page


def test_text_from_a_file_cannot_become_script() -> None:
    page = quality_page(report_of(*zones(2), name="<script>alert(1)</script>"), source="<img src=x>.gpkg")
    assert "<script>alert" not in page
    assert "<img src=x>" not in page


def test_ten_thousand_findings_make_no_megabytes() -> None:
    report = report_of(*zones(10_001))
    assert next(each for each in report.outcomes if each.code == "overlap").found_count == 10_000
    assert len(quality_page(report, source="zones.gpkg")) < 700_000


def test_the_map_shows_findings_and_outline_as_features_and_the_layer_as_one_picture() -> None:
    pair = zones(2)
    far = [shapely.box(EAST + 50 * i, NORTH + 50, EAST + 50 * i + 10, NORTH + 60) for i in range(50)]
    few, many = (quality_map(report_of(*pair, *more), source="zones.gpkg").document() for more in ([], far))
    assert "Phạm vi của lớp" in many
    assert many.count('"Polygon"') == few.count('"Polygon"') > 0
    assert many.count("L.imageOverlay(") == few.count("L.imageOverlay(") == 1


def test_the_picture_beneath_shows_the_layer_where_it_lies() -> None:
    """Of two squares with 480 m between, the picture is coloured at either end and clear in the middle."""
    report = report_of(*[shapely.box(EAST + x, NORTH, EAST + x + 60, NORTH + 60) for x in (0, 540)])
    found = re.search(PICTURE, quality_map(report, source="zones.gpkg").document())
    assert found is not None
    alpha = np.asarray(Image.open(io.BytesIO(base64.b64decode(found.group(1)))).convert("RGBA"))[:, :, 3]
    middle = alpha.shape[0] // 2
    columns = (np.array([0.05, 0.5, 0.95]) * alpha.shape[1]).astype(int)
    seen = alpha[middle, columns] > 0
    assert seen.tolist() == [True, False, True]


def test_streets_are_drawn_in_the_style_of_their_class() -> None:
    lines = [shapely.LineString([(EAST, NORTH + 30 * i), (EAST + 500, NORTH + 30 * i)]) for i in range(3)]
    frame = gpd.GeoDataFrame(
        {"feature_id": ["1", "2", "3"], "street_class": ["alley", "arterial", None]}, geometry=lines, crs=HCMC
    )
    document = quality_map(check_quality(frame, LayerName.STREET, file="s.gpkg"), source="s.gpkg").document()
    assert document.count("L.imageOverlay(") == 1
    assert all(name in document for name in ("Hẻm</li>", "Đường chính</li>", "Đường</li>"))


def test_what_concerns_the_whole_file_stands_first_with_what_to_do_and_hides_nothing_on_the_map() -> None:
    """Moved by the datum vector, the zones miss the published ones: a frame around them says so, not a filled box."""
    west, south = np.random.default_rng(3).uniform(0, 1_000, (2, 300))
    places = shapely.box(EAST + west, NORTH + south, EAST + west + 10 + west / 90, NORTH + south + 10)
    frame = gpd.GeoDataFrame({"feature_id": [f"Z{at}" for at in range(300)]}, geometry=places, crs=HCMC)
    x, y = datum_vector_m((EAST, NORTH), crs=HCMC)
    moved = frame.set_geometry(frame.geometry.translate(-x, -y))
    around = Surroundings(published=lambda layer, _bounds: frame if layer is LayerName.ZONE else None)
    report = check_quality(moved, LayerName.ZONE, file="z.gpkg", around=around)
    page = quality_page(report, source="z.gpkg")
    assert page.index("226 m vì") < page.index("<table>")
    assert "EPSG:6960" in page
    document = quality_map(report, source="z.gpkg").document()
    assert '"LineString"' in document
    assert '"fillOpacity": 0.0' in document
