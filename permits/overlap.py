"""Does a layer really touch a parcel? Drawings err by decimetres, so the answer has three bands, not two."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from basemap.model import LAYERS, LayerName

_MAINLY_RATIO, _WHOLE_RATIO = 0.5, 1 - 1e-6


class Band(StrEnum):
    """What an overlap is worth: a hit, nothing, or something that a person must look at."""

    HIT = "hit"
    REVIEW = "review"
    SLIVER = "sliver"
    CLEAR = "clear"


@dataclass(frozen=True, slots=True, kw_only=True)
class OverlapThresholds:
    """The positional errors that separate the bands, as data.

    Parameters
    ----------
    parcel_error_m
        Standard error of a parcel corner, metres (cadastral maps of 1:200 to 1:2000: 0.05 to 0.30).
    layer_error_m
        Standard error of each layer, metres (a zone plan 1:2000 drawn at 0.2 to 0.5 mm: 0.4 to 1.0), as the layer
        is declared.
    least_area_m2
        No overlap below it is a hit.
    area_difference_ratio
        Registered and measured area may differ by this share.
    area_difference_error_ratio
        And by so many times the standard error of the measured area.
    touching_is_nothing
        Layers whose features stand wall to wall, so that touching one means nothing.
    """

    parcel_error_m: float = 0.10
    layer_error_m: Mapping[LayerName, float] = field(
        default_factory=lambda: {name: schema.position_error_m for name, schema in LAYERS.items()}
    )
    least_area_m2: float = 1.0
    area_difference_ratio: float = 0.01
    area_difference_error_ratio: float = 2.0
    touching_is_nothing: frozenset[LayerName] = frozenset(
        name for name, schema in LAYERS.items() if schema.is_wall_to_wall
    )

    def combined_error_m(self, layer: LayerName, *, datum_error_m: float = 0.0) -> float:
        """Return the standard error between a parcel and a feature of ``layer``, metres."""
        return math.hypot(self.parcel_error_m, self.layer_error_m.get(layer, self.parcel_error_m), datum_error_m)


def area_error_m2(parcel: BaseGeometry, *, point_error_m: float) -> float:
    """Return the standard error of a polygon's area when each corner errs by ``point_error_m``.

    References
    ----------
    Error propagation of the shoelace formula: s/2 · √Σ|P(i+1) − P(i−1)|², with s = error / √2 for each axis.
    """
    return point_error_m * _area_error_per_metre(parcel)


@lru_cache(maxsize=64)
def _area_error_per_metre(parcel: BaseGeometry) -> float:
    largest = max(shapely.get_parts(parcel), key=shapely.area)
    ring = shapely.get_coordinates(shapely.get_exterior_ring(largest))[:-1]
    across = np.roll(ring, -1, axis=0) - np.roll(ring, 1, axis=0)
    return float(math.sqrt((across**2).sum()) / (2 * math.sqrt(2)))


def band_of(overlap: BaseGeometry, *, distance_m: float, error_m: float, least_area_m2: float, may_touch: bool) -> Band:
    """Return what an overlap is worth.

    Parameters
    ----------
    overlap
        Common part, empty where there is none.
    distance_m
        Distance of the two where there is no common part: a near miss within the error is not clear.
    error_m
        Combined standard error: an overlap narrower than this is no proof.
    least_area_m2
        Smallest area of a hit.
    """
    if overlap.area == 0:
        return Band.CLEAR if may_touch or distance_m > error_m else Band.REVIEW
    is_wide = not shapely.is_empty(shapely.buffer(overlap, -error_m / 2))
    is_large = overlap.area >= least_area_m2
    if is_wide and is_large:
        return Band.HIT
    return Band.SLIVER if not is_wide and not is_large else Band.REVIEW


def band_of_area(
    shape: BaseGeometry,
    feature: BaseGeometry,
    *,
    overlap: BaseGeometry,
    error_m: float,
    least_area_m2: float,
    may_touch: bool,
) -> Band:
    """Return what the overlap of a parcel with an area is worth.

    A parcel that is itself narrow or small lies in an area that holds it whole, however little that is.
    """
    distance_m = float(shapely.distance(shape, feature))
    band = band_of(overlap, distance_m=distance_m, error_m=error_m, least_area_m2=least_area_m2, may_touch=may_touch)
    if band in (Band.HIT, Band.CLEAR) or overlap.area < shape.area * _MAINLY_RATIO:
        return band
    margin_m = float(shapely.distance(shape, shapely.boundary(feature)))
    is_whole = overlap.area >= shape.area * _WHOLE_RATIO
    return Band.HIT if is_whole and margin_m > error_m else Band.REVIEW


def band_of_path(shape: BaseGeometry, feature: BaseGeometry, *, error_m: float, reach_m: float) -> Band:
    """Return what a line or a point is worth: a hit inside the parcel, for review within the error or its reach."""
    distance_m = float(shapely.distance(shape, feature))
    if distance_m > max(error_m, reach_m):
        return Band.CLEAR
    return Band.HIT if shapely.intersects(shapely.buffer(shape, -error_m), feature) else Band.REVIEW
