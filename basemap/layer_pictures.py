"""Pictures of a whole layer, clear where nothing lies: on a map they stand above the background.

A layer of a hundred thousand features reaches a phone as some dozen pictures of a few kilobytes, from either store and
without a script that draws. What a feature says is asked for where the reader points.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import geopandas as gpd

from basemap.map_styles import LAYER_SHARES, Share
from basemap.model import LayerName
from basemap.pictures import Picture, Sheet
from basemap.tile_drawing import TILE_SIDE_PX, ZOOMS
from basemap.tile_grid import Tile
from spatial.crs import WEB_MERCATOR

LAYER_ZOOMS = ZOOMS
"""Zoom levels at which layers are drawn; maps enlarge the last."""

_OUTLINES = MappingProxyType({10: 0.4, 11: 0.4, 12: 0.5, 13: 0.6, 14: 0.6, 15: 0.7, 16: 0.8})
_WIDTH_RATIOS: Mapping[LayerName, Mapping[int, float]] = MappingProxyType(
    {
        LayerName.SCHOOL: {10: 0.5, 11: 0.5, 12: 0.6, 13: 0.7, 14: 0.8},
        LayerName.ADDRESS: {10: 0.3, 11: 0.3, 12: 0.3, 13: 0.3, 14: 0.3, 15: 0.3, 16: 0.45, 17: 0.7},
    }
)


def shares_of(layer: LayerName) -> tuple[Share, ...]:
    """Return the parts of a layer that are drawn each in its style, the lowest first."""
    return LAYER_SHARES[layer]


def draw_layer_tile(layer: LayerName, tile: Tile, drawn: Sequence[tuple[Share, gpd.GeoDataFrame]]) -> bytes:
    """Return a tile of a layer as PNG, 256 x 256 pixels; the same bytes for the same features.

    Parameters
    ----------
    drawn
        Features of each part, in any coordinate system, the lowest first.
    """
    sheet = Sheet(crs=WEB_MERCATOR, bounds=tile.bounds_mercator, width_px=TILE_SIDE_PX, height_px=TILE_SIDE_PX)
    picture = Picture(sheet, ground=None)
    ratios = _WIDTH_RATIOS.get(layer, _OUTLINES)
    for share, frame in drawn:
        picture.draw(frame, share.style, width_ratio=ratios.get(tile.zoom, 1.0))
    return picture.png()
