"""How far a balcony may reach over the road (Annex 18, 10)."""

from fractions import Fraction

from permits.model import Facts, exact
from permits.rulebook import Rule
from permits.rules.bounds import Bound, definite, perhaps
from permits.rules.road import RoadWidth, bound_by_road


def balcony_bounds(facts: Facts, rule: Rule, *, road: RoadWidth) -> list[Bound]:
    """Return the caps of Table 4, of the sidewalk less one metre, and of a narrow sidewalk on a wide road."""
    by_road = bound_by_road(rule, "projection_m", road)
    if facts.sidewalk_width_m is None:
        return by_road if _nothing_allowed(by_road) else [*by_road, _unknown_sidewalk(rule)]
    sidewalk = exact(facts.sidewalk_width_m)
    by_sidewalk = definite(rule.id, max(Fraction(0), sidewalk - rule.parameter("less_than_sidewalk_by_m")))
    bounds = [*by_road, by_sidewalk]
    if sidewalk > rule.parameter("narrow_sidewalk_to_m"):
        return bounds
    on_narrow = rule.parameter("on_narrow_sidewalk_m")
    wide_from = rule.parameter("wide_road_from_m")
    if road.low is None or road.high is None or road.low < wide_from <= road.high:
        return [*bounds, perhaps(rule.id, on_narrow, missing=road.missing)]
    return [*bounds, definite(rule.id, on_narrow)] if road.low >= wide_from else bounds


def _nothing_allowed(bounds: list[Bound]) -> bool:
    return all(bound.high == 0 for bound in bounds)


def _unknown_sidewalk(rule: Rule) -> Bound:
    return perhaps(rule.id, Fraction(0), missing=("sidewalk_width_m",))
