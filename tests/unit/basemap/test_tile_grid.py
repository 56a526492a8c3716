import math

import numpy as np
import pytest

from basemap.tile_grid import DEEPEST_ZOOM, Tile, tiles_over
from spatial.crs import HCMC, WEB_MERCATOR, transformer


def slippy(lon: float, lat: float, zoom: int) -> tuple[int, int]:
    """The formula that every web map is written with (OpenStreetMap wiki, Slippy map tilenames)."""
    radians = math.radians(lat)
    row = (1 - math.asinh(math.tan(radians)) / math.pi) / 2
    return math.floor((lon + 180) / 360 * 2**zoom), math.floor(row * 2**zoom)


@pytest.mark.parametrize("zoom", [0, 1, 10, 16, 19])
@pytest.mark.parametrize(("lon", "lat"), [(106.70, 10.77), (106.5, 11.1), (-70.0, -33.4), (0.1, 0.1)])
def test_a_place_lies_in_the_tile_of_the_published_formula(lon: float, lat: float, zoom: int) -> None:
    columns, rows = tiles_over((lon, lat, lon, lat), zoom)
    assert ((columns.start, rows.start), len(columns), len(rows)) == (slippy(lon, lat, zoom), 1, 1)


def test_the_one_tile_of_zoom_0_is_the_world_of_the_standard() -> None:
    """OGC 17-083r4, annex D.1: the origin is (-20037508.3427892, 20037508.3427892)."""
    half = 20_037_508.3427892
    assert Tile(zoom=0, column=0, row=0).bounds_mercator == pytest.approx((-half, -half, half, half), abs=1e-6)


def test_neighbours_share_their_edge() -> None:
    here, east = Tile(zoom=16, column=52_191, row=30_804), Tile(zoom=16, column=52_192, row=30_804)
    south = Tile(zoom=16, column=52_191, row=30_805)
    assert here.bounds_mercator[2] == pytest.approx(east.bounds_mercator[0], abs=1e-6)
    assert here.bounds_mercator[1] == pytest.approx(south.bounds_mercator[3], abs=1e-6)


@pytest.mark.parametrize("zoom", [10, 13, 17])
def test_the_box_in_the_storage_system_holds_the_whole_tile(zoom: int) -> None:
    columns, rows = tiles_over((106.7, 10.77, 106.7, 10.77), zoom)
    tile = Tile(zoom=zoom, column=columns.start, row=rows.start)
    west, south, east, north = tile.bounds_mercator
    inside = np.stack(np.meshgrid(np.linspace(west, east, 50), np.linspace(south, north, 50)), axis=-1).reshape(-1, 2)
    points = transformer(WEB_MERCATOR, HCMC)(inside)
    min_x, min_y, max_x, max_y = tile.bounds_in(HCMC)
    assert (points >= (min_x, min_y)).all()
    assert (points <= (max_x, max_y)).all()
    assert max_x - min_x < 1.2 * tile.side_m


@pytest.mark.parametrize(
    ("zoom", "column", "row"),
    [(-1, 0, 0), (DEEPEST_ZOOM + 1, 0, 0), (30, 0, 0), (3, 8, 0), (3, 0, 8), (3, -1, 0), (0, 1, 0), (10, 10**9, 1)],
)
def test_there_is_no_tile_outside_the_grid(zoom: int, column: int, row: int) -> None:
    assert not Tile(zoom=zoom, column=column, row=row).exists


def test_a_box_beyond_the_world_is_cut_to_it() -> None:
    columns, rows = tiles_over((-180.0, -85.06, 180.0, 85.06), 2)
    assert (columns, rows) == (range(4), range(4))
