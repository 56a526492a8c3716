"""Where a calendar comes from: years as announced, an office's own days, and the library for years to come."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from spatial.calendar import Cause, OfficeCalendar, OfficeDay
from spatial.errors import InputError, NotFoundError
from spatial.text import Text

FIRST_YEAR, LAST_YEAR = 2000, 2099
"""The library computes the lunar calendar to 2100."""
_LABOUR_CODE = "Bộ luật Lao động 2019, Điều 112"
_COMPUTED = "tính trước, năm này chưa được công bố"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Day(_Part):
    date: date
    cause: Cause
    vi: str = Field(min_length=1)
    en: str = Field(min_length=1)
    document: str = ""
    doubtful: bool = False

    def as_office_day(self, document: str) -> OfficeDay:
        basis = [self.document or document]
        if self.cause in (Cause.HOLIDAY, Cause.HOLIDAY_IN_LIEU) and not self.doubtful:
            basis.insert(0, _LABOUR_CODE)
        name = Text(self.vi, self.en)
        return OfficeDay(day=self.date, cause=self.cause, name=name, basis="; ".join(basis), is_doubtful=self.doubtful)


class _Year(_Part):
    document: str = Field(min_length=1)
    days: tuple[_Day, ...] = Field(min_length=1)


class _OwnDay(_Day):
    document: str = Field(min_length=1)


class _File(_Part):
    """Years as announced, and days of an office of its own, which come last and win."""

    years: Mapping[int, _Year] = Field(default_factory=dict)
    days: tuple[_OwnDay, ...] = ()

    @model_validator(mode="after")
    def _each_day_once(self) -> Self:
        for year, content in self.years.items():
            _must_be_distinct(content.days)
            if strange := next((day.date for day in content.days if day.date.year != year), None):
                message = f"{strange} does not lie in {year}"
                raise ValueError(message)
        _must_be_distinct(self.days)
        return self


def _must_be_distinct(days: Iterable[_Day]) -> None:
    seen: set[date] = set()
    for day in days:
        if day.date in seen:
            message = f"{day.date} stands twice"
            raise ValueError(message)
        seen.add(day.date)


def office_calendar(first_year: int, last_year: int, *, own_days: Path | None = None) -> OfficeCalendar:
    """Return the calendar of some years.

    Parameters
    ----------
    own_days
        File of an office in the form of ``calendars/vietnam.yaml``: years announced since, and under ``days`` its own
        closures (a storm), days off or days worked, each with its document.

    Raises
    ------
    InputError
        The years lie outside 2000 to 2099, or the file cannot be used; the message names the day.
    NotFoundError
        There is no such file.
    """
    if last_year < FIRST_YEAR or first_year > LAST_YEAR:
        raise InputError(
            Text(f"Lịch làm việc không có năm {first_year}.", f"The calendar does not hold {first_year}."),
            hint=Text(
                f"Lịch có từ {FIRST_YEAR} đến {LAST_YEAR}; kiểm tra lại năm.",
                f"It holds {FIRST_YEAR} to {LAST_YEAR}; check the year.",
            ),
        )
    files = [_announced(), *([] if own_days is None else [_read(own_days)])]
    years = range(max(first_year, FIRST_YEAR), min(last_year, LAST_YEAR) + 1)
    announced = {year: content for file in files for year, content in file.years.items()}
    special: dict[date, OfficeDay] = {}
    for year in years:
        if year in announced:
            document = announced[year].document
            special |= {day.date: day.as_office_day(document) for day in announced[year].days}
        else:
            special |= {day.day: day for day in _computed(year)}
    special |= {day.date: day.as_office_day("") for file in files for day in file.days if day.date.year in years}
    return OfficeCalendar(
        first_year=years.start,
        last_year=years.stop - 1,
        special=special,
        announced_years=frozenset(announced).intersection(years),
    )


def _computed(year: int) -> Iterator[OfficeDay]:
    """Give the days of a year that was not announced; the next year may bring exchanges that nobody knows yet."""
    from holidays.countries.vietnam import Vietnam  # noqa: PLC0415 - a third of a second, for years to come alone

    library: Any = Vietnam
    vietnamese, english = library(years=year, language="vi"), library(years=year, language="en_US")
    basis = f"{_LABOUR_CODE} ({_COMPUTED})"
    for day in vietnamese:
        name = Text(vietnamese[day], english[day])
        yield OfficeDay(day=day, cause=Cause.HOLIDAY, name=name, basis=basis, is_announced=False)
    for day in vietnamese.weekend_workdays:
        if day.year == year:
            name = Text("Làm bù", "Worked in exchange")
            yield OfficeDay(day=day, cause=Cause.WORKED_IN_EXCHANGE, name=name, basis=_COMPUTED, is_announced=False)


@lru_cache(maxsize=1)
def _announced() -> _File:
    content = (resources.files("spatial") / "calendars" / "vietnam.yaml").read_bytes()
    return _parse(content, subject="vietnam.yaml")


def _read(path: Path) -> _File:
    if not path.is_file():
        raise NotFoundError(Text("Không có tệp này.", "There is no such file."), subject=path.name)
    return _parse(path.read_bytes(), subject=path.name)


def _parse(content: bytes, *, subject: str) -> _File:
    try:
        return _File.model_validate(yaml.safe_load(content) or {})
    except yaml.YAMLError as error:
        raise InputError(Text(f"Không phải YAML: {error}", f"Not YAML: {error}"), subject=subject) from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        problem = f"{where}: {first['msg']}".removeprefix(": ")
        raise InputError(
            Text(f"Lịch bị từ chối: {problem}.", f"The calendar is refused: {problem}."),
            hint=Text(
                "Mỗi ngày cần date, cause, vi, en và document.", "Each day needs date, cause, vi, en and document."
            ),
            subject=subject,
        ) from error
    except ValueError as error:
        # What YAML takes for a day and no calendar has, such as 30 February.
        raise InputError(
            Text(f"Lịch có ngày không tồn tại: {error}.", f"A date does not exist: {error}."), subject=subject
        ) from error
