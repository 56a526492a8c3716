"""What the map says about a parcel: areas, zones, road reservations, the street in front. Pure.

Each layer answers concerned, not concerned, or *not checked*. A layer that is not loaded is not checked and
never reads as clear, and what hangs on it is unknown to the rules. Frontage and depth are estimates from the
drawing, to be confirmed on site.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from basemap.model import LayerName, ZoneLimits
from permits.frontage import FacingSide, facing_sides, is_opposite, rear_edge, streets_of
from permits.model import Facts
from permits.overlap import Band, OverlapThresholds, area_error_m2, band_of
from permits.parcels import Parcel
from spatial.errors import InputError
from spatial.geometry import Located
from spatial.text import Text

CHECKED_LAYERS = (LayerName.ZONE, LayerName.ROAD_RESERVATION, LayerName.STREET, LayerName.BUILDING)
STREET_SEARCH_M = 60.0
_MILLIMETRE = 0.001
_COVERED_RATIO = 0.99
_NO_VEHICLES = ("path", "bridge", "motorway")

Layers = Mapping[LayerName, gpd.GeoDataFrame | None]


class LayerStatus(StrEnum):
    """What a layer answers about a parcel."""

    CONCERNED = "CONCERNED"
    REVIEW = "REVIEW"
    NOT_CONCERNED = "NOT_CONCERNED"
    NOT_CHECKED = "NOT_CHECKED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Concern:
    """One feature of a layer that meets a parcel.

    Parameters
    ----------
    area_m2, share_ratio
        Common part, in square metres and as a share of the measured area.
    geometry
        Common part; the feature's nearest point for a near miss.
    """

    layer: LayerName
    feature_id: str
    name: str
    band: Band
    area_m2: float
    share_ratio: float
    geometry: Located
    detail: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerAnswer:
    """What one layer says about a parcel; ``concerns`` keeps slivers too, for whoever wants to look."""

    layer: LayerName
    status: LayerStatus
    concerns: tuple[Concern, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ParcelFacts:
    """All that the map says about one parcel.

    Parameters
    ----------
    registered_area_m2, measured_area_m2
        On the certificate, and as drawn; never mixed.
    reserved_area_m2
        Part of the drawn area inside road reservations. None: not checked.
    area_left_m2
        Area in agreement with the plan: the registered area (measured, where none is registered) less the
        same share. None: not checked.
    frontage_m, depth_m
        Estimates, to be confirmed.
    facts
        What the rules may use; estimates included.
    """

    parcel: Parcel
    registered_area_m2: float | None
    measured_area_m2: float
    area_error_m2: float
    area_differs: bool
    reserved_area_m2: float | None
    area_left_m2: float | None
    layers: Mapping[LayerName, LayerAnswer]
    sides: tuple[FacingSide, ...]
    frontage_m: float | None
    depth_m: float | None
    rear: Located | None
    facts: Facts

    @property
    def zones(self) -> tuple[Concern, ...]:
        """Zones that the parcel lies in, the largest share first."""
        return self._hits(LayerName.ZONE)

    @property
    def reservations(self) -> tuple[Concern, ...]:
        """Road reservations that take part of the parcel."""
        return self._hits(LayerName.ROAD_RESERVATION)

    @property
    def buildings(self) -> tuple[Concern, ...]:
        """Buildings that stand on the parcel."""
        return self._hits(LayerName.BUILDING)

    @property
    def not_checked(self) -> tuple[LayerName, ...]:
        """Layers that did not answer."""
        return tuple(name for name, answer in self.layers.items() if answer.status is LayerStatus.NOT_CHECKED)

    def _hits(self, layer: LayerName) -> tuple[Concern, ...]:
        hits = [concern for concern in self.layers[layer].concerns if concern.band in (Band.HIT, Band.REVIEW)]
        return tuple(sorted(hits, key=lambda concern: -concern.area_m2))


class Ground:
    """Layers made ready for many parcels: one spatial index each, all in one metric coordinate system.

    Parameters
    ----------
    layers
        Frames with ``feature_id``; None or absent: the layer is not loaded.
    """

    def __init__(self, layers: Layers, *, crs: str, thresholds: OverlapThresholds | None = None) -> None:
        self.crs = crs
        self.thresholds = thresholds or OverlapThresholds()
        self._records: dict[LayerName, list[dict[str, object]]] = {}
        self._trees: dict[LayerName, shapely.STRtree] = {}
        for name in CHECKED_LAYERS:
            frame = layers.get(name)
            if frame is None:
                continue
            if frame.crs is None or ":".join(frame.crs.to_authority() or ()) != crs:
                raise InputError(
                    Text(f"Lớp {name} không ở hệ {crs}.", f"The layer {name} is not in {crs}."), subject=name.value
                )
            valid = shapely.make_valid(np.asarray(frame.geometry.array, dtype=object))
            records = frame.drop(columns=frame.geometry.name).to_dict("records")
            self._records[name] = [{**record, "geometry": shape} for record, shape in zip(records, valid, strict=True)]
            self._trees[name] = shapely.STRtree(valid)

    def is_loaded(self, layer: LayerName) -> bool:
        """Tell whether the layer was given."""
        return layer in self._records

    def near(self, layer: LayerName, geometry: BaseGeometry, *, distance_m: float) -> list[dict[str, object]]:
        """Return the records of a loaded layer within ``distance_m`` of ``geometry``, in the order of the frame."""
        found = self._trees[layer].query(geometry, predicate="dwithin", distance=distance_m)
        return [self._records[layer][number] for number in sorted(found)]


def facts_of(parcel: Parcel, ground: Ground) -> ParcelFacts:
    """Return what the layers of ``ground`` say about ``parcel``.

    Raises
    ------
    InputError
        The parcel and the layers are in different coordinate systems, or in degrees.
    """
    if parcel.place.crs != ground.crs:
        raise InputError(Text("Hai hệ tọa độ khác nhau.", "Two coordinate systems."), subject=parcel.key)
    measured_m2 = parcel.place.area_m2
    shape = shapely.set_precision(shapely.make_valid(parcel.place.geometry), _MILLIMETRE)
    answers = {name: _answer(name, shape, ground) for name in CHECKED_LAYERS}
    sides = _sides(shape, ground)
    bare = ParcelFacts(
        parcel=parcel,
        registered_area_m2=parcel.registered_area_m2,
        measured_area_m2=measured_m2,
        area_error_m2=area_error_m2(shape, point_error_m=ground.thresholds.parcel_error_m),
        area_differs=_differs(parcel.registered_area_m2, measured_m2, ground.thresholds),
        reserved_area_m2=_reserved_m2(answers[LayerName.ROAD_RESERVATION]),
        area_left_m2=None,
        layers=answers,
        sides=sides,
        frontage_m=sides[0].length_m if sides else None,
        depth_m=None,
        rear=_rear(shape, sides, crs=ground.crs),
        facts=Facts(),
    )
    return _with_facts(_with_area_left(bare))


def _answer(layer: LayerName, shape: BaseGeometry, ground: Ground) -> LayerAnswer:
    if not ground.is_loaded(layer):
        return LayerAnswer(layer=layer, status=LayerStatus.NOT_CHECKED)
    error_m = ground.thresholds.combined_error_m(layer)
    if layer is LayerName.STREET:
        near = ground.near(layer, shape, distance_m=STREET_SEARCH_M)
        return LayerAnswer(layer=layer, status=LayerStatus.CONCERNED if near else LayerStatus.NOT_CONCERNED)
    near = ground.near(layer, shape, distance_m=error_m)
    least_area_m2 = max(ground.thresholds.least_area_m2, area_error_m2(shape, point_error_m=error_m)) if near else 0.0
    found = [_concern(layer, shape, record, ground=ground, least_area_m2=least_area_m2) for record in near]
    concerns = tuple(concern for concern in found if concern.band is not Band.CLEAR)
    bands = {concern.band for concern in concerns}
    status = LayerStatus.NOT_CONCERNED
    if Band.HIT in bands:
        status = LayerStatus.CONCERNED
    elif Band.REVIEW in bands:
        status = LayerStatus.REVIEW
    return LayerAnswer(layer=layer, status=status, concerns=concerns)


def _concern(
    layer: LayerName, shape: BaseGeometry, record: Mapping[str, object], *, ground: Ground, least_area_m2: float
) -> Concern:
    feature = record["geometry"]
    overlap = shapely.intersection(shape, feature, grid_size=_MILLIMETRE)
    thresholds = ground.thresholds
    band = band_of(
        overlap,
        distance_m=float(shapely.distance(shape, feature)),
        error_m=thresholds.combined_error_m(layer),
        least_area_m2=least_area_m2,
        may_touch=layer in thresholds.touching_is_nothing,
    )
    place = overlap if overlap.area > 0 else shapely.shortest_line(shape, feature)
    return Concern(
        layer=layer,
        feature_id=str(record.get("feature_id", "")),
        name=_name(layer, record),
        band=band,
        area_m2=float(overlap.area),
        share_ratio=float(overlap.area / shape.area) if shape.area else 0.0,
        geometry=Located(geometry=place, crs=ground.crs),
        detail={key: value for key, value in record.items() if key not in ("geometry", "feature_id")},
    )


_NAME_COLUMNS = {
    LayerName.ZONE: "zone_code",
    LayerName.ROAD_RESERVATION: "road_name",
    LayerName.BUILDING: "building_use",
}


def _name(layer: LayerName, record: Mapping[str, object]) -> str:
    value = record.get(_NAME_COLUMNS.get(layer, ""))
    return value if isinstance(value, str) else ""


def _differs(registered_m2: float | None, measured_m2: float, thresholds: OverlapThresholds) -> bool:
    if registered_m2 is None:
        return False
    return abs(measured_m2 - registered_m2) > thresholds.area_difference_ratio * registered_m2


def _reserved_m2(answer: LayerAnswer) -> float | None:
    if answer.status is LayerStatus.NOT_CHECKED:
        return None
    taken = [concern.geometry.geometry for concern in answer.concerns if concern.band is Band.HIT]
    return float(shapely.union_all(taken).area) if taken else 0.0


def _with_area_left(found: ParcelFacts) -> ParcelFacts:
    if found.reserved_area_m2 is None:
        return found
    share_left = 1 - found.reserved_area_m2 / found.measured_area_m2
    whole_m2 = found.registered_area_m2 or found.measured_area_m2
    left_m2 = found.measured_area_m2 - found.reserved_area_m2
    depth_m = left_m2 / found.frontage_m if found.frontage_m and len(found.sides) == 1 else None
    return replace(found, area_left_m2=round(whole_m2 * share_left, 2), depth_m=depth_m)


def _sides(shape: BaseGeometry, ground: Ground) -> tuple[FacingSide, ...]:
    if not ground.is_loaded(LayerName.STREET):
        return ()
    near = ground.near(LayerName.STREET, shape, distance_m=STREET_SEARCH_M)
    streets = streets_of([record for record in near if record.get("street_class") not in _NO_VEHICLES])
    return tuple(facing_sides(shape, streets))


def _rear(shape: BaseGeometry, sides: Sequence[FacingSide], *, crs: str) -> Located | None:
    edge = rear_edge(shape, sides[0]) if len(sides) == 1 else None
    return None if edge is None else Located(geometry=edge, crs=crs)


def _with_facts(found: ParcelFacts) -> ParcelFacts:
    sides = found.sides
    widths = tuple(_planned_width_m(side, found) for side in sides)
    is_through = len(sides) == 2 and is_opposite(sides[0], sides[1])  # noqa: PLR2004 - front and back
    known = [width for width in widths if width is not None]
    is_corner = len(sides) > 1 and not is_through and len(known) == len(sides)
    facts = replace(
        _zone_facts(found),
        plot_area_m2=found.area_left_m2 or None,
        frontage_m=found.frontage_m,
        depth_m=found.depth_m,
        road_width_m=widths[0] if sides and (len(sides) == 1 or is_through) else None,
        road_widths_m=tuple(known) if is_corner else None,
        width_on_larger_road_m=sides[widths.index(max(known))].length_m if is_corner else None,
        through_plot=is_through if sides else None,
        rear_road_width_m=widths[1] if is_through else None,
        sidewalk_width_m=sides[0].street.sidewalk_width_m if len(sides) == 1 else None,
    )
    return replace(found, facts=facts)


def _planned_width_m(side: FacingSide, found: ParcelFacts) -> float | None:
    """Return the planned width of the road at a side; unknown while reservations are not checked."""
    answer = found.layers[LayerName.ROAD_RESERVATION]
    if answer.status is LayerStatus.NOT_CHECKED:
        return None
    planned = [
        float(width)
        for concern in answer.concerns
        if isinstance(width := concern.detail.get("planned_width_m"), int | float) and width > 0
        if concern.geometry.geometry.distance(side.edge) <= side.gap_m + _MILLIMETRE
    ]
    return max(planned, default=side.street.width_m)


def _zone_facts(found: ParcelFacts) -> Facts:
    """Return the caps of the zones; where a parcel lies in several, the strictest of each, if all of them say one.

    An empty cell of the plan is *unknown*, never *no cap*: ``zone_plan_known`` stays open.
    """
    zones = found.zones
    is_covered = sum(zone.share_ratio for zone in zones) >= _COVERED_RATIO
    if not zones or not is_covered:
        return Facts()
    limits = [zone_limits(zone) for zone in zones]
    floors = _strictest([limit.max_floors for limit in limits])
    return Facts(
        zone_plan_max_site_coverage_ratio=_strictest([limit.max_site_coverage_ratio for limit in limits]),
        zone_plan_max_floors=None if floors is None else int(floors),
        zone_plan_max_height_m=_strictest([limit.max_height_m for limit in limits]),
        zone_plan_max_plot_ratio=_strictest([limit.max_plot_ratio for limit in limits]),
    )


def zone_limits(zone: Concern) -> ZoneLimits:
    """Return the caps that a zone sets; None where its cell is empty."""
    floors = _number(zone.detail.get("max_floors"))
    approved = zone.detail.get("plan_approved_on")
    return ZoneLimits(
        max_site_coverage_ratio=_number(zone.detail.get("max_site_coverage_ratio")),
        max_floors=None if floors is None else int(floors),
        max_height_m=_number(zone.detail.get("max_height_m")),
        max_plot_ratio=_number(zone.detail.get("max_plot_ratio")),
        plan_approved_on=approved if isinstance(approved, date) and not pd.isna(approved) else None,
    )


def _strictest(caps: Sequence[float | None]) -> float | None:
    known = [cap for cap in caps if cap is not None]
    return min(known) if len(known) == len(caps) else None


def _number(value: object) -> float | None:
    return None if value is None or pd.isna(value) else float(str(value))
