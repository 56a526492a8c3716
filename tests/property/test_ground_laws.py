"""Laws of what the map says about a plot: silence is never consent, shares add up, turning changes nothing."""

from dataclasses import replace
from datetime import date

import geopandas as gpd
import pytest
import shapely
from ground_plots import (
    CRS,
    DEPTH_M,
    REQUIRED,
    SOUND,
    WIDTH_M,
    Features,
    broken,
    checked,
    facts,
    layers,
    parcel,
    reaching,
)
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from shapely.geometry.base import BaseGeometry

from basemap.model import LayerName
from permits.answers import Cause, LayerStatus
from permits.facts import CHECKED_LAYERS, Ground, facts_of
from permits.model import Verdict
from permits.overlap import Band
from permits.rulebook import load_rulebook
from spatial.geometry import Located

RULEBOOK = load_rulebook()
OPEN = (Verdict.VIOLATES, Verdict.NEEDS_REVIEW)
RESTRICTING = tuple(
    name for name in CHECKED_LAYERS if name not in (LayerName.BUILDING, LayerName.STREET, LayerName.TRADE_AXIS)
)


def feature(layer: LayerName, into_m: float) -> Features:
    return {layer: [(reaching(layer, into_m), REQUIRED.get(layer, {}))]}


@st.composite
def surroundings(draw: st.DrawFn) -> Features:
    """Up to three layers that reach into the plot, just miss it, or lie far away."""
    chosen = draw(st.lists(st.sampled_from(CHECKED_LAYERS), max_size=3, unique=True))
    into = st.sampled_from([-40.0, -0.3, -0.0001, 0.05, 0.2, 1.0, 2.5, 9.0, 30.0])
    found: dict[LayerName, list[tuple[BaseGeometry, dict[str, object]]]] = {}
    for layer in chosen:
        found[layer] = [(reaching(layer, draw(into)), dict(REQUIRED.get(layer, {})))]
    return found


def test_a_sound_house_where_every_layer_is_clear_complies() -> None:
    assert checked(layers(), RULEBOOK).verdict is Verdict.COMPLIES


@pytest.mark.parametrize("layer", RESTRICTING)
def test_a_layer_that_reaches_into_the_plot_keeps_it_from_complying(layer: LayerName) -> None:
    assert checked(layers(feature(layer, 9.0)), RULEBOOK).verdict in OPEN


@pytest.mark.parametrize("how", ["dropped", "failed", "wrong_crs", "cut", "elsewhere"])
@pytest.mark.parametrize("layer", [*RESTRICTING, LayerName.STREET])
def test_a_silent_layer_keeps_a_sound_house_from_complying(layer: LayerName, how: str) -> None:
    found = checked(broken(layer, layers(), how), RULEBOOK)
    assert found.parcel.layers[layer].status is LayerStatus.NOT_CHECKED
    expected = {"dropped": Cause.NOT_LOADED, "failed": Cause.FAILED, "wrong_crs": Cause.FAILED}
    assert found.parcel.layers[layer].cause is expected.get(how, Cause.OUT_OF_EXTENT)
    assert found.verdict in OPEN


@settings(max_examples=60, deadline=None)
@given(
    surroundings(),
    st.sampled_from((*CHECKED_LAYERS, LayerName.COVERAGE)),
    st.sampled_from(["dropped", "failed", "wrong_crs", "cut", "elsewhere"]),
    st.integers(1, 7),
    st.sampled_from([12.0, 16.0, 18.0, 20.0]),
)
def test_breaking_a_layer_never_makes_a_doubt_or_a_violation_comply(
    around: Features, layer: LayerName, how: str, floors: int, built_m: float
) -> None:
    given_layers = layers(around)
    assume(layer is not LayerName.COVERAGE or how in ("dropped", "failed", "wrong_crs"))
    proposal = replace(SOUND, floors=floors, trade_axis=None, central_area=None, building_height_m=3.4 * floors)
    footprint = shapely.box(0, 0, WIDTH_M, built_m)
    before = checked(given_layers, RULEBOOK, proposal=proposal, footprint=footprint).verdict
    after = checked(broken(layer, given_layers, how), RULEBOOK, proposal=proposal, footprint=footprint).verdict
    assert not (before in OPEN and after is Verdict.COMPLIES)


@settings(max_examples=30, deadline=None)
@given(surroundings(), st.sampled_from(RESTRICTING), st.sampled_from([-0.2, 0.2, 3.0, 30.0]), st.integers(1, 7))
def test_a_restriction_more_never_makes_a_violation_comply(
    around: Features, layer: LayerName, into_m: float, floors: int
) -> None:
    proposal = replace(SOUND, floors=floors)
    before = checked(layers(around), RULEBOOK, proposal=proposal).verdict
    both = {**around, layer: [*around.get(layer, ()), *feature(layer, into_m)[layer]]}
    after = checked(layers(both), RULEBOOK, proposal=proposal).verdict
    assert not (before is Verdict.VIOLATES and after is Verdict.COMPLIES)


boxes = st.tuples(st.floats(-3, 4), st.floats(-3, 18), st.floats(0.5, 12), st.floats(0.5, 24), st.floats(-40, 40)).map(
    lambda t: shapely.affinity.rotate(shapely.box(t[0], t[1], t[0] + t[2], t[1] + t[3]), t[4])
)


