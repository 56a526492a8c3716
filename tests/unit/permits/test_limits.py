"""What the limits answer when facts are unknown, rules do not apply, or something is proposed."""

import json
from datetime import date

import pytest

from permits.fact_sheet import read_facts
from permits.limits import LIMIT_NAMES, limits
from permits.model import Limits, ReasonCode, Verdict
from permits.rulebook import load_rulebook

TODAY = date(2026, 11, 21)
KNOWN: dict[str, object] = {
    "building_type": "row_house",
    "area_type": "existing_urban",
    "plot_area_m2": 100,
    "frontage_m": 5,
    "depth_m": 20,
    "road_width_m": 12,
    "sidewalk_width_m": 3,
    "central_area": False,
    "trade_axis": False,
    "row_has_setback": False,
    "through_plot": False,
    "zone_plan_known": True,
}
FIGURES = [
    name for name in LIMIT_NAMES if name not in ("governing_road_width_m", "plot_is_standard", "permit_required")
]


def answer(*, as_of: date = TODAY, without: tuple[str, ...] = (), **more: object) -> Limits:
    given = {name: value for name, value in {**KNOWN, **more}.items() if name not in without}
    return limits(read_facts(given), rulebook=load_rulebook(), as_of=as_of)


def outcome(found: Limits, name: str) -> tuple[Verdict | None, ReasonCode | None]:
    return found[name].verdict, found[name].reason


def test_a_figure_that_nobody_builds_against_carries_no_verdict() -> None:
    assert outcome(answer(), "max_floors") == (None, ReasonCode.NOTHING_PROPOSED)


@pytest.mark.parametrize(("floors", "verdict"), [(4, Verdict.COMPLIES), (5, Verdict.VIOLATES)])
def test_a_proposal_is_compared_with_the_limit(floors: int, verdict: Verdict) -> None:
    limit = answer(floors=floors)["max_floors"]
    assert (limit.verdict, limit.reason, limit.margin) == (verdict, None, 4 - floors)


def test_a_footprint_of_exactly_the_largest_size_complies_though_binary_fractions_cannot_hold_it() -> None:
    found = answer(plot_area_m2=120, footprint_m2=103.2)
    assert found["max_footprint_m2"].verdict is Verdict.COMPLIES
    assert found["max_site_coverage_ratio"].verdict is Verdict.COMPLIES
    assert answer(plot_area_m2=120, footprint_m2=103.21)["max_footprint_m2"].verdict is Verdict.VIOLATES


@pytest.mark.parametrize(("setback", "verdict"), [(2.0, Verdict.COMPLIES), (1.99, Verdict.VIOLATES)])
def test_a_demand_is_met_from_its_figure_upwards(setback: float, verdict: Verdict) -> None:
    assert answer(rear_setback_m=setback)["min_rear_setback_m"].verdict is verdict


def test_an_unknown_zone_plan_keeps_the_figure_of_the_annex_and_asks_for_review() -> None:
    limit = answer(without=("zone_plan_known",))["max_floors"]
    assert (limit.value, limit.verdict, limit.reason) == (4, Verdict.NEEDS_REVIEW, ReasonCode.MISSING_INPUT)
    assert limit.missing == ("zone_plan_max_floors",)


def test_an_unknown_ground_for_an_extra_floor_grants_none_but_is_named() -> None:
    limit = answer(central_area=None)["max_floors"]
    assert (limit.value, limit.lowest, limit.highest) == (4, 4, 5)
    assert (limit.verdict, limit.missing) == (Verdict.NEEDS_REVIEW, ("central_area",))


@pytest.mark.parametrize(
    ("floors", "verdict"), [(4, Verdict.COMPLIES), (5, Verdict.NEEDS_REVIEW), (6, Verdict.VIOLATES)]
)
def test_a_verdict_is_given_only_where_the_unknown_fact_cannot_change_it(floors: int, verdict: Verdict) -> None:
    assert answer(central_area=None, floors=floors)["max_floors"].verdict is verdict


def test_a_floor_too_many_on_any_road_violates_though_the_road_is_unknown() -> None:
    assert answer(without=("road_width_m",), floors=7)["max_floors"].verdict is Verdict.VIOLATES
    limit = answer(without=("road_width_m",), floors=3)["max_floors"]
    assert (limit.value, limit.verdict, limit.missing) == (None, Verdict.NEEDS_REVIEW, ("road_width_m",))


