"""Working something out for many plots at once: for one of them with notes, then for all that go the same way.

Rules compare measured facts with figures, and reckon with them. Two plots for which every comparison comes out alike
get the same answer but for the figures reckoned. So a question is asked of one plot with numbers that note
(`permits.noted`); the notes are then tried on the columns of all plots that wait. Whoever fits has the answer, and the
next plot that still waits is asked. Nothing here knows a rule.

Columns are floats, rules are exact. A fact held against a figure that is a decimal like itself compares exactly. Where
two reckoned numbers lie so close that floats could tell them apart wrongly, the plot does not fit and is asked itself.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from permits.noted import ARITHMETIC, COMPARISONS, NotedFigure, Notes, NotNotableError, Operand, Slot

Outcome = TypeVar("Outcome")
Numbers = NDArray[np.float64]
Rows = NDArray[np.intp]

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
        Names of the facts that hardly two plots share.
    """

    def __init__(self, values: Mapping[str, Sequence[object]], *, measured: frozenset[str]) -> None:
        self._values, self.measured = values, measured
        self._codes: dict[str, tuple[dict[object, int], NDArray[np.int32]]] = {}
        self._numbers: dict[str, Numbers] = {}
        self.count = len(next(iter(values.values()), ()))

    def facts(self, row: int, notes: Notes | None = None) -> "NotedFacts":
        """Return the facts of one plot; with notes, they write down what is looked at."""
        return NotedFacts(self, row, notes)

    def value(self, name: str, row: int) -> object:
        """Return one fact of one plot."""
        return self._values[name][row]

    def numbers(self, name: str) -> Numbers:
        """Return a measured fact; NaN is not known."""
        if name not in self._numbers:
            self._numbers[name] = np.array(self._values[name], dtype=np.float64)
        return self._numbers[name]

    def having(self, name: str, value: object, rows: Rows) -> Rows:
        """Return those of the rows in which a fact has that value; a measured fact can only be not known."""
        if name in self.measured:
            return rows[np.isnan(self.numbers(name)[rows])]
        if name not in self._codes:
            codes: dict[object, int] = {}
            column = np.array([codes.setdefault(each, len(codes)) for each in self._values[name]], dtype=np.int32)
            self._codes[name] = codes, column
        codes, column = self._codes[name]
        code = codes.get(value)
        return rows[:0] if code is None else rows[column[rows] == code]


class NotedFacts:
    """The facts of one plot, under the names of `permits.model.Facts`."""

    def __init__(self, columns: Columns, row: int, notes: Notes | None) -> None:
        self._columns, self._row, self._notes = columns, row, notes

    def __getattr__(self, name: str) -> object:
        value = self._columns.value(name, self._row)
        if self._notes is None:
            return value
        if isinstance(value, int | float) and name in self._columns.measured:
            return self._notes.fact(name, value)
        self._notes.known[name] = value
        return value


class _Route(Generic[Outcome]):
    """One way to an answer: what is asked of a plot for it, and what comes out."""

    def __init__(self, notes: Notes, answer: Answer[Outcome]) -> None:
        self.outcome, self.used_count = answer.outcome, 0
        self._known, self._steps = notes.known, notes.steps
        self._figure = np.nan if answer.figure is None else _slot_or_number(answer.figure)
        self._turns = [_Turn.of(each, is_so, notes) for each, is_so in notes.comparisons.items()]

    def fitting(self, columns: Columns, rows: Rows) -> tuple[Rows, Numbers]:
        """Return those of the rows that certainly go this way, and the figure of each."""
        for name, value in self._known.items():
            rows = columns.having(name, value, rows)
            if not rows.size:
                return rows, np.empty(0)
        slots, fits = self._slots(columns, rows)
        for turn in self._turns:
            fits &= turn.comes_out(slots)
        return rows[fits], np.broadcast_to(_number(slots, self._figure), rows.shape)[fits]

    def figure(self, columns: Columns, row: int) -> float:
        """Return the figure of the plot that was asked, reckoned as for all others: so it is the same in any order."""
        slots, _ = self._slots(columns, np.array([row]))
        return float(np.broadcast_to(_number(slots, self._figure), 1)[0])

    def _slots(self, columns: Columns, rows: Rows) -> tuple[list[Numbers], NDArray[np.bool_]]:
        """Return what stands in each slot, and for which of the rows all facts that are reckoned with are known."""
        slots: list[Numbers] = []
        is_known = np.ones(len(rows), dtype=bool)
        for step in self._steps:
            if isinstance(step, str):
                slots.append(columns.numbers(step)[rows])
                is_known &= ~np.isnan(slots[-1])
            else:
                name, left, right = step
                slots.append(ARITHMETIC[name](_number(slots, left), _number(slots, right)))
        return slots, is_known


