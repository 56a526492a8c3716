"""Streets of the demonstration city, and the blocks between them.

Streets on the net's lines run through the whole city; local streets divide one quarter and end on its sides. A
block is the quadrilateral between four straight stretches of street, so plots can be laid in it without a gap.
"""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from basemap.demo_ground import LEAST_ARTERIAL_M, Floats, Ground, Integers, Settlement, within

_BLOCK_SIDES_M = {
    Settlement.FIELD: (1e9, 1e9),
    Settlement.RURAL: (185.0, 150.0),
    Settlement.SUBURB: (135.0, 47.0),
    Settlement.URBAN: (125.0, 80.0),
    Settlement.DENSE: (150.0, 104.0),
}
"""Long and short side of a block, centre line to centre line."""

_LOCAL_WIDTHS_M = {
    Settlement.RURAL: (6.0, 7.0),
    Settlement.SUBURB: (7.0, 8.0, 10.0),
    Settlement.URBAN: (6.0, 8.0, 10.0, 12.0),
    Settlement.DENSE: (6.0, 7.0, 8.0, 10.0, 12.0),
}

_ALONG_ROWS_RATIO = 0.5

LINE_COLUMNS = (
    "axis",
    "street_class",
    "width_m",
    "sidewalk_width_m",
    "start_m",
    "end_m",
    "x0",
    "y0",
    "x1",
    "y1",
)
"""A line is one feature of the street layer; lines of one axis bear one name and are numbered through."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocks:
    """Blocks as arrays; sides and corners run counter-clockwise, side k from corner k to corner k + 1.

    Parameters
    ----------
    corner
        Crossings of the centre lines, (n, 4, 2), metres.
    side_line
        Line that each side lies on, (n, 4).
    side_position_m
        Position along that line's axis at the side's first and second corner, (n, 4, 2).
    half_width_m
        Half the right of way on each side, (n, 4).
    column, row
        The quarter that a block lies in.
    """

    corner: Floats
    side_line: Integers
    side_position_m: Floats
    half_width_m: Floats
    column: Integers
    row: Integers

    def __len__(self) -> int:
        return len(self.column)

    def take(self, chosen: Integers) -> "Blocks":
        """Return the blocks at the positions ``chosen``."""
        return Blocks(
            corner=self.corner[chosen],
            side_line=self.side_line[chosen],
            side_position_m=self.side_position_m[chosen],
            half_width_m=self.half_width_m[chosen],
            column=self.column[chosen],
            row=self.row[chosen],
        )

    def turned(self, quarter_turn: Integers) -> "Blocks":
        """Return the blocks with corner and side 0 moved on by ``quarter_turn`` (n,)."""
        order = (np.arange(4) + quarter_turn[:, None]) % 4
        every = np.arange(len(self))[:, None]
        return Blocks(
            corner=self.corner[every, order],
            side_line=self.side_line[every, order],
            side_position_m=self.side_position_m[every, order],
            half_width_m=self.half_width_m[every, order],
            column=self.column,
            row=self.row,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Streets:
    """All lines so far, points that they bend or are joined at, and the blocks between them.

    Parameters
    ----------
    lines
        Columns `LINE_COLUMNS`; the index is the line's number.
    points
        Columns ``line, position_m, x, y``: vertices between a line's ends.
    axes
        Index: the axis's number; ``role`` is ``column``, ``row`` or ``local``, with its ``column`` and ``row``.
    """

    lines: pd.DataFrame
    points: pd.DataFrame
    axes: pd.DataFrame
    blocks: Blocks


@dataclass(slots=True)
class _Drawing:
    lines: list[tuple[object, ...]] = field(default_factory=list)
    points: list[tuple[int, float, float, float]] = field(default_factory=list)
    axes: list[tuple[str, int, int]] = field(default_factory=list)
    blocks: list[tuple[Floats, list[int], list[tuple[float, float]], int, int]] = field(default_factory=list)

    def add_axis(self, role: str, column: int, row: int) -> int:
        self.axes.append((role, column, row))
        return len(self.axes) - 1

    def add_line(self, axis: int, kind: tuple[str, float], *, start_m: float, ends: Floats, length_m: float) -> int:
        street_class, width_m = kind
        row = (axis, street_class, width_m, sidewalk_width_m(width_m), start_m, start_m + length_m, *ends.ravel())
        self.lines.append(row)
        return len(self.lines) - 1

    def add_point(self, line: int, position_m: float, xy: Floats) -> None:
        self.points.append((line, position_m, float(xy[0]), float(xy[1])))


def sidewalk_width_m(width_m: float) -> float:
    """Return the usual sidewalk on each side of a street of that right of way, metres."""
    steps = ((25.0, 5.0), (20.0, 4.0), (14.0, 3.0), (12.0, 2.0), (8.0, 1.5))
    return next((sidewalk for least, sidewalk in steps if width_m >= least), 0.0)


def draw_streets(ground: Ground, rng: np.random.Generator) -> Streets:
    """Return the streets and blocks of ``ground``."""
    drawing = _Drawing()
    column_lines = _draw_columns(ground, drawing)
    row_lines = _draw_rows(ground, drawing)
    _draw_bridges(ground, drawing)
    for column, row in np.argwhere(ground.settlement >= int(Settlement.FIELD)):
        sides = (
            row_lines[column, row],
            column_lines[column + 1, row],
            row_lines[column, row + 1],
            column_lines[column, row],
        )
        _divide_quarter(ground, drawing, (int(column), int(row)), sides=sides, rng=rng)
    return _finished(drawing)


def _draw_columns(ground: Ground, drawing: _Drawing) -> dict[tuple[int, int], int]:
    columns, rows = ground.shape
    banks = (ground.river_column, ground.river_column + 1)
    drawn = {}
    for i in range(1, columns):
        axis = drawing.add_axis("column", i, 0)
        position_m = 0.0
        for j in range(1, rows - 1):
            ends = ground.node_xy[i, [j, j + 1]]
            length_m = float(np.hypot(*(ends[1] - ends[0])))
            if i in banks or (ground.settlement[[i - 1, i], j] >= int(Settlement.FIELD)).any():
                kind = _kind_of(float(ground.column_width_m[i]))
                drawn[i, j] = drawing.add_line(axis, kind, start_m=position_m, ends=ends, length_m=length_m)
            position_m += length_m
    return drawn


def _draw_rows(ground: Ground, drawing: _Drawing) -> dict[tuple[int, int], int]:
    columns, rows = ground.shape
    river = ground.river_column
    drawn = {}
    for j in range(1, rows):
        for shore in (range(1, river), range(river + 1, columns - 1)):
            axis = drawing.add_axis("row", shore.start, j)
            position_m = 0.0
            for i in shore:
                ends = ground.node_xy[[i, i + 1], j]
                length_m = float(np.hypot(*(ends[1] - ends[0])))
                if (ground.settlement[i, [j - 1, j]] >= int(Settlement.FIELD)).any():
                    kind = _kind_of(float(ground.row_width_m[j]))
                    drawn[i, j] = drawing.add_line(axis, kind, start_m=position_m, ends=ends, length_m=length_m)
                position_m += length_m
    return drawn


def _draw_bridges(ground: Ground, drawing: _Drawing) -> None:
    river = ground.river_column
    for j in ground.bridge_rows:
        axis = drawing.add_axis("bridge", river, j)
        ends = ground.node_xy[[river, river + 1], j]
        length_m = float(np.hypot(*(ends[1] - ends[0])))
        drawing.add_line(axis, ("bridge", 20.0), start_m=0.0, ends=ends, length_m=length_m)


def _kind_of(width_m: float) -> tuple[str, float]:
    return ("arterial" if width_m >= LEAST_ARTERIAL_M else "street", width_m)


def _divide_quarter(
    ground: Ground,
    drawing: _Drawing,
    quarter: tuple[int, int],
    *,
    sides: tuple[int, int, int, int],
    rng: np.random.Generator,
) -> None:
    """Lay local streets in one quarter and note its blocks. ``sides``: lines below, right, above, left."""
    i, j = quarter
    kind = Settlement(int(ground.settlement[i, j]))
    corner = ground.node_xy[[i, i + 1, i + 1, i], [j, j, j + 1, j + 1]]
    along, across = _cuts(corner, kind, rng)
    share_p, share_q = _shares(along, across, rng)
    node = within(corner, share_p, share_q)
    widths = _LOCAL_WIDTHS_M.get(kind, (6.0,))
    across_lines = [_draw_local(drawing, (node[k], quarter), float(rng.choice(widths))) for k in range(1, along)]
    along_lines = [_draw_local(drawing, (node[:, k], quarter), float(rng.choice(widths))) for k in range(1, across)]
    grid = _Grid(node=node, share_p=share_p, share_q=share_q, sides=sides)
    for k, (line, _) in enumerate(across_lines, start=1):
        _join(drawing, sides[0], share_ratio=share_p[k, 0], xy=node[k, 0])
        _join(drawing, sides[2], share_ratio=share_p[k, -1], xy=node[k, -1])
        _pass_through(drawing, line, node[k])
    for k, (line, _) in enumerate(along_lines, start=1):
        _join(drawing, sides[3], share_ratio=share_q[0, k], xy=node[0, k])
        _join(drawing, sides[1], share_ratio=share_q[-1, k], xy=node[-1, k])
        _pass_through(drawing, line, node[:, k])
    _note_blocks(drawing, grid, (across_lines, along_lines), quarter=quarter)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Grid:
    node: Floats
    share_p: Floats
    share_q: Floats
    sides: tuple[int, int, int, int]


def _cuts(corner: Floats, kind: Settlement, rng: np.random.Generator) -> tuple[int, int]:
    """How many blocks fit along and across a quarter; their long side lies either way."""
    edge = np.hypot(*np.moveaxis(np.roll(corner, -1, axis=0) - corner, -1, 0))
    width_m, height_m = (edge[0] + edge[2]) / 2, (edge[1] + edge[3]) / 2
    long_m, short_m = _BLOCK_SIDES_M[kind]
    sides = (long_m, short_m) if rng.random() < _ALONG_ROWS_RATIO else (short_m, long_m)
    stretch = rng.uniform(0.9, 1.1, 2)
    return max(1, round(width_m / sides[0] * stretch[0])), max(1, round(height_m / sides[1] * stretch[1]))


def _shares(along: int, across: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Where the local streets cross, as shares of the quarter's sides, (along + 1, across + 1) each."""
    p = np.cumsum([0.0, *rng.uniform(0.85, 1.15, along)])
    q = np.cumsum([0.0, *rng.uniform(0.9, 1.1, across)])
    share_p, share_q = (grid.copy() for grid in np.meshgrid(p / p[-1], q / q[-1], indexing="ij"))
    loose = 0.06
    share_p[1:-1] += rng.uniform(-loose, loose, share_p[1:-1].shape) / along
    share_q[:, 1:-1] += rng.uniform(-loose, loose, share_q[:, 1:-1].shape) / across
    return share_p, share_q


