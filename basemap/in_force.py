"""Which version of a layer was in force at a time: the reading of ``datetime`` under ``/ogc``.

A version holds for the days that its source states, both ends included, as days in Vietnam. One whose source states
nothing holds from its publication on. Where several hold, the one published last answers, as in `basemap.timeline`.

References
----------
OGC 17-069r4, OGC API - Features - Part 1: Core, clause 7.15.4: features whose temporal geometry meets the interval.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta

from basemap.feature_query import Period
from basemap.timeline import VIETNAM, Publication

_EARLIEST = datetime.min.replace(tzinfo=UTC)
_LATEST = datetime.max.replace(tzinfo=UTC) - timedelta(microseconds=1)
_NEVER = datetime.max.replace(tzinfo=UTC)


def in_force(publications: Iterable[Publication], period: Period) -> Publication | None:
    """Return what was in force in ``period``, and at its end where that changed within it; None when nothing was.

    Parameters
    ----------
    publications
        Of one layer, in the order in which they were made; withdrawn ones are as if they had never been.
    """
    begin, end = period.start or _EARLIEST, period.end or _LATEST
    meeting = [
        each
        for each in publications
        if not each.is_withdrawn and (_since(each) or _EARLIEST) <= end and begin < (_until(each) or _NEVER)
    ]
    # `max` keeps the first of equals: the one published last is asked first.
    return max(reversed(meeting), key=lambda each: min(_until(each) or _NEVER, end), default=None)


def extent_of(publications: Iterable[Publication]) -> Period:
    """Return the time from the first to the last moment at which any version holds; None is open."""
    standing = [each for each in publications if not each.is_withdrawn]
    starts, ends = [_since(each) for each in standing], [_until(each) for each in standing]
    known_starts = [start for start in starts if start is not None]
    known_ends = [end for end in ends if end is not None]
    return Period(
        start=min(known_starts) if known_starts and len(known_starts) == len(starts) else None,
        end=max(known_ends) - timedelta(seconds=1) if known_ends and len(known_ends) == len(ends) else None,
    )


def _since(publication: Publication) -> datetime | None:
    """Return the first moment at which a version holds; None is ever."""
    if publication.valid_from is None and publication.valid_to is None:
        return publication.published_at
    is_open = publication.valid_from is None or publication.valid_from == date.min
    return None if is_open else _begin(publication.days[0])


def _until(publication: Publication) -> datetime | None:
    """Return the first moment at which a version holds no more; None is never."""
    last = publication.days[1]
    return None if last == date.max else _begin(last + timedelta(days=1))


def _begin(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=VIETNAM).astimezone(UTC)
