"""The one place that reads the clock for the server."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")


def now() -> datetime:
    """Return the moment, in UTC."""
    return datetime.now(tz=UTC)


def today_in_vietnam() -> date:
    """Return the day in Vietnam: an act of 23:30 there belongs to that day."""
    return now().astimezone(VIETNAM).date()