def test_a_ridge_between_the_two_figures_is_reviewed_when_no_extra_floor_is_built() -> None:
    central = {"central_area": True, "building_height_m": 21}
    assert answer(**central, floors=5)["max_roof_height_m"].verdict is Verdict.COMPLIES
    assert answer(**central, floors=4)["max_roof_height_m"].verdict is Verdict.NEEDS_REVIEW
    assert answer(**central)["max_roof_height_m"].missing == ("floors",)


def test_a_lower_coverage_of_the_zone_plan_is_a_conflict_that_the_annex_does_not_settle() -> None:
    plan = {"zone_plan_max_site_coverage_ratio": 0.6}
    limit = answer(**plan)["max_site_coverage_ratio"]
    assert (limit.value, limit.binding) == (0.6, "zone_plan.site_coverage")
    assert outcome(answer(**plan), "max_site_coverage_ratio") == (
        Verdict.NEEDS_REVIEW,
        ReasonCode.CONFLICT_OF_RULES,
    )
    verdicts = [answer(**plan, footprint_m2=area)["max_site_coverage_ratio"].verdict for area in (60, 75, 91)]
    assert verdicts == [Verdict.COMPLIES, Verdict.NEEDS_REVIEW, Verdict.VIOLATES]


@pytest.mark.parametrize(
    "facts", [{"building_type": "detached_house"}, {"building_type": "apartment"}, {"area_type": "new_development"}]
)
def test_other_buildings_and_areas_are_outside_the_annex(facts: dict[str, object]) -> None:
    found = answer(**facts)
    assert {found[name].verdict for name in FIGURES} == {Verdict.NOT_APPLICABLE}
    assert {found[name].value for name in FIGURES} == {None}


@pytest.mark.parametrize("fact", ["building_type", "area_type"])
def test_an_unknown_kind_of_building_or_area_leaves_every_figure_open(fact: str) -> None:
    found = answer(without=(fact,), floors=3)
    assert found["max_floors"].value == 4
    open_figures = [name for name in FIGURES if found[name].verdict is not Verdict.NOT_APPLICABLE]
    assert {found[name].verdict for name in open_figures} == {Verdict.NEEDS_REVIEW}
    assert all(fact in found[name].missing for name in open_figures)


@pytest.mark.parametrize(
    ("day", "reason"),
    [
        (date(2021, 6, 1), ReasonCode.NOT_IN_FORCE),
        (date(2022, 1, 15), ReasonCode.RULE_UNVERIFIED),
        (date(2025, 12, 31), ReasonCode.NOTHING_PROPOSED),
        (date(2026, 6, 30), ReasonCode.NOTHING_PROPOSED),
        (date(2026, 7, 1), ReasonCode.NOTHING_PROPOSED),
        (date(2027, 1, 1), ReasonCode.NOTHING_PROPOSED),
    ],
)
def test_the_basis_date_decides_whether_the_annex_speaks(day: date, reason: ReasonCode) -> None:
    assert answer(as_of=day)["max_floors"].reason is reason


def test_the_exemption_of_the_2025_law_does_not_reach_back_before_it() -> None:
    assert outcome(answer(as_of=date(2025, 12, 31)), "permit_required") == (
        Verdict.NEEDS_REVIEW,
        ReasonCode.NOT_IN_FORCE,
    )


OUTSIDE = {
    "in_architecture_regulation_area": False,
    "in_urban_development_area_general_plan": False,
    "in_rural_residential_area_general_plan": False,
    "in_commune_plan_built_area": False,
    "in_functional_zone": False,
}


@pytest.mark.parametrize(
    ("floors", "area", "required"), [(6, 499.9, False), (7, 450, True), (4, 500, True), (3, 200, False)]
)
def test_a_house_outside_every_planned_area_is_exempt_under_7_floors_and_500_m2(
    floors: int, area: float, *, required: bool
) -> None:
    limit = answer(floors=floors, gross_floor_area_m2=area, **OUTSIDE)["permit_required"]
    assert (limit.value, limit.reason) == (required, ReasonCode.INFORMATION)


