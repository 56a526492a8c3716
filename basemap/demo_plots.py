"""From layouts to the ground: alleys become lines of the street network, rows become plots.

A block's inner quadrilateral is mapped bilinearly: lines of constant s or t stay straight, so plots that share a
border in the layout share it on the ground, and a street keeps its full width.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from basemap.demo_blocks import (
    FIRST_ALLEY,
    NO_FRONT,
    WIDEST_FRONTAGE_M,
    Layout,
    Single,
    Site,
    Use,
    lay_out,
    lay_out_single,
)
from basemap.demo_ground import Floats, Ground, Integers, Settlement, within
from basemap.demo_streets import LINE_COLUMNS, Blocks, Streets

_NARROWEST_ALLEY_M = 1.8
_SMALLEST_INNER_SIDE_M = 10.0

_PLACE_COLUMNS = ("block", "first_alley", "s0_m", "t0_m", "s1_m", "t1_m")
_ROW_COLUMNS = (*_PLACE_COLUMNS, "front", "reference", "is_left", "use", "frontage_m")
_ALLEY_COLUMNS = (*_PLACE_COLUMNS, "parent", "width_m", "end_side")


@dataclass(frozen=True, slots=True, kw_only=True)
class Lots:
    """Blocks ready to be laid out, with their inner quadrilaterals.

    They are turned so that s runs along the longer side, from the end that is nearer to the river.

    Parameters
    ----------
    inner
        Corners between the street fronts, (n, 4, 2), metres.
    size_m
        Length along s and width along t, (n, 2).
    kind
        `Settlement` of the quarter, (n,).
    """

    blocks: Blocks
    inner: Floats
    size_m: Floats
    kind: npt.NDArray[np.int8]

    def place(self, block: Integers, st_m: Floats) -> Floats:
        """Return where the layout points ``st_m`` (n, 2) of the blocks ``block`` (n,) lie on the ground."""
        share = st_m / self.size_m[block]
        return within(self.inner[block], share[:, 0], share[:, 1])


@dataclass(frozen=True, slots=True, kw_only=True)
class Plots:
    """Plots and the streets with their alleys.

    Parameters
    ----------
    frame
        One row a plot: ``block, s0_m, t0_m, s1_m, t1_m, front, use, line, is_left, position_m, road_width_m, door_x,
        door_y`` (the middle of the front), ``column, row`` (the quarter). ``line`` is -1 for land without a street.
    ring
        Corners of the plots, (n, 4, 2), counter-clockwise, metres.
    lines, points
        As in `Streets`, alleys included; ``parent`` is -1 but for alleys, whose ``parent_position_m`` and
        ``is_left`` say where on the parent line they begin.
    """

    frame: pd.DataFrame
    ring: Floats
    lines: pd.DataFrame
    points: pd.DataFrame
    lots: Lots


def prepare_lots(ground: Ground, streets: Streets) -> Lots:
    """Return the blocks that are big enough to be laid out."""
    blocks = streets.blocks
    inner = _inset(blocks.corner, blocks.half_width_m)
    edge = np.roll(inner, -1, axis=1) - inner
    length_m = np.hypot(edge[..., 0], edge[..., 1])
    turned = np.roll(edge, -1, axis=1)
    is_convex = (edge[..., 0] * turned[..., 1] - edge[..., 1] * turned[..., 0] > 0).all(axis=1)
    keep = np.flatnonzero(is_convex & (length_m.min(axis=1) >= _SMALLEST_INNER_SIDE_M))
    blocks, inner, length_m = blocks.take(keep), inner[keep], length_m[keep]
    size_m = np.column_stack([length_m[:, [0, 2]].mean(axis=1), length_m[:, [1, 3]].mean(axis=1)])
    is_upright = size_m[:, 1] > size_m[:, 0]
    turn = is_upright + 2 * _turns_its_back(ground, inner, is_upright)
    inner = inner[np.arange(len(turn))[:, None], (np.arange(4) + turn[:, None]) % 4]
    return Lots(
        blocks=blocks.turned(turn),
        inner=inner,
        size_m=np.where(is_upright[:, None], size_m[:, ::-1], size_m),
        kind=ground.settlement[blocks.column, blocks.row],
    )


def _turns_its_back(ground: Ground, inner: Floats, is_upright: npt.NDArray[np.bool_]) -> Integers:
    """1 where the corner that would come first is further from the river than the one across, else 0."""
    river = shapely.LineString(ground.course(np.full(ground.node_xy.shape[1], 0.5)))
    from_river_m = shapely.distance(shapely.points(inner), river)
    every = np.arange(len(inner))
    first = is_upright.astype(np.int64)
    return np.asarray(from_river_m[every, first] > from_river_m[every, (first + 2) % 4], dtype=np.int64)


def _inset(corner: Floats, distance_m: Floats) -> Floats:
    """Corners of the quadrilaterals whose sides are moved inward by ``distance_m`` (n, 4)."""
    edge = np.roll(corner, -1, axis=1) - corner
    unit = edge / np.hypot(edge[..., 0], edge[..., 1])[..., None]
    normal = np.stack([-unit[..., 1], unit[..., 0]], axis=-1)
    start = corner + normal * distance_m[..., None]
    before_unit, before_start = np.roll(unit, 1, axis=1), np.roll(start, 1, axis=1)
    cross = before_unit[..., 0] * unit[..., 1] - before_unit[..., 1] * unit[..., 0]
    gap = start - before_start
    along = (gap[..., 0] * unit[..., 1] - gap[..., 1] * unit[..., 0]) / cross
    return np.asarray(before_start + before_unit * along[..., None], dtype=np.float64)


def divide(lots: Lots, streets: Streets, *, single: dict[int, Single], rng: np.random.Generator) -> Plots:
    """Return the plots of all blocks.

    Parameters
    ----------
    single
        What stands at the left end of some blocks: a school or a park.
    """
    rows, alleys = _lay_out_all(lots, single=single, rng=rng)
    lines, points = _alley_lines(lots, streets, alleys)
    frame = _split_rows(rows, rng)
    block = frame["block"].to_numpy()
    s0_m, t0_m, s1_m, t1_m = frame[["s0_m", "t0_m", "s1_m", "t1_m"]].to_numpy().T
    corners = [np.column_stack(pair) for pair in ((s0_m, t0_m), (s1_m, t0_m), (s1_m, t1_m), (s0_m, t1_m))]
    ring = np.stack([lots.place(block, corner) for corner in corners], axis=1)
    frame["column"], frame["row"] = lots.blocks.column[block], lots.blocks.row[block]
    _face_streets(frame, ring, lots=lots, lines=lines)
    return Plots(frame=frame, ring=ring, lines=lines, points=points, lots=lots)


def _lay_out_all(
    lots: Lots, *, single: dict[int, Single], rng: np.random.Generator
) -> tuple[pd.DataFrame, pd.DataFrame]:
    rows: list[tuple[object, ...]] = []
    alleys: list[tuple[object, ...]] = []
    squeeze = (shapely.area(shapely.polygons(lots.inner)) / lots.size_m.prod(axis=1)).tolist()
    for block, ((length_m, width_m), kind) in enumerate(zip(lots.size_m.tolist(), lots.kind.tolist(), strict=True)):
        layouts: list[Layout] = []
        start_m = 0.0
        if block in single:
            start_m = single[block].length_m
            layouts.append(lay_out_single(single[block], width_m))
        if start_m < length_m:
            site = Site(length_m=length_m, width_m=width_m, s0_m=start_m, squeeze_ratio=squeeze[block])
            layouts.append(lay_out(site, Settlement(kind), rng))
        for layout in layouts:
            first = len(alleys)
            alleys += [(block, first, *alley) for alley in layout.alleys]
            rows += [(block, first, *row.area, *row[1:]) for row in layout.rows]
    return (pd.DataFrame(rows, columns=list(_ROW_COLUMNS)), _typed_alleys(alleys))


def _typed_alleys(alleys: list[tuple[object, ...]]) -> pd.DataFrame:
    whole = dict.fromkeys(("block", "first_alley", "parent", "end_side"), np.int64)
    lengths = dict.fromkeys(("s0_m", "t0_m", "s1_m", "t1_m", "width_m"), np.float64)
    return pd.DataFrame(alleys, columns=list(_ALLEY_COLUMNS)).astype({**whole, **lengths})


def _split_rows(rows: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Divide every row into plots of unequal frontage."""
    along_s = rows["front"].isin([0, 2, NO_FRONT]).to_numpy()
    low = np.where(along_s, rows["s0_m"], rows["t0_m"])
    length_m = np.where(along_s, rows["s1_m"], rows["t1_m"]) - low
    count = np.maximum(1, np.round(length_m / rows["frontage_m"].to_numpy())).astype(np.int64)
    is_house = rows["use"].to_numpy() == int(Use.HOUSE)
    count = np.where(is_house, np.maximum(count, np.ceil(length_m / WIDEST_FRONTAGE_M).astype(np.int64)), count)
    row = np.repeat(np.arange(len(rows)), count)
    first = np.cumsum(count) - count
    weight = np.clip(rng.lognormal(0.0, 0.16, row.size), 0.8, 1.25)
    share_end = np.cumsum(weight)
    before = np.repeat(np.concatenate([[0.0], share_end])[first], count)
    total = np.repeat(np.add.reduceat(weight, first), count)
    end = np.minimum((share_end - before) / total, 1.0)
    end[first + count - 1] = 1.0
    start = np.concatenate([[0.0], end[:-1]])
    start[first] = 0.0
    plots = rows.iloc[row].reset_index(drop=True)
    low, length_m, along_s = low[row], length_m[row], along_s[row]
    plots["s0_m"] = np.where(along_s, low + start * length_m, plots["s0_m"])
    plots["s1_m"] = np.where(along_s, low + end * length_m, plots["s1_m"])
    plots["t0_m"] = np.where(along_s, plots["t0_m"], low + start * length_m)
    plots["t1_m"] = np.where(along_s, plots["t1_m"], low + end * length_m)
    return plots


