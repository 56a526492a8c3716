"""The limits of row houses one by one: which rules meet in each, and which fact proposes something for it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction
from functools import cached_property

from permits.model import Direction, Facts, ReasonCode
from permits.rulebook import Rule, Rulebook
from permits.rules import balcony, exemption, floors, heights, plot, road, setbacks
from permits.rules.bounds import OPEN, Bound, bound_of_cap, combine, definite, first_reason
from permits.rules.generic import times_area

HIGHER_PLANS = ("detailed_plan_applies", "in_special_area")
"""Facts that say whether something ranks above the rules of row houses."""


class Reach(StrEnum):
    """What a limit reaches: figures of the plot rules, information about the plot, or the permit itself."""

    FIGURE = "figure"
    PLOT = "plot"
    PERMIT = "permit"


@dataclass(frozen=True)  # no slots: what several limits share is computed once
class Case:
    """The facts of one plot and the rules that are to be read for it.

    Parameters
    ----------
    of_map
        Whether the facts come from the map: a plan that nobody knows of may then exist.
    """

    facts: Facts
    rulebook: Rulebook
    as_of: date
    of_map: bool = False

    def rule(self, rule_id: str) -> Rule:
        """Return a rule in the version of the basis date."""
        return self.rulebook.rule(rule_id, as_of=self.as_of)

    @property
    def unknown_plans(self) -> tuple[str, ...]:
        """Facts about plans above these rules that the map left open; none where one such plan is known to apply."""
        plans = {name: getattr(self.facts, name) for name in HIGHER_PLANS}
        if not self.of_map or any(plans.values()):
            return ()
        return tuple(name for name, applies in plans.items() if applies is None)

    @cached_property
    def road(self) -> road.RoadWidth:
        """The planned width that governs."""
        return road.governing_road(self.facts, self.rule("row_house.corner"))

    @cached_property
    def plot_rules(self) -> plot.PlotRules:
        """The rules on plots that are not standard."""
        return plot.PlotRules(
            narrow=self.rule("row_house.narrow_plot"),
            tiny=self.rule("row_house.tiny_plot"),
            small=self.rule("row_house.small_plot"),
        )

    @cached_property
    def height_rules(self) -> heights.HeightRules:
        """The rules that meet in a height."""
        return heights.HeightRules(
            heights=self.rule("row_house.heights"),
            floors=self.rule("row_house.floors"),
            zone=self.rule("zone_plan.height"),
            plots=self.plot_rules,
        )

    @cached_property
    def coverage(self) -> list[Bound]:
        """Bounds on the site coverage."""
        zone = self.rule("zone_plan.site_coverage")
        return plot.coverage_bounds(self.facts, self.rule("row_house.site_coverage"), zone)

    @cached_property
    def floors(self) -> list[Bound]:
        """Bounds on the floors."""
        zone = self.rule("zone_plan.floors")
        return floors.floor_bounds(self.facts, self.rule("row_house.floors"), zone, road=self.road)

    @cached_property
    def roof_height(self) -> list[Bound]:
        """Bounds on the height at the ridge."""
        return heights.roof_height_bounds(self.facts, self.height_rules, road=self.road)

    @property
    def line_height(self) -> list[Bound]:
        """Bounds on the height at the building line."""
        return heights.line_height_bounds(self.facts, self.height_rules, roof=self.roof_height, road=self.road)

    @cached_property
    def plot_ratio(self) -> list[Bound]:
        """Bounds on the plot ratio."""
        return _plot_ratio(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitSpec:
    """One limit: its name, main rule, and the bounds on it."""

    name: str
    rule: str
    bounds: Callable[[Case], list[Bound]]
    reach: Reach = Reach.FIGURE


def _plot_ratio(case: Case) -> list[Bound]:
    storeys = combine(case.floors, direction=Direction.MAX)
    coverage = combine(case.coverage, direction=Direction.MAX)
    known = storeys.value is not None and coverage.value is not None
    rule = case.rule("row_house.plot_ratio")
    missing = tuple(dict.fromkeys([*storeys.missing, *coverage.missing]))
    own = Bound(
        rule=rule.id,
        low=0 if -OPEN in (storeys.low, coverage.low) else storeys.low * coverage.low,
        value=storeys.value * coverage.value if known and storeys.value and coverage.value else None,
        high=storeys.high * coverage.high,
        missing=missing,
        reason=first_reason([r for r in (storeys.reason, coverage.reason) if r]) or ReasonCode.MISSING_INPUT,
    )
    cap = case.facts.zone_plan_max_plot_ratio
    return [own, *bound_of_cap(case.rule("zone_plan.plot_ratio"), case.facts, cap)]


def _extra_floor_setback(case: Case) -> list[Bound]:
    rule, table = case.rule("row_house.extra_floor_setback"), case.rule("row_house.floors")
    return setbacks.extra_floor_setback_bounds(case.facts, rule, table, road=case.road)


def _front_setback(case: Case) -> list[Bound]:
    trade = case.rule("row_house.trade_axis_front_setback")
    return setbacks.front_setback_bounds(case.facts, case.rule("row_house.front_setback"), trade)


def _through_plot(case: Case) -> list[Bound]:
    return setbacks.through_plot_bounds(case.facts, case.rule("row_house.through_plot"), case.rule("row_house.floors"))


def _standard_height(case: Case) -> list[Bound]:
    bound = heights.standard_height_m(case.facts, case.rule("row_house.standard_height"))
    return [] if bound is None else [bound]


def _constant(rule_id: str, parameter: str) -> Callable[[Case], list[Bound]]:
    return lambda case: [definite(rule_id, case.rule(rule_id).parameter(parameter))]


def _answer(rule_id: str, ask: Callable[[Case], plot.Question], *, presumed: bool) -> Callable[[Case], list[Bound]]:
    """Return a yes-or-no limit as 1 or 0; while it is open, the stricter answer is shown."""

    def bounds(case: Case) -> list[Bound]:
        question = ask(case)
        if question.answer is not None:
            return [definite(rule_id, Fraction(question.answer))]
        return [Bound(rule=rule_id, low=0, value=Fraction(presumed), high=1, missing=question.missing)]

    return bounds


SPECS: tuple[LimitSpec, ...] = (
    LimitSpec(
        name="max_site_coverage_ratio",
        rule="row_house.site_coverage",
        bounds=lambda case: case.coverage,
    ),
    LimitSpec(
        name="max_footprint_m2",
        rule="row_house.site_coverage",
        bounds=lambda case: times_area(case.coverage, case.facts),
    ),
    LimitSpec(
        name="max_floors",
        rule="row_house.floors",
        bounds=lambda case: case.floors,
    ),
    LimitSpec(
        name="max_roof_height_m",
        rule="row_house.heights",
        bounds=lambda case: case.roof_height,
    ),
    LimitSpec(
        name="max_height_at_building_line_m",
        rule="row_house.heights",
        bounds=lambda case: heights.line_height_bounds(
            case.facts, case.height_rules, roof=case.roof_height, road=case.road
        ),
    ),
    LimitSpec(
        name="max_ground_floor_height_m",
        rule="row_house.heights",
        bounds=lambda case: heights.ground_floor_bounds(case.rule("row_house.heights"), road=case.road),
    ),
    LimitSpec(
        name="standard_height_at_building_line_m",
        rule="row_house.standard_height",
        bounds=_standard_height,
    ),
    LimitSpec(
        name="min_front_setback_m",
        rule="row_house.front_setback",
        bounds=_front_setback,
    ),
    LimitSpec(
        name="min_rear_setback_m",
        rule="row_house.rear_setback",
        bounds=lambda case: setbacks.rear_setback_bounds(case.facts, case.rule("row_house.rear_setback")),
    ),
    LimitSpec(
        name="extra_floor_setback_m",
        rule="row_house.extra_floor_setback",
        bounds=_extra_floor_setback,
    ),
    LimitSpec(
        name="through_plot_setback_m",
        rule="row_house.through_plot",
        bounds=_through_plot,
    ),
    LimitSpec(
        name="min_basement_ramp_setback_m",
        rule="row_house.basement_ramp",
        bounds=_constant("row_house.basement_ramp", "setback_m"),
    ),
    LimitSpec(
        name="max_balcony_projection_m",
        rule="row_house.balcony",
        bounds=lambda case: balcony.balcony_bounds(case.facts, case.rule("row_house.balcony"), road=case.road),
    ),
    LimitSpec(
        name="min_balcony_clearance_m",
        rule="row_house.balcony_clearance",
        bounds=_constant("row_house.balcony_clearance", "clearance_m"),
    ),
    LimitSpec(
        name="max_plot_ratio",
        rule="row_house.plot_ratio",
        bounds=lambda case: case.plot_ratio,
    ),
    LimitSpec(
        name="max_gross_floor_area_m2",
        rule="row_house.plot_ratio",
        bounds=lambda case: times_area(case.plot_ratio, case.facts),
    ),
    LimitSpec(
        name="governing_road_width_m",
        rule="row_house.corner",
        bounds=lambda case: road.governing_road_bounds(case.road, case.rule("row_house.corner")),
        reach=Reach.PLOT,
    ),
    LimitSpec(
        name="plot_is_standard",
        rule="row_house.standard_plot",
        bounds=_answer(
            "row_house.standard_plot",
            lambda case: plot.is_standard(case.facts, case.rule("row_house.standard_plot")),
            presumed=False,
        ),
        reach=Reach.PLOT,
    ),
    LimitSpec(
        name="permit_required",
        rule="house.permit_required",
        bounds=_answer(
            "house.permit_required",
            lambda case: exemption.permit_required(case.facts, case.rule("house.permit_required")),
            presumed=True,
        ),
        reach=Reach.PERMIT,
    ),
)
"""Every limit, in the order in which people read them."""

ALONG_A_LINE = ("max_site_coverage_ratio", "max_footprint_m2", "max_plot_ratio", "max_gross_floor_area_m2")
"""Limits that change with the area of the plot everywhere, not at the figures of the rules alone."""
