"""Streets and buildings out of OpenStreetMap extracts, in the words of our layers."""

from collections.abc import Mapping
from types import MappingProxyType

import geopandas as gpd
import pandas as pd

from basemap.model import LayerName
from spatial.errors import InputError
from spatial.text import Text

_TABLE_OF_LAYER = {LayerName.STREET: "lines", LayerName.BUILDING: "multipolygons"}

CLASS_OF_HIGHWAY: Mapping[str, str] = MappingProxyType(
    {
        "motorway": "motorway",
        "motorway_link": "motorway",
        "trunk": "arterial",
        "trunk_link": "arterial",
        "primary": "arterial",
        "primary_link": "arterial",
        "secondary": "arterial",
        "secondary_link": "arterial",
        "tertiary": "street",
        "tertiary_link": "street",
        "unclassified": "street",
        "residential": "street",
        "living_street": "street",
        "road": "street",
        "service": "alley",
        "footway": "path",
        "path": "path",
        "pedestrian": "path",
        "steps": "path",
        "cycleway": "path",
        "track": "path",
        "bridleway": "path",
    }
)
"""Our ``street_class`` of each value of OSM's ``highway``; ways with another value (``proposed``) are no streets."""


def table_for(layer: LayerName, *, file: str) -> str:
    """Return the table of an OSM extract in which features of ``layer`` stand.

    Raises
    ------
    InputError
        Only streets and buildings are taken from OSM.
    """
    if layer not in _TABLE_OF_LAYER:
        raise InputError(
            Text(
                f"Từ OSM chỉ lấy đường và công trình, không lấy {layer}.",
                f"Only streets and buildings are taken from OSM, no {layer}.",
            ),
            hint=Text("Dùng lớp street hoặc building.", "Give the layer street or building."),
            subject=file,
            code="layer_in_file",
        )
    return _TABLE_OF_LAYER[layer]


def as_layer(frame: gpd.GeoDataFrame, layer: LayerName) -> gpd.GeoDataFrame:
    """Return the streets or buildings of an OSM table with our attributes; everything else is left behind."""
    frame = _streets(frame) if layer is LayerName.STREET else _buildings(frame)
    return frame.reset_index(drop=True)


def _streets(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    chosen = frame[frame["highway"].isin(list(CLASS_OF_HIGHWAY))]
    classes = chosen["highway"].map(dict(CLASS_OF_HIGHWAY))
    is_bridge = _tag(chosen, "bridge").notna() & (_tag(chosen, "bridge") != "no")
    # A footbridge stays a path and a motorway on a bridge a motorway: nobody drives on the one or walks on the other.
    is_bridge &= ~classes.isin(["path", "motorway"])
    columns = {
        "osm_id": chosen["osm_id"],
        "name": chosen["name"],
        "street_class": classes.mask(is_bridge, "bridge"),
        "one_way": _one_way(chosen),
    }
    return gpd.GeoDataFrame(columns, geometry=chosen.geometry, crs=frame.crs)


def _one_way(chosen: gpd.GeoDataFrame) -> "pd.Series[str]":
    """Return OSM's ``oneway``; a roundabout that does not say it is one-way nevertheless."""
    is_round = _tag(chosen, "junction") == "roundabout"
    told = _tag(chosen, "oneway").astype(object)
    return told.where(told.notna() | ~is_round.fillna(value=False), "yes")


def _buildings(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    chosen = frame[frame["building"].notna() & (frame["building"] != "no")]
    columns = {
        "osm_id": chosen["osm_id"].fillna(chosen["osm_way_id"]),
        "building_use": chosen["building"].replace("yes", None),
        "floors": pd.to_numeric(_tag(chosen, "building:levels"), errors="coerce").round(),
        "height_m": pd.to_numeric(_tag(chosen, "height"), errors="coerce"),
    }
    return gpd.GeoDataFrame(columns, geometry=chosen.geometry, crs=frame.crs)


def _tag(frame: gpd.GeoDataFrame, key: str) -> "pd.Series[str]":
    """Return the values of a key that has no column of its own (``"key"=>"value","key"=>"value"``)."""
    return frame["other_tags"].astype("string").str.extract(f'"{key}"=>"([^"]*)"', expand=False)
