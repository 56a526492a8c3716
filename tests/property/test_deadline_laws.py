"""Laws of deadlines, whatever the day and the procedure."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from permits.deadlines import DEADLINE_RULEBOOK, Dossier, Procedure, SupplementClock, due_date
from permits.due_model import Due
from permits.rulebook import load_rulebook
from spatial.office_years import office_calendar

CALENDAR = office_calendar(2026, 2030)
RULEBOOK = load_rulebook(DEADLINE_RULEBOOK)
procedures = st.sampled_from(Procedure)
days = st.dates(date(2026, 7, 1), date(2029, 6, 30))
clocks = st.sampled_from(SupplementClock)


def answer(dossier: Dossier, clock: SupplementClock = SupplementClock.PAUSED) -> Due:
    return due_date(dossier, calendar=CALENDAR, rulebook=RULEBOOK, clock=clock)


def due_of(found: Due) -> date:
    assert found.due is not None
    return found.due


@given(procedures, days, days)
def test_who_is_complete_later_is_never_due_earlier(procedure: Procedure, one: date, other: date) -> None:
    first, second = (answer(Dossier(procedure=procedure, received=day)) for day in sorted((one, other)))
    assert due_of(first) <= due_of(second)


@given(procedures, days)
def test_no_deadline_falls_on_a_day_off(procedure: Procedure, day: date) -> None:
    found = answer(Dossier(procedure=procedure, received=day))
    assert CALENDAR.on(due_of(found)).is_working
    assert all(step.due is None or CALENDAR.on(step.due).is_working for step in found.steps)


@given(procedures, days, clocks, st.integers(0, 20), st.integers(0, 20))
def test_exactly_the_days_of_the_norm_are_counted_and_none_is_left_out(
    procedure: Procedure, day: date, clock: SupplementClock, until_notice: int, until_supplement: int
) -> None:
    notice = day + timedelta(days=until_notice)
    dossier = Dossier(
        procedure=procedure,
        received=day,
        notice_sent=notice,
        supplement_received=notice + timedelta(days=until_supplement),
    )
    found = answer(dossier, clock)
    numbers = [each.number for each in found.days if each.number is not None]
    assert numbers == list(range(1, (found.working_days or 0) + 1))
    assert [each.day for each in found.days] == [day + timedelta(days=n + 1) for n in range(len(found.days))]


@given(procedures, days, st.integers(0, 6), st.integers(0, 20))
def test_a_paused_clock_is_never_due_before_a_running_one(
    procedure: Procedure, day: date, until_notice: int, until_supplement: int
) -> None:
    notice = day + timedelta(days=until_notice)
    supplement = notice + timedelta(days=until_supplement)
    dossier = Dossier(procedure=procedure, received=day, notice_sent=notice, supplement_received=supplement)
    paused, running = answer(dossier, SupplementClock.PAUSED), answer(dossier, SupplementClock.RUNNING)
    assert due_of(running) <= due_of(paused)
    if paused.due != running.due:
        assert paused.due in {other.due for other in running.alternatives}
        assert running.due in {other.due for other in paused.alternatives}


@given(procedures, st.dates(date(2015, 1, 1), date(2026, 6, 30)))
def test_before_1_july_2026_no_date_is_ever_given(procedure: Procedure, day: date) -> None:
    assert answer(Dossier(procedure=procedure, received=day)).due is None
