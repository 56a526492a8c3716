"""The answer to "when is it due?": the day, the whole count, and other readings."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from permits.model import Citation, ReasonCode
from spatial.calendar import FIRST_DAY_BASIS
from spatial.text import NO_TEXT, Text


class Certainty(StrEnum):
    """How far a due date can be relied on."""

    CERTAIN = "CERTAIN"
    PROVISIONAL = "PROVISIONAL"
    NEEDS_REVIEW = "NEEDS_REVIEW"


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedDay:
    """One day of a count.

    Parameters
    ----------
    number
        Which working day it is, from 1; None where it is skipped.
    cause, basis
        Why it counts or not, and the document.
    """

    day: date
    number: int | None
    cause: str
    name: Text
    basis: str
    is_announced: bool = True
    is_doubtful: bool = False

    def to_json(self) -> dict[str, object]:
        """Return the day for programs."""
        return {
            "date": self.day.isoformat(),
            "counted": self.number is not None,
            "number": self.number,
            "cause": self.cause,
            "name": self.name._asdict(),
            "basis": self.basis,
            "announced": self.is_announced,
            "doubtful": self.is_doubtful,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternative:
    """Another day that comes out under another reading."""

    due: date
    condition: Text

    def to_json(self) -> dict[str, object]:
        """Return the reading for programs."""
        return {"due": self.due.isoformat(), "if": self.condition._asdict()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A clock inside the procedure; ``due`` is None until it has begun.

    Parameters
    ----------
    start
        Day after which it counts; for a consultation the last day on which it can be asked in time.
    """

    name: str
    title: Text
    working_days: int
    start: date | None
    due: date | None
    citation: Citation
    notices_max: int | None = None
    silence_means: str = ""

    def to_json(self) -> dict[str, object]:
        """Return the clock for programs."""
        return {
            "step": self.name,
            "title": self.title._asdict(),
            "working_days": self.working_days,
            "from": None if self.start is None else self.start.isoformat(),
            "due": None if self.due is None else self.due.isoformat(),
            "notices_max": self.notices_max,
            "silence_means": self.silence_means or None,
            "citation": str(self.citation),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """When a procedure is due.

    Parameters
    ----------
    due
        None where no figure was read: a person has to look.
    day_of_law
        Day that decided which law applies.
    days
        Every day after the receipt up to ``due``, in order.
    alternatives
        Other readings that give another day.
    transition
        Article that keeps a dossier under an older law.
    """

    procedure: str
    received: date
    day_of_law: date
    due: date | None
    working_days: int | None
    certainty: Certainty
    reason: ReasonCode | None
    rule: str
    citation: Citation
    rulebook: str
    rulebook_sha256: str
    calendar_sha256: str
    announced_years: tuple[int, ...]
    clock: str
    days: tuple[CountedDay, ...] = ()
    steps: tuple[Step, ...] = ()
    alternatives: tuple[Alternative, ...] = ()
    transition: Citation | None = None
    note: Text = NO_TEXT

    def to_json(self) -> dict[str, object]:
        """Return the public JSON."""
        return {
            "procedure": self.procedure,
            "received": self.received.isoformat(),
            "day_of_law": self.day_of_law.isoformat(),
            "due": None if self.due is None else self.due.isoformat(),
            "working_days": self.working_days,
            "certainty": self.certainty.value,
            "reason": None if self.reason is None else self.reason.value,
            "rule": self.rule,
            "citation": str(self.citation),
            "transition": None if self.transition is None else str(self.transition),
            "counting_basis": FIRST_DAY_BASIS,
            "supplement_clock": self.clock,
            "note": self.note._asdict(),
            "days": [day.to_json() for day in self.days],
            "steps": [step.to_json() for step in self.steps],
            "alternatives": [other.to_json() for other in self.alternatives],
            "calendar": {"sha256": self.calendar_sha256, "announced_years": list(self.announced_years)},
            "rulebook": self.rulebook,
            "rulebook_sha256": self.rulebook_sha256,
        }
