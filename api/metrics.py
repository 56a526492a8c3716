"""Figures for whoever watches over the server: how many requests, how fast, how they ended. Nobody is in them.

A label is a method, the template of a route (never a path: that may name a parcel or a school) or a status. Each
process counts for itself.
"""

from collections.abc import Callable, Collection, Mapping
from importlib import metadata
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from starlette.applications import Starlette
from starlette.types import Scope

NO_ROUTE = "none"
"""Label of what no route answered: refused at the door, or not found."""

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_BOUNDS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_OUTCOMES = {200: "hit", 404: "miss", 429: "too_many"}
_OTHER_OUTCOME = "refused"

Key = tuple[str, str, int, bool]
Note = Callable[[float], None]


class Metrics:
    """The counters of one process."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter("diaban_requests", "Requests.", ("method", "route", "status"), registry=self._registry)
        self._seconds = Histogram(
            "diaban_request_seconds", "Time to answer.", ("route",), registry=self._registry, buckets=_BOUNDS_S
        )
        self._look_ups = Counter(
            "diaban_look_ups", "Look-ups of a child's place.", ("outcome",), registry=self._registry
        )
        self._database_up = Gauge("diaban_database_up", "1 when the store answers.", registry=self._registry)
        info = Gauge("diaban_info", "The version that runs.", ("version",), registry=self._registry)
        info.labels(metadata.version("diaban")).set(1)
        ProcessCollector(registry=self._registry)
        for outcome in (*_OUTCOMES.values(), _OTHER_OUTCOME):
            self._look_ups.labels(outcome)
        self._notes: dict[Key, Note] = {}

    def note(self, key: Key, took_s: float) -> None:
        """Count one request: method, template of the route, status, and whether it was a look-up."""
        note = self._notes.get(key)
        if note is None:
            note = self._notes[key] = self._note_of(key)
        note(took_s)

    def _note_of(self, key: Key) -> Note:
        method, route, status, is_look_up = key
        counted = [self._requests.labels(method, route, status)]
        if is_look_up:
            counted.append(self._look_ups.labels(_OUTCOMES.get(status, _OTHER_OUTCOME)))
        observe = self._seconds.labels(route).observe

        def note(took_s: float) -> None:
            observe(took_s)
            for counter in counted:
                counter.inc()

        return note

    def as_text(self, *, database_is_up: bool) -> bytes:
        """Return all figures in the text format of Prometheus."""
        self._database_up.set(database_is_up)
        return generate_latest(self._registry)


def metrics_of(app: Starlette) -> Metrics:
    """Return the counters of a server."""
    metrics: Metrics = app.state.metrics
    return metrics


class RequestCounter:
    """Counts a request that `api.security.AccessLog` has timed: a wrapper of its own would cost 6% of a look-up.

    Parameters
    ----------
    templates
        Path of each route by its endpoint, for routes that do not tell it themselves.
    """

    def __init__(self, metrics: Metrics, *, templates: Mapping[Any, str], look_up_paths: Collection[str]) -> None:
        self._metrics = metrics
        self._templates = templates
        self._look_up_paths = frozenset(look_up_paths)

    def __call__(self, scope: Scope, status: int, took_s: float) -> None:
        """Count one request by how it ended."""
        method = scope["method"] if scope["method"] in _METHODS else "other"
        is_look_up = method == "POST" and scope["path"] in self._look_up_paths
        self._metrics.note((method, self._template_of(scope), status, is_look_up), took_s)

    def _template_of(self, scope: Scope) -> str:
        route = scope.get("route")
        # Plain Starlette routes tell their endpoint alone.
        return self._templates.get(scope.get("endpoint"), NO_ROUTE) if route is None else str(route.path)
