"""A proposal under every pack in force: which one binds, what the ground says, and which part breaks a rule."""

from datetime import date

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from plots import DAY, X, Y, checked, layers, plot, proposed

from basemap.model import LayerName
from permits.check import Check
from permits.estimates import Use, rule_thresholds
from permits.facts import CHECKED_LAYERS
from permits.findings import Finding
from permits.model import AreaType, BuildingType, ReasonCode, Verdict
from permits.rulebook import load_rulebook

GROUND = ("house.land_use", "house.inside_parcel")
CAPS_OF_THE_ZONE = {
    "zone_plan_known": True,
    "zone_plan_max_floors": 6,
    "zone_plan_max_height_m": 30.0,
    "zone_plan_max_site_coverage_ratio": 1.0,
    "plan_approval_date": "2023-05-01",
}
LAW_DAYS = [date(2021, 6, 1), date(2025, 12, 31), date(2026, 6, 30), date(2026, 7, 1), date(2027, 1, 1)]


def finding(found: Check, name: str) -> Finding:
    return next(each for each in found.findings if each.name == name)


def test_a_sound_house_complies_under_all_packs_and_each_finding_names_its_pack() -> None:
    found = checked(plot(), proposed())
    assert found.verdict is Verdict.COMPLIES
    assert finding(found, "max_floors").rulebook == "hcmc-row-houses"
    assert finding(found, "house.land_use").rulebook == "ground"
    assert {"hcmc-row-houses", "zone-plan", "qcvn-01-2021", "ground"} <= set(found.to_json()["rulebooks"])  # type: ignore[call-overload]


def test_the_smallest_cap_binds_and_is_named() -> None:
    """Table 2 allows 4 floors on 12 m, the zone plan 3: three (Annex 18, 4.1 e)."""
    loaded = layers()
    zone = loaded[LayerName.ZONE]
    assert zone is not None
    zone["max_floors"] = 3
    floors = finding(checked(plot(loaded), proposed()), "max_floors")
    assert (floors.verdict, floors.value, floors.margin) == (Verdict.VIOLATES, 3, -1)
    assert floors.rule == "zone_plan.floors"


@pytest.mark.parametrize("rulebook", ["all", "hcmc-row-houses", "qcvn-01-2021", "zone-plan", "hcmc-row-houses-2007"])
def test_the_ground_is_never_dropped_whichever_pack_is_asked(rulebook: str) -> None:
    found = checked(plot(land_use_code="CLN"), proposed(), rulebook=rulebook)
    assert finding(found, "house.land_use").verdict is Verdict.VIOLATES
    assert finding(found, "house.inside_parcel").verdict is Verdict.COMPLIES


UNDER_ANNEX_18 = ("max_floors", "max_roof_height_m", "min_rear_setback_m")


@pytest.mark.parametrize("rulebook", ["all", "hcmc-row-houses"])
@pytest.mark.parametrize(
    ("layer", "fact"),
    [(LayerName.SPECIAL_AREA, "in_special_area"), (LayerName.DETAILED_PLAN, "detailed_plan_applies")],
)
@pytest.mark.parametrize("floors", [4, 6])
def test_annex_18_decides_no_figure_until_the_layer_of_what_ranks_above_it_answers(
    rulebook: str, layer: LayerName, fact: str, floors: int
) -> None:
    """Whether the house keeps to Annex 18 or breaks it: a detailed plan may be milder, and stricter."""
    silent = plot({**layers(), layer: None})
    found = checked(silent, proposed(floors=floors, **CAPS_OF_THE_ZONE), rulebook=rulebook)
    for name in UNDER_ANNEX_18:
        said = finding(found, name)
        assert (said.verdict, said.reason) == (Verdict.NEEDS_REVIEW, ReasonCode.LAYER_NOT_LOADED), name
        assert fact in said.missing
        assert (found.limits[name].lowest, found.limits[name].highest) == (None, None)


@pytest.mark.parametrize("layer", [LayerName.SPECIAL_AREA, LayerName.DETAILED_PLAN])
def test_a_proposal_that_states_that_nothing_ranks_above_annex_18_settles_it(layer: LayerName) -> None:
    settled = {"in_special_area": False, "detailed_plan_applies": False, **CAPS_OF_THE_ZONE}
    found = checked(plot({**layers(), layer: None}), proposed(**settled), rulebook="hcmc-row-houses")
    assert {name: finding(found, name).verdict for name in UNDER_ANNEX_18} == dict.fromkeys(
        UNDER_ANNEX_18, Verdict.COMPLIES
    )


@pytest.mark.parametrize("as_of", LAW_DAYS)
def test_the_ground_answers_by_the_law_of_the_day(as_of: date) -> None:
    """Article 44 of law 135/2025 from 2026-01-01; the text of the law before was not read, so it decides nothing."""
    found = checked(plot(land_use_code="CLN"), proposed(), as_of=as_of)
    land = finding(found, "house.land_use")
    if as_of < date(2026, 1, 1):
        assert (land.verdict, land.reason) == (Verdict.NEEDS_REVIEW, ReasonCode.RULE_UNVERIFIED)
        assert "50/2014" in land.citation
    else:
        assert land.verdict is Verdict.VIOLATES
        assert "135/2025" in land.citation


@pytest.mark.parametrize(
    ("as_of", "verdict"), list(zip(LAW_DAYS, ["NEEDS_REVIEW"] * 2 + ["COMPLIES"] * 3, strict=True))
)
def test_the_same_house_answers_by_the_law_of_the_day(as_of: date, verdict: str) -> None:
    """Annex 18 holds since 2022, law 135/2025 on permits since 2026; of what held before, the text was not read."""
    assert checked(plot(), proposed(), as_of=as_of).verdict == verdict


