"""A plot of 5 x 20 m on a street of 12 m, and layers around it in its own axes: x across, y from the front to the rear.

Every layer answers and nothing restricts the plot, unless a test says so. The whole can be turned.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache

import geopandas as gpd
import shapely
from shapely import affinity
from shapely.geometry.base import BaseGeometry

from basemap.model import LAYERS, LayerName, Shape
from basemap.special_areas import SpecialKind
from permits.answers import Cause
from permits.check import Check, check
from permits.facts import CHECKED_LAYERS, Ground, LayerFault, ParcelFacts, facts_of
from permits.ground import Layers
from permits.model import AreaType, BuildingType, Facts, ParcelKey
from permits.parcels import Parcel
from permits.proposal import Proposal
from permits.rulebook import Rulebook
from spatial.geometry import Located

CRS = "EPSG:9210"
ORIGIN = (600_000.0, 1_190_000.0)
TODAY = date(2026, 11, 21)
WIDTH_M, DEPTH_M = 5.0, 20.0
EVERYWHERE = shapely.box(-500, -500, 500, 500)
STREET = shapely.LineString([(-200, -6), (200, -6)])
Features = Mapping[LayerName, Sequence[tuple[BaseGeometry, Mapping[str, object]]]]

CLEAN: Features = {
    LayerName.STREET: [
        (STREET, {"name": "Đường số 7", "street_class": "street", "width_m": 12.0, "sidewalk_width_m": 3.0})
    ],
    LayerName.ZONE: [
        (
            EVERYWHERE,
            {
                "zone_code": "ODT-1",
                "land_use": "ODT",
                "max_site_coverage_ratio": 1.0,
                "max_floors": 6,
                "max_height_m": 30.0,
                "max_plot_ratio": 6.0,
                "plan_approved_on": date(2020, 1, 1),
            },
        )
    ],
    LayerName.COVERAGE: [(EVERYWHERE, {"layer": LayerName.SPECIAL_AREA.value})],
}
SOUND = Facts(
    building_type=BuildingType.ROW_HOUSE,
    area_type=AreaType.EXISTING_URBAN,
    central_area=False,
    trade_axis=False,
    frontage_m=WIDTH_M,
    depth_m=DEPTH_M,
    floors=4,
    building_height_m=17.0,
)
SOUND_FOOTPRINT = shapely.box(0, 0, WIDTH_M, 18)


def placed(shape: BaseGeometry, *, turn_degrees: float = 0.0) -> BaseGeometry:
    """Return a shape of the plot's own axes on the map."""
    return affinity.translate(affinity.rotate(shape, turn_degrees, origin=(0, 0)), *ORIGIN)


def parcel(
    *, turn_degrees: float = 0.0, shape: BaseGeometry | None = None, registered_area_m2: float = 100.0
) -> Parcel:
    outline = shapely.box(0, 0, WIDTH_M, DEPTH_M) if shape is None else shape
    return Parcel(
        key=ParcelKey("26797-10-16"),
        ward_code="26797",
        map_sheet="10",
        parcel_no="16",
        place=Located(geometry=placed(outline, turn_degrees=turn_degrees), crs=CRS),
        registered_area_m2=registered_area_m2,
        land_use_code="ODT",
    )


def layers(
    more: Features | None = None, *, turn_degrees: float = 0.0
) -> dict[LayerName, gpd.GeoDataFrame | LayerFault | None]:
    """Return a frame for every layer: the clean ones, with the features of ``more`` beside them."""
    given = more or {}
    clean = {name: _clean_frame(name, turn_degrees) for name in (*CHECKED_LAYERS, LayerName.COVERAGE)}
    return clean | {
        name: frame(name, [*CLEAN.get(name, ()), *features], turn_degrees=turn_degrees)
        for name, features in given.items()
    }


@lru_cache(maxsize=128)
def _clean_frame(layer: LayerName, turn_degrees: float) -> gpd.GeoDataFrame:
    return frame(layer, CLEAN.get(layer, ()), turn_degrees=turn_degrees)


