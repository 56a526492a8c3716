"""Heights (Annex 18, 4.2): ground floor, building line and ridge, with small plots and the zone plan."""

from dataclasses import dataclass, replace

from permits.model import Facts, ReasonCode, exact
from permits.rulebook import Rule
from permits.rules.bounds import OPEN, Bound, bound_of_cap
from permits.rules.floors import added_floor
from permits.rules.plot import PlotRules, plot_height_bounds
from permits.rules.road import RoadWidth, bound_by_road
from spatial.text import Text

_WITH_EXTRA_FLOOR = Text(
    "Con số cao hơn chỉ dùng khi thực sự xây tầng cộng thêm.",
    "The higher figure holds only when the extra floor is built.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class HeightRules:
    """The rules that meet in a height."""

    heights: Rule
    floors: Rule
    zone: Rule
    plots: PlotRules


def roof_height_bounds(facts: Facts, rules: HeightRules, *, road: RoadWidth) -> list[Bound]:
    """Return the caps at the ridge."""
    return [
        *_table_roof_bounds(facts, rules, road),
        *plot_height_bounds(facts, rules.plots, road=road, column="roof_height_m"),
        *bound_of_cap(rules.zone, facts, facts.zone_plan_max_height_m),
    ]


def line_height_bounds(facts: Facts, rules: HeightRules, *, roof: list[Bound], road: RoadWidth) -> list[Bound]:
    """Return the caps at the building line: nothing there may rise above the ridge either.

    Empty where neither Table 3 nor 2.2 gives a figure at the line (roads under 3.5 m).
    """
    own = [
        *bound_by_road(rules.heights, "height_at_building_line_m", road),
        *plot_height_bounds(facts, rules.plots, road=road, column="height_at_building_line_m"),
    ]
    given = [bound for bound in own if bound.value is not None or road.low is None]
    return [*own, *roof] if given else []


def ground_floor_bounds(heights: Rule, *, road: RoadWidth) -> list[Bound]:
    """Return the cap on the ground floor with its mezzanine; empty on roads under 6 m."""
    return bound_by_road(heights, "ground_floor_height_m", road)


def _table_roof_bounds(facts: Facts, rules: HeightRules, road: RoadWidth) -> list[Bound]:
    plain = bound_by_road(rules.heights, "roof_height_m", road)
    raised = bound_by_road(rules.heights, "roof_height_with_extra_floor_m", road)
    if not plain or not raised:
        return [_open_upwards(bound, road) for bound in plain]
    base, top = plain[0], raised[0]
    extra, base_floors = added_floor(facts, rules.floors, road=road)
    if extra.answer is False:
        return plain
    if extra.answer is None:
        missing = tuple(dict.fromkeys([*base.missing, *extra.missing]))
        return [replace(base, high=max(base.high, top.high), missing=missing, note=_WITH_EXTRA_FLOOR)]
    missing = extra.missing
    is_built_lower = facts.building_height_m is not None and (facts.floors is None or facts.floors <= base_floors)
    if is_built_lower and facts.floors is None:
        missing = (*missing, "floors")
    if not missing and not is_built_lower:
        return raised
    reason = ReasonCode.MISSING_INPUT if missing else ReasonCode.DISCRETION_OF_AUTHORITY
    return [replace(top, low=base.low, missing=missing, reason=reason, note=_WITH_EXTRA_FLOOR)]


def _open_upwards(bound: Bound, road: RoadWidth) -> Bound:
    """Keep the upper end open where a corner could still lead to a row with an extra floor."""
    return bound if road.is_known or road.low is None else replace(bound, high=OPEN)


def standard_height_m(facts: Facts, standard: Rule) -> Bound | None:
    """Return the standard height of the floors that are proposed (4.2 a); None where the table prints none."""
    if facts.floors is None or standard.table is None:
        return None
    figure = standard.table.figure(exact(facts.floors), "height_at_building_line_m")
    return None if figure is None else Bound(rule=standard.id, low=figure, value=figure, high=figure)
