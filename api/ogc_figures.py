"""Counts and boxes of layer versions, remembered: a version never changes, so they never grow stale."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any

from fastapi import Request
from sqlalchemy.orm import Session

from basemap import feature_counts, feature_store
from basemap.feature_page import Edition, FeaturePage, MatchCount
from basemap.feature_query import FeatureQuery
from basemap.model import LayerName
from spatial.db import Bounds

_MOST_REMEMBERED_COUNT = 4096


class EditionFigures:
    """Figures of one store, the latest few thousand of them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: OrderedDict[Hashable, Any] = OrderedDict()

    def extent(self, session: Session, layer: LayerName, edition: Edition) -> Bounds | None:
        """Return the box of a version in the storage coordinate system."""
        key = ("extent", layer, edition.version_id)
        found: Bounds | None = self._remember(
            key, lambda: feature_store.read_extent(session, layer, edition.version_id)
        )
        return found

    def matches(
        self, session: Session, layer: LayerName, edition: Edition, *, query: FeatureQuery, page: FeaturePage
    ) -> MatchCount:
        """Return how many features match; the last page of an answer tells it without a count."""
        if not page.has_more and (page.returned_count or query.offset_count == 0):
            return MatchCount(count=query.offset_count + page.returned_count, is_exact=True)
        key = ("matches", layer, edition.version_id, query.condition_key)
        found: MatchCount = self._remember(
            key, lambda: feature_counts.count_matches(session, layer, edition, query=query)
        )
        return found

    def _remember(self, key: Hashable, find: Callable[[], Any]) -> Any:  # noqa: ANN401  whatever is found
        with self._lock:
            if key in self._known:
                self._known.move_to_end(key)
                return self._known[key]
        found = find()
        with self._lock:
            self._known[key] = found
            while len(self._known) > _MOST_REMEMBERED_COUNT:
                self._known.popitem(last=False)
        return found


def figures_of(request: Request) -> EditionFigures:
    """Return the remembered figures of the installation that a request came to."""
    figures: EditionFigures = request.app.state.edition_figures
    return figures
