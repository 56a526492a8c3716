"""Plans over the demonstration city: zones that cut across plots, a river, road reservations that bite into them."""

from typing import NamedTuple

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from basemap.demo_ground import LEAST_ARTERIAL_M, Floats, Ground, Settlement, within
from basemap.demo_wards import Wards
from spatial.crs import HCMC

_WIDENED_COLLECTOR_RATIO, _WIDENED_ALLEY_RATIO = 0.4, 0.06
_GREEN_BANK_RATIO, _NARROWEST_BANK_M = 0.07, 3.0
_NO_PLOT_RATIO_RATIO = 0.2
_WIDENED_FROM_M, _WIDENED_ALLEY_FROM_M, _PLANNED_ALLEY_M = 10.0, 3.0, 6.0
_OLDEST_PLAN, _PLAN_SPAN_DAYS = np.datetime64("2012-03-01"), 4_900


class _ZoneKind(NamedTuple):
    land_use: str
    coverage_ratio: tuple[float, ...]
    floors: tuple[int, ...]
    has_numbers: bool = True


_HOUSING = _ZoneKind("ODT", (0.7, 0.8, 0.9, 1.0), (4, 5, 6, 7))
_HOUSING_WITHOUT_NUMBERS = _ZoneKind("ODT", (0.0,), (0,), has_numbers=False)
_MIXED = _ZoneKind("TMD", (0.45, 0.5, 0.6), (9, 12, 16, 20))
_GREEN = _ZoneKind("DKV", (0.05,), (1,))
_FARM = _ZoneKind("CLN", (0.0,), (0,), has_numbers=False)
_VILLAS = _ZoneKind("ODT", (0.5, 0.6), (3, 4))

_KINDS = {
    Settlement.FIELD: ((_FARM, 0.8), (_GREEN, 0.2)),
    Settlement.RURAL: ((_FARM, 0.35), (_VILLAS, 0.4), (_HOUSING_WITHOUT_NUMBERS, 0.25)),
    Settlement.SUBURB: ((_HOUSING, 0.6), (_VILLAS, 0.2), (_HOUSING_WITHOUT_NUMBERS, 0.15), (_GREEN, 0.05)),
    Settlement.URBAN: ((_HOUSING, 0.7), (_MIXED, 0.12), (_HOUSING_WITHOUT_NUMBERS, 0.13), (_GREEN, 0.05)),
    Settlement.DENSE: ((_HOUSING, 0.68), (_MIXED, 0.2), (_HOUSING_WITHOUT_NUMBERS, 0.1), (_GREEN, 0.02)),
}


def make_zones(ground: Ground, wards: Wards, rng: np.random.Generator) -> gpd.GeoDataFrame:
    """Return the zoning plan: cells inside quarters, the river, and the green banks beside it."""
    rows: list[tuple[object, ...]] = []
    areas: list[object] = []
    for number, (i, j) in enumerate(np.argwhere(ground.settlement >= int(Settlement.FIELD)), start=1):
        corner = ground.node_xy[[i, i + 1, i + 1, i], [j, j, j + 1, j + 1]]
        kinds = _KINDS[Settlement(int(ground.settlement[i, j]))]
        plan = wards.names[wards.of_quarter[i, j]]
        approved_on = _OLDEST_PLAN + rng.integers(0, _PLAN_SPAN_DAYS)
        chances = [chance for _, chance in kinds]
        for part, box in enumerate(_parts(rng), start=1):
            kind = kinds[int(rng.choice(len(kinds), p=chances))][0]
            rows.append((f"{kind.land_use}-{number}.{part}", *_numbers(kind, rng), plan, approved_on))
            areas.append(_quadrilateral(corner, box))
    for land_use, area in (("SON", river_area(ground)), ("DKV", _green_banks(ground))):
        rows.append((f"{land_use}-0.1", land_use, None, None, None, None, "Ven sông", _OLDEST_PLAN))
        areas.append(area)
    return _zone_frame(rows, areas)


def _zone_frame(rows: list[tuple[object, ...]], areas: list[object]) -> gpd.GeoDataFrame:
    columns = ["zone_code", "land_use", "max_site_coverage_ratio", "max_floors", "max_height_m", "max_plot_ratio"]
    frame = pd.DataFrame(rows, columns=[*columns, "place", "plan_approved_on"])
    for name in ("max_site_coverage_ratio", "max_height_m", "max_plot_ratio"):
        frame[name] = frame[name].astype("float64")
    frame["max_floors"] = frame["max_floors"].astype("Int64")
    frame["plan_name"] = "Đồ án quy hoạch phân khu minh họa " + frame.pop("place")
    frame["plan_approved_on"] = frame.pop("plan_approved_on").astype("datetime64[s]")
    return gpd.GeoDataFrame(frame, geometry=areas, crs=HCMC)


