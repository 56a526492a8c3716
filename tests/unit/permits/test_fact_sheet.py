"""Every slip in a sheet of facts gets one clear sentence; nothing is guessed."""

from dataclasses import fields

import pytest

from permits.fact_sheet import FACT_FIELDS, read_facts
from permits.model import BuildingType, Facts
from spatial.errors import InputError


def complaint(given: object) -> str:
    with pytest.raises(InputError) as caught:
        read_facts(given, subject="f.json")
    assert caught.value.message.vi
    return caught.value.sentence("en")


def test_every_fact_is_described_once() -> None:
    assert set(FACT_FIELDS) == {field.name for field in fields(Facts)}
    assert all(field.label.vi and field.label.en for field in FACT_FIELDS.values())


def test_facts_are_read_and_null_is_unknown() -> None:
    facts = read_facts({"building_type": "row_house", "floors": 4.0, "central_area": None, "road_widths_m": [20, 5]})
    assert (facts.building_type, facts.floors, facts.central_area) == (BuildingType.ROW_HOUSE, 4, None)
    assert facts.road_widths_m == (20.0, 5.0)


def test_an_unknown_name_is_met_with_the_names_near_it() -> None:
    said = complaint({"sidewalk_m": 3})
    assert "'sidewalk_m'" in said
    assert "sidewalk_width_m" in said


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"plot_area_m2": -5}, "plot_area_m2 = -5: should be more than 0."),
        ({"plot_area_m2": 0}, "plot_area_m2 = 0: should be more than 0."),
        ({"floors": 300}, "floors = 300: should be at most 120."),
        ({"floors": 3.5}, "floors = 3.5: should be a whole number."),
        ({"frontage_m": "5m"}, "frontage_m = '5m': should be a number."),
        ({"frontage_m": True}, "frontage_m = True: should be a number."),
        ({"frontage_m": float("nan")}, "frontage_m = nan: should be a number."),
        ({"building_height_m": 1900}, "building_height_m = 1900: should be at most 500 m. Is it in centimetres?"),
        ({"building_height_m": 450, "floors": 4}, "should be far less. Is it in centimetres?"),
        ({"building_type": "row_house", "building_height_m": 190}, "should be far less. Is it in centimetres?"),
        ({"building_type": "detached_house", "building_height_m": 210}, "should be far less. Is it in centimetres?"),
        ({"podium_height_m": 1600}, "podium_height_m = 1600: should be at most 200 m. Is it in centimetres?"),
        ({"podium_height_m": 46, "building_height_m": 46}, "podium_height_m = 46: should be below building_height_m"),
        ({"average_height_m": 50, "building_height_m": 46}, "average_height_m = 50: cannot exceed building_height_m"),
        ({"floors": 0}, "floors = 0: should be 1 or more."),
        ({"basements": -1}, "basements = -1: should be 0 or more."),
        ({"plan_approval_date": "30/2/2024"}, "plan_approval_date = '30/2/2024': should be a day like 2026-11-21."),
        ({"plan_approval_date": 2024}, "plan_approval_date = 2024: should be a day like 2026-11-21."),
        ({"former_province": "hanoi"}, "should be one of hcmc, binh_duong, ba_ria_vung_tau."),
        (
            {"building_type": "villa"},
            "should be one of row_house, detached_house, apartment, commercial, public_service, factory.",
        ),
        ({"central_area": "yes"}, "central_area = 'yes': should be true, false or null."),
        ({"central_area": 1}, "central_area = 1: should be true, false or null."),
        ({"road_widths_m": 12}, "road_widths_m = 12: should be a list of numbers."),
        ({"road_widths_m": []}, "should be a list of numbers."),
        ({"road_widths_m": [12, -1]}, "road_widths_m = -1: should be more than 0."),
        ({"road_width_m": 12, "road_widths_m": [12, 5]}, "Give road_width_m or road_widths_m, not both."),
        ({"sidewalk_width_m": -1}, "should be 0 or more."),
        ({"zone_plan_max_site_coverage_ratio": 60}, "should be at most 1."),
        ([1, 2], "A JSON object of names and values is needed."),
        ("text", "A JSON object of names and values is needed."),
    ],
)
def test_a_value_that_cannot_be_right_is_refused_in_one_sentence(given: object, said: str) -> None:
    assert said in complaint(given)


def test_all_slips_are_named_at_once() -> None:
    said = complaint({"plot_area_m2": -5, "floors": 300, "colour": "red"})
    assert said.startswith("f.json: ")
    assert all(name in said for name in ("plot_area_m2", "floors", "colour"))
