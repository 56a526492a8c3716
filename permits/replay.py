"""Working something out for many plots at once: for one of them with notes, then for all that go the same way.

Rules compare measured facts with figures, and reckon with them. Two plots for which every comparison comes out alike
get the same answer but for the figures reckoned. So a question is asked of one plot with numbers that note
(`permits.noted`); the notes are then tried on the columns of all plots that wait. Whoever fits has the answer, and the
next plot that still waits is asked. Nothing here knows a rule.

Columns are floats, rules are exact. A fact held against a figure that is a decimal like itself compares exactly. Where
two reckoned numbers lie so close that floats could tell them apart wrongly, that plot is reckoned in fractions.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from operator import itemgetter
from typing import Any, Generic, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from permits.noted import ARITHMETIC, COMPARISONS, FactStep, NotedFigure, Notes, NotNotableError, Operand, Slot

Outcome = TypeVar("Outcome")
Numbers = NDArray[np.float64]
Rows = NDArray[np.intp]
Mask = NDArray[np.bool_]
Known = tuple[tuple[str, object], ...]
"""Facts with their values, by name."""

_CLOSE_RATIO = 1e-9
_MOST_ROUTES_COUNT = 5_000
"""Ways to an answer after which further plots are asked one by one, so that memory does not grow with the city."""


@dataclass(frozen=True, slots=True)
class Answer(Generic[Outcome]):
    """What was found of one plot.

    Parameters
    ----------
    outcome
        What many plots share.
    figure
        The one number that differs from plot to plot; None where there is none.
    """

    outcome: Outcome
    figure: float | Fraction | None = None


class Columns:
    """Facts of many plots, column by column: measured ones as floats, all others as whole numbers for their values.

    Parameters
    ----------
    values
        Values of each fact, one a plot; None is not known.
    measured
        Names of the numbers that hardly two plots share. Where a plot has several, e.g. the widths of all roads at a
        corner, the value is a tuple of them.
    """

    def __init__(self, values: Mapping[str, Sequence[object]], *, measured: frozenset[str]) -> None:
        self._values, self._measured = values, measured
        self._codes: dict[str, tuple[dict[object, int], NDArray[np.int32]]] = {}
        self._numbers: dict[FactStep, Numbers] = {}
        self._masks: dict[Known, Mask] = {}
        self.count = len(next(iter(values.values()), ()))

    def facts(self, row: int, notes: Notes | None = None) -> "PlotFacts":
        """Return the facts of one plot; with notes, they write down what is looked at."""
        return PlotFacts(self, row, notes)

    def value(self, name: str, row: int) -> object:
        """Return one fact of one plot."""
        return self._values[name][row]

    def is_measured(self, name: str) -> bool:
        """Tell whether a fact is a number, or several, that hardly two plots share."""
        return name in self._measured

    def numbers(self, step: FactStep) -> Numbers:
        """Return a measured fact; NaN is not known."""
        if step not in self._numbers:
            given = [_at(step.place, each) for each in self._values[step.name]]
            self._numbers[step] = np.array(given, dtype=np.float64)
        return self._numbers[step]

    def exact(self, step: FactStep, row: int) -> Fraction:
        """Return a measured fact of one plot, as it is written."""
        return Fraction(str(_at(step.place, self._values[step.name][row])))

    def having(self, known: Known) -> Mask:
        """Tell which plots have all those facts; of a measured one, that many numbers."""
        if known not in self._masks:
            mask = np.ones(self.count, dtype=bool)
            for name, value in known:
                mask &= self._having_one(name, value)
            self._masks[known] = mask
        return self._masks[known]

    def _having_one(self, name: str, value: object) -> Mask:
        key = ((name, value),)
        if key not in self._masks:
            self._masks[key] = self._compared(name, value)
        return self._masks[key]

    def _compared(self, name: str, value: object) -> Mask:
        if name not in self._codes:
            codes: dict[object, int] = {}
            given = map(_count, self._values[name]) if self.is_measured(name) else self._values[name]
            column = np.array([codes.setdefault(each, len(codes)) for each in given], dtype=np.int32)
            self._codes[name] = codes, column
        codes, column = self._codes[name]
        return np.equal(column, codes.get(value, -1))


def _count(value: object) -> int:
    """Return how many numbers a measured fact is; none where it is not known."""
    return len(value) if isinstance(value, tuple) else int(value is not None)


def _at(place: int, value: object) -> object:
    several = value if isinstance(value, tuple) else (value,)
    return several[place] if place < len(several) else None


class PlotFacts:
    """The facts of one plot, by name; given notes, it writes down each that is looked at."""

    def __init__(self, columns: Columns, row: int, notes: Notes | None) -> None:
        self._columns, self._row, self._notes = columns, row, notes

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the fact is
        value, notes = self._columns.value(name, self._row), self._notes
        if notes is None:
            return value
        if not self._columns.is_measured(name):
            notes.known[name] = value
            return value
        notes.known[name] = _count(value)
        if isinstance(value, tuple):
            return tuple(notes.fact(name, place, each) for place, each in enumerate(value))
        return None if value is None else notes.fact(name, 0, cast("float", value))


class _Route(Generic[Outcome]):
    """One way to an answer: what is asked of a plot for it, and what comes out."""

    def __init__(self, notes: Notes, answer: Answer[Outcome]) -> None:
        self.outcome, self.used_count = answer.outcome, 0
        self._known, self._steps = tuple(sorted(notes.known.items(), key=itemgetter(0))), notes.steps
        self._figure = np.nan if answer.figure is None else _slot_or_number(answer.figure)
        self._turns = [_Turn.of(each, is_so, notes) for each, is_so in notes.comparisons.items()]

    def fitting(self, columns: Columns, waiting: Mask) -> tuple[Rows, Numbers]:
        """Return those of the plots that wait and go this way, and the figure of each."""
        rows = np.flatnonzero(waiting & columns.having(self._known))
        if not rows.size:
            return rows, np.empty(0)
        with np.errstate(all="ignore"):
            slots = self._slots(columns, rows)
            fits, is_close = np.ones(len(rows), dtype=bool), np.zeros(len(rows), dtype=bool)
            for turn in self._turns:
                comes_out, cannot_tell = turn.comes_out(slots)
                fits &= comes_out | cannot_tell
                is_close |= cannot_tell
        for each in np.flatnonzero(fits & is_close):
            fits[each] = self._fits_exactly(columns, int(rows[each]))
        return rows[fits], np.broadcast_to(_number(slots, self._figure), rows.shape)[fits]

    def figure(self, columns: Columns, row: int) -> float:
        """Return the figure of the plot that was asked, reckoned as for all others: so it is the same in any order."""
        slots = self._slots(columns, np.array([row]))
        return float(np.broadcast_to(_number(slots, self._figure), 1)[0])

    def _slots(self, columns: Columns, rows: Rows) -> list[Numbers]:
        """Return what stands in each slot, as floats."""
        return self._reckoned(lambda step: columns.numbers(step)[rows], _number)

    def _fits_exactly(self, columns: Columns, row: int) -> bool:
        try:
            figures = self._reckoned(lambda step: columns.exact(step, row), _exact)
        except ZeroDivisionError:
            return False
        return all(turn.holds(figures) for turn in self._turns)

    def _reckoned(self, fact: Callable[[FactStep], Any], operand: Callable[[Any, Operand], object]) -> list[Any]:
        """Return what stands in each slot, from what the facts are and how an operand is read."""
        slots: list[Any] = []
        for step in self._steps:
            if isinstance(step, FactStep):
                slots.append(fact(step))
            else:
                name, left, right = step
                slots.append(ARITHMETIC[name](operand(slots, left), operand(slots, right)))
        return slots


@dataclass(frozen=True, slots=True)
class _Turn:
    """One comparison on the way, with its outcome."""

    compare: Callable[[object, object], Mask | bool]
    left: Operand
    right: Operand
    is_so: bool
    is_exact: bool

    @classmethod
    def of(cls, comparison: tuple[str, Operand, Operand], is_so: bool, notes: Notes) -> "_Turn":  # noqa: FBT001
        name, left, right = comparison
        is_exact = all(_is_decimal(each, notes) for each in (left, right))
        return cls(COMPARISONS[name], left, right, is_so, is_exact)

    def comes_out(self, slots: Sequence[Numbers]) -> tuple[Mask, Mask | bool]:
        """Tell where it comes out as noted, and where floats cannot tell."""
        left, right = _number(slots, self.left), _number(slots, self.right)
        is_so = np.equal(self.compare(left, right), self.is_so)
        if self.is_exact:
            return is_so, False
        return is_so, ~np.greater(np.abs(left - right), _CLOSE_RATIO * np.maximum(1.0, np.abs(right)))

    def holds(self, figures: Sequence[Fraction]) -> bool:
        """Tell whether it comes out as noted, exactly."""
        return self.compare(_exact(figures, self.left), _exact(figures, self.right)) == self.is_so


def _slot_or_number(figure: Fraction | float) -> Slot | Fraction | float:
    return figure.slot if isinstance(figure, NotedFigure) else figure


def _is_decimal(operand: Operand, notes: Notes) -> bool:
    """Tell whether the float of an operand stands for it exactly: a fact as it is, or a decimal constant."""
    if isinstance(operand, Slot):
        return isinstance(notes.steps[operand.number], FactStep)
    return Fraction(str(float(operand))) == operand


def _number(slots: Sequence[Numbers], operand: Operand | float) -> Numbers | np.float64:
    return slots[operand.number] if isinstance(operand, Slot) else np.float64(float(operand))


def _exact(figures: Sequence[Fraction], operand: Operand) -> Fraction:
    return figures[operand.number] if isinstance(operand, Slot) else operand


class Replay(Generic[Outcome]):
    """Asks one question of many plots, and remembers the ways to its answers for further ones.

    Parameters
    ----------
    ask
        Gives the answer for the facts of one plot; it must depend on nothing else.
    """

    def __init__(self, ask: Callable[[PlotFacts], Answer[Outcome]]) -> None:
        self._ask = ask
        self._routes: list[_Route[Outcome]] = []
        self._known: set[object] = set()

    def answers(self, columns: Columns) -> tuple[list[Outcome], NDArray[np.int32], Numbers]:
        """Return the outcomes that occur, which of them each plot has, and the figure of each; NaN where none."""
        found = _Found[Outcome](columns.count)
        for route in self._routes:
            found.take(route, columns)
            if not found.waiting.any():
                break
        while found.waiting.any():
            learned = self._learn(columns, int(np.argmax(found.waiting)), found)
            if learned is not None:
                found.take(learned, columns)
        self._routes.sort(key=lambda route: -route.used_count)
        return found.outcomes, found.which, found.figures

    def _learn(self, columns: Columns, row: int, found: "_Found[Outcome]") -> _Route[Outcome] | None:
        """Ask one plot; return the way that it went, if others may go it and it is a new one."""
        notes = Notes()
        try:
            route = _Route(notes, self._ask(columns.facts(row, notes)))
        except NotNotableError:
            answer = self._ask(columns.facts(row))
            found.put(row, answer.outcome, np.nan if answer.figure is None else float(answer.figure))
            return None
        found.put(row, route.outcome, route.figure(columns, row))
        key = (tuple(notes.known.items()), tuple(notes.comparisons.items()))
        if key in self._known or len(self._routes) >= _MOST_ROUTES_COUNT:
            return None
        self._known.add(key)
        self._routes.append(route)
        return route


class _Found(Generic[Outcome]):
    """Answers of all plots, as they come."""

    def __init__(self, count: int) -> None:
        self.outcomes: list[Outcome] = []
        self.which = np.zeros(count, dtype=np.int32)
        self.figures = np.full(count, np.nan)
        self.waiting = np.ones(count, dtype=bool)
        self._numbers: dict[Outcome, int] = {}

    def take(self, route: _Route[Outcome], columns: Columns) -> None:
        """Give the answer to those that wait and go this way."""
        rows, figures = route.fitting(columns, self.waiting)
        if rows.size:
            route.used_count += len(rows)
            self.which[rows], self.figures[rows] = self._number(route.outcome), figures
            self.waiting[rows] = False

    def put(self, row: int, outcome: Outcome, value: float) -> None:
        """Give one plot its answer."""
        self.which[row], self.figures[row] = self._number(outcome), value
        self.waiting[row] = False

    def _number(self, outcome: Outcome) -> int:
        number = self._numbers.setdefault(outcome, len(self._numbers))
        if number == len(self.outcomes):
            self.outcomes.append(outcome)
        return number
