"""How a stored feature becomes GeoJSON text, in either store.

On PostGIS the database writes the text: its definitions of VN-2000 carry EPSG:6960 (first migration), and a test holds
them to the pinned operation. From the embedded file shapely and pyproj do the same in bulk.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Any

import numpy as np
import shapely

from basemap.feature_query import CRS84, crs_uris, is_y_first
from basemap.model import LAYERS, LayerName
from spatial import gpkg
from spatial.crs import Coordinates, is_geographic, transformer
from spatial.db import srid_of

_DEGREE_DIGITS, _METRE_DIGITS = 9, 4


@lru_cache(maxsize=128)
def told_by_postgis(layer: LayerName, crs: str, stored: str) -> str:
    """Return the SQL expression of a feature's GeoJSON text, over the columns of a layer's table.

    In CRS84 it stands written beside the feature; in another coordinate system it is computed.
    """
    if crs == CRS84:
        return "geojson"
    code = crs_uris(stored)[crs]
    shape = "ST_ForcePolygonCCW(geometry)"
    if code != stored:
        shape = f"ST_Transform({shape}, {srid_of(code)})"
    if is_y_first(crs):
        shape = f"ST_FlipCoordinates({shape})"
    digits = _DEGREE_DIGITS if is_geographic(code) else _METRE_DIGITS
    properties = ", ".join(f"'{name}', {name}" for name in LAYERS[layer].attribute_names)
    return (
        """concat('{"type":"Feature","id":', to_json(feature_id), ',"geometry":', """
        f"""ST_AsGeoJSON({shape}, {digits}, 0), ',"properties":', json_build_object({properties}), '}}')"""
    )


def told_by_shapely(rows: Sequence[Any], layer: LayerName, *, crs: str, stored: str) -> list[str]:
    """Return features of the embedded file as GeoJSON text.

    Parameters
    ----------
    rows
        Each the id, the attributes in declared order, and the geometry as a GeoPackage blob.
    crs
        Coordinate system of the answer, one of `crs_uris`.
    """
    if not rows:
        return []
    names = LAYERS[layer].attribute_names
    place = _placing(stored, crs_uris(stored)[crs], is_swapped=is_y_first(crs))
    shapes = shapely.transform(shapely.orient_polygons(gpkg.decode([row[-1] for row in rows])), place)
    return [
        _feature_text(row[0], dict(zip(names, row[1:-1], strict=True)), geometry)
        for row, geometry in zip(rows, shapely.to_geojson(shapes), strict=True)
    ]


def _placing(source: str, target: str, *, is_swapped: bool) -> Callable[[Coordinates], Coordinates]:
    move = transformer(source, target)
    digits = _DEGREE_DIGITS if is_geographic(target) else _METRE_DIGITS

    def place(points: Coordinates) -> Coordinates:
        moved = np.round(move(points), digits)
        return moved[:, ::-1] if is_swapped else moved

    return place


def _feature_text(feature_id: str, properties: Mapping[str, Any], geometry: str) -> str:
    told = json.dumps(properties, ensure_ascii=False, separators=(",", ":"), default=_plain)
    name = json.dumps(feature_id, ensure_ascii=False)
    return f'{{"type":"Feature","id":{name},"geometry":{geometry},"properties":{told}}}'


def _plain(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(type(value))
