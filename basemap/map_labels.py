"""Words on a map: the name of the thing shown, and the names of the streets around it."""

import math

import folium
import geopandas as gpd
import numpy as np
import shapely

from basemap.preview import HtmlMarker, LocalMap, escaped
from spatial.crs import WGS84
from spatial.geometry import reproject, reproject_frame

_DECIMALS = 6
_QUARTER_TURN_DEGREES = 90.0
_ANGLE_BASE_M = 10.0
_NAMED_FIRST = ("motorway", "arterial", "bridge", "street")


def draw_label(target: LocalMap, frame: gpd.GeoDataFrame, text: str) -> None:
    """Write ``text`` above the first feature."""
    shape = reproject_frame(frame.iloc[:1], WGS84).geometry.iloc[0]
    point = shapely.Point(shape.centroid.x, shape.bounds[3])
    marker = HtmlMarker(latitude_longitude(point), markup="", size_px=1, interactive=False)
    label = folium.Tooltip(
        escaped(text), permanent=True, sticky=False, direction="top", offset=[0, -8], class_name="map-label"
    )
    label.add_to(marker)
    marker.add_to(target)


def draw_street_names(
    target: LocalMap,
    streets: gpd.GeoDataFrame,
    *,
    within: tuple[float, float, float, float],
    limit: int,
    apart_m: float,
    clear_of: tuple[shapely.Point, ...] = (),
) -> None:
    """Write the names of the most important streets along them, once each.

    Parameters
    ----------
    streets
        In a metric system, with ``name`` and ``street_class``.
    within
        The part that is seen first, in the system of ``streets``: names stand in the middle of what is inside.
    limit
        Most names.
    apart_m
        Least distance between two names, so that they do not lie on each other.
    clear_of
        Points with labels of their own, to stay away from.
    """
    seen = streets.set_geometry(shapely.clip_by_rect(streets.geometry.array, *within), crs=streets.crs)
    named = seen[(seen["name"].fillna("").str.strip() != "") & (seen.length > apart_m / 2)]
    if named.empty:
        return
    rank = named["street_class"].map(lambda name: name in _NAMED_FIRST)
    ordered = named.assign(rank=rank, length_m=named.length).sort_values(
        ["rank", "length_m", "name"], ascending=[False, False, True], kind="stable"
    )
    placed = list(clear_of)
    for row in ordered.drop_duplicates("name").to_dict("records"):
        line = _longest_part(row["geometry"])
        middle = line.interpolate(0.5, normalized=True)
        if len(placed) - len(clear_of) >= limit:
            return
        if all(middle.distance(other) >= apart_m for other in placed):
            placed.append(middle)
            _street_name(target, str(row["name"]), line, crs=streets.crs.to_wkt())


def _street_name(target: LocalMap, name: str, line: shapely.LineString, *, crs: str) -> None:
    middle_m = line.length / 2
    before = line.interpolate(max(0.0, middle_m - _ANGLE_BASE_M))
    after = line.interpolate(min(line.length, middle_m + _ANGLE_BASE_M))
    markup = (
        f'<span class="map-street-name" style="transform:translate(-50%,-50%) rotate({_readable(before, after)}deg)">'
        f"{escaped(name)}</span>"
    )
    middle = reproject(line.interpolate(middle_m), source=crs, target=WGS84)
    HtmlMarker(latitude_longitude(middle), markup=markup, size_px=1, interactive=False).add_to(target)


def _readable(before: shapely.Point, after: shapely.Point) -> int:
    """Return the turn in whole degrees, clockwise as CSS counts it, that never puts letters upside down."""
    turn = -math.degrees(math.atan2(after.y - before.y, after.x - before.x))
    if turn > _QUARTER_TURN_DEGREES:
        turn -= 2 * _QUARTER_TURN_DEGREES
    elif turn <= -_QUARTER_TURN_DEGREES:
        turn += 2 * _QUARTER_TURN_DEGREES
    return round(turn)


def _longest_part(geometry: shapely.MultiLineString | shapely.LineString) -> shapely.LineString:
    parts = shapely.get_parts(geometry)
    return parts[int(np.argmax(shapely.length(parts)))]


def latitude_longitude(point: shapely.Point) -> list[float]:
    """Return a point in degrees as Leaflet wants it: latitude first, six decimals."""
    return [round(point.y, _DECIMALS), round(point.x, _DECIMALS)]
