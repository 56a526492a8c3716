"""What the map says about a parcel: areas, zones, reservations, roads in front, corridors, special areas. Pure.

Each layer answers concerned, to be reviewed, not concerned, or *not checked* with a cause. A layer that does not answer
never reads as clear, and what hangs on it is unknown to the rules. Frontage and depth are estimates from the drawing,
to be confirmed on site.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from basemap.model import LayerName
from basemap.special_areas import SpecialKind
from permits.answers import Cause, Concern, LayerAnswer, LayerFault, LayerSource, LayerStatus
from permits.frontage import FacingSide, facing_sides, is_through, rear_edges
from permits.ground import CHECKED_LAYERS, CORRIDOR_LAYERS, Ground, Layers
from permits.layer_answers import STREET_SEARCH_M, answers_of, axis_answers, special_answers
from permits.meetings import plots_of
from permits.model import Facts
from permits.outlines import Numbers, outlines_of
from permits.overlap import OverlapThresholds, Shapes, shapes_of
from permits.parcels import Parcel
from permits.road_facts import planned_widths_m, road_facts
from permits.special_facts import plan_facts, special_facts, zone_facts
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
        return is_through(self.sides)

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
    plots = plots_of(shapes_of(*(parcel.place.geometry for parcel in parcels)))
    answers = {name: answers_of(name, plots, ground, look_around=look_around) for name in _ASKED_FIRST}
    special = special_answers(answers[LayerName.SPECIAL_AREA], plots.shapes, ground)
    outlines = outlines_of(plots.shapes)
    facing = facing_sides(outlines, ground.streets, near=_streets_near(answers[LayerName.STREET], plots.shapes, ground))
    rears = rear_edges(outlines, {number: sides[0] for number, sides in facing.items() if len(sides) == 1})
    sides = [facing.get(number, ()) for number in range(len(parcels))]
    answers[LayerName.TRADE_AXIS] = axis_answers(
        sides, answers[LayerName.STREET], plots.shapes, ground, look_around=look_around
    )
    errors_m2 = (plots.error_lengths_m * ground.thresholds.parcel_error_m).tolist()
    by_layer = zip(*(answers[name] for name in CHECKED_LAYERS), strict=True)
    return [
        _put_together(
            _Drawn(
                parcel=parcel,
                place=Located(geometry=plots.shapes[number], crs=ground.crs),
                measured_m2=measured_m2[number],
                error_m2=errors_m2[number],
                sides=sides[number],
                rear=Located(geometry=rears[number], crs=ground.crs) if number in rears else None,
            ),
            dict(zip(CHECKED_LAYERS, own, strict=True)),
            special=special[number],
            ground=ground,
            on=on,
        )
        for number, (parcel, own) in enumerate(zip(parcels, by_layer, strict=True))
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Drawn:
    """What the drawing of one parcel says without any layer but the streets."""

    parcel: Parcel
    place: Located
    measured_m2: float
    error_m2: float
    sides: tuple[FacingSide, ...]
    rear: Located | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Left:
    """What road reservations leave of one parcel, as `ParcelFacts` tells it."""

    reserved_area_m2: float | None = None
    area_left_m2: float | None = None
    depth_m: float | None = None
    depth_error_m: float | None = None


def _put_together(
    drawn: _Drawn,
    answers: Mapping[LayerName, LayerAnswer],
    *,
    special: Mapping[SpecialKind, LayerAnswer],
    ground: Ground,
    on: date | None,
) -> ParcelFacts:
    parcel, sides, corner_error_m = drawn.parcel, drawn.sides, ground.thresholds.parcel_error_m
    left = _left(drawn, answers[LayerName.ROAD_RESERVATION], corner_error_m=corner_error_m)
    widths_m = planned_widths_m(sides, answers[LayerName.ROAD_RESERVATION])
    zoning = _zoning(drawn, answers, ground=ground, on=on)
    return ParcelFacts(
        parcel=parcel,
        registered_area_m2=parcel.registered_area_m2,
        measured_area_m2=drawn.measured_m2,
        area_error_m2=drawn.error_m2,
        area_tolerance_m2=_tolerance_m2(drawn, ground.thresholds),
        reserved_area_m2=left.reserved_area_m2,
        area_left_m2=left.area_left_m2,
        layers=answers,
        special_areas=special,
        zoning=zoning,
        sides=sides,
        frontage_m=sides[0].length_m if sides else None,
        frontage_error_m=corner_error_m if sides else None,
        depth_m=left.depth_m,
        depth_error_m=left.depth_error_m,
        planned_widths_m=widths_m,
        rear=drawn.rear,
        facts=Facts(
            plot_area_m2=left.area_left_m2 or None,
            depth_m=left.depth_m,
            former_province=ground.former_provinces.get(parcel.ward_code),
            trade_axis=answers[LayerName.TRADE_AXIS].truth,
            **road_facts(sides, widths_m),
            **zone_facts(zoning),
            **special_facts(special),
            **plan_facts(answers[LayerName.DETAILED_PLAN], on=on),
        ),
        on=on,
        ground=ground,
    )


def _zoning(drawn: _Drawn, answers: Mapping[LayerName, LayerAnswer], *, ground: Ground, on: date | None) -> Zoning:
    return zoning_of(
        drawn.place,
        zones=answers[LayerName.ZONE],
        plans=answers[LayerName.DETAILED_PLAN],
        registered_area_m2=drawn.parcel.registered_area_m2,
        error_m=ground.error_m(LayerName.ZONE),
        on=on,
    )


def _measured_m2(parcel: Parcel, ground: Ground) -> float:
    if parcel.place.crs != ground.crs:
        raise InputError(Text("Hai hệ tọa độ khác nhau.", "Two coordinate systems."), subject=parcel.key)
    return parcel.place.area_m2


def _tolerance_m2(drawn: _Drawn, thresholds: OverlapThresholds) -> float | None:
    registered_m2 = drawn.parcel.registered_area_m2
    if registered_m2 is None:
        return None
    by_share_m2 = thresholds.area_difference_ratio * registered_m2
    return min(by_share_m2, thresholds.area_difference_error_ratio * drawn.error_m2)


def _left(drawn: _Drawn, reservations: LayerAnswer, *, corner_error_m: float) -> _Left:
    """Return what reservations leave; a depth only where the parcel faces one street: the area by the frontage."""
    if reservations.status is LayerStatus.NOT_CHECKED:
        return _Left()
    reserved_m2 = min(reservations.area_inside_m2, drawn.measured_m2)  # on the grid of overlays it may seem larger
    share_left = 1 - reserved_m2 / drawn.measured_m2
    area_left_m2 = round((drawn.parcel.registered_area_m2 or drawn.measured_m2) * share_left, 2)
    drawn_left_m2 = drawn.measured_m2 - reserved_m2
    if len(drawn.sides) != 1 or drawn_left_m2 <= 0:
        return _Left(reserved_area_m2=reserved_m2, area_left_m2=area_left_m2)
    frontage_m = drawn.sides[0].length_m
    depth_m = drawn_left_m2 / frontage_m
    error_ratio = math.hypot(drawn.error_m2 / drawn_left_m2, corner_error_m / frontage_m)
    return _Left(
        reserved_area_m2=reserved_m2,
        area_left_m2=area_left_m2,
        depth_m=depth_m,
        depth_error_m=depth_m * error_ratio,
    )


def _streets_near(answers: Sequence[LayerAnswer], shapes: Shapes, ground: Ground) -> tuple[Numbers, Numbers]:
    """Return the numbers of shapes, and of streets that a side of each may face, where the streets are known."""
    if not ground.is_loaded(LayerName.STREET):
        return np.zeros(0, dtype=np.intp), np.zeros(0, dtype=np.intp)
    shape, street = ground.pairs(LayerName.STREET, shapes, distance_m=ground.facing_reach_m)
    is_known = np.asarray([answer.status is not LayerStatus.NOT_CHECKED for answer in answers])
    is_driven = [ground.streets[number].street_class not in _NO_VEHICLES for number in street.tolist()]
    counts = is_known[shape] & np.asarray(is_driven, dtype=bool)
    return shape[counts], street[counts]
