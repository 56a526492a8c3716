"""Corridors, power lines and airports are weighed one by one: article, area inside, distance, and how sure it is."""

from datetime import date
from functools import lru_cache
from importlib import resources

import pytest
import shapely
from plots import CRS, DAY, PLOT, Layers, X, Y, checked, layer, layers, plot, proposed
from shapely.geometry.base import BaseGeometry

from basemap.model import LAYERS, LayerName
from permits.corridor_checks import corridor_findings
from permits.findings import Finding
from permits.model import Facts, ReasonCode, Verdict
from permits.rulebook import Rulebook, parse_rulebook
from spatial.geometry import Located

FOOTPRINT = shapely.box(X, Y, X + 5, Y + 18)
BEHIND = shapely.box(X - 50, Y + 16, X + 50, Y + 60)
BACK_YARD = shapely.box(X - 50, Y + 18.8, X + 50, Y + 60)
OUTLINES = {
    LayerName.RIVER_CORRIDOR: ("river.corridor", "QĐ 56/2025/QĐ-UBND"),
    LayerName.POWER_CORRIDOR: ("power.corridor", "NĐ 62/2025/NĐ-CP"),
    LayerName.RAILWAY_CORRIDOR: ("railway.corridor", "Luật Đường sắt 95/2025/QH15"),
    LayerName.HERITAGE_AREA: ("heritage.area", "Luật Di sản văn hóa 45/2024/QH15"),
    LayerName.AIRPORT_SURFACE: ("airport.surface", "NĐ 222/2026/NĐ-CP"),
}

REASONS = {
    LayerName.POWER_CORRIDOR: ReasonCode.DISCRETION_OF_AUTHORITY,
    LayerName.AIRPORT_SURFACE: ReasonCode.WITHIN_TOLERANCE,
}
"""NĐ 62/2025, 16.1 lets a house stay under conditions; surfaces are drawn to 3 m, and 2 m lie inside."""


def with_one(name: LayerName, shape: BaseGeometry, /, **cells: object) -> Layers:
    empty = dict.fromkeys(LAYERS[name].attribute_names)
    return {**layers(), name: layer({**empty, **cells}, shape)}


def finding(loaded: Layers, rule: str, **house: object) -> Finding:
    found = checked(plot(loaded), proposed(**house))  # type: ignore[arg-type]  # facts of the house
    return next(each for each in found.findings if each.rule == rule)


@pytest.mark.parametrize("name", OUTLINES)
def test_a_building_inside_an_outline_is_a_finding_of_its_own_with_instrument_area_and_place(name: LayerName) -> None:
    """The corridor begins 16 m from the front, the house ends at 18 m: 2 m by 5 m lie inside."""
    rule, instrument = OUTLINES[name]
    told = finding(with_one(name, BEHIND, decision="7/QĐ"), rule)
    assert told.verdict is Verdict.NEEDS_REVIEW
    assert told.reason is REASONS.get(name, ReasonCode.RULE_UNVERIFIED)
    assert told.citation.startswith(instrument)
    assert told.to_json()["area_m2"] == pytest.approx(10.0)
    assert "10.0 m² of the building" in told.note.en
    assert "7/QĐ" in told.note.vi


@pytest.mark.parametrize("name", [name for name in OUTLINES if name is not LayerName.AIRPORT_SURFACE])
def test_a_building_clear_of_a_corridor_behind_it_complies_with_it(name: LayerName) -> None:
    """0.8 m between them is more than the drawings err; the back yard alone lies inside."""
    assert finding(with_one(name, BACK_YARD), OUTLINES[name][0]).verdict is Verdict.COMPLIES


@pytest.mark.parametrize("name", [*OUTLINES, LayerName.POWER_LINE])
def test_a_layer_that_is_silent_is_never_clear(name: LayerName) -> None:
    rule = OUTLINES[name][0] if name in OUTLINES else "power.half_width"
    told = finding({**layers(), name: None}, rule)
    assert (told.verdict, told.reason) == (Verdict.NEEDS_REVIEW, ReasonCode.LAYER_NOT_LOADED)


