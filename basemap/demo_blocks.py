"""How a block of the demonstration city is laid out: rows of plots, alleys, sub-alleys, school sites, fields.

A block is measured as a rectangle: s along its longer side, t across it, in metres, side 0 at t = 0 and then
counter-clockwise. What is laid out here side by side stays side by side on the ground.
"""

import itertools
from dataclasses import dataclass, field
from enum import IntEnum
from typing import NamedTuple

import numpy as np

from basemap.demo_ground import Settlement

NO_FRONT = -1
FIRST_ALLEY = 4
"""A reference below is a side of the block; from here on it is an alley of the block, in order."""

_SHALLOWEST_ROW_M, _DEEPEST_ROW_M = 9.0, 25.0
_SUB_ALLEY_FROM_M = 15.0
_FROM_LEFT_RATIO, _THROUGH_RATIO, _SUB_ALLEY_RATIO = 0.5, 0.3, 0.6
_NARROWEST_FRONTAGE_M, WIDEST_FRONTAGE_M = 3.2, 8.0


class Use(IntEnum):
    """What a row of plots is for."""

    HOUSE = 0
    SCHOOL = 1
    PARK = 2
    FARM = 3


class Rectangle(NamedTuple):
    """A rectangle in the block's own metres."""

    s0_m: float
    t0_m: float
    s1_m: float
    t1_m: float


class Row(NamedTuple):
    """A row of plots side by side.

    ``front``: the rectangle's side that the plots face (0–3, or `NO_FRONT`); ``reference``: the block side or the
    alley they face; ``is_left``: whether they lie to the left of that alley's direction.
    """

    area: Rectangle
    front: int
    reference: int
    is_left: bool
    use: Use
    frontage_m: float


class Alley(NamedTuple):
    """A straight alley from its mouth on ``parent`` (block side or earlier alley) to its end.

    ``end_side``: the block side that it comes out on again, or `NO_FRONT` for a dead end.
    """

    s0_m: float
    t0_m: float
    s1_m: float
    t1_m: float
    parent: int
    width_m: float
    end_side: int


@dataclass(slots=True)
class Layout:
    """Rows and alleys of one block."""

    rows: list[Row] = field(default_factory=list)
    alleys: list[Alley] = field(default_factory=list)

    def add_row(self, area: Rectangle, front: int, *, frontage_m: float, use: Use = Use.HOUSE) -> None:
        """Add plots that face the block's own side ``front``."""
        self._add(Row(area, front, front, True, use, frontage_m))  # noqa: FBT003 - a row of a named tuple

    def add_along(self, alley: int, area: Rectangle, front: int, *, frontage_m: float) -> None:
        """Add plots that face the alley numbered ``alley``."""
        course = self.alleys[alley]
        middle_s, middle_t = (area.s0_m + area.s1_m) / 2, (area.t0_m + area.t1_m) / 2
        cross = (course.s1_m - course.s0_m) * (middle_t - course.t0_m) - (course.t1_m - course.t0_m) * (
            middle_s - course.s0_m
        )
        self._add(Row(area, front, FIRST_ALLEY + alley, cross > 0, Use.HOUSE, frontage_m))

    def add_alley(self, alley: Alley) -> int:
        """Add an alley and return its number in the block."""
        self.alleys.append(alley)
        return len(self.alleys) - 1

    def _add(self, row: Row) -> None:
        width_s, width_t = row.area.s1_m - row.area.s0_m, row.area.t1_m - row.area.t0_m
        along, deep = (width_s, width_t) if row.front % 2 == 0 or row.front == NO_FRONT else (width_t, width_s)
        if along >= _NARROWEST_FRONTAGE_M and deep >= _NARROWEST_FRONTAGE_M:
            self.rows.append(row)


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """The part of a block that is laid out: from ``s0_m`` to ``length_m`` and over the whole ``width_m``.

    ``squeeze_ratio``: how much narrower than in the layout an alley becomes on the ground, where the block is askew.
    """

    length_m: float
    width_m: float
    s0_m: float = 0.0
    squeeze_ratio: float = 1.0

    @property
    def is_open_left(self) -> bool:
        """Whether side 3 is a street; otherwise a school stands there."""
        return self.s0_m == 0.0


def lay_out(site: Site, kind: Settlement, rng: np.random.Generator) -> Layout:
    """Return the layout of a block in a quarter of that kind."""
    layout = Layout()
    if kind is Settlement.FIELD:
        _fields(layout, Rectangle(site.s0_m, 0.0, site.length_m, site.width_m), rng)
    elif kind is Settlement.RURAL:
        _farmsteads(layout, site, rng)
    elif kind is Settlement.SUBURB or _least_alley_width_m(site) > site.width_m:
        _back_to_back(layout, site, frontage_m=5.6 if kind is Settlement.SUBURB else 4.4)
    else:
        _alleys(layout, site, kind, rng)
    return layout