def _numbers(kind: _ZoneKind, rng: np.random.Generator) -> tuple[object, ...]:
    """Land use, coverage, floors, height, plot ratio."""
    if not kind.has_numbers:
        return kind.land_use, None, None, None, None
    coverage_ratio, floors = float(rng.choice(kind.coverage_ratio)), int(rng.choice(kind.floors))
    plot_ratio = None if rng.random() < _NO_PLOT_RATIO_RATIO else round(0.9 * coverage_ratio * floors, 1)
    return kind.land_use, coverage_ratio, floors, round(3.6 * floors + 2.5, 1), plot_ratio


def _parts(rng: np.random.Generator) -> list[tuple[float, float, float, float]]:
    """Cut the unit square two or three times, across what is there; borders do not follow the streets."""
    boxes = [(0.0, 0.0, 1.0, 1.0)]
    for _ in range(int(rng.integers(2, 4))):
        p0, q0, p1, q1 = boxes.pop(0)
        at = float(rng.uniform(0.35, 0.65))
        if p1 - p0 > (q1 - q0) * rng.uniform(0.9, 1.1):
            cut = p0 + at * (p1 - p0)
            boxes += [(p0, q0, cut, q1), (cut, q0, p1, q1)]
        else:
            cut = q0 + at * (q1 - q0)
            boxes += [(p0, q0, p1, cut), (p0, cut, p1, q1)]
    return boxes


def _quadrilateral(corner: Floats, box: tuple[float, float, float, float]) -> object:
    p0, q0, p1, q1 = box
    return shapely.Polygon(within(corner, np.array([p0, p1, p1, p0]), np.array([q0, q0, q1, q1])))


def river_area(ground: Ground) -> shapely.Polygon:
    """Return the water between the bank streets."""
    left, right = ground.node_xy[ground.river_lines()]
    street_m = ground.column_width_m[ground.river_lines()].max() / 2
    bank_ratio = (street_m + _GREEN_BANK_RATIO * ground.quarter_side_m) / np.hypot(*(right - left).T)
    shores = ground.course(bank_ratio), ground.course(1 - bank_ratio)
    water = shapely.Polygon(np.concatenate([shores[0], shores[1][::-1]]))
    streets = shapely.buffer(shapely.linestrings(np.stack([left, right])), street_m + _NARROWEST_BANK_M)
    parts = shapely.get_parts(
        shapely.difference(shapely.intersection(water, _corridor(ground)), shapely.union_all(streets))
    )
    return parts[np.argmax(shapely.area(parts))]


def _corridor(ground: Ground) -> shapely.Polygon:
    left, right = ground.node_xy[ground.river_lines()]
    return shapely.Polygon(np.concatenate([left, right[::-1]]))


def _green_banks(ground: Ground) -> object:
    return shapely.difference(_corridor(ground), river_area(ground))


def make_reservations(
    lines: pd.DataFrame, courses: npt.NDArray[np.object_], *, names: list[str], rng: np.random.Generator
) -> gpd.GeoDataFrame:
    """Return the planned rights of way that are wider than the street is: all arterials, some others.

    Parameters
    ----------
    courses, names
        Centre line and name of each of ``lines``.
    """
    through = lines["street_class"].isin(["arterial", "street"]).to_numpy()
    rows = []
    for chosen in lines[through].groupby("axis").indices.values():
        at = np.flatnonzero(through)[chosen]
        width_m = float(lines["width_m"].to_numpy()[at].max())
        is_arterial = width_m >= LEAST_ARTERIAL_M
        if is_arterial or (width_m >= _WIDENED_FROM_M and rng.random() < _WIDENED_COLLECTOR_RATIO):
            planned_m = width_m + float(rng.choice([4.0, 6.0, 8.0, 10.0] if is_arterial else [4.0, 6.0]))
            rows.append((names[at[0]], planned_m, _right_of_way(courses[at], planned_m)))
    is_alley = ((lines["street_class"] == "alley") & (lines["width_m"] >= _WIDENED_ALLEY_FROM_M)).to_numpy()
    widened = np.flatnonzero(is_alley & (rng.random(len(lines)) < _WIDENED_ALLEY_RATIO))
    rows += [(names[at], _PLANNED_ALLEY_M, _right_of_way(courses[[at]], _PLANNED_ALLEY_M)) for at in widened]
    decisions = [f"{number:02d}/QĐ-MINH-HOA/2026" for number in range(1, len(rows) + 1)]
    attributes = {
        "road_name": [row[0] for row in rows],
        "planned_width_m": [row[1] for row in rows],
        "decision": decisions,
    }
    return gpd.GeoDataFrame(attributes, geometry=[row[2] for row in rows], crs=HCMC)


def _right_of_way(courses: npt.NDArray[np.object_], width_m: float) -> object:
    merged = shapely.line_merge(shapely.union_all(courses))
    return shapely.buffer(merged, width_m / 2, cap_style="flat", join_style="mitre", mitre_limit=2.0)
