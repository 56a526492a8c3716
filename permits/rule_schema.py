"""The parts of a rule-pack: instruments, rules, conditions, periods. What cannot be right is refused here.

Every key is explained, with an example, in ``docs/how-to/write-a-rule-pack.md``.
"""

from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from functools import cached_property
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from permits.model import AreaType, BuildingType, FormerProvince, ReasonCode
from permits.rule_tables import Exact, Grid, Nodes, Part, StepTable, must_be_sorted, on_line
from spatial.text import Text

BasisDate = Literal["dossier_date", "plan_approval_date", "decision_date"]
Verification = Literal["primary", "secondary", "unverified"]
Kind = Literal[
    "step_table",
    "step_grid",
    "piecewise_linear",
    "bilinear",
    "constant",
    "share_of",
    "cap",
    "predicate",
    "review",
    "parameters",
    "codes",
    "overlap",
    "distance",
]


class Bilingual(Part):
    """A sentence in both languages."""

    vi: str = Field(min_length=1)
    en: str = Field(min_length=1)

    @property
    def text(self) -> Text:
        """The sentence as `Text`."""
        return Text(self.vi, self.en)


class Period(Part):
    """First day inside and first day no longer inside; open ends are null."""

    from_: date | None = Field(default=None, alias="from")
    to: date | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.from_ and self.to and self.to <= self.from_:
            message = "a period must end after it begins"
            raise ValueError(message)
        return self

    def covers(self, day: date) -> bool:
        """Tell whether ``day`` lies inside."""
        return (self.from_ is None or self.from_ <= day) and (self.to is None or day < self.to)

    def overlaps(self, other: "Period") -> bool:
        """Tell whether the two share a day."""
        starts_before_end = self.from_ is None or other.to is None or self.from_ < other.to
        ends_after_start = self.to is None or other.from_ is None or other.from_ < self.to
        return starts_before_end and ends_after_start


class Instrument(Part):
    """A law, decree or decision, or one annex of it.

    Parameters
    ----------
    certain_from, certain_to
        First day on which it is beyond doubt in force, and first day on which that is in doubt again.
    rank
        Place in the order of precedence: 1 goes before 2. None: no text ranks it.
    """

    id: str = Field(min_length=1)
    number: str = Field(min_length=1)
    title: Bilingual
    issuer: str = Field(min_length=1)
    effective_from: date
    certain_from: date | None = None
    certain_to: date | None = None
    effective_to: date | None = None
    recorded: Period = Period()
    basis_date: BasisDate
    verification: Verification
    rank: int | None = Field(default=None, ge=1)
    replaces: tuple[str, ...] = ()
    source: str = Field(min_length=1)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.effective_to is not None and self.effective_to <= self.effective_from:
            message = "effective_to must be after effective_from"
            raise ValueError(message)
        return self

    @cached_property
    def period(self) -> Period:
        """When the instrument is in force."""
        return Period.model_validate({"from": self.effective_from, "to": self.effective_to})

    def is_certain_on(self, day: date) -> bool:
        """Tell whether it is beyond doubt that the instrument was already, and still, in force on ``day``."""
        begins = self.certain_from is None or self.certain_from <= day
        return begins and (self.certain_to is None or day < self.certain_to)


def _as_condition(given: object) -> object:
    if isinstance(given, bool | str):
        return {"one_of": (given,)}
    return {"one_of": given} if isinstance(given, list | tuple) else given


class _Condition(Part):
    """What a fact has to be: one of some values, within bounds, or merely stated."""

    one_of: tuple[bool | str, ...] | None = None
    at_least: Exact | None = None
    over: Exact | None = None
    at_most: Exact | None = None
    under: Exact | None = None
    stated: bool | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if all(getattr(self, name) is None for name in type(self).model_fields):
            message = "a condition needs values, at_least, over, at_most, under or stated"
            raise ValueError(message)
        return self


Condition = Annotated[_Condition, BeforeValidator(_as_condition)]
Conditions = Mapping[str, Condition]

_NEEDED: Mapping[str, tuple[str, ...]] = {
    "step_table": ("table",),
    "step_grid": ("grid",),
    "bilinear": ("grid",),
    "constant": ("value",),
    "share_of": ("fact", "ratio"),
    "review": ("reason",),
    "codes": ("codes",),
    "overlap": ("layer",),
    "distance": ("layer", "value"),
}
_NEEDED_FOR_LIMIT: Mapping[str, tuple[str, ...]] = {"cap": ("fact",), "predicate": ("any_of",)}
_MOST_DISTANCE_M = 40
"""Layers are read 60 m around a parcel, and half a street of 40 m has to find room in that."""

_SETS_NO_LIMIT = ("parameters", "codes", "overlap", "distance")


