"""What each limit says of a proposal, by figures alone: where on the map it is broken, the caller adds. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from permits.assess import basis_day
from permits.findings import Finding, finding_of_limit
from permits.model import Direction, Facts, Limit, Verdict
from permits.rulebook import Rule, Rulebook
from permits.setbacks_drawn import FRONT, NOTHING_DRAWN, REAR, DrawnSetbacks, judged_by_drawing

REQUIRED_LIMITS = ("max_site_coverage_ratio", "max_floors", "max_roof_height_m")
"""A proposal that is silent on one of these cannot comply yet."""

_SAME_PROPOSAL = ("max_footprint_m2", "max_gross_floor_area_m2")


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitChecks:
    """The packs that judge a proposal, and what the drawing says of its setbacks.

    Parameters
    ----------
    books
        Packs by name; the first is the one of limits that name none.
    """

    facts: Facts
    books: Mapping[str, Rulebook]
    as_of: date
    drawn: DrawnSetbacks = field(default=NOTHING_DRAWN)

    def by_drawing(self, limit: Limit) -> Limit:
        """Return a limit; a setback that nobody stated is judged by the drawing."""
        return judged_by_drawing(limit, self.drawn) if self.is_of_outline(limit) else limit

    def is_of_outline(self, limit: Limit) -> bool:
        """Tell whether a limit is a setback that holds for the outline of the building."""
        return limit.name in (FRONT, REAR) and self.rule_of(limit).subject == "footprint"

    def is_skipped(self, limit: Limit) -> bool:
        """Tell whether a proposal may be silent on a limit, and is."""
        is_silent = limit.proposed is None and limit.verdict is not Verdict.NOT_APPLICABLE
        if not is_silent or limit.name in REQUIRED_LIMITS or not self.asks(limit):
            return False
        return not (limit.direction is Direction.MIN and limit.name == REAR and bool(limit.value))

    def asks(self, limit: Limit) -> bool:
        """Tell whether a limit asks anything that no other limit asks as well."""
        return limit.direction is not Direction.INFORMATION and limit.name not in _SAME_PROPOSAL

    def finding(self, limit: Limit) -> Finding | None:
        """Return what a limit says of the proposal; None where it says nothing, or is skipped."""
        if not self.asks(limit) or self.is_skipped(limit):
            return None
        rule, book = self.rule_of(limit), self._book_of(limit)
        if limit.verdict is Verdict.NOT_APPLICABLE and not book.instrument_of(rule).period.covers(self.as_of):
            return None  # what a law of another day is not about is no finding
        return finding_of_limit(limit, rule, rulebook=book.name)

    def rule_of(self, limit: Limit) -> Rule:
        """Return the rule that binds, in the version of its basis date."""
        book, name = self._book_of(limit), limit.binding or limit.rule
        rule = book.rule(name, as_of=self.as_of)
        day = basis_day(rule, book, self.facts, as_of=self.as_of)
        return rule if day == self.as_of else book.rule(name, as_of=day)

    def _book_of(self, limit: Limit) -> Rulebook:
        return self.books[limit.rulebook] if limit.rulebook else next(iter(self.books.values()))
