"""A plot of 5 m by 20 m on a street of 12 m, with every layer loaded: what checks and envelopes are tried on."""

from datetime import date

import geopandas as gpd
import shapely
from shapely.geometry import mapping
from shapely.geometry.base import BaseGeometry

from basemap.model import LAYERS, LayerName
from permits.check import Check, check
from permits.facts import CHECKED_LAYERS, Ground, ParcelFacts, facts_of
from permits.model import ParcelKey
from permits.parcels import Parcel
from permits.proposal import Proposal, read_proposal
from permits.rulebook import ground_rules_for, rulebooks_named
from spatial.geometry import Located

CRS = "EPSG:9210"
X, Y = 600_000.0, 1_190_000.0
PLOT = shapely.box(X, Y, X + 5, Y + 20)
DAY = date(2026, 11, 21)
STREET = {"name": "Đường số 7", "street_class": "street", "width_m": 12.0, "sidewalk_width_m": 3.0}
ZONE = {
    "zone_code": "ODT-1",
    "land_use": "ODT",
    "max_site_coverage_ratio": 1.0,
    "max_floors": 6,
    "max_height_m": 30.0,
    "plan_approved_on": date(2023, 5, 1),
}
HOUSE: dict[str, object] = {
    "building_type": "row_house",
    "area_type": "existing_urban",
    "former_province": "hcmc",
    "central_area": False,
    "trade_axis": False,
    "row_has_setback": False,
    "road_is_regional": False,
    "frontage_m": 5,
    "depth_m": 20,
    "floors": 4,
    "building_height_m": 17,
}
"""Complies in every figure: four floors and 17 m on a road of 12 m."""

Layers = dict[LayerName, gpd.GeoDataFrame | None]


def layer(row: dict[str, object], shape: BaseGeometry) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {name: [value] for name, value in {**row, "feature_id": "1"}.items()}, geometry=[shape], crs=CRS
    )


def layers(*, reserved_m: float = 0.0, river_m: float = 0.0) -> Layers:
    """Return every layer; the road may take a strip in front, and a river corridor one behind."""
    around = shapely.box(X - 100, Y - 100, X + 100, Y + 100)
    strip = shapely.box(X - 100, Y - 20, X + 100, Y + reserved_m if reserved_m else Y - 10)
    made: Layers = {
        **{name: layer(dict.fromkeys(LAYERS[name].attribute_names), PLOT)[:0] for name in CHECKED_LAYERS},
        LayerName.COVERAGE: layer({"layer": "special_area", "kind": None}, around),
        LayerName.STREET: layer(dict(STREET), shapely.LineString([(X - 100, Y - 6), (X + 100, Y - 6)])),
        LayerName.ZONE: layer({**ZONE, "max_plot_ratio": 6.0}, around),
        LayerName.ROAD_RESERVATION: layer(
            {"road_name": "Đường số 7", "planned_width_m": 12.0, "decision": "1/QĐ"}, strip
        ),
    }
    if river_m:
        behind = shapely.box(X - 100, Y + 20 - river_m, X + 100, Y + 60)
        empty = dict.fromkeys(LAYERS[LayerName.RIVER_CORRIDOR].attribute_names)
        made[LayerName.RIVER_CORRIDOR] = layer({**empty, "name": "Rạch Bà"}, behind)
    return made


def plot(loaded: Layers | None = None, *, land_use_code: str = "ODT", shape: BaseGeometry = PLOT) -> ParcelFacts:
    parcel = Parcel(
        key=ParcelKey("26797-10-16"),
        ward_code="26797",
        map_sheet="10",
        parcel_no="16",
        place=Located(geometry=shape, crs=CRS),
        registered_area_m2=round(shape.area, 2),
        land_use_code=land_use_code,
    )
    return facts_of(parcel, Ground(layers() if loaded is None else loaded, crs=CRS))


def proposed(footprint: BaseGeometry | None = None, **given: object) -> Proposal:
    """Return the house that complies, with changes, on a footprint (by default all but 2 m behind)."""
    shape = shapely.box(X, Y, X + 5, Y + 18) if footprint is None else footprint
    return read_proposal({**HOUSE, **given, "footprint": mapping(shape), "footprint_crs": CRS})


def checked(found: ParcelFacts, proposal: Proposal, *, rulebook: str = "all", as_of: date = DAY) -> Check:
    book, *beside = rulebooks_named(rulebook)
    return check(found, proposal, rulebook=book, as_of=as_of, beside=beside, ground_rules=ground_rules_for(rulebook))
