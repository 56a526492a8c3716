"""The cases of the domain's own file that ask for limits, translated into the names of the product.

The file stays outside the repository; DIABAN_REAL_CASES names it.
"""

import json
import os
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from permits.fact_sheet import read_facts
from permits.limits import limits
from permits.model import Limits
from permits.rulebook import load_rulebook

pytestmark = pytest.mark.real

REPOSITORY = Path(__file__).resolve().parents[2]
DEFAULT = REPOSITORY.parent / "shared" / "domain" / "cases" / "permit_cases.json"
CASES_FILE = Path(os.environ.get("DIABAN_REAL_CASES") or DEFAULT)

GROUPS = (
    "hcm_pl18_density",
    "hcm_pl18_floors",
    "hcm_pl18_full",
    "hcm_precedence",
    "hcm_pl18_small",
    "hcm_pl18_rear_setback",
    "hcm_pl18_balcony",
    "hcm_pl18_corner",
    "hcm_pl18_front",
)
NEGATIVE_CONTROLS = {
    "neg-vtz-round-83": "max_site_coverage_ratio",
    "neg-qd56calc-L12-20": "max_floors",
    "neg-qd56calc-L25": "max_floors",
}
FACT_NAMES = {
    "plot_area_m2": "plot_area_m2",
    "frontage_m": "frontage_m",
    "depth_m": "depth_m",
    "road_width_m": "road_width_m",
    "road_widths_m": "road_widths_m",
    "sidewalk_m": "sidewalk_width_m",
    "center_area": "central_area",
    "trade_axis": "trade_axis",
    "trade_axis_annex04": "trade_axis",
    "detailed_plan_setback": "detailed_plan_front_setback_m",
    "width_on_large_road_m": "width_on_larger_road_m",
    "front_road_m": "road_width_m",
    "rear_road_m": "rear_road_width_m",
    "zone_plan_max_height_m": "zone_plan_max_height_m",
    "zone_plan_max_far": "zone_plan_max_plot_ratio",
    "floors": "floors",
}
NOT_FACTS = {"regime", "house_type", "density_pct"}
LIMIT_NAMES = {
    "max_density_pct": "max_site_coverage_ratio",
    "max_footprint_m2": "max_footprint_m2",
    "max_floors": "max_floors",
    "max_roof_height_m": "max_roof_height_m",
    "max_height_m": "max_roof_height_m",
    "standard_height_at_building_line_m": "max_height_at_building_line_m",
    "max_height_at_building_line_m": "max_height_at_building_line_m",
    "max_first_floor_height_incl_mezzanine_m": "max_ground_floor_height_m",
    "extra_floor_setback_m": "extra_floor_setback_m",
    "min_rear_setback_m": "min_rear_setback_m",
    "max_balcony_projection_m": "max_balcony_projection_m",
    "setback_above_small_road_line_height_m": "through_plot_setback_m",
    "governing_road_width_m": "governing_road_width_m",
    "min_ground_floor_setback_m": "min_front_setback_m",
    "max_far": "max_plot_ratio",
    "max_gfa_by_density_x_floors_m2": "max_gross_floor_area_m2",
}


def cases() -> list[dict[str, Any]]:
    if not CASES_FILE.is_file():
        return []
    found: list[dict[str, Any]] = json.loads(CASES_FILE.read_text(encoding="utf-8"))
    return found


ROW_HOUSE_CASES = [case for case in cases() if case["group"] in GROUPS]


def answer(case: dict[str, Any], **more: object) -> Limits:
    given = {FACT_NAMES[name]: value for name, value in case["inputs"].items() if name not in NOT_FACTS}
    facts = read_facts({"building_type": "row_house", "area_type": "existing_urban", **given, **more})
    return limits(facts, rulebook=load_rulebook(), as_of=date.fromisoformat(case["as_of"]))


