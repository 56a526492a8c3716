"""Pictures of features, drawn with Pillow: tiles of the background and of whole layers, and maps for paper.

Everything is drawn at twice its size and brought down, so that lines are smooth. What is too small
to have a shape becomes a spot: a hundred thousand parcels seen from afar take a second.
"""

import io
from collections.abc import Callable
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from PIL import Image, ImageColor, ImageDraw

from basemap.map_styles import Style
from spatial.crs import transformer

_SCALE = 2
_SIMPLIFY_PX = 0.4
_MARGIN_PX = 32
_SPECK_PX = 4
_SPECK_OPACITY = 150
_LEAST_OUTLINED_PX, _LEAST_OUTLINED_WIDTHS = 6.0, 4.0
_LEAST_EDGED_PX = 4.0
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
        geometries = np.asarray(frame.geometry.array, dtype=object)
        place = self._placing(frame.crs.to_wkt())
        if style.shape == "circle":
            self._circles(place(shapely.get_coordinates(geometries)), style, radius_px=style.stroke_px * width_ratio)
            return
        is_speck, specks = _specks(geometries, place)
        parts = self._on_canvas(geometries[~is_speck], place)
        width_px = max(1, round(style.stroke_px * _SCALE * width_ratio)) if width_ratio else 0
        kind = shapely.get_type_id(parts)
        if style.shape == "area":
            areas = parts[kind == shapely.GeometryType.POLYGON]
            if style.fill != "transparent":
                self._fill(areas, style, specks=specks)
                least_px = max(_LEAST_OUTLINED_PX, _LEAST_OUTLINED_WIDTHS * width_px)
                areas = areas[shapely.area(areas) >= least_px**2]
            lines = shapely.get_rings(areas)
        else:
            self._paint(_spotted(specks, self._canvas.size, 255), style.stroke)
            lines = parts[kind == shapely.GeometryType.LINESTRING]
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

    def _placing(self, source: str) -> Callable[[np.ndarray], np.ndarray]:
        """Return what takes points (n x 2) of ``source`` to pixels of the canvas, y downwards."""
        corner = (self._sheet.bounds[0], self._sheet.bounds[3])
        scale = self._sheet.pixels_per_unit * _SCALE
        to_sheet = transformer(source, self._sheet.crs)
        return lambda points: (to_sheet(points) - corner) * (scale, -scale)

    def _on_canvas(self, geometries: np.ndarray, place: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        """Return the parts of geometries in pixels, cut a little outside the canvas and simplified."""
        left_top, right_bottom = (-_MARGIN_PX, -_MARGIN_PX), np.add(self._canvas.size, _MARGIN_PX)
        cut = shapely.transform(geometries, place)
        bounds = shapely.bounds(cut)
        sticks_out = (bounds[:, :2] < left_top).any(axis=1) | (bounds[:, 2:] > right_bottom).any(axis=1)
        # A shape whose parts came to touch by rounding would be cut to the whole canvas.
        crooked = sticks_out & ~shapely.is_valid(cut)
        cut[crooked] = shapely.make_valid(cut[crooked])
        cut[sticks_out] = shapely.clip_by_rect(cut[sticks_out], *left_top, *right_bottom)
        simple = shapely.simplify(cut, _SIMPLIFY_PX, preserve_topology=False)
        return np.asarray(shapely.get_parts(simple[~shapely.is_empty(simple)]), dtype=object)

    def _circles(self, points: np.ndarray, style: Style, *, radius_px: float) -> None:
        radius = radius_px * _SCALE
        if radius <= _SPECK_PX:
            boxes = np.hstack([points - radius / 2, points + radius / 2])
            self._paint(_spotted(boxes, self._canvas.size, _SPECK_OPACITY), style.fill)
            return
        near = points[((points > -radius) & (points < np.add(self._canvas.size, radius))).all(axis=1)]
        pen, edge = ImageDraw.Draw(self._canvas), style.stroke if radius_px >= _LEAST_EDGED_PX else None
        for x, y in near.tolist():
            pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=style.fill, outline=edge, width=_SCALE)

    def _fill(self, areas: np.ndarray, style: Style, *, specks: np.ndarray) -> None:
        """Fill areas through a mask, in which holes stay open."""
        opacity = round(255 * style.fill_opacity_ratio)
        mask = _spotted(specks, self._canvas.size, max(opacity, _SPECK_OPACITY))
        pen = ImageDraw.Draw(mask)
        for area in areas:
            pen.polygon(_points(area.exterior), fill=opacity)
            for hole in area.interiors:
                pen.polygon(_points(hole), fill=0)
        self._paint(mask, style.fill)

    def _paint(self, mask: Image.Image, colour: str) -> None:
        if self._canvas.mode == "RGB":
            self._canvas.paste(ImageColor.getrgb(colour), (0, 0), mask)
            return
        film = Image.new("RGB", self._canvas.size, colour)
        film.putalpha(mask)
        self._canvas.alpha_composite(film)


def _specks(geometries: np.ndarray, place: Callable[[np.ndarray], np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Tell which features are too small to have a shape on the canvas, and return their boxes (n x 4)."""
    corners = place(shapely.bounds(geometries).reshape(-1, 2)).reshape(-1, 2, 2)
    boxes = np.hstack([corners.min(axis=1), corners.max(axis=1)])
    is_speck = (boxes[:, 2:] - boxes[:, :2]).max(axis=1) < _SPECK_PX
    return is_speck, boxes[is_speck]


def _spotted(boxes: np.ndarray, size: tuple[int, int], opacity: int) -> Image.Image:
    """Return a mask with a spot of a few pixels for each box."""
    mask = np.zeros((size[1], size[0]), dtype=np.uint8)
    corner = np.floor(boxes[:, :2]).astype(int)
    sides = np.clip(np.round(boxes[:, 2:] - boxes[:, :2]).astype(int), 1, _SPECK_PX)
    for right, down in np.ndindex(_SPECK_PX, _SPECK_PX):
        step = np.array([right, down])
        x, y = (corner + step)[(sides > step).all(axis=1)].T
        inside = (x >= 0) & (y >= 0) & (x < size[0]) & (y < size[1])
        mask[y[inside], x[inside]] = opacity
    return Image.fromarray(mask)


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
