"""The nearest destinations of many origins, chosen exactly while the distances come in bundles."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from spatial.errors import InputError
from spatial.geometry import whole_metres
from spatial.text import Text

Integers = npt.NDArray[np.int64]

_NOBODY = np.iinfo(np.int64).max
_DESTINATION_BITS = 24
"""A key is distance times 2**24 plus destination: 16 million destinations, 500 million kilometres."""
_CHUNK_BYTES = 64 << 20


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pairs:
    """Pairs of origin and destination, sorted by origin, distance, destination.

    Parameters
    ----------
    origin, destination
        Shape (k,), int32.
    distance_m
        Shape (k,), whole metres.
    """

    origin: npt.NDArray[np.int32]
    destination: npt.NDArray[np.int32]
    distance_m: Integers


@dataclass(slots=True, kw_only=True, eq=False)
class NearestPairs:
    """Collects whole-metre distances and keeps the nearest.

    Parameters
    ----------
    origin_count
        Number of origins.
    nearest_count
        So many destinations an origin; None: all within ``max_distance_m``.
    max_distance_m
        Greatest distance that counts, inclusive.
    """

    origin_count: int
    nearest_count: int | None
    max_distance_m: int
    _best: Integers = field(init=False)
    _all: list[tuple[Integers, Integers]] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        """Start with nobody near anybody; raise InputError when fewer than one is to be kept."""
        if self.nearest_count is not None and self.nearest_count < 1:
            raise InputError(
                Text("Số trường gần nhất phải từ 1 trở lên.", "The number of nearest destinations must be 1 or more.")
            )
        self._best = np.empty((self.origin_count, 0), dtype=np.int64)

    def add(self, destinations: Integers, distance_m: Integers) -> None:
        """Take in distances of shape (len(destinations), origin_count); a negative one means no way."""
        outside = (distance_m < 0) | (distance_m > self.max_distance_m)
        keys = np.where(outside, _NOBODY, (distance_m << _DESTINATION_BITS) + destinations[:, np.newaxis]).T
        if self.nearest_count is None:
            origin, column = np.nonzero(keys != _NOBODY)
            self._all.append((origin, keys[origin, column]))
            return
        together = np.concatenate([self._best, keys], axis=1)
        if together.shape[1] > self.nearest_count:
            together.partition(self.nearest_count - 1, axis=1)
            together = together[:, : self.nearest_count].copy()
        self._best = together

    def pairs(self) -> Pairs:
        """Return the pairs kept."""
        if self.nearest_count is None:
            origin = np.concatenate([np.empty(0, dtype=np.int64), *(origin for origin, _ in self._all)])
            keys = np.concatenate([np.empty(0, dtype=np.int64), *(keys for _, keys in self._all)])
            order = np.lexsort((keys, origin))
            origin, keys = origin[order], keys[order]
        else:
            best = np.sort(self._best, axis=1)
            origin, column = np.nonzero(best != _NOBODY)
            keys = best[origin, column]
        return Pairs(
            origin=origin.astype(np.int32),
            destination=(keys & ((1 << _DESTINATION_BITS) - 1)).astype(np.int32),
            distance_m=keys >> _DESTINATION_BITS,
        )


def straight_line_pairs(
    origins_xy: npt.NDArray[np.float64],
    destinations_xy: npt.NDArray[np.float64],
    *,
    max_distance_m: int,
    nearest_count: int | None = None,
) -> Pairs:
    """Return the pairs within a straight-line distance: for comparison only, nobody walks over a river.

    Parameters
    ----------
    origins_xy, destinations_xy
        Shapes (n, 2) and (m, 2), metres in one metric coordinate system; NaN where a point is unknown.
    max_distance_m
        Greatest straight distance, whole metres, inclusive.
    nearest_count
        Keep so many destinations an origin; None: all.
    """
    nearest = NearestPairs(origin_count=len(origins_xy), nearest_count=nearest_count, max_distance_m=max_distance_m)
    for bundle in _bundles(len(destinations_xy), row_bytes=32 * max(1, len(origins_xy))):
        away = destinations_xy[bundle, np.newaxis, :] - origins_xy[np.newaxis, :, :]
        straight_m = np.hypot(away[..., 0], away[..., 1])
        nearest.add(bundle, whole_metres(np.where(np.isfinite(straight_m), straight_m, -1.0)))
    return nearest.pairs()


def _bundles(count: int, *, row_bytes: int) -> Iterator[Integers]:
    size = max(1, _CHUNK_BYTES // row_bytes)
    for begin in range(0, count, size):
        yield np.arange(begin, min(begin + size, count))