def frame(
    layer: LayerName, features: Sequence[tuple[BaseGeometry, Mapping[str, object]]], *, turn_degrees: float = 0.0
) -> gpd.GeoDataFrame:
    """Return the frame of one layer, features in the plot's own axes."""
    columns = {name: [row.get(name) for _, row in features] for name in LAYERS[layer].attribute_names}
    columns["feature_id"] = [str(number) for number, _ in enumerate(features, start=1)]
    shapes = [placed(shape, turn_degrees=turn_degrees) for shape, _ in features]
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=CRS)


def facts(given: Layers, *, turn_degrees: float = 0.0) -> ParcelFacts:
    return facts_of(parcel(turn_degrees=turn_degrees), Ground(given, crs=CRS))


def checked(
    given: Layers, rulebook: Rulebook, *, proposal: Facts = SOUND, footprint: BaseGeometry = SOUND_FOOTPRINT
) -> Check:
    place = Located(geometry=placed(footprint), crs=CRS)
    return check(facts(given), Proposal(facts=proposal, footprint=place), rulebook=rulebook, as_of=TODAY)


REQUIRED: dict[LayerName, dict[str, object]] = {
    LayerName.ZONE: {"zone_code": "CLN-9", "land_use": "CLN", "max_floors": 2},
    LayerName.DETAILED_PLAN: {
        "plan_kind": "detailed_plan",
        "land_use": "ODT",
        "max_floors": 2,
        "plan_approved_on": date(2024, 1, 1),
    },
    LayerName.SPECIAL_AREA: {"kind": SpecialKind.CITY_CENTRE_930_HA.value},
    LayerName.TRADE_AXIS: {"street_name": "Đường số 7"},
    LayerName.AIRPORT_SURFACE: {"airport_name": "A", "surface": "horizontal"},
    LayerName.HERITAGE_AREA: {"name": "Đình"},
    LayerName.ROAD_RESERVATION: {"road_name": "Đường số 7", "planned_width_m": 14.0},
    LayerName.STREET: {"street_class": "street", "width_m": 5.0},
    LayerName.PRESCRIPTION_AREA: {"name": "Giữ cây"},
    LayerName.PRESCRIPTION_LINE: {"name": "Giữ cây"},
    LayerName.PRESCRIPTION_POINT: {"name": "Giữ cây"},
}


def reaching(layer: LayerName, into_m: float) -> BaseGeometry:
    """Return a feature of the layer's shape that reaches so far into the plot from the front; below 0 it stays off."""
    if LAYERS[layer].shape is Shape.AREA:
        return shapely.box(-50, -30, 50, into_m)
    if LAYERS[layer].shape is Shape.LINE:
        return shapely.LineString([(-50, into_m), (50, into_m)])
    return shapely.Point(WIDTH_M / 2, into_m)


def broken(layer: LayerName, given_layers: Layers, how: str) -> Layers:
    """Return the layers with one of them missing, unreadable, or drawn for less ground than the plot."""
    frame = given_layers[layer]
    assert isinstance(frame, gpd.GeoDataFrame)
    if how == "dropped":
        return {**given_layers, layer: None}
    if how == "failed":
        return {**given_layers, layer: LayerFault(cause=Cause.FAILED)}
    if how == "wrong_crs":
        return {**given_layers, layer: frame.set_crs("EPSG:5899", allow_override=True)}
    coverage = given_layers[LayerName.COVERAGE]
    assert isinstance(coverage, gpd.GeoDataFrame)
    kept = shapely.box(-500, 5 if how == "cut" else 300, 500, 500)
    row = gpd.GeoDataFrame(
        {"feature_id": ["9"], "layer": [layer.value], "kind": [None], "source": [None]},
        geometry=[shapely.affinity.translate(kept, *(600_000.0, 1_190_000.0))],
        crs=CRS,
    )
    rest = coverage[coverage["layer"] != layer.value]
    return {**given_layers, LayerName.COVERAGE: gpd.pd.concat([rest, row], ignore_index=True)}
