"""Days and moments as people type them."""

from datetime import UTC, date, datetime, time

from basemap.timeline import VIETNAM
from spatial.errors import InputError
from spatial.text import Text


def day_typed(words: str | None) -> date | None:
    """Return the day of ``2026-11-22``; None for nothing.

    Raises
    ------
    InputError
        It is no day.
    """
    return None if words is None else day_of(words)


def day_of(words: str) -> date:
    """Return the day of ``2026-11-22``. Raises InputError when it is no day."""
    try:
        return date.fromisoformat(words)
    except ValueError as error:
        raise _not_understood(words, "2026-11-22") from error


def moment_typed(words: str | None) -> datetime | None:
    """Return a moment in UTC; a day alone is its last millisecond, and without an offset hours are Vietnam's.

    Raises
    ------
    InputError
        It is no moment.
    """
    if words is None:
        return None
    try:
        moment = datetime.fromisoformat(words)
        if "T" not in words.upper() and ":" not in words:
            moment = datetime.combine(moment.date(), time(23, 59, 59, 999_000))
    except ValueError as error:
        raise _not_understood(words, "2026-11-22, 2026-11-22T09:30, 2026-11-22T02:30Z") from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=VIETNAM)).astimezone(UTC)


def _not_understood(words: str, examples: str) -> InputError:
    return InputError(
        Text(f"{words!r} không phải ngày giờ.", f"{words!r} is no day or moment."),
        hint=Text(f"Ghi như: {examples}.", f"Write like: {examples}."),
    )