class Single(NamedTuple):
    """One big plot at the left end of a block, facing side 0; what lies behind it stays garden land."""

    use: Use
    length_m: float
    depth_m: float


def lay_out_single(single: Single, width_m: float) -> Layout:
    """Return the layout of the part of a block of ``width_m`` that ``single`` takes."""
    layout = Layout()
    depth_m = min(single.depth_m, width_m)
    layout.add_row(Rectangle(0.0, 0.0, single.length_m, depth_m), 0, frontage_m=1e9, use=single.use)
    layout.add_row(Rectangle(0.0, depth_m, single.length_m, width_m), NO_FRONT, frontage_m=1e9, use=Use.FARM)
    return layout


def _least_alley_width_m(site: Site) -> float:
    shortest_m = 45.0
    return 50.0 if site.length_m - site.s0_m >= shortest_m else 1e9


def _back_to_back(layout: Layout, site: Site, *, frontage_m: float) -> None:
    """Two rows with a common back line; what is deeper than a row may be stays garden land between them."""
    width_m = site.width_m
    if width_m < 2 * _SHALLOWEST_ROW_M:
        layout.add_row(Rectangle(site.s0_m, 0.0, site.length_m, width_m), 0, frontage_m=frontage_m)
        return
    depth_m = min(width_m / 2, _DEEPEST_ROW_M - 1.0)
    layout.add_row(Rectangle(site.s0_m, 0.0, site.length_m, depth_m), 0, frontage_m=frontage_m)
    layout.add_row(Rectangle(site.s0_m, width_m - depth_m, site.length_m, width_m), 2, frontage_m=frontage_m)
    between = Rectangle(site.s0_m, depth_m, site.length_m, width_m - depth_m)
    layout.add_row(between, NO_FRONT, frontage_m=45.0, use=Use.FARM)


def _fields(layout: Layout, area: Rectangle, rng: np.random.Generator) -> None:
    strips = max(1, round((area.t1_m - area.t0_m) / 48.0))
    cuts = area.t0_m + (area.t1_m - area.t0_m) * np.linspace(0.0, 1.0, strips + 1)
    cuts[1:-1] += rng.uniform(-6.0, 6.0, strips - 1)
    for low, high in itertools.pairwise(cuts):
        strip = Rectangle(area.s0_m, float(low), area.s1_m, float(high))
        layout.add_row(strip, NO_FRONT, frontage_m=float(rng.uniform(45.0, 90.0)), use=Use.FARM)


def _farmsteads(layout: Layout, site: Site, rng: np.random.Generator) -> None:
    """Houses on stretches of the four sides, gardens beside them, fields inside."""
    deep = rng.uniform(17.0, 24.0, 4)
    deep[3] = deep[3] if site.is_open_left else 0.0
    s0_m, s1_m, t1_m = site.s0_m, site.length_m, site.width_m
    _stretch(layout, Rectangle(s0_m, 0.0, s1_m, deep[0]), 0, rng)
    _stretch(layout, Rectangle(s0_m, t1_m - deep[2], s1_m, t1_m), 2, rng)
    _stretch(layout, Rectangle(s1_m - deep[1], deep[0], s1_m, t1_m - deep[2]), 1, rng)
    if site.is_open_left:
        _stretch(layout, Rectangle(s0_m, deep[0], s0_m + deep[3], t1_m - deep[2]), 3, rng)
    inside = Rectangle(s0_m + deep[3], deep[0], s1_m - deep[1], t1_m - deep[2])
    if inside.s1_m > inside.s0_m and inside.t1_m > inside.t0_m:
        _fields(layout, inside, rng)


def _stretch(layout: Layout, area: Rectangle, front: int, rng: np.random.Generator) -> None:
    """Split a strip along a street into garden, houses, garden."""
    along_s = front % 2 == 0
    low, high = (area.s0_m, area.s1_m) if along_s else (area.t0_m, area.t1_m)
    near_river = front in (0, 3)
    built = float(rng.choice([0.35, 0.6, 0.85] if near_river else [0.0, 0.0, 0.35, 0.6])) * (high - low)
    first = low + float(rng.uniform(0.0, high - low - built))
    for start, end, use in ((low, first, Use.FARM), (first, first + built, Use.HOUSE), (first + built, high, Use.FARM)):
        part = Rectangle(start, area.t0_m, end, area.t1_m) if along_s else Rectangle(area.s0_m, start, area.s1_m, end)
        layout.add_row(part, front, frontage_m=6.2 if use is Use.HOUSE else 28.0, use=use)


