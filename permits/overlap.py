"""Does a layer really touch a parcel? Drawings err by decimetres, so the answer has three bands, not two."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

from basemap.model import LAYERS, LayerName

MILLIMETRE = 0.001
_MAINLY_RATIO, _WHOLE_RATIO = 0.5, 1 - 1e-6

_POLYGON = int(shapely.GeometryType.POLYGON)

Shapes = npt.NDArray[np.object_]
Floats = npt.NDArray[np.float64]
Bands = npt.NDArray[np.int8]


class Band(StrEnum):
    """What an overlap is worth: a hit, nothing, or something that a person must look at."""

    HIT = "hit"
    REVIEW = "review"
    SLIVER = "sliver"
    CLEAR = "clear"


BANDS = (Band.CLEAR, Band.SLIVER, Band.REVIEW, Band.HIT)
"""Arrays hold a band by its place in this row."""

CLEAR, SLIVER, REVIEW, HIT = range(len(BANDS))


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
    largest = max(shapely.get_parts(parcel), key=shapely.area, default=None)
    corners = shapely.get_coordinates(shapely.get_exterior_ring(largest)).tolist()[:-1]  # a ring ends where it began
    pairs = zip([*corners[-1:], *corners[:-1]], [*corners[1:], *corners[:1]], strict=True)
    across = [(after[0] - before[0], after[1] - before[1]) for before, after in pairs]
    return math.sqrt(sum(x * x + y * y for x, y in across)) / (2 * math.sqrt(2)) * point_error_m


def area_error_lengths_m(shapes: Shapes) -> Floats:
    """Return for each shape the length that an error of its corners is multiplied by to give the error of its area.

    Of a shape in parts the largest counts.
    """
    chosen, owner = largest_parts(shapes)
    corners, ring = shapely.get_coordinates(shapely.get_exterior_ring(chosen), return_index=True)
    is_last = np.diff(ring, append=-1) != 0
    corners, ring = corners[~is_last], ring[~is_last]  # a ring ends where it began
    first = np.flatnonzero(np.diff(ring, prepend=-1) != 0)
    last = np.append(first, len(ring))[1:] - 1
    following, before = np.arange(1, len(ring) + 1), np.arange(-1, len(ring) - 1)
    following[last], before[first] = first, last
    across = corners[following] - corners[before]
    squares = np.bincount(ring, weights=(across**2).sum(axis=1), minlength=len(chosen))
    lengths_m = np.zeros(len(shapes))
    lengths_m[owner] = np.sqrt(squares) / (2 * math.sqrt(2))
    return lengths_m


def largest_parts(shapes: Shapes) -> tuple[Shapes, npt.NDArray[np.intp]]:
    """Return the largest part of each shape that has any, and the number of that shape."""
    parts, owner = shapely.get_parts(shapes, return_index=True)
    order = np.lexsort((-shapely.area(parts), owner))
    is_largest = np.diff(owner[order], prepend=-1) > 0
    return parts[order][is_largest], owner[order][is_largest]


def shapes_of(*shapes: BaseGeometry) -> Shapes:
    """Return shapes as an array."""
    found = np.empty(len(shapes), dtype=object)
    found[:] = shapes
    return found


def on_grid(shapes: Shapes) -> Shapes:
    """Return shapes with corners on whole millimetres; none keeps the grid: it would slow all that is done with it."""
    rounded = shapely.set_precision(shapes, MILLIMETRE, mode="pointwise")
    is_off = ~shapely.is_valid(rounded)
    rounded[is_off] = shapely.set_precision(shapes[is_off], MILLIMETRE)
    return np.asarray(shapely.set_precision(rounded, 0, mode="pointwise"), dtype=object)


def mended(shapes: Shapes) -> Shapes:
    """Return shapes made valid; of an outline that runs out along a line and back, the area alone."""
    return np.asarray(shapely.make_valid(shapes, method="structure", keep_collapsed=False), dtype=object)


def band_of(overlap: BaseGeometry, *, distance_m: float, error_m: float, least_area_m2: float, may_touch: bool) -> Band:
    """Return what one overlap is worth, as `bands_of` does of many."""
    yardstick = Yardstick(error_m=error_m, least_area_m2=least_area_m2, may_touch=may_touch)
    found = bands_of(shapes_of(overlap), distance_m=np.asarray([distance_m]), yardstick=yardstick)
    return BANDS[found[0]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Yardstick:
    """What overlaps are held against.

    Parameters
    ----------
    error_m
        Combined standard error: an overlap narrower than this is no proof.
    least_area_m2
        Smallest area of a hit, of shape (n,) or one for all.
    may_touch
        Merely touching means nothing.
    """

    error_m: float
    least_area_m2: Floats | float
    may_touch: bool


def bands_of(overlaps: Shapes, *, distance_m: Floats, yardstick: Yardstick) -> Bands:
    """Return what overlaps are worth.

    Parameters
    ----------
    overlaps
        Common parts, empty where there is none.
    distance_m
        Distance of the two where there is no common part: a near miss within the error is not clear.
    """
    error_m = yardstick.error_m
    areas_m2 = shapely.area(overlaps)
    is_large = areas_m2 >= yardstick.least_area_m2
    is_wide = np.zeros(len(overlaps), dtype=bool)
    has_area = areas_m2 > 0
    is_wide[has_area] = _are_wide(overlaps[has_area], areas_m2[has_area], width_m=error_m)
    bands = np.full(len(overlaps), REVIEW, dtype=np.int8)
    bands[is_wide & is_large] = HIT
    bands[~is_wide & ~is_large] = SLIVER
    bands[~has_area] = CLEAR if yardstick.may_touch else REVIEW
    bands[~has_area & (distance_m > error_m)] = CLEAR
    return bands


def _are_wide(shapes: Shapes, areas_m2: Floats, *, width_m: float) -> npt.NDArray[np.bool_]:
    """Tell whether a disc of diameter ``width_m`` fits in, somewhere.

    References
    ----------
    A simply connected domain of area A and perimeter L holds a disc of radius A / L (R. Osserman, Bonnesen-style
    isoperimetric inequalities, American Mathematical Monthly 86, 1979); the others are shrunk to see.
    """
    has_no_hole = shapely.get_num_interior_rings(shapes) == 0
    is_wide: npt.NDArray[np.bool_] = has_no_hole & (shapely.get_type_id(shapes) == _POLYGON)
    is_wide &= areas_m2 > shapely.length(shapes) * (width_m / 2)
    open_ = ~is_wide
    is_wide[open_] = ~shapely.is_empty(shapely.buffer(shapes[open_], -width_m / 2))

    return is_wide


def bands_of_areas(
    shapes: Shapes, features: Shapes, *, overlaps: Shapes, distance_m: Floats, yardstick: Yardstick
) -> Bands:
    """Return what the overlaps of parcels with areas are worth.

    A parcel that is itself narrow or small lies in an area that holds it whole, however little that is.
    """
    bands = bands_of(overlaps, distance_m=distance_m, yardstick=yardstick)
    areas_m2, own_m2 = shapely.area(overlaps), shapely.area(shapes)
    is_doubtful = (bands == REVIEW) | (bands == SLIVER)
    mainly = np.flatnonzero(is_doubtful & (areas_m2 >= own_m2 * _MAINLY_RATIO))
    margin_m = shapely.distance(shapes[mainly], shapely.boundary(features[mainly]))
    is_whole = areas_m2[mainly] >= own_m2[mainly] * _WHOLE_RATIO
    bands[mainly] = np.where(is_whole & (margin_m > yardstick.error_m), HIT, REVIEW)
    return bands


def bands_of_paths(shapes: Shapes, features: Shapes, *, distance_m: Floats, error_m: float, reach_m: float) -> Bands:
    """Return what lines or points are worth: hits inside the parcel, for review within the error or their reach."""
    bands = np.full(len(shapes), REVIEW, dtype=np.int8)
    bands[shapely.intersects(shapely.buffer(shapes, -error_m), features)] = HIT
    bands[distance_m > max(error_m, reach_m)] = CLEAR
    return bands
