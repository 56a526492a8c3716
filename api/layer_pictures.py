"""Pictures of whole layers: drawn once for each version, kept on disk, and never outside the layer."""

from pathlib import Path

import numpy as np
import shapely
from fastapi import Request

from api.background import Backgrounds, Ground, is_inside
from api.dependencies import DatabaseDoor
from api.ogc_figures import EditionFigures
from api.tile_source import TileSource
from basemap import feature_store
from basemap.layer_pictures import draw_layer_tile, shares_of
from basemap.model import LayerName, LayerVersionId
from basemap.tile_grid import Box, Tile
from basemap.tile_queries import read_for_background
from spatial.crs import WGS84, transformer
from spatial.db import Bounds, Database

MOST_BYTES_OF_A_LAYER = 50_000_000
_POINTS_ON_AN_EDGE_COUNT = 9


class LayerPictures:
    """The pictures of an installation's layers; kept in ``app.state.layer_pictures``."""

    def __init__(self, directory: Path, door: DatabaseDoor, *, source: TileSource, figures: EditionFigures) -> None:
        self._door, self._source, self._figures = door, source, figures
        self._kept = {
            layer: Backgrounds(directory / layer.value, paint=_paint, most_bytes=MOST_BYTES_OF_A_LAYER)
            for layer in LayerName
        }

    async def picture(self, layer: LayerName, version_id: LayerVersionId, *, tile: Tile) -> bytes | None:
        """Return a picture, drawn now or before; None where the layer has nothing.

        Raises
        ------
        Busy
            Too many are waiting.
        """
        state, kept = ((layer, version_id),), self._kept[layer]
        if (found := kept.find(state, tile)) is not None:
            return found
        return await self._source.in_turn(lambda: self._draw(layer, state, tile))

    def bounds(self, layer: LayerName) -> Box | None:
        """Return west, south, east, north of the published version; None when it is empty or there is none."""
        database = self._door.open()
        with database.transaction() as session:
            edition = feature_store.find_edition(session, layer)
            box = None if edition is None else self._figures.extent(session, layer, edition)
        return None if box is None else _in_degrees(box, crs=database.crs)

    def _draw(self, layer: LayerName, state: Ground, tile: Tile) -> bytes | None:
        bounds = self.bounds(layer)
        if bounds is None or not is_inside(tile, bounds):
            return None
        return self._kept[layer].draw(self._door.open(), state, tile=tile)


def layer_pictures_of(request: Request) -> LayerPictures:
    """Return the pictures of the server that was asked."""
    pictures: LayerPictures = request.app.state.layer_pictures
    return pictures


def _paint(database: Database, state: Ground, tile: Tile) -> bytes:
    ((layer, version_id),) = state
    with database.transaction() as session:
        drawn = [
            (share, read_for_background(session, layer, version_id, tile=tile, chosen=share.chosen))
            for share in shares_of(layer)
        ]
    return draw_layer_tile(layer, tile, drawn)


def _in_degrees(box: Bounds, *, crs: str) -> Box:
    """Return a box in degrees that holds ``box``, with a metre to spare: a single point has no extent."""
    wider = shapely.box(*box).buffer(1.0, join_style="mitre")
    outline = shapely.segmentize(wider, max(wider.length / 4 / _POINTS_ON_AN_EDGE_COUNT, 1.0))
    degrees = transformer(crs, WGS84)(shapely.get_coordinates(outline))
    (west, south), (east, north) = np.round(degrees.min(axis=0), 6), np.round(degrees.max(axis=0), 6)
    return (float(west), float(south), float(east), float(north))
