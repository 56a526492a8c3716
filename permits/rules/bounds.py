"""Limits under uncertainty: an unknown fact leaves an interval, and a verdict must hold all over it.

A bound says: the true limit lies between ``low`` and ``high``, and ``value`` is what may be shown of it.
Where nothing is unknown the three are one. A proposal complies only if it does so for every limit in the
interval, and violates only if it does so for every one; in between a person has to look. So dropping a fact
can widen an interval, but never turn NEEDS_REVIEW or VIOLATES into COMPLIES.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from permits.model import Direction, Facts, ReasonCode, Verdict, exact
from permits.rulebook import Rule
from spatial.text import NO_TEXT, Text

Number = Fraction | float
"""An exact figure, or a float infinity for an open end."""

OPEN = math.inf

_REASON_ORDER = (
    ReasonCode.NOT_IN_FORCE,
    ReasonCode.DISCRETION_OF_AUTHORITY,
    ReasonCode.LAYER_NOT_LOADED,
    ReasonCode.RULE_UNVERIFIED,
    ReasonCode.MISSING_INPUT,
    ReasonCode.BEYOND_TABLE,
    ReasonCode.CONFLICT_OF_RULES,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """What one rule says about one limit.

    Parameters
    ----------
    rule
        Id in the rule-pack.
    low, high
        The rule's true figure lies between them; an infinity is an open end.
    value
        What may be shown: the figure without reliefs that depend on unknown facts. None: the rule has no figure.
    missing
        Facts that would narrow the interval.
    """

    rule: str
    low: Number
    value: Fraction | None
    high: Number
    missing: tuple[str, ...] = ()
    reason: ReasonCode = ReasonCode.MISSING_INPUT
    note: Text = NO_TEXT


@dataclass(frozen=True, slots=True, kw_only=True)
class Combined:
    """The bounds of all rules on one limit taken together.

    Parameters
    ----------
    binding
        The rule that gives the value.
    mild_end
        The rule that sets the mild end of the interval: the greatest cap, or the least demand, that is possible.
    """

    low: Number
    value: Fraction | None
    high: Number
    binding: str | None
    mild_end: str | None
    missing: tuple[str, ...]
    reason: ReasonCode | None
    note: Text

    @property
    def is_determined(self) -> bool:
        """Whether the limit is one figure."""
        return self.low == self.high


def definite(rule: str, value: Fraction, *, note: Text = NO_TEXT) -> Bound:
    """Return a bound that depends on nothing unknown."""
    return Bound(rule=rule, low=value, value=value, high=value, note=note)


def undetermined(rule: str, *, missing: Sequence[str] = (), reason: ReasonCode, note: Text = NO_TEXT) -> Bound:
    """Return a bound that may turn out to be anything."""
    return Bound(rule=rule, low=-OPEN, value=None, high=OPEN, missing=tuple(missing), reason=reason, note=note)


def perhaps(rule: str, cap: Number, *, missing: Sequence[str], direction: Direction = Direction.MAX) -> Bound:
    """Return a restriction at ``cap`` that may or may not apply; a value that is shown does not wait for it."""
    if direction is Direction.MAX:
        return Bound(rule=rule, low=cap, value=None, high=OPEN, missing=tuple(missing))
    return Bound(rule=rule, low=-OPEN, value=None, high=cap, missing=tuple(missing))


def combine(bounds: Sequence[Bound], *, direction: Direction) -> Combined:
    """Return the strictest of all bounds: the least cap, or the greatest demand.

    A value that lies beyond the mild end of a rule without a value is cut to it, and that rule binds.
    """
    if len(bounds) == 1 and bounds[0].low == bounds[0].high:
        return _alone(bounds[0])
    strictest = max if direction is Direction.MIN else min
    low = strictest((bound.low for bound in bounds), default=-OPEN)
    high = strictest((bound.high for bound in bounds), default=OPEN)
    mildest = strictest(bounds, key=lambda bound: _mild_end(bound, direction), default=None)
    valued = [bound for bound in bounds if bound.value is not None]
    binding = strictest(valued, key=lambda bound: bound.value or Fraction(0), default=None)
    if binding and mildest and not low <= (binding.value or 0) <= high:
        end = _mild_end(mildest, direction)
        binding = replace(mildest, value=end if isinstance(end, Fraction) else Fraction(end))
    open_bounds = [bound for bound in bounds if _matters(bound, low=low, high=high, direction=direction)]
    return Combined(
        low=low,
        value=None if binding is None else binding.value,
        high=high,
        binding=None if binding is None else binding.rule,
        mild_end=None if mildest is None else mildest.rule,
        missing=tuple(dict.fromkeys(name for bound in open_bounds for name in bound.missing)),
        reason=first_reason([bound.reason for bound in open_bounds]),
        note=next((bound.note for bound in [*open_bounds, *([binding] if binding else [])] if bound.note.vi), NO_TEXT),
    )


def _alone(bound: Bound) -> Combined:
    """Return one bound that leaves nothing open."""
    return Combined(
        low=bound.low,
        value=bound.value,
        high=bound.high,
        binding=None if bound.value is None else bound.rule,
        mild_end=bound.rule,
        missing=(),
        reason=None,
        note=NO_TEXT if bound.value is None else bound.note,
    )


def _mild_end(bound: Bound, direction: Direction) -> Number:
    return bound.low if direction is Direction.MIN else bound.high


def _matters(bound: Bound, *, low: Number, high: Number, direction: Direction) -> bool:
    if bound.low == bound.high or low == high:
        return False
    return bound.low < high if direction is not Direction.MIN else bound.high > low


def first_reason(reasons: Sequence[ReasonCode]) -> ReasonCode | None:
    """Return the weightiest of several reasons."""
    return min(reasons, key=lambda reason: _REASON_ORDER.index(reason) if reason in _REASON_ORDER else 99, default=None)


def judge(proposed: Fraction, combined: Combined, *, direction: Direction) -> Verdict:
    """Return what a proposal is under every limit that is still possible."""
    if direction is Direction.MIN:
        complies, violates = proposed >= combined.high, proposed < combined.low
    else:
        complies, violates = proposed <= combined.low, proposed > combined.high
    if complies:
        return Verdict.COMPLIES
    return Verdict.VIOLATES if violates else Verdict.NEEDS_REVIEW


def bound_of_cap(rule: Rule, facts: Facts, cap: float | None) -> list[Bound]:
    """Return the cap of a zone plan; none if the plan was consulted and sets none, unknown if it was not consulted."""
    if cap is not None:
        return [definite(rule.id, exact(cap))]
    if facts.zone_plan_known:
        return []
    return [perhaps(rule.id, -OPEN, missing=rule.inputs)]
