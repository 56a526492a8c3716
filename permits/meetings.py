"""Which features of a layer meet which parcels, for many parcels at once, and what each meeting is worth."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from basemap.model import LAYERS, LayerName, Shape
from permits.ground import Ground
from permits.overlap import (
    CLEAR,
    Bands,
    Floats,
    Shapes,
    Yardstick,
    area_error_lengths_m,
    bands_of_areas,
    bands_of_paths,
)

_MILLIMETRE = 0.001
_NOTHING = shapely.Polygon()

Numbers = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True, kw_only=True)
class Meetings:
    """Pairs of a parcel and a feature that are not clear of one another, by parcel, then by feature; all of shape (n,).

    Parameters
    ----------
    parcel, feature
        Row numbers among the shapes that were asked, and in the layer.
    overlap
        Common part; empty for lines and points, and for near misses.
    place
        The overlap; for a near miss the shortest line from the parcel to the feature.
    distance_m
        0 where they meet.
    band
        As in `permits.overlap.BANDS`.
    share_ratio
        Of the parcel's area.
    """

    parcel: Numbers
    feature: Numbers
    band: Bands
    overlap: Shapes
    place: Shapes
    area_m2: Floats
    share_ratio: Floats
    distance_m: Floats


def meetings(layer: LayerName, shapes: Shapes, ground: Ground) -> Meetings:
    """Return what of ``layer`` meets the parcels of these ``shapes``.

    Parameters
    ----------
    shapes
        Valid, on a grid of a millimetre, in the coordinate system of ``ground``.
    """
    error_m, reach_m = ground.error_m(layer), LAYERS[layer].reach_m
    parcel, feature = ground.pairs(layer, shapes, distance_m=max(error_m, reach_m))
    own, other = shapes[parcel], ground.shapes(layer)[feature]
    distance_m = _distances_m(own, other)
    if LAYERS[layer].shape is Shape.AREA:
        overlap = _overlaps(own, other)
        yardstick = _yardstick(layer, own, ground)
        band = bands_of_areas(own, other, overlaps=overlap, distance_m=distance_m, yardstick=yardstick)
    else:
        overlap = np.full(len(own), _NOTHING, dtype=object)
        band = bands_of_paths(own, other, distance_m=distance_m, error_m=error_m, reach_m=reach_m)
    kept = band != CLEAR
    area_m2, own_m2 = shapely.area(overlap), shapely.area(own)
    share = np.divide(area_m2, own_m2, out=np.zeros(len(own)), where=own_m2 > 0)
    is_miss = kept & (area_m2 == 0)
    place = overlap.copy()
    place[is_miss] = shapely.shortest_line(own[is_miss], other[is_miss])
    return Meetings(
        parcel=parcel[kept],
        feature=feature[kept],
        band=band[kept],
        overlap=overlap[kept],
        place=place[kept],
        area_m2=area_m2[kept],
        share_ratio=share[kept],
        distance_m=distance_m[kept],
    )


def _yardstick(layer: LayerName, own: Shapes, ground: Ground) -> Yardstick:
    error_m, thresholds = ground.error_m(layer), ground.thresholds
    return Yardstick(
        error_m=error_m,
        least_area_m2=np.maximum(thresholds.least_area_m2, area_error_lengths_m(own) * error_m),
        may_touch=layer in thresholds.touching_is_nothing,
    )


def _overlaps(own: Shapes, other: Shapes) -> Shapes:
    """Return the common parts; of a parcel that an area holds whole, the parcel itself."""
    overlap = own.copy()
    is_cut = ~shapely.covers(other, own)
    overlap[is_cut] = shapely.intersection(own[is_cut], other[is_cut], grid_size=_MILLIMETRE)
    return overlap


def _distances_m(own: Shapes, other: Shapes) -> Floats:
    distance_m = np.zeros(len(own))
    is_apart = ~shapely.intersects(other, own)
    distance_m[is_apart] = shapely.distance(own[is_apart], other[is_apart])
    return distance_m
