"""The map of one whole layer, and what the layer says at a point of it."""

import math
from collections.abc import Mapping
from datetime import date
from typing import Any

import geopandas as gpd
import shapely
from sqlalchemy.orm import Session

from api.assets import map_assets
from api.i18n import Speech, speech
from api.map_ground import Ground, lay_ground, tell_ground
from api.schemas.layer_maps import AttributeOut, FeatureOut, FeaturesHere
from basemap import store
from basemap.map_questions import MapQuestions
from basemap.map_styles import LAYER_SHARES
from basemap.map_tiles import MapTiles, draw_tiles
from basemap.model import LAYERS, Attribute, Kind, LayerName, Shape
from basemap.preview import QUESTIONS_JS, LocalMap
from spatial.crs import WGS84
from spatial.db import storage_crs
from spatial.geometry import reproject
from spatial.text import Text

MOST_TOLD_COUNT = 5
_NEAR_PX, _FARTHEST_M = 8, 150.0
_EQUATOR_M, _TILE_PX = 40_075_016.7, 256
_NAMING = ("name", "address", "zone_code", "road_name", "parcel_no")
_YES, _NO = Text("có", "yes"), Text("không", "no")


def layer_map(
    layer: LayerName, tiles: MapTiles, *, questions_url: str, ground: Ground, source: Text | None, language: str
) -> str:
    """Return the map of a layer: pictures of it above the ground, and a way to ask what stands where.

    Parameters
    ----------
    tiles
        Pictures of the published version.
    questions_url
        Address that tells what stands at a point.
    source
        Which versions are shown.
    """
    label = LAYERS[layer].label
    made = LocalMap(
        title=Text(f"Bản đồ lớp {label.vi}", f"Map of the layer {label.en}"),
        language=language,
        source=source,
        assets=map_assets(),
        also=(QUESTIONS_JS,),
    )
    for share in LAYER_SHARES[layer]:
        made.add_legend(share.style.as_legend())
    lay_ground(made, ground)
    draw_tiles(made, tiles)
    tell_ground(made, ground, without=layer)
    MapQuestions(questions_url, language=language).add_to_map(made)
    made.look_at(tiles.bounds_degrees)
    return made.document()


def features_here(
    session: Session, layer: LayerName, point_degrees: tuple[float, float], *, zoom: int, language: str
) -> FeaturesHere:
    """Return what the layer says at a point; the nearest first, and of lines and points those a finger may mean.

    Parameters
    ----------
    point_degrees
        Longitude, latitude.
    zoom
        How near the reader looks: far off, a finger covers more ground.
    """
    longitude, latitude = point_degrees
    here = reproject(shapely.Point(longitude, latitude), source=WGS84, target=storage_crs(session))
    if LAYERS[layer].shape is Shape.AREA:
        found = store.read_at_point(session, layer, here.x, here.y)
    else:
        reach_m = _reach_m(latitude, zoom)
        box = (here.x - reach_m, here.y - reach_m, here.x + reach_m, here.y + reach_m)
        found = _nearest(store.read_layer(session, layer, bounds=box), here, reach_m=reach_m)
    told = [_told(row, layer, speech(language)) for row in found.iloc[:MOST_TOLD_COUNT].to_dict("records")]
    return FeaturesHere(features=told, has_more=len(found) > len(told))


def _reach_m(latitude_degrees: float, zoom: int) -> float:
    metres_per_px = math.ldexp(_EQUATOR_M * math.cos(math.radians(latitude_degrees)) / _TILE_PX, -zoom)
    return min(_NEAR_PX * metres_per_px, _FARTHEST_M)


def _nearest(frame: gpd.GeoDataFrame, here: shapely.Point, *, reach_m: float) -> gpd.GeoDataFrame:
    distance_m = frame.distance(here)
    return frame[distance_m <= reach_m].loc[distance_m[distance_m <= reach_m].sort_values(kind="stable").index]


def _told(row: Mapping[Any, Any], layer: LayerName, spoken: Speech) -> FeatureOut:
    schema = LAYERS[layer]
    values = {each: _said(row[each.name], each, spoken) for each in schema.attributes}
    title = next((row[name] for name in _NAMING if row.get(name)), row["feature_id"])
    label = schema.label.in_language(spoken.language)
    return FeatureOut(
        title=f"{label}: {title}",
        attributes=[
            AttributeOut(label=each.label.in_language(spoken.language), value=value)
            for each, value in values.items()
            if value
        ],
    )


def _said(value: Any, attribute: Attribute, spoken: Speech) -> str:  # noqa: ANN401  whatever a column holds
    """Return a value as people read it; empty where nothing stands."""
    if value is None or (not isinstance(value, str) and value != value) or str(value) == "<NA>":  # noqa: PLR0124  not a number
        return ""
    if attribute.kind is Kind.BOOLEAN:
        return spoken.say(_YES if value else _NO)
    if attribute.kind in {Kind.INTEGER, Kind.REAL}:
        return spoken.number(float(value), digits=2)
    return spoken.day(value) if isinstance(value, date) else str(value)
