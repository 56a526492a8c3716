"""The functions that draw the layers of the basemap on a Folium map.

Frames may be in any coordinate system that the house knows; they are simplified in metres, taken to WGS84 over the
pinned datum operation and rounded to six decimals (11 cm). Only the attributes that are named reach the document.
"""

import base64
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import folium
import geopandas as gpd
import numpy as np
import shapely

from basemap.map_labels import latitude_longitude
from basemap.map_styles import (
    ALLEYS,
    ARTERIALS,
    BRIDGES,
    FILL_CLASSES,
    GREEN_USES,
    PARKS,
    PLAIN_SCHOOL,
    STREET_STYLES,
    STREETS,
    WATER,
    WATER_USES,
    WITHHELD_CLASS,
    Share,
    Style,
)
from basemap.pictures import Picture, Sheet
from basemap.preview import MOST_BYTES_OF_A_LAYER, HtmlMarker, LegendEntry, LocalMap, escaped
from spatial.crs import WEB_MERCATOR, WGS84, is_geographic, transformer
from spatial.geometry import reproject_frame
from spatial.text import Text

_DECIMALS = 6
_BYTES_OF_A_CORNER, _BYTES_OF_A_FEATURE = 25, 110
_DRAWN_AT_ONCE_COUNT = 20_000
"""Of a large layer: what is drawn at once takes memory."""

_PICTURE_SIDE_PX, _LEAST_SIDE_PX, _EDGE_PX = 2048, 128, 4
_BENEATH_SIDE_PX, _BENEATH_WIDTH_RATIO = 1536, 0.6
_SMALLEST_RADIUS_PX, _LARGEST_RADIUS_PX = 7.0, 24.0


def draw(
    target: LocalMap, frame: gpd.GeoDataFrame, style: Style, *, fields: Mapping[str, Text] = MappingProxyType({})
) -> None:
    """Draw areas or lines in one style; what would make the document too large comes as one picture.

    Parameters
    ----------
    fields
        Columns shown when the pointer rests on a feature, with their labels; other columns stay out of the document.
        A picture tells nothing of its features.
    """
    if frame.empty:
        return
    target.add_legend(style.as_legend())
    frame = _simplified(frame, style.simplify_m)
    size_bytes = _size_bytes(frame, tuple(fields))
    if size_bytes > min(MOST_BYTES_OF_A_LAYER, target.room_bytes):
        draw_as_picture(target, frame, style)
        return
    target.room_bytes -= size_bytes
    labels = [label.in_language(target.language) for label in fields.values()]
    tooltip = folium.GeoJsonTooltip(list(fields), [escaped(label) for label in labels]) if fields else None
    options = style.as_leaflet()
    layer = folium.GeoJson(
        geojson_of(frame, columns=tuple(fields)),
        style_function=lambda _feature: options,
        tooltip=tooltip,
        interactive=bool(fields),
    )
    layer.add_to(target)


def draw_as_picture(target: LocalMap, frame: gpd.GeoDataFrame, style: Style) -> None:
    """Draw features as one picture inside the document, as sharp as there is room for."""
    _lay_picture(target, [(frame, style)], label=style.label, most_bytes=MOST_BYTES_OF_A_LAYER)


def draw_layer_beneath(
    target: LocalMap, frame: gpd.GeoDataFrame, shares: Sequence[Share], *, label: Text, most_bytes: int
) -> None:
    """Draw a whole layer as one picture, in the styles of its parts, for something else to lie on.

    Parameters
    ----------
    shares
        The parts of the layer, the lowest first; those that hold a feature come into the legend.
    label
        What the picture shows, for who does not see it.
    most_bytes
        The picture is made smaller until it fits.
    """
    found = ((share.of(frame), share.style) for share in shares)
    parts = [(features, style) for features, style in found if len(features)]
    for _, style in parts:
        target.add_legend(style.as_legend())
    if parts:
        _lay_picture(
            target,
            parts,
            label=label,
            most_bytes=most_bytes,
            side_px=_BENEATH_SIDE_PX,
            width_ratio=_BENEATH_WIDTH_RATIO,
        )