@lru_cache
def read_in_full() -> Rulebook:
    """Return the pack as it would be once the decision on river corridors has been read."""
    packaged = (resources.files("permits") / "rulebooks" / "corridors.yaml").read_text(encoding="utf-8")
    return parse_rulebook(packaged.replace("verification: unverified", "verification: primary").encode(), subject="x")


def test_a_prohibition_that_was_read_is_a_violation() -> None:
    found = plot(with_one(LayerName.RIVER_CORRIDOR, BEHIND))
    footprint = Located(geometry=FOOTPRINT, crs=CRS)
    said = corridor_findings(found, footprint, Facts(building_height_m=17), as_of=DAY, rulebook=read_in_full())
    assert next(each for each in said if each.rule == "river.corridor").verdict is Verdict.VIOLATES


def line(**cells: object) -> Layers:
    """Return a power line that runs 22 m behind the front, 4 m behind the house."""
    return with_one(LayerName.POWER_LINE, shapely.LineString([(X - 50, Y + 22), (X + 50, Y + 22)]), **cells)


@pytest.mark.parametrize(
    ("as_of", "instrument", "reason"),
    [
        (date(2024, 6, 1), "NĐ 14/2014/NĐ-CP", ReasonCode.DISCRETION_OF_AUTHORITY),
        (DAY, "NĐ 62/2025/NĐ-CP", ReasonCode.RULE_UNVERIFIED),
    ],
)
def test_a_line_without_a_corridor_is_told_with_half_width_and_distance(
    as_of: date, instrument: str, reason: ReasonCode
) -> None:
    """NĐ 14/2014, Article 11: 110 kV bare, 4.0 m; the house keeps 4.0 m from the line as drawn."""
    found = checked(plot(line(name="110 kV", voltage_kv=110.0, conductor="bare")), proposed(), as_of=as_of)
    told = next(each for each in found.findings if each.rule == "power.half_width")
    assert (told.verdict, told.reason, told.value) == (Verdict.NEEDS_REVIEW, reason, 4.0)
    assert told.proposed == pytest.approx(4.0)
    assert told.citation.startswith(instrument)


def test_a_line_of_unknown_voltage_has_no_half_width() -> None:
    told = finding(line(name="?"), "power.half_width")
    assert (told.verdict, told.reason, told.value) == (Verdict.NEEDS_REVIEW, ReasonCode.MISSING_INPUT, None)


def test_no_line_near_complies() -> None:
    assert finding(layers(), "power.half_width").verdict is Verdict.COMPLIES


def test_under_an_obstacle_surface_the_ground_at_which_it_matters_is_told() -> None:
    """A surface at 55 m above the sea, a house of 17 m: it is reached where the ground lies at 38 m."""
    surface = with_one(LayerName.AIRPORT_SURFACE, shapely.buffer(PLOT, 100), airport_name="A", lowest_elevation_m=55.0)
    told = finding(surface, "airport.surface")
    assert "a building of 17.0 m reaches it where the ground lies at 38.0 m or higher" in told.note.en
    assert told.missing == ("ground_elevation_m",)
    assert "Operations Department" in told.requirement.en
    assert "10 working days" in told.requirement.en


@pytest.mark.parametrize(
    ("height_m", "verdict"),
    [(99.9, Verdict.COMPLIES), (100.0, Verdict.NEEDS_REVIEW), (None, Verdict.NEEDS_REVIEW)],
)
def test_from_100_m_above_ground_the_height_needs_approval_wherever_it_stands(
    height_m: float | None, verdict: Verdict
) -> None:
    """NĐ 222/2026, Article 82.3."""
    said = corridor_findings(plot(), None, Facts(building_height_m=height_m), as_of=DAY)
    told = next(each for each in said if each.rule == "airport.height_approval")
    assert (told.verdict, told.value) == (verdict, 100.0)
    assert told.citation == "NĐ 222/2026/NĐ-CP, Điều 82"
