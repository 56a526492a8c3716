"""Silence is never consent: under no rule-pack does a plot comply because a layer was removed, broken or cut."""

from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache

import shapely
from ground_plots import (
    CRS,
    REQUIRED,
    SOUND,
    TODAY,
    WIDTH_M,
    broken,
    facts,
    frame,
    layers,
    placed,
    reaching,
)
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from shapely.geometry.base import BaseGeometry

from basemap.model import LayerName
from permits.check import Check, check
from permits.facts import CHECKED_LAYERS, Layers, ParcelFacts
from permits.model import BuildingType, Facts, FormerProvince, Verdict
from permits.proposal import Proposal
from permits.rulebook import Rulebook, available_rulebooks, load_rulebook, rulebooks_named
from spatial.geometry import Located

OPEN = (Verdict.VIOLATES, Verdict.NEEDS_REVIEW)
HOW = ("dropped", "failed", "wrong_crs", "cut", "elsewhere")
INTO_M = (-40.0, -0.3, -0.0001, 0.2, 1.0, 2.5, 9.0, 30.0)
Rows = list[tuple[BaseGeometry, dict[str, object]]]


@lru_cache
def packs() -> tuple[tuple[str, tuple[Rulebook, ...]], ...]:
    """Return every shipped pack alone, and all that set limits together."""
    alone = [(name, (load_rulebook(name),)) for name in available_rulebooks()]
    return (*alone, ("all", rulebooks_named("all")))


@dataclass(frozen=True)
class Plot:
    """Layers around the plot, and what is to be built on it."""

    layers: Layers
    proposal: Proposal


def plan_cells(draw: st.DrawFn) -> dict[str, object]:
    """Return caps and a day of approval, any of them empty."""
    return {
        "max_floors": draw(st.sampled_from([None, 3, 6])),
        "max_height_m": draw(st.sampled_from([None, 12.0, 30.0])),
        "max_plot_ratio": draw(st.sampled_from([None, 2.0, 6.0])),
        "max_site_coverage_ratio": draw(st.sampled_from([None, 0.6, 1.0])),
        "plan_approved_on": draw(st.sampled_from([None, date(2013, 1, 1), date(2022, 1, 1), date(2026, 6, 1)])),
    }


@st.composite
def plots(draw: st.DrawFn) -> Plot:
    """A zone of any age over the plot or over a part of it, up to two other layers, and a building of any kind."""
    zone = shapely.box(-500, -500, 500, draw(st.sampled_from([500.0, 500.0, 12.0])))
    zones: Rows = [(zone, {"zone_code": "A", "land_use": "ODT", **plan_cells(draw)})]
    around: dict[LayerName, Rows] = {}
    for layer in draw(st.lists(st.sampled_from(CHECKED_LAYERS), max_size=2, unique=True)):
        cells = dict(REQUIRED.get(layer, {}))
        if layer is LayerName.DETAILED_PLAN:
            cells |= {**plan_cells(draw), "plan_kind": draw(st.sampled_from(["detailed_plan", "local_adjustment"]))}
        row = (reaching(layer, draw(st.sampled_from(INTO_M))), cells)
        (zones if layer is LayerName.ZONE else around.setdefault(layer, [])).append(row)
    floors = draw(st.integers(1, 7))
    built = Proposal(
        facts=draw_building(draw, floors),
        footprint=Located(
            geometry=placed(shapely.box(0, 0, WIDTH_M, draw(st.sampled_from([8.0, 12.0, 18.0])))), crs=CRS
        ),
    )
    return Plot({**layers(around), LayerName.ZONE: frame(LayerName.ZONE, zones)}, built)


def draw_building(draw: st.DrawFn, floors: int) -> Facts:
    """Return the facts of a building that nobody has told more about than its kind and size."""
    return replace(
        SOUND,
        building_type=draw(st.sampled_from([*BuildingType, BuildingType.ROW_HOUSE])),
        former_province=draw(st.sampled_from([None, FormerProvince.HCMC, FormerProvince.BINH_DUONG])),
        area_type=draw(st.sampled_from([None, SOUND.area_type])),
        trade_axis=None,
        central_area=None,
        floors=floors,
        building_height_m=3.4 * floors,
    )


def checked(found: ParcelFacts, proposal: Proposal, books: tuple[Rulebook, ...]) -> Check:
    return check(found, proposal, rulebook=books[0], beside=books[1:], as_of=TODAY)


def newly_met(before: Check, after: Check) -> set[str]:
    """Return what was open or broken and is met now: the whole, limits, and findings."""
    was_open = {name for name, limit in before.limits.by_name.items() if limit.verdict in OPEN}
    met = {name for name in was_open if after.limits[name].verdict is Verdict.COMPLIES}
    if before.verdict in OPEN and after.verdict is Verdict.COMPLIES:
        met.add("the whole")
    return met


@settings(max_examples=60, deadline=None)
@given(plots(), st.sampled_from((*CHECKED_LAYERS, LayerName.ZONE, LayerName.COVERAGE)), st.sampled_from(HOW))
def test_breaking_a_layer_never_makes_anything_comply_under_any_pack_alone_or_under_all(
    plot: Plot, layer: LayerName, how: str
) -> None:
    assume(layer is not LayerName.COVERAGE or how in ("dropped", "failed", "wrong_crs"))
    whole, lame = facts(plot.layers), facts(broken(layer, plot.layers, how))
    for name, books in packs():
        met = newly_met(checked(whole, plot.proposal, books), checked(lame, plot.proposal, books))
        assert not met, f"{name}: without {layer} ({how}), {met} complies"
