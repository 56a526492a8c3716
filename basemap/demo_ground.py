"""The ground of the demonstration city: a net of big quarters bent along a river, dense inside and open outside.

The net has column lines (along the river) and row lines (across it). A cell between two column lines and two row
lines is a quarter; one column of cells is the river; the outermost ring of cells is open country that only wards
cover. Everything else (streets, blocks, plots) is drawn inside quarters with straight sides, so that neighbours
share their borders exactly.
"""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

COURSE_STEPS_COUNT = 8
CITY_CENTRE_XY = (600_000.0, 1_191_000.0)
"""Easting and northing in EPSG:9210, metres: inside the real city's bounds, so that maps and projections are real."""

HOUSEHOLDS_PER_PLOT_RATIO = 1.16
_SHARE_OF_PLOTS_LIVED_IN_RATIO = 0.86
_CITY_FROM_SIDE_M = 280.0
LEAST_ARTERIAL_M = 16.0


class Settlement(IntEnum):
    """How closely a quarter is built."""

    OPEN = -1
    FIELD = 0
    RURAL = 1
    SUBURB = 2
    URBAN = 3
    DENSE = 4


PLOTS_PER_HECTARE = {
    Settlement.OPEN: 0.0,
    Settlement.FIELD: 0.0,
    Settlement.RURAL: 15.0,
    Settlement.SUBURB: 74.0,
    Settlement.URBAN: 120.0,
    Settlement.DENSE: 128.0,
}
"""House plots for each hectare of a quarter, streets included, as the layouts of `basemap.demo_blocks` give."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """The net of quarters.

    Parameters
    ----------
    node_xy
        Crossings of column line i and row line j, shape (i, j, 2), metres in EPSG:9210.
    settlement
        `Settlement` of each quarter, shape (i, j).
    centrality_ratio
        1 in the middle of the city, towards 0 outside, shape (i, j).
    river_column
        Index of the column of cells that is the river.
    bridge_rows
        The two row lines that cross it.
    column_width_m, row_width_m
        Right of way of the street on each line.
    quarter_side_m
        Typical side of a quarter.
    """

    node_xy: Floats
    settlement: npt.NDArray[np.int8]
    centrality_ratio: Floats
    river_column: int
    bridge_rows: tuple[int, int]
    column_width_m: Floats
    row_width_m: Floats
    quarter_side_m: float

    @property
    def shape(self) -> tuple[int, int]:
        """Number of columns and rows of cells, the open ring included."""
        columns, rows = self.settlement.shape
        return columns, rows

    def river_lines(self) -> Integers:
        """Return the two column lines along the banks."""
        return np.array([self.river_column, self.river_column + 1])

    def course(self, across_ratio: Floats) -> Floats:
        """Return a smooth line down the river's cells: `COURSE_STEPS_COUNT` points for each row of cells, and the end.

        Parameters
        ----------
        across_ratio
            Where to pass each row line: 0 on the left bank's street, 1 on the right one's; (rows + 1,).
        """
        left, right = self.node_xy[self.river_lines()]
        through = left + (right - left) * across_ratio[:, None]
        return _rounded(through)

    def area_m2(self) -> Floats:
        """Return the area of each cell, shape (i, j)."""
        corner = self.node_xy
        diagonal = corner[1:, 1:] - corner[:-1, :-1]
        other = corner[:-1, 1:] - corner[1:, :-1]
        return np.abs(diagonal[..., 0] * other[..., 1] - diagonal[..., 1] * other[..., 0]) / 2


def _rounded(through: Floats) -> Floats:
    """Catmull-Rom curve through the points given."""
    guarded = np.concatenate([2 * through[:1] - through[1:2], through, 2 * through[-1:] - through[-2:-1]])
    a, b, c, d = (guarded[k : len(guarded) - 3 + k, None] for k in range(4))
    t = (np.arange(COURSE_STEPS_COUNT) / COURSE_STEPS_COUNT)[None, :, None]
    curve = b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)))
    return np.concatenate([curve.reshape(-1, 2), through[-1:]])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Size:
    left: int
    right: int
    rows: int
    side_m: float


def within(corner: Floats, p: Floats, q: Floats) -> Floats:
    """Return the points at shares ``p`` along and ``q`` up quadrilaterals (…, 4, 2).

    Lines of equal ``p`` or equal ``q`` are straight.
    """
    p, q = p[..., None], q[..., None]
    below = corner[..., 0, :] * (1 - p) + corner[..., 1, :] * p
    above = corner[..., 3, :] * (1 - p) + corner[..., 2, :] * p
    return np.asarray(below * (1 - q) + above * q, dtype=np.float64)


def make_ground(households: int, rng: np.random.Generator) -> Ground:
    """Return the ground for a city of ``households``."""
    size = _size_for(households)
    river_column = size.left + 1
    bridge_rows = _bridge_rows(size.rows)
    u_m, v_m = _net_lines(size, rng)
    node_xy = _bend(u_m, v_m, size=size, rng=rng)
    column_width_m, row_width_m = _street_widths(size, bridge_rows=bridge_rows, rng=rng)
    centrality = _centrality(u_m, v_m, bridge_rows=bridge_rows, rng=rng)
    ground = Ground(
        node_xy=node_xy,
        settlement=np.full(centrality.shape, int(Settlement.OPEN), dtype=np.int8),
        centrality_ratio=centrality,
        river_column=river_column,
        bridge_rows=bridge_rows,
        column_width_m=column_width_m,
        row_width_m=row_width_m,
        quarter_side_m=size.side_m,
    )
    plots = round(households / HOUSEHOLDS_PER_PLOT_RATIO / _SHARE_OF_PLOTS_LIVED_IN_RATIO)
    ground.settlement[:] = _settle(ground, plots_wanted=plots)
    return ground


def _size_for(households: int) -> _Size:
    logarithm = np.log10(households)
    side_m = float(np.clip(48.0 * households**0.2, 190.0, 400.0))
    plots_per_hectare = float(np.interp(logarithm, [2.7, 3.3, 4.3, 5.3], [14.0, 29.0, 42.0, 52.0]))
    area_m2 = households / HOUSEHOLDS_PER_PLOT_RATIO / plots_per_hectare * 1e4
    cells = area_m2 / side_m**2
    columns = max(2, round(np.sqrt(cells / 1.35)))
    rows = max(6, round(cells / columns))
    return _Size(left=(columns + 1) // 2, right=columns // 2, rows=rows, side_m=side_m)


def _bridge_rows(rows: int) -> tuple[int, int]:
    """Both bridges stand in the southern part, so that the north sees the other bank and walks far to it."""
    return 1 + round(0.2 * rows), 1 + round(0.52 * rows)


def _net_lines(size: _Size, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Positions of the column lines from the middle of the river, and of the row lines from the middle of the city."""
    margin_m = 0.45 * size.side_m
    widths = size.side_m * rng.uniform(0.86, 1.14, size.left + size.right)
    corridor_m = 0.42 * size.side_m + 20.0
    left = np.cumsum([corridor_m / 2, *widths[: size.left], margin_m])
    right = np.cumsum([corridor_m / 2, *widths[size.left :], margin_m])
    u_m = np.concatenate([-left[::-1], right])
    heights = size.side_m * rng.uniform(0.86, 1.14, size.rows)
    v_m = np.concatenate([[-margin_m, 0.0], np.cumsum(heights), [heights.sum() + margin_m]])
    return u_m, v_m - heights.sum() / 2


