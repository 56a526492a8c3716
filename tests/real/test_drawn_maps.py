"""The 168 wards, the 322 old wards and District 7 draw: as pictures of a layer, in a file and on paper."""

import io
import os
from datetime import date
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from PIL import Image

from basemap.cartography import draw
from basemap.intake import read_layer_file
from basemap.layer_pictures import LAYER_ZOOMS, draw_layer_tile, shares_of
from basemap.map_styles import WARDS
from basemap.model import LayerName
from basemap.paper_map import PaperMap, save_paper_map
from basemap.preview import LocalMap
from basemap.tile_grid import Tile, tiles_over
from basemap.validate import validate_layer
from spatial.crs import HCMC, WGS84
from spatial.geometry import reproject_frame
from spatial.text import Text

pytestmark = pytest.mark.real

REPOSITORY = Path(__file__).resolve().parents[2]
CITY = Path(os.environ.get("DIABAN_REAL_DATA") or REPOSITORY.parent / "shared" / "data") / "hcmc"
OLD_WARDS = "wards_2019_population/Population_Ward_Level.shp"
FILES: dict[str, tuple[str, LayerName, dict[str, str], int]] = {
    "168 wards": ("wards_2025.gpkg", LayerName.WARD, {"code": "ward_code", "fullName": "name"}, 168),
    "322 old wards": (OLD_WARDS, LayerName.WARD, {"Com_ID": "ward_code", "Com_Name": "name"}, 322),
    "wards of District 7": (
        "d7/wards/Adminitration_Ward.shp",
        LayerName.WARD,
        {"Commune_ID": "ward_code", "Commune_Na": "name"},
        10,
    ),
    "streets of District 7": ("d7/roads/RoadNetwork_UTM48N.shp", LayerName.STREET, {"RoadWidth": "width_m"}, 659),
}


def features(name: str) -> tuple[gpd.GeoDataFrame, LayerName]:
    path, layer, columns, count = FILES[name]
    intake = read_layer_file(CITY / path, layer, column_map=columns)
    accepted = validate_layer(intake.frame, layer, file=intake.file).accepted
    assert len(accepted) == count
    return reproject_frame(accepted, HCMC), layer


def first_tile(frame: gpd.GeoDataFrame, zoom: int) -> Tile:
    """Return the tile in which a point of the first feature lies."""
    point = reproject_frame(frame.iloc[:1], WGS84).geometry.iloc[0].representative_point()
    columns, rows = tiles_over((point.x, point.y, point.x, point.y), zoom)
    return Tile(zoom=zoom, column=columns.start, row=rows.start)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("zoom", [LAYER_ZOOMS.start, 13, 16])
def test_it_draws_as_pictures_of_a_layer(name: str, zoom: int) -> None:
    frame, layer = features(name)
    column = [share.chosen for share in shares_of(layer)]
    drawn = [
        (share, frame if chosen is None else frame[frame[chosen[0]].fillna("").isin(chosen[1])])
        for share, chosen in zip(shares_of(layer), column, strict=True)
    ]
    png = draw_layer_tile(layer, first_tile(frame, zoom), drawn)
    opacity = np.asarray(Image.open(io.BytesIO(png)).convert("RGBA"))[:, :, 3]
    assert opacity.max() > 0
    assert len(png) < 60_000


@pytest.mark.parametrize("name", FILES)
def test_it_draws_in_a_file_under_three_megabytes_that_needs_nothing_else(name: str) -> None:
    frame, _ = features(name)
    local_map = LocalMap(title=Text(name, name))
    draw(local_map, frame, WARDS)
    document = local_map.document()
    assert len(document) < 3_000_000
    assert "imageOverlay" in document.split("<main>")[1] or '"FeatureCollection"' in document.split("<main>")[1]


@pytest.mark.parametrize("name", FILES)
def test_it_draws_on_paper_and_ink_lies_where_the_features_lie(name: str, tmp_path: Path) -> None:
    frame, layer = features(name)
    min_x, min_y, max_x, max_y = frame.total_bounds.tolist()
    made = PaperMap(
        title=Text(name, name),
        bounds=(min_x, min_y, max_x, max_y),
        crs=HCMC,
        parts=[(shares_of(layer)[-1].style if layer is LayerName.WARD else shares_of(layer)[1].style, frame)],
        source=Text("Nguồn: thử.", "Source: trial."),
        printed_on=date(2026, 11, 22),
    )
    layout = save_paper_map(tmp_path / "map.png", made)
    shown_m2 = (layout.map_width_mm * layout.map_height_mm) * (layout.scale_denominator / 1000) ** 2
    assert shapely.box(min_x, min_y, max_x, max_y).area < shown_m2
    pixels = np.asarray(Image.open(tmp_path / "map.png").convert("RGB")).astype(int)
    middle = pixels[400:-500, 150:-150]
    assert (np.abs(middle - (0xEE, 0xF1, 0xEA)).max(axis=2) > 20).mean() > 0.005
