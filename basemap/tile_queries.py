"""What tiles are drawn from when no archive stands ready: the published rows of the store."""

from functools import cache
from typing import Any

import geopandas as gpd
from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Date,
    Double,
    Integer,
    Select,
    Subquery,
    Table,
    bindparam,
    case,
    cast,
    func,
    literal,
    literal_column,
    select,
)
from sqlalchemy import Text as TextColumn
from sqlalchemy.orm import Session

from basemap.model import LAYERS, LayerName, LayerVersionId, Shape
from basemap.tables import FEATURE_ROWS
from basemap.tile_grid import UNITS_PER_TILE_COUNT, Tile
from basemap.tiles import TILE_BUFFER_RATIO, TILE_BUFFER_UNITS
from spatial.bulk import select_features
from spatial.crs import WEB_MERCATOR
from spatial.db import intersects_box, srid_of, storage_crs
from spatial.errors import DataUnavailableError
from spatial.text import Text

MOST_FEATURES_DRAWN_COUNT = 20_000
"""A tile of more is not drawn while somebody waits: it would take PostGIS half a second and more."""

_ROWS = "drawn"
_MERCATOR = "mercator"
"""Column of the features' shapes in Web Mercator over the pinned datum operation, which a trigger of PostGIS fills."""

_CLEARANCE = "clearance_m"
"""Column of areas, filled likewise: by how many metres of Mercator a corner may move before they could be crooked."""

_CLEAR_UNITS = 1.5
"""Rounding to the grid moves a corner by up to the root of a half; two of them meet when both do."""

_MERCATOR_SRID = srid_of(WEB_MERCATOR)
_NEAR = ("near_min_x", "near_min_y", "near_max_x", "near_max_y")
_FRAME = ("west", "south", "east", "north")


def draw_vector_tile(
    session: Session,
    layer: LayerName,
    version_id: LayerVersionId,
    *,
    tile: Tile,
    most_count: int = MOST_FEATURES_DRAWN_COUNT,
) -> bytes:
    """Return a vector tile, not compressed, that PostGIS draws; empty where nothing lies.

    A tile drawn here and one from an archive agree to a unit: both rest on the pinned datum operation.

    Raises
    ------
    DataUnavailableError
        More features lie there than are drawn while somebody waits.
    """
    crs = storage_crs(session)
    near = tile.bounds_in(crs, margin_ratio=TILE_BUFFER_RATIO)
    numbers: dict[str, float] = {"version_id": version_id, "srid": srid_of(crs), "most_count": most_count + 1}
    numbers |= dict(zip(_NEAR, near, strict=True)) | dict(zip(_FRAME, tile.bounds_mercator, strict=True))
    numbers |= {"units_per_m": UNITS_PER_TILE_COUNT / tile.side_m, "buffer_m": tile.side_m * TILE_BUFFER_RATIO}
    drawn, count = session.execute(_tile_statement(layer), numbers).one()
    if count > most_count:
        raise _too_many(layer, tile, most_count=most_count)
    return bytes(drawn or b"")


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


@cache
def _tile_statement(layer: LayerName) -> Select[bytes | None, int]:
    """Return the statement that draws a tile, put together once."""
    near = _rows_near(layer)
    told = [near.c[name] for name in ("feature_id", *LAYERS[layer].attribute_names)]
    drawn = select(*told, _in_units(near, LAYERS[layer].shape).label("geometry")).subquery(_ROWS)
    whole: ColumnElement[object] = literal_column(_ROWS)
    tile = func.ST_AsMVT(whole, layer.value, UNITS_PER_TILE_COUNT, "geometry")
    return select(tile, func.count()).select_from(drawn)


def _rows_near(layer: LayerName) -> Subquery:
    table = _table(layer)
    attributes = [table.c[name] for name in LAYERS[layer].attribute_names]
    # A date would reach the tile in PostgreSQL's own form.
    told = [cast(each, TextColumn).label(each.name) if isinstance(each.type, Date) else each for each in attributes]
    is_near = table.c.geometry.bool_op("&&")(func.ST_MakeEnvelope(*map(_number, _NEAR), bindparam("srid")))
    # The sum keeps the planner from walking through the whole version by its index.
    where = (is_near, table.c.version_id + 0 == bindparam("version_id"))
    ready = (_MERCATOR, _CLEARANCE) if LAYERS[layer].shape is Shape.AREA else (_MERCATOR,)
    rows = select(table.c.feature_id, *told, *(literal_column(name).label(name) for name in ready)).where(*where)
    return rows.limit(bindparam("most_count", type_=Integer())).subquery("near")


def _in_units(near: Subquery, shape: Shape) -> ColumnElement[Any]:
    """Return a feature in units of the tile; what crosses its edge, or could fold on the grid, is cut and mended."""
    mercator = near.c[_MERCATOR]
    frame = func.ST_MakeEnvelope(*map(_number, _FRAME), _MERCATOR_SRID)
    clip = literal(value=True)
    clipped = func.ST_AsMVTGeom(mercator, frame, UNITS_PER_TILE_COUNT, TILE_BUFFER_UNITS, clip)
    units_per_m = _number("units_per_m")
    # Rows are counted from the north downwards.
    scaled = func.ST_TransScale(mercator, -_number("west"), -_number("north"), units_per_m, -units_per_m)
    is_whole: ColumnElement[bool] = mercator.bool_op("@")(func.ST_Expand(frame, _number("buffer_m")))
    if shape is Shape.AREA:
        is_whole = is_whole & (near.c[_CLEARANCE] * units_per_m > _CLEAR_UNITS)
    return case((is_whole, func.ST_SnapToGrid(scaled, 1)), else_=clipped)


def _number(name: str) -> BindParameter[float]:
    return bindparam(name, type_=Double())


def _too_many(layer: LayerName, tile: Tile, *, most_count: int) -> DataUnavailableError:
    return DataUnavailableError(
        Text(
            f"Ô này có hơn {most_count} đối tượng, quá nhiều để vẽ ngay.",
            f"This tile has more than {most_count} features, too many to be drawn while you wait.",
        ),
        hint=Text(
            f"Dựng sẵn: diaban basemap tiles {layer.value}.", f"Make them first: diaban basemap tiles {layer.value}."
        ),
        subject=f"{layer.value} {tile.zoom}/{tile.column}/{tile.row}",
    )


def _table(layer: LayerName) -> Table:
    table = FEATURE_ROWS[layer].__table__
    if not isinstance(table, Table):
        message = f"{layer} is mapped to no table"
        raise TypeError(message)
    return table
