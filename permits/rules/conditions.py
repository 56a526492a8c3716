"""Does a rule reach this plot? Yes, no, or perhaps where the facts that decide it are not known."""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from permits.model import Facts, exact
from permits.rule_schema import Condition, Conditions, Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A yes-or-no answer; None while ``missing`` facts leave it open."""

    holds: bool | None
    missing: tuple[str, ...] = ()


def all_hold(conditions: Conditions, facts: Facts) -> Answer:
    """Tell whether every condition holds; one that fails settles it, whatever is unknown."""
    found = {name: holds(condition, name, facts) for name, condition in conditions.items()}
    if False in found.values():
        return Answer(holds=False)
    missing = tuple(name for name, answer in found.items() if answer is None)
    return Answer(holds=None, missing=missing) if missing else Answer(holds=True)


def reaches(rule: Rule, facts: Facts) -> Answer:
    """Tell whether a rule applies: all of ``applies_when`` holds, and not all of ``except_when``."""
    reach = all_hold(rule.applies_when, facts)
    if not rule.except_when or reach.holds is False:
        return reach
    left_out = all_hold(rule.except_when, facts)
    if left_out.holds:
        return Answer(holds=False)
    missing = tuple(dict.fromkeys([*reach.missing, *left_out.missing]))
    return Answer(holds=None, missing=missing) if missing else reach


def any_holds(conditions: Conditions, facts: Facts) -> Answer:
    """Tell whether one condition at least holds; one that does settles it, whatever is unknown."""
    found = {name: holds(condition, name, facts) for name, condition in conditions.items()}
    if True in found.values():
        return Answer(holds=True)
    missing = tuple(name for name, answer in found.items() if answer is None)
    return Answer(holds=None, missing=missing) if missing else Answer(holds=False)


def holds(condition: Condition, name: str, facts: Facts) -> bool | None:
    """Tell whether a fact is as the condition says; of several roads one is enough."""
    values = values_of(name, facts)
    if condition.stated is not None:
        return bool(values) == condition.stated
    if not values:
        return None
    return any(_fits(condition, value) for value in values)


def values_of(name: str, facts: Facts) -> tuple[object, ...]:
    """Return what a fact is known to be: nothing, one value, or the widths of all roads at a corner."""
    if name == "road_width_m" and facts.road_widths_m is not None:
        return facts.road_widths_m
    value = getattr(facts, name)
    if value is None:
        return ()
    return value if isinstance(value, tuple) else (value,)


def numbers_of(names: Iterable[str], facts: Facts) -> tuple[Fraction, ...]:
    """Return the values of the first of several facts that is stated, exactly; empty where none is."""
    found = next((values for name in names if (values := values_of(name, facts))), ())
    return tuple(exact(value) for value in found if isinstance(value, int | float))


def _fits(condition: Condition, value: object) -> bool:
    if condition.one_of is not None:
        return value in condition.one_of
    if not isinstance(value, int | float):
        return False
    number = exact(value)
    return (
        (condition.at_least is None or number >= condition.at_least)
        and (condition.over is None or number > condition.over)
        and (condition.at_most is None or number <= condition.at_most)
        and (condition.under is None or number < condition.under)
    )