def test_a_building_that_is_no_house_is_not_told_which_land_it_needs() -> None:
    found = checked(plot(land_use_code="TMD"), proposed(building_type="commercial"))
    land = finding(found, "house.land_use")
    assert (land.verdict, land.reason) == (Verdict.NEEDS_REVIEW, ReasonCode.OUT_OF_SCOPE)


@pytest.mark.parametrize(
    ("footprint", "name", "area_m2"),
    [
        (shapely.box(X, Y, X + 6, Y + 18), "house.inside_parcel", 18.0),
        (shapely.box(X, Y + 2, X + 5, Y + 20), "min_rear_setback_m", 10.0),
        (shapely.box(X, Y, X + 5, Y + 19), "max_site_coverage_ratio", 95.0),
    ],
)
def test_the_part_that_breaks_the_rule_is_shown_with_its_area(
    footprint: shapely.Polygon, name: str, area_m2: float
) -> None:
    """1 m over the boundary along 18 m; all of a rear strip of 2 m by 5 m; the whole of a footprint of 95 m²."""
    broken = finding(checked(plot(), proposed(footprint)), name)
    assert broken.verdict is Verdict.VIOLATES
    assert broken.to_json()["area_m2"] == pytest.approx(area_m2)


def test_the_part_inside_a_reservation_and_inside_a_corridor_is_shown() -> None:
    found = checked(plot(layers(reserved_m=2, river_m=4)), proposed())
    assert finding(found, "house.outside_reservation").to_json()["area_m2"] == pytest.approx(10.0)
    river = next(each for each in found.findings if each.layers == (LayerName.RIVER_CORRIDOR,))
    assert river.verdict is Verdict.NEEDS_REVIEW
    assert river.to_json()["area_m2"] == pytest.approx(10.0)


def test_the_roads_in_front_are_listed_with_their_planned_widths() -> None:
    """5 m of the plot face a road of 12 m with a sidewalk of 3 m."""
    road = {"name": "Đường số 7", "planned_width_m": 12.0, "side_length_m": 5.0, "sidewalk_width_m": 3.0}
    assert checked(plot(), proposed()).to_json()["roads_in_front"] == [road]


def test_a_rear_setback_short_by_less_than_the_error_of_drawing_is_a_doubt() -> None:
    rear = finding(checked(plot(), proposed(shapely.box(X, Y + 0.5, X + 5, Y + 18.1))), "min_rear_setback_m")
    assert (rear.verdict, rear.reason) == (Verdict.NEEDS_REVIEW, ReasonCode.WITHIN_TOLERANCE)


def test_findings_that_comply_have_no_place_that_breaks_them() -> None:
    found = checked(plot(), proposed(floors=5))
    assert {each.name for each in found.findings if each.place is not None} == {"max_floors"}


def test_a_finding_names_the_layers_that_it_rests_on_and_not_what_was_stated() -> None:
    found = checked(plot(), proposed()).to_json()["findings"]
    assert isinstance(found, list)
    floors = next(each for each in found if each["name"] == "max_floors")
    assert set(floors["layer_versions"]) == {"street", "road_reservation"}
    assert floors["layer_versions"]["street"] is None


def test_the_thresholds_of_estimates_come_from_the_data_of_the_pack() -> None:
    """Annex 18: frontage 3.0 m (2.2), 4.0 and 8.0 m (4.1); depth 3.0, 6.0, 9 and 16 m; corner 3.0 m."""
    house = Use(BuildingType.ROW_HOUSE, AreaType.EXISTING_URBAN)
    assert rule_thresholds(load_rulebook(), house, as_of=DAY) == {
        "frontage_m": (3.0, 4.0, 8.0),
        "depth_m": (3.0, 6.0, 9.0, 16.0),
        "width_on_larger_road_m": (3.0,),
    }


@settings(max_examples=30, deadline=None)
@given(
    missing=st.sampled_from(CHECKED_LAYERS),
    floors=st.integers(2, 7),
    depth_m=st.sampled_from([15.0, 18.0, 19.0, 21.0]),
    reserved_m=st.sampled_from([0.0, 2.0]),
    river_m=st.sampled_from([0.0, 3.0]),
)
def test_dropping_a_layer_never_lets_a_house_comply(
    missing: LayerName, floors: int, depth_m: float, reserved_m: float, river_m: float
) -> None:
    proposal = proposed(shapely.box(X, Y, X + 5, Y + depth_m), floors=floors, building_height_m=4.2 * floors)
    loaded = layers(reserved_m=reserved_m, river_m=river_m)
    before = checked(plot(loaded), proposal)
    after = checked(plot({**loaded, missing: None}), proposal)
    assert before.verdict is Verdict.COMPLIES or after.verdict is not Verdict.COMPLIES


def test_a_plot_that_a_road_takes_whole_has_nothing_left_and_is_asked_about() -> None:
    """Its sides of 4.9996 and 19.9996 m are 5 and 20 m on the grid of overlays: more than the plot itself is."""
    shape = shapely.box(X, Y, X + 4.9996, Y + 19.9996)
    found = plot(layers(reserved_m=30.0), shape=shape)
    assert found.reserved_area_m2 == found.measured_area_m2
    assert found.area_left_m2 == 0.0
    assert checked(found, proposed()).verdict is not Verdict.COMPLIES
