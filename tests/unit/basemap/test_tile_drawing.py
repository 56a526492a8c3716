"""Backgrounds show what they should, in our colours, and nothing that tells of a person."""

import io
import itertools

import geopandas as gpd
import numpy as np
import shapely
from PIL import Image, ImageColor

from basemap import map_styles as look
from basemap.model import LayerName
from basemap.tile_drawing import GROUND, INGREDIENTS, TILE_SIDE_PX, ZOOMS, Ingredient, draw_background, ingredients_at
from basemap.tile_grid import Tile
from spatial.crs import WEB_MERCATOR

TILE = Tile(zoom=16, column=52_191, row=30_804)


def frame(*geometries: shapely.Geometry) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"feature_id": [str(n) for n in range(len(geometries))]}, geometry=list(geometries), crs=WEB_MERCATOR
    )


def box_of_tile(from_ratio: float, to_ratio: float) -> shapely.Polygon:
    west, south, _, _ = TILE.bounds_mercator
    low, high = from_ratio * TILE.side_m, to_ratio * TILE.side_m
    return shapely.box(west + low, south + low, west + high, south + high)


def ingredient(layer: LayerName, *, values: tuple[str, ...] | None = None) -> Ingredient:
    return next(
        each
        for each in INGREDIENTS
        if each.layer is layer and (values is None or (each.chosen or ("", ()))[1] == values)
    )


WATER = ingredient(LayerName.ZONE, values=look.WATER_USES)


def pixels(png: bytes) -> np.ndarray:
    picture = Image.open(io.BytesIO(png))
    assert picture.format == "PNG"
    assert picture.size == (TILE_SIDE_PX, TILE_SIDE_PX)
    return np.asarray(picture.convert("RGB")).astype(int)


def assert_colour(seen: np.ndarray, wanted: str) -> None:
    assert np.abs(seen - ImageColor.getrgb(wanted)).max() <= 2


def test_without_features_a_tile_is_plain_ground() -> None:
    assert_colour(pixels(draw_background(TILE, [])), GROUND)
    assert_colour(pixels(draw_background(TILE, [(WATER, frame())])), GROUND)


def test_water_stands_where_it_lies_and_north_is_up() -> None:
    west, _, east, north = TILE.bounds_mercator
    upper_third = shapely.box(west, north - TILE.side_m / 3, east, north)
    seen = pixels(draw_background(TILE, [(WATER, frame(upper_third))]))
    assert_colour(seen[10:75, 10:-10], look.WATER.fill)
    assert_colour(seen[95:, :], GROUND)


def test_an_island_stays_dry() -> None:
    lake = box_of_tile(0.1, 0.9).difference(box_of_tile(0.4, 0.6))
    seen = pixels(draw_background(TILE, [(WATER, frame(lake))]))
    assert_colour(seen[124:132, 124:132], GROUND)
    assert_colour(seen[124:132, 60:80], look.WATER.fill)


def test_edges_of_neighbouring_tiles_meet() -> None:
    """A street over the border leaves one tile at the height at which it enters the next."""
    west, south, east, _ = TILE.bounds_mercator
    street = shapely.LineString([(west, south + 100), (east + TILE.side_m, south + 400)])
    arterial = ingredient(LayerName.STREET, values=("motorway", "arterial"))
    beside = Tile(zoom=TILE.zoom, column=TILE.column + 1, row=TILE.row)
    left, right = (pixels(draw_background(tile, [(arterial, frame(street))])) for tile in (TILE, beside))
    assert np.abs(left[:, -1] - right[:, 0]).mean() < 6


def test_the_same_features_make_the_same_bytes() -> None:
    drawn = [(WATER, frame(box_of_tile(0.2, 0.7)))]
    assert draw_background(TILE, drawn) == draw_background(TILE, drawn)


def test_shapes_that_reach_far_outside_or_collapse_do_no_harm() -> None:
    huge = shapely.box(-2e7, -2e7, 2e7, 2e7)
    sliver = shapely.Polygon([(0, 0), (1e-9, 0), (0, 1e-9)])
    seen = pixels(draw_background(TILE, [(WATER, frame(huge, sliver, shapely.Polygon()))]))
    assert_colour(seen, look.WATER.fill)


def test_no_background_shows_a_point_or_a_school_or_an_address() -> None:
    assert {each.layer for each in INGREDIENTS}.isdisjoint({LayerName.SCHOOL, LayerName.ADDRESS})


def test_the_farther_off_the_less_is_drawn() -> None:
    counts = [len(ingredients_at(zoom)) for zoom in ZOOMS]
    assert all(near >= far for far, near in itertools.pairwise(counts))
    assert {each.layer for each in ingredients_at(10)} <= {LayerName.WARD, LayerName.ZONE, LayerName.STREET}
