"""What the size and shape of a plot decide: standard or not, coverage, and heights on small plots (Annex 18, 2-3)."""

from dataclasses import dataclass
from fractions import Fraction

from permits.model import Facts, ReasonCode, exact
from permits.rulebook import Rule
from permits.rules.bounds import OPEN, Bound, bound_of_cap, definite, perhaps, undetermined
from permits.rules.road import RoadWidth, bound_by_road
from spatial.text import Text

_CONFLICT = Text(
    "Phụ lục 18 không nêu mật độ của quy hoạch phân khu có được ưu tiên hay không.",
    "Annex 18 does not say whether the zone plan's coverage ranks before Table 1.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A yes-or-no question about a plot; ``answer`` is None while ``missing`` facts leave it open."""

    answer: bool | None
    missing: tuple[str, ...] = ()


def is_over(facts: Facts, large: Rule) -> bool:
    """Tell whether the plot is so large that the authority decides; an unknown area is not."""
    return facts.plot_area_m2 is not None and exact(facts.plot_area_m2) > large.parameter("over_area_m2")


def is_narrow(facts: Facts, narrow: Rule) -> Question:
    """Tell whether frontage or depth falls under the least width of the rule."""
    sides = {
        "frontage_m": (facts.frontage_m, narrow.parameter("under_frontage_m")),
        "depth_m": (facts.depth_m, narrow.parameter("under_depth_m")),
    }
    if any(side is not None and exact(side) < least for side, least in sides.values()):
        return Question(answer=True)
    missing = tuple(name for name, (side, _) in sides.items() if side is None)
    return Question(answer=None, missing=missing) if missing else Question(answer=False)


def is_standard(facts: Facts, rule: Rule) -> Question:
    """Tell whether area, frontage and depth all reach the figures of a standard plot."""
    sides = {
        "plot_area_m2": (facts.plot_area_m2, rule.parameter("min_area_m2")),
        "frontage_m": (facts.frontage_m, rule.parameter("min_frontage_m")),
        "depth_m": (facts.depth_m, rule.parameter("min_depth_m")),
    }
    if any(side is not None and exact(side) < least for side, least in sides.values()):
        return Question(answer=False)
    missing = tuple(name for name, (side, _) in sides.items() if side is None)
    return Question(answer=None, missing=missing) if missing else Question(answer=True)


def coverage_bounds(facts: Facts, coverage: Rule, zone: Rule) -> list[Bound]:
    """Return the coverage of Table 1, and that of the zone plan where it asks for less, or was not consulted."""
    if facts.plot_area_m2 is None:
        return [undetermined(coverage.id, missing=("plot_area_m2",), reason=ReasonCode.MISSING_INPUT)]
    ratio = coverage.interpolated(exact(facts.plot_area_m2))
    if ratio is None:
        return [undetermined(coverage.id, reason=ReasonCode.BEYOND_TABLE)]
    of_table = definite(coverage.id, ratio)
    if facts.zone_plan_max_site_coverage_ratio is None:
        return [of_table, *bound_of_cap(zone, facts, None)]
    cap = exact(facts.zone_plan_max_site_coverage_ratio)
    if cap >= ratio:
        return [of_table]
    reason = ReasonCode.CONFLICT_OF_RULES
    return [of_table, Bound(rule=zone.id, low=cap, value=cap, high=ratio, reason=reason, note=_CONFLICT)]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlotRules:
    """The three rules about plots that are not standard."""

    narrow: Rule
    tiny: Rule
    small: Rule


def plot_height_bounds(facts: Facts, rules: PlotRules, *, road: RoadWidth, column: str) -> list[Bound]:
    """Return the caps of 2.2 on ``column``, ``roof_height_m`` or ``height_at_building_line_m``."""
    narrow = is_narrow(facts, rules.narrow)
    narrow_cap = rules.narrow.parameter(column)
    if narrow.answer is True:
        return [definite(rules.narrow.id, narrow_cap)]
    by_area = _area_bounds(facts, rules, road=road, column=column)
    if narrow.answer is False:
        return by_area
    return [*by_area, *_perhaps_narrow(by_area, rules.narrow.id, narrow_cap, narrow.missing)]


def _perhaps_narrow(by_area: list[Bound], rule: str, cap: Fraction, missing: tuple[str, ...]) -> list[Bound]:
    """Return the narrow-plot cap as a possibility; on a tiny plot it would be the milder one, not a further cap."""
    if any(bound.high <= cap for bound in by_area):
        return []
    return [perhaps(rule, cap, missing=missing)]


def _area_bounds(facts: Facts, rules: PlotRules, *, road: RoadWidth, column: str) -> list[Bound]:
    tiny_cap = rules.tiny.parameters.get(column)
    small_caps = bound_by_road(rules.small, column, road)
    if facts.plot_area_m2 is None:
        lowest = tiny_cap if tiny_cap is not None else min((bound.low for bound in small_caps), default=OPEN)
        return [perhaps(rules.small.id, lowest, missing=("plot_area_m2",))]
    area = exact(facts.plot_area_m2)
    if area < rules.tiny.parameter("under_area_m2"):
        return _tiny_bounds(facts, rules, tiny_cap, column)
    return small_caps if area < rules.small.parameter("under_area_m2") else []


def _tiny_bounds(facts: Facts, rules: PlotRules, tiny_cap: Fraction | None, column: str) -> list[Bound]:
    """Return the cap under 15 m²; should the plot prove narrow, the milder cap of narrow plots takes its place."""
    if tiny_cap is None:
        return []
    narrow = is_narrow(facts, rules.narrow)
    if narrow.answer is None:
        mild = rules.narrow.parameter(column)
        return [Bound(rule=rules.tiny.id, low=tiny_cap, value=tiny_cap, high=mild, missing=narrow.missing)]
    return [definite(rules.tiny.id, tiny_cap)]
