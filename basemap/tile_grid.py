"""The grid of square tiles that web maps are cut into: WebMercatorQuad, row 0 in the north, column 0 in the west.

References
----------
OGC 17-083r4, Two Dimensional Tile Matrix Set, annex D.1 (WebMercatorQuad).
"""

import math
from dataclasses import dataclass

import numpy as np
import shapely

from spatial.crs import WEB_MERCATOR, WGS84, transformer

TILE_MATRIX_SET = "WebMercatorQuad"
DEEPEST_ZOOM = 24
UNITS_PER_TILE_COUNT = 4096
"""Coordinates inside a vector tile are whole numbers from 0 to this, from the north-west corner."""

_HALF_WORLD_M = math.pi * 6_378_137.0
_POINTS_ON_AN_EDGE_COUNT = 9

Box = tuple[float, float, float, float]
"""min_x, min_y, max_x, max_y."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """One square of the grid."""

    zoom: int
    column: int
    row: int

    @property
    def exists(self) -> bool:
        """Whether the grid has such a tile."""
        if not 0 <= self.zoom <= DEEPEST_ZOOM:
            return False
        return 0 <= self.column < 1 << self.zoom and 0 <= self.row < 1 << self.zoom

    @property
    def side_m(self) -> float:
        """Length of a side in metres of Web Mercator, which are longer than those on the ground."""
        return math.ldexp(2 * _HALF_WORLD_M, -self.zoom)

    @property
    def bounds_mercator(self) -> Box:
        """Edges in EPSG:3857."""
        west = self.column * self.side_m - _HALF_WORLD_M
        north = _HALF_WORLD_M - self.row * self.side_m
        return (west, north - self.side_m, west + self.side_m, north)

    def bounds_in(self, crs: str, *, margin_ratio: float = 0.0) -> Box:
        """Return a box in ``crs`` that holds the whole tile, widened by a share of its side.

        The tile's edges are curves in ``crs``: points along them are taken there over the pinned operation, and a
        thousandth of the side covers what lies between them.
        """
        west, south, east, north = self.bounds_mercator
        margin_m = self.side_m * (margin_ratio + 0.001)
        wider = shapely.box(west - margin_m, south - margin_m, east + margin_m, north + margin_m)
        outline = shapely.segmentize(wider, self.side_m / _POINTS_ON_AN_EDGE_COUNT)
        return _box(transformer(WEB_MERCATOR, crs)(shapely.get_coordinates(outline)))

    @property
    def bounds_degrees(self) -> Box:
        """West, south, east, north."""
        corners = np.array(self.bounds_mercator).reshape(2, 2)
        return _box(transformer(WEB_MERCATOR, WGS84)(corners))


def tiles_over(bounds_degrees: Box, zoom: int) -> tuple[range, range]:
    """Return the columns and rows of ``zoom`` that meet a box of west, south, east, north."""
    corners = transformer(WGS84, WEB_MERCATOR)(np.array(bounds_degrees).reshape(2, 2))
    (west, south), (east, north) = corners.tolist()
    side_m = Tile(zoom=zoom, column=0, row=0).side_m
    last = (1 << zoom) - 1

    def number(distance_m: float) -> int:
        return min(max(math.floor(distance_m / side_m), 0), last)

    columns = range(number(west + _HALF_WORLD_M), number(east + _HALF_WORLD_M) + 1)
    return columns, range(number(_HALF_WORLD_M - north), number(_HALF_WORLD_M - south) + 1)


def _box(points: np.ndarray) -> Box:
    (min_x, min_y), (max_x, max_y) = points.min(axis=0).tolist(), points.max(axis=0).tolist()
    return (min_x, min_y, max_x, max_y)
