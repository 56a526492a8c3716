"""Whether two geometries are the same, and which feature of a layer without keys is which one of an older state."""

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from basemap.model import Shape

SAME_WITHIN_M = 0.001
"""Surveyors hand over millimetres: what differs by less is the same place, written again."""

MOST_OF_IT_RATIO = 0.5
"""Two areas or lines that share more than this part of what both cover together are one feature, reshaped."""

_NEAR_A_LINE_M = 0.5
_LEAST = np.finfo(np.float64).tiny

Pairs = npt.NDArray[np.int64]
"""Positions (before, after), one row a pair."""


def same_geometry(before: gpd.GeoSeries, after: gpd.GeoSeries) -> npt.NDArray[np.bool_]:
    """Tell pair by pair whether two geometries are one within a millimetre, wherever their rings begin.

    A corner more on a straight edge changes nothing.

    Parameters
    ----------
    before, after
        Of one length, in one metric coordinate system.
    """
    ours, theirs = np.asarray(before.array, dtype=object), np.asarray(after.array, dtype=object)
    same = np.asarray(shapely.equals_exact(ours, theirs, SAME_WITHIN_M, normalize=True), dtype=bool)
    near = np.all(np.abs(shapely.bounds(ours) - shapely.bounds(theirs)) <= SAME_WITHIN_M, axis=1)
    for position in np.flatnonzero(near & ~same):
        same[position] = _same_linework(ours[position], theirs[position])
    return same


def _same_linework(one: BaseGeometry, other: BaseGeometry) -> bool:
    tolerance_m2 = SAME_WITHIN_M * max(one.length, other.length)
    if one.geom_type != other.geom_type or abs(one.area - other.area) > tolerance_m2:
        return False
    lines = [each.boundary if each.area > 0 else each for each in (one, other)]
    if abs(lines[0].length - lines[1].length) > SAME_WITHIN_M * shapely.get_num_coordinates(one):
        return False
    shapely.prepare(lines)
    return all(
        bool(shapely.dwithin(line, shapely.points(shapely.get_coordinates(corners)), SAME_WITHIN_M).all())
        for line, corners in (lines, reversed(lines))
    )


def match_by_geometry(before: gpd.GeoDataFrame, after: gpd.GeoDataFrame, *, shape: Shape) -> Pairs:
    """Return which feature is which: the same place first, then areas and lines that cover mostly the same.

    Of several features at one place (two addresses of a house) those with equal values are matched before the rest.
    A point that moved is another point.

    Parameters
    ----------
    before, after
        Features without keys in one metric coordinate system; columns but ``geometry`` are compared as values.
    """
    left, right = np.arange(len(before)), np.arange(len(after))
    found = [_matched(before, after, _same_places(before, after))]
    if shape is not Shape.POINT:
        left, right = _rest(left, found[0][:, 0]), _rest(right, found[0][:, 1])
        reshaped = _reshaped(before.iloc[left], after.iloc[right], shape=shape)
        found.append(np.column_stack([left[reshaped[:, 0]], right[reshaped[:, 1]]]))
    return np.concatenate(found)


def _rest(everything: npt.NDArray[np.int64], taken: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    return np.setdiff1d(everything, taken)


def _same_places(before: gpd.GeoDataFrame, after: gpd.GeoDataFrame) -> Pairs:
    """Return all pairs that stand at one place, a feature perhaps in several."""
    tree = shapely.STRtree(after.geometry.array)
    margins = np.array([-SAME_WITHIN_M, -SAME_WITHIN_M, SAME_WITHIN_M, SAME_WITHIN_M])
    boxes = shapely.box(*(before.geometry.bounds.to_numpy() + margins).T)
    pairs = tree.query(boxes).T
    edges = [frame.geometry.bounds.to_numpy()[pairs[:, side]] for side, frame in enumerate((before, after))]
    pairs = pairs[np.all(np.abs(edges[0] - edges[1]) <= SAME_WITHIN_M, axis=1)]
    same = same_geometry(before.geometry.iloc[pairs[:, 0]], after.geometry.iloc[pairs[:, 1]])
    return np.asarray(pairs[same], dtype=np.int64)


def _matched(before: gpd.GeoDataFrame, after: gpd.GeoDataFrame, candidates: Pairs) -> Pairs:
    """Give each feature at most one partner: first those whose values are equal, then in the order of the rows."""
    plain = [pd.DataFrame(frame.drop(columns="geometry")).astype(object) for frame in (before, after)]
    values = [[tuple(row) for row in frame.where(frame.notna(), None).to_numpy()] for frame in plain]
    differs = np.array([values[0][one] != values[1][other] for one, other in candidates], dtype=bool)
    return _greedy(candidates[np.lexsort((candidates[:, 1], candidates[:, 0], differs))])


def _reshaped(before: gpd.GeoDataFrame, after: gpd.GeoDataFrame, *, shape: Shape) -> Pairs:
    ours, theirs = (np.asarray(frame.geometry.array, dtype=object) for frame in (before, after))
    pairs = shapely.STRtree(theirs).query(ours).T
    one, other = ours[pairs[:, 0]], theirs[pairs[:, 1]]
    measure = _shared_area_ratio if shape is Shape.AREA else _shared_length_ratio
    shared_ratio = measure(one, other)
    enough = np.flatnonzero(shared_ratio > MOST_OF_IT_RATIO)
    order = np.lexsort((pairs[enough, 1], pairs[enough, 0], -shared_ratio[enough]))
    return _greedy(pairs[enough[order]])


def _shared_area_ratio(one: npt.NDArray[np.object_], other: npt.NDArray[np.object_]) -> npt.NDArray[np.float64]:
    common_m2 = shapely.area(shapely.intersection(one, other))
    together_m2 = shapely.area(one) + shapely.area(other) - common_m2
    return np.asarray(common_m2 / np.maximum(together_m2, _LEAST))


def _shared_length_ratio(one: npt.NDArray[np.object_], other: npt.NDArray[np.object_]) -> npt.NDArray[np.float64]:
    """Return which part of the longer line runs along the other, within half a metre."""
    near_m = [
        shapely.length(shapely.intersection(line, shapely.buffer(beside, _NEAR_A_LINE_M)))
        for line, beside in ((one, other), (other, one))
    ]
    longer_m = np.maximum(shapely.length(one), shapely.length(other))
    return np.asarray(np.minimum(*near_m) / np.maximum(longer_m, _LEAST))


def _greedy(pairs: Pairs) -> Pairs:
    ours: set[int] = set()
    theirs: set[int] = set()
    kept = []
    for one, other in pairs.tolist():
        if one not in ours and other not in theirs:
            ours.add(one)
            theirs.add(other)
            kept.append((one, other))
    return np.array(kept, dtype=np.int64).reshape(-1, 2)