PACKS = {
    "qcvn01_density_house": ("qcvn-01-2021", {"building_type": "row_house"}),
    "qcvn01_far_house": ("qcvn-01-2021", {"building_type": "detached_house"}),
    "qcvn01_density_apartment": ("qcvn-01-2021", {"building_type": "apartment", "area_type": "new_development"}),
    "qcvn01_far_212": (
        "qcvn-01-2021",
        {"building_type": "commercial", "area_type": "existing_urban", "plan_controls_by_plot_ratio": True},
    ),
    "qcvn01_frontage": ("qcvn-01-2021", {"building_type": "row_house"}),
    "qcvn01_setback": ("qcvn-01-2021", {"road_is_regional": True, "area_type": "new_development"}),
    "hcm_old_density": ("hcmc-row-houses-2007", {"building_type": "row_house", "area_type": "existing_urban"}),
}
"""Groups that other packs than that of row houses answer, and what their cases take for granted.

A case of the national standard names one day; its plan was approved on it.
"""
WRONG_ELSEWHERE = {
    "neg-ccba-t28-100": ("qcvn01_density_house", "max_site_coverage_ratio"),
    "neg-kts-100m2": ("qcvn01_density_house", "max_site_coverage_ratio"),
    "neg-ccba-t29-12000-15m": ("qcvn01_density_apartment", "max_site_coverage_ratio"),
    "neg-ccba-t27-25m-27m": ("qcvn01_setback", "min_front_setback_m"),
}
MORE_FACT_NAMES = {
    **FACT_NAMES,
    "area_type": "area_type",
    "height_m": "building_height_m",
    "gfa_m2": "gross_floor_area_m2",
    "zone": "old_district_kind",
    "plan_approval_date": "plan_approval_date",
}
VALUES = {"noi_thanh": "inner", "ngoai_thanh": "outer"}
MORE_LIMIT_NAMES = {**LIMIT_NAMES, "min_setback_m": "min_front_setback_m", "min_frontage_m": "min_frontage_m"}
VERDICT_OF = {"qcvn01_far_house": "max_plot_ratio", "qcvn01_frontage": "min_frontage_m"}
OTHER_CASES = [case for case in cases() if case["group"] in PACKS]


def answer_of_pack(case: dict[str, Any], group: str) -> Limits:
    name, taken_for_granted = PACKS[group]
    stated = {key: value for key, value in case["inputs"].items() if key not in {*NOT_FACTS, "house"}}
    given = {MORE_FACT_NAMES[key]: VALUES.get(str(value), value) for key, value in stated.items()}
    plan = {"plan_approval_date": case["as_of"]} if name == "qcvn-01-2021" else {}
    return limits(
        read_facts({**taken_for_granted, **plan, **given}),
        rulebook=load_rulebook(name),
        as_of=date.fromisoformat(case["as_of"]),
    )


def without_plan_day(case: dict[str, Any]) -> dict[str, Any]:
    return {**case, "inputs": {**case["inputs"], "plan_approval_date": None}}


NO_FILE = f"no {CASES_FILE.name}; enable with: DIABAN_REAL_CASES=<file> make test"
NO_CASES = [pytest.param({"id": "no file"}, marks=pytest.mark.skip(reason=NO_FILE))]


def test_the_file_of_cases_holds_row_houses() -> None:
    if not CASES_FILE.is_file():
        pytest.skip(NO_FILE)
    assert ROW_HOUSE_CASES


@pytest.mark.parametrize("case", ROW_HOUSE_CASES or NO_CASES, ids=lambda case: case["id"])
def test_every_row_house_case_comes_out_as_written(case: dict[str, Any]) -> None:
    found = answer(case)
    for name, value in case["expected"].items():
        if name in LIMIT_NAMES:
            shown = found[LIMIT_NAMES[name]].value
            assert (shown * 100 if name == "max_density_pct" else shown) == pytest.approx(value, rel=1e-12), name
        elif name == "verdict":
            assert found["max_site_coverage_ratio"].verdict == value
            assert found["max_site_coverage_ratio"].reason == "DISCRETION_OF_AUTHORITY"
        elif name == "binding_rule":
            assert {limit.binding for limit in found.by_name.values()} & {"zone_plan.height", "zone_plan.plot_ratio"}
        else:
            assert name in {"reason", "far_from_density_x_floors"}, f"{name} is not translated"


