"""Maps that were drawn already: drawing takes some tenths of a second, and on results day thousands ask for one.

A map is found again by everything that it depends on, so that a newer layer or round makes a newer map at once.
"""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass

MOST_MAPS_COUNT = 200
"""Some 70 kB each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnMap:
    """A map document, and the tag by which a browser asks whether its copy is still the newest."""

    document: str
    etag: str


class MapShelf:
    """Keeps the maps that were asked for last."""

    def __init__(self, *, most_count: int = MOST_MAPS_COUNT) -> None:
        self._most_count = most_count
        self._maps: OrderedDict[tuple[Hashable, ...], DrawnMap] = OrderedDict()
        self._lock = threading.Lock()
        self._pen = threading.Lock()

    def fetch(self, key: tuple[Hashable, ...], draw: Callable[[], tuple[tuple[Hashable, ...], str]]) -> DrawnMap:
        """Return the map of ``key``, drawn now if it does not stand here.

        One is drawn at a time: of a thousand who ask at once for the same map, one waits for the pen and the
        others find it on the shelf.

        Parameters
        ----------
        draw
            Returns the document with the key of what it was really drawn from: between the question and the
            drawing a layer may have been published.
        """
        found = self._take(key)
        if found is not None:
            return found
        with self._pen:
            found = self._take(key)
            if found is None:
                drawn_key, document = draw()
                found = self._put(drawn_key, document)
        return found

    def _take(self, key: tuple[Hashable, ...]) -> DrawnMap | None:
        with self._lock:
            found = self._maps.get(key)
            if found is not None:
                self._maps.move_to_end(key)
            return found

    def _put(self, key: tuple[Hashable, ...], document: str) -> DrawnMap:
        made = DrawnMap(document=document, etag=f'"{hashlib.sha256(document.encode()).hexdigest()[:32]}"')
        with self._lock:
            self._maps[key] = made
            while len(self._maps) > self._most_count:
                self._maps.popitem(last=False)
        return made