@pytest.mark.parametrize("place", OUTSIDE)
def test_a_house_in_any_planned_area_needs_a_permit(place: str) -> None:
    assert answer(floors=3, gross_floor_area_m2=200, **{**OUTSIDE, place: True})["permit_required"].value is True
    doubtful = answer(floors=3, gross_floor_area_m2=200, **{**OUTSIDE, place: None})["permit_required"]
    assert (doubtful.value, doubtful.verdict, doubtful.missing) == (True, Verdict.NEEDS_REVIEW, (place,))


@pytest.mark.parametrize("fact", ["detailed_plan_applies", "in_special_area"])
def test_a_plan_that_ranks_above_the_annex_and_is_not_loaded_leaves_every_figure_open(fact: str) -> None:
    assert outcome(answer(**{fact: True}, floors=3), "max_floors") == (
        Verdict.NEEDS_REVIEW,
        ReasonCode.LAYER_NOT_LOADED,
    )


def test_a_plot_of_unknown_area_may_be_one_that_the_authority_decides() -> None:
    limit = answer(without=("plot_area_m2",), floors=3)["max_floors"]
    assert (limit.value, limit.verdict, limit.missing) == (4, Verdict.NEEDS_REVIEW, ("plot_area_m2",))


def test_a_corner_whose_width_on_the_larger_road_is_unknown_follows_the_smaller_for_now() -> None:
    found = answer(without=("road_width_m",), road_widths_m=[20, 5])
    assert (found["governing_road_width_m"].value, found["max_floors"].value) == (5, 3)
    assert found["max_floors"].missing == ("width_on_larger_road_m",)
    assert found["max_floors"].highest == 5


@pytest.mark.parametrize("widths", [[12, 12], [12]])
def test_roads_of_one_width_leave_nothing_to_ask(widths: list[float]) -> None:
    assert answer(without=("road_width_m",), road_widths_m=widths)["governing_road_width_m"].value == 12


def test_a_tiny_plot_that_may_be_narrow_shows_the_stricter_ridge() -> None:
    limit = answer(plot_area_m2=12, without=("frontage_m", "depth_m"))["max_roof_height_m"]
    assert (limit.value, limit.lowest, limit.highest) == (7.0, 7.0, 9.0)


def test_a_standard_plot_of_unknown_depth_may_still_be_shallow() -> None:
    limit = answer(without=("depth_m",))["max_roof_height_m"]
    assert (limit.value, limit.lowest, limit.missing) == (19.0, 9.0, ("depth_m",))


def test_the_rear_setback_is_not_determined_without_a_depth() -> None:
    limit = answer(without=("depth_m",))["min_rear_setback_m"]
    assert (limit.value, limit.verdict, limit.missing) == (None, Verdict.NEEDS_REVIEW, ("depth_m",))
    assert answer(without=("depth_m",), rear_setback_m=2)["min_rear_setback_m"].verdict is Verdict.COMPLIES


def test_a_balcony_of_unknown_sidewalk_shows_table_4_and_asks() -> None:
    limit = answer(without=("sidewalk_width_m",))["max_balcony_projection_m"]
    assert (limit.value, limit.missing) == (1.2, ("sidewalk_width_m",))
    assert answer(without=("sidewalk_width_m",), road_width_m=5)["max_balcony_projection_m"].missing == ()


@pytest.mark.parametrize(("floors", "height"), [(3, 11.6), (4, 17.0), (5, 21.6), (6, 25.0)])
def test_the_standard_height_follows_the_floors_that_are_built(floors: int, height: float) -> None:
    assert answer(floors=floors, road_width_m=30)["standard_height_at_building_line_m"].value == height


def test_the_json_is_plain_and_complete() -> None:
    found = json.loads(json.dumps(answer(floors=4).to_json()))
    assert list(found["limits"]) == list(LIMIT_NAMES)
    limit = found["limits"]["max_floors"]
    wanted = {"value": 4, "unit": "floors", "verdict": "COMPLIES", "reason": None, "binding": "row_house.floors"}
    assert {name: limit[name] for name in wanted} == wanted
    assert limit["citation"] == "QĐ 56/2021/QĐ-UBND, Phụ lục 18, mục 4.1, Bảng 2"
    assert len(found["rulebook_sha256"]) == 64