def _bend(u_m: Floats, v_m: Floats, *, size: _Size, rng: np.random.Generator) -> Floats:
    """Bend the net along a meandering river: square to it near the banks, calmer further out."""
    wave_m = float(np.clip(1.05 * (v_m[-1] - v_m[0]), 1500.0, 4300.0))
    phase = rng.uniform(0.0, 2 * np.pi)
    u, v = np.meshgrid(u_m, v_m, indexing="ij")
    turn = 2 * np.pi * v / wave_m + phase
    amplitude_m = 0.09 * wave_m
    shift = amplitude_m * (np.sin(turn) + 0.22 * np.sin(1.9 * turn + 1.0))
    slope = amplitude_m * 2 * np.pi / wave_m * (np.cos(turn) + 0.22 * 1.9 * np.cos(1.9 * turn + 1.0))
    reach_m = 0.26 * wave_m
    x = u + shift * (0.45 + 0.55 * np.exp(-np.abs(u) / (2 * reach_m)))
    y = v - u * slope * np.exp(-np.abs(u) / reach_m)
    for length_ratio in (5.5, 3.1):
        a, b = rng.uniform(0.0, 2 * np.pi, 2)
        length_m = length_ratio * size.side_m
        x = x + 0.10 * size.side_m * np.sin(2 * np.pi * v / length_m + u / length_m + a)
        y = y + 0.13 * size.side_m * np.sin(2 * np.pi * u / length_m - v / length_m + b)
    jitter = rng.uniform(-0.045, 0.045, (2, *u.shape)) * size.side_m
    angle = rng.uniform(-0.3, 0.3)
    x, y = x + jitter[0], y + jitter[1]
    east = CITY_CENTRE_XY[0] + x * np.cos(angle) - y * np.sin(angle)
    north = CITY_CENTRE_XY[1] + x * np.sin(angle) + y * np.cos(angle)
    return _with_even_margin(np.stack([east, north], axis=-1), margin_m=0.4 * size.side_m)


def _with_even_margin(node_xy: Floats, *, margin_m: float) -> Floats:
    """Draw the outermost ring of nodes straight out from the ones inside it, by the same distance all round."""
    for axis in (0, 1):
        lines = np.moveaxis(node_xy, axis, 0)
        for outer, inner, further in ((0, 1, 2), (-1, -2, -3)):
            way = lines[inner] - lines[further]
            lines[outer] = lines[inner] + way * (margin_m / np.hypot(way[:, 0], way[:, 1]))[:, None]
    return node_xy


