"""The tables of QCVN 01:2021/BXD as claims: facts, the limit that is asked, and the figure that the text gives."""

import itertools
from collections.abc import Iterator
from fractions import Fraction
from typing import Any, NamedTuple

from limit_sheets import sheet

TABLES = sheet("qcvn_01_2021_tables.yaml")
AREAS: list[int] = TABLES["areas_m2"]
HEIGHTS = (16, 19, 22, 25, 28, 31, 34, 37, 40, 43, 46)
ABOVE = "46.01"
NEW = {"area_type": "new_development"}
PODIUM = {"podium_height_m": 3}


class Tall(NamedTuple):
    """A table by height and area: where it stands in the sheet, and under which facts which limit follows it."""

    name: str
    divisor: int
    facts: dict[str, Any]
    limit: str


TALL = (
    Tall("apartment", 100, {**NEW, "building_type": "apartment"}, "max_site_coverage_ratio"),
    Tall("commercial", 100, {**NEW, "building_type": "commercial"}, "max_site_coverage_ratio"),
    Tall("apartment", 100, {**NEW, **PODIUM, "building_type": "apartment"}, "max_tower_site_coverage_ratio"),
    Tall("commercial", 100, {**NEW, **PODIUM, "building_type": "commercial"}, "max_tower_site_coverage_ratio"),
    Tall(
        "plot_ratio",
        1,
        {"area_type": "existing_urban", "plan_controls_by_plot_ratio": True, "building_type": "commercial"},
        "max_plot_ratio",
    ),
)


class Claim(NamedTuple):
    """What the printed text gives for some facts."""

    limit: str
    facts: dict[str, Any]
    value: Fraction


def printed(table: Tall) -> list[list[Fraction]]:
    """Return the figures of a table by height and area, in the unit of the limit."""
    return [[Fraction(cell) / table.divisor for cell in line.split("/")] for line in TABLES[table.name]]


def at(table: Tall, height_m: object, area_m2: object, value: Fraction) -> Claim:
    size = {"building_height_m": float(str(height_m)), "plot_area_m2": float(str(area_m2))}
    return Claim(table.limit, {**table.facts, **size}, value)


def cells(table: Tall) -> Iterator[Claim]:
    """Yield each printed figure at its own height and area, and where the table says at most and at least."""
    lines = printed(table)
    for line, height in zip(lines, [*map(str, HEIGHTS), ABOVE], strict=True):
        for value, area in zip(line, AREAS, strict=True):
            yield at(table, height, area, value)
        yield at(table, height, 500, line[0])
        yield at(table, height, 35_001, line[-1])
    for height, line in (("5", lines[0]), ("120", lines[-1])):
        for value, area in zip(line, AREAS, strict=True):
            yield at(table, height, area, value)


def between(low: tuple[Fraction, Fraction], high: tuple[Fraction, Fraction], x: Fraction) -> Fraction:
    """Return the straight line through two points."""
    (x0, y0), (x1, y1) = low, high
    return y0 + (y1 - y0) * (x - x0) / (x1 - x0)


def by_hand(table: Tall, height_m: Fraction, area_m2: Fraction) -> Fraction:
    """Return the figure between the entries: first along the areas of the two nearest heights, then between them."""
    lines = printed(table)
    row = max(i for i in range(10) if height_m >= HEIGHTS[i])
    column = max(i for i in range(3) if area_m2 >= AREAS[i])
    ends = [Fraction(AREAS[column]), Fraction(AREAS[column + 1])]
    along = [between((ends[0], lines[r][column]), (ends[1], lines[r][column + 1]), area_m2) for r in (row, row + 1)]
    return between((Fraction(HEIGHTS[row]), along[0]), (Fraction(HEIGHTS[row + 1]), along[1]), height_m)


def middles(table: Tall) -> Iterator[Claim]:
    """Yield the point in the middle of every four entries."""
    for low_m, high_m in itertools.pairwise(HEIGHTS):
        for least_m2, most_m2 in itertools.pairwise(AREAS):
            height, area = Fraction(low_m + high_m, 2), Fraction(least_m2 + most_m2, 2)
            yield at(table, float(height), float(area), by_hand(table, height, area))


def setbacks() -> Iterator[Claim]:
    """Yield each cell of Table 2.7 at both ends of its ranges: 18.99 and 19, 21.99 and 22, 27.99 and 28 m."""
    roads = {"<19": (5, 18.99), "19-<22": (19, 21.99), ">=22": (22, 60)}
    heights = ((4, 18.99), (19, 21.99), (22, 27.99), (28, 90))
    for label, line in TABLES["setback"].items():
        for cell, both in zip(line.split("/"), heights, strict=True):
            for road_m, height_m in itertools.product(roads[label], both):
                facts = {**NEW, "road_is_regional": True, "road_width_m": road_m, "building_height_m": height_m}
                yield Claim("min_front_setback_m", facts, Fraction(cell))
                yield Claim("min_tower_front_setback_m", {**facts, **PODIUM}, Fraction(cell))


def houses() -> Iterator[Claim]:
    """Yield the entries of Table 2.8, both sides of some, and the middle of every stretch."""
    entries = [(Fraction(area), Fraction(percent, 100)) for area, percent in TABLES["house"].items()]
    points = [*entries, (Fraction(40), Fraction(1)), (Fraction(5000), Fraction(2, 5))]
    for low, high in itertools.pairwise(entries):
        points += [(x, between(low, high, x)) for x in ((low[0] + high[0]) / 2, low[0] + Fraction(1, 10))]
    for area, ratio in points:
        yield Claim(
            "max_site_coverage_ratio", {**NEW, "building_type": "row_house", "plot_area_m2": float(area)}, ratio
        )


def claims() -> list[Claim]:
    """Return all of them."""
    tall = [claim for table in TALL for claim in (*cells(table), *middles(table))]
    return [*tall, *setbacks(), *houses()]
