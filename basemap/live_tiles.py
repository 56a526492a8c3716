"""Vector tiles that PostGIS draws in one statement, where no archive stands ready.

What lies wholly inside a tile is only scaled and set on its grid; what crosses the edge, or could fold on the grid, is
cut and mended. The edges come as values that are read once: put together inside the statement they would be put
together again for every feature.
"""

from functools import cache

import shapely

from basemap.model import LAYERS, Kind, LayerName, LayerVersionId, Shape
from basemap.tile_grid import UNITS_PER_TILE_COUNT, Box, Tile
from basemap.tiles import TILE_BUFFER_RATIO, TILE_BUFFER_UNITS
from spatial.crs import WEB_MERCATOR
from spatial.db import srid_of
from spatial.errors import DataUnavailableError
from spatial.quick_reads import QuickReads, as_number
from spatial.text import Text

MOST_FEATURES_DRAWN_COUNT = 20_000
"""A tile of more is not drawn while somebody waits: it would take PostGIS half a second and more."""

_CLEAR_UNITS = 1.5
"""Rounding to the grid moves a corner by up to the root of a half; two of them meet when both do."""


async def draw_vector_tile(
    reads: QuickReads,
    layer: LayerName,
    version_id: LayerVersionId,
    *,
    tile: Tile,
    stored: str,
    most_count: int = MOST_FEATURES_DRAWN_COUNT,
) -> bytes:
    """Return a vector tile, not compressed, that PostGIS draws; empty where nothing lies.

    A tile drawn here and one from an archive agree to a unit: both rest on the pinned datum operation.

    Parameters
    ----------
    stored
        Storage coordinate system.

    Raises
    ------
    DataUnavailableError
        More features lie there than are drawn while somebody waits, or the store does not answer.
    """
    row = await reads.row(_words(layer), _values(version_id, tile, stored=stored, most_count=most_count))
    drawn, counted = row or (b"", None)
    if as_number(counted) > most_count:
        raise _too_many(layer, tile, most_count=most_count)
    return drawn or b""


def _values(version_id: LayerVersionId, tile: Tile, *, stored: str, most_count: int) -> tuple[object, ...]:
    """Return the values of a statement of `_words`, in its order."""
    west, south, east, north = tile.bounds_mercator
    buffer_m, units_per_m = tile.side_m * TILE_BUFFER_RATIO, UNITS_PER_TILE_COUNT / tile.side_m
    near = tile.bounds_in(stored, margin_ratio=TILE_BUFFER_RATIO)
    widened = (west - buffer_m, south - buffer_m, east + buffer_m, north + buffer_m)
    return (
        version_id,
        most_count + 1,
        _area(near, crs=stored),
        _area(widened, crs=WEB_MERCATOR),
        f"BOX({west!r} {south!r},{east!r} {north!r})",
        -west,
        -north,
        units_per_m,
        # Rows are counted from the north downwards.
        -units_per_m,
    )


def _area(box: Box, *, crs: str) -> str:
    text: str = shapely.to_wkb(shapely.set_srid(shapely.box(*box), srid_of(crs)), hex=True, include_srid=True)
    return text


@cache
def _words(layer: LayerName) -> str:
    """Return the statement that draws a tile of a layer: it is prepared once. Only our own names stand in it.

    The columns ``mercator`` and ``clearance_m`` are filled by a trigger of PostGIS: the shape in Web Mercator over the
    pinned datum operation, and by how many of its metres a corner may move before the shape could be crooked. The sum
    keeps the planner from walking through the whole version by its index.
    """
    schema, table = LAYERS[layer], layer.value
    # A date would reach the tile in PostgreSQL's own form.
    told = ", ".join(
        f"{each.name}::text AS {each.name}" if each.kind is Kind.DATE else each.name for each in schema.attributes
    )
    is_whole = "mercator @ $4::geometry"
    if schema.shape is Shape.AREA:
        is_whole += f" AND clearance_m * $8::float8 > {_CLEAR_UNITS}"
    scaled = "ST_TransScale(mercator, $6::float8, $7::float8, $8::float8, $9::float8)"
    clipped = f"ST_AsMVTGeom(mercator, $5::box2d, {UNITS_PER_TILE_COUNT}, {TILE_BUFFER_UNITS}, true)"
    return f"""
    SELECT ST_AsMVT(drawn, '{table}', {UNITS_PER_TILE_COUNT}, 'geometry'), count(*) FROM (
        SELECT feature_id, {told}, CASE WHEN {is_whole} THEN ST_SnapToGrid({scaled}, 1) ELSE {clipped} END AS geometry
        FROM {table} WHERE geometry && $3::geometry AND version_id + 0 = $1 LIMIT $2
    ) AS drawn
    """  # noqa: S608  values bound


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
