"""Does a rule reach a plot? Asked of many plots: remembered by the facts that the rule's conditions name. Pure."""

from permits.model import Facts
from permits.rule_schema import Rule
from permits.rulebook import Rulebook
from permits.rules.conditions import reaches, values_of


def reach_of(rule: Rule, facts: Facts, *, rulebook: Rulebook) -> bool | None:
    """Tell whether a rule of a pack applies; None while facts that are not known leave it open."""
    if not rule.applies_when and not rule.except_when:
        return True
    names = (*rule.applies_when, *rule.except_when)
    key = ("reach", rule.id, rule.valid.from_, *(values_of(name, facts) for name in names))
    return rulebook.remembered(key, lambda: reaches(rule, facts)).holds
