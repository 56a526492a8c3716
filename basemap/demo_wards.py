"""Wards of the demonstration city: polygons that tile the ground, grown from whole quarters."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from basemap.demo_ground import COURSE_STEPS_COUNT, Floats, Ground, Integers
from basemap.demo_names import WARD_NAMES, unique_names
from spatial.crs import HCMC

FIRST_WARD_CODE = 90001
"""No ward of the country has a code from here on."""

_HOUSEHOLDS_PER_WARD_COUNT = 4_500
_FEWEST_WARDS_COUNT, _MOST_WARDS_COUNT = 4, 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Wards:
    """The wards, and which quarter lies in which.

    Parameters
    ----------
    frame
        Attributes of the layer ``ward`` and geometry.
    of_quarter
        Position in ``frame`` for each cell of the ground, (i, j); the river's cells are halved and hold -1.
    """

    frame: gpd.GeoDataFrame
    of_quarter: Integers

    @property
    def codes(self) -> list[str]:
        """Ward codes in the order of the frame."""
        return [str(code) for code in self.frame["ward_code"]]

    @property
    def names(self) -> list[str]:
        """Names with their kind, e.g. ``Phường Bình Minh``."""
        return [str(name) for name in self.frame["name"]]


def make_wards(ground: Ground, *, households: int, plots_per_quarter: Floats, rng: np.random.Generator) -> Wards:
    """Return wards that tile the ground; borders follow the net's lines and the middle of the river."""
    count = int(np.clip(round(households / _HOUSEHOLDS_PER_WARD_COUNT), _FEWEST_WARDS_COUNT, _MOST_WARDS_COUNT))
    river = ground.river_column
    weight = np.insert(plots_per_quarter, river, 0.0, axis=0) + 1e-3
    member = _partition(weight, shore=river + 1, count=count)
    cells = _cells(ground)
    area = [shapely.unary_union(cells[member == ward]) for ward in range(count)]
    names = rng.permutation(unique_names(WARD_NAMES, count))
    frame = gpd.GeoDataFrame(
        {
            "ward_code": [str(FIRST_WARD_CODE + 3 * ward) for ward in range(count)],
            "name": [f"Phường {name}" for name in names],
        },
        geometry=area,
        crs=HCMC,
    )
    of_quarter = np.delete(member, river, axis=0)
    of_quarter[river] = -1
    return Wards(frame=frame, of_quarter=of_quarter)


def _cells(ground: Ground) -> npt.NDArray[np.object_]:
    """Areas of the cells, (i + 1, j): the river's are halved along its middle."""
    river, node = ground.river_column, ground.node_xy
    ring = np.stack([node[:-1, :-1], node[1:, :-1], node[1:, 1:], node[:-1, 1:]], axis=2)
    areas = shapely.polygons(ring.reshape(-1, 4, 2)).reshape(ring.shape[:2])
    middle = ground.course(np.full(node.shape[1], 0.5))
    halves = np.empty((2, areas.shape[1]), dtype=object)
    for row in range(areas.shape[1]):
        stretch = middle[row * COURSE_STEPS_COUNT : (row + 1) * COURSE_STEPS_COUNT + 1]
        for half, bank in enumerate((node[river], node[river + 1])):
            halves[half, row] = shapely.Polygon([bank[row], *stretch, bank[row + 1]])
    return np.concatenate([areas[:river], halves, areas[river + 1 :]])


def _partition(weight: Floats, *, shore: int, count: int) -> Integers:
    """Halve the heaviest rectangle of cells until there are ``count``; none crosses column line ``shore``."""
    columns, rows = weight.shape
    parts = [(0, shore, 0, rows), (shore, columns, 0, rows)]
    while len(parts) < count:
        order = sorted(parts, key=lambda part: -float(weight[part[0] : part[1], part[2] : part[3]].sum()))
        heaviest = next(part for part in order if part[1] - part[0] > 1 or part[3] - part[2] > 1)
        parts.remove(heaviest)
        parts += _halves(weight, heaviest)
    member = np.empty(weight.shape, dtype=np.int64)
    for number, (i0, i1, j0, j1) in enumerate(sorted(parts, key=lambda part: (-part[3], part[0]))):
        member[i0:i1, j0:j1] = number
    return member


def _halves(weight: Floats, part: tuple[int, int, int, int]) -> list[tuple[int, int, int, int]]:
    i0, i1, j0, j1 = part
    inside = weight[i0:i1, j0:j1]
    is_wide = i1 - i0 > j1 - j0
    share = np.cumsum(inside.sum(axis=1 if is_wide else 0)) / inside.sum()
    cut = 1 + int(np.clip(np.argmin(np.abs(share - 0.5)), 0, len(share) - 2))
    if is_wide:
        return [(i0, i0 + cut, j0, j1), (i0 + cut, i1, j0, j1)]
    return [(i0, i1, j0, j0 + cut), (i0, i1, j0 + cut, j1)]
