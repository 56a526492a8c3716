"""Background tiles: pictures of the ground, drawn from our own layers in the colours of the maps.

Everything is drawn at twice the size and brought down, so that lines are smooth. No text, no point and nothing that
tells of a person stands on a background.
"""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import shapely
from PIL import Image, ImageColor, ImageDraw

from basemap import cartography as look
from basemap.cartography import Style
from basemap.model import LayerName
from basemap.tile_grid import Tile
from spatial.crs import WEB_MERCATOR
from spatial.geometry import reproject_frame

TILE_SIDE_PX = 256
ZOOMS = range(10, 20)
GROUND = "#eef1ea"
"""Colour where no ward lies, as in ``local_map.css``."""

_SCALE = 2
_CANVAS_PX = TILE_SIDE_PX * _SCALE
_COLOURS_COUNT = 64
_SIMPLIFY_PX = 0.4
_Point = tuple[float, float]


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
    picture = Image.new("RGB", (_CANVAS_PX, _CANVAS_PX), GROUND)
    for ingredient, frame in drawn:
        if len(frame):
            _draw(picture, _on_canvas(frame, tile), ingredient, zoom=tile.zoom)
    small = picture.resize((TILE_SIDE_PX, TILE_SIDE_PX), Image.Resampling.BOX)
    out = io.BytesIO()
    small.quantize(_COLOURS_COUNT, dither=Image.Dither.NONE).save(out, format="PNG", optimize=False)
    return out.getvalue()


def _on_canvas(frame: gpd.GeoDataFrame, tile: Tile) -> np.ndarray:
    """Return the geometries in pixels of the canvas, y downwards, cut a little outside it and simplified."""
    west, _, _, north = tile.bounds_mercator
    pixels_per_m = _CANVAS_PX / tile.side_m
    mercator = np.asarray(reproject_frame(frame, WEB_MERCATOR).geometry.array, dtype=object)
    on_canvas = shapely.transform(mercator, lambda xy: (xy - (west, north)) * (pixels_per_m, -pixels_per_m))
    margin_px = 32
    cut = shapely.clip_by_rect(on_canvas, -margin_px, -margin_px, _CANVAS_PX + margin_px, _CANVAS_PX + margin_px)
    simple = shapely.simplify(cut, _SIMPLIFY_PX, preserve_topology=False)
    return np.asarray(shapely.get_parts(simple[~shapely.is_empty(simple)]), dtype=object)


def _draw(picture: Image.Image, parts: np.ndarray, ingredient: Ingredient, *, zoom: int) -> None:
    style = ingredient.style
    ratio = ingredient.width_ratio.get(zoom, 1.0)
    width_px = max(1, round(style.stroke_px * _SCALE * ratio)) if ratio else 0
    pen = ImageDraw.Draw(picture)
    areas = parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON]
    lines = parts[shapely.get_type_id(parts) == shapely.GeometryType.LINESTRING]
    if style.shape == "area":
        if style.fill != "transparent":
            _fill(picture, areas, style)
        lines = shapely.get_rings(areas)
    for line in lines if width_px else ():
        _stroke(pen, _points(line), style, width_px=width_px)


def _fill(picture: Image.Image, areas: np.ndarray, style: Style) -> None:
    """Fill areas through a mask, in which holes stay open."""
    mask = Image.new("L", picture.size, 0)
    pen, opacity = ImageDraw.Draw(mask), round(255 * style.fill_opacity_ratio)
    for area in areas:
        pen.polygon(_points(area.exterior), fill=opacity)
        for hole in area.interiors:
            pen.polygon(_points(hole), fill=0)
    picture.paste(ImageColor.getrgb(style.fill), (0, 0), mask)


def _stroke(pen: ImageDraw.ImageDraw, points: list[_Point], style: Style, *, width_px: int) -> None:
    if style.dash is None:
        pen.line(points, fill=style.stroke, width=width_px, joint="curve" if width_px > _SCALE else None)
        return
    on_px, off_px = (float(part) * _SCALE for part in style.dash.split())
    for dash in _dashes(shapely.LineString(points), on_px, off_px=off_px):
        pen.line(dash, fill=style.stroke, width=width_px)


def _dashes(line: shapely.LineString, on_px: float, *, off_px: float) -> list[list[_Point]]:
    starts = np.arange(0.0, line.length, on_px + off_px)
    first = shapely.get_coordinates(shapely.line_interpolate_point(line, starts))
    last = shapely.get_coordinates(shapely.line_interpolate_point(line, np.minimum(starts + on_px, line.length)))
    return [[(a[0], a[1]), (b[0], b[1])] for a, b in zip(first.tolist(), last.tolist(), strict=True)]


def _points(line: shapely.Geometry) -> list[_Point]:
    return [(x, y) for x, y in shapely.get_coordinates(line).tolist()]
