"""When a permit procedure is due: every counted and every skipped day, each with its cause and its legal basis.

References
----------
NĐ 217/2026/NĐ-CP, Articles 54 and 76.19; Civil Code 91/2015/QH13, Articles 147.2 and 148.5. The figures stand in the
rule-pack ``procedures-deadlines``, the days in `spatial.office_years`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Final

from permits.due_model import Alternative, Certainty, CountedDay, Due, Step
from permits.model import Citation, ReasonCode
from permits.rulebook import Rule, Rulebook
from spatial.calendar import OfficeCalendar, OfficeDay
from spatial.errors import InputError
from spatial.text import Text

DEADLINE_RULEBOOK: Final = "procedures-deadlines"
_LATEST_PAUSE_DAYS: Final = 366
_PAUSE = Text("Chờ bổ sung hồ sơ", "Waiting for the supplement")


class Procedure(StrEnum):
    """What is asked for; a relocation or a temporary permit counts as new."""

    HOUSE_NEW = "house_new"
    HOUSE_ADJUST_OR_REPAIR = "house_adjust_or_repair"
    OTHER_NEW = "other_new"
    OTHER_ADJUST_OR_REPAIR = "other_adjust_or_repair"
    EXTEND_OR_REISSUE = "extend_or_reissue"


class SupplementClock(StrEnum):
    """Whether the office's clock stands still while the applicant supplements; the decree does not say."""

    PAUSED = "paused"
    RUNNING = "running"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """What happened to a dossier.

    Parameters
    ----------
    received
        Day on which it was complete and valid.
    lodged
        Day on which it was handed in, which decides which law applies; None: the day of receipt.
    notice_sent, supplement_received
        The one supplement notice, and the applicant's answer.
    """

    procedure: Procedure
    received: date
    lodged: date | None = None
    notice_sent: date | None = None
    supplement_received: date | None = None

    def __post_init__(self) -> None:
        days = (self.lodged or self.received, self.received, self.notice_sent, self.supplement_received)
        known = [day for day in days if day is not None]
        if self.supplement_received is not None and self.notice_sent is None:
            raise InputError(
                Text("Có ngày bổ sung mà không có ngày thông báo.", "A supplement without its notice."),
                hint=Text("Ghi thêm ngày thông báo bổ sung.", "Add the day of the supplement notice."),
            )
        if known != sorted(known):
            raise InputError(
                Text("Các ngày không theo thứ tự.", "The days are not in order."),
                hint=Text(
                    "Thứ tự: nộp, nhận đủ, thông báo bổ sung, bổ sung.",
                    "In order: lodged, received, supplement notice, supplement.",
                ),
            )
        if (known[-1] - self.received).days > _LATEST_PAUSE_DAYS:
            raise InputError(
                Text("Ngày bổ sung cách ngày nhận hơn một năm.", "The supplement is over a year after the receipt."),
                hint=Text("Kiểm tra lại năm.", "Check the year."),
            )

    @property
    def day_of_law(self) -> date:
        """The day that decides which law applies (NĐ 217/2026, Article 76.19)."""
        return self.lodged or self.received

    @property
    def years(self) -> tuple[int, int]:
        """First and last year that the calendar of the count has to hold."""
        latest = max(day for day in (self.received, self.notice_sent, self.supplement_received) if day is not None)
        return self.received.year, latest.year + 1


def due_date(
    dossier: Dossier,
    *,
    calendar: OfficeCalendar,
    rulebook: Rulebook,
    clock: SupplementClock = SupplementClock.PAUSED,
) -> Due:
    """Return when a procedure is due, and the whole count.

    A dossier of before 1 July 2026 gets no date: the figures of the older law were not read.

    Raises
    ------
    InputError
        The count runs out of the calendar.
    """
    rule = rulebook.rule(f"deadline.{dossier.procedure}", as_of=dossier.day_of_law)
    norm_days = rule.parameters.get("working_days")
    is_known = norm_days is not None and rulebook.is_verified(rule, as_of=dossier.day_of_law)
    answer = Due(
        procedure=dossier.procedure.value,
        received=dossier.received,
        day_of_law=dossier.day_of_law,
        due=None,
        working_days=int(norm_days) if is_known and norm_days is not None else None,
        certainty=Certainty.NEEDS_REVIEW,
        reason=_why_open(rule, rulebook, dossier.day_of_law),
        rule=rule.id,
        citation=rulebook.citation(rule),
        rulebook=rulebook.name,
        rulebook_sha256=rulebook.sha256,
        calendar_sha256=calendar.sha256,
        announced_years=tuple(sorted(calendar.announced_years)),
        clock=clock.value,
        note=rule.requirement.text,
    )
    if answer.working_days is None:
        return replace(answer, transition=_transition(rule, rulebook))
    return _counted(answer, dossier, calendar, rulebook)


def _why_open(rule: Rule, rulebook: Rulebook, day: date) -> ReasonCode:
    return ReasonCode.RULE_UNVERIFIED if rulebook.is_in_force(rule, as_of=day) else ReasonCode.NOT_IN_FORCE


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pause:
    """The days after ``after`` up to ``until``, on which the clock of the office stands still."""

    after: date
    until: date
    basis: str


def _transition(rule: Rule, rulebook: Rulebook) -> Citation | None:
    """Return the article that keeps a dossier under the decree before, if not decided when the new one came."""
    if rule.valid.from_ is None:
        return None
    return rulebook.citation(rulebook.rule("deadline.transition", as_of=rule.valid.to or rule.valid.from_))