def _alleys(layout: Layout, site: Site, kind: Settlement, rng: np.random.Generator) -> None:
    """Front rows on all streets; inside, alleys with plots on both hands and sub-alleys where there is room."""
    front = rng.uniform(11.5, 16.0, 4)
    front[3] = front[3] if site.is_open_left else 0.0
    frontage_m = 4.3
    low_s, high_s = site.s0_m + front[3], site.length_m - front[1]
    low_t, high_t = front[0], site.width_m - front[2]
    layout.add_row(Rectangle(site.s0_m, 0.0, site.length_m, low_t), 0, frontage_m=4.6)
    layout.add_row(Rectangle(site.s0_m, high_t, site.length_m, site.width_m), 2, frontage_m=4.6)
    bank_m = 34.0 if kind is Settlement.URBAN else 46.0
    count = max(1, round((high_t - low_t) / bank_m))
    cuts = np.linspace(low_t, high_t, count + 1)
    mouths: dict[int, list[tuple[float, float]]] = {1: [], 3: []}
    for start, end in itertools.pairwise(cuts):
        course = _main_alley(site, (float(start), float(end)), (low_s, high_s), rng)
        alley = layout.add_alley(course)
        for side in (1, 3):
            if side in (course.parent, course.end_side):
                mouths[side].append((course.t0_m - course.width_m / 2, course.t0_m + course.width_m / 2))
        _flank(layout, alley, Rectangle(low_s, float(start), high_s, float(end)), site=site, rng=rng)
    _end_rows(layout, Rectangle(high_s, low_t, site.length_m, high_t), 1, mouths=mouths[1], frontage_m=frontage_m)
    if site.is_open_left:
        _end_rows(layout, Rectangle(site.s0_m, low_t, low_s, high_t), 3, mouths=mouths[3], frontage_m=frontage_m)


def _main_alley(site: Site, bank: tuple[float, float], reach: tuple[float, float], rng: np.random.Generator) -> Alley:
    """One alley along s: in from either end street, through to the other or dead before its front row."""
    t = (bank[0] + bank[1]) / 2 + float(rng.uniform(-1.5, 1.5))
    width_m = float(rng.choice([2.6, 3.1, 3.6, 4.1, 4.6, 5.0])) / site.squeeze_ratio
    from_left = site.is_open_left and rng.random() < _FROM_LEFT_RATIO
    passes = site.is_open_left and rng.random() < _THROUGH_RATIO
    if from_left:
        return Alley(0.0, t, site.length_m if passes else reach[1], t, 3, width_m, 1 if passes else NO_FRONT)
    return Alley(site.length_m, t, 0.0 if passes else reach[0], t, 1, width_m, 3 if passes else NO_FRONT)


def _flank(layout: Layout, alley: int, bank: Rectangle, *, site: Site, rng: np.random.Generator) -> None:
    course = layout.alleys[alley]
    for near, far in ((course.t0_m - course.width_m / 2, bank.t0_m), (course.t0_m + course.width_m / 2, bank.t1_m)):
        deep_m = abs(far - near)
        area = Rectangle(bank.s0_m, min(near, far), bank.s1_m, max(near, far))
        has_room = deep_m > _SUB_ALLEY_FROM_M and bank.s1_m - bank.s0_m > 2 * _SUB_ALLEY_FROM_M
        if has_room and (deep_m > _DEEPEST_ROW_M - 1.0 or rng.random() < _SUB_ALLEY_RATIO):
            width_m = float(rng.uniform(2.1, 3.0)) / site.squeeze_ratio
            _sub_alleys(layout, alley, area, is_above=far > near, width_m=width_m)
        else:
            layout.add_along(alley, area, 0 if far > near else 2, frontage_m=4.3)


def _sub_alleys(layout: Layout, alley: int, area: Rectangle, *, is_above: bool, width_m: float) -> None:
    """Dead ends off an alley, plots on both hands."""
    course = layout.alleys[alley]
    modules = max(1, round((area.s1_m - area.s0_m) / (2 * 11.5 + width_m)))
    module_m = (area.s1_m - area.s0_m) / modules
    end_t = area.t1_m if is_above else area.t0_m
    for module in range(modules):
        low, high = area.s0_m + module * module_m, area.s0_m + (module + 1) * module_m
        s = (low + high) / 2
        sub = layout.add_alley(Alley(s, course.t0_m, s, end_t, FIRST_ALLEY + alley, width_m, NO_FRONT))
        layout.add_along(sub, Rectangle(low, area.t0_m, s - width_m / 2, area.t1_m), 1, frontage_m=4.2)
        layout.add_along(sub, Rectangle(s + width_m / 2, area.t0_m, high, area.t1_m), 3, frontage_m=4.2)


def _end_rows(
    layout: Layout, area: Rectangle, front: int, *, mouths: list[tuple[float, float]], frontage_m: float
) -> None:
    """Lay plots on the short sides, with gaps where alleys come out."""
    edges = [area.t0_m, *(edge for mouth in sorted(mouths) for edge in mouth), area.t1_m]
    for low, high in zip(edges[::2], edges[1::2], strict=True):
        layout.add_row(Rectangle(area.s0_m, low, area.s1_m, high), front, frontage_m=frontage_m)