class Rule(Part):
    """One rule: where it stands, since when, its numbers, and what it asks in plain words."""

    id: str = Field(min_length=1)
    instrument: str = Field(min_length=1)
    clause: str = Field(min_length=1)
    kind: Kind
    valid: Period = Period()
    recorded: Period = Period()
    basis_date: BasisDate | None = None
    limit: str | None = None
    applies_when: Conditions = Field(default_factory=dict)
    except_when: Conditions = Field(default_factory=dict)
    exception_to: str | None = None
    references: tuple[str, ...] = ()
    unit: str = Field(min_length=1)
    direction: Literal["max", "min", "information"]
    rounding: Literal["none"] = "none"
    on_missing: Literal["NEEDS_REVIEW"] = "NEEDS_REVIEW"
    severity: Literal["blocking", "advisory"] = "blocking"
    verification: Verification = "primary"
    inputs: tuple[str, ...] = ()
    axis: str | None = None
    table: StepTable | None = None
    column: str | None = None
    grid: Grid | None = None
    nodes: Nodes = ()
    beyond: Literal["hold", "review"] = "review"
    value: Exact | None = None
    fact: str | None = None
    consulted: str | None = None
    ratio: Exact | None = None
    at_least: Exact | None = None
    any_of: Conditions = Field(default_factory=dict)
    reason: ReasonCode | None = None
    layer: str | None = None
    subject: Literal["parcel", "footprint", "ground_floor"] = "footprint"
    where: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)
    codes: tuple[str, ...] = ()
    parameters: Mapping[str, Exact] = Field(default_factory=dict)
    title: Bilingual
    requirement: Bilingual
    measured: Bilingual
    example: Bilingual
    message: Bilingual | None = None
    cases: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _has_its_numbers(self) -> Self:
        needed = _NEEDED.get(self.kind, ()) + (_NEEDED_FOR_LIMIT.get(self.kind, ()) if self.limit else ())
        for name in needed:
            if getattr(self, name) in (None, (), {}):
                message = f"a {self.kind} needs {name}"
                raise ValueError(message)
        if self.limit is not None and self.kind in _SETS_NO_LIMIT:
            message = f"a rule of the kind {self.kind} sets no limit"
            raise ValueError(message)
        if self.kind == "piecewise_linear":
            if len(self.nodes) < 2:  # noqa: PLR2004 - a line has two ends
                message = "piecewise_linear needs at least two nodes"
                raise ValueError(message)
            must_be_sorted([node[0] for node in self.nodes])
        return self

    @model_validator(mode="after")
    def _can_be_measured(self) -> Self:
        if self.kind == "distance" and self.layer != "parcel" and (self.value or 0) > _MOST_DISTANCE_M:
            message = f"a distance of more than {_MOST_DISTANCE_M} m is not looked for"
            raise ValueError(message)
        if self.kind == "overlap" and self.value is not None and not 0 <= self.value <= 1:
            message = "the value of an overlap is a share from 0 to 1"
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _names_its_column(self) -> Self:
        if self.limit is not None and self.table is not None and self.column is None and len(self.table.columns) > 1:
            message = "a table of several columns needs column"
            raise ValueError(message)
        if self.column is not None and (self.table is None or self.column not in self.table.columns):
            message = f"the table has no column {self.column}"
            raise ValueError(message)
        return self

    def parameter(self, name: str) -> Fraction:
        """Return a named number of the rule."""
        return self.parameters[name]

    def interpolated(self, axis_value: Fraction) -> Fraction | None:
        """Return the figure on the line between two nodes; below the first node its figure.

        Beyond the last node its figure if the table says that it holds on (``beyond: hold``), else None.
        """
        nodes = sorted(self.nodes)
        if axis_value > nodes[-1][0] and self.beyond == "review":
            return None
        return on_line(nodes, axis_value)

    @property
    def facts(self) -> tuple[str, ...]:
        """Names of every fact that the rule reads, each once."""
        axes = () if self.grid is None else (*self.grid.rows_by, *self.grid.columns_by)
        single = (self.axis, None if self.table is None else self.table.axis, self.fact, self.consulted)
        names = (
            *self.inputs,
            *self.applies_when,
            *self.except_when,
            *axes,
            *(name for name in single if name),
            *self.any_of,
        )
        return tuple(dict.fromkeys(names))


class Scope(Part):
    """Kinds of buildings and areas that a pack is about, and the former provinces; absent: all of them."""

    building_type: tuple[BuildingType, ...] = tuple(BuildingType)
    area_type: tuple[AreaType, ...] = tuple(AreaType)
    former_province: tuple[FormerProvince, ...] = tuple(FormerProvince)


class CoverageEntry(Part):
    """A matter that the program does not decide: an officer does, or it lies out of scope."""

    subject: Bilingual
    status: Literal["officer", "out_of_scope"]
    why: Bilingual
    clause: str | None = None
    not_found: bool = False


class Pack(Part):
    """The file as a whole.

    Parameters
    ----------
    plot_area
        What shares of the plot are shares of: what road reservations leave of it, or the whole of it.
    """

    name: str = Field(min_length=1)
    title: Bilingual
    binding: Literal["data", "row_house"] = "data"
    applies_to: Scope = Scope()
    plot_area: Literal["less_reservations", "whole"] = "less_reservations"
    instruments: tuple[Instrument, ...] = Field(min_length=1)
    rules: tuple[Rule, ...] = Field(min_length=1)
    not_decided: tuple[CoverageEntry, ...] = ()
