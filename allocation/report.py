"""The report of a round: one HTML file that opens anywhere, prints well, and shows no child.

Vietnamese first, English beside it. It carries no time and no path, so that a round gives the same bytes again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

import jinja2
import numpy as np
import pandas as pd

from allocation.cut_offs import cut_off_table
from allocation.figures import pairs_of, seat_prices_m
from allocation.intake import RoundInput
from allocation.model import LEVEL_LABELS, NEAR_BY_LABELS, UNPLACED, Allocation, AllocationProblem, DualCertificate
from allocation.quota_counts import quota_counts
from allocation.stages import Decision
from spatial.issues import IssueReport
from spatial.text import Text

WALK_BANDS_M = (500, 1000, 2000, 4000, 7000)
_MOST_WANTED_SCHOOLS = 8
_MAP_HEIGHT_PX = 620
_STAGE_LABELS = {
    "deferred_acceptance": Text(
        "Mỗi trường nhận theo thứ tự ưu tiên cho đến khi đủ chỗ",
        "Each school takes those who come first until it is full",
    ),
    "least_travel": Text("Tổng quãng đường của các em ngắn nhất", "Least total distance for all children"),
    "least_farthest": Text(
        "Em đi xa nhất phải đi ít nhất, rồi tổng quãng đường ngắn nhất",
        "The shortest way for the child who goes farthest, then the least total distance",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """How many children of a level have a way of a certain length."""

    label: Text
    count: int
    share_ratio: float


def render_report(
    given: RoundInput,
    decision: Decision,
    *,
    summary: Mapping[str, Any],
    crs: str,
) -> str:
    """Return the report as HTML.

    Parameters
    ----------
    summary
        As written to ``summary.json``.
    crs
        Coordinate system of the points of ``given``; empty when there are none.
    """
    problem, allocation = decision.problem, decision.allocation
    schools = school_rows(given, problem, allocation)
    made = _map(given, schools, crs=crs)
    titles = {group.code: group.title.text for group in decision.policy.kept_seats}
    rows = [_blank_for_missing(row) for row in schools.to_dict("records")]
    rows = [{**row, "group": titles.get(row["seat_group"])} for row in rows]
    return _template().render(
        policy=decision.policy,
        summary=summary,
        measured_by=None if summary["measured_by"] is None else NEAR_BY_LABELS[summary["measured_by"]],
        levels=[{**level, "label": LEVEL_LABELS[level["level"]]} for level in summary["levels"]],
        schools=rows,
        quotas=_quota_rows(decision, rows),
        wanted=_most_wanted(rows),
        walks=[
            {"label": LEVEL_LABELS[level], "bands": walk_bands(problem, allocation, level)} for level in problem.levels
        ],
        stages=stage_rows(decision),
        tiers=tier_rows(decision),
        cut_offs=cut_off_rows(given, decision),
        issues=_issue_counts(given.issues),
        map=made,
        labels=LEVEL_LABELS,
    )


def _map(given: RoundInput, schools: pd.DataFrame, *, crs: str) -> str:
    """Return the map as a frame to stand in the page; empty when no school has a place."""
    if not crs or schools[["x", "y"]].isna().any(axis="columns").all():
        return ""
    from allocation.report_map import round_map  # noqa: PLC0415 - Folium takes long to import, and many rounds have no map

    made = round_map(given.applicants, schools, crs=crs, street_lines=given.street_lines)
    return made.as_frame(height_px=_MAP_HEIGHT_PX)


def school_rows(given: RoundInput, problem: AllocationProblem, allocation: Allocation) -> pd.DataFrame:
    """Return the table of schools with names, places, and whether a seat would place one more child."""
    more_placed = {
        pool: certificate.more_placed(pool)
        for certificate in allocation.certificates
        if isinstance(certificate, DualCertificate)
        for pool in certificate.price_m
    }
    prices = seat_prices_m(problem, allocation)
    placed = allocation.pool != UNPLACED
    farthest_m = np.full(problem.pool_count, -1, dtype=np.int64)
    np.maximum.at(farthest_m, allocation.pool[placed], allocation.distance_m[placed])
    pools = pd.DataFrame(
        {
            "school_code": problem.pool_school_code,
            "level": problem.pool_level,
            "seat_group": problem.pool_seat_group,
            "capacity": problem.pool_capacity,
            "placed": np.bincount(allocation.pool[placed], minlength=problem.pool_count),
            "farthest_m": pd.arrays.IntegerArray(farthest_m, farthest_m < 0),
            "seat_price_m": pd.array(prices, dtype="Int64"),
            "more_placed": [more_placed.get(pool, 0) for pool in range(problem.pool_count)],
        }
    )
    places = given.schools[["school_code", "level", "name", "x", "y"]]
    return pools.merge(places, on=["school_code", "level"], how="left")


def stage_rows(decision: Decision) -> list[dict[str, Any]]:
    """Return for each stage of the rule what it does, how many it placed, and how far they go on average."""
    allocation = decision.allocation
    rows = []
    for number, stage in enumerate(decision.policy.stages, start=1):
        ways_m = allocation.distance_m[(allocation.pool != UNPLACED) & (allocation.stage == number)]
        mean_m = float(ways_m.mean()) if len(ways_m) else None
        rows.append(
            {"number": number, "label": _STAGE_LABELS[stage.kind], "placed": len(ways_m), "mean_distance_m": mean_m}
        )
    return rows


def tier_rows(decision: Decision) -> list[dict[str, Any]]:
    """Return how many of each tier have a place and how many none; empty where there is one tier alone.

    Of those placed the tier at their school counts, of the others the best that they have; tier 0 kept a seat.
    """
    problem, placed = decision.problem, decision.allocation.pool != UNPLACED
    own = pairs_of(problem, decision.allocation.pool)
    tier = np.where(placed, np.append(problem.pair_tier, 0)[own], problem.priority_tier)
    found = np.unique(tier).tolist()
    return [
        {"tier": one, "placed": int((placed & (tier == one)).sum()), "unplaced": int((~placed & (tier == one)).sum())}
        for one in found
        if len(found) > 1
    ]


def cut_off_rows(given: RoundInput, decision: Decision) -> list[dict[str, Any]]:
    """Return the rows of ``cut_offs.csv`` with the names of schools and seat groups."""
    names = given.schools[["school_code", "level", "name"]]
    titles = {group.code: group.title.text for group in decision.policy.kept_seats}
    table = cut_off_table(decision).merge(names, on=["school_code", "level"], how="left")
    rows = (_blank_for_missing(row) for row in table.to_dict("records"))
    return [{**row, "group": titles.get(row["seat_group"])} for row in rows]


def _quota_rows(decision: Decision, schools: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the counts of quotas with the names of schools."""
    names = {(row["school_code"], row["level"]): row["name"] for row in schools}
    return [
        {"name": names.get((one.school_code, one.level)) or one.school_code, "count": one}
        for one in quota_counts(decision)
    ]


