"""Working days of state offices: which days count, and for each day that does not, why and by which document.

State offices work from Monday to Friday. A calendar holds what differs from that: holidays, days off in lieu of a
holiday on a weekend, days exchanged by decision (a weekday off, a Saturday worked), and days on which an office was
closed. It is frozen, and its hash names it, so that a deadline can be recomputed from what was known then.

References
----------
Civil Code 91/2015/QH13, Articles 147.2 (the first day is not counted) and 148.5 (a last day off: the next working
day); Labour Code 45/2019/QH14, Article 112 (public holidays).
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import StrEnum

from spatial.errors import InputError
from spatial.text import Text

_SATURDAY = 5
_ONE_DAY = timedelta(days=1)
_WEEKEND = Text("Nghỉ cuối tuần", "Weekend")
_WORKING = Text("Ngày làm việc", "Working day")
WEEKEND_BASIS = "tuần làm việc 5 ngày"
FIRST_DAY_BASIS = "Bộ luật Dân sự 2015, Điều 147 khoản 2"
LAST_DAY_BASIS = "Bộ luật Dân sự 2015, Điều 148 khoản 5"


class Cause(StrEnum):
    """Why a day counts or does not."""

    WORKING_DAY = "working_day"
    WORKED_IN_EXCHANGE = "worked_in_exchange"
    WEEKEND = "weekend"
    HOLIDAY = "holiday"
    HOLIDAY_IN_LIEU = "holiday_in_lieu"
    OFF_IN_EXCHANGE = "off_in_exchange"
    CLOSURE = "closure"


WORKED_CAUSES = frozenset({Cause.WORKING_DAY, Cause.WORKED_IN_EXCHANGE})


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficeDay:
    """One day of an office.

    Parameters
    ----------
    basis
        Document that makes the day what it is; empty on an ordinary working day.
    is_announced
        Whether the day was announced; False where it was computed for a year that has not been.
    is_doubtful
        Whether the act that makes it a day off was not read: the answer is then given with and without it.
    """

    day: date
    cause: Cause
    name: Text
    basis: str = ""
    is_announced: bool = True
    is_doubtful: bool = False

    @property
    def is_working(self) -> bool:
        """Whether the office works."""
        return self.cause in WORKED_CAUSES


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficeCalendar:
    """The working days of the years from ``first_year`` to ``last_year``.

    Parameters
    ----------
    special
        What differs from Monday to Friday, by day.
    announced_years
        Years whose calendar was announced; any other is provisional.
    """

    first_year: int
    last_year: int
    special: Mapping[date, OfficeDay]
    announced_years: frozenset[int]
    sha256: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "sha256", _hash(self))

    def on(self, day: date) -> OfficeDay:
        """Return what ``day`` is. Raises InputError outside the years of the calendar."""
        if not self.first_year <= day.year <= self.last_year:
            raise InputError(
                Text(f"Lịch làm việc không có năm {day.year}.", f"The calendar does not hold {day.year}."),
                hint=Text(
                    f"Lịch có từ {self.first_year} đến {self.last_year}.",
                    f"It holds {self.first_year} to {self.last_year}.",
                ),
                subject=day.isoformat(),
            )
        found = self.special.get(day)
        if found is not None:
            return found
        is_announced = day.year in self.announced_years
        if day.weekday() >= _SATURDAY:
            return OfficeDay(
                day=day, cause=Cause.WEEKEND, name=_WEEKEND, basis=WEEKEND_BASIS, is_announced=is_announced
            )
        return OfficeDay(day=day, cause=Cause.WORKING_DAY, name=_WORKING, is_announced=is_announced)

    def days_after(self, day: date) -> Iterator[OfficeDay]:
        """Give the days after ``day``, without end; the first day of a period is not counted (Article 147.2)."""
        while True:
            day += _ONE_DAY
            yield self.on(day)

    def span(self, after: date, *, working_days: int) -> tuple[OfficeDay, ...]:
        """Return the days after ``after`` up to the one that is the ``working_days``-th working day.

        Raises
        ------
        InputError
            The count runs out of the years of the calendar.
        """
        days: list[OfficeDay] = []
        left = working_days
        for office_day in self.days_after(after):
            days.append(office_day)
            left -= office_day.is_working
            if left <= 0:
                break
        return tuple(days)

    def last_day(self, after: date, *, working_days: int) -> date:
        """Return the last day of a period of working days that begins after ``after``."""
        return self.span(after, working_days=working_days)[-1].day

    def working_day_from(self, day: date) -> date:
        """Return ``day``, or the next working day where it is a day off (Article 148.5)."""
        return day if self.on(day).is_working else self.last_day(day, working_days=1)

    def is_provisional(self, days: Iterable[date]) -> bool:
        """Tell whether one of ``days`` lies in a year that was not announced."""
        return any(day.year not in self.announced_years for day in days)

    def as_if_ordinary(self, day: date) -> "OfficeCalendar":
        """Return the calendar in which ``day`` is nothing special: what holds if an act proves not to be one."""
        return replace(self, special={other: kept for other, kept in self.special.items() if other != day})


def _hash(calendar: OfficeCalendar) -> str:
    """Return the SHA-256 of what decides: the years, which were announced, and each special day with its cause."""
    years = range(calendar.first_year, calendar.last_year + 1)
    content = {
        "years": [[year, year in calendar.announced_years] for year in years],
        "days": [[day.isoformat(), special.cause.value] for day, special in sorted(calendar.special.items())],
    }
    return hashlib.sha256(json.dumps(content, separators=(",", ":")).encode()).hexdigest()


def month_later(day: date, *, months: int) -> date:
    """Return the day with the same number ``months`` months later, or the last of that month (Civil Code 148.3)."""
    month = day.month - 1 + months
    first = date(day.year + month // 12, month % 12 + 1, 1)
    last = date(first.year + first.month // 12, first.month % 12 + 1, 1) - _ONE_DAY
    return first.replace(day=min(day.day, last.day))
