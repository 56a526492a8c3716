"""Printed tables as data: steps, straight lines, and tables of two axes; every figure is an exact decimal."""

import itertools
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from fractions import Fraction
from functools import cached_property
from typing import Annotated, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from permits.model import exact


def _as_fraction(value: object) -> object:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return exact(value)
    return value


Exact = Annotated[Fraction, BeforeValidator(_as_fraction)]
Nodes = tuple[tuple[Exact, Exact], ...]


class Part(BaseModel):
    """A part of a rule-pack: frozen, and nothing that is not known may stand in it."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class StepTable(Part):
    """A printed table: a threshold of the axis and one figure per column; null is a printed dash."""

    axis: str
    lower_inclusive: bool
    columns: tuple[str, ...] = Field(min_length=1)
    rows: tuple[tuple[Exact | None, ...], ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _well_formed(self) -> Self:
        if any(len(row) != len(self.columns) + 1 or row[0] is None for row in self.rows):
            message = "every row needs a threshold and one value per column"
            raise ValueError(message)
        must_be_sorted([row[0] for row in self.rows if row[0] is not None])
        return self

    @cached_property
    def _thresholds(self) -> list[Fraction]:
        return sorted(row[0] for row in self.rows if row[0] is not None)

    @cached_property
    def _by_threshold(self) -> dict[Fraction, tuple[Fraction | None, ...]]:
        return {row[0]: row for row in self.rows if row[0] is not None}

    def figure(self, axis_value: Fraction, column: str) -> Fraction | None:
        """Return the figure of ``column`` in the row whose range holds ``axis_value``; None is a dash."""
        row = _step(self._thresholds, axis_value, lower_inclusive=self.lower_inclusive)
        return None if row < 0 else self._by_threshold[self._thresholds[row]][self.columns.index(column) + 1]

    def all_figures(self, column: str) -> tuple[Fraction | None, ...]:
        """Return every figure of ``column``."""
        return tuple(row[self.columns.index(column) + 1] for row in self.rows)


class Grid(Part):
    """A printed table of two axes, e.g. coverage by height (rows) and plot area (columns).

    Parameters
    ----------
    rows_by, columns_by
        Facts that give the axis; of several the first that is stated.
    rows, columns
        Values of the axes in rising order. A table of steps takes them as the lower ends of its ranges.
    values
        One line of figures for each row.
    beyond_rows
        Figures of a last line that is printed for everything above the last row, e.g. "> 46 m". Without it the
        last row holds on, as the first row does below it and the outer columns do on their sides.
    lower_inclusive
        Tables of steps: whether a lower end belongs to its range.
    """

    rows_by: tuple[str, ...] = Field(min_length=1)
    columns_by: tuple[str, ...] = Field(min_length=1)
    rows: tuple[Exact, ...] = Field(min_length=1)
    columns: tuple[Exact, ...] = Field(min_length=1)
    values: tuple[tuple[Exact, ...], ...] = Field(min_length=1)
    beyond_rows: tuple[Exact, ...] | None = None
    lower_inclusive: bool = True

    @model_validator(mode="after")
    def _well_formed(self) -> Self:
        lines = [*self.values, *([self.beyond_rows] if self.beyond_rows else [])]
        if len(self.values) != len(self.rows) or any(len(line) != len(self.columns) for line in lines):
            message = "the grid needs one line of values per row and one value per column"
            raise ValueError(message)
        must_be_sorted(self.rows, rising=True)
        must_be_sorted(self.columns, rising=True)
        return self

    def interpolated(self, row_value: Fraction | None, column_value: Fraction | None) -> tuple[Fraction, ...]:
        """Return the figure between the nearest printed values on both axes.

        An axis that is None is unknown: the figures at all its printed values come back, and the true one lies
        between the least and the greatest of them.
        """
        lines = self._all_lines() if row_value is None else [self._line(row_value)]
        if column_value is None:
            return tuple(figure for line in lines for figure in line)
        return tuple(on_line(tuple(zip(self.columns, line, strict=True)), column_value) for line in lines)

    def stepped(self, row_value: Fraction | None, column_value: Fraction | None) -> tuple[Fraction, ...]:
        """Return the figure of the cell whose ranges hold both values; None is unknown, as in `interpolated`."""
        lines = self.values if row_value is None else [self.values[self._cell(self.rows, row_value)]]
        if column_value is None:
            return tuple(figure for line in lines for figure in line)
        return tuple(line[self._cell(self.columns, column_value)] for line in lines)

    def _cell(self, thresholds: Sequence[Fraction], value: Fraction) -> int:
        return max(0, _step(thresholds, value, lower_inclusive=self.lower_inclusive))

    def _all_lines(self) -> Sequence[tuple[Fraction, ...]]:
        return self.values if self.beyond_rows is None else (*self.values, self.beyond_rows)

    def _line(self, row_value: Fraction) -> tuple[Fraction, ...]:
        if self.beyond_rows is not None and row_value > self.rows[-1]:
            return self.beyond_rows
        columns = zip(*self.values, strict=True)
        return tuple(on_line(tuple(zip(self.rows, column, strict=True)), row_value) for column in columns)


def on_line(nodes: Sequence[tuple[Fraction, Fraction]], axis_value: Fraction) -> Fraction:
    """Return the figure on the straight line between the two nearest nodes; the outer ones hold on beyond them."""
    if axis_value <= nodes[0][0]:
        return nodes[0][1]
    for (lower, at_lower), (upper, at_upper) in itertools.pairwise(nodes):
        if axis_value <= upper:
            return at_lower + (at_upper - at_lower) / (upper - lower) * (axis_value - lower)
    return nodes[-1][1]


def must_be_sorted(thresholds: Sequence[Fraction], *, rising: bool = False) -> None:
    """Raise ValueError unless every threshold stands once and in order."""
    pairs = list(itertools.pairwise(thresholds))
    if not (all(a < b for a, b in pairs) or (not rising and all(a > b for a, b in pairs))):
        message = "rows must be sorted by their threshold, each threshold once"
        raise ValueError(message)


def _step(thresholds: Sequence[Fraction], value: Fraction, *, lower_inclusive: bool) -> int:
    return (bisect_right if lower_inclusive else bisect_left)(thresholds, value) - 1
