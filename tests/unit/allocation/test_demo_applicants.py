"""The generated children: numbers in the right proportion, IDs of the right form, seats nearly enough."""

from datetime import date
from functools import cache

import numpy as np
import pandas as pd
import pytest
import shapely

from allocation.demo_applicants import make_applicants, make_capacities
from allocation.model import Level
from allocation.personal_id import Sex, check, parse
from allocation.receipt import normalise
from basemap.demo_city import DemoCity, make_city
from basemap.model import LayerName
from spatial.crs import HCMC
from spatial.network import build_network, street_distances

HOUSEHOLDS = 8_000
SEED = 2026

YEAR_OF_BIRTH = {
    "grade_1": 2020,
    "grade_6": 2015,
    "kindergarten_5": 2021,
    "kindergarten_4": 2022,
    "kindergarten_3": 2023,
}
"""Of the school year 2026–27: Luật Giáo dục 2019, Điều 28, and arithmetic."""


@cache
def city() -> DemoCity:
    return make_city(households=HOUSEHOLDS, seed=4)


@cache
def applicants() -> pd.DataFrame:
    return make_applicants(city(), seed=SEED)


@cache
def seats() -> pd.DataFrame:
    return make_capacities(city(), applicants(), seed=SEED)


def test_the_same_seed_gives_the_same_children_and_another_seed_others() -> None:
    assert applicants().equals(make_applicants(city(), seed=SEED))
    assert seats().equals(make_capacities(city(), applicants(), seed=SEED))
    others = make_applicants(city(), seed=SEED + 1)
    assert len(set(others["applicant_no"]) & set(applicants()["applicant_no"])) < 10


def test_personal_ids_are_well_formed_and_agree_with_birth_and_sex() -> None:
    for row in applicants().itertuples():
        born, sex = date.fromisoformat(row.date_of_birth), Sex(row.sex)
        assert check(row.applicant_no, date_of_birth=born, sex=sex) == []


def test_personal_ids_and_receipt_codes_are_unique() -> None:
    assert applicants()["applicant_no"].is_unique
    assert applicants()["receipt_code"].is_unique


def test_receipt_codes_are_written_as_the_look_up_reads_them() -> None:
    codes = applicants()["receipt_code"]
    assert codes.str.fullmatch("[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){2}").all()
    assert [normalise(code.lower()) for code in codes] == codes.tolist()


def test_receipt_codes_depend_on_the_seed() -> None:
    another = make_applicants(city(), seed=SEED + 1, levels=["grade_1"])
    assert not set(another["receipt_code"]) & set(applicants()["receipt_code"])


@pytest.mark.parametrize(("level", "year"), YEAR_OF_BIRTH.items())
def test_children_of_a_level_are_born_in_the_year_that_the_law_names(level: str, year: int) -> None:
    chosen = applicants()[applicants()["level"] == level]
    assert set(chosen["date_of_birth"].str[:4]) == {str(year)}
    assert {parse(number).birth_year for number in chosen["applicant_no"]} == {year}


def test_another_school_year_moves_the_years_of_birth() -> None:
    later = make_applicants(city(), seed=SEED, school_year=2027, levels=[Level.GRADE_1])
    assert set(later["date_of_birth"].str[:4]) == {"2021"}


def test_one_child_for_about_22_households_enters_grade_1() -> None:
    """197,500 entrants in 2026 in a city of some 4.3 million households."""
    count = (applicants()["level"] == "grade_1").sum()
    assert HOUSEHOLDS / count == pytest.approx(22, rel=0.1)


def test_children_live_at_homes_of_the_city() -> None:
    homes = set(zip(city().homes["x"], city().homes["y"], city().homes["address"], strict=True))
    assert set(zip(applicants()["x"], applicants()["y"], applicants()["address"], strict=True)) <= homes


def test_some_children_are_twins_and_nobody_has_asked_yet_to_stay_together() -> None:
    same = applicants().duplicated(["level", "date_of_birth", "x", "y", "address"], keep=False)
    assert 0.005 < same.mean() < 0.06
    assert (applicants()["together_with"] == "").all()


def test_most_children_are_of_the_first_tier_and_registered_in_the_city() -> None:
    assert (applicants()["priority_tier"] == 1).mean() > 0.85
    assert set(applicants()["priority_tier"]) == {1, 2, 3}
    assert 0.75 < applicants()["applicant_no"].str.startswith("079").mean() < 0.95


def test_only_the_levels_asked_for_are_made() -> None:
    some = make_applicants(city(), seed=SEED, levels=["grade_6"])
    assert set(some["level"]) == {"grade_6"}
    assert set(make_capacities(city(), some, seed=SEED)["level"]) == {"grade_6"}


def test_seats_in_total_are_enough_and_hardly_more() -> None:
    demand = applicants()["level"].value_counts().sort_index()
    total = seats().groupby("level")["capacity"].sum().sort_index()
    assert (total >= demand).all()
    assert (total < 1.15 * demand).all()


def test_each_school_has_one_row_for_each_level_of_its_type() -> None:
    type_of = city().layers[LayerName.SCHOOL].set_index("school_code")["school_type"]
    levels = seats().groupby("school_code")["level"].agg(set)
    wanted = {
        "kindergarten": {"kindergarten_3", "kindergarten_4", "kindergarten_5"},
        "primary": {"grade_1"},
        "lower_secondary": {"grade_6"},
    }
    assert {code: wanted[kind] for code, kind in type_of.items()} == levels.to_dict()
    assert not seats().duplicated(["school_code", "level"]).any()
    assert (seats()["capacity"] >= 0).all()


def test_around_some_schools_live_more_children_than_they_have_seats() -> None:
    streets = build_network(shapely.get_parts(city().layers[LayerName.STREET].geometry.array), crs=HCMC)
    crowded = set()
    for level, children in applicants().groupby("level"):
        pools = seats()[seats()["level"] == level]
        home_xy, school_xy = children[["x", "y"]].to_numpy(), pools[["x", "y"]].to_numpy()
        nearest = street_distances(streets, home_xy, school_xy, nearest_count=1)
        around = np.bincount(nearest.destination, minlength=len(pools))
        assert around.sum() == len(children)
        if (around > pools["capacity"].to_numpy()).any():
            crowded.add(level)
    assert "grade_1" in crowded
    assert len(crowded) >= 3
