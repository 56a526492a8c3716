"""Which road governs a plot (Annex 18, 7.1), and what a table of road widths gives for it."""

from dataclasses import dataclass
from fractions import Fraction

from permits.model import Facts, exact
from permits.rulebook import Rule
from permits.rules.bounds import OPEN, Bound, definite


@dataclass(frozen=True, slots=True, kw_only=True)
class RoadWidth:
    """The governing planned width in metres: one figure, an interval on a corner, or unknown.

    Parameters
    ----------
    low, high
        None while no road width is known.
    missing
        Facts that would settle it.
    """

    low: Fraction | None
    high: Fraction | None
    missing: tuple[str, ...] = ()

    @property
    def is_known(self) -> bool:
        """Whether it is one figure."""
        return self.low is not None and self.low == self.high


def governing_road(facts: Facts, corner: Rule) -> RoadWidth:
    """Return the width that governs: the larger road's only if the plot meets it over the width in the rule."""
    if facts.road_widths_m is None or len(facts.road_widths_m) == 1:
        width_m = facts.road_width_m if facts.road_widths_m is None else facts.road_widths_m[0]
        if width_m is None:
            return RoadWidth(low=None, high=None, missing=("road_width_m",))
        return RoadWidth(low=exact(width_m), high=exact(width_m))
    smaller, larger = exact(min(facts.road_widths_m)), exact(max(facts.road_widths_m))
    if smaller == larger:
        return RoadWidth(low=larger, high=larger)
    if facts.width_on_larger_road_m is None:
        return RoadWidth(low=smaller, high=larger, missing=("width_on_larger_road_m",))
    is_wide_enough = exact(facts.width_on_larger_road_m) >= corner.parameter("min_width_on_larger_road_m")
    governing = larger if is_wide_enough else smaller
    return RoadWidth(low=governing, high=governing)


def governing_road_bounds(road: RoadWidth, corner: Rule) -> list[Bound]:
    """Return the governing width itself; while it is open, the smaller road is shown."""
    if road.low is None or road.high is None:
        return [Bound(rule=corner.id, low=-OPEN, value=None, high=OPEN, missing=road.missing)]
    if road.is_known:
        return [definite(corner.id, road.low)]
    return [Bound(rule=corner.id, low=road.low, value=road.low, high=road.high, missing=road.missing)]


def bound_by_road(rule: Rule, column: str, road: RoadWidth) -> list[Bound]:
    """Return what ``column`` of a table of road widths caps; a printed dash caps nothing.

    The figures of every such table grow with the road, so the ends of the interval are enough.
    """
    table = rule.table
    if table is None:
        return []
    if road.low is None or road.high is None:
        figures = [figure for figure in table.all_figures(column) if figure is not None]
        high = max(figures) if len(figures) == len(table.rows) else OPEN
        return [Bound(rule=rule.id, low=-OPEN, value=None, high=high, missing=road.missing)]
    at_low, at_high = table.figure(road.low, column), table.figure(road.high, column)
    if at_low is None and at_high is None:
        return []
    if at_low == at_high and at_low is not None:
        return [definite(rule.id, at_low)]
    known = [figure for figure in (at_low, at_high) if figure is not None]
    high = OPEN if at_high is None else at_high
    return [Bound(rule=rule.id, low=min(known), value=at_low, high=high, missing=road.missing)]
