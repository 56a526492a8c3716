"""Street lines become a planar graph's edges: cut where they cross, joined where they nearly touch.

Coordinates are rounded to a grid of one millimetre by snap rounding, which cannot fail on untidy lines. What
comes out does not depend on the order or the direction in which the streets were given.
"""

import numpy as np
import numpy.typing as npt
import shapely

from spatial.errors import InputError
from spatial.text import Text

GRID_M = 0.001
"""Side of the grid on which nodes stand: points closer than this are one place."""

_STEPS_PER_METRE = round(1 / GRID_M)

Lines = npt.NDArray[np.object_]
"""Array of shapely LineStrings, shape (n,)."""


def planar_lines(lines: Lines, *, join_tolerance_m: float) -> Lines:
    """Return the pieces of ``lines`` between crossings, ends within the tolerance joined by straight pieces.

    Parameters
    ----------
    lines
        LineStrings or MultiLineStrings in one metric coordinate system; None and empty ones hold no street.
    join_tolerance_m
        An end of a street that stops this close to another street, or to its end, is joined to it. 0: none is.

    Returns
    -------
    Lines
        Pieces that meet at their ends only, each directed from its smaller end to its larger, sorted, all
        longer than zero.

    Raises
    ------
    InputError
        A geometry is no line, or a coordinate is not a finite number.

    References
    ----------
    Hobby, J. D. (1999). Practical segment intersection with finite precision output. Computational Geometry
    13(4), 199-214 (snap rounding).
    """
    streets = _canonical(_single_lines(lines))
    pieces = _noded(streets)
    if join_tolerance_m <= 0 or len(pieces) == 0:
        return pieces
    connectors = _connectors(pieces, _unique_points(end_points(streets)), tolerance_m=join_tolerance_m)
    if len(connectors) == 0:
        return pieces
    # Only what a connector touches is cut again: noding a whole city twice would double the longest step.
    _, touched = shapely.STRtree(pieces).query(connectors, predicate="dwithin", distance=GRID_M)
    is_touched = np.zeros(len(pieces), dtype=bool)
    is_touched[touched] = True
    return _canonical(np.concatenate([pieces[~is_touched], _noded(np.concatenate([pieces[is_touched], connectors]))]))


def end_points(lines: Lines) -> npt.NDArray[np.int64]:
    """Return first and last point of each line as grid steps, shape (n, 2, 2): [line, end, (x, y)]."""
    last = np.cumsum(shapely.get_num_coordinates(lines)) - 1
    first = np.concatenate([[0], last[:-1] + 1]) if len(lines) else last
    steps = on_grid(shapely.get_coordinates(lines))
    return np.stack([steps[first], steps[last]], axis=1)


def on_grid(points: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """Return coordinates in metres as whole grid steps: equal places have equal numbers."""
    return np.round(points * _STEPS_PER_METRE).astype(np.int64)


def in_metres(steps: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Return grid steps as coordinates in metres."""
    return steps / _STEPS_PER_METRE


def _single_lines(lines: Lines) -> Lines:
    given = np.asarray(lines, dtype=object)
    given = given[~shapely.is_missing(given)]
    single = shapely.get_parts(shapely.force_2d(given[~shapely.is_empty(given)]))
    kinds = shapely.get_type_id(single)
    is_line = (kinds == shapely.GeometryType.LINESTRING) | (kinds == shapely.GeometryType.LINEARRING)
    if not is_line.all():
        found = single[~is_line][0].geom_type
        raise InputError(
            Text(f"Mạng đường có đối tượng {found}, không phải đường.", f"The streets hold a {found}, not a line."),
            hint=Text("Chỉ đưa vào lớp dạng đường (LineString).", "Give a layer of lines (LineString) only."),
        )
    if not np.isfinite(shapely.get_coordinates(single)).all():
        raise InputError(
            Text("Một tọa độ của mạng đường không phải là số.", "A coordinate of the streets is not a number."),
            hint=Text("Sửa tệp đường rồi chạy lại.", "Repair the file of streets and run again."),
        )
    return np.asarray(single, dtype=object)


def _noded(lines: Lines) -> Lines:
    pieces = shapely.get_parts(shapely.union_all(lines, grid_size=GRID_M))
    return _canonical(pieces[shapely.length(pieces) > 0])


def _canonical(lines: Lines) -> Lines:
    directed = shapely.normalize(lines)
    _, first = np.unique(np.asarray(shapely.to_wkb(directed), dtype=object), return_index=True)
    return np.asarray(directed[first], dtype=object)


def _unique_points(ends: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    return np.unique(ends.reshape(-1, 2), axis=0)


def _connectors(pieces: Lines, ends: npt.NDArray[np.int64], *, tolerance_m: float) -> Lines:
    """Return straight pieces from the ends of streets to the pieces that they stop short of."""
    points = shapely.points(in_metres(ends))
    end, piece = shapely.STRtree(pieces).query(points, predicate="dwithin", distance=tolerance_m)
    apart = shapely.distance(points[end], pieces[piece]) > GRID_M
    shortest = shapely.shortest_line(points[end[apart]], pieces[piece[apart]])
    reached = _canonical(shapely.set_precision(shortest, GRID_M, mode="pointwise"))
    return np.asarray(reached[shapely.length(reached) > 0], dtype=object)
