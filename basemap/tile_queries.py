"""What tiles are drawn from when no archive stands ready: the published rows of the store."""

import geopandas as gpd
from sqlalchemy import ColumnElement, Date, Select, Table, Text, cast, func, literal_column, select
from sqlalchemy.orm import Session

from basemap.model import LAYERS, LayerName, LayerVersionId
from basemap.tables import FEATURE_ROWS
from basemap.tile_grid import UNITS_PER_TILE_COUNT, Tile
from basemap.tiles import TILE_BUFFER_RATIO
from spatial.bulk import select_features
from spatial.crs import WEB_MERCATOR
from spatial.db import intersects_box, srid_of, storage_crs

_MERCATOR_SRID = srid_of(WEB_MERCATOR)
_ROWS = "drawn"


def draw_vector_tile(session: Session, layer: LayerName, version_id: LayerVersionId, *, tile: Tile) -> bytes:
    """Return a vector tile, not compressed, that PostGIS draws; empty where nothing lies.

    The store's spatial_ref_sys carries the pinned datum operation, so a tile drawn here and one from an archive agree.
    """
    drawn = _drawn_rows(layer, version_id, tile=tile, crs=storage_crs(session)).subquery(_ROWS)
    whole: ColumnElement[object] = literal_column(f"{_ROWS}.*")
    statement = select(func.ST_AsMVT(whole, layer.value, UNITS_PER_TILE_COUNT, "geometry")).select_from(drawn)
    return bytes(session.scalar(statement.where(drawn.c.geometry.is_not(None))) or b"")


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
    table = _table(layer)
    box = tile.bounds_in(storage_crs(session), margin_ratio=TILE_BUFFER_RATIO)
    where = [intersects_box(table.c.geometry, box), table.c.version_id + 0 == version_id]
    if chosen is not None:
        column, values = chosen
        where.append(func.coalesce(table.c[column], "").in_(values))
    return select_features(session, table, ["feature_id"], where=where)


def _drawn_rows(layer: LayerName, version_id: LayerVersionId, *, tile: Tile, crs: str) -> Select[tuple[object, ...]]:
    table = _table(layer)
    attributes = [table.c[name] for name in LAYERS[layer].attribute_names]
    # A date would reach the tile in PostgreSQL's own form.
    told = [cast(each, Text).label(each.name) if isinstance(each.type, Date) else each for each in attributes]
    frame = func.ST_MakeEnvelope(*tile.bounds_mercator, _MERCATOR_SRID)
    buffer_units = round(TILE_BUFFER_RATIO * UNITS_PER_TILE_COUNT)
    # A geometry function of GeoAlchemy2 would be read back as text; this one stays inside the database.
    shape = func.ST_AsMVTGeom(
        func.ST_Transform(table.c.geometry, _MERCATOR_SRID),
        frame,
        UNITS_PER_TILE_COUNT,
        buffer_units,
        True,  # noqa: FBT003 - signature of PostGIS: clip
    ).label("geometry")
    near = intersects_box(table.c.geometry, tile.bounds_in(crs, margin_ratio=TILE_BUFFER_RATIO))
    # The sum keeps the planner from walking through the whole version by its index.
    return select(table.c.feature_id, *told, shape).where(near, table.c.version_id + 0 == version_id)


def _table(layer: LayerName) -> Table:
    table = FEATURE_ROWS[layer].__table__
    if not isinstance(table, Table):
        message = f"{layer} is mapped to no table"
        raise TypeError(message)
    return table
