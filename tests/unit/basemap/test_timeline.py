"""Which version answers for a moment, told on a short history."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from basemap.model import LayerName, LayerVersionId
from basemap.timeline import Publication, answering, check_validity, is_seen
from spatial.errors import DataUnavailableError, InputError

MORNING = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


def hour(number: int) -> datetime:
    return MORNING + timedelta(hours=number)


def act(
    number: int,
    *,
    published: int,
    withdrawn: int | None = None,
    is_withdrawn: bool = False,
    valid_from: date | None = None,
    valid_to: date | None = None,
) -> Publication:
    return Publication(
        publication_id=published,
        layer=LayerName.WARD,
        version_id=LayerVersionId(number),
        published_at=hour(published),
        withdrawn_at=None if withdrawn is None else hour(withdrawn),
        is_withdrawn=is_withdrawn or withdrawn is not None,
        valid_from=valid_from,
        valid_to=valid_to,
    )


def answer(history: list[Publication], *, as_of: datetime | None = None, valid_on: date | None = None) -> int | None:
    found = answering(history, as_of=as_of, valid_on=valid_on)
    return None if found is None else found.version_id


def test_nothing_answers_before_the_first_publishing() -> None:
    assert answer([act(1, published=1)], as_of=hour(0)) is None
    assert answer([], as_of=hour(0)) is None


def test_the_last_that_stood_answers() -> None:
    """Published at one, two and three; the third went at four, the second at five, the first came anew at six."""
    history = [
        act(1, published=1),
        act(2, published=2, withdrawn=5),
        act(3, published=3, withdrawn=4),
        act(1, published=6),
    ]
    told = {number: answer(history, as_of=hour(number)) for number in range(1, 8)}
    assert told == {1: 1, 2: 2, 3: 3, 4: 2, 5: 1, 6: 1, 7: 1}


def test_a_withdrawal_without_a_moment_is_said_where_the_answer_hangs_on_it() -> None:
    history = [act(1, published=1), act(2, published=2, is_withdrawn=True), act(3, published=5)]
    assert answer(history, as_of=hour(1)) == 1
    assert answer(history, as_of=hour(5)) == 3
    with pytest.raises(DataUnavailableError, match="Nobody wrote down when version 2"):
        answering(history, as_of=hour(3))


def test_a_moment_needs_its_time_zone() -> None:
    with pytest.raises(ValueError, match="time zone"):
        answering([], as_of=MORNING.replace(tzinfo=None), valid_on=date(2025, 7, 1))


@pytest.mark.parametrize(
    ("valid_from", "valid_to", "holds"),
    [
        (date(2025, 7, 1), None, True),
        (date(2025, 7, 2), None, False),
        (None, date(2025, 7, 1), True),
        (None, date(2025, 6, 30), False),
        (date(2025, 7, 1), date(2025, 7, 1), True),
    ],
)
def test_both_days_belong_to_the_validity(valid_from: date | None, valid_to: date | None, *, holds: bool) -> None:
    one = act(1, published=1, valid_from=valid_from, valid_to=valid_to)
    assert one.holds_on(date(2025, 7, 1)) is holds


def test_what_says_nothing_of_its_validity_holds_since_it_was_published() -> None:
    """Published at two in the morning of 2 March in Vietnam, when it was still 1 March in Greenwich."""
    published = datetime(2026, 3, 1, 19, 0, tzinfo=UTC)
    one = replace(act(1, published=1), published_at=published)
    assert one.days == (date(2026, 3, 2), date.max)
    assert answer([one], valid_on=date(2026, 3, 1)) is None
    assert answer([one], valid_on=date(2026, 3, 2)) == 1


OLD = act(1, published=2, valid_to=date(2025, 6, 30))
NEW = act(2, published=1, valid_from=date(2025, 7, 1))
SURVEYED_ANEW = act(3, published=3, valid_from=date(2025, 10, 1), valid_to=date(2025, 12, 31))


def test_each_day_is_answered_by_what_holds_on_it_whatever_was_published_last() -> None:
    history = [NEW, OLD, SURVEYED_ANEW]
    days = (date(2024, 1, 1), date(2025, 6, 30), date(2025, 7, 1), date(2025, 9, 30), date(2025, 10, 1))
    assert [answer(history, valid_on=day) for day in days] == [1, 1, 2, 2, 3]
    assert answer(history, valid_on=date(2026, 1, 1)) == 2
    assert answer(history, as_of=hour(2)) == 2, "what readers of March 2026 saw holds in March 2026"
    assert answer(history, as_of=hour(1), valid_on=date(2024, 1, 1)) is None, "the old ones were not published yet"
    assert answer(history, as_of=hour(2), valid_on=date(2024, 1, 1)) == 1


def test_two_share_a_day_when_neither_ends_before_the_other_begins() -> None:
    assert not OLD.shares_a_day_with(NEW)
    assert not NEW.shares_a_day_with(OLD)
    assert NEW.shares_a_day_with(SURVEYED_ANEW)
    assert OLD.shares_a_day_with(replace(NEW, valid_from=date(2025, 6, 30)))


def test_what_later_publications_cover_altogether_is_seen_no_more() -> None:
    whole = act(1, published=1, valid_from=date(2025, 1, 1), valid_to=date(2025, 12, 31))
    spring = act(2, published=2, valid_from=date(2024, 7, 1), valid_to=date(2025, 6, 30))
    autumn = act(3, published=3, valid_from=date(2025, 7, 1))
    assert is_seen(whole, [whole])
    assert is_seen(whole, [whole, spring])
    assert is_seen(whole, [whole, autumn])
    assert not is_seen(whole, [whole, autumn, spring])
    assert is_seen(whole, [whole, replace(autumn, valid_from=date(2025, 7, 2)), spring])
    assert is_seen(autumn, [whole, autumn, spring])
    assert not is_seen(replace(autumn, is_withdrawn=True), [whole])


def test_a_moment_or_a_day_is_needed() -> None:
    with pytest.raises(ValueError, match="a moment or a day"):
        answering([])


def test_the_last_day_may_be_the_first_but_not_earlier() -> None:
    check_validity(date(2025, 7, 1), date(2025, 7, 1))
    with pytest.raises(InputError, match="lies before the first"):
        check_validity(date(2025, 7, 1), date(2025, 6, 30))