@settings(max_examples=30, deadline=None)
@given(st.lists(boxes, max_size=4), st.lists(boxes, max_size=2))
def test_shares_of_zones_and_plans_add_up_to_what_they_cover(
    zones: list[BaseGeometry], plans: list[BaseGeometry]
) -> None:
    """The oracle is the area of their union, the doubtful slivers at the edges apart."""
    day = {"plan_kind": "local_adjustment", "plan_approved_on": date(2024, 1, 1)}
    empty = {name: frame for name, frame in layers().items() if name is not LayerName.ZONE}
    zone_rows = {LayerName.ZONE: [(shape, {"zone_code": str(n)}) for n, shape in enumerate(zones)]}
    plan_rows = {LayerName.DETAILED_PLAN: [(shape, day) for shape in plans]}
    drawn = layers({**zone_rows, **plan_rows})
    only_these = drawn[LayerName.ZONE]
    assert isinstance(only_these, gpd.GeoDataFrame)
    found = facts({**empty, **drawn, LayerName.ZONE: only_these.iloc[1:]})
    plot = found.parcel.place.geometry
    seen = [each for name in (LayerName.ZONE, LayerName.DETAILED_PLAN) for each in found.layers[name].felt]
    counted = [each.geometry.geometry for each in seen if each.layer is LayerName.ZONE or each.band is Band.HIT]
    covered_m2 = shapely.union_all(counted).area if counted else 0.0
    assert sum(part.area_m2 for part in found.parts) == pytest.approx(covered_m2, abs=0.05)
    assert sum(part.share_ratio for part in found.parts) == pytest.approx(covered_m2 / plot.area, abs=5e-4)
    registered = [part.compensated_area_m2 for part in found.parts if part.compensated_area_m2 is not None]
    assert sum(registered) == pytest.approx(100.0 * covered_m2 / plot.area, abs=0.1)


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.tuples(st.floats(0.5, 9.5), st.floats(-0.8, 0.8)), min_size=4, max_size=4),
    st.floats(0, 360),
    st.integers(0, 3),
    st.booleans(),
)
def test_frontage_does_not_depend_on_rotation_or_on_the_order_of_corners(
    moves: list[tuple[float, float]],
    turn_degrees: float,
    start: int,
    backwards: bool,  # noqa: FBT001 - drawn
) -> None:
    corners = [(0.0, 0.2), (WIDTH_M, 0.2), (WIDTH_M, DEPTH_M), (0.0, DEPTH_M)]
    shifted = [(x + dy, y + 0.1 * dx) for (x, y), (dx, dy) in zip(corners, moves, strict=True)]
    side = (shapely.LineString([(9, -200), (9, 200)]), {"street_class": "alley", "width_m": 4.0})
    turned = [*shifted[start:], *shifted[:start]]
    again = turned[::-1] if backwards else turned

    def sides(ring: list[tuple[float, float]], degrees: float) -> list[float]:
        ground = Ground(layers({LayerName.STREET: [side]}, turn_degrees=degrees), crs=CRS)
        found = facts_of(parcel(shape=shapely.Polygon(ring), turn_degrees=degrees), ground)
        return [each.length_m for each in found.sides]

    assert sides(again, turn_degrees) == pytest.approx(sides(shifted, 0.0), abs=0.005)


@pytest.mark.parametrize("turn_degrees", [0.0, 17.0, 90.0, 233.0])
@pytest.mark.parametrize("layer", [LayerName.RIVER_CORRIDOR, LayerName.RAILWAY_CORRIDOR, LayerName.ROAD_RESERVATION])
def test_a_miss_by_a_tenth_of_a_millimetre_is_seen(layer: LayerName, turn_degrees: float) -> None:
    answer = facts(layers(feature(layer, -0.0001), turn_degrees=turn_degrees), turn_degrees=turn_degrees).layers[layer]
    assert answer.status is LayerStatus.REVIEW


@pytest.mark.parametrize("turn_degrees", [0.0, 17.0, 90.0, 233.0])
@pytest.mark.parametrize("layer", [LayerName.RIVER_CORRIDOR, LayerName.POWER_CORRIDOR, LayerName.ROAD_RESERVATION])
def test_a_strip_of_1_by_20_m_is_no_sliver(layer: LayerName, turn_degrees: float) -> None:
    strip: Features = {layer: [(shapely.box(-10, -10, 1, 40), {})]}
    answer = facts(layers(strip, turn_degrees=turn_degrees), turn_degrees=turn_degrees).layers[layer]
    assert answer.status is LayerStatus.CONCERNED
    assert answer.area_inside_m2 == pytest.approx(20.0, abs=0.1)


@pytest.mark.parametrize(("left_m", "is_covered"), [(0.0, True), (0.02, True), (0.1, True), (0.3, None), (2.0, False)])
def test_a_zone_that_leaves_a_hairline_free_covers_the_plot(left_m: float, *, is_covered: bool | None) -> None:
    """0.02 m of 20 m is the 99.9 % of a plot that is as good as whole; 0.3 m is narrow but large, 2 m is a part."""
    zone = shapely.box(-50, -50, 50, DEPTH_M - left_m)
    frame = layers({LayerName.ZONE: [(zone, {"zone_code": "A", "max_floors": 3})]})
    only = frame[LayerName.ZONE]
    assert isinstance(only, gpd.GeoDataFrame)
    found = facts({**frame, LayerName.ZONE: only.iloc[1:]})
    assert found.zoning.is_covered is is_covered
    assert found.facts.zone_plan_max_floors == (3 if is_covered else None)


def test_a_plot_narrower_than_the_error_lies_in_what_holds_it_whole() -> None:
    lane = parcel(shape=shapely.box(0, 0, 0.5, 2), registered_area_m2=1.0)
    surface: Features = {
        LayerName.AIRPORT_SURFACE: [(shapely.box(-90, -90, 90, 90), REQUIRED[LayerName.AIRPORT_SURFACE])]
    }
    answer = facts_of(lane, Ground(layers(surface), crs=CRS)).layers[LayerName.AIRPORT_SURFACE]
    assert answer.status is LayerStatus.CONCERNED
    assert isinstance(lane.place, Located)
