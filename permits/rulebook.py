"""Rule-packs: law as dated, cited data. What is not cited, dated or ordered is refused at load.

A rule-pack is a YAML file with the instruments (law, decision, annex) and the rules that they contain.
A rule names its instrument and clause, holds its numbers as the printed table does, and says in both
languages what it asks, how that is measured, and gives an example. ``docs/rules`` is written from it.
"""

import hashlib
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar

from permits.model import AreaType, BuildingType, Citation, FormerProvince
from permits.rule_file import read_pack
from permits.rule_schema import BasisDate, CoverageEntry, Instrument, Rule
from permits.rule_tables import Part, StepTable
from spatial.errors import NotFoundError
from spatial.text import Text

__all__ = [
    "ALL_RULEBOOKS",
    "DEFAULT_RULEBOOK",
    "GROUND_RULEBOOK",
    "Instrument",
    "Rule",
    "Rulebook",
    "StepTable",
    "available_rulebooks",
    "ground_rules_beside",
    "ground_rules_for",
    "load_rulebook",
    "parse_rulebook",
    "rulebooks_named",
]

DEFAULT_RULEBOOK = "hcmc-row-houses"
ALL_RULEBOOKS = "all"
GROUND_RULEBOOK = "ground"

_MOST_REMEMBERED_COUNT = 10_000
_LAST_DAY = date.max - timedelta(days=1)
_Found = TypeVar("_Found")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rulebook:
    """A rule-pack as loaded.

    Parameters
    ----------
    sha256
        Hash of the file's bytes; it is kept with every answer, so that an answer can be recomputed.
    binding
        ``data``: each rule names its limit and says when it applies. ``row_house``: `permits.rules.row_house`
        tells which rules meet in which limit.
    plot_area
        ``less_reservations`` or ``whole``: of what shares of the plot are shares.
    rules
        The rules as they are known now, or on ``known_on``.
    recorded_rules
        All versions of all rules that were ever recorded.
    known_on
        Day whose knowledge is asked; None is the latest.
    """

    name: str
    title: Text
    sha256: str
    binding: str
    building_types: tuple[BuildingType, ...]
    area_types: tuple[AreaType, ...]
    former_provinces: tuple[FormerProvince, ...]
    instruments: Mapping[str, Instrument]
    rules: tuple[Rule, ...]
    recorded_rules: tuple[Rule, ...] = ()
    not_decided: tuple[CoverageEntry, ...] = ()
    plot_area: str = "less_reservations"
    known_on: date | None = None
    _remembered: dict[Hashable, Any] = field(default_factory=dict, init=False, repr=False, compare=False)
    _by_limit: dict[str, tuple[Rule, ...]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def rule(self, rule_id: str, *, as_of: date) -> Rule:
        """Return the version of a rule that is valid on ``as_of``, or its first version before and after all of them.

        Whether its instrument is in force on that day is another question: `Instrument.period`.
        """
        return self.remembered(("rule", rule_id, as_of), lambda: self._version(rule_id, as_of))

    def _version(self, rule_id: str, as_of: date) -> Rule:
        versions = [rule for rule in self.rules if rule.id == rule_id]
        if not versions:
            raise NotFoundError(
                Text(f"Bộ quy định {self.name} không có {rule_id}.", f"{self.name} has no rule {rule_id}."),
                subject=rule_id,
            )
        return next((rule for rule in versions if rule.valid.covers(as_of)), versions[0])

    def remembered(self, key: Hashable, work_out: Callable[[], _Found]) -> _Found:
        """Return what follows from this pack and ``key`` alone: worked out once, then remembered.

        A key begins with a word of its own for each thing that is worked out.
        """
        found: _Found | None = self._remembered.get(key)
        if found is None:
            found = work_out()
            if len(self._remembered) >= _MOST_REMEMBERED_COUNT:
                self._remembered.clear()
            self._remembered[key] = found
        return found

    @property
    def rules_of_limit(self) -> Mapping[str, tuple[Rule, ...]]:
        """The rules that set each limit."""
        if not self._by_limit and self.sets_limits:
            for rule in self.rules:
                if rule.limit is not None:
                    self._by_limit[rule.limit] = (*self._by_limit.get(rule.limit, ()), rule)
        return self._by_limit

    @property
    def sets_limits(self) -> bool:
        """Whether the pack says anything about a limit, rather than about deadlines or corridors alone."""
        return self.binding != "data" or any(rule.limit is not None for rule in self.rules)

    @property
    def turning_days(self) -> frozenset[date]:
        """Every day on which the pack may begin to say something else: those that it names, and the day after each."""
        return self.remembered(
            "turning_days",
            lambda: frozenset(
                turn
                for part in (*self.rules, *self.instruments.values())
                for day in _days_in(part)
                for turn in (day, min(day, _LAST_DAY) + timedelta(days=1))
            ),
        )

    def as_known_on(self, day: date) -> "Rulebook":
        """Return the pack with what had been recorded by ``day``, so that an answer of that day comes out again."""
        known = tuple(rule for rule in self.recorded_rules if rule.recorded.covers(day))
        return replace(self, rules=known, known_on=day)

    def instrument_of(self, rule: Rule) -> Instrument:
        """Return the instrument that a rule stands in."""
        return self.instruments[rule.instrument]

    def citation(self, rule: Rule) -> Citation:
        """Return where a rule stands."""
        return Citation(instrument=self.instrument_of(rule).number, clause=rule.clause)

    def basis_date(self, rule: Rule) -> BasisDate:
        """Return which date decides whether the rule applies: its own, else that of its instrument."""
        return rule.basis_date or self.instrument_of(rule).basis_date

    def is_in_force(self, rule: Rule, *, as_of: date) -> bool:
        """Tell whether both the rule and its instrument are in force on ``as_of``."""
        return rule.valid.covers(as_of) and self.instrument_of(rule).period.covers(as_of)

    def is_verified(self, rule: Rule, *, as_of: date) -> bool:
        """Tell whether the text was read, and was beyond doubt in force on ``as_of``."""
        instrument = self.instrument_of(rule)
        return "unverified" not in (rule.verification, instrument.verification) and instrument.is_certain_on(as_of)


def _days_in(part: object) -> Iterator[date]:
    """Yield every day that stands anywhere in a part of a pack."""
    if isinstance(part, date):
        yield part
    elif isinstance(part, Part):
        for name in type(part).model_fields:
            yield from _days_in(getattr(part, name))
    elif isinstance(part, Mapping):
        for value in part.values():
            yield from _days_in(value)
    elif isinstance(part, list | tuple):
        for value in part:
            yield from _days_in(value)


@lru_cache
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
        The file is no rule-pack: the message names the line, the rule and what is wrong with it.
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
            hint=Text(f"Hiện có: {', '.join(known)}; all.", f"There are: {', '.join(known)}; all."),
        )
    return _packaged(name)


