"""Wards of the demonstration city, map sheets and parcel numbers."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from basemap.demo_ground import Floats, Ground, Integers
from basemap.demo_names import WARD_NAMES, unique_names
from spatial.crs import HCMC

FIRST_WARD_CODE = 90001
"""No ward of the country has a code from here on."""

_HOUSEHOLDS_PER_WARD_COUNT = 4_500
_FEWEST_WARDS_COUNT, _MOST_WARDS_COUNT = 4, 50
SHEET_SIDE_M = 250.0
_STRIP_M = 14.0


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
    weight = np.insert(plots_per_quarter, river, 0.0, axis=1 - 1) + 1e-3
    member = _partition(weight, shore=river + 1, count=count)
    middle = (ground.node_xy[river] + ground.node_xy[river + 1]) / 2
    node = np.insert(ground.node_xy, river + 1, middle, axis=0)
    ring = np.stack([node[:-1, :-1], node[1:, :-1], node[1:, 1:], node[:-1, 1:]], axis=2)
    cells = shapely.polygons(ring.reshape(-1, 4, 2))
    area = [shapely.unary_union(cells[member.ravel() == ward]) for ward in range(count)]
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


def number_parcels(ward: Integers, centre_xy: Floats) -> pd.DataFrame:
    """Return ``map_sheet`` and ``parcel_no``: sheets restart in each ward, numbers in each sheet.

    Sheets are squares of `SHEET_SIDE_M`, counted from the north-west; parcels are counted along strips, as a
    surveyor walks.
    """
    east, north = np.floor(centre_xy / SHEET_SIDE_M).astype(np.int64).T
    squares, square = np.unique(np.column_stack([ward, -north, east]), axis=0, return_inverse=True)
    sheet_no = _rank_within(squares[:, 0])[square.ravel()]
    strip = np.floor(-centre_xy[:, 1] / _STRIP_M)
    order = np.lexsort([centre_xy[:, 0], strip, square.ravel()])
    parcel_no = np.empty(len(ward), dtype=np.int64)
    parcel_no[order] = _rank_within(square.ravel()[order])
    return pd.DataFrame({"map_sheet": sheet_no.astype(str), "parcel_no": parcel_no.astype(str)})


def _rank_within(group: Integers) -> Integers:
    """Count 1, 2, 3 … within runs of equal values."""
    starts = np.flatnonzero(np.concatenate([[True], group[1:] != group[:-1]]))
    lengths = np.diff(np.append(starts, len(group)))
    return np.arange(len(group)) - np.repeat(starts, lengths) + 1
