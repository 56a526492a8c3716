"""What the map says about a parcel: areas, zones, reservations, roads in front, corridors, special areas. Pure.

Each layer answers concerned, to be reviewed, not concerned, or *not checked* with a cause. A layer that does not answer
never reads as clear, and what hangs on it is unknown to the rules. Frontage and depth are estimates from the drawing,
to be confirmed on site.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from basemap.model import LayerName
from basemap.special_areas import SpecialKind
from permits.answers import Cause, Concern, LayerAnswer, LayerFault, LayerSource, LayerStatus
from permits.frontage import (
    FacingSide,
    Outline,
    Street,
    facing_reach_m,
    facing_sides,
    is_opposite,
    outline_of,
    rear_edge,
    street_of,
)
from permits.ground import CHECKED_LAYERS, CORRIDOR_LAYERS, Ground, Layers
from permits.layer_answers import STREET_SEARCH_M, TradeAxes, answers_of, special_answers
from permits.meetings import plots_of
from permits.model import Facts
from permits.overlap import OverlapThresholds, Shapes, shapes_of
from permits.parcels import Parcel
from permits.special_facts import plan_facts, special_facts
from permits.zoning import ZonePart, Zoning, zone_limits, zoning_of
from spatial.errors import InputError
from spatial.geometry import Located
from spatial.text import Text

__all__ = [
    "CHECKED_LAYERS",
    "CORRIDOR_LAYERS",
    "STREET_SEARCH_M",
    "Cause",
    "Concern",
    "Ground",
    "LayerAnswer",
    "LayerFault",
    "LayerSource",
    "LayerStatus",
    "Layers",
    "ParcelFacts",
    "ZonePart",
    "Zoning",
    "facts_in_bulk",
    "facts_of",
    "zone_limits",
]

_MILLIMETRE = 0.001
_ASKED_FIRST: tuple[LayerName, ...] = tuple(name for name in CHECKED_LAYERS if name != LayerName.TRADE_AXIS)
_NO_VEHICLES = ("path", "bridge", "motorway")


@dataclass(frozen=True, slots=True, kw_only=True)
class ParcelFacts:
    """All that the map says about one parcel.

    Parameters
    ----------
    registered_area_m2, measured_area_m2
        On the certificate, and as drawn; never mixed.
    area_error_m2
        Standard error of the drawn area.
    area_tolerance_m2
        1 % of the registered area, or two standard errors where that is less. None: no area is registered.
    reserved_area_m2
        Part of the drawn area inside road reservations. None: not checked.
    area_left_m2
        Area in agreement with the plan: the registered area (measured, where none is registered) less the
        same share. None: not checked.
    layers
        Answer of every layer that permits ask.
    special_areas
        Answer of every kind of special area.
    zoning
        The parcel split by zone and detailed plan.
    frontage_m, depth_m
        Estimates, to be confirmed; ``…_error_m`` is what the drawing alone may err, one standard error.
    planned_widths_m
        Planned width of the road at each of ``sides``; None: not known.
    on
        Day of the map; None is today.
    ground
        The layers that were asked, for rules that measure for themselves.
    facts
        What the rules may use; estimates included.
    """

    parcel: Parcel
    registered_area_m2: float | None
    measured_area_m2: float
    area_error_m2: float
    area_tolerance_m2: float | None
    reserved_area_m2: float | None
    area_left_m2: float | None
    layers: Mapping[LayerName, LayerAnswer]
    special_areas: Mapping[SpecialKind, LayerAnswer]
    zoning: Zoning
    sides: tuple[FacingSide, ...]
    frontage_m: float | None
    depth_m: float | None
    rear: Located | None
    facts: Facts
    frontage_error_m: float | None = None
    depth_error_m: float | None = None
    planned_widths_m: tuple[float | None, ...] = ()
    on: date | None = None
    ground: Ground | None = field(default=None, repr=False, compare=False)

    @property
    def area_differs(self) -> bool:
        """Whether registered and measured area differ by more than both may err."""
        registered_m2, tolerance_m2 = self.registered_area_m2, self.area_tolerance_m2
        if registered_m2 is None or tolerance_m2 is None:
            return False
        return abs(self.measured_area_m2 - registered_m2) > tolerance_m2

    @property
    def is_through_plot(self) -> bool:
        """Whether the parcel lies between two roads, one in front and one behind."""
        return len(self.sides) == 2 and is_opposite(*self.sides)  # noqa: PLR2004 - front and back

    @property
    def is_corner_plot(self) -> bool:
        """Whether several sides face roads, not opposite each other."""
        return len(self.sides) > 1 and not self.is_through_plot

    @property
    def zones(self) -> tuple[Concern, ...]:
        """Zones that the parcel lies in, the largest share first."""
        return self.layers[LayerName.ZONE].felt

    @property
    def parts(self) -> tuple[ZonePart, ...]:
        """Parts of the parcel by zone and detailed plan, the largest first; they do not overlap."""
        return self.zoning.parts

    @property
    def reservations(self) -> tuple[Concern, ...]:
        """Road reservations that take part of the parcel."""
        return self.layers[LayerName.ROAD_RESERVATION].felt

    @property
    def buildings(self) -> tuple[Concern, ...]:
        """Buildings that stand on the parcel."""
        return self.layers[LayerName.BUILDING].felt

    @property
    def corridors(self) -> tuple[LayerAnswer, ...]:
        """Answers of the layers that restrict what may be built where they touch the parcel."""
        return tuple(self.layers[layer] for layer in CORRIDOR_LAYERS)

    @property
    def not_checked(self) -> tuple[LayerName, ...]:
        """Layers that did not answer."""
        return tuple(name for name, answer in self.layers.items() if answer.status is LayerStatus.NOT_CHECKED)

    @property
    def sources(self) -> Mapping[LayerName, LayerSource]:
        """Versions of the layers that answered, to be cited."""
        return {name: answer.source for name, answer in self.layers.items() if answer.source is not None}


def facts_of(parcel: Parcel, ground: Ground, *, on: date | None = None) -> ParcelFacts:
    """Return what the layers of ``ground`` say about ``parcel``; `facts_in_bulk` asks the same about many."""
    return facts_in_bulk([parcel], ground, on=on, look_around=True)[0]


def facts_in_bulk(
    parcels: Sequence[Parcel], ground: Ground, *, on: date | None = None, look_around: bool = False
) -> list[ParcelFacts]:
    """Return what the layers of ``ground`` say about each parcel; geometry is worked out for all of them together.

    Parameters
    ----------
    on
        Day of the plans: a detailed plan approved later does not count. None is today.
    look_around
        Also measure how far the nearest feature of each layer is.

    Raises
    ------
    InputError
        A parcel and the layers are in different coordinate systems, or in degrees.
    """
    if not parcels:
        return []
    measured_m2 = [_measured_m2(parcel, ground) for parcel in parcels]
    given = shapes_of(*(parcel.place.geometry for parcel in parcels))
    plots = plots_of(given)
    shapes = plots.shapes
    answers = {name: answers_of(name, plots, ground, look_around=look_around) for name in _ASKED_FIRST}
    special = special_answers(answers[LayerName.SPECIAL_AREA], shapes, ground)
    axes = TradeAxes(shapes, ground, look_around=look_around)
    streets = _streets_near(shapes, ground)
    errors_m2 = plots.error_lengths_m * ground.thresholds.parcel_error_m
    found = []
    for number, parcel in enumerate(parcels):
        own: dict[LayerName, LayerAnswer] = {name: answers[name][number] for name in _ASKED_FIRST}
        outline = outline_of(shapes[number])
        is_known = own[LayerName.STREET].status is not LayerStatus.NOT_CHECKED
        sides = tuple(facing_sides(outline, streets.get(number, []))) if is_known else ()
        own[LayerName.TRADE_AXIS] = axes.answer(number, sides, streets=own[LayerName.STREET])
        drawn = _Drawn(
            shape=shapes[number],
            measured_m2=measured_m2[number],
            error_m2=float(errors_m2[number]),
            sides=sides,
            rear=_rear(outline, sides, crs=ground.crs),
        )
        found.append(_put_together(parcel, drawn, own, special=special[number], ground=ground, on=on))
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class _Drawn:
    """What the drawing of one parcel says without any layer but the streets."""

    shape: BaseGeometry
    measured_m2: float
    error_m2: float
    sides: tuple[FacingSide, ...]
    rear: Located | None


def _put_together(
    parcel: Parcel,
    drawn: _Drawn,
    answers: Mapping[LayerName, LayerAnswer],
    *,
    special: Mapping[SpecialKind, LayerAnswer],
    ground: Ground,
    on: date | None,
) -> ParcelFacts:
    sides, registered_m2 = drawn.sides, parcel.registered_area_m2
    bare = ParcelFacts(
        parcel=parcel,
        registered_area_m2=registered_m2,
        measured_area_m2=drawn.measured_m2,
        area_error_m2=drawn.error_m2,
        area_tolerance_m2=_tolerance_m2(registered_m2, error_m2=drawn.error_m2, thresholds=ground.thresholds),
        reserved_area_m2=_reserved_m2(answers[LayerName.ROAD_RESERVATION]),
        area_left_m2=None,
        layers={name: answers[name] for name in CHECKED_LAYERS},
        special_areas=special,
        zoning=zoning_of(
            Located(geometry=drawn.shape, crs=ground.crs),
            zones=answers[LayerName.ZONE],
            plans=answers[LayerName.DETAILED_PLAN],
            registered_area_m2=registered_m2,
            error_m=ground.error_m(LayerName.ZONE),
            on=on,
        ),
        sides=sides,
        frontage_m=sides[0].length_m if sides else None,
        frontage_error_m=ground.thresholds.parcel_error_m if sides else None,
        depth_m=None,
        rear=drawn.rear,
        facts=Facts(),
        on=on,
        ground=ground,
    )
    return _with_facts(_with_area_left(bare))


def _measured_m2(parcel: Parcel, ground: Ground) -> float:
    if parcel.place.crs != ground.crs:
        raise InputError(Text("Hai hệ tọa độ khác nhau.", "Two coordinate systems."), subject=parcel.key)
    return parcel.place.area_m2


def _tolerance_m2(registered_m2: float | None, *, error_m2: float, thresholds: OverlapThresholds) -> float | None:
    if registered_m2 is None:
        return None
    by_share_m2 = thresholds.area_difference_ratio * registered_m2
    return min(by_share_m2, thresholds.area_difference_error_ratio * error_m2)


def _reserved_m2(answer: LayerAnswer) -> float | None:
    return None if answer.status is LayerStatus.NOT_CHECKED else answer.area_inside_m2


def _with_area_left(found: ParcelFacts) -> ParcelFacts:
    if found.reserved_area_m2 is None:
        return found
    share_left = 1 - found.reserved_area_m2 / found.measured_area_m2
    whole_m2 = found.registered_area_m2 or found.measured_area_m2
    left_m2 = found.measured_area_m2 - found.reserved_area_m2
    left = replace(found, area_left_m2=round(whole_m2 * share_left, 2))
    if not found.frontage_m or found.frontage_error_m is None or len(found.sides) != 1 or left_m2 <= 0:
        return left
    depth_m = left_m2 / found.frontage_m
    error_m = depth_m * math.hypot(found.area_error_m2 / left_m2, found.frontage_error_m / found.frontage_m)
    return replace(left, depth_m=depth_m, depth_error_m=error_m)


def _streets_near(shapes: Shapes, ground: Ground) -> dict[int, list[Street]]:
    """Return the streets that a side of each shape may face, by the number of the shape."""
    if not ground.is_loaded(LayerName.STREET):
        return {}
    lines = ground.shapes(LayerName.STREET)
    streets = [street_of(ground.record(LayerName.STREET, number), line) for number, line in enumerate(lines)]
    reach_m = facing_reach_m(streets)
    near: dict[int, list[Street]] = {}
    for number, street in zip(*ground.pairs(LayerName.STREET, shapes, distance_m=reach_m), strict=True):
        if streets[street].street_class not in _NO_VEHICLES:
            near.setdefault(int(number), []).append(streets[street])
    return near


def _rear(outline: Outline, sides: Sequence[FacingSide], *, crs: str) -> Located | None:
    edge = rear_edge(outline, sides[0]) if len(sides) == 1 else None
    return None if edge is None else Located(geometry=edge, crs=crs)


def _with_facts(found: ParcelFacts) -> ParcelFacts:
    sides = found.sides
    widths = tuple(_planned_width_m(side, found) for side in sides)
    is_through = found.is_through_plot
    known = [width for width in widths if width is not None]
    is_corner = len(sides) > 1 and not is_through and len(known) == len(sides)
    facts = Facts(
        **_map_facts(found),
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
    return replace(found, facts=facts, planned_widths_m=widths)


def _planned_width_m(side: FacingSide, found: ParcelFacts) -> float | None:
    """Return the planned width of the road at a side; unknown while reservations are not checked.

    At a corner the reservation of the other road reaches this side too: one that bears the road's name goes first, and
    one of another name counts only where it runs along the side.
    """
    answer = found.layers[LayerName.ROAD_RESERVATION]
    if answer.status is LayerStatus.NOT_CHECKED:
        return None
    near = [each for each in answer.concerns if each.geometry.geometry.distance(side.edge) <= side.gap_m + _MILLIMETRE]
    own = [each for each in near if each.name and each.name == side.street.name]
    widths = [_width_m(each) for each in (own or [each for each in near if _may_be_of(each, side)])]
    return max((width for width in widths if width), default=side.street.width_m)


def _may_be_of(reservation: Concern, side: FacingSide) -> bool:
    if not reservation.name or not side.street.name:
        return True
    beside = shapely.buffer(reservation.geometry.geometry, side.gap_m + _MILLIMETRE)
    return bool(shapely.intersection(side.edge, beside).length >= side.length_m / 2)


def _width_m(reservation: Concern) -> float | None:
    width = reservation.detail.get("planned_width_m")
    return float(width) if isinstance(width, int | float) and width > 0 else None


def _map_facts(found: ParcelFacts) -> dict[str, Any]:
    """Return the caps of the plans, the strictest of each if all say one, and what special areas settle.

    An empty cell of a plan is *unknown*, never *no cap*: ``zone_plan_known`` is true only where no cell is empty.
    """
    floors = found.zoning.strictest("max_floors")
    return {
        "zone_plan_known": True if found.zoning.states_every_cap else None,
        "zone_plan_max_site_coverage_ratio": found.zoning.strictest("max_site_coverage_ratio"),
        "zone_plan_max_floors": None if floors is None else int(floors),
        "zone_plan_max_height_m": found.zoning.strictest("max_height_m"),
        "zone_plan_max_plot_ratio": found.zoning.strictest("max_plot_ratio"),
        "plan_approval_date": found.zoning.plan_approved_on,
        "former_province": None if found.ground is None else found.ground.former_provinces.get(found.parcel.ward_code),
        "trade_axis": found.layers[LayerName.TRADE_AXIS].truth,
        **special_facts(found.special_areas),
        **plan_facts(found.layers[LayerName.DETAILED_PLAN], on=found.on),
    }
