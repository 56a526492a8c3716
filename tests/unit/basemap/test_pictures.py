"""Pictures show shapes where they lie, from near and from afar, and stay clear elsewhere."""

import io

import geopandas as gpd
import numpy as np
import pytest
import shapely
from PIL import Image, ImageColor

from basemap.layer_pictures import LAYER_ZOOMS, draw_layer_tile, shares_of
from basemap.map_styles import LAYER_SHARES, Style
from basemap.model import LAYERS, LayerName, Shape
from basemap.pictures import Picture, Sheet
from basemap.tile_grid import Tile, tiles_over
from spatial.crs import WEB_MERCATOR, WGS84, transformer
from spatial.text import Text

CRS = "EPSG:9210"
SHEET = Sheet(crs=CRS, bounds=(600_000, 1_190_000, 600_400, 1_190_200), width_px=400, height_px=200)
SOLID = Style(label=Text("", ""), stroke="#000000", fill="#ff0000", stroke_px=1.0, fill_opacity_ratio=1.0)
TILE = Tile(zoom=16, column=52_191, row=30_804)


def frame(*geometries: shapely.Geometry, crs: str = CRS) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(geometry=list(geometries), crs=crs)


def seen(png: bytes) -> np.ndarray:
    """Return red, green, blue and opacity by row and column."""
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGBA")).astype(int)


def test_a_clear_picture_is_opaque_only_where_something_lies_and_north_is_up() -> None:
    """A metre is a pixel here: 100 to 200 m east and 50 to 100 m north of the corner."""
    picture = Picture(SHEET, ground=None)
    picture.draw(frame(shapely.box(600_100, 1_190_050, 600_200, 1_190_100)), SOLID)
    pixels = seen(picture.png())
    assert pixels.shape == (200, 400, 4)
    assert (pixels[105:145, 105:195, 3] == 255).all()
    assert (pixels[105:145, 105:195, 0] >= 250).all()
    away = np.ones((200, 400), dtype=bool)
    away[97:153, 97:203] = False
    assert (pixels[away][:, 3] == 0).all()


def test_what_is_smaller_than_a_pixel_is_still_seen_where_it_lies() -> None:
    picture = Picture(SHEET, ground=None)
    picture.draw(frame(shapely.box(600_300, 1_190_150, 600_300.3, 1_190_150.3)), SOLID)
    rows, columns = np.nonzero(seen(picture.png())[:, :, 3])
    assert {49, 50} >= set(rows)
    assert {299, 300} >= set(columns)
    assert len(rows) >= 1


def test_half_opaque_areas_keep_their_colour_on_a_clear_picture() -> None:
    """Blending with a clear black canvas would make a light red dark."""
    picture = Picture(SHEET, ground=None)
    half = Style(label=Text("", ""), stroke="#ff0000", fill="#ff0000", fill_opacity_ratio=0.5)
    picture.draw(frame(shapely.box(600_100, 1_190_050, 600_300, 1_190_150)), half)
    red, green, blue, opacity = seen(picture.png())[100, 200]
    assert red >= 245
    assert green <= 10
    assert blue <= 10
    assert opacity == pytest.approx(128, abs=6)


def test_a_hole_stays_clear() -> None:
    picture = Picture(SHEET, ground=None)
    ring = shapely.box(600_100, 1_190_050, 600_300, 1_190_150).difference(
        shapely.box(600_150, 1_190_080, 600_250, 1_190_120)
    )
    picture.draw(frame(ring), SOLID)
    assert seen(picture.png())[100, 200, 3] == 0


def test_a_shape_that_crosses_itself_fills_itself_and_not_the_whole_picture() -> None:
    """Its tip stands 50 m in the picture at the right edge of the lower end; GEOS cuts such a shape to all of it."""
    crooked = shapely.Polygon([(600_250, 1_189_600), (600_600, 1_189_800), (600_500, 1_189_450), (600_400, 1_190_050)])
    assert not shapely.is_valid(crooked)
    picture = Picture(SHEET, ground=None)
    picture.draw(frame(crooked), SOLID)
    opacity = seen(picture.png())[:, :, 3]
    assert (opacity[:145] == 0).all()
    assert (opacity[:, :370] == 0).all()
    assert opacity[190, 396] == 255


def test_a_thousand_specks_cover_as_much_as_they_measure() -> None:
    """An oracle: 40 x 25 squares of 1 m every 2 m, a quarter of 80 m x 50 m; opacity says how much of a pixel."""
    squares = [
        shapely.box(600_100 + 2 * x, 1_190_050 + 2 * y, 600_101 + 2 * x, 1_190_051 + 2 * y)
        for x in range(40)
        for y in range(25)
    ]
    picture = Picture(SHEET, ground=None)
    picture.draw(frame(*squares), SOLID)
    assert seen(picture.png())[:, :, 3].sum() / 255 == pytest.approx(1000, rel=0.1)


@pytest.mark.parametrize("layer", list(LayerName))
@pytest.mark.parametrize("zoom", [LAYER_ZOOMS.start, 14, LAYER_ZOOMS.stop - 1])
def test_every_layer_is_seen_at_every_zoom(layer: LayerName, zoom: int) -> None:
    west, south, east, north = TILE.bounds_mercator
    x, y = (west + east) / 2 + 40, (south + north) / 2 + 30
    longitude, latitude = transformer(WEB_MERCATOR, WGS84)(np.array([[x, y]]))[0].tolist()
    columns, rows = tiles_over((longitude, latitude, longitude, latitude), zoom)
    tile = Tile(zoom=zoom, column=columns.start, row=rows.start)
    shape = {
        Shape.POINT: shapely.Point(x, y),
        Shape.LINE: shapely.LineString([(x - 20, y - 20), (x + 20, y + 3)]),
        Shape.AREA: shapely.box(x - 20, y - 20, x + 20, y + 20),
    }[LAYERS[layer].shape]
    (share, *_) = shares_of(layer)
    png = draw_layer_tile(layer, tile, [(share, frame(shape, crs=WEB_MERCATOR))])
    assert seen(png)[:, :, 3].max() > 0
    assert png == draw_layer_tile(layer, tile, [(share, frame(shape, crs=WEB_MERCATOR))])


def test_an_empty_tile_is_clear_and_small() -> None:
    png = draw_layer_tile(LayerName.PARCEL, TILE, [(share, frame()) for share in shares_of(LayerName.PARCEL)])
    assert (seen(png)[:, :, 3] == 0).all()
    assert len(png) < 1000


def contrast(colour: str, paper: str) -> float:
    """Contrast ratio of two colours (WCAG 2.1, relative luminance)."""

    def luminance(each: str) -> float:
        parts = [part / 255 for part in ImageColor.getrgb(each)[:3]]
        red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    light, dark = sorted((luminance(colour), luminance(paper)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("layer", list(LayerName))
def test_a_layer_stands_out_from_the_ground_as_wcag_asks_of_graphics(layer: LayerName) -> None:
    """WCAG 2.1, 1.4.11: 3 to 1 for what is needed to understand a graphic; the ground is the ward's paper."""
    for share in LAYER_SHARES[layer]:
        colour = share.style.fill if share.style.shape == "circle" else share.style.stroke
        assert contrast(colour, "#fbf8f0") >= 3, share.style.label.en