def _alley_lines(lots: Lots, streets: Streets, alleys: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Append the alleys to the street lines, each joined to its parent by a vertex of the parent."""
    through = streets.lines.assign(parent=-1, parent_position_m=np.nan, is_left=False)
    first_line = len(through)
    block = alleys["block"].to_numpy(np.int64)
    start = lots.place(block, alleys[["s0_m", "t0_m"]].to_numpy())
    end = lots.place(block, alleys[["s1_m", "t1_m"]].to_numpy())
    width_m = _measured_width_m(lots, alleys)
    is_main = alleys["parent"].to_numpy() < FIRST_ALLEY
    joined_points = []
    start[is_main], meet = _reach_street(
        lots, block[is_main], alleys["parent"].to_numpy()[is_main], (end, start), is_main
    )
    joined_points.append(meet)
    passes = alleys["end_side"].to_numpy() != NO_FRONT
    end[passes], out = _reach_street(lots, block[passes], alleys["end_side"].to_numpy()[passes], (start, end), passes)
    joined_points.append(out)
    end[~passes] = _short_of_wall(lots, alleys[~passes], (start[~passes], end[~passes]))
    parent, position_m = np.full(len(alleys), -1), np.zeros(len(alleys))
    parent[is_main], position_m[is_main] = meet["line"], meet["position_m"]
    main = (alleys["first_alley"] + alleys["parent"] - FIRST_ALLEY).to_numpy()[~is_main]
    parent[~is_main] = first_line + main
    position_m[~is_main] = np.hypot(*(start[~is_main] - start[main]).T)
    joined_points.append(_points(parent[~is_main], position_m[~is_main], start[~is_main]))
    length_m = np.hypot(*(end - start).T)
    frame = pd.DataFrame(
        {
            "axis": len(streets.axes) + np.arange(len(alleys)),
            "street_class": "alley",
            "width_m": width_m,
            "sidewalk_width_m": 0.0,
            "start_m": 0.0,
            "end_m": length_m,
            **dict(zip(LINE_COLUMNS[6:], np.column_stack([start, end]).T, strict=True)),
            "parent": parent,
            "parent_position_m": position_m,
            "is_left": _opens_left(lots, alleys, is_main, (start, end), main),
        }
    )
    lines = pd.concat([through, frame], ignore_index=True) if len(frame) else through
    return lines, pd.concat([streets.points, *joined_points], ignore_index=True)


def _reach_street(
    lots: Lots, block: Integers, side: Integers, course: tuple[Floats, Floats], chosen: npt.NDArray[np.bool_]
) -> tuple[Floats, pd.DataFrame]:
    """Lengthen alleys straight on to the centre line of the street that they open on."""
    inside, mouth = (points[chosen] for points in course)
    first, second = lots.blocks.corner[block, side], lots.blocks.corner[block, (side + 1) % 4]
    way, street = mouth - inside, second - first
    cross = street[:, 0] * way[:, 1] - street[:, 1] * way[:, 0]
    gap = inside - first
    share = (gap[:, 0] * way[:, 1] - gap[:, 1] * way[:, 0]) / cross
    joint = first + street * share[:, None]
    position = lots.blocks.side_position_m[block, side]
    position_m = position[:, 0] + share * (position[:, 1] - position[:, 0])
    return joint, _points(lots.blocks.side_line[block, side], position_m, joint)


def _short_of_wall(lots: Lots, alleys: pd.DataFrame, course: tuple[Floats, Floats]) -> Floats:
    """Stop dead ends before the wall, so that their whole width ends there even where the wall is askew."""
    start, end = course
    way = (end - start) / np.hypot(*(end - start).T)[:, None]
    wall = _edge(lots, alleys, "1", side_ratio=1.0) - _edge(lots, alleys, "1", side_ratio=-1.0)
    return np.asarray(end - way * (np.abs((wall * way).sum(axis=1)) / 2 + 0.01)[:, None], dtype=np.float64)


def _edge(lots: Lots, alleys: pd.DataFrame, which: str, *, side_ratio: float) -> Floats:
    """Where the right (+1) or left (-1) edge of alleys lies at their start (``"0"``) or end (``"1"``)."""
    s, t = alleys[f"s{which}_m"].to_numpy(), alleys[f"t{which}_m"].to_numpy()
    along_s = (alleys["t0_m"] == alleys["t1_m"]).to_numpy()
    aside = side_ratio * alleys["width_m"].to_numpy() / 2
    edge = np.column_stack([np.where(along_s, s, s + aside), np.where(along_s, t + aside, t)])
    return lots.place(alleys["block"].to_numpy(), edge)


def _points(line: Integers, position_m: Floats, xy: Floats) -> pd.DataFrame:
    return pd.DataFrame({"line": line, "position_m": position_m, "x": xy[:, 0], "y": xy[:, 1]})


def _measured_width_m(lots: Lots, alleys: pd.DataFrame) -> Floats:
    """Width of each alley on the ground where it is narrowest, rounded down to a decimetre."""
    block = alleys["block"].to_numpy()
    start, end = (lots.place(block, alleys[[f"s{which}_m", f"t{which}_m"]].to_numpy()) for which in "01")
    way = (end - start) / np.hypot(*(end - start).T)[:, None]
    narrowest_m = np.full(len(alleys), np.inf)
    for which, origin in (("0", start), ("1", end)):
        for side_ratio in (-1.0, 1.0):
            gap = _edge(lots, alleys, which, side_ratio=side_ratio) - origin
            narrowest_m = np.minimum(narrowest_m, np.abs(way[:, 0] * gap[:, 1] - way[:, 1] * gap[:, 0]))
    return np.asarray(np.maximum(np.floor(20 * narrowest_m) / 10, _NARROWEST_ALLEY_M), dtype=np.float64)


def _opens_left(
    lots: Lots,
    alleys: pd.DataFrame,
    is_main: npt.NDArray[np.bool_],
    course: tuple[Floats, Floats],
    main: Integers,
) -> npt.NDArray[np.bool_]:
    """Whether an alley leaves its parent to the left of the parent's direction."""
    start, end = course
    opens_left = np.zeros(len(alleys), dtype=bool)
    position = lots.blocks.side_position_m[alleys["block"].to_numpy()[is_main], alleys["parent"].to_numpy()[is_main]]
    opens_left[is_main] = position[:, 1] > position[:, 0]
    parent_way, way = (end - start)[main], (end - start)[~is_main]
    opens_left[~is_main] = parent_way[:, 0] * way[:, 1] - parent_way[:, 1] * way[:, 0] > 0
    return opens_left


def _face_streets(frame: pd.DataFrame, ring: Floats, *, lots: Lots, lines: pd.DataFrame) -> None:
    """Note on which line, hand and position each plot's front lies, and the width of that line."""
    block, reference = frame["block"].to_numpy(), frame["reference"].to_numpy()
    first_alley_line = len(lines) - int((lines["street_class"] == "alley").sum())
    fronts = np.maximum(frame["front"].to_numpy(), 0)
    every = np.arange(len(frame))
    door = (ring[every, fronts] + ring[every, (fronts + 1) % 4]) / 2
    on_side = (reference >= 0) & (reference < FIRST_ALLEY)
    side = np.where(on_side, reference, 0)
    alley = np.where(reference >= FIRST_ALLEY, first_alley_line + frame["first_alley"] + reference - FIRST_ALLEY, 0)
    line = np.where(on_side, lots.blocks.side_line[block, side], alley)
    ends = lines[["x0", "y0", "x1", "y1"]].to_numpy()[line]
    first = np.where(on_side[:, None], lots.blocks.corner[block, side], ends[:, :2])
    second = np.where(on_side[:, None], lots.blocks.corner[block, (side + 1) % 4], ends[:, 2:])
    position = np.where(
        on_side[:, None], lots.blocks.side_position_m[block, side], lines[["start_m", "end_m"]].to_numpy()[line]
    )
    way = second - first
    share = ((door - first) * way).sum(axis=1) / (way**2).sum(axis=1)
    frame["position_m"] = position[:, 0] + share * (position[:, 1] - position[:, 0])
    frame["is_left"] = np.where(on_side, position[:, 1] > position[:, 0], frame["is_left"])
    frame["line"] = np.where(reference >= 0, line, -1)
    frame["road_width_m"] = np.where(reference >= 0, lines["width_m"].to_numpy()[line], 0.0)
    frame["door_x"], frame["door_y"] = door.T
