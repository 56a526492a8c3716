"""The sides of many parcels at once, one after another."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from permits.overlap import Floats, Shapes, largest_parts

Numbers = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlines:
    """The sides of parcels, parcel by parcel, each on its outer ring against the clock.

    Parameters
    ----------
    parcel
        Number of the parcel that a side belongs to, of shape (n,), ascending.
    middle, normal
        Middles, and unit vectors outwards, of shape (n, 2).
    length_m, edge
        Lengths, and the sides themselves, of shape (n,).
    """

    parcel: Numbers
    middle: Floats
    normal: Floats
    length_m: Floats
    edge: Shapes


def outlines_of(parcels: Shapes) -> Outlines:
    """Return the sides of polygons; of a multi-polygon those of its largest part."""
    largest, owner = largest_parts(parcels)
    outside = shapely.get_exterior_ring(largest)
    runs_with_clock = ~shapely.is_ccw(outside)
    outside[runs_with_clock] = shapely.reverse(outside[runs_with_clock])
    corners, ring = shapely.get_coordinates(outside, return_index=True)
    step = np.diff(corners, axis=0)
    length_m = np.hypot(step[:, 0], step[:, 1])
    is_side = (np.diff(ring) == 0) & (length_m > 0)
    start, step, length_m = corners[:-1][is_side], step[is_side], length_m[is_side]
    return Outlines(
        parcel=owner[ring[:-1][is_side]],
        middle=start + step / 2,
        normal=np.column_stack([step[:, 1], -step[:, 0]]) / length_m[:, None],
        length_m=length_m,
        edge=shapely.linestrings(np.stack([start, start + step], axis=1)),
    )
