"""The page of a comparison: one HTML file that opens anywhere, with pictures and a map, and shows no child."""

from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Any

import jinja2
import numpy as np
import pandas as pd

from allocation.compare import ComparedRound, Comparison, Measured
from allocation.model import LEVEL_LABELS, NEAR_BY_LABELS
from allocation.public_figures import LEAST_PUBLIC_COUNT, is_small, withheld, withheld_parts
from allocation.report import number_text, percent_text
from allocation.report_map import round_map
from allocation.seat_prices import SeatGain
from spatial.text import Text

PLACES_FILE = "school_places.csv"
_WIDTH, _HEIGHT = 640, 260
_LEFT, _BOTTOM = 44, 28
_COLOURS = ("#0c5a55", "#b4431c", "#3f5aa6", "#8a6d00", "#7a3b80", "#3b7a3f")
_DASHES = ("", "7 4", "2 4", "10 3 2 3", "1 3", "12 5")
_MAP_HEIGHT_PX = 520
_STEPS = 60
_AXIS_STEPS_M = tuple(factor * 10**power for power in range(8) for factor in (1, 2, 5))
_MOST_LABELS = 5
COUNTS = ("placed", "unplaced")
"""Figures of `ROWS` that mean the same however the ways are measured."""

WITHHELD = "…"
"""Stands where a figure would point at a few children."""

ROWS: tuple[tuple[str, Text, str], ...] = (
    ("placed", Text("Có chỗ học", "Placed"), "number"),
    ("unplaced", Text("Chưa có chỗ", "Without a place"), "number"),
    ("total_distance_m", Text("Tổng quãng đường (m)", "Total distance (m)"), "number"),
    ("mean_distance_m", Text("Trung bình (m)", "Mean (m)"), "number"),
    ("median_distance_m", Text("Trung vị (m)", "Median (m)"), "number"),
    ("p95_distance_m", Text("95% không xa hơn (m)", "95% go no farther than (m)"), "number"),
    ("max_distance_m", Text("Xa nhất (m)", "Farthest (m)"), "number"),
    ("share_nearest", Text("Học ở trường gần nhất", "At the nearest school"), "percent"),
    ("share_within_1000_m", Text("Trong 1 km", "Within 1 km"), "percent"),
    ("share_within_2000_m", Text("Trong 2 km", "Within 2 km"), "percent"),
)
"""What is set side by side: attribute of `Measured`, words, and how it is written."""


def render_comparison(
    comparison: Comparison,
    *,
    gains: Sequence[Sequence[SeatGain]],
    places: pd.DataFrame | None,
    crs: str,
    is_for_office: bool = False,
) -> str:
    """Return the page as HTML.

    Parameters
    ----------
    is_for_office
        Parts and schools of a few children stand in it as they are; else they are withheld.
    gains
        For each round what one more seat would change, for the same pools; empty where that was not asked.
    places
        school_code, level, name, x, y of the pools in ``crs``; None where no places are known.
    """
    schools = _schools(comparison, places)
    if not is_for_office:
        schools = _without_small_counts(schools)
    return _template().render(
        rounds=comparison.rounds,
        rows=_rows(comparison, is_for_office=is_for_office),
        has_one_measure=comparison.has_one_measure,
        measures=[_measure(one) for one in comparison.rounds],
        elsewhere=[_elsewhere(one, is_for_office=is_for_office) for one in comparison.rounds],
        is_for_office=is_for_office,
        least_count=LEAST_PUBLIC_COUNT,
        parts=_parts(comparison, is_for_office=is_for_office),
        gains=_gains(gains, comparison.rounds),
        schools=schools.to_dict("records"),
        curves=_curves(comparison.rounds) if comparison.has_one_measure else [],
        map=_map(comparison, schools, crs=crs),
        axis=_axis(comparison.rounds),
        colours=_COLOURS,
        dashes=_DASHES,
        width=_WIDTH,
        height=_HEIGHT,
        left=_LEFT,
        bottom=_BOTTOM,
    )


