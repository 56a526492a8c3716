"""The map in a round's report: schools, how full they are, and where many children live; never a single home."""

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from basemap import cartography
from basemap.cartography import SchoolCircles
from basemap.map_styles import Style
from basemap.preview import LocalMap
from spatial.text import Text

CELL_SIZE_M = 500
LEAST_SHOWN_COUNT = 5
"""Cells with fewer homes are not drawn: one or two children in a cell could be found out."""

_MARGIN_M = 300
_DENSITY_COLOURS = ("#f3e3c3", "#e9c68d", "#dba15a", "#c57a33")
_STREETS = Style(label=Text("Đường, hẻm", "Streets"), shape="line", stroke="#c9c0ae", stroke_px=0.8, simplify_m=3.0)
_TOLD = Text("chỗ đã xếp / chỗ học", "placed / seats")

Cells = npt.NDArray[np.int64]


def home_cells(x: npt.NDArray[np.float64], y: npt.NDArray[np.float64]) -> pd.DataFrame:
    """Return the square cells (column, row, count) with at least `LEAST_SHOWN_COUNT` homes, sorted.

    Parameters
    ----------
    x, y
        Homes in metres; NaN where unknown.
    """
    known = ~(np.isnan(x) | np.isnan(y))
    column = np.floor(x[known] / CELL_SIZE_M).astype(np.int64)
    row = np.floor(y[known] / CELL_SIZE_M).astype(np.int64)
    cells, count = np.unique(np.column_stack([column, row]), axis=0, return_counts=True)
    frame = pd.DataFrame({"column": cells[:, 0], "row": cells[:, 1], "count": count})
    return frame[frame["count"] >= LEAST_SHOWN_COUNT].reset_index(drop=True)


def round_map(
    applicants: pd.DataFrame,
    schools: pd.DataFrame,
    *,
    crs: str,
    street_lines: npt.NDArray[np.object_] | None = None,
    language: str = "vi",
) -> LocalMap:
    """Return the map.

    Parameters
    ----------
    applicants
        With x, y in ``crs``, metres; only counts for each cell are drawn.
    schools
        school_code, level, name, capacity, placed, x, y; those without a place are left out.
    street_lines
        Shapely lines in ``crs`` to draw beneath; one picture when there are too many for a page.
    """
    located = schools[schools[["x", "y"]].notna().all(axis="columns")]
    made = LocalMap(
        title=Text("Bản đồ các trường của đợt xét tuyển", "Map of the schools of the round"),
        language=language,
        source=Text(
            f"Ô vuông {CELL_SIZE_M} m; ô có dưới {LEAST_SHOWN_COUNT} học sinh không được vẽ.",
            f"Squares of {CELL_SIZE_M} m; those with fewer than {LEAST_SHOWN_COUNT} children are not drawn.",
        ),
    )
    _draw_homes(made, applicants, crs=crs)
    if street_lines is not None and len(street_lines):
        lines = gpd.GeoDataFrame(geometry=[shapely.multilinestrings(street_lines)], crs=crs)
        cartography.draw(made, lines, _STREETS)
    frame = _school_points(located, crs=crs)
    circles = SchoolCircles(size_column="capacity", fill_ratio_column="fill_ratio", fields={"told": _TOLD})
    cartography.draw_schools(made, frame, circles=circles)
    made.look_at(cartography.bounds_of(frame, margin_m=_MARGIN_M))
    return made


def _school_points(schools: pd.DataFrame, *, crs: str) -> gpd.GeoDataFrame:
    """Return one point for each school, its levels together."""
    together = schools.groupby("school_code", sort=True).agg(
        name=("name", "first"),
        capacity=("capacity", "sum"),
        placed=("placed", "sum"),
        x=("x", "first"),
        y=("y", "first"),
    )
    together["fill_ratio"] = np.where(together["capacity"] > 0, together["placed"] / together["capacity"], 1.0)
    together["told"] = [f"{placed} / {seats}" for placed, seats in together[["placed", "capacity"]].to_numpy()]
    points = gpd.points_from_xy(together["x"], together["y"], crs=crs)
    return gpd.GeoDataFrame(together.reset_index(), geometry=points)


def _draw_homes(made: LocalMap, applicants: pd.DataFrame, *, crs: str) -> None:
    cells = home_cells(applicants["x"].to_numpy(dtype=np.float64), applicants["y"].to_numpy(dtype=np.float64))
    if cells.empty:
        return
    bounds = np.unique(np.quantile(cells["count"], [0, 0.25, 0.5, 0.75], method="lower"))
    grade = np.searchsorted(bounds, cells["count"], side="right") - 1
    for number, low in enumerate(bounds.tolist()):
        high = bounds[number + 1] - 1 if number + 1 < len(bounds) else None
        here = cells[grade == number]
        west, south = here["column"] * CELL_SIZE_M, here["row"] * CELL_SIZE_M
        squares = shapely.box(west, south, west + CELL_SIZE_M, south + CELL_SIZE_M)
        cartography.draw(made, gpd.GeoDataFrame(geometry=squares, crs=crs), _density_style(number, low, high))


def _density_style(number: int, low: int, high: int | None) -> Style:
    count = f"{low}+" if high is None else str(low) if high <= low else f"{low}–{high}"
    label = Text(f"{count} học sinh trong ô", f"{count} children in the cell")
    colour = _DENSITY_COLOURS[number]
    return Style(label=label, stroke=colour, fill=colour, stroke_px=0.5, fill_opacity_ratio=0.55)
