"""Which version answers for a moment, told on a short history."""

from datetime import UTC, date, datetime, timedelta

import pytest

from basemap.model import LayerName, LayerVersion, LayerVersionId
from basemap.timeline import Publication, answering, check_validity, holds_on
from spatial.errors import DataUnavailableError, InputError

MORNING = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


def hour(number: int) -> datetime:
    return MORNING + timedelta(hours=number)


def act(number: int, *, published: int, withdrawn: int | None = None, is_withdrawn: bool = False) -> Publication:
    return Publication(
        layer=LayerName.WARD,
        version_id=LayerVersionId(number),
        published_at=hour(published),
        withdrawn_at=None if withdrawn is None else hour(withdrawn),
        is_withdrawn=is_withdrawn or withdrawn is not None,
    )


def version(valid_from: date | None, valid_to: date | None) -> LayerVersion:
    return LayerVersion(
        version_id=LayerVersionId(1),
        layer=LayerName.WARD,
        imported_at=MORNING,
        imported_by="",
        source_file="",
        source_sha256="",
        source_crs="",
        feature_count=0,
        quarantined_count=0,
        published_at=None,
        is_current=False,
        valid_from=valid_from,
        valid_to=valid_to,
    )


def test_nothing_answers_before_the_first_publishing() -> None:
    assert answering([act(1, published=1)], as_of=hour(0)) is None
    assert answering([]) is None


def test_the_last_that_stood_answers() -> None:
    """Published at one, two and three; the third went at four, the second at five, the first came anew at six."""
    history = [
        act(1, published=1),
        act(2, published=2, withdrawn=5),
        act(3, published=3, withdrawn=4),
        act(1, published=6),
    ]
    told = {number: answering(history, as_of=hour(number)) for number in range(1, 8)}
    assert told == {1: 1, 2: 2, 3: 3, 4: 2, 5: 1, 6: 1, 7: 1}
    assert answering(history) == 1


def test_a_withdrawal_without_a_moment_is_said_where_the_answer_hangs_on_it() -> None:
    history = [act(1, published=1), act(2, published=2, is_withdrawn=True), act(3, published=5)]
    assert answering(history, as_of=hour(1)) == 1
    assert answering(history, as_of=hour(5)) == 3
    assert answering(history) == 3
    with pytest.raises(DataUnavailableError, match="Nobody wrote down when version 2"):
        answering(history, as_of=hour(3))


def test_a_moment_needs_its_time_zone() -> None:
    with pytest.raises(ValueError, match="time zone"):
        answering([], as_of=MORNING.replace(tzinfo=None))


@pytest.mark.parametrize(
    ("valid_from", "valid_to", "holds"),
    [
        (None, None, False),
        (date(2025, 7, 1), None, True),
        (date(2025, 7, 2), None, False),
        (None, date(2025, 7, 1), True),
        (None, date(2025, 6, 30), False),
        (date(2025, 7, 1), date(2025, 7, 1), True),
    ],
)
def test_both_days_belong_to_the_validity(valid_from: date | None, valid_to: date | None, *, holds: bool) -> None:
    assert holds_on(version(valid_from, valid_to), date(2025, 7, 1)) is holds


def test_the_last_day_may_be_the_first_but_not_earlier() -> None:
    check_validity(date(2025, 7, 1), date(2025, 7, 1))
    with pytest.raises(InputError, match="lies before the first"):
        check_validity(date(2025, 7, 1), date(2025, 6, 30))
