"""Buildings of the demonstration city, and the households that live in them."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from basemap.demo_blocks import Use
from basemap.demo_ground import Floats, Integers, Settlement
from basemap.demo_plots import Plots

_BUILT_RATIO = {Settlement.RURAL: 0.9, Settlement.SUBURB: 0.92, Settlement.URBAN: 0.95, Settlement.DENSE: 0.97}
_SHOP_RATIO = 0.03
_TOO_HIGH_RATIO, _TRADE_RATIO, _FREE_STANDING_RATIO = 0.05, 0.35, 0.5
_SHOP_STREET_FROM_M, _TRADE_FROM_M, _FRONT_YARD_FROM_M, _BACK_YARD_FROM_M = 12.0, 8.0, 6.0, 16.0
_REAR_YARD_FROM_M, _MARGIN_M, _MARGIN_RATIO = 9.0, 0.25, 1.06
_FULLEST_HOUSE_COUNT = 6
_BUILT_TO_THE_RULE_RATIO = 0.8
_PLOT_AREA_M2, _USUAL_COVERAGE_RATIO = (50.0, 100.0, 200.0, 300.0, 500.0), (1.0, 0.9, 0.7, 0.6, 0.5)
_GROUND_FLOOR_M, _UPPER_FLOOR_M = 3.9, 3.3


class Building:
    """Words of the attribute ``building_use``."""

    HOUSE = "Nhà ở riêng lẻ"
    SHOP_HOUSE = "Nhà ở kết hợp kinh doanh"
    COMMERCIAL = "Thương mại, dịch vụ"
    SCHOOL = "Trường học"


@dataclass(frozen=True, slots=True, kw_only=True)
class Buildings:
    """Buildings as arrays, and the number of households on each plot.

    Parameters
    ----------
    plot
        Position of the plot that each building stands on.
    ring
        Corners, (n, 4, 2), metres.
    households
        Households for each plot (not building), (plots,).
    """

    plot: Integers
    ring: Floats
    use: list[str]
    floors: Integers
    height_m: Floats
    households: Integers


def build(plots: Plots, *, households: int, kind: npt.NDArray[np.int8], rng: np.random.Generator) -> Buildings:
    """Return buildings on most plots, in which exactly ``households`` live.

    Parameters
    ----------
    kind
        `Settlement` around each plot.
    """
    frame = plots.frame
    is_house = frame["use"].to_numpy() == int(Use.HOUSE)
    width_m = frame["road_width_m"].to_numpy()
    is_shop = is_house & (width_m >= _SHOP_STREET_FROM_M) & (rng.random(len(frame)) < _SHOP_RATIO)
    is_built = _built(is_house, kind, most=int(households * 1.02), rng=rng)
    floors = _floors(width_m, kind, rng)
    plot = np.flatnonzero(is_built | (is_house & is_shop))
    lives = is_built & ~is_shop
    use = np.where(is_shop[plot], Building.COMMERCIAL, Building.HOUSE)
    shop_house = ~is_shop[plot] & (width_m[plot] >= _TRADE_FROM_M) & (rng.random(plot.size) < _TRADE_RATIO)
    use = np.where(shop_house, Building.SHOP_HOUSE, use)
    ring = _footprints(plots, plot, kind=kind[plot], rng=rng)
    height_m = _GROUND_FLOOR_M + _UPPER_FLOOR_M * (floors - 1) + rng.uniform(0.0, 1.6, floors.size)
    school_plot, school_ring = _school_wings(plots)
    school_floors = rng.integers(2, 5, school_plot.size)
    return Buildings(
        plot=np.concatenate([plot, school_plot]),
        ring=np.concatenate([ring, school_ring]),
        use=[*use.tolist(), *([Building.SCHOOL] * school_plot.size)],
        floors=np.concatenate([floors[plot], school_floors]),
        height_m=np.round(np.concatenate([height_m[plot], 3.8 * school_floors + 1.0]), 1),
        households=_share_homes(np.flatnonzero(lives), floors, households=households, rng=rng),
    )


def _built(
    is_house: npt.NDArray[np.bool_], kind: npt.NDArray[np.int8], *, most: int, rng: np.random.Generator
) -> npt.NDArray[np.bool_]:
    """Choose the plots with a house; never more than ``most``, the outermost staying empty first."""
    ratio = np.array([_BUILT_RATIO.get(Settlement(int(k)), 0.0) for k in range(5)])
    draw = rng.random(is_house.size)
    is_built = is_house & (draw < ratio[np.clip(kind, 0, 4)])
    surplus = int(is_built.sum()) - most
    if surplus > 0:
        candidates = np.flatnonzero(is_built)
        emptied = candidates[np.argsort(draw[candidates] - 0.08 * kind[candidates])[-surplus:]]
        is_built[emptied] = False
    return is_built


def _floors(width_m: Floats, kind: npt.NDArray[np.int8], rng: np.random.Generator) -> Integers:
    """Storeys: at most what the width of the street usually allows, but for a few."""
    usual = np.array([3, 3, 4, 5, 6])[np.digitize(width_m, [3.5, 6.0, 16.0, 25.0])]
    pull = np.clip(kind, 0, 4) / 4
    floors = 1 + np.floor(rng.beta(1.2 + 1.6 * pull, 2.2 - 0.9 * pull) * usual).astype(np.int64)
    too_high = rng.random(width_m.size) < _TOO_HIGH_RATIO
    return np.where(too_high, usual + rng.integers(1, 4, width_m.size), np.minimum(floors, usual)).astype(np.int64)


def _footprints(plots: Plots, plot: Integers, *, kind: npt.NDArray[np.int8], rng: np.random.Generator) -> Floats:
    """Houses from wall to wall, with a yard behind on deep plots; in the country free-standing."""
    chosen = plots.frame.iloc[plot]
    front = chosen["front"].to_numpy()
    s0_m, t0_m, s1_m, t1_m = chosen[["s0_m", "t0_m", "s1_m", "t1_m"]].to_numpy().T
    deep_m = np.where(front % 2 == 0, t1_m - t0_m, s1_m - s0_m)
    before_m = np.where(
        chosen["road_width_m"] >= _FRONT_YARD_FROM_M, rng.choice([0.0, 0.0, 1.2, 2.4, 3.0], plot.size), 0.0
    )
    behind_m = np.where(deep_m >= _BACK_YARD_FROM_M, rng.choice([0.0, 1.0, 2.0, 2.0, 3.0], plot.size), 0.0)
    to_the_rule = rng.random(plot.size) < _BUILT_TO_THE_RULE_RATIO
    behind_m = np.where(to_the_rule, np.maximum(behind_m, _usual_yard_m(chosen, deep_m) - before_m), behind_m)
    is_country = kind <= int(Settlement.RURAL)
    before_m = np.where(is_country, rng.uniform(2.0, 6.0, plot.size), before_m)
    behind_m = np.where(is_country, rng.uniform(3.0, 7.0, plot.size), behind_m)
    beside_m = np.where(is_country & (rng.random(plot.size) < _FREE_STANDING_RATIO), 0.8, 0.0)
    inset = np.zeros((plot.size, 4))
    every = np.arange(plot.size)
    inset[every, front], inset[every, (front + 2) % 4] = before_m, behind_m
    inset[every, (front + 1) % 4], inset[every, (front + 3) % 4] = beside_m, beside_m
    box = np.column_stack([s0_m + inset[:, 3], t0_m + inset[:, 0], s1_m - inset[:, 1], t1_m - inset[:, 2]])
    return _rings(plots, chosen["block"].to_numpy(), box)


def _usual_yard_m(chosen: pd.DataFrame, deep_m: Floats) -> Floats:
    """Return the depth that most owners leave open, so that coverage and rear yard are what the city usually allows."""
    s0_m, t0_m, s1_m, t1_m = chosen[["s0_m", "t0_m", "s1_m", "t1_m"]].to_numpy().T
    area_m2 = (s1_m - s0_m) * (t1_m - t0_m)
    open_ratio = 1.0 - np.interp(area_m2, _PLOT_AREA_M2, _USUAL_COVERAGE_RATIO)
    rear_m = np.select(
        [area_m2 <= _PLOT_AREA_M2[0], deep_m >= _BACK_YARD_FROM_M, deep_m >= _REAR_YARD_FROM_M], [0.0, 2.0, 1.0], 0.0
    )
    yard_m: Floats = np.maximum(open_ratio * deep_m * _MARGIN_RATIO, rear_m + _MARGIN_M)
    return yard_m


def _rings(plots: Plots, block: Integers, box: Floats) -> Floats:
    s0_m, t0_m, s1_m, t1_m = box.T
    corners = [np.column_stack(pair) for pair in ((s0_m, t0_m), (s1_m, t0_m), (s1_m, t1_m), (s0_m, t1_m))]
    return np.stack([plots.lots.place(block, corner) for corner in corners], axis=1)


def _school_wings(plots: Plots) -> tuple[Integers, Floats]:
    """Two wings around a yard on every school site."""
    frame = plots.frame
    school = np.flatnonzero(frame["use"].to_numpy() == int(Use.SCHOOL))
    block = frame["block"].to_numpy()[school]
    s0_m, t0_m, s1_m, t1_m = frame[["s0_m", "t0_m", "s1_m", "t1_m"]].to_numpy()[school].T
    long_m, deep_m = s1_m - s0_m, t1_m - t0_m
    back = np.column_stack([s0_m + 0.08 * long_m, t1_m - 0.3 * deep_m, s1_m - 0.08 * long_m, t1_m - 0.08 * deep_m])
    side = np.column_stack([s0_m + 0.08 * long_m, t0_m + 0.2 * deep_m, s0_m + 0.28 * long_m, t1_m - 0.34 * deep_m])
    rings = np.concatenate([_rings(plots, block, back), _rings(plots, block, side)])
    return np.concatenate([school, school]), rings


def _share_homes(lived_in: Integers, floors: Integers, *, households: int, rng: np.random.Generator) -> Integers:
    """Households for each plot: one at least in each house, more where there are more floors."""
    count = np.zeros(floors.size, dtype=np.int64)
    if lived_in.size >= households:
        count[rng.choice(lived_in, size=households, replace=False)] = 1
        return count
    count[lived_in] = 1
    room = np.repeat(lived_in, np.minimum(floors[lived_in], _FULLEST_HOUSE_COUNT))
    extra = households - lived_in.size
    chosen = rng.choice(room, size=extra, replace=extra > room.size)
    return count + np.bincount(chosen, minlength=floors.size)
