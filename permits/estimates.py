"""Which estimates of the map are settled enough for the rules: the thresholds come out of the packs' own data. Pure."""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from permits.limit_fields import LIMIT_FIELDS
from permits.model import AreaType, BuildingType, Facts, FormerProvince
from permits.rule_schema import Condition, Rule
from permits.rulebook import Rulebook
from permits.rules.conditions import reaches

ESTIMATED = ("frontage_m", "depth_m", "width_on_larger_road_m")
"""Facts of the plot that are measured on the map, to be confirmed on site."""

_ESTIMATE_ERROR_RATIO = 0.1


class Use(NamedTuple):
    """What decides which packs, and which of their rules, speak of a building; None is not known."""

    building_type: BuildingType | None = None
    area_type: AreaType | None = None
    former_province: FormerProvince | None = None


_Key = tuple[str, date | None, date, BuildingType | None, AreaType | None]
_found: dict[_Key, Mapping[str, tuple[float, ...]]] = {}
_found_together: dict[tuple[object, ...], Mapping[str, tuple[float, ...]]] = {}


def loose_estimates(facts: Facts, *, use: Use, rulebooks: Sequence[Rulebook], as_of: date) -> tuple[str, ...]:
    """Return the estimates that are too close to a threshold of the rules to decide anything.

    Parameters
    ----------
    facts
        Facts of the map.
    use
        What is built: packs about other buildings do not count.
    """
    thresholds = _thresholds_together(rulebooks, use, as_of=as_of)
    values = {name: getattr(facts, name) for name in ESTIMATED}
    return tuple(
        name for name, value in values.items() if value is not None and not is_settled(value, thresholds[name])
    )


def is_settled(estimate_m: float, thresholds_m: Sequence[float]) -> bool:
    """Tell whether an estimate stays on its side of every threshold, which rise, even if it errs by a tenth."""
    reach = _ESTIMATE_ERROR_RATIO * estimate_m
    above = bisect_left(thresholds_m, estimate_m)
    return all(abs(estimate_m - nearest) > reach for nearest in thresholds_m[max(0, above - 1) : above + 1])


def _thresholds_together(rulebooks: Sequence[Rulebook], use: Use, *, as_of: date) -> Mapping[str, tuple[float, ...]]:
    key = (as_of, use, *((book.sha256, book.known_on) for book in rulebooks))
    if key not in _found_together:
        packs = [rule_thresholds(book, use, as_of=as_of) for book in rulebooks if _may_apply(book, use)]
        _found_together[key] = {name: tuple(sorted({m for pack in packs for m in pack[name]})) for name in ESTIMATED}
    return _found_together[key]


def rule_thresholds(rulebook: Rulebook, use: Use, *, as_of: date) -> Mapping[str, tuple[float, ...]]:
    """Return the figures of a pack at which frontage, depth and corner width change an answer for such a building.

    They are the bounds in conditions, the steps of tables, the limits that an estimate is held against, and every
    parameter whose name ends in that of the estimate, e.g. ``under_frontage_m``.
    """
    key = (rulebook.sha256, rulebook.known_on, as_of, use.building_type, use.area_type)
    if key not in _found:
        about = Facts(building_type=use.building_type, area_type=use.area_type)
        in_time = [rule for rule in rulebook.rules if _speaks(rule, rulebook, as_of)]
        rules = [rule for rule in in_time if reaches(rule, about).holds is not False]
        _found[key] = {
            name: tuple(sorted({figure for rule in rules for figure in _figures(rule, name)})) for name in ESTIMATED
        }
    return _found[key]


def _may_apply(rulebook: Rulebook, use: Use) -> bool:
    pairs = (
        (use.building_type, rulebook.building_types),
        (use.area_type, rulebook.area_types),
        (use.former_province, rulebook.former_provinces),
    )
    return all(given is None or given in allowed for given, allowed in pairs)


def _speaks(rule: Rule, rulebook: Rulebook, as_of: date) -> bool:
    return rulebook.basis_date(rule) != "dossier_date" or rulebook.is_in_force(rule, as_of=as_of)


def _figures(rule: Rule, name: str) -> Iterator[float]:
    yield from (float(value) for key, value in rule.parameters.items() if key == name or key.endswith(f"_{name}"))
    for conditions in (rule.applies_when, rule.except_when, rule.any_of):
        if name in conditions:
            yield from _bounds(conditions[name])
    if rule.table is not None and rule.table.axis == name:
        yield from (float(row[0]) for row in rule.table.rows if row[0])
    if rule.axis == name:
        yield from (float(node[0]) for node in rule.nodes)
    if rule.limit is not None and LIMIT_FIELDS[rule.limit].proposal == name and rule.value is not None:
        yield float(rule.value)


def _bounds(condition: Condition) -> Iterator[float]:
    for bound in (condition.at_least, condition.over, condition.at_most, condition.under):
        if bound is not None:
            yield float(bound)
