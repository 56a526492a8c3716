"""A building of several uses: the limits of every use hold, and of each the stricter counts. Pure."""

from collections.abc import Sequence
from dataclasses import replace

from permits.model import Direction, Limit, Limits, Verdict

_SEVERITY = (Verdict.NOT_APPLICABLE, Verdict.COMPLIES, None, Verdict.NEEDS_REVIEW, Verdict.VIOLATES)


def strictest_of(asked: Sequence[Limits]) -> Limits:
    """Return for each limit the stricter of what the uses make of it: by verdict, then by figure."""
    first = asked[0]
    names = dict.fromkeys(name for figures in asked for name in figures.by_name)
    by_name = {
        name: max((figures.by_name[name] for figures in asked if name in figures.by_name), key=_strictness)
        for name in names
    }
    return replace(first, by_name=by_name)


def _strictness(limit: Limit) -> tuple[int, float]:
    figure = 0.0 if limit.value is None else float(limit.value)
    return _SEVERITY.index(limit.verdict), figure if limit.direction is Direction.MIN else -figure
