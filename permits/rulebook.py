"""Rule-packs: law as dated, cited data. What is not cited, dated or ordered is refused at load.

A rule-pack is a YAML file with the instruments (law, decision, annex) and the rules that they contain.
A rule names its instrument and clause, holds its numbers as the printed table does, and says in both
languages what it asks, how that is measured, and gives an example. ``docs/rules`` is written from it.
"""

import hashlib
import itertools
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from functools import cached_property, lru_cache
from importlib import resources
from pathlib import Path
from typing import Annotated, Literal, Self

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from permits.model import AreaType, BuildingType, Citation, exact
from spatial.errors import InputError, NotFoundError
from spatial.text import Text

DEFAULT_RULEBOOK = "hcmc-row-houses"
_SHOWN_PROBLEMS = 5


def _as_fraction(value: object) -> object:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return exact(value)
    return value


Exact = Annotated[Fraction, BeforeValidator(_as_fraction)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Bilingual(_Part):
    """A sentence in both languages."""

    vi: str = Field(min_length=1)
    en: str = Field(min_length=1)

    @property
    def text(self) -> Text:
        """The sentence as `Text`."""
        return Text(self.vi, self.en)


class Period(_Part):
    """First day in force and first day no longer in force; open ends are null."""

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


class Instrument(_Part):
    """A law, decree or decision, or one annex of it."""

    id: str = Field(min_length=1)
    number: str = Field(min_length=1)
    title: Bilingual
    issuer: str = Field(min_length=1)
    effective_from: date
    certain_from: date | None = None
    effective_to: date | None = None
    basis_date: Literal["dossier_date", "plan_approval_date", "decision_date"]
    verification: Literal["primary", "secondary", "unverified"]
    replaces: tuple[str, ...] = ()
    source: str = Field(min_length=1)

    @property
    def period(self) -> Period:
        """When the instrument is in force."""
        return Period.model_validate({"from": self.effective_from, "to": self.effective_to})

    def is_certain_on(self, day: date) -> bool:
        """Tell whether it is beyond doubt that the instrument was already in force on ``day``."""
        return self.certain_from is None or self.certain_from <= day


class StepTable(_Part):
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
        _must_be_sorted([row[0] for row in self.rows if row[0] is not None])
        return self

    @cached_property
    def _thresholds(self) -> list[Fraction]:
        return sorted(row[0] for row in self.rows if row[0] is not None)

    @cached_property
    def _by_threshold(self) -> dict[Fraction, tuple[Fraction | None, ...]]:
        return {row[0]: row for row in self.rows if row[0] is not None}

    def figure(self, axis_value: Fraction, column: str) -> Fraction | None:
        """Return the figure of ``column`` in the row whose range holds ``axis_value``; None is a dash."""
        find_row = bisect_right if self.lower_inclusive else bisect_left
        row = find_row(self._thresholds, axis_value) - 1
        return None if row < 0 else self._by_threshold[self._thresholds[row]][self.columns.index(column) + 1]

    def all_figures(self, column: str) -> tuple[Fraction | None, ...]:
        """Return every figure of ``column``."""
        return tuple(row[self.columns.index(column) + 1] for row in self.rows)


class Rule(_Part):
    """One rule: where it stands, since when, its numbers, and what it asks in plain words."""

    id: str = Field(min_length=1)
    instrument: str = Field(min_length=1)
    clause: str = Field(min_length=1)
    kind: Literal["step_table", "piecewise_linear", "parameters", "cap", "codes", "predicate"]
    valid: Period = Period()
    unit: str
    direction: Literal["max", "min", "information"]
    rounding: Literal["none"] = "none"
    on_missing: Literal["NEEDS_REVIEW"] = "NEEDS_REVIEW"
    severity: Literal["blocking", "advisory"] = "blocking"
    verification: Literal["primary", "secondary", "unverified"] = "primary"
    inputs: tuple[str, ...] = ()
    table: StepTable | None = None
    nodes: tuple[tuple[Exact, Exact], ...] = ()
    codes: tuple[str, ...] = ()
    parameters: Mapping[str, Exact] = Field(default_factory=dict)
    title: Bilingual
    requirement: Bilingual
    measured: Bilingual
    example: Bilingual

    @model_validator(mode="after")
    def _has_its_numbers(self) -> Self:
        if self.kind == "step_table" and self.table is None:
            message = "a step_table needs table"
            raise ValueError(message)
        if self.kind == "piecewise_linear":
            if len(self.nodes) < 2:  # noqa: PLR2004 - a line has two ends
                message = "piecewise_linear needs at least two nodes"
                raise ValueError(message)
            _must_be_sorted([node[0] for node in self.nodes])
        return self

    def parameter(self, name: str) -> Fraction:
        """Return a named number of the rule."""
        return self.parameters[name]

    def interpolated(self, axis_value: Fraction) -> Fraction | None:
        """Return the figure on the line between two nodes; below the first node its figure, beyond the last None."""
        nodes = sorted(self.nodes)
        if axis_value <= nodes[0][0]:
            return nodes[0][1]
        for (lower, at_lower), (upper, at_upper) in itertools.pairwise(nodes):
            if axis_value <= upper:
                return at_lower + (at_upper - at_lower) / (upper - lower) * (axis_value - lower)
        return None


def _must_be_sorted(thresholds: list[Fraction]) -> None:
    pairs = list(itertools.pairwise(thresholds))
    if not (all(a < b for a, b in pairs) or all(a > b for a, b in pairs)):
        message = "rows must be sorted by their threshold, each threshold once"
        raise ValueError(message)


class _Scope(_Part):
    building_type: tuple[BuildingType, ...] = Field(min_length=1)
    area_type: tuple[AreaType, ...] = Field(min_length=1)


class _Pack(_Part):
    name: str = Field(min_length=1)
    title: Bilingual
    applies_to: _Scope
    instruments: tuple[Instrument, ...] = Field(min_length=1)
    rules: tuple[Rule, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        known = {instrument.id for instrument in self.instruments}
        if len(known) != len(self.instruments):
            message = "two instruments share one id"
            raise ValueError(message)
        by_id: dict[str, list[Rule]] = defaultdict(list)
        for rule in self.rules:
            if rule.instrument not in known:
                message = f"rule {rule.id}: the instrument {rule.instrument} is not in the file"
                raise ValueError(message)
            if any(rule.valid.overlaps(other.valid) for other in by_id[rule.id]):
                message = f"rule {rule.id}: two periods of it overlap"
                raise ValueError(message)
            by_id[rule.id].append(rule)
        return self


@dataclass(frozen=True, slots=True, kw_only=True)
class Rulebook:
    """A rule-pack as loaded.

    Parameters
    ----------
    sha256
        Hash of the file's bytes; it is kept with every answer, so that an answer can be recomputed.
    """

    name: str
    title: Text
    sha256: str
    building_types: tuple[BuildingType, ...]
    area_types: tuple[AreaType, ...]
    instruments: Mapping[str, Instrument]
    rules: tuple[Rule, ...]
    _found: dict[tuple[str, date], Rule] = field(default_factory=dict, repr=False, compare=False)

    def rule(self, rule_id: str, *, as_of: date) -> Rule:
        """Return the version of a rule that is valid on ``as_of``, or its first version before and after all of them.

        Whether its instrument is in force on that day is another question: `Instrument.period`.
        """
        if (rule_id, as_of) in self._found:
            return self._found[rule_id, as_of]
        versions = [rule for rule in self.rules if rule.id == rule_id]
        if not versions:
            raise NotFoundError(
                Text(f"Bộ quy định {self.name} không có {rule_id}.", f"{self.name} has no rule {rule_id}."),
                subject=rule_id,
            )
        rule = next((rule for rule in versions if rule.valid.covers(as_of)), versions[0])
        self._found[rule_id, as_of] = rule
        return rule

    def instrument_of(self, rule: Rule) -> Instrument:
        """Return the instrument that a rule stands in."""
        return self.instruments[rule.instrument]

    def citation(self, rule: Rule) -> Citation:
        """Return where a rule stands."""
        return Citation(instrument=self.instrument_of(rule).number, clause=rule.clause)

    def is_in_force(self, rule: Rule, *, as_of: date) -> bool:
        """Tell whether both the rule and its instrument are in force on ``as_of``."""
        return rule.valid.covers(as_of) and self.instrument_of(rule).period.covers(as_of)

    def is_verified(self, rule: Rule, *, as_of: date) -> bool:
        """Tell whether the text was read, and was beyond doubt in force on ``as_of``."""
        instrument = self.instrument_of(rule)
        return "unverified" not in (rule.verification, instrument.verification) and instrument.is_certain_on(as_of)


def available_rulebooks() -> tuple[str, ...]:
    """Return the names of the rule-packs that come with the product."""
    folder = resources.files("permits") / "rulebooks"
    return tuple(sorted(entry.name.removesuffix(".yaml") for entry in folder.iterdir() if entry.name.endswith(".yaml")))


def load_rulebook(name: str = DEFAULT_RULEBOOK) -> Rulebook:
    """Load a rule-pack by its name, or from a path that ends in ``.yaml``.

    Raises
    ------
    NotFoundError
        There is no such rule-pack or file.
    InputError
        The file is no rule-pack: the message names the rule and what is wrong with it.
    """
    if name.endswith((".yaml", ".yml")):
        path = Path(name)
        if not path.is_file():
            raise NotFoundError(Text("Không có tệp này.", "There is no such file."), subject=name)
        return parse_rulebook(path.read_bytes(), subject=path.name)
    known = available_rulebooks()
    if name not in known:
        raise NotFoundError(
            Text(f"Không có bộ quy định {name}.", f"There is no rule-pack {name}."),
            hint=Text(f"Hiện có: {', '.join(known)}.", f"There are: {', '.join(known)}."),
        )
    return _packaged(name)


@lru_cache
def _packaged(name: str) -> Rulebook:
    return parse_rulebook((resources.files("permits") / "rulebooks" / f"{name}.yaml").read_bytes(), subject=name)


def parse_rulebook(content: bytes, *, subject: str) -> Rulebook:
    """Parse and check the bytes of a rule-pack. Raises InputError with every problem in plain words."""
    try:
        raw = yaml.safe_load(content)
        pack = _Pack.model_validate(raw)
    except yaml.YAMLError as error:
        raise InputError(Text(f"Không phải YAML: {error}", f"Not YAML: {error}"), subject=subject) from error
    except ValidationError as error:
        problems = "; ".join(_problem(raw, found) for found in error.errors()[:_SHOWN_PROBLEMS])
        raise InputError(
            Text(f"Bộ quy định bị từ chối: {problems}.", f"The rule-pack is refused: {problems}."),
            hint=Text("Sửa tệp rồi nạp lại.", "Correct the file and load it again."),
            subject=subject,
        ) from error
    return Rulebook(
        name=pack.name,
        title=pack.title.text,
        sha256=hashlib.sha256(content).hexdigest(),
        building_types=pack.applies_to.building_type,
        area_types=pack.applies_to.area_type,
        instruments={instrument.id: instrument for instrument in pack.instruments},
        rules=pack.rules,
    )


def _problem(raw: object, found: Mapping[str, object] | object) -> str:
    details = dict(found) if isinstance(found, Mapping) else {}
    place = [str(step) for step in details.get("loc", ())]
    where = ".".join(place)
    in_rule = ["rules", "instruments"]
    if isinstance(raw, dict) and len(place) > 1 and place[0] in in_rule and place[1].isdigit():
        entry = raw[place[0]][int(place[1])]
        name = entry.get("id", f"no. {int(place[1]) + 1}") if isinstance(entry, dict) else place[1]
        where = " ".join([f"{place[0].removesuffix('s')} {name}", *place[2:]])
    message = str(details.get("msg", "")).removeprefix("Value error, ")
    if place and place[-1] in ("clause", "instrument", "source"):
        message = f"citation is missing ({message})"
    return f"{where}: {message}" if where else message
