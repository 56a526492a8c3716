"""The golden sheets of addresses: the map of each, its cases, and how well a geocoder does on them.

Wrong and confident is an answer *exact* or *alley mouth* that is not the place meant: the worst there is.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import shapely
import yaml

from basemap.address_index import build_index
from basemap.admin_unit_files import packaged_units
from basemap.demo_city import make_city
from basemap.former_wards import WardsOfBothTimes
from basemap.geocode import Answer, Geocoder, Grade
from basemap.model import LayerName
from basemap.ward_names import CurrentWards
from spatial.crs import HCMC

HERE = Path(__file__).parent
OF_THE_DEMONSTRATION, OLD_AND_NEW = "addresses.yaml", "addresses_old_and_new.yaml"
CONFIDENT = (Grade.EXACT, Grade.ALLEY_MOUTH)
_SQUARE_M, _WEST_M, _SOUTH_M = 1_000.0, 590_000.0, 1_190_000.0

Case = dict[str, Any]


def read_sheet(name: str) -> dict[str, Any]:
    """Return a sheet; each of its cases gets an id."""
    sheet: dict[str, Any] = yaml.safe_load((HERE / name).read_text(encoding="utf-8"))
    sheet["cases"] = [{"id": f"{at} {case['habit']}", **case} for at, case in enumerate(sheet["cases"], start=1)]
    return sheet


def geocoder_of(sheet: dict[str, Any]) -> Geocoder:
    """Return the geocoder on the map that the sheet speaks of."""
    if "city" in sheet:
        layers = make_city(**sheet["city"]).layers
        return Geocoder(build_index(layers[LayerName.ADDRESS], layers[LayerName.STREET], wards=layers[LayerName.WARD]))
    wards = _wards(sheet["map"]["wards"])
    streets, houses = _streets_and_houses(sheet["map"]["houses"], wards)
    units = WardsOfBothTimes(CurrentWards.of_layer(wards), packaged_units())
    return Geocoder(build_index(houses, streets, wards=wards, units=units))


def _wards(rows: list[dict[str, str]]) -> gpd.GeoDataFrame:
    squares = [
        (code, name, _WEST_M + column * _SQUARE_M, _SOUTH_M - 2 * row * _SQUARE_M)
        for row, wards in enumerate(rows)
        for column, (code, name) in enumerate(wards.items())
    ]
    shapes = [shapely.box(x, y, x + _SQUARE_M, y + _SQUARE_M) for _, _, x, y in squares]
    named = {"ward_code": [each[0] for each in squares], "name": [each[1] for each in squares]}
    return gpd.GeoDataFrame(named, geometry=shapes, crs=HCMC)


def _streets_and_houses(
    rows: list[tuple[str, str, str]], wards: gpd.GeoDataFrame
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Draw each street from west to east through its wards, at a height of its own, and its houses along it."""
    square = dict(zip(wards["ward_code"], wards.geometry, strict=True))
    called = dict(zip(wards["ward_code"], wards["name"], strict=True))
    heights = {name: 10.0 + 25 * at for at, name in enumerate(dict.fromkeys(name for name, _, _ in rows))}
    lines, houses = [], []
    for name, code, numbers in rows:
        west, south, east, _ = square[code].bounds
        lines.append((name, shapely.LineString([(west, south + heights[name]), (east, south + heights[name])])))
        for at, number in enumerate(numbers.split()):
            place = shapely.Point(west + 100 + 50 * at, south + heights[name] + 8)
            houses.append((number, name, code, f"{number} {name}, {called[code]}", place))
    streets = gpd.GeoDataFrame({"name": [name for name, _ in lines]}, geometry=[line for _, line in lines], crs=HCMC)
    columns = ("house_number", "street_name", "ward_code", "address")
    frame = {column: [house[at] for house in houses] for at, column in enumerate(columns)}
    return streets, gpd.GeoDataFrame(frame, geometry=[house[4] for house in houses], crs=HCMC)


def is_as_meant(case: Case, answer: Answer) -> bool:
    """Tell whether an answer has the grade that the case deserves, at the place that it means."""
    grades = case["grade"] if isinstance(case["grade"], list) else [case["grade"]]
    place = case.get("address") or case.get("mouth") or (case.get("candidate") if answer.grade in CONFIDENT else None)
    is_there = place is None or (answer.place is not None and answer.place.label == place)
    return answer.grade.value in grades and is_there


def is_wrong_and_confident(case: Case, answer: Answer) -> bool:
    """Tell whether an answer claims a door or an alley that the case does not mean."""
    return answer.grade in CONFIDENT and not is_as_meant(case, answer)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """How well a geocoder does: houses found of those meant, answers not as deserved, and of them the confident."""

    case_count: int
    meant_count: int
    found_count: int
    wrong_count: int
    confident_count: int

    def lines(self) -> tuple[str, str, str]:
        """Return the three figures as the guide prints them."""
        return (
            f"houses found: {_share(self.found_count, self.meant_count)}",
            f"wrong answers: {_share(self.wrong_count, self.case_count)}",
            f"wrong and confident: {_share(self.confident_count, self.case_count)}",
        )


def figures_of(pairs: Iterable[tuple[Case, Answer]]) -> Figures:
    """Return the figures of cases with their answers."""
    known = list(pairs)
    meant = [(case, answer) for case, answer in known if case["grade"] == "exact"]
    return Figures(
        case_count=len(known),
        meant_count=len(meant),
        found_count=sum(is_as_meant(*pair) for pair in meant),
        wrong_count=sum(not is_as_meant(*pair) for pair in known),
        confident_count=sum(is_wrong_and_confident(*pair) for pair in known),
    )


def _share(count: int, of_count: int) -> str:
    return f"{count} of {of_count} ({100 * count / of_count:.1f} %)"
