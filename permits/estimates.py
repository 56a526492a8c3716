"""Which estimates from a drawing are too close to a figure of the rules to decide anything."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date

from permits.facts import ParcelFacts
from permits.limit_fields import LIMIT_FIELDS
from permits.model import Facts
from permits.rulebook import Rulebook

_ESTIMATE_ERROR_RATIO = 0.1


def without_loose_estimates(found: ParcelFacts, *, rulebooks: Iterable[Rulebook], as_of: date) -> Facts:
    """Return the facts of the map without the estimates that are too close to a threshold of any of the packs."""
    every = [rule_thresholds(book, as_of=as_of) for book in rulebooks]
    estimates = (
        ("frontage_m", found.frontage_m),
        ("depth_m", found.depth_m),
        ("width_on_larger_road_m", found.facts.width_on_larger_road_m),
    )
    loose = {
        name: None
        for name, value in estimates
        if value is not None and not all(is_settled(value, thresholds.get(name, ())) for thresholds in every)
    }
    return replace(found.facts, **loose)


def is_settled(estimate_m: float, thresholds_m: Sequence[float]) -> bool:
    """Tell whether an estimate stays on its side of every threshold even if it errs by a tenth."""
    reach = _ESTIMATE_ERROR_RATIO * estimate_m
    return all(abs(estimate_m - threshold) > reach for threshold in thresholds_m)


def rule_thresholds(rulebook: Rulebook, *, as_of: date) -> dict[str, tuple[float, ...]]:
    """Return the figures of the rules at which frontage, depth and corner width change an answer."""
    if rulebook.binding != "row_house":
        return _thresholds_of_data(rulebook)

    def number(rule_id: str, name: str) -> float:
        return float(rulebook.rule(rule_id, as_of=as_of).parameter(name))

    rear = rulebook.rule("row_house.rear_setback", as_of=as_of).table
    steps = tuple(float(row[0]) for row in rear.rows if row[0]) if rear else ()
    return {
        "frontage_m": (
            number("row_house.narrow_plot", "under_frontage_m"),
            number("row_house.floors", "no_extra_under_frontage_m"),
            number("row_house.floors", "wide_frontage_over_m"),
        ),
        "depth_m": (
            number("row_house.narrow_plot", "under_depth_m"),
            number("row_house.trade_axis_front_setback", "under_depth_m"),
            *steps,
        ),
        "width_on_larger_road_m": (number("row_house.corner", "min_width_on_larger_road_m"),),
    }


def _thresholds_of_data(rulebook: Rulebook) -> dict[str, tuple[float, ...]]:
    """Return every number that stands in a condition on a fact, or that a limit on that fact asks for."""
    found: dict[str, set[float]] = {}
    for rule in rulebook.rules:
        for name, condition in (*rule.applies_when.items(), *rule.except_when.items(), *rule.any_of.items()):
            bounds = (condition.at_least, condition.over, condition.at_most, condition.under)
            found.setdefault(name, set()).update(float(bound) for bound in bounds if bound is not None)
        proposal = None if rule.limit is None else LIMIT_FIELDS[rule.limit].proposal
        if proposal is not None and rule.value is not None:
            found.setdefault(proposal, set()).add(float(rule.value))
    return {name: tuple(sorted(numbers)) for name, numbers in found.items()}
