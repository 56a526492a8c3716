"""Background tiles: pictures of the ground, drawn from our own layers in the colours of the maps.

No text, no point and nothing that tells of a person stands on a background.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import geopandas as gpd

from basemap import map_styles as look
from basemap.map_styles import Style
from basemap.model import LayerName
from basemap.pictures import Picture, Sheet
from basemap.tile_grid import Tile
from spatial.crs import WEB_MERCATOR

TILE_SIDE_PX = 256
ZOOMS = range(10, 20)
GROUND = "#eef1ea"
"""Colour where no ward lies, as in ``local_map.css``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingredient:
    """One kind of feature on the background.

    Parameters
    ----------
    chosen
        Only features whose column of that name holds one of these values, an empty text for none. None: all.
    zooms
        Where it is drawn.
    width_ratio
        Width of its lines against that on a map, by zoom: far off they are thin, and at 0 there are none.
    """

    layer: LayerName
    style: Style
    zooms: range
    chosen: tuple[str, tuple[str, ...]] | None = None
    width_ratio: Mapping[int, float] = field(default_factory=dict)


def _street(style: Style, *values: str, since: int) -> Ingredient:
    thin = dict(zip(range(10, 16), (0.3, 0.35, 0.4, 0.5, 0.7, 0.85), strict=True))
    wide = {17: 1.6, 18: 2.6, 19: 4.0}
    return Ingredient(
        layer=LayerName.STREET,
        style=style,
        zooms=range(since, ZOOMS.stop),
        chosen=("street_class", values),
        width_ratio=thin | wide,
    )


INGREDIENTS: tuple[Ingredient, ...] = (
    Ingredient(layer=LayerName.WARD, style=look.WARDS, zooms=ZOOMS),
    Ingredient(
        layer=LayerName.ZONE, style=look.PARKS, zooms=range(12, ZOOMS.stop), chosen=("land_use", look.GREEN_USES)
    ),
    Ingredient(layer=LayerName.ZONE, style=look.WATER, zooms=ZOOMS, chosen=("land_use", look.WATER_USES)),
    Ingredient(layer=LayerName.PARCEL, style=look.NEIGHBOUR_PARCELS, zooms=range(17, ZOOMS.stop)),
    _street(look.ALLEYS, "alley", "path", since=15),
    _street(look.STREETS, "street", "", since=13),
    _street(look.ARTERIALS, "motorway", "arterial", since=ZOOMS.start),
    _street(look.BRIDGES, "bridge", since=12),
    Ingredient(
        layer=LayerName.BUILDING, style=look.BUILDINGS, zooms=range(16, ZOOMS.stop), width_ratio={16: 0.0, 17: 0.5}
    ),
)
"""What stands on a background, the lowest first."""

DRAWN_LAYERS = tuple(dict.fromkeys(each.layer for each in INGREDIENTS))
"""The layers that a background shows."""


def ingredients_at(zoom: int) -> tuple[Ingredient, ...]:
    """Return what is drawn at a zoom level, the lowest first."""
    return tuple(each for each in INGREDIENTS if zoom in each.zooms)


def draw_background(tile: Tile, drawn: Sequence[tuple[Ingredient, gpd.GeoDataFrame]]) -> bytes:
    """Return a tile as PNG, 256 x 256 pixels; the same bytes for the same features.

    Parameters
    ----------
    drawn
        Features of each ingredient, in any coordinate system, the lowest first.
    """
    side_px = TILE_SIDE_PX
    sheet = Sheet(crs=WEB_MERCATOR, bounds=tile.bounds_mercator, width_px=side_px, height_px=side_px)
    picture = Picture(sheet, ground=GROUND)
    for ingredient, frame in drawn:
        picture.draw(frame, ingredient.style, width_ratio=ingredient.width_ratio.get(tile.zoom, 1.0))
    return picture.png()