def _lay_picture(
    target: LocalMap,
    parts: Sequence[tuple[gpd.GeoDataFrame, Style]],
    *,
    label: Text,
    most_bytes: int,
    side_px: int = _PICTURE_SIDE_PX,
    width_ratio: float = 1.0,
) -> None:
    """Draw parts, the lowest first, as one picture."""
    bounds = np.array([_bounds_mercator(frame) for frame, _ in parts])
    (min_x, min_y), (max_x, max_y) = bounds[:, :2].min(axis=0).tolist(), bounds[:, 2:].max(axis=0).tolist()
    longest_m = max(max_x - min_x, max_y - min_y, 1.0)
    uri = ""
    while not uri or (len(uri) > min(most_bytes, target.room_bytes) and side_px > _LEAST_SIDE_PX):
        metres_per_px = longest_m / side_px
        width_px = math.ceil((max_x - min_x) / metres_per_px) + 2 * _EDGE_PX
        height_px = math.ceil((max_y - min_y) / metres_per_px) + 2 * _EDGE_PX
        west, north = min_x - _EDGE_PX * metres_per_px, max_y + _EDGE_PX * metres_per_px
        box = (west, north - height_px * metres_per_px, west + width_px * metres_per_px, north)
        picture = Picture(Sheet(crs=WEB_MERCATOR, bounds=box, width_px=width_px, height_px=height_px), ground=None)
        for frame, style in parts:
            for begin in range(0, len(frame), _DRAWN_AT_ONCE_COUNT):
                picture.draw(frame.iloc[begin : begin + _DRAWN_AT_ONCE_COUNT], style, width_ratio=width_ratio)
        uri = f"data:image/png;base64,{base64.b64encode(picture.png()).decode('ascii')}"
        side_px //= 2
    target.room_bytes = max(target.room_bytes - len(uri), 0)
    (west, south), (east, north) = transformer(WEB_MERCATOR, WGS84)(np.array(box).reshape(2, 2)).tolist()
    alt = label.in_language(target.language)
    folium.raster_layers.ImageOverlay(
        uri, bounds=[[south, west], [north, east]], pixelated=False, alt=escaped(alt)
    ).add_to(target)


def _bounds_mercator(frame: gpd.GeoDataFrame) -> tuple[float, float, float, float]:
    """Return min_x, min_y, max_x, max_y in Web Mercator of a box that holds every feature."""
    boxes = np.asarray(frame.geometry.bounds, dtype=np.float64)
    boxes = boxes[~np.isnan(boxes).any(axis=1)]
    corners = np.vstack([boxes[:, [0, 1]], boxes[:, [2, 1]], boxes[:, [2, 3]], boxes[:, [0, 3]]])
    flat = transformer(frame.crs.to_wkt(), WEB_MERCATOR)(corners)
    (min_x, min_y), (max_x, max_y) = flat.min(axis=0).tolist(), flat.max(axis=0).tolist()
    return min_x, min_y, max_x, max_y


def draw_streets(target: LocalMap, frame: gpd.GeoDataFrame) -> None:
    """Draw streets by class, alleys first so that the main streets lie on top."""
    classes = frame["street_class"].map(lambda name: name if name in STREET_STYLES else "street")
    for style in (ALLEYS, STREETS, ARTERIALS, BRIDGES):
        members = [name for name, style_of_class in STREET_STYLES.items() if style_of_class is style]
        draw(target, frame[classes.isin(members)], style)


def draw_water_and_parks(target: LocalMap, zones: gpd.GeoDataFrame) -> None:
    """Draw of the zoning plan what a reader finds the way by: rivers and parks."""
    draw(target, zones[zones["land_use"].isin(GREEN_USES)], PARKS)
    draw(target, zones[zones["land_use"].isin(WATER_USES)], WATER)


@dataclass(frozen=True, slots=True, kw_only=True)
class SchoolCircles:
    """How schools are drawn.

    Parameters
    ----------
    size_column
        A count; the circle's area grows with it. None: all equal.
    fill_ratio_column
        Share of seats placed, 0 to 1; colours the circle by `FILL_CLASSES`. None: one colour.
    fields
        Columns told when the pointer or the keyboard reaches a school, with labels; ``name`` always comes first.
    """

    size_column: str | None = None
    fill_ratio_column: str | None = None
    fields: Mapping[str, Text] = field(default_factory=dict)


PLAIN_CIRCLES = SchoolCircles()


def draw_schools(target: LocalMap, frame: gpd.GeoDataFrame, *, circles: SchoolCircles = PLAIN_CIRCLES) -> None:
    """Draw schools (points with a ``name``) as circles that pointer, keyboard and screen reader can reach."""
    if frame.empty:
        return
    on_earth = reproject_frame(frame, WGS84)
    largest = int(frame[circles.size_column].max()) if circles.size_column else 0
    order = np.argsort(-frame[circles.size_column].to_numpy(), kind="stable") if circles.size_column else None
    for row in (on_earth if order is None else on_earth.iloc[order]).to_dict("records"):
        _school_marker(target, row, circles=circles, largest=largest).add_to(target)
    _school_legend(target, frame, circles)