def _street_widths(size: _Size, *, bridge_rows: tuple[int, int], rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Right of way of every line: arterials 16–30 m, collectors 8–14 m, the outermost 8 m."""
    columns, rows = size.left + size.right + 4, size.rows + 3
    is_town = size.side_m < _CITY_FROM_SIDE_M
    collectors = np.array([8.0, 10.0, 12.0] if is_town else [10.0, 12.0, 14.0])
    arterials = np.array([16.0, 18.0, 20.0] if is_town else [20.0, 22.0, 25.0, 30.0])
    column_width_m = rng.choice(collectors, columns)
    row_width_m = rng.choice(collectors, rows)
    banks = (size.left + 1, size.left + 2)
    column_width_m[2::3] = rng.choice(arterials, column_width_m[2::3].size)
    row_width_m[2::3] = rng.choice(arterials, row_width_m[2::3].size)
    column_width_m[list(banks)] = 12.0 if is_town else 14.0
    column_width_m[[1, -2]] = np.where(np.isin([1, columns - 2], banks), 12.0, 8.0)
    row_width_m[[1, -2]] = 8.0
    row_width_m[list(bridge_rows)] = arterials[-1]
    return column_width_m, row_width_m


def _centrality(u_m: Floats, v_m: Floats, *, bridge_rows: tuple[int, int], rng: np.random.Generator) -> Floats:
    """1 between the bridges, falling outward, higher along the river; a second, smaller centre in the north."""
    u = (u_m[1:] + u_m[:-1])[:, None] / 2
    v = (v_m[1:] + v_m[:-1])[None, :] / 2
    reach = np.hypot(u_m[-1] - u_m[0], v_m[-1] - v_m[0]) / 2
    heart_v = (v_m[bridge_rows[0]] + v_m[bridge_rows[1]]) / 2
    second_v = v_m[0] + 0.84 * (v_m[-1] - v_m[0])
    steepness = float(np.interp(reach, [700.0, 2000.0, 6000.0], [7.5, 5.2, 4.2]))
    heart = np.exp(-steepness * np.hypot(u, 0.85 * (v - heart_v)) / reach)
    second = 0.45 * np.exp(-1.3 * steepness * np.hypot(u, v - second_v) / reach)
    return np.asarray(np.maximum(heart, second) * rng.uniform(0.82, 1.18, heart.shape), dtype=np.float64)


def _settle(ground: Ground, *, plots_wanted: int) -> npt.NDArray[np.int8]:
    """Give each quarter its density so that the house plots come near to ``plots_wanted``.

    Far from the bridges some live on either bank, near to each other and a long way apart on foot.
    """
    inside = np.zeros(ground.shape, dtype=bool)
    inside[1:-1, 1:-1] = True
    inside[ground.river_column] = False
    hectares = ground.area_m2() / 1e4
    low, high = 0.5, 4000.0
    yields = np.array([PLOTS_PER_HECTARE[kind] for kind in Settlement])
    for _ in range(50):
        middle = np.sqrt(low * high)
        settlement = _settlement_at(ground.centrality_ratio * middle, inside=inside)
        plots = float((hectares * yields[settlement + 1]).sum())
        low, high = (middle, high) if plots < plots_wanted else (low, middle)
    settlement = _settlement_at(ground.centrality_ratio * high, inside=inside)
    far_north = ([ground.river_column - 1, ground.river_column + 1], ground.shape[1] - 2)
    settlement[far_north] = np.maximum(settlement[far_north], int(Settlement.RURAL))
    return _joined_to_river(settlement, ground.river_column)


def _joined_to_river(settlement: npt.NDArray[np.int8], river_column: int) -> npt.NDArray[np.int8]:
    """Give up quarters that no chain of quarters joins to a bank street: nobody could walk to them."""
    is_settled = settlement >= int(Settlement.FIELD)
    joined = np.zeros_like(is_settled)
    joined[[river_column - 1, river_column + 1]] = True
    joined &= is_settled
    for _ in range(settlement.size):
        spread = joined.copy()
        spread[1:] |= joined[:-1]
        spread[:-1] |= joined[1:]
        spread[:, 1:] |= joined[:, :-1]
        spread[:, :-1] |= joined[:, 1:]
        spread &= is_settled
        if (spread == joined).all():
            break
        joined = spread
    return np.where(joined, settlement, np.int8(Settlement.OPEN)).astype(np.int8)


def _settlement_at(pressure: Floats, *, inside: npt.NDArray[np.bool_]) -> npt.NDArray[np.int8]:
    steps = np.array([2.6, 5.0, 14.0, 23.0, 52.0])
    settlement = np.digitize(pressure, steps).astype(np.int8) - 1
    return np.where(inside, settlement, np.int8(Settlement.OPEN)).astype(np.int8)
