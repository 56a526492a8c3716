"""Pictures of features, drawn with Pillow: tiles of the background and of whole layers, and maps for paper.

Everything is drawn at twice its size and brought down, so that lines are smooth. What is smaller than a pixel becomes
a dot: a hundred thousand parcels seen from afar are as quick as a few.
"""

import io
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from PIL import Image, ImageColor, ImageDraw

from basemap.map_styles import Style
from spatial.geometry import reproject_frame

_SCALE = 2
_SIMPLIFY_PX = 0.4
_MARGIN_PX = 32
_DOT_PX = 1.5
_COLOURS_COUNT = 64
_CLEAR = (255, 255, 255, 0)
_Point = tuple[float, float]
Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A piece of ground, and the pixels in which it is shown.

    Parameters
    ----------
    crs
        In which the ground is flat on the picture.
    bounds
        min_x, min_y, max_x, max_y in ``crs``; as wide for its height as the pixels are.
    """

    crs: str
    bounds: Box
    width_px: int
    height_px: int

    @property
    def pixels_per_unit(self) -> float:
        """How many pixels one unit of ``crs`` takes."""
        return self.width_px / (self.bounds[2] - self.bounds[0])


class Picture:
    """A sheet that is drawn on, layer upon layer.

    Parameters
    ----------
    ground
        CSS colour of the empty sheet; None leaves it clear, to lie above something else.
    """

    def __init__(self, sheet: Sheet, *, ground: str | None) -> None:
        self._sheet = sheet
        size = (sheet.width_px * _SCALE, sheet.height_px * _SCALE)
        self._canvas = Image.new("RGB", size, ground) if ground else Image.new("RGBA", size, _CLEAR)

    def draw(self, frame: gpd.GeoDataFrame, style: Style, *, width_ratio: float = 1.0) -> None:
        """Draw features, in any coordinate system, in one style.

        Parameters
        ----------
        width_ratio
            Width of lines and size of points against those of the style; at 0 areas have no outline.
        """
        if not len(frame):
            return
        shapes = self._on_canvas(frame)
        shapes, dots = _without_dots(shapes)
        parts = np.asarray(shapely.get_parts(shapes), dtype=object)
        kind = shapely.get_type_id(parts)
        areas = parts[kind == shapely.GeometryType.POLYGON]
        self._dot(dots, style)
        if style.shape == "circle":
            self._circles(parts[kind == shapely.GeometryType.POINT], style, radius_px=style.stroke_px * width_ratio)
            return
        if style.shape == "area" and style.fill != "transparent":
            self._fill(areas, style)
        width_px = max(1, round(style.stroke_px * _SCALE * width_ratio)) if width_ratio else 0
        lines = shapely.get_rings(areas) if style.shape == "area" else parts[kind == shapely.GeometryType.LINESTRING]
        pen = ImageDraw.Draw(self._canvas)
        for line in lines if width_px else ():
            _stroke(pen, _points(line), style, width_px=width_px)

    def small(self) -> Image.Image:
        """Return what was drawn, in the size of the sheet."""
        return self._canvas.resize((self._sheet.width_px, self._sheet.height_px), Image.Resampling.BOX)

    def png(self) -> bytes:
        """Return what was drawn as PNG with few colours; the same bytes for the same drawing."""
        small = self.small()
        method = Image.Quantize.FASTOCTREE if small.mode == "RGBA" else None
        out = io.BytesIO()
        small.quantize(_COLOURS_COUNT, method, dither=Image.Dither.NONE).save(out, format="PNG", optimize=False)
        return out.getvalue()

    def _on_canvas(self, frame: gpd.GeoDataFrame) -> np.ndarray:
        """Return the geometries in pixels of the canvas, y downwards, cut a little outside it and simplified."""
        corner = (self._sheet.bounds[0], self._sheet.bounds[3])
        scale = self._sheet.pixels_per_unit * _SCALE
        flat = np.asarray(reproject_frame(frame, self._sheet.crs).geometry.array, dtype=object)
        on_canvas = shapely.transform(flat, lambda xy: (xy - corner) * (scale, -scale))
        right, bottom = (side + _MARGIN_PX for side in self._canvas.size)
        cut = shapely.clip_by_rect(on_canvas, -_MARGIN_PX, -_MARGIN_PX, right, bottom)
        return np.asarray(shapely.simplify(cut, _SIMPLIFY_PX, preserve_topology=False), dtype=object)

    def _dot(self, places: np.ndarray, style: Style) -> None:
        places = places[((places >= 0) & (places < self._canvas.size)).all(axis=1)]
        if len(places):
            ImageDraw.Draw(self._canvas).point(np.unique(places, axis=0).ravel().tolist(), fill=style.stroke)

    def _circles(self, points: np.ndarray, style: Style, *, radius_px: float) -> None:
        pen, radius = ImageDraw.Draw(self._canvas), max(1.0, radius_px * _SCALE)
        edge = style.stroke if radius > 2 * _SCALE else None
        for x, y in shapely.get_coordinates(points).tolist():
            pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=style.fill, outline=edge, width=_SCALE)

    def _fill(self, areas: np.ndarray, style: Style) -> None:
        """Fill areas through a mask, in which holes stay open."""
        mask = Image.new("L", self._canvas.size, 0)
        pen, opacity = ImageDraw.Draw(mask), round(255 * style.fill_opacity_ratio)
        for area in areas:
            pen.polygon(_points(area.exterior), fill=opacity)
            for hole in area.interiors:
                pen.polygon(_points(hole), fill=0)
        if self._canvas.mode == "RGB":
            self._canvas.paste(ImageColor.getrgb(style.fill), (0, 0), mask)
            return
        film = Image.new("RGB", self._canvas.size, style.fill)
        film.putalpha(mask)
        self._canvas.alpha_composite(film)


def _without_dots(shapes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the shapes that can be seen as such, and where (n x 2) those are that cannot."""
    boxes = shapely.bounds(shapes)
    side_px = np.maximum(boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1])
    is_dot = (side_px < _DOT_PX) & (shapely.get_dimensions(shapes) > 0)
    middle = (boxes[is_dot, :2] + boxes[is_dot, 2:]) / 2
    return shapes[~is_dot & ~shapely.is_empty(shapes)], np.floor(middle).astype(int)


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
