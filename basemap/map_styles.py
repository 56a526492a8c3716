"""How each layer of the basemap looks, on a map of a page, on a tile and on paper alike."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import geopandas as gpd

from basemap.model import LAYERS, LayerName, Shape
from basemap.preview import LegendEntry
from spatial.text import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """How one kind of feature is drawn.

    Parameters
    ----------
    shape
        ``area``, ``line`` or ``circle``: a point, for which ``stroke_px`` is the radius.
    simplify_m
        Largest shift of a border in metres; 0 for anything that law measures.
    """

    label: Text
    shape: str = "area"
    stroke: str
    fill: str = "transparent"
    stroke_px: float = 1.0
    fill_opacity_ratio: float = 0.6
    dash: str | None = None
    simplify_m: float = 0.0

    def as_leaflet(self) -> dict[str, Any]:
        """Return the options that Leaflet draws by."""
        return {
            "color": self.stroke,
            "weight": self.stroke_px,
            "fill": self.shape == "area",
            "fillColor": self.fill,
            "fillOpacity": 0.0 if self.fill == "transparent" else self.fill_opacity_ratio,
            **({"dashArray": self.dash} if self.dash else {}),
        }

    def as_legend(self) -> LegendEntry:
        """Return the line of the legend."""
        alpha = f"{round(255 * self.fill_opacity_ratio):02x}" if self.fill.startswith("#") else ""
        return LegendEntry(
            label=self.label,
            shape=self.shape,
            fill=self.fill + alpha,
            stroke=self.stroke,
            dashed=self.dash is not None,
        )


WARDS = Style(
    label=Text("Ranh giới phường", "Ward borders"),
    stroke="#7a6f8f",
    fill="#fbf8f0",
    stroke_px=1.5,
    fill_opacity_ratio=0.85,
    dash="6 4",
    simplify_m=4.0,
)
WATER = Style(
    label=Text("Sông, rạch", "Water"), stroke="#86b3c4", fill="#b9d8e3", fill_opacity_ratio=1.0, simplify_m=2.0
)
PARKS = Style(
    label=Text("Cây xanh theo quy hoạch", "Planned green"),
    stroke="#b7d1ae",
    fill="#cfe2c6",
    stroke_px=0.5,
    simplify_m=2.0,
)
ARTERIALS = Style(
    label=Text("Đường chính", "Main streets"), shape="line", stroke="#c39a4e", stroke_px=3.0, simplify_m=1.0
)
STREETS = Style(label=Text("Đường", "Streets"), shape="line", stroke="#b0a288", stroke_px=2.0, simplify_m=1.0)
ALLEYS = Style(label=Text("Hẻm", "Alleys"), shape="line", stroke="#cfc4ae", stroke_px=1.25, simplify_m=1.0)
BRIDGES = Style(label=Text("Cầu", "Bridges"), shape="line", stroke="#7d5f1e", stroke_px=4.0, simplify_m=1.0)
BUILDINGS = Style(
    label=Text("Công trình hiện hữu", "Buildings"), stroke="#8b7d6b", fill="#cbbfac", fill_opacity_ratio=0.8
)
NEIGHBOUR_PARCELS = Style(
    label=Text("Thửa đất lân cận", "Neighbouring parcels"), stroke="#a89c86", fill="#fffdf8", fill_opacity_ratio=0.5
)
PARCEL = Style(
    label=Text("Thửa đất đang xem", "This parcel"),
    stroke="#0c5a55",
    fill="#6fb7a7",
    stroke_px=3.0,
    fill_opacity_ratio=0.45,
)
RESERVATIONS = Style(
    label=Text("Lộ giới quy hoạch", "Road reservation"),
    stroke="#b4431c",
    fill="#e58b62",
    fill_opacity_ratio=0.25,
    dash="5 4",
)
RESERVATION_BITE = Style(
    label=Text("Phần thửa đất nằm trong lộ giới", "Part of the parcel inside the reservation"),
    stroke="#8f2f0e",
    fill="#c8501f",
    stroke_px=2.0,
    fill_opacity_ratio=0.75,
)
ZONES = Style(
    label=Text("Ô quy hoạch phân khu", "Zoning plan cells"),
    stroke="#5b4a86",
    fill="#8a78b8",
    stroke_px=1.5,
    fill_opacity_ratio=0.1,
    dash="2 4",
)
STREET_STYLES: Mapping[str, Style] = MappingProxyType(
    {
        "motorway": ARTERIALS,
        "arterial": ARTERIALS,
        "bridge": BRIDGES,
        "street": STREETS,
        "alley": ALLEYS,
        "path": ALLEYS,
    }
)
"""Style of each ``street_class``; a street without a class is drawn like a street."""

FILL_CLASSES: tuple[tuple[float, str, Text], ...] = (
    (0.60, "#cfe3d8", Text("Dưới 60% chỗ đã xếp", "Under 60% of seats placed")),
    (0.90, "#7db9a6", Text("60% đến dưới 90%", "60% to under 90%")),
    (1.00, "#1f7a6c", Text("90% đến dưới 100%", "90% to under 100%")),
    (math.inf, "#b4431c", Text("Đã đủ chỗ", "Full")),
)
"""Upper bound of the share of seats placed (exclusive), colour, label."""

WITHHELD_CLASS = (math.nan, "#d8d2c4", Text("Số liệu được che", "Figure withheld"))
"""Colour and label of a share that is not told."""

PLAIN_SCHOOL = "#0c5a55"
WATER_USES, GREEN_USES = ("SON", "MNC"), ("DKV", "CAN")
"""Values of ``land_use`` that are drawn as water, and as green."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A part of a layer that is drawn in one style.

    Parameters
    ----------
    chosen
        A column and the values of it that belong here, an empty text for none. None: every feature.
    """

    style: Style
    chosen: tuple[str, tuple[str, ...]] | None = None

    def of(self, frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        """Return the features of ``frame`` that belong here."""
        if self.chosen is None:
            return frame
        column, values = self.chosen
        return frame[frame[column].fillna("").isin(values)]


def _streets(style: Style, *values: str) -> Share:
    return Share(style=replace(style, stroke_px=style.stroke_px + 0.5), chosen=("street_class", values))


def _areas(layer: LayerName, stroke: str, fill: str, *, fill_opacity_ratio: float, stroke_px: float = 1.5) -> Share:
    label = LAYERS[layer].label
    return Share(
        style=Style(label=label, stroke=stroke, fill=fill, stroke_px=stroke_px, fill_opacity_ratio=fill_opacity_ratio)
    )


def _points(layer: LayerName, fill: str, *, radius_px: float) -> Share:
    style = Style(label=LAYERS[layer].label, shape="circle", stroke="#fffdf8", fill=fill, stroke_px=radius_px)
    return Share(style=style)


def _ground(layer: LayerName, colour: str, *, fill_opacity_ratio: float = 0.2, dash: str | None = None) -> Style:
    shape = {Shape.AREA: "area", Shape.LINE: "line", Shape.POINT: "circle"}[LAYERS[layer].shape]
    return Style(
        label=LAYERS[layer].label,
        shape=shape,
        stroke=colour if shape != "circle" else "#fffdf8",
        fill="transparent" if shape == "line" else colour,
        stroke_px={"area": 1.5, "line": 2.5, "circle": 4.0}[shape],
        fill_opacity_ratio=fill_opacity_ratio,
        dash=dash,
    )


GROUND_STYLES: Mapping[LayerName, Style] = MappingProxyType(
    {
        LayerName.COVERAGE: _ground(LayerName.COVERAGE, "#5f5f5f", fill_opacity_ratio=0.05, dash="8 4"),
        LayerName.AIRPORT_SURFACE: _ground(LayerName.AIRPORT_SURFACE, "#3f6fb5", fill_opacity_ratio=0.08, dash="6 4"),
        LayerName.SPECIAL_AREA: _ground(LayerName.SPECIAL_AREA, "#7b3f8c", fill_opacity_ratio=0.06, dash="4 4"),
        LayerName.DETAILED_PLAN: _ground(LayerName.DETAILED_PLAN, "#6a4fb0"),
        LayerName.RIVER_CORRIDOR: _ground(LayerName.RIVER_CORRIDOR, "#1f78a8", fill_opacity_ratio=0.25),
        LayerName.RAILWAY_CORRIDOR: _ground(LayerName.RAILWAY_CORRIDOR, "#5a5a5a", fill_opacity_ratio=0.25),
        LayerName.POWER_CORRIDOR: _ground(LayerName.POWER_CORRIDOR, "#b8860b", fill_opacity_ratio=0.25),
        LayerName.POWER_LINE: _ground(LayerName.POWER_LINE, "#8a6300", dash="10 4"),
        LayerName.HERITAGE_AREA: _ground(LayerName.HERITAGE_AREA, "#a0522d", fill_opacity_ratio=0.25),
        LayerName.TRADE_AXIS: _ground(LayerName.TRADE_AXIS, "#c2347e"),
        LayerName.PRESCRIPTION_AREA: _ground(LayerName.PRESCRIPTION_AREA, "#4b7a3a"),
        LayerName.PRESCRIPTION_LINE: _ground(LayerName.PRESCRIPTION_LINE, "#4b7a3a"),
        LayerName.PRESCRIPTION_POINT: _ground(LayerName.PRESCRIPTION_POINT, "#4b7a3a", fill_opacity_ratio=0.9),
    }
)
"""How the layers that permits ask are drawn, the widest first."""

LAYER_SHARES: Mapping[LayerName, tuple[Share, ...]] = MappingProxyType(
    {
        LayerName.WARD: (_areas(LayerName.WARD, "#5b4a86", "#8a78b8", fill_opacity_ratio=0.12, stroke_px=2.5),),
        LayerName.STREET: (
            _streets(replace(ALLEYS, stroke="#8d7a52"), "alley", "path"),
            _streets(replace(STREETS, stroke="#7a6a44"), "street", ""),
            _streets(replace(ARTERIALS, stroke="#a8741a"), "motorway", "arterial"),
            _streets(BRIDGES, "bridge"),
        ),
        LayerName.SCHOOL: (_points(LayerName.SCHOOL, PLAIN_SCHOOL, radius_px=6.0),),
        LayerName.BUILDING: (_areas(LayerName.BUILDING, "#6d5c45", "#a8926f", fill_opacity_ratio=0.7, stroke_px=1.0),),
        LayerName.ADDRESS: (_points(LayerName.ADDRESS, "#8f4a0e", radius_px=3.5),),
        LayerName.ZONE: (_areas(LayerName.ZONE, "#5b4a86", "#8a78b8", fill_opacity_ratio=0.2),),
        LayerName.ROAD_RESERVATION: (
            _areas(LayerName.ROAD_RESERVATION, "#b4431c", "#e58b62", fill_opacity_ratio=0.35),
        ),
        LayerName.PARCEL: (_areas(LayerName.PARCEL, "#0c5a55", "#6fb7a7", fill_opacity_ratio=0.25, stroke_px=1.25),),
        **{layer: (Share(style=style),) for layer, style in GROUND_STYLES.items()},
    }
)
"""How a layer looks where it is what the map is about, the lowest part first."""