def _draw_local(drawing: _Drawing, course: tuple[Floats, tuple[int, int]], width_m: float) -> tuple[int, Floats]:
    node, quarter = course
    axis = drawing.add_axis("local", *quarter)
    position_m = np.cumsum([0.0, *np.hypot(*np.diff(node, axis=0).T)])
    line = drawing.add_line(axis, ("street", width_m), start_m=0.0, ends=node[[0, -1]], length_m=float(position_m[-1]))
    return line, position_m


def _join(drawing: _Drawing, line: int, *, share_ratio: float, xy: Floats) -> None:
    """Give a through street a vertex where a local street ends on it."""
    start_m, end_m = drawing.lines[line][4:6]
    drawing.add_point(line, float(start_m + share_ratio * (end_m - start_m)), xy)  # type: ignore[operator]


def _pass_through(drawing: _Drawing, line: int, node: Floats) -> None:
    position_m = np.cumsum([0.0, *np.hypot(*np.diff(node, axis=0).T)])
    for at_m, xy in zip(position_m[1:-1], node[1:-1], strict=True):
        drawing.add_point(line, float(at_m), xy)


def _note_blocks(
    drawing: _Drawing,
    grid: _Grid,
    local: tuple[list[tuple[int, Floats]], list[tuple[int, Floats]]],
    *,
    quarter: tuple[int, int],
) -> None:
    across_lines, along_lines = local
    along, across = grid.node.shape[0] - 1, grid.node.shape[1] - 1

    def on_side(side: int, shares: Floats) -> tuple[int, Floats]:
        line = grid.sides[side]
        start_m, end_m = drawing.lines[line][4:6]
        return line, start_m + shares * (end_m - start_m)  # type: ignore[operator]

    rows = [on_side(0, grid.share_p[:, 0]), *along_lines, on_side(2, grid.share_p[:, -1])]
    columns = [on_side(3, grid.share_q[0]), *across_lines, on_side(1, grid.share_q[-1])]
    for a in range(along):
        for b in range(across):
            below, above, left, right = rows[b], rows[b + 1], columns[a], columns[a + 1]
            corner = grid.node[[a, a + 1, a + 1, a], [b, b, b + 1, b + 1]]
            positions = [
                (below[1][a], below[1][a + 1]),
                (right[1][b], right[1][b + 1]),
                (above[1][a + 1], above[1][a]),
                (left[1][b + 1], left[1][b]),
            ]
            drawing.blocks.append((corner, [below[0], right[0], above[0], left[0]], positions, *quarter))


def _finished(drawing: _Drawing) -> Streets:
    lines = pd.DataFrame(drawing.lines, columns=list(LINE_COLUMNS))
    side_line = np.array([block[1] for block in drawing.blocks], dtype=np.int64)
    blocks = Blocks(
        corner=np.array([block[0] for block in drawing.blocks]),
        side_line=side_line,
        side_position_m=np.array([block[2] for block in drawing.blocks]),
        half_width_m=lines["width_m"].to_numpy()[side_line] / 2,
        column=np.array([block[3] for block in drawing.blocks], dtype=np.int64),
        row=np.array([block[4] for block in drawing.blocks], dtype=np.int64),
    )
    return Streets(
        lines=lines,
        points=pd.DataFrame(drawing.points, columns=["line", "position_m", "x", "y"]),
        axes=pd.DataFrame(drawing.axes, columns=["role", "column", "row"]),
        blocks=blocks,
    )
