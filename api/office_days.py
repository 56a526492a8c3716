"""The working calendar of this office: the country's, and the office's own days from the settings."""

from functools import lru_cache
from pathlib import Path

from spatial.calendar import OfficeCalendar
from spatial.office_years import office_calendar


def calendar_of(first_year: int, last_year: int, *, own_days: Path | None) -> OfficeCalendar:
    """Return the working calendar of some years; the office's file is read anew when it was changed.

    Raises
    ------
    InputError
        The office's file cannot be used.
    NotFoundError
        There is no such file.
    """
    changed = None if own_days is None or not own_days.is_file() else own_days.stat().st_mtime_ns
    return _kept(first_year, last_year, own_days, changed)


@lru_cache(maxsize=64)
def _kept(first_year: int, last_year: int, path: Path | None, changed: int | None) -> OfficeCalendar:
    del changed
    return office_calendar(first_year, last_year, own_days=path)
