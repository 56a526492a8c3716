"""Which features of a layer meet which parcels, for many parcels at once, and what each meeting is worth."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from basemap.model import LAYERS, LayerName, Shape
from permits.ground import Ground
from permits.overlap import (
    CLEAR,
    MILLIMETRE,
    Bands,
    Floats,
    Shapes,
    Yardstick,
    area_error_lengths_m,
    bands_of_areas,
    bands_of_paths,
    mended,
    on_grid,
)

_MULTI_POLYGON = int(shapely.GeometryType.MULTIPOLYGON)
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Plots:
    """Parcels made ready to be asked about.

    Parameters
    ----------
    shapes
        Valid, on a grid of a millimetre; one that has a single part is a plain polygon.
    error_lengths_m
        As `permits.overlap.area_error_lengths_m` gives them.
    """

    shapes: Shapes
    error_lengths_m: Floats


def plots_of(drawn: Shapes) -> Plots:
    """Return parcels as drawn, made ready; a drawing that is not valid is mended."""
    shapes = drawn.copy()
    broken = ~shapely.is_valid(shapes)
    shapes[broken] = mended(shapes[broken])
    is_one = (shapely.get_type_id(shapes) == _MULTI_POLYGON) & (shapely.get_num_geometries(shapes) == 1)
    shapes[is_one] = shapely.get_geometry(shapes[is_one], 0)
    rounded = on_grid(shapes)
    return Plots(shapes=rounded, error_lengths_m=area_error_lengths_m(rounded))


def meetings(layer: LayerName, plots: Plots, ground: Ground) -> Meetings:
    """Return what of ``layer`` meets the parcels.

    Parameters
    ----------
    plots
        In the coordinate system of ``ground``.
    """
    shapes = plots.shapes
    error_m, reach_m = ground.error_m(layer), LAYERS[layer].reach_m
    parcel, feature = ground.pairs(layer, shapes, distance_m=max(error_m, reach_m))
    own, other = shapes[parcel], ground.shapes(layer)[feature]
    do_meet = shapely.intersects(other, own)
    distance_m = np.zeros(len(own))
    distance_m[~do_meet] = shapely.distance(own[~do_meet], other[~do_meet])
    if LAYERS[layer].shape is Shape.AREA:
        overlap = _overlaps(own, other, do_meet=do_meet)
        yardstick = _yardstick(layer, plots.error_lengths_m[parcel], ground)
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


def _yardstick(layer: LayerName, error_lengths_m: Floats, ground: Ground) -> Yardstick:
    error_m, thresholds = ground.error_m(layer), ground.thresholds
    return Yardstick(
        error_m=error_m,
        least_area_m2=np.maximum(thresholds.least_area_m2, error_lengths_m * error_m),
        may_touch=layer in thresholds.touching_is_nothing,
    )


def _overlaps(own: Shapes, other: Shapes, *, do_meet: npt.NDArray[np.bool_]) -> Shapes:
    """Return the common parts; of a parcel that an area holds whole, the parcel itself.

    What is narrower than the grid is nothing: where two drawings share a line, it is what rounding left between them.
    """
    overlap = own.copy()
    overlap[~do_meet] = _NOTHING
    is_cut = do_meet & ~shapely.covers(other, own)
    common = shapely.intersection(own[is_cut], other[is_cut])
    common[2 * shapely.area(common) < MILLIMETRE * shapely.length(common)] = _NOTHING
    overlap[is_cut] = on_grid(common)
    return overlap
