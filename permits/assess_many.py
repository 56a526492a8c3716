"""Assessing many plots: what depends on steps alone is worked out once for each combination of steps.

Most limits change at the figures of a rule-pack and nowhere else: two frontages between the same two figures are as
good as one. Such limits are remembered by the facts that their rules looked at, a measured fact by the step that it
lies on. Limits that run along a line, such as the site coverage of Table 1, are worked out for every plot.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from functools import partial
from typing import Any, cast

from pydantic import BaseModel

from permits.assess import Assessment, assess
from permits.combined_limits import assess_together, together
from permits.limit_fields import LIMIT_FIELDS
from permits.limits import assess_alone, undated
from permits.model import Facts, exact
from permits.rule_schema import Rule
from permits.rulebook import Rulebook
from permits.rules.row_house import ALONG_A_LINE

MEASURED_FACTS = frozenset(
    {
        "plot_area_m2",
        "frontage_m",
        "depth_m",
        "width_on_larger_road_m",
        "footprint_m2",
        "gross_floor_area_m2",
        "front_setback_m",
        "rear_setback_m",
    }
)
"""Facts that hardly two plots share; every other fact is remembered as it is."""

_MOST_REMEMBERED_COUNT = 100_000
"""Combinations after which a memory begins anew, so that it does not grow with the city."""

_SMOOTH_KINDS = ("piecewise_linear", "bilinear", "share_of", "cap")


@dataclass(slots=True)
class _Node:
    """One question of the memory: which fact is looked at next, and where its value leads."""

    asks: str | None = None
    leads: dict[object, "_Node"] = field(default_factory=dict)
    found: Mapping[str, Assessment] | None = None


class _Memory:
    """Remembers what was worked out by the facts that were looked at.

    Parameters
    ----------
    work_out
        Gives the answer; it must depend on nothing but the facts that it looks at.
    token
        What is remembered of a fact in place of its value.
    may_keep
        Tells by the names of the facts that were looked at whether the answer is worth keeping.
    """

    def __init__(
        self,
        work_out: Callable[[Facts], Mapping[str, Assessment]],
        *,
        token: Callable[[str, object], object],
        may_keep: Callable[[Iterable[str]], bool] = lambda names: True,  # noqa: ARG005 - everything is
    ) -> None:
        self._work_out, self._token, self._may_keep = work_out, token, may_keep
        self._root, self._count = _Node(), 0

    def answer(self, facts: Facts) -> Mapping[str, Assessment]:
        """Return the answer, remembered or worked out."""
        node = self._root
        while node.asks is not None:
            following = node.leads.get(self._token(node.asks, getattr(facts, node.asks)))
            if following is None:
                return self._learn(facts)
            node = following
        return self._learn(facts) if node.found is None else node.found

    def _learn(self, facts: Facts) -> Mapping[str, Assessment]:
        asked = _Asked(facts)
        found = self._work_out(cast("Facts", asked))
        if not self._may_keep(asked.names):
            return found
        if self._count >= _MOST_REMEMBERED_COUNT:
            self._root, self._count = _Node(), 0
        self._count += 1
        node = self._root
        for name in asked.names:
            node.asks = name
            node = node.leads.setdefault(self._token(name, getattr(facts, name)), _Node())
        node.found = found
        return found


class Assessor:
    """Gives the assessments of one pack alone, or of several together, of many plots in less time.

    Parameters
    ----------
    as_of
        Basis date of all of them.
    """

    def __init__(self, rulebooks: Sequence[Rulebook], *, as_of: date) -> None:
        work_out = assess_alone if len(rulebooks) == 1 else assess_together
        self._steps = sorted({number for book in rulebooks for number in _numbers(book.rules)})
        self._steps_as_floats = [float(step) for step in self._steps]
        along_a_line = frozenset().union(*(limits_along_a_line(book) for book in rulebooks))
        by_steps = frozenset(LIMIT_FIELDS) - along_a_line
        self._by_steps = _Memory(
            lambda facts: work_out(facts, rulebooks=rulebooks, as_of=as_of, only=by_steps), token=self._step_of
        )
        self._is_alone, self._as_of = len(rulebooks) == 1, as_of
        self._along_a_line = [_line_memories(book, along_a_line, as_of=as_of) for book in rulebooks]

    def __call__(self, facts: Facts) -> dict[str, Assessment]:
        """Return what is said about every limit, in the order of `LIMIT_FIELDS`."""
        both = {**self._by_steps.answer(facts), **self._on_lines(facts)}
        return {name: both[name] for name in LIMIT_FIELDS if name in both}

    def _on_lines(self, facts: Facts) -> dict[str, Assessment]:
        """Return what is said about limits along a line; a pack that looks at no measure is remembered there too."""
        found = [
            {name: said for memory in memories for name, said in memory.answer(facts).items()}
            for memories in self._along_a_line
        ]
        if self._is_alone:
            return {name: undated(said, as_of=self._as_of) for name, said in found[0].items()}
        return together(found, as_of=self._as_of)

    def _step_of(self, name: str, value: object) -> object:
        """Return the value of a fact, or the step that a measured one lies on."""
        if name not in MEASURED_FACTS or not isinstance(value, int | float):
            return value
        step = bisect_left(self._steps_as_floats, value)
        is_on_it = step < len(self._steps) and self._steps_as_floats[step] == value
        return 2 * step + (1 if is_on_it and exact(value) == self._steps[step] else 0)


def _line_memories(rulebook: Rulebook, names: frozenset[str], *, as_of: date) -> list[_Memory]:
    """Return one memory for each limit; one for all of row houses, whose limits rest on one another."""
    groups = [names] if rulebook.binding == "row_house" else [frozenset({name}) for name in sorted(names)]
    return [
        _Memory(
            partial(assess, rulebook=rulebook, as_of=as_of, only=group),
            token=lambda _, value: value,
            may_keep=MEASURED_FACTS.isdisjoint,
        )
        for group in groups
        if rulebook.binding == "row_house" or any(_rules_of(rulebook, name) for name in group)
    ]


def _rules_of(rulebook: Rulebook, name: str) -> tuple[Rule, ...]:
    field = LIMIT_FIELDS[name]
    return rulebook.rules_of_limit.get(field.times_area_of or field.name, ())


class Assessors:
    """Does what `assess_alone` and `assess_together` do, and remembers: one memory for each set of packs and date."""

    def __init__(self) -> None:
        self._by_packs: dict[tuple[object, ...], Assessor] = {}

    def __call__(self, facts: Facts, *, rulebooks: Sequence[Rulebook], as_of: date) -> dict[str, Assessment]:
        """Return what the packs say about every limit that they know."""
        key = (as_of, *(book.sha256 for book in rulebooks))
        if key not in self._by_packs:
            self._by_packs[key] = Assessor(tuple(rulebooks), as_of=as_of)
        return self._by_packs[key](facts)


class _Asked:
    """Facts that note which of them are looked at, in what order."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self.names: dict[str, None] = {}

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the fact is
        self.names.setdefault(name)
        return getattr(self._facts, name)


