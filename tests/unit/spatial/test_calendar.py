from datetime import date, timedelta
from pathlib import Path

import pytest
from holidays.countries.vietnam import Vietnam

from spatial.calendar import Cause, month_later
from spatial.errors import InputError, NotFoundError
from spatial.office_years import office_calendar

STORM = """
days:
  - {date: 2026-09-15, cause: closure, vi: Bão số 9, en: Storm no. 9, document: Công điện 12/CĐ-UBND}
"""
SWAPPED_2027 = """
years:
  2027:
    document: Thông báo 1/TB-BNV
    days:
      - {date: 2027-01-01, cause: holiday, vi: Tết Dương lịch, en: New Year's Day}
"""


def own(folder: Path, content: str) -> Path:
    path = folder / "office.yaml"
    path.write_text(content, encoding="utf-8")
    return path


def test_the_announced_years_differ_from_the_library_by_the_exchange_of_2_january_2026_alone() -> None:
    """An independent program: `holidays` 0.109, which misses 12729/VPCP-KGVX."""
    library = Vietnam(years=[2024, 2025, 2026])
    calendar = office_calendar(2024, 2026)
    days = (date(2024, 1, 1) + timedelta(days=count) for count in range(366 + 365 + 365))
    differing = {day for day in days if calendar.on(day).is_working != library.is_working_day(day)}
    assert differing == {date(2026, 1, 2), date(2026, 1, 10)}


def test_labour_code_112_gives_eleven_days_off_and_2026_has_the_twelfth() -> None:
    """1/1, Tết 5, 10/3 lunar, 30/4, 1/5, 2/9 and one beside it; since 2026 also 24/11."""
    calendar = office_calendar(2024, 2026)
    holidays = [day for day in calendar.special.values() if day.cause in {Cause.HOLIDAY, Cause.HOLIDAY_IN_LIEU}]
    off = {year: sum(day.day.year == year and day.day.weekday() < 5 for day in holidays) for year in (2024, 2025, 2026)}
    assert off == {2024: 11, 2025: 11, 2026: 12}


@pytest.mark.parametrize(
    ("day", "cause"),
    [
        ("2026-01-01", Cause.HOLIDAY),
        ("2026-01-02", Cause.OFF_IN_EXCHANGE),
        ("2026-01-05", Cause.WORKING_DAY),
        ("2026-01-10", Cause.WORKED_IN_EXCHANGE),
        ("2026-01-11", Cause.WEEKEND),
        ("2026-04-27", Cause.HOLIDAY_IN_LIEU),
        ("2027-02-05", Cause.HOLIDAY),
    ],
)
def test_each_day_says_why_it_counts_or_not(day: str, cause: Cause) -> None:
    assert office_calendar(2026, 2027).on(date.fromisoformat(day)).cause is cause


def test_each_day_off_names_its_document() -> None:
    calendar = office_calendar(2024, 2028)
    assert [day.day for day in calendar.special.values() if not day.basis or not day.name.vi or not day.name.en] == []
    assert "12729/VPCP-KGVX" in calendar.on(date(2026, 1, 2)).basis


def test_culture_day_alone_is_doubtful() -> None:
    doubtful = [day.day for day in office_calendar(2024, 2026).special.values() if day.is_doubtful]
    assert doubtful == [date(2026, 11, 24)]
    assert office_calendar(2026, 2026).as_if_ordinary(date(2026, 11, 24)).on(date(2026, 11, 24)).is_working


def test_a_year_that_was_not_announced_is_provisional() -> None:
    calendar = office_calendar(2026, 2027)
    assert not calendar.is_provisional([date(2026, 12, 31)])
    assert calendar.is_provisional([date(2026, 12, 31), date(2027, 1, 4)])
    assert not calendar.on(date(2027, 1, 4)).is_announced


def test_a_period_that_ends_on_a_day_off_ends_on_the_next_working_day() -> None:
    """Civil Code, Article 148.5: Saturday 1 August 2026; Monday 31 August, an exchanged day before National Day."""
    calendar = office_calendar(2026, 2026)
    assert calendar.working_day_from(date(2026, 8, 1)) == date(2026, 8, 3)
    assert calendar.working_day_from(date(2026, 8, 31)) == date(2026, 9, 3)
    assert calendar.working_day_from(date(2026, 8, 3)) == date(2026, 8, 3)


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        ("2026-08-03", 12, "2027-08-03"),
        ("2026-01-31", 1, "2026-02-28"),
        ("2028-02-29", 12, "2029-02-28"),
        ("2026-12-15", 1, "2027-01-15"),
    ],
)
def test_a_period_of_months_ends_on_the_day_of_the_same_number(day: str, months: int, later: str) -> None:
    """Civil Code, Article 148.3: where the month has no such day, on its last."""
    assert month_later(date.fromisoformat(day), months=months) == date.fromisoformat(later)


def test_a_storm_day_of_the_office_is_skipped_with_its_document(tmp_path: Path) -> None:
    calendar = office_calendar(2026, 2026, own_days=own(tmp_path, STORM))
    assert calendar.last_day(date(2026, 9, 14), working_days=1) == date(2026, 9, 16)
    assert calendar.on(date(2026, 9, 15)).basis == "Công điện 12/CĐ-UBND"


def test_an_office_may_add_a_year_that_was_announced_since(tmp_path: Path) -> None:
    calendar = office_calendar(2027, 2027, own_days=own(tmp_path, SWAPPED_2027))
    assert not calendar.is_provisional([date(2027, 1, 4)])
    assert calendar.on(date(2027, 2, 5)).is_working


def test_the_hash_names_what_decides(tmp_path: Path) -> None:
    plain = office_calendar(2026, 2027)
    assert plain.sha256 == office_calendar(2026, 2027).sha256
    others = [office_calendar(2026, 2026), office_calendar(2026, 2027, own_days=own(tmp_path, STORM))]
    assert plain.sha256 not in {other.sha256 for other in others}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("days: [{date: 2026-09-15, cause: closure, vi: Bão, en: Storm}]", "document"),
        ("days: [{date: 2026-02-30, cause: closure, vi: Bão, en: Storm, document: x}]", "date does not exist"),
        ("days: [{date: 2026-09-15, cause: holyday, vi: Bão, en: Storm, document: x}]", "cause"),
        (STORM + STORM.replace("days:", "").lstrip("\n"), "2026-09-15 stands twice"),
        ("years: {2027: {document: x, days: [{date: 2026-01-01, cause: holiday, vi: a, en: b}]}}", "lie in 2027"),
        ("days: [", "Not YAML"),
    ],
)
def test_a_calendar_that_cannot_be_used_is_refused_with_the_reason(tmp_path: Path, content: str, says: str) -> None:
    with pytest.raises(InputError, match=says):
        office_calendar(2026, 2026, own_days=own(tmp_path, content))


def test_a_calendar_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        office_calendar(2026, 2026, own_days=tmp_path / "none.yaml")


def test_a_day_outside_the_calendar_is_refused() -> None:
    with pytest.raises(InputError, match="does not hold 2027"):
        office_calendar(2026, 2026).last_day(date(2026, 12, 30), working_days=5)