@dataclass(frozen=True, slots=True)
class _Turn:
    """One comparison on the way, with its outcome."""

    compare: Callable[[object, object], NDArray[np.bool_]]
    left: Operand | float
    right: Operand | float
    is_so: bool
    is_exact: bool

    @classmethod
    def of(cls, comparison: tuple[str, Operand, Operand], is_so: bool, notes: Notes) -> "_Turn":  # noqa: FBT001
        name, left, right = comparison
        is_exact = all(_is_decimal(each, notes) for each in (left, right))
        first, second = (each if isinstance(each, Slot) else float(each) for each in (left, right))
        return cls(COMPARISONS[name], first, second, is_so, is_exact)

    def comes_out(self, slots: Sequence[Numbers]) -> NDArray[np.bool_]:
        """Tell where it comes out as noted; nowhere where floats cannot tell."""
        left, right = _number(slots, self.left), _number(slots, self.right)
        is_so = np.equal(self.compare(left, right), self.is_so)
        if self.is_exact:
            return is_so
        is_far = np.abs(left - right) > _CLOSE_RATIO * np.maximum(1.0, np.abs(right))
        return np.logical_and(is_so, is_far)


def _slot_or_number(figure: Fraction | float) -> Slot | float:
    return figure.slot if isinstance(figure, NotedFigure) else float(figure)


def _is_decimal(operand: Operand, notes: Notes) -> bool:
    """Tell whether the float of an operand stands for it exactly: a fact as it is, or a decimal constant."""
    if isinstance(operand, Slot):
        return isinstance(notes.steps[operand.number], str)
    return Fraction(str(float(operand))) == operand


def _number(slots: Sequence[Numbers], operand: Operand | float) -> Numbers | np.float64:
    return slots[operand.number] if isinstance(operand, Slot) else np.float64(float(operand))


class Replay(Generic[Outcome]):
    """Asks one question of many plots, and remembers the ways to its answers for further ones.

    Parameters
    ----------
    ask
        Gives the answer for the facts of one plot; it must depend on nothing else.
    """

    def __init__(self, ask: Callable[[NotedFacts], Answer[Outcome]]) -> None:
        self._ask = ask
        self._routes: list[_Route[Outcome]] = []
        self._known: set[object] = set()

    def answers(self, columns: Columns) -> tuple[list[Outcome], NDArray[np.int32], Numbers]:
        """Return the outcomes that occur, which of them each plot has, and the figure of each; NaN where none."""
        found = _Found[Outcome](columns.count)
        waiting = np.arange(columns.count)
        for route in self._routes:
            waiting = found.take(route, columns, waiting)
            if not waiting.size:
                break
        while waiting.size:
            row = int(waiting[0])
            learned = self._learn(columns, row, found)
            waiting = waiting[1:] if learned is None else found.take(learned, columns, waiting[1:])
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
        self.which = np.full(count, -1, dtype=np.int32)
        self.figures = np.full(count, np.nan)
        self._numbers: dict[Outcome, int] = {}

    def take(self, route: _Route[Outcome], columns: Columns, waiting: Rows) -> Rows:
        """Give the answer to those that go this way; return who still waits."""
        rows, figures = route.fitting(columns, waiting)
        if not rows.size:
            return waiting
        route.used_count += len(rows)
        self.which[rows], self.figures[rows] = self._number(route.outcome), figures
        return waiting[self.which[waiting] < 0]

    def put(self, row: int, outcome: Outcome, value: float) -> None:
        """Give one plot its answer."""
        self.which[row], self.figures[row] = self._number(outcome), value

    def _number(self, outcome: Outcome) -> int:
        number = self._numbers.setdefault(outcome, len(self._numbers))
        if number == len(self.outcomes):
            self.outcomes.append(outcome)
        return number
