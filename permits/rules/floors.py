"""Floors (Annex 18, 4.1): base by road width, at most one more, never above the zone plan."""

from dataclasses import dataclass, replace
from fractions import Fraction

from permits.model import Facts, exact
from permits.rulebook import Rule
from permits.rules.bounds import Bound, Number, bound_of_cap, definite
from permits.rules.road import RoadWidth, bound_by_road

_EXTRA_GROUNDS = ("central_area", "trade_axis", "wide_frontage")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtraFloor:
    """Whether a floor may be added to the base; ``answer`` is None while ``missing`` facts leave it open."""

    answer: bool | None
    missing: tuple[str, ...] = ()


def extra_floor(facts: Facts, floors: Rule, *, road_width_m: Fraction) -> ExtraFloor:
    """Tell whether Table 2 adds a floor on a road of ``road_width_m``: one ground suffices, two add no second."""
    grounds = [ground for ground in _EXTRA_GROUNDS if _figure(floors, road_width_m, ground) > 0]
    if not grounds:
        return ExtraFloor(answer=False)
    frontage = None if facts.frontage_m is None else exact(facts.frontage_m)
    if frontage is not None and frontage < floors.parameter("no_extra_under_frontage_m"):
        return ExtraFloor(answer=False)
    answers = {
        "central_area": facts.central_area,
        "trade_axis": facts.trade_axis,
        "wide_frontage": None if frontage is None else frontage > floors.parameter("over_frontage_m"),
    }
    found = [answers[ground] for ground in grounds]
    if True in found and frontage is not None:
        return ExtraFloor(answer=True)
    if all(answer is False for answer in found):
        return ExtraFloor(answer=False)
    unknown = [ground for ground in grounds if answers[ground] is None and True not in found]
    names = ["frontage_m" if ground == "wide_frontage" else ground for ground in unknown]
    if frontage is None:
        names.append("frontage_m")
    return ExtraFloor(answer=None, missing=tuple(dict.fromkeys(names)))


def floor_bounds(facts: Facts, floors: Rule, zone: Rule, *, road: RoadWidth) -> list[Bound]:
    """Return the floors of Table 2 with the extra floor if it is certain, and the cap of the zone plan."""
    return [*_table_bounds(facts, floors, road), *bound_of_cap(zone, facts, facts.zone_plan_max_floors)]


def _table_bounds(facts: Facts, floors: Rule, road: RoadWidth) -> list[Bound]:
    if road.low is None or road.high is None:
        return bound_by_road(floors, "most", road)
    at_low, at_high = _with_extra(facts, floors, road.low), _with_extra(facts, floors, road.high)
    low, high = at_low[0], at_high[1]
    if low == high:
        return [definite(floors.id, low)]
    missing = tuple(dict.fromkeys([*road.missing, *at_low[2], *at_high[2]]))
    return [Bound(rule=floors.id, low=low, value=low, high=high, missing=missing)]


def _with_extra(facts: Facts, floors: Rule, road_width_m: Fraction) -> tuple[Fraction, Fraction, tuple[str, ...]]:
    base, most = _figure(floors, road_width_m, "base"), _figure(floors, road_width_m, "most")
    extra = extra_floor(facts, floors, road_width_m=road_width_m)
    low = most if extra.answer is True else base
    high = base if extra.answer is False else most
    return low, high, extra.missing


def added_floor(facts: Facts, floors: Rule, *, road: RoadWidth) -> tuple[ExtraFloor, Number]:
    """Tell whether the plot may have a floor above the base, and what the base is.

    A zone plan that allows no more than the base takes the extra floor away; one that was not consulted leaves
    ``zone_plan_max_floors`` missing, even where Table 2 says yes.
    """
    if road.low is None or road.high is None or not road.is_known:
        return ExtraFloor(answer=None, missing=road.missing), 0
    base = _figure(floors, road.low, "base")
    extra = extra_floor(facts, floors, road_width_m=road.low)
    if extra.answer is False or facts.zone_plan_known or facts.zone_plan_max_floors is not None:
        is_capped = facts.zone_plan_max_floors is not None and facts.zone_plan_max_floors <= base
        return (ExtraFloor(answer=False) if is_capped else extra), base
    return replace(extra, missing=(*extra.missing, "zone_plan_max_floors")), base


def _figure(floors: Rule, road_width_m: Fraction, column: str) -> Fraction:
    figure = None if floors.table is None else floors.table.figure(road_width_m, column)
    return figure if figure is not None else Fraction(0)
