"""What would comply, with the rule that binds each figure; and what to change where a proposal does not."""

import pytest
import shapely
from hypothesis import example, given, settings
from hypothesis import strategies as st
from plots import CRS, HOUSE, PLOT, Layers, X, Y, checked, layers, plot, proposed

from basemap.model import LayerName
from permits.advice import Advice, advice_on
from permits.envelope import FLOOR_AREA, FLOORS, FOOTPRINT, ROOF, Envelope, envelope_of
from permits.fact_sheet import read_facts
from permits.facts import CHECKED_LAYERS, ParcelFacts
from permits.model import Verdict
from permits.proposal import Proposal

KIND = {name: value for name, value in HOUSE.items() if name not in ("floors", "building_height_m")}


def envelope(
    loaded: Layers | None = None, *, land_use_code: str = "ODT", shape: shapely.Polygon = PLOT, **known: object
) -> Envelope:
    found = plot(loaded, land_use_code=land_use_code, shape=shape)
    return envelope_of(found, read_facts({**KIND, **known}), judge=checked)


def advice(found: ParcelFacts, proposal: Proposal) -> Advice:
    return advice_on(checked(found, proposal), judge=checked)


def test_on_a_plot_of_100_m2_coverage_binds_and_four_floors_of_90_m2_comply() -> None:
    """90 % of 100 m² (Table 1), and 18 m by 5 m in front of the rear strip; 4 floors, 19 m on 12 m of road."""
    found = envelope()
    assert found.ceilings[FOOTPRINT].value == pytest.approx(90.0, abs=0.02)
    assert (found.ceilings[FLOORS].value, found.ceilings[ROOF].value) == (4, 19.0)
    assert found.ceilings[FLOOR_AREA].value == pytest.approx(360.0, abs=0.1)
    assert found.check.verdict is Verdict.COMPLIES
    assert "Bảng 2" in found.ceilings[FLOORS].citation or "4.1" in found.ceilings[FLOORS].citation


def test_the_ground_binds_where_a_strip_takes_more_than_the_ratio_leaves() -> None:
    """Of 20 m 6 m are reserved and 2 m kept free: 12 m by 5 m are 60 m²; of the 70 m² left 96 % might be built."""
    found = envelope(layers(reserved_m=6.0), depth_m=16)
    assert found.binds == "geometry"
    assert found.ceilings[FOOTPRINT].value == pytest.approx(60.0, abs=0.02)
    assert {each.source for each in found.taken_off} == {"road_reservation", "min_rear_setback_m"}


def test_the_ratio_binds_on_a_deep_plot() -> None:
    """200 m² may be covered by 70 %: 140 m², though 190 m² are free of strips."""
    found = envelope(shape=shapely.box(X, Y, X + 5, Y + 40), depth_m=40)
    assert found.binds == "ratio"
    assert found.ceilings[FOOTPRINT].value == pytest.approx(140.0, abs=0.02)
    assert "Bảng 1" in found.ceilings[FOOTPRINT].citation


def test_a_corridor_leaves_an_interval() -> None:
    """A river corridor takes 4 m of depth unless a person allows it: 80 m² surely, 90 m² at most."""
    found = envelope(layers(river_m=4.0))
    figure = found.ceilings[FOOTPRINT]
    assert (figure.value, figure.lowest, figure.highest) == pytest.approx((80.0, 80.0, 90.0), abs=0.02)
    assert not figure.is_certain


def test_an_unknown_fact_leaves_an_interval_and_is_named() -> None:
    """On 12 m of road a central area adds a floor: four or five."""
    found = envelope({**layers(), LayerName.SPECIAL_AREA: None}, central_area=None, in_special_area=False)
    floors = found.ceilings[FLOORS]
    assert (floors.value, floors.lowest, floors.highest) == (4, 4, 5)
    assert "central_area" in found.missing


def test_while_a_special_area_is_unknown_no_figure_is_certain() -> None:
    """The areas of Annexes 12 to 17 rank above Annex 18: four floors are what it shows, and no more than that."""
    found = envelope({**layers(), LayerName.SPECIAL_AREA: None})
    floors = found.ceilings[FLOORS]
    assert (floors.value, floors.is_certain) == (4, False)
    assert "in_special_area" in floors.missing
    assert not any(each.is_certain for each in found.taken_off if each.source == "min_rear_setback_m")