def walk_bands(problem: AllocationProblem, allocation: Allocation, level: str) -> list[Band]:
    """Return how many of those placed have a way within each band of `WALK_BANDS_M`, and beyond the last."""
    of_level = (problem.applicant_level == level) & (allocation.pool != UNPLACED)
    ways_m = allocation.distance_m[of_level]
    band = np.searchsorted(WALK_BANDS_M, ways_m, side="left")
    counts = np.bincount(band, minlength=len(WALK_BANDS_M) + 1)
    edges = [number_text(edge) for edge in WALK_BANDS_M]
    labels = [Text(f"đến {edges[0].vi} m", f"up to {edges[0].en} m")]
    labels += [Text(f"đến {edge.vi} m", f"to {edge.en} m") for edge in edges[1:]]
    labels.append(Text(f"trên {edges[-1].vi} m", f"over {edges[-1].en} m"))
    total = max(len(ways_m), 1)
    return [
        Band(label=label, count=int(count), share_ratio=int(count) / total)
        for label, count in zip(labels, counts, strict=True)
    ]


def number_text(number: float | None, decimals: int = 0) -> Text:
    """Return a number as each language writes it: 1.250,5 and 1,250.5; a dash where there is none."""
    if number is None:
        return Text("–", "–")
    english = f"{number:,.{decimals}f}"
    return Text(english.translate(str.maketrans(",.", ".,")), english)


def percent_text(ratio: float | None) -> Text:
    """Return a share as a percentage in both languages."""
    return Text("–", "–") if ratio is None else Text(*(f"{text}%" for text in number_text(100 * ratio, 1)))


def _blank_for_missing(row: dict[Any, Any]) -> dict[str, Any]:
    return {str(name): None if pd.isna(value) else value for name, value in row.items()}


def _most_wanted(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the pools where one more seat does most: places a child, then saves most metres."""
    useful = [row for row in rows if row["more_placed"] or (row["seat_price_m"] or 0) > 0]
    useful.sort(key=lambda row: (-row["more_placed"], -(row["seat_price_m"] or 0), row["school_code"], row["level"]))
    return useful[:_MOST_WANTED_SCHOOLS]


def _issue_counts(issues: IssueReport) -> list[dict[str, Any]]:
    """Return the findings by code: severity, how many, and what the first of them says."""
    grouped: dict[tuple[str, str], list[Text]] = {}
    for issue in issues:
        grouped.setdefault((issue.severity.value, issue.code), []).append(issue.hint)
    return [
        {"severity": severity, "code": code, "count": len(hints), "hint": hints[0]}
        for (severity, code), hints in sorted(grouped.items())
    ]


def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["number"] = lambda value, decimals=0: number_text(value, decimals).vi
    environment.filters["percent"] = lambda value: percent_text(value).vi
    source = resources.files("allocation") / "templates" / "report.html"
    return environment.from_string(source.read_text(encoding="utf-8"))