def _school_marker(target: LocalMap, row: Mapping[str, Any], *, circles: SchoolCircles, largest: int) -> folium.Marker:
    radius_px = _radius_px(row[circles.size_column] if circles.size_column else None, largest)
    colour = _fill_class(row[circles.fill_ratio_column])[1] if circles.fill_ratio_column else PLAIN_SCHOOL
    told = [f"{label.in_language(target.language)}: {row[column]}" for column, label in circles.fields.items()]
    spoken = ". ".join([str(row["name"]), *told])
    shown = "<br>".join([f"<strong>{escaped(row['name'])}</strong>", *map(escaped, told)])
    size_px = round(2 * radius_px)
    markup = (
        f'<span class="map-school" style="background:{colour}"></span><span class="map-hidden">{escaped(spoken)}</span>'
    )
    marker = HtmlMarker(latitude_longitude(row["geometry"]), markup=markup, size_px=size_px)
    folium.Tooltip(shown, sticky=False).add_to(marker)
    return marker


def _school_legend(target: LocalMap, frame: gpd.GeoDataFrame, circles: SchoolCircles) -> None:
    if circles.fill_ratio_column is None:
        entries = [(PLAIN_SCHOOL, Text("Trường học", "School"))]
    else:
        is_withheld = bool(frame[circles.fill_ratio_column].isna().any())
        entries = [(colour, label) for _, colour, label in (*FILL_CLASSES, *([WITHHELD_CLASS] if is_withheld else []))]
    for colour, label in entries:
        target.add_legend(LegendEntry(label=label, shape="circle", fill=colour, stroke="#16302f"))


def _radius_px(count: int | None, largest: int) -> float:
    if count is None or largest <= 0:
        return _SMALLEST_RADIUS_PX + 3
    return max(_SMALLEST_RADIUS_PX, _LARGEST_RADIUS_PX * math.sqrt(max(float(count), 0.0) / largest))


def _fill_class(ratio: float) -> tuple[float, str, Text]:
    if math.isnan(ratio):
        return WITHHELD_CLASS
    return next(entry for entry in FILL_CLASSES if ratio < entry[0])


def geojson_of(frame: gpd.GeoDataFrame, *, columns: tuple[str, ...] = (), simplify_m: float = 0.0) -> dict[str, Any]:
    """Return a GeoJSON FeatureCollection in WGS84 with escaped attributes and six decimals.

    Parameters
    ----------
    columns
        Attributes that go along; all others stay behind.
    simplify_m
        Largest shift in metres; only for frames in a metric system.
    """
    on_earth = reproject_frame(_simplified(frame, simplify_m), WGS84)
    rounded = shapely.transform(on_earth.geometry.array, lambda points: np.round(points, _DECIMALS))
    properties = [{name: escaped(row[name]) for name in columns} for row in frame.to_dict("records")]
    features = [
        {"type": "Feature", "id": str(number), "properties": attributes, "geometry": json.loads(geometry)}
        for number, (attributes, geometry) in enumerate(
            zip(properties, shapely.to_geojson(np.asarray(rounded)), strict=True)
        )
    ]
    return {"type": "FeatureCollection", "features": features}


def _simplified(frame: gpd.GeoDataFrame, simplify_m: float) -> gpd.GeoDataFrame:
    if simplify_m > 0 and not is_geographic(frame.crs.to_wkt()):
        return frame.set_geometry(frame.geometry.simplify(simplify_m, preserve_topology=True))
    return frame


def _size_bytes(frame: gpd.GeoDataFrame, columns: tuple[str, ...]) -> int:
    """Return about how many bytes the features take in a document."""
    corners = int(shapely.get_num_coordinates(np.asarray(frame.geometry.array, dtype=object)).sum())
    texts = sum(int(frame[name].astype(str).str.len().sum()) + len(frame) * (len(name) + 8) for name in columns)
    return corners * _BYTES_OF_A_CORNER + len(frame) * _BYTES_OF_A_FEATURE + texts


def bounds_of(frame: gpd.GeoDataFrame, *, margin_m: float = 0.0) -> tuple[float, float, float, float]:
    """Return west, south, east, north in degrees of everything in ``frame``, widened by ``margin_m``."""
    box = shapely.box(*frame.total_bounds).buffer(margin_m, join_style="mitre")
    bounds = reproject_frame(gpd.GeoDataFrame(geometry=[box], crs=frame.crs), WGS84).total_bounds
    return (float(bounds[0]), float(bounds[1]), float(bounds[2]), float(bounds[3]))
