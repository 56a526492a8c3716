"""Rules that are data alone: what one says about its limit, and what the exceptions to it make of that.

Nothing here knows a law. A rule that perhaps applies is a restriction that may come; an exception that perhaps
applies is a relief that is not granted yet (`permits.rules.bounds` says what that does to a verdict).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

from permits.model import Direction, Facts, ReasonCode, exact
from permits.rule_schema import Rule
from permits.rules.bounds import OPEN, Bound, Number, definite, perhaps, undetermined
from permits.rules.conditions import Answer, any_holds, numbers_of, reaches, values_of
from spatial.text import NO_TEXT

IsVerified = Callable[[Rule], bool]


def bounds_of(rules: Sequence[Rule], facts: Facts, *, direction: Direction, is_verified: IsVerified) -> list[Bound]:
    """Return what the rules of one limit say about it; empty where none of them reaches the plot.

    Parameters
    ----------
    rules
        The rules in force that set this limit, exceptions among them.
    is_verified
        Tells whether the text of a rule was read; one that was not decides nothing.
    """
    bounds: list[Bound] = []
    for rule in rules:
        if rule.exception_to is not None:
            continue
        reach = reaches(rule, facts)
        if reach.holds is False:
            continue
        own = _stated(rule, facts, is_verified)
        for exception in (other for other in rules if other.exception_to == rule.id):
            own = _relieved(own, exception, facts, direction, is_verified)
        bounds += own if reach.holds else [_may_apply(bound, reach, direction) for bound in own]
    return bounds


def _stated(rule: Rule, facts: Facts, is_verified: IsVerified) -> list[Bound]:
    """Return what a rule that applies says."""
    bounds = _BY_KIND[rule.kind](rule, facts)
    note = NO_TEXT if rule.message is None else rule.message.text
    bounds = [replace(bound, note=bound.note if bound.note.vi else note) for bound in bounds]
    if rule.kind == "review" or is_verified(rule):
        return bounds
    return [replace(bound, low=-OPEN, high=OPEN, reason=ReasonCode.RULE_UNVERIFIED) for bound in bounds]


def _may_apply(bound: Bound, reach: Answer, direction: Direction) -> Bound:
    """Return a restriction that may come: its strict end stays, its mild end opens."""
    missing = tuple(dict.fromkeys([*reach.missing, *bound.missing]))
    if direction is Direction.MIN:
        return replace(bound, low=-OPEN, missing=missing)
    return replace(bound, high=OPEN, missing=missing)


def _relieved(
    own: list[Bound], exception: Rule, facts: Facts, direction: Direction, is_verified: IsVerified
) -> list[Bound]:
    """Return the bounds once an exception is considered: it can relieve, never tighten, until it is certain."""
    reach = reaches(exception, facts)
    if reach.holds is False:
        return own
    instead = _stated(exception, facts, is_verified)
    is_settled = reach.holds is True and all(bound.low == bound.high for bound in instead)
    if is_settled:
        return instead
    return [_widened(bound, instead, reach, direction) for bound in own]


def _widened(bound: Bound, instead: list[Bound], reach: Answer, direction: Direction) -> Bound:
    missing = [*reach.missing, *bound.missing, *(name for other in instead for name in other.missing)]
    reason = bound.reason if reach.missing else next((other.reason for other in instead), bound.reason)
    note = bound.note if bound.note.vi else next((other.note for other in instead), bound.note)
    changed = replace(bound, missing=tuple(dict.fromkeys(missing)), reason=reason, note=note)
    figures = [other for other in instead if other.value is not None]
    lows, highs = (figures, instead) if direction is not Direction.MIN else (instead, figures)
    return replace(
        changed,
        low=min([bound.low, *(other.low for other in lows)]),
        high=max([bound.high, *(other.high for other in highs)]),
    )


def _by_step_table(rule: Rule, facts: Facts) -> list[Bound]:
    table = rule.table
    if table is None:
        return []
    column = rule.column or table.columns[0]
    numbers = numbers_of((table.axis,), facts)
    if not numbers:
        return _between(rule, table.all_figures(column), missing=(table.axis,))
    figures = [table.figure(number, column) for number in numbers]
    return [definite(rule.id, figure) for figure in figures if figure is not None]


def _by_line(rule: Rule, facts: Facts) -> list[Bound]:
    axis = rule.axis or rule.inputs[0]
    numbers = numbers_of((axis,), facts)
    if not numbers:
        figures = [node[1] for node in rule.nodes]
        unbounded = [None] if rule.beyond == "review" else []
        return _between(rule, [*figures, *unbounded], missing=(axis,))
    bounds = []
    for number in numbers:
        figure = rule.interpolated(number)
        beyond = undetermined(rule.id, reason=ReasonCode.BEYOND_TABLE)
        bounds.append(beyond if figure is None else definite(rule.id, figure))
    return bounds


def _by_grid(rule: Rule, facts: Facts) -> list[Bound]:
    grid = rule.grid
    if grid is None:
        return []
    rows, columns = numbers_of(grid.rows_by, facts), numbers_of(grid.columns_by, facts)
    look_up = grid.interpolated if rule.kind == "bilinear" else grid.stepped
    if rows and columns:
        return [definite(rule.id, figure) for row in rows for column in columns for figure in look_up(row, column)]
    missing = [*(() if rows else grid.rows_by[-1:]), *(() if columns else grid.columns_by[-1:])]
    figures = [figure for row in rows or (None,) for column in columns or (None,) for figure in look_up(row, column)]
    return _between(rule, figures, missing=tuple(missing))


def _by_constant(rule: Rule, facts: Facts) -> list[Bound]:
    del facts
    return [] if rule.value is None else [definite(rule.id, rule.value)]


def _by_share(rule: Rule, facts: Facts) -> list[Bound]:
    if rule.fact is None or rule.ratio is None:
        return []
    least = rule.at_least if rule.at_least is not None else Fraction(0)
    numbers = numbers_of((rule.fact,), facts)
    if not numbers:
        return [Bound(rule=rule.id, low=least, value=None, high=OPEN, missing=(rule.fact,))]
    return [definite(rule.id, max(least, number * rule.ratio)) for number in numbers]


def _by_cap(rule: Rule, facts: Facts) -> list[Bound]:
    """Return the figure that a plan sets; none if the plan was consulted and sets none."""
    if rule.fact is None:
        return []
    numbers = numbers_of((rule.fact,), facts)
    if numbers:
        return [definite(rule.id, number) for number in numbers]
    if rule.consulted is not None and values_of(rule.consulted, facts) == (True,):
        return []
    direction = Direction.MIN if rule.direction == "min" else Direction.MAX
    worst = OPEN if direction is Direction.MIN else -OPEN
    return [perhaps(rule.id, worst, missing=(rule.fact,), direction=direction)]


def _by_predicate(rule: Rule, facts: Facts) -> list[Bound]:
    """Return 1 if one of the conditions holds and 0 if none does; while that is open, 1 is shown."""
    found = any_holds(rule.any_of, facts)
    if found.holds is not None:
        return [definite(rule.id, Fraction(found.holds))]
    return [Bound(rule=rule.id, low=Fraction(0), value=Fraction(1), high=Fraction(1), missing=found.missing)]


def _by_review(rule: Rule, facts: Facts) -> list[Bound]:
    del facts
    return [undetermined(rule.id, reason=rule.reason or ReasonCode.RULE_UNVERIFIED)]


def _between(rule: Rule, figures: Sequence[Fraction | None], *, missing: tuple[str, ...]) -> list[Bound]:
    """Return that the figure is one of several; a dash among them leaves the mild end open."""
    known = [figure for figure in figures if figure is not None]
    if not known:
        return []
    low: Number = min(known)
    high: Number = max(known)
    if low == high and None not in figures:
        return [definite(rule.id, known[0])]
    if None in figures:
        low, high = (-OPEN, high) if rule.direction == "min" else (low, OPEN)
    return [Bound(rule=rule.id, low=low, value=None, high=high, missing=missing)]


_BY_KIND: Mapping[str, Callable[[Rule, Facts], list[Bound]]] = {
    "step_table": _by_step_table,
    "step_grid": _by_grid,
    "bilinear": _by_grid,
    "piecewise_linear": _by_line,
    "constant": _by_constant,
    "share_of": _by_share,
    "cap": _by_cap,
    "predicate": _by_predicate,
    "review": _by_review,
}
"""Every kind of rule that can set a limit."""


def times_area(bounds: Sequence[Bound], facts: Facts) -> list[Bound]:
    """Return bounds on a share of the plot as bounds on square metres."""
    if not bounds:
        return []
    if facts.plot_area_m2 is None:
        return [undetermined(bounds[0].rule, missing=("plot_area_m2",), reason=ReasonCode.MISSING_INPUT)]
    area = exact(facts.plot_area_m2)
    return [
        replace(
            bound,
            low=bound.low * area,
            value=None if bound.value is None else bound.value * area,
            high=bound.high * area,
        )
        for bound in bounds
    ]
