"""Setbacks (Annex 18, 4.1 a, 6, 7.2): front, rear, extra floor, and the smaller road of a through plot."""

from fractions import Fraction

from permits.model import Direction, Facts, ReasonCode, exact
from permits.rulebook import Rule
from permits.rules.bounds import OPEN, Bound, definite, perhaps, undetermined
from permits.rules.floors import extra_floor
from permits.rules.road import RoadWidth
from spatial.text import Text

_ENCOURAGED = Text("Chỉ khuyến khích chừa khoảng trống phía sau.", "An open space behind is only encouraged.")
_SMALL = Text("Khoảng lùi sau chỉ bắt buộc với lô trên 50 m².", "A rear setback is only asked on plots over 50 m².")
_ONLY_EXTRA = Text("Chỉ áp dụng cho tầng cộng thêm.", "Applies to the extra floor only.")
_ROW = Text(
    "Dãy nhà có khoảng lùi hiện hữu: cơ quan có thẩm quyền xác định khoảng lùi chung.",
    "The row already stands back: the authority sets the common setback.",
)


def rear_setback_bounds(facts: Facts, rule: Rule) -> list[Bound]:
    """Return the setback from the rear boundary by depth, asked on plots over the area in the rule."""
    least_area = rule.parameter("over_area_m2")
    if facts.plot_area_m2 is not None and exact(facts.plot_area_m2) <= least_area:
        return [definite(rule.id, Fraction(0), note=_SMALL)]
    asked = _figure(rule, facts.depth_m, "rear_setback_m")
    if asked is None:
        figures = [figure for figure in rule.table.all_figures("rear_setback_m") if figure] if rule.table else []
        names = ("depth_m",) if facts.plot_area_m2 is not None else ("plot_area_m2", "depth_m")
        return [Bound(rule=rule.id, low=Fraction(0), value=None, high=max(figures), missing=names)]
    if asked == 0:
        return [definite(rule.id, asked, note=_ENCOURAGED)]
    if facts.plot_area_m2 is None:
        return [Bound(rule=rule.id, low=Fraction(0), value=asked, high=asked, missing=("plot_area_m2",))]
    return [definite(rule.id, asked)]


def front_setback_bounds(facts: Facts, row: Rule, trade: Rule) -> list[Bound]:
    """Return the front setback: of the detailed plan, else of the trade axis, else of the row."""
    if facts.detailed_plan_front_setback_m is not None:
        return [definite(row.id, exact(facts.detailed_plan_front_setback_m))]
    return [*_trade_axis_bounds(facts, trade), *_row_bounds(facts, row)]


def _trade_axis_bounds(facts: Facts, trade: Rule) -> list[Bound]:
    if facts.trade_axis is False:
        return []
    full = trade.parameter("setback_m")
    shallow = full * trade.parameter("share_when_shallow")
    limit = trade.parameter("under_depth_m")
    depth = None if facts.depth_m is None else exact(facts.depth_m)
    low = shallow if depth is None or depth < limit else full
    high = shallow if depth is not None and depth < limit else full
    if facts.trade_axis is None:
        return [Bound(rule=trade.id, low=Fraction(0), value=high, high=high, missing=("trade_axis",))]
    if low == high:
        return [definite(trade.id, low)]
    return [Bound(rule=trade.id, low=low, value=high, high=high, missing=("depth_m",))]


def _row_bounds(facts: Facts, row: Rule) -> list[Bound]:
    none_asked = row.parameter("setback_m")
    if facts.row_has_setback is None:
        return [
            definite(row.id, none_asked),
            perhaps(row.id, OPEN, missing=("row_has_setback",), direction=Direction.MIN),
        ]
    if facts.row_has_setback:
        return [undetermined(row.id, reason=ReasonCode.DISCRETION_OF_AUTHORITY, note=_ROW)]
    return [definite(row.id, none_asked)]


def extra_floor_setback_bounds(facts: Facts, rule: Rule, floors: Rule, *, road: RoadWidth) -> list[Bound]:
    """Return how far the extra floor stands back: nothing where no floor can be added."""
    setback = rule.parameter("setback_m")
    if road.low is None or road.high is None:
        return [Bound(rule=rule.id, low=Fraction(0), value=setback, high=setback, missing=road.missing)]
    answers = [extra_floor(facts, floors, road_width_m=width) for width in (road.low, road.high)]
    found = {answer.answer for answer in answers}
    if found == {False}:
        return [definite(rule.id, Fraction(0))]
    if found == {True}:
        return [definite(rule.id, setback, note=_ONLY_EXTRA)]
    missing = tuple(dict.fromkeys([*road.missing, *(name for answer in answers for name in answer.missing)]))
    return [Bound(rule=rule.id, low=Fraction(0), value=setback, high=setback, missing=missing, note=_ONLY_EXTRA)]


def through_plot_bounds(facts: Facts, rule: Rule, floors: Rule) -> list[Bound]:
    """Return the setback above the smaller road's line; empty where the plot meets one road, or both allow as much."""
    if facts.through_plot is False:
        return []
    setback = rule.parameter("setback_m")
    widths = (facts.road_width_m, facts.rear_road_width_m)
    if facts.rear_road_width_m is None and facts.through_plot is None:
        return [Bound(rule=rule.id, low=Fraction(0), value=setback, high=setback, missing=("through_plot",))]
    rows = [_figure(floors, width, "base") for width in widths]
    if None in rows:
        names = ("road_width_m", "rear_road_width_m")
        missing = tuple(name for name, width in zip(names, widths, strict=True) if width is None)
        return [Bound(rule=rule.id, low=Fraction(0), value=setback, high=setback, missing=missing)]
    return [] if rows[0] == rows[1] else [definite(rule.id, setback)]


def _figure(rule: Rule, axis_value: float | None, column: str) -> Fraction | None:
    if axis_value is None or rule.table is None:
        return None
    return rule.table.figure(exact(axis_value), column)
