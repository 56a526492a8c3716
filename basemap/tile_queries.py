"""What pictures of the ground are drawn from: the published rows of the store near a tile."""

import geopandas as gpd
from sqlalchemy import Table, func
from sqlalchemy.orm import Session

from basemap.model import LayerName, LayerVersionId
from basemap.tables import FEATURE_ROWS
from basemap.tile_grid import Tile
from basemap.tiles import TILE_BUFFER_RATIO
from spatial.bulk import select_features
from spatial.db import intersects_box, storage_crs


def read_for_background(
    session: Session,
    layer: LayerName,
    version_id: LayerVersionId,
    *,
    tile: Tile,
    chosen: tuple[str, tuple[str, ...]] | None = None,
) -> gpd.GeoDataFrame:
    """Return the features near a tile in the storage coordinate system, without their attributes.

    Parameters
    ----------
    chosen
        A column and the values of it that are wanted; an empty text stands for features without one. None: all.
    """
    table = FEATURE_ROWS[layer].__table__
    if not isinstance(table, Table):
        message = f"{layer} is mapped to no table"
        raise TypeError(message)
    box = tile.bounds_in(storage_crs(session), margin_ratio=TILE_BUFFER_RATIO)
    where = [intersects_box(table.c.geometry, box), table.c.version_id + 0 == version_id]
    if chosen is not None:
        column, values = chosen
        where.append(func.coalesce(table.c[column], "").in_(values))
    return select_features(session, table, ["feature_id"], where=where)
