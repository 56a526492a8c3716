"""The one place that reads the clock for the server."""

from datetime import UTC, date, datetime

from basemap.timeline import day_in_vietnam


def now() -> datetime:
    """Return the moment, in UTC."""
    return datetime.now(tz=UTC)


def today_in_vietnam() -> date:
    """Return the day in Vietnam: an act of 23:30 there belongs to that day."""
    return day_in_vietnam(now())