def rulebooks_named(name: str = DEFAULT_RULEBOOK) -> tuple[Rulebook, ...]:
    """Return the rule-packs that a name stands for: one, or with ``all`` every shipped one that sets limits.

    Raises as `load_rulebook` does.
    """
    if name != ALL_RULEBOOKS:
        return (load_rulebook(name),)
    packs = [load_rulebook(known) for known in (DEFAULT_RULEBOOK, *available_rulebooks())]
    setting = {pack.name: pack for pack in packs if pack.sets_limits}
    return tuple(setting.values())


def ground_rules_for(name: str) -> Rulebook | None:
    """Return the pack whose ground rules a check under a shipped pack needs; a pack of one's own brings its own."""
    return None if name.endswith((".yaml", ".yml")) else load_rulebook(GROUND_RULEBOOK)


def ground_rules_beside(rulebooks: Iterable[Rulebook]) -> Rulebook | None:
    """Return the product's own pack of ground rules if one of the packs is about row houses: it goes with those."""
    return load_rulebook(GROUND_RULEBOOK) if any(book.binding == "row_house" for book in rulebooks) else None


@lru_cache
def _packaged(name: str) -> Rulebook:
    return parse_rulebook((resources.files("permits") / "rulebooks" / f"{name}.yaml").read_bytes(), subject=name)


def parse_rulebook(content: bytes, *, subject: str) -> Rulebook:
    """Parse and check the bytes of a rule-pack. Raises InputError with every problem in plain words."""
    pack = read_pack(content, subject=subject)
    return Rulebook(
        name=pack.name,
        title=pack.title.text,
        sha256=hashlib.sha256(content).hexdigest(),
        binding=pack.binding,
        building_types=pack.applies_to.building_type,
        area_types=pack.applies_to.area_type,
        former_provinces=pack.applies_to.former_province,
        instruments={instrument.id: instrument for instrument in pack.instruments},
        rules=tuple(rule for rule in pack.rules if rule.recorded.to is None),
        recorded_rules=pack.rules,
        not_decided=pack.not_decided,
        plot_area=pack.plot_area,
    )
