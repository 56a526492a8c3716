"""Numbers that note what is done with them: worked out once for one plot, replayed for many (`permits.replay`).

A noted number is used by rules like any other. It writes down each comparison with its outcome, and each sum,
difference, product and quotient. What cannot be written down (a conversion, a hash, a rounding) raises
`NotNotableError`, so that nothing can depend on a measured fact without a note.
"""

import operator
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, NamedTuple, NoReturn, Self


class Slot(NamedTuple):
    """Where in the notes a figure stands; no number itself, so that slot 1 is never the constant 1."""

    number: int


class FactStep(NamedTuple):
    """A measured fact, or one of several under the same name."""

    name: str
    place: int


Operand = Slot | Fraction
"""A figure of the notes, or a constant."""

ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "truediv": operator.truediv,
}
COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "lt": operator.lt,
    "le": operator.le,
    "gt": operator.gt,
    "ge": operator.ge,
    "eq": operator.eq,
}


class NotNotableError(Exception):
    """Something was done with a noted number that cannot be replayed."""


@dataclass(slots=True)
class Notes:
    """What was looked at, computed and compared.

    Parameters
    ----------
    known
        Every fact that was looked at: its value, and of a measured one how many numbers it is.
    steps
        What stands in each slot: a measured fact, or an operation of `ARITHMETIC` on two operands.
    comparisons
        Each comparison once, with its outcome: (name in `COMPARISONS`, left, right).
    """

    known: dict[str, object] = field(default_factory=dict)
    steps: list[FactStep | tuple[str, Operand, Operand]] = field(default_factory=list)
    comparisons: dict[tuple[str, Operand, Operand], bool] = field(default_factory=dict)
    _slots: dict[object, "NotedFigure"] = field(default_factory=dict)

    def fact(self, name: str, place: int, value: float) -> "NotedFact":
        """Return a measured fact, one of several under that name, as a number that notes."""
        return NotedFact(value, self._slot(FactStep(name, place), Fraction(str(value))))

    def _slot(self, step: FactStep | tuple[str, Operand, Operand], value: Fraction) -> "NotedFigure":
        if step not in self._slots:
            self._slots[step] = NotedFigure(value, self, Slot(len(self.steps)))
            self.steps.append(step)
        return self._slots[step]

    def computed(self, name: str, left: object, right: object) -> "NotedFigure | float":
        """Return the result of an operation; one with an open end is open, and no figure."""
        values = _bare(left), _bare(right)
        if any(isinstance(value, float) for value in values):
            return self._open(name, left, right)
        return self._slot((name, _operand(left), _operand(right)), ARITHMETIC[name](*values))

    def _open(self, name: str, left: object, right: object) -> float:
        """Return an infinity less, more or times a figure; times one that is not above zero is nothing to replay."""
        figure = left if isinstance(left, NotedFigure) else right
        if name == "truediv" or (name == "mul" and not figure > 0):  # type: ignore[operator]
            raise NotNotableError(name)
        return float(ARITHMETIC[name](*(float(each) if isinstance(each, float) else 1.0 for each in (left, right))))

    def compared(self, name: str, left: object, right: object) -> bool:
        """Return the outcome of a comparison; with an open end, or with itself, it is the same for every figure."""
        values = _bare(left), _bare(right)
        outcome = bool(COMPARISONS[name](*values))
        if any(isinstance(value, float) for value in values):
            return outcome
        operands = _operand(left), _operand(right)
        if operands[0] != operands[1]:
            self.comparisons[name, *operands] = outcome
        return outcome


class NotedFigure(Fraction):
    """An exact figure that depends on measured facts."""

    __slots__ = ("notes", "slot", "value")
    notes: Notes
    slot: Slot
    value: Fraction

    def __new__(cls, value: Fraction, notes: Notes, slot: Slot) -> Self:
        """Make the figure of one slot."""
        made = super().__new__(cls, value)
        made.value, made.notes, made.slot = value, notes, slot
        return made

    def __bool__(self) -> bool:
        return not self.notes.compared("eq", self, Fraction(0))


class NotedFact(float):
    """A measured fact; rules compare it as it is, or reckon with its exact figure."""

    __slots__ = ("figure",)
    figure: NotedFigure

    def __new__(cls, value: float, figure: NotedFigure) -> Self:
        """Make the fact of one slot."""
        made = super().__new__(cls, value)
        made.figure = figure
        return made

    def __bool__(self) -> bool:
        return bool(self.figure)


def _bare(number: object) -> Fraction | float:
    """Return the number itself: an exact figure, or an infinity."""
    match number:
        case NotedFigure():
            return number.value
        case NotedFact():
            return number.figure.value
        case float() if number in (float("inf"), -float("inf")):
            return float(number)
        case Fraction():
            return number
        case int() | float():
            return Fraction(str(number))
    raise NotNotableError(type(number).__name__)


def _operand(number: object) -> Operand:
    match number:
        case NotedFigure():
            return number.slot
        case NotedFact():
            return number.figure.slot
    return Fraction(_bare(number))


def _notes_of(number: "NotedFigure | NotedFact") -> Notes:
    return number.notes if isinstance(number, NotedFigure) else number.figure.notes


def _arithmetic(name: str, *, is_reflected: bool) -> Callable[[NotedFigure, object], object]:
    def compute(self: NotedFigure, other: object) -> object:
        if not isinstance(other, Fraction | int | float):
            return NotImplemented
        return self.notes.computed(name, *((other, self) if is_reflected else (self, other)))

    return compute


def _comparison(name: str) -> Callable[["NotedFigure | NotedFact", object], object]:
    def compare(self: "NotedFigure | NotedFact", other: object) -> object:
        if not isinstance(other, Fraction | int | float):
            return NotImplemented
        return _notes_of(self).compared(name, self, other)

    return compare


def _refused(name: str) -> Callable[..., NoReturn]:
    def refuse(*_: object, **__: object) -> NoReturn:
        raise NotNotableError(name)

    return refuse


_REFUSED = (
    *("hash", "str", "format", "float", "int", "complex", "round", "trunc", "floor", "ceil", "index"),
    *("neg", "pos", "abs", "pow", "rpow", "floordiv", "rfloordiv", "mod", "rmod", "divmod", "rdivmod"),
)
_REFUSED_PLAIN = ("as_integer_ratio", "is_integer", "hex", "limit_denominator", "numerator", "denominator", "real")

for _name in _REFUSED:
    for _kind in (NotedFigure, NotedFact):
        setattr(_kind, f"__{_name}__", _refused(_name))
for _name in _REFUSED_PLAIN:
    setattr(NotedFact, _name, _refused(_name))
    setattr(NotedFigure, _name, property(_refused(_name)))
for _name in ARITHMETIC:
    setattr(NotedFigure, f"__{_name}__", _arithmetic(_name, is_reflected=False))
    setattr(NotedFigure, f"__r{_name}__", _arithmetic(_name, is_reflected=True))
    for _reflected in ("", "r"):
        setattr(NotedFact, f"__{_reflected}{_name}__", _refused(_name))
for _name in COMPARISONS:
    for _kind in (NotedFigure, NotedFact):
        setattr(_kind, f"__{_name}__", _comparison(_name))