def _rows(comparison: Comparison, *, is_for_office: bool) -> list[dict[str, Any]]:
    """Return the main figures: words, cells, and whether metres decide about them."""
    return [
        {
            "words": words,
            "cells": [_of_whole(one.whole, name, kind, is_for_office=is_for_office) for one in comparison.rounds],
            "is_of_metres": name not in COUNTS,
        }
        for name, words, kind in ROWS
    ]


def _measure(one: ComparedRound) -> Text:
    return (
        Text("không ghi cách đo", "measure not stated") if one.measured_by is None else NEAR_BY_LABELS[one.measured_by]
    )


def _elsewhere(one: ComparedRound, *, is_for_office: bool) -> str:
    """Return how many have another school than in the first round; a few are withheld."""
    return WITHHELD if is_small(one.elsewhere_count) and not is_for_office else _told(one.elsewhere_count, "number")


def read_places(directory: Path) -> pd.DataFrame | None:
    """Return where the pools of a round are, None where its files do not say."""
    path = directory / PLACES_FILE
    if not path.is_file():
        return None
    texts = {"school_code": str, "level": str, "name": str}
    return pd.read_csv(path, dtype=texts, keep_default_na=False, na_values={"x": [""], "y": [""]})


def _told(value: float | None, kind: str) -> str:
    return (percent_text(value) if kind == "percent" else number_text(value)).vi


def _of_whole(whole: Measured, name: str, kind: str, *, is_for_office: bool) -> str:
    """Return a figure of the whole round; a count of a few, and what was measured on them, is withheld."""
    value = getattr(whole, name)
    is_hidden = is_small(whole.unplaced) if name == "unplaced" else is_small(whole.placed)
    return WITHHELD if is_hidden and not is_for_office else _told(value, kind)


def _small_parts(parts: Sequence[dict[str, Measured]]) -> set[str]:
    """Return the parts that would point at a few children in any of the rounds."""
    names = [*parts[0]]
    counts = [
        [getattr(of_round[name], figure) for name in names]
        for of_round in parts
        for figure in ("applicants", "placed", "unplaced")
    ]
    return {names[place] for place in withheld_parts(counts)}


def _without_small_counts(schools: pd.DataFrame) -> pd.DataFrame:
    """Return the schools without the numbers of a few children, level by level and round by round."""
    cells = [[*row] for row in schools["cells"]]
    for rows in schools.groupby("level", sort=False).indices.values():
        for column in range(len(cells[0])):
            for place in withheld([cells[row][column] for row in rows.tolist()]):
                cells[int(rows[place])][column] = WITHHELD
    shown = [row[-1] if row[-1] != WITHHELD else 0 for row in cells]
    return schools.assign(cells=cells, placed=shown)


def _parts(comparison: Comparison, *, is_for_office: bool) -> list[dict[str, Any]]:
    """Return the tables by level, tier and area: placed, and under one measure mean and farthest of each round."""
    rounds, with_metres = comparison.rounds, comparison.has_one_measure
    tables: list[dict[str, Any]] = []
    for words, name in (
        (Text("Theo cấp", "By level"), "by_level"),
        (Text("Theo diện ưu tiên", "By priority tier"), "by_tier"),
        (Text("Theo địa bàn", "By area"), "by_area"),
    ):
        parts: list[dict[str, Measured]] = [getattr(one, name) for one in rounds]
        if not parts[0] or (name != "by_level" and len(parts[0]) == 1):
            continue
        labels = {key: LEVEL_LABELS[key].vi if name == "by_level" else key or "–" for key in parts[0]}
        hidden = set() if is_for_office else _small_parts(parts)
        rows = [
            (labels[key], [WITHHELD if key in hidden else _part(one[key], with_metres=with_metres) for one in parts])
            for key in parts[0]
        ]
        tables.append({"words": words, "rows": rows})
    return tables


