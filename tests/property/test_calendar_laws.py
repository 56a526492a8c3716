"""Laws of counting working days, whatever the day."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from spatial.office_years import office_calendar

CALENDAR = office_calendar(2024, 2030)
days = st.dates(date(2024, 1, 1), date(2029, 12, 31))
counts = st.integers(1, 30)


@given(days, days, counts)
def test_who_comes_later_is_never_served_earlier(one: date, other: date, count: int) -> None:
    first, second = sorted((one, other))
    assert CALENDAR.last_day(first, working_days=count) <= CALENDAR.last_day(second, working_days=count)


@given(days, counts)
def test_a_period_never_ends_on_a_day_off(day: date, count: int) -> None:
    assert CALENDAR.on(CALENDAR.last_day(day, working_days=count)).is_working


@given(days, counts)
def test_as_many_days_are_counted_as_the_law_gives_and_every_other_has_a_cause(day: date, count: int) -> None:
    span = CALENDAR.span(day, working_days=count)
    assert sum(office_day.is_working for office_day in span) == count
    assert [office_day.day for office_day in span] == [day + timedelta(days=n + 1) for n in range(len(span))]
    assert all(office_day.basis for office_day in span if not office_day.is_working)


@given(days, counts, counts)
def test_two_periods_one_after_the_other_are_one_of_both_lengths(day: date, one: int, other: int) -> None:
    between = CALENDAR.last_day(day, working_days=one)
    assert CALENDAR.last_day(between, working_days=other) == CALENDAR.last_day(day, working_days=one + other)