def limits_along_a_line(rulebook: Rulebook) -> frozenset[str]:
    """Return the limits of a pack that change with a measured fact between the figures of the rules, too."""
    if rulebook.binding == "row_house":
        smooth = set(ALONG_A_LINE)
    else:
        smooth = {rule.limit for rule in rulebook.rules if rule.limit is not None and _runs_along_a_line(rule)}
    of_area = {name for name, each in LIMIT_FIELDS.items() if each.times_area_of is not None}
    return frozenset(smooth | of_area)


def _runs_along_a_line(rule: Rule) -> bool:
    if rule.kind not in _SMOOTH_KINDS:
        return False
    grid = () if rule.grid is None else (*rule.grid.rows_by, *rule.grid.columns_by)
    axes = {rule.axis, rule.fact, *grid, *(() if rule.axis or rule.fact or grid else rule.inputs)}
    return bool(axes & MEASURED_FACTS)


def _numbers(part: object) -> Iterable[Fraction]:
    """Yield every figure that stands anywhere in rules."""
    if isinstance(part, bool) or part is None:
        return
    if isinstance(part, int | float | Fraction):
        yield Fraction(part) if isinstance(part, int | Fraction) else exact(part)
    elif isinstance(part, BaseModel):
        for name in type(part).model_fields:
            yield from _numbers(getattr(part, name))
    elif isinstance(part, Mapping):
        for value in part.values():
            yield from _numbers(value)
    elif isinstance(part, list | tuple | set | frozenset):
        for value in part:
            yield from _numbers(value)