def _part(part: Measured, *, with_metres: bool) -> str:
    placed = f"{number_text(part.placed).vi}/{number_text(part.applicants).vi}"
    if not with_metres:
        return placed
    return f"{placed} · {number_text(part.mean_distance_m).vi} m · {number_text(part.max_distance_m).vi} m"


def _gains(gains: Sequence[Sequence[SeatGain]], rounds: Sequence[ComparedRound]) -> list[dict[str, Any]]:
    if not gains or not gains[0]:
        return []
    told = [[(one.more_placed, number_text(one.saved_m).vi) for one in of_round] for of_round in gains]
    return [
        {"school_code": one.school_code, "level": LEVEL_LABELS[one.level].vi, "cells": [row[place] for row in told]}
        for place, one in enumerate(gains[0])
        if len(rounds) == len(gains)
    ]


def _schools(comparison: Comparison, places: pd.DataFrame | None) -> pd.DataFrame:
    problem = comparison.problem
    frame = pd.DataFrame(
        {
            "school_code": problem.pool_school_code,
            "level": problem.pool_level,
            "capacity": problem.pool_capacity,
            "placed": list(comparison.rounds[-1].placed_by_school.values()),
            "cells": [
                list(row) for row in zip(*(one.placed_by_school.values() for one in comparison.rounds), strict=True)
            ],
        }
    )
    frame["level_label"] = [LEVEL_LABELS[level].vi for level in frame["level"]]
    if places is None:
        return frame.assign(name=frame["school_code"], x=np.nan, y=np.nan)
    joined = frame.merge(places[["school_code", "level", "name", "x", "y"]], on=["school_code", "level"], how="left")
    return joined.assign(name=joined["name"].fillna(joined["school_code"]))


def _map(comparison: Comparison, schools: pd.DataFrame, *, crs: str) -> str:
    """Return the map of the last round as a frame; what stands in a school tells all rounds; empty without places."""
    if not crs or schools[["x", "y"]].isna().any(axis="columns").all():
        return ""
    nobody = pd.DataFrame({"x": np.array([], dtype=float), "y": np.array([], dtype=float)})
    told = ["; ".join(f"{one.name}: {count}" for one, count in zip(comparison.rounds, row, strict=True))
            for row in schools["cells"]]  # fmt: skip
    named = schools.assign(name=[f"{name} ({text})" for name, text in zip(schools["name"], told, strict=True)])
    return round_map(nobody, named, crs=crs).as_frame(height_px=_MAP_HEIGHT_PX)


def _axis(rounds: Sequence[ComparedRound]) -> list[tuple[float, str]]:
    """Return where which metres are written below the picture: round numbers, five of them at most."""
    far_m = _farthest_m(rounds)
    step_m = next(step for step in _AXIS_STEPS_M if far_m / step < _MOST_LABELS)
    marks = range(0, int(far_m), step_m)
    return [(_LEFT + (_WIDTH - _LEFT) * mark / far_m, f"{number_text(mark).vi} m") for mark in marks]


def _farthest_m(rounds: Sequence[ComparedRound]) -> float:
    return float(max([1, *(int(one.distance_m[-1]) for one in rounds if len(one.distance_m))]))


def _curves(rounds: Sequence[ComparedRound]) -> list[str]:
    """Return for each round the points of a line: which share of the children has a way up to so many metres."""
    far_m, curves = _farthest_m(rounds), []
    for one in rounds:
        metres = np.linspace(0, far_m, _STEPS + 1)
        share = np.searchsorted(one.distance_m, metres, side="right") / max(one.whole.applicants, 1)
        x = _LEFT + (_WIDTH - _LEFT) * metres / far_m
        y = (_HEIGHT - _BOTTOM) * (1 - share) + 4
        curves.append(" ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x.tolist(), y.tolist(), strict=True)))
    return curves


def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["number"] = lambda value: WITHHELD if value == WITHHELD else number_text(value).vi
    source = resources.files("allocation") / "templates" / "compare.html"
    return environment.from_string(source.read_text(encoding="utf-8"))