def _counted(answer: Due, dossier: Dossier, calendar: OfficeCalendar, rulebook: Rulebook) -> Due:
    steps = tuple(_steps(dossier, calendar, rulebook))

    def count(calendar: OfficeCalendar, clock: str, received: date) -> tuple[CountedDay, ...]:
        pause = _pause(dossier, calendar, rulebook) if clock == SupplementClock.PAUSED else None
        return tuple(_days(received, answer.working_days or 0, calendar=calendar, pause=pause))

    days = count(calendar, answer.clock, dossier.received)
    due = days[-1].day
    is_provisional = calendar.is_provisional(day.day for day in days)
    return replace(
        answer,
        due=due,
        certainty=Certainty.PROVISIONAL if is_provisional else Certainty.CERTAIN,
        reason=None,
        days=days,
        steps=steps,
        alternatives=tuple(_alternatives(answer, dossier, calendar, days, count)),
    )


def _pause(dossier: Dossier, calendar: OfficeCalendar, rulebook: Rulebook) -> _Pause | None:
    """Return when the clock stands and runs again; without an answer, when that is due."""
    if dossier.notice_sent is None:
        return None
    rule = rulebook.rule(f"step.supplement.{_group(dossier.procedure)}", as_of=dossier.day_of_law)
    answer_due = calendar.last_day(dossier.notice_sent, working_days=_working_days(rule))
    until = dossier.supplement_received or answer_due
    return _Pause(after=dossier.notice_sent, until=until, basis=str(rulebook.citation(rule)))


def _days(received: date, working_days: int, *, calendar: OfficeCalendar, pause: _Pause | None) -> Iterator[CountedDay]:
    number = 0
    for office_day in calendar.days_after(received):
        if not office_day.is_working:
            yield _skipped(office_day)
        elif pause is not None and pause.after < office_day.day <= pause.until:
            yield CountedDay(day=office_day.day, number=None, cause="supplement_pause", name=_PAUSE, basis=pause.basis)
        else:
            number += 1
            yield replace(_skipped(office_day), number=number)
        if number == working_days:
            return


def _skipped(office_day: OfficeDay) -> CountedDay:
    return CountedDay(
        day=office_day.day,
        number=None,
        cause=office_day.cause.value,
        name=office_day.name,
        basis=office_day.basis,
        is_announced=office_day.is_announced,
        is_doubtful=office_day.is_doubtful,
    )


_Count = Callable[[OfficeCalendar, str, date], tuple[CountedDay, ...]]


def _alternatives(
    answer: Due, dossier: Dossier, calendar: OfficeCalendar, days: tuple[CountedDay, ...], count: _Count
) -> Iterator[Alternative]:
    """Yield the other readings under which another day comes out."""
    readings: list[tuple[Text, tuple[CountedDay, ...]]] = []
    for doubtful in (day for day in days if day.is_doubtful):
        condition = Text(
            f"nếu {doubtful.day:%d/%m/%Y} ({doubtful.name.vi}) là ngày làm việc",
            f"if {doubtful.day:%d/%m/%Y} ({doubtful.name.en}) is worked",
        )
        readings.append((condition, count(calendar.as_if_ordinary(doubtful.day), answer.clock, dossier.received)))
    if not calendar.on(dossier.received).is_working:
        taken = calendar.working_day_from(dossier.received)
        condition = Text(
            f"nếu coi như nhận vào ngày làm việc kế tiếp, {taken:%d/%m/%Y}",
            f"if taken as received on the next working day, {taken:%d/%m/%Y}",
        )
        readings.append((condition, count(calendar, answer.clock, taken)))
    if dossier.notice_sent is not None:
        other = SupplementClock.RUNNING if answer.clock == SupplementClock.PAUSED else SupplementClock.PAUSED
        readings.append((_CLOCKS[other], count(calendar, other.value, dossier.received)))
    for condition, other_days in readings:
        if other_days[-1].day != days[-1].day:
            yield Alternative(due=other_days[-1].day, condition=condition)


_CLOCKS = {
    SupplementClock.RUNNING: Text(
        "nếu thời gian bổ sung vẫn tính cho cơ quan", "if the clock of the office runs on during the supplement"
    ),
    SupplementClock.PAUSED: Text(
        "nếu thời gian bổ sung không tính cho cơ quan", "if the clock of the office stands still during the supplement"
    ),
}


def _group(procedure: Procedure) -> str:
    return "extend_or_reissue" if procedure is Procedure.EXTEND_OR_REISSUE else "permit"


def _appraisal(procedure: Procedure) -> str:
    group = procedure.value if procedure is Procedure.EXTEND_OR_REISSUE else procedure.value.split("_")[0]
    return f"step.appraisal.{group}"


def _working_days(rule: Rule) -> int:
    return int(rule.parameter("working_days"))


def _steps(dossier: Dossier, calendar: OfficeCalendar, rulebook: Rulebook) -> Iterator[Step]:
    """Yield the clocks inside the procedure; one that has not begun has no day."""
    group = _group(dossier.procedure)

    def step(rule_id: str, name: str, start: date | None, *, silence: str = "") -> Step:
        rule = rulebook.rule(rule_id, as_of=dossier.day_of_law)
        days = _working_days(rule)
        notices = rule.parameters.get("notices_max")
        return Step(
            name=name,
            title=rule.title.text,
            working_days=days,
            start=start,
            due=None if start is None else calendar.last_day(start, working_days=days),
            notices_max=None if notices is None else int(notices),
            silence_means=silence,
            citation=rulebook.citation(rule),
        )

    appraisal = step(_appraisal(dossier.procedure), "appraisal", dossier.received)
    yield appraisal
    # The office asks others while it appraises: no later than on the last day of that.
    yield step(f"step.consultation.{group}", "consultation", appraisal.due, silence="agreed")
    yield step(f"step.supplement.{group}", "supplement", dossier.notice_sent)
    yield step(f"step.refusal.{group}", "refusal_notice", dossier.supplement_received)
