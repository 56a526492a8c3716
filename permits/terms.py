"""How long a permit lives: begin by, extensions left, publish until; and the days of a revocation.

References
----------
NĐ 217/2026/NĐ-CP, Articles 49.10, 63.3, 65 and 66.1; Civil Code, Articles 148.3 and 148.5. The figures stand in the
rule-pack ``procedures-issuing``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from permits.model import Citation, ReasonCode
from permits.rulebook import Rulebook
from spatial.calendar import OfficeCalendar, month_later
from spatial.errors import InputError
from spatial.text import Text

REVOCATION_STEPS = ("decision", "publication", "return", "cancellation")


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """The days of a permit; None where another law applied, which was not read.

    Parameters
    ----------
    start_by
        Last day on which work has to have begun; a day off moves it to the next working day.
    publish_until
        The permit stays published at least to this day.
    extensions_left
        How often it may still be extended, by ``extension_months`` each.
    is_provisional
        The last day lies in a year whose calendar was not announced.
    """

    issued: date
    start_by: date | None
    publish_until: date | None
    extensions_left: int | None
    extension_months: int | None
    citations: Mapping[str, Citation]
    is_provisional: bool = False
    reason: ReasonCode | None = None

    def to_json(self) -> dict[str, object]:
        """Return the days for programs."""
        return {
            "issued": self.issued.isoformat(),
            "start_by": _iso(self.start_by),
            "publish_online_at_least_until": _iso(self.publish_until),
            "extensions_left": self.extensions_left,
            "extension_months": self.extension_months,
            "provisional": self.is_provisional,
            "verdict": None if self.reason is None else "NEEDS_REVIEW",
            "reason": None if self.reason is None else self.reason.value,
            "citations": {name: str(citation) for name, citation in self.citations.items()},
        }


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def terms(issued: date, *, extended: tuple[date, ...] = (), calendar: OfficeCalendar, rulebook: Rulebook) -> Terms:
    """Return the days of a permit issued on ``issued`` and extended on the days of ``extended``.

    Raises
    ------
    InputError
        The days are not in order, or there are more extensions than the law allows.
    """
    start = rulebook.rule("term.start", as_of=issued)
    extension = rulebook.rule("term.extension", as_of=issued)
    publication = rulebook.rule("term.publication", as_of=issued)
    cited = {
        name: rulebook.citation(rule)
        for name, rule in (("start_by", start), ("extension", extension), ("publication", publication))
    }
    if not rulebook.is_in_force(start, as_of=issued):
        return Terms(
            issued=issued,
            start_by=None,
            publish_until=None,
            extensions_left=None,
            extension_months=None,
            citations=cited,
            reason=ReasonCode.NOT_IN_FORCE,
        )
    most = int(extension.parameter("extensions_max"))
    _must_be_possible(issued, extended, most)
    latest = extended[-1] if extended else issued
    last_day = month_later(latest, months=int(start.parameter("months")))
    return Terms(
        issued=issued,
        start_by=calendar.working_day_from(last_day),
        publish_until=month_later(latest, months=int(publication.parameter("months"))),
        extensions_left=most - len(extended),
        extension_months=int(extension.parameter("months")),
        citations=cited,
        is_provisional=calendar.is_provisional([last_day]),
    )


def _must_be_possible(issued: date, extended: tuple[date, ...], most: int) -> None:
    if len(extended) > most:
        raise InputError(
            Text(f"Giấy phép chỉ được gia hạn {most} lần.", f"A permit is extended {most} times at most."),
            hint=Text("NĐ 217/2026/NĐ-CP, Điều 63 khoản 3 điểm a.", "NĐ 217/2026/NĐ-CP, Article 63.3.a."),
        )
    if [issued, *extended] != sorted({issued, *extended}):
        raise InputError(
            Text("Các ngày không theo thứ tự.", "The days are not in order."),
            hint=Text("Ngày cấp trước, rồi từng lần gia hạn.", "The issue first, then each extension."),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RevocationStep:
    """One time limit of a revocation; ``due`` is None until it has begun."""

    name: str
    title: Text
    working_days: int
    due: date | None
    citation: Citation

    def to_json(self) -> dict[str, object]:
        """Return the time limit for programs."""
        return {
            "step": self.name,
            "title": self.title._asdict(),
            "working_days": self.working_days,
            "due": _iso(self.due),
            "citation": str(self.citation),
        }


def revocation(
    *,
    findings_received: date | None = None,
    decided: date | None = None,
    decision_received: date | None = None,
    calendar: OfficeCalendar | None = None,
    rulebook: Rulebook,
) -> tuple[RevocationStep, ...]:
    """Return the time limits of a revocation under Article 65, each counted from what starts it.

    Parameters
    ----------
    calendar
        Needed as soon as one of the days is given.
    """
    starts = {
        "decision": findings_received,
        "publication": decided,
        "return": decision_received,
        "cancellation": decided,
    }
    return tuple(_step(name, starts[name], calendar, rulebook) for name in REVOCATION_STEPS)


def _step(name: str, start: date | None, calendar: OfficeCalendar | None, rulebook: Rulebook) -> RevocationStep:
    rule = rulebook.rule(f"revocation.{name}", as_of=start or date.max)
    days = int(rule.parameter("working_days"))
    due = None
    if start is not None and calendar is not None and rulebook.is_in_force(rule, as_of=start):
        due = calendar.last_day(start, working_days=days)
    return RevocationStep(
        name=name,
        title=rule.title.text,
        working_days=days,
        due=due,
        citation=rulebook.citation(rule),
    )
