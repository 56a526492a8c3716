"""What restricts building in the demonstration city: corridors, special areas, detailed plans, and what each covers.

Every polygon stands for one that an authority published. None follows a real place; names and decisions are made up.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from basemap.demo_ground import Floats, Ground, Settlement
from basemap.demo_plans import river_area
from basemap.demo_wards import Wards
from basemap.model import LAYERS, LayerName
from basemap.special_areas import SpecialKind
from spatial.crs import HCMC

_RIVER_CORRIDOR_M = 50.0
_POWER_HALF_WIDTH_M, _POWER_VOLTAGE_KV = 7.0, 110.0
_RAILWAY_HALF_WIDTH_M = 15.0
_HORIZONTAL_RADIUS_M, _HORIZONTAL_ELEVATION_M = 3_350.0, 45.0
_HERITAGE_CORE_M, _HERITAGE_RING_M = 18.0, 45.0
_CORRIDOR_BEND_RATIO = 0.06
_TRADE_AXES_COUNT, _FEWEST_CELLS_COUNT = 2, 6
_DAY = date(2024, 5, 15)
_PLAN_DAYS = (date(2019, 8, 20), date(2025, 3, 4))
_UNDRAWN = (LayerName.STREET, LayerName.BUILDING, LayerName.WARD, LayerName.SCHOOL, LayerName.ADDRESS)

_Rows = list[tuple[Mapping[str, Any], object]]


def make_restrictions(
    ground: Ground,
    wards: Wards,
    *,
    lines: pd.DataFrame,
    courses: npt.NDArray[np.object_],
    names: list[str],
    rng: np.random.Generator,
) -> dict[LayerName, gpd.GeoDataFrame]:
    """Return the layers that permits ask beside zones and road reservations.

    Parameters
    ----------
    lines, courses, names
        Streets with ``street_class`` and ``width_m``, their centre lines and names.
    """
    city = shapely.union_all(np.asarray(wards.frame.geometry.array, dtype=object))
    cells = _cells(ground)
    centre = cells[len(cells) // 2]
    power = _across(city, upright=False, at_ratio=float(rng.uniform(0.55, 0.7)), rng=rng)
    railway = _across(city, upright=True, at_ratio=float(rng.uniform(0.7, 0.8)), rng=rng)
    rows: dict[LayerName, _Rows] = {
        LayerName.DETAILED_PLAN: _detailed_plans(cells),
        LayerName.SPECIAL_AREA: _special_areas(city, cells),
        LayerName.TRADE_AXIS: _trade_axes(lines, courses, names),
        LayerName.RIVER_CORRIDOR: _river(ground, city),
        LayerName.POWER_LINE: [(_power("Đường dây minh họa 110 kV"), power)],
        LayerName.POWER_CORRIDOR: [
            (
                _power("Đường dây minh họa 110 kV") | {"corridor_width_m": 2 * _POWER_HALF_WIDTH_M},
                _strip(power, _POWER_HALF_WIDTH_M),
            )
        ],
        LayerName.RAILWAY_CORRIDOR: [
            (
                _paper("Đường sắt minh họa", 3) | {"corridor_width_m": 2 * _RAILWAY_HALF_WIDTH_M},
                _strip(railway, _RAILWAY_HALF_WIDTH_M),
            )
        ],
        LayerName.AIRPORT_SURFACE: _airport(city),
        LayerName.HERITAGE_AREA: _heritage(centre),
        **_prescriptions(cells, courses),
    }
    drawn = {layer: _frame(layer, found) for layer, found in rows.items()}
    return drawn | {LayerName.COVERAGE: _frame(LayerName.COVERAGE, _coverage(city))}


def _frame(layer: LayerName, rows: _Rows) -> gpd.GeoDataFrame:
    names = LAYERS[layer].attribute_names
    columns = {name: pd.Series([row.get(name) for row, _ in rows], dtype=object) for name in names}
    for attribute in LAYERS[layer].attributes:
        if attribute.kind.value == "real":
            columns[attribute.name] = columns[attribute.name].astype("float64")
        elif attribute.kind.value == "integer":
            columns[attribute.name] = columns[attribute.name].astype("Int64")
        elif attribute.kind.value == "date":
            columns[attribute.name] = pd.to_datetime(columns[attribute.name]).astype("datetime64[s]")
    return gpd.GeoDataFrame(columns, geometry=[shape for _, shape in rows], crs=HCMC)


def _paper(name: str, number: int) -> dict[str, Any]:
    return {"name": name, "decision": f"{number:02d}/QĐ-MINH-HOA/2024", "approved_on": _DAY}


def _power(name: str) -> dict[str, Any]:
    return _paper(name, 2) | {"voltage_kv": _POWER_VOLTAGE_KV, "conductor": "bare"}


def _cells(ground: Ground) -> list[Floats]:
    """Return the corners of the cells with most people, the river's left out."""
    least = min(int(Settlement.URBAN), int(ground.settlement.max()))
    dense = np.argwhere(ground.settlement >= least)
    found = [ground.node_xy[[i, i + 1, i + 1, i], [j, j, j + 1, j + 1]] for i, j in dense]
    return found * -(-_FEWEST_CELLS_COUNT // len(found))


def _part(cell: Floats, *, scale_ratio: float, turn_degrees: float = 0.0) -> shapely.Polygon:
    """Return a quadrilateral around the middle of a cell; turned, it cuts across plots."""
    middle = cell.mean(axis=0)
    angle = np.radians(turn_degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return shapely.Polygon(middle + scale_ratio * (cell - middle) @ turn.T)


def _across(city: shapely.Polygon, *, upright: bool, at_ratio: float, rng: np.random.Generator) -> shapely.LineString:
    """Return a line from one edge of the city to the other with two bends, inside the city."""
    x0, y0, x1, y1 = city.bounds
    along = np.linspace(0.0, 1.0, 4)
    aside = at_ratio + _CORRIDOR_BEND_RATIO * rng.uniform(-1, 1, 4)
    p, q = (aside, along) if upright else (along, aside)
    line = shapely.LineString(np.column_stack([x0 + p * (x1 - x0), y0 + q * (y1 - y0)]))
    return shapely.intersection(line, city)


def _strip(line: object, half_width_m: float) -> object:
    return shapely.buffer(line, half_width_m, cap_style="flat", join_style="mitre")


def _river(ground: Ground, city: shapely.Polygon) -> _Rows:
    water = river_area(ground)
    banks = shapely.intersection(shapely.difference(shapely.buffer(water, _RIVER_CORRIDOR_M), water), city)
    row = _paper("Sông Mây (minh họa)", 1) | {"corridor_width_m": _RIVER_CORRIDOR_M}
    # Where a border only touches, an intersection leaves lines beside the areas.
    areas = [part for part in shapely.get_parts(banks) if part.geom_type == "Polygon"]
    return [(row, shapely.union_all(areas))]


def _airport(city: shapely.Polygon) -> _Rows:
    """Return the inner horizontal surface of an airport beside the city, over the western third of it."""
    x0, y0, x1, y1 = city.bounds
    middle = shapely.Point(x0 + 0.3 * (x1 - x0) - _HORIZONTAL_RADIUS_M, (y0 + y1) / 2)
    row = _paper("", 4) | {
        "airport_name": "Sân bay minh họa",
        "surface": "horizontal",
        "lowest_elevation_m": _HORIZONTAL_ELEVATION_M,
        "highest_elevation_m": _HORIZONTAL_ELEVATION_M,
    }
    return [(row, shapely.buffer(middle, _HORIZONTAL_RADIUS_M, quad_segs=32))]


def _heritage(cell: Floats) -> _Rows:
    middle = shapely.Point(cell.mean(axis=0) + 0.2 * (cell[0] - cell.mean(axis=0)))
    core = shapely.buffer(middle, _HERITAGE_CORE_M, cap_style="square")
    ring = shapely.difference(shapely.buffer(middle, _HERITAGE_RING_M, cap_style="square"), core)
    name = _paper("Đình Ban Mai (minh họa)", 5)
    return [(name | {"protection_zone": "1"}, core), (name | {"protection_zone": "2"}, ring)]


def _special_areas(city: shapely.Polygon, cells: list[Floats]) -> _Rows:
    def row(kind: SpecialKind, name: str) -> dict[str, Any]:
        return _paper(name, 6) | {"kind": kind.value}

    return [
        (row(SpecialKind.ARCHITECTURE_REGULATION, "Đô thị hiện hữu (minh họa)"), city),
        (row(SpecialKind.CENTRAL_DISTRICT, "Khu trung tâm (minh họa)"), _part(cells[len(cells) // 2], scale_ratio=1.6)),
        (row(SpecialKind.CITY_CENTRE_930_HA, "Lõi trung tâm (minh họa)"), _part(cells[-1], scale_ratio=0.5)),
        (
            row(SpecialKind.FUNCTIONAL_ZONE, "Khu chức năng (minh họa)"),
            _part(cells[0], scale_ratio=0.4, turn_degrees=20),
        ),
        (row(SpecialKind.URBAN_DEVELOPMENT, "Khu phát triển đô thị (minh họa)"), _part(cells[0], scale_ratio=1.2)),
    ]


def _trade_axes(lines: pd.DataFrame, courses: npt.NDArray[np.object_], names: list[str]) -> _Rows:
    """Return the longest arterials as trade axes."""
    is_arterial = (lines["street_class"] == "arterial").to_numpy()
    rows: _Rows = []
    lengths = pd.Series(shapely.length(courses)[is_arterial]).groupby(np.array(names)[is_arterial]).sum()
    for name in lengths.sort_values(ascending=False, kind="stable").index[:_TRADE_AXES_COUNT]:
        chosen = is_arterial & (np.array(names) == name)
        rows.append((_paper("", 7) | {"street_name": name}, shapely.line_merge(shapely.union_all(courses[chosen]))))
    return rows


def _detailed_plans(cells: list[Floats]) -> _Rows:
    def row(kind: str, number: int) -> dict[str, Any]:
        return {
            "plan_kind": kind,
            "zone_code": f"CT-{number}",
            "land_use": "ODT",
            "plan_name": f"Đồ án chi tiết minh họa số {number}",
            "document": f"{number:02d}/QĐ-MINH-HOA-CT",
            "plan_approved_on": _PLAN_DAYS[number % 2],
        }

    plan = row("detailed_plan", 1) | {
        "max_site_coverage_ratio": 0.8,
        "max_floors": 5,
        "max_height_m": 20.0,
        "min_front_setback_m": 2.0,
    }
    adjusted = row("local_adjustment", 2) | {"max_floors": 7, "max_height_m": 28.0}
    return [
        (plan, _part(cells[len(cells) // 3], scale_ratio=0.45, turn_degrees=12)),
        (adjusted, _part(cells[2 * len(cells) // 3], scale_ratio=0.35, turn_degrees=-15)),
    ]


def _prescriptions(cells: list[Floats], courses: npt.NDArray[np.object_]) -> dict[LayerName, _Rows]:
    def row(code: str, name: str) -> dict[str, Any]:
        return {
            "prescription_code": code,
            "name": name,
            "plan_name": "Đồ án quy hoạch phân khu minh họa",
            "document": "08/QĐ-MINH-HOA/2024",
            "plan_approved_on": _DAY,
        }

    park = shapely.buffer(shapely.Point(cells[1].mean(axis=0)), 20.0, quad_segs=4)
    tree = shapely.Point(cells[1][0] + 0.25 * (cells[1][2] - cells[1][0]))
    longest = courses[int(np.argmax(shapely.length(courses)))]
    return {
        LayerName.PRESCRIPTION_AREA: [(row("XANH", "Khoảng xanh phải giữ"), park)],
        LayerName.PRESCRIPTION_LINE: [(row("CAY", "Hàng cây phải giữ"), longest)],
        LayerName.PRESCRIPTION_POINT: [(row("CO-THU", "Cây cổ thụ phải giữ"), tree)],
    }


def _coverage(city: shapely.Polygon) -> _Rows:
    """Return that layers were drawn for the whole city, but those whose silence proves nothing."""
    asked = [layer for layer in LayerName if layer not in _UNDRAWN and layer is not LayerName.COVERAGE]
    return [({"layer": layer.value, "source": "Minh họa"}, city) for layer in asked]