def test_where_no_house_may_stand_the_envelope_is_empty_and_says_why() -> None:
    found = envelope(land_use_code="CLN")
    assert found.footprint is None
    assert [each.name for each in found.forbidden_by] == ["house.land_use"]


@settings(max_examples=25, deadline=None)
@given(
    missing=st.sampled_from([None, *CHECKED_LAYERS]),
    width_m=st.sampled_from([3.2, 5.0, 9.0, 12.0]),
    depth_m=st.floats(9.5, 45),
    reserved_m=st.sampled_from([0.0, 2.0, 7.0]),
    river_m=st.sampled_from([0.0, 3.0]),
    skew_m=st.floats(-2, 2),
)
def test_the_envelope_lies_in_its_parcel_and_never_violates(
    missing: LayerName | None, width_m: float, depth_m: float, reserved_m: float, river_m: float, skew_m: float
) -> None:
    shape = shapely.Polygon([(X, Y), (X + width_m, Y), (X + width_m + skew_m, Y + depth_m), (X + skew_m, Y + depth_m)])
    loaded = layers(reserved_m=reserved_m, river_m=river_m)
    found = envelope({**loaded, **({missing: None} if missing else {})}, shape=shape, frontage_m=None, depth_m=None)
    assert found.check.verdict is not Verdict.VIOLATES
    if found.footprint is not None:
        assert shapely.covers(shapely.buffer(shape, 0.002), found.footprint.geometry)


def test_each_violation_is_mended_by_its_least_change() -> None:
    """Six floors become four, 21 m become 19, 100 m² on the whole plot become 90 behind which 2 m stay free."""
    found = advice(plot(), proposed(PLOT, floors=6, building_height_m=21))
    assert {change.fact: change.after for change in found.changes} == pytest.approx(
        {"floors": 4, "building_height_m": 19, "footprint": 90.0}, abs=0.02
    )
    assert found.check.verdict is Verdict.COMPLIES
    floors = next(change for change in found.changes if change.fact == "floors")
    assert floors.sentence.en == "Floors: 2 less, from 6 to 4."
    assert floors.sentence.vi == "Số tầng: giảm 2, từ 6 còn 4."


def test_nothing_is_advised_on_what_is_unknown_and_it_stays_named() -> None:
    """Five floors may be allowed in a central area: no floor is advised away, the doubt stays."""
    unknown = plot({**layers(), LayerName.SPECIAL_AREA: None})
    found = advice(unknown, proposed(floors=5, central_area=None, in_special_area=False))
    assert found.changes == ()
    assert "max_floors" in {each.name for each in found.for_review}


def test_land_that_no_house_may_stand_on_is_an_obstacle_and_not_advice() -> None:
    found = advice(plot(land_use_code="CLN"), proposed(floors=6))
    assert [each.name for each in found.obstacles] == ["house.land_use"]
    assert [change.fact for change in found.changes] == ["floors"]


@settings(max_examples=40, deadline=None)
@given(
    floors=st.integers(1, 12),
    height_m=st.floats(4, 45),
    x_m=st.tuples(st.floats(-3, 2), st.floats(3, 8)),
    y_m=st.tuples(st.floats(-4, 6), st.floats(10, 24)),
    reserved_m=st.sampled_from([0.0, 2.0]),
)
@example(floors=1, height_m=4, x_m=(0, 5.125), y_m=(1, 19), reserved_m=0.0).via(
    "over the side by less than drawings err"
)
@example(floors=1, height_m=4, x_m=(0, 5), y_m=(17, 24), reserved_m=0.0).via("more behind the boundary than before it")
def test_after_the_advice_nothing_violates(
    floors: int, height_m: float, x_m: tuple[float, float], y_m: tuple[float, float], reserved_m: float
) -> None:
    height_m = min(height_m, 6.0 * floors)
    footprint = shapely.box(X + x_m[0], Y + y_m[0], X + x_m[1], Y + y_m[1])
    proposal = proposed(footprint, floors=floors, building_height_m=height_m, gross_floor_area_m2=150.0 * floors)
    after = advice(plot(layers(reserved_m=reserved_m)), proposal).check
    assert after.verdict is not Verdict.VIOLATES
    assert after.proposal.footprint is not None
    assert after.proposal.footprint.crs == CRS