def test_floors_times_coverage_is_3_6_where_the_zone_plan_caps_it_at_3() -> None:
    if not CASES_FILE.is_file():
        pytest.skip(NO_FILE)
    case = next(case for case in cases() if case["id"] == "hcm56-zoneplan-caps-far")
    inputs = {**case["inputs"], "zone_plan_max_far": None}
    uncapped = answer({**case, "inputs": inputs}, road_width_m=12, frontage_m=5, trade_axis=False, central_area=False)
    assert uncapped["max_plot_ratio"].value == case["expected"]["far_from_density_x_floors"]


@pytest.mark.parametrize(
    "case", [c for c in cases() if c["id"] in NEGATIVE_CONTROLS] or NO_CASES, ids=lambda case: case["id"]
)
def test_the_wrong_figure_in_circulation_is_not_repeated(case: dict[str, Any]) -> None:
    name = NEGATIVE_CONTROLS[case["id"]]
    value = answer(case)[name].value * (100 if name == "max_site_coverage_ratio" else 1)
    assert value == pytest.approx(case["expected"]["right"], rel=1e-12)
    assert value != case["expected"]["wrong"]


def test_no_group_of_row_houses_is_left_out() -> None:
    assert {case["group"] for case in cases() if case["group"].startswith("hcm_p")} <= set(GROUPS)


def rounded_as_in_the_case(shown: object, value: object) -> bool:
    """Two cases of the former rules print square metres with two decimals."""
    return isinstance(shown, float) and isinstance(value, float) and round(shown, 2) == value


@pytest.mark.parametrize("case", OTHER_CASES or NO_CASES, ids=lambda case: case["id"])
def test_every_case_of_the_national_standard_and_the_former_rules_comes_out_as_written(case: dict[str, Any]) -> None:
    found = answer_of_pack(case, case["group"])
    for name, value in case["expected"].items():
        if name in MORE_LIMIT_NAMES:
            limit = found[MORE_LIMIT_NAMES[name]]
            shown = limit.value * 100 if name == "max_density_pct" else limit.value
            assert shown == pytest.approx(value, rel=1e-12) or rounded_as_in_the_case(shown, value), name
        elif name == "verdict":
            assert found[VERDICT_OF[case["group"]]].verdict == value
        else:
            assert name == "far", f"{name} is not translated"
            assert found["max_plot_ratio"].proposed == value


@pytest.mark.parametrize("case", [c for c in OTHER_CASES if c["group"].startswith("qcvn")] or NO_CASES, ids=str)
def test_a_case_of_the_national_standard_keeps_its_figures_and_decides_nothing_without_the_plan_s_day(
    case: dict[str, Any],
) -> None:
    if "group" not in case:
        pytest.skip(NO_FILE)
    dated, undated = (answer_of_pack(each, case["group"]) for each in (case, without_plan_day(case)))
    for name, limit in undated.by_name.items():
        assert limit.value == dated[name].value
        assert limit.verdict in ("NEEDS_REVIEW", "NOT_APPLICABLE")


@pytest.mark.parametrize(
    "case", [c for c in cases() if c["id"] in WRONG_ELSEWHERE] or NO_CASES, ids=lambda case: case["id"]
)
def test_the_wrong_figure_of_another_program_is_not_repeated(case: dict[str, Any]) -> None:
    group, name = WRONG_ELSEWHERE[case["id"]]
    value = answer_of_pack(case, group)[name].value * (100 if name == "max_site_coverage_ratio" else 1)
    assert value == pytest.approx(case["expected"]["right"], rel=1e-12)
    assert value != case["expected"]["wrong"]


def test_no_group_that_asks_for_limits_is_left_out() -> None:
    asked = {case["group"] for case in cases() if case["group"].startswith(("hcm_", "qcvn01_"))}
    assert asked <= {*GROUPS, *PACKS}
    wrong = {case["id"] for case in cases() if case["group"] == "negative_control"}
    assert wrong <= {*NEGATIVE_CONTROLS, *WRONG_ELSEWHERE}
