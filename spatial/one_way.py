"""Which way a piece of street may be ridden: the pieces of a network lose the direction of the lines they came from.

A piece is one-way where every street that it lies on is one-way in the same direction. Where a street that may be
ridden both ways lies on the same place, so may the piece.
"""

import numpy as np
import numpy.typing as npt
import shapely

from spatial.noding import GRID_M, Lines

BOTH, ALONG, AGAINST = 0, 1, -1
"""Both ways, only from the first point of a line to its last, only from its last to its first."""

_LONGEST_STEP_M = 0.1

Integers = npt.NDArray[np.int64]


def directions(pieces: Lines, streets: Lines, direction: Integers) -> Integers:
    """Return `BOTH`, `ALONG` or `AGAINST` for each piece, in the piece's own sense.

    Parameters
    ----------
    pieces
        LineStrings of a network, shape (m,).
    streets
        LineStrings or MultiLineStrings that they were cut from, shape (n,), in the same system.
    direction
        Shape (n,): how each street may be ridden, in the street's own sense.
    """
    found = np.full(len(pieces), BOTH, dtype=np.int64)
    parts, origin = shapely.get_parts(streets, return_index=True)
    allowed = np.asarray(direction, dtype=np.int64)[origin]
    if not len(pieces) or not (allowed != BOTH).any():
        return found
    before, middle, after = _three_points(pieces)
    # Half a diagonal of the grid is as far as a piece may have moved from its street.
    part, piece = shapely.STRtree(middle).query(parts, predicate="dwithin", distance=GRID_M)
    rises = shapely.line_locate_point(parts[part], after[piece]) > shapely.line_locate_point(parts[part], before[piece])
    forward = np.where(allowed[part] == BOTH, BOTH, np.where(rises, allowed[part], -allowed[part]))
    may_go_along, may_go_back = np.zeros(len(pieces), dtype=bool), np.zeros(len(pieces), dtype=bool)
    may_go_along[piece[forward != AGAINST]] = True
    may_go_back[piece[forward != ALONG]] = True
    found[may_go_along & ~may_go_back] = ALONG
    found[may_go_back & ~may_go_along] = AGAINST
    return found


def _three_points(pieces: Lines) -> tuple[Lines, Lines, Lines]:
    """Return the middle of each piece, and points close before and behind it."""
    half_m = shapely.length(pieces) / 2
    step_m = np.minimum(half_m / 2, _LONGEST_STEP_M)
    before, middle, after = (
        np.asarray(shapely.line_interpolate_point(pieces, at_m), dtype=object)
        for at_m in (half_m - step_m, half_m, half_m + step_m)
    )
    return before, middle, after
