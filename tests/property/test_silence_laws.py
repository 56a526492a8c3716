"""Silence is never consent: under no rule-pack does a plot comply because a layer was removed, broken or cut."""

from collections.abc import Container
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache

import pytest
import shapely
from ground_plots import (
    CRS,
    REQUIRED,
    SOUND,
    SOUND_FOOTPRINT,
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
BREAKABLE = (*CHECKED_LAYERS, LayerName.COVERAGE)
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
    """Layers around the plot, what is to be built on it, and the layer that falls silent."""

    layers: Layers
    proposal: Proposal
    falls_silent: LayerName


def plan_cells(draw: st.DrawFn) -> dict[str, object]:
    """Return caps and a day of approval, each of them empty now and then: a plan that is silent settles nothing."""
    return {
        "max_floors": draw(st.sampled_from([3, 6, 6, None])),
        "max_height_m": draw(st.sampled_from([12.0, 30.0, 30.0, None])),
        "max_plot_ratio": draw(st.sampled_from([2.0, 6.0, 6.0, None])),
        "max_site_coverage_ratio": draw(st.sampled_from([0.6, 1.0, 1.0, None])),
        "plan_approved_on": draw(st.sampled_from([date(2013, 1, 1), date(2022, 1, 1), date(2026, 6, 1), None])),
    }


def cells_of(draw: st.DrawFn, layer: LayerName) -> dict[str, object]:
    """Return what a feature of a layer says beside its shape."""
    cells = dict(REQUIRED.get(layer, {}))
    if layer is LayerName.DETAILED_PLAN:
        cells |= {**plan_cells(draw), "plan_kind": draw(st.sampled_from(["detailed_plan", "local_adjustment"]))}
    return cells


@st.composite
def plots(draw: st.DrawFn) -> Plot:
    """A zone of any age over the plot or over a part of it, up to two other layers, and a building of any kind."""
    zone = shapely.box(-500, -500, 500, draw(st.sampled_from([500.0, 500.0, 12.0])))
    zones: Rows = [(zone, {"zone_code": "A", "land_use": "ODT", **plan_cells(draw)})]
    around: dict[LayerName, Rows] = {}
    drawn = draw(st.lists(st.sampled_from(CHECKED_LAYERS), max_size=2, unique=True))
    for layer in drawn:
        row = (reaching(layer, draw(st.sampled_from(INTO_M))), cells_of(draw, layer))
        (zones if layer is LayerName.ZONE else around.setdefault(layer, [])).append(row)
    floors = draw(st.integers(1, 7))
    built = Proposal(
        facts=draw_building(draw, floors),
        footprint=Located(
            geometry=placed(shapely.box(0, 0, WIDTH_M, draw(st.sampled_from([8.0, 12.0, 18.0])))), crs=CRS
        ),
    )
    broken_layer = draw(st.sampled_from(drawn or BREAKABLE) | st.sampled_from(BREAKABLE))
    return Plot({**layers(around), LayerName.ZONE: frame(LayerName.ZONE, zones)}, built, broken_layer)


def draw_building(draw: st.DrawFn, floors: int) -> Facts:
    """Return the facts of a building that nobody has told more about than its kind and size."""
    return replace(
        SOUND,
        building_type=draw(st.sampled_from([*BuildingType, BuildingType.ROW_HOUSE])),
        former_province=draw(st.sampled_from([None, FormerProvince.HCMC, FormerProvince.BINH_DUONG])),
        area_type=draw(st.sampled_from([None, SOUND.area_type])),
        trade_axis=draw(st.sampled_from([None, False])),
        central_area=draw(st.sampled_from([None, False])),
        floors=floors,
        building_height_m=3.4 * floors,
    )


def checked(found: ParcelFacts, proposal: Proposal, books: tuple[Rulebook, ...]) -> Check:
    return check(found, proposal, rulebook=books[0], beside=books[1:], as_of=TODAY)


def newly_met(before: Check, after: Check, *, silent: LayerName) -> set[str]:
    """Return what was open or broken and is met now: the whole, limits, and rules about the ground.

    A rule about the ground may say no more where another finding says that the layer did not answer.
    """
    was_open = {name for name, limit in before.limits.by_name.items() if limit.verdict in OPEN}
    met = {name for name in was_open if after.limits[name].verdict is Verdict.COMPLIES}
    is_told = any(silent in each.layers for each in after.findings if each.verdict in OPEN)
    for name in names_of(before, OPEN) - names_of(after, OPEN):
        if name in names_of(after, (Verdict.COMPLIES,)) or not is_told:
            met.add(name)
    if before.verdict in OPEN and after.verdict is Verdict.COMPLIES:
        met.add("the whole")
    return met


def names_of(found: Check, verdicts: Container[Verdict]) -> set[str]:
    """Return the rules about the ground with a finding of one of these verdicts."""
    return {each.name for each in found.findings if each.verdict in verdicts} - set(found.limits.by_name)


@settings(max_examples=60, deadline=None)
@given(plots(), st.sampled_from(HOW))
def test_breaking_a_layer_never_makes_anything_comply_under_any_pack_alone_or_under_all(plot: Plot, how: str) -> None:
    layer = plot.falls_silent
    assume(layer is not LayerName.COVERAGE or how in ("dropped", "failed", "wrong_crs"))
    whole, lame = facts(plot.layers), facts(broken(layer, plot.layers, how))
    for name, books in packs():
        before, after = checked(whole, plot.proposal, books), checked(lame, plot.proposal, books)
        met = newly_met(before, after, silent=layer)
        assert not met, f"{name}: without {layer} ({how}), {met} complies"


STRICT = {
    "max_floors": 2,
    "max_height_m": 8.0,
    "max_plot_ratio": 1.0,
    "max_site_coverage_ratio": 0.5,
    "plan_approved_on": date(2024, 1, 1),
}
"""Caps that a house of 4 floors on nine tenths of its plot breaks."""


def met_by_silence(layer: LayerName, books: tuple[Rulebook, ...]) -> set[str]:
    """Return what a sound house meets once a layer is silent that alone kept it from complying."""
    plan = STRICT if layer in (LayerName.ZONE, LayerName.DETAILED_PLAN) else {}
    given = layers({layer: [(reaching(layer, 9.0), {**REQUIRED.get(layer, {}), **plan})]})
    sound = replace(SOUND, former_province=FormerProvince.HCMC)
    house = Proposal(facts=sound, footprint=Located(geometry=placed(SOUND_FOOTPRINT), crs=CRS))
    before = checked(facts(given), house, books)
    silent = [checked(facts(broken(layer, given, how)), house, books) for how in ("dropped", "failed", "cut")]
    return set().union(*(newly_met(before, after, silent=layer) for after in silent))


@pytest.mark.parametrize("layer", CHECKED_LAYERS)
@pytest.mark.parametrize("name", ["hcmc-row-houses", "all"])
def test_a_sound_house_that_one_layer_keeps_from_complying_does_not_comply_once_it_is_silent(
    name: str, layer: LayerName
) -> None:
    """Everything else is known and met, so that nothing but the silence itself can keep the doubt."""
    assert not met_by_silence(layer, dict(packs())[name])
