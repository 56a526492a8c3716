"""Where the schools of the demonstration city stand: near the children, and one where the river deceives."""

from dataclasses import dataclass

import numpy as np

from basemap.demo_blocks import Single, Use
from basemap.demo_ground import PLOTS_PER_HECTARE, Floats, Ground, Integers, Settlement
from basemap.demo_plots import Lots

_SITE_AREA_M2 = {"kindergarten": 2_200.0, "primary": 5_200.0, "lower_secondary": 6_800.0}
_HOUSEHOLDS_PER_SCHOOL_COUNT = {"kindergarten": 2_500, "primary": 2_600, "lower_secondary": 4_200}
_FEWEST_SCHOOLS_COUNT = {"kindergarten": 4, "primary": 3, "lower_secondary": 2}
_PARK_SHARE_RATIO = 0.02
_WHOLE_BLOCK_FROM_RATIO = 0.7
_DEEPEST_SITE_M = 70.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sites:
    """Blocks kept for schools and parks, and the type of each school, by block."""

    single: dict[int, Single]
    school_type: dict[int, str]


def choose_sites(ground: Ground, lots: Lots, *, households: int, rng: np.random.Generator) -> Sites:
    """Return the blocks of schools (clusters of demand) and parks."""
    plots = lots.size_m.prod(axis=1) / 1e4 * np.array([PLOTS_PER_HECTARE[Settlement(int(kind))] for kind in lots.kind])
    centre = lots.inner.mean(axis=1)
    taken: set[int] = set()
    school_type: dict[int, str] = {}
    far = _block_far_from_bridges(ground, lots, plots)
    for kind in ("primary", "lower_secondary", "kindergarten"):
        count = max(_FEWEST_SCHOOLS_COUNT[kind], round(households / _HOUSEHOLDS_PER_SCHOOL_COUNT[kind]))
        wanted = _cluster_centres(centre, plots, count=count, rng=rng)
        if kind == "primary":
            wanted[np.argmin(((wanted - centre[far]) ** 2).sum(axis=1))] = centre[far]
        for point in wanted:
            distance = np.hypot(*(centre - point).T) + np.where(plots > 0, 0.0, 1e6)
            distance[list(taken)] = np.inf
            block = int(np.argmin(distance))
            taken.add(block)
            school_type[block] = kind
    single = {block: _site(lots, block, kind) for block, kind in school_type.items()}
    for block in _parks(lots, taken, rng):
        length_m, width_m = lots.size_m[block]
        single[int(block)] = Single(Use.PARK, float(length_m), float(width_m))
    return Sites(single=single, school_type=school_type)


def _site(lots: Lots, block: int, kind: str) -> Single:
    length_m, width_m = lots.size_m[block]
    depth_m = min(width_m, _DEEPEST_SITE_M) if lots.kind[block] <= int(Settlement.RURAL) else width_m
    wanted_m = _SITE_AREA_M2[kind] / depth_m
    whole = wanted_m > _WHOLE_BLOCK_FROM_RATIO * length_m
    return Single(Use.SCHOOL, float(length_m if whole else wanted_m), float(depth_m))


def _cluster_centres(xy: Floats, weight: Floats, *, count: int, rng: np.random.Generator) -> Floats:
    """Lloyd's iteration from weighted random starts: ``count`` points amid the demand."""
    centre = xy[rng.choice(len(xy), size=count, replace=False, p=weight / weight.sum())].copy()
    for _ in range(12):
        nearest = np.argmin(((xy[:, None] - centre[None]) ** 2).sum(axis=2), axis=1)
        mass = np.bincount(nearest, weights=weight, minlength=count)
        for axis in (0, 1):
            total = np.bincount(nearest, weights=weight * xy[:, axis], minlength=count)
            centre[:, axis] = np.where(mass > 0, total / np.maximum(mass, 1e-9), centre[:, axis])
    return centre


def _block_far_from_bridges(ground: Ground, lots: Lots, plots: Floats) -> int:
    """Return the settled block on the bank from which the way to a bridge is longest."""
    river = ground.river_column
    bridge = ground.node_xy[[river, river, river + 1, river + 1], list(ground.bridge_rows) * 2]
    bank = ground.node_xy[[river, river + 1]].reshape(-1, 2)
    centre = lots.inner.mean(axis=1)
    on_bank = np.isin(lots.blocks.column, [river - 1, river + 1]) & (plots > 0)
    from_bank = np.hypot(*np.moveaxis(centre[:, None] - bank[None], -1, 0)).min(axis=1)
    from_bridge = np.hypot(*np.moveaxis(centre[:, None] - bridge[None], -1, 0)).min(axis=1)
    return int(np.argmax(np.where(on_bank, from_bridge - from_bank, -np.inf)))


def _parks(lots: Lots, taken: set[int], rng: np.random.Generator) -> Integers:
    free = np.flatnonzero(lots.kind >= int(Settlement.SUBURB))
    free = free[~np.isin(free, list(taken))]
    return np.asarray(rng.choice(free, size=round(_PARK_SHARE_RATIO * len(free)), replace=False), dtype=np.int64)
