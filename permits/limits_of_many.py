"""What every limit is on many plots, and what it says of what is proposed: asked once for all plots that are alike."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, timedelta
from functools import partial
from operator import attrgetter
from typing import NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from permits.assess import PLAN_DATE
from permits.combined_limits import assess_together
from permits.findings import Said
from permits.limit_checks import LimitChecks
from permits.limit_fields import LIMIT_FIELDS
from permits.limits import assess_alone, judged
from permits.model import Facts
from permits.replay import Answer, Columns, PlotFacts, Replay
from permits.rulebook import Rulebook
from permits.setbacks_drawn import DrawnSetbacks

MEASURED_FACTS = frozenset(
    each.name
    for about in (Facts, DrawnSetbacks)
    for each in fields(about)
    if each.type in (float | None, int | None, tuple[float, ...] | None)
)
"""Facts that are numbers: hardly two plots share them. Every other fact has few values in a city."""

_ONE_DAY = timedelta(days=1)


class LimitOutcome(NamedTuple):
    """What a limit comes to but for its figure: the rule that binds, and what it says of the proposal, if anything."""

    rule: str
    said: Said | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitColumn:
    """One limit on many plots.

    Parameters
    ----------
    outcomes
        All that occur; None: no pack knows the limit there.
    which
        Of each plot, which of ``outcomes`` it has.
    figures
        Of each plot, in the unit of the limit; NaN: none is determined.
    """

    outcomes: Sequence[LimitOutcome | None]
    which: NDArray[np.int32]
    figures: NDArray[np.float64]


class LimitsOfMany:
    """Asks every limit of many plots under the same packs on the same day, and remembers for further plots."""

    def __init__(self, rulebooks: Sequence[Rulebook], *, as_of: date) -> None:
        self._days = sorted({day for book in rulebooks for day in book.turning_days})
        self._replays = {
            name: Replay(partial(_answer, name, rulebooks=rulebooks, as_of=as_of)) for name in LIMIT_FIELDS
        }

    def columns(self, facts: Sequence[Facts], drawn: Sequence[DrawnSetbacks]) -> Mapping[str, LimitColumn]:
        """Return every limit of all plots, from the facts of each and what is drawn on it."""
        values = _by_name(facts) | _by_name(drawn)
        values[PLAN_DATE] = [self._first_of_its_law(cast("date | None", day)) for day in values[PLAN_DATE]]
        columns = Columns(values, measured=MEASURED_FACTS)
        found = {name: replay.answers(columns) for name, replay in self._replays.items()}
        return {
            name: LimitColumn(outcomes=outcomes, which=which, figures=figures)
            for name, (outcomes, which, figures) in found.items()
        }

    def _first_of_its_law(self, day: date | None) -> date | None:
        """Return the first day since which all packs say the same as on that day: plans of many days share one law."""
        if day is None or not self._days:
            return day
        turn = bisect_right(self._days, day)
        return self._days[turn - 1] if turn else self._days[0] - _ONE_DAY


def _answer(name: str, noted: PlotFacts, *, rulebooks: Sequence[Rulebook], as_of: date) -> Answer[LimitOutcome | None]:
    """Return what one limit comes to, as `permits.check.check` works it out."""
    facts, drawn = cast("Facts", noted), cast("DrawnSetbacks", noted)
    work_out = assess_together if len(rulebooks) > 1 else assess_alone
    assessment = work_out(facts, rulebooks=rulebooks, as_of=as_of, only=(name,), of_map=True).get(name)
    if assessment is None:
        return Answer(None)
    checks = LimitChecks(facts=facts, books={book.name: book for book in rulebooks}, as_of=as_of, drawn=drawn)
    limit = checks.by_drawing(judged(assessment, facts))
    finding = checks.finding(limit)
    said = None if finding is None else Said.by(finding)
    return Answer(LimitOutcome(limit.binding or limit.rule, said), limit.value)


def _by_name(rows: Sequence[Facts] | Sequence[DrawnSetbacks]) -> dict[str, Sequence[object]]:
    """Return the values of each field, one a row."""
    names = [each.name for each in fields(rows[0])]
    return dict(zip(names, zip(*map(attrgetter(*names), rows), strict=True), strict=True))
