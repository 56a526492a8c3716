"""QCVN 01:2021/BXD: every cell of its tables and both sides of every boundary, from tables typed by hand."""

from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from limit_sheets import answer, cases_of, differences
from qcvn_tables import TALL, Claim, Tall, at, by_hand, claims

from permits.fact_sheet import read_facts
from permits.limits import limits
from permits.model import exact
from permits.rulebook import load_rulebook

CASES = {case["id"]: case for case in cases_of("qcvn_01_2021.yaml")}
CLAIMS = claims()


def figure(claim: Claim) -> Fraction:
    found = limits(read_facts(claim.facts), rulebook=load_rulebook("qcvn-01-2021"), as_of=date(2026, 11, 21))
    value = found[claim.limit].value
    assert value is not None
    return exact(value)


def named(claim: Claim) -> str:
    return "-".join([claim.limit, *(str(value) for value in claim.facts.values())])


@pytest.mark.parametrize("claim", CLAIMS, ids=named)
def test_every_cell_and_both_sides_of_every_boundary_are_answered_as_printed(claim: Claim) -> None:
    """Tables 2.7, 2.8, 2.9, 2.10 and 2.12, the middle of every four entries, and beyond their ends."""
    assert abs(figure(claim) - claim.value) < Fraction(1, 10**12)


def test_the_claims_cover_five_tables() -> None:
    """Of 48 figures each four times at least, of 12 setbacks and of 6 entries for houses."""
    assert len(CLAIMS) == 5 * (48 + 24 + 8 + 30) + 2 * 48 + 18


@settings(deadline=None, max_examples=100)
@given(st.sampled_from(TALL), st.integers(160, 459), st.integers(3000, 34_999))
def test_between_the_entries_both_axes_are_straight_lines(table: Tall, decimetres: int, area_m2: int) -> None:
    claim = at(table, decimetres / 10, area_m2, by_hand(table, exact(decimetres / 10), Fraction(area_m2)))
    assert abs(figure(claim) - claim.value) < Fraction(1, 10**12)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_regulation_gives_these_figures(case: dict[str, Any]) -> None:
    assert list(differences(case, answer(case))) == []


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_every_limit_names_its_article(case: dict[str, Any]) -> None:
    for limit in answer(case).by_name.values():
        assert str(limit.citation).startswith("QCVN 01:2021/BXD, mục 2.")


def test_no_case_stands_twice() -> None:
    assert len(CASES) == len(cases_of("qcvn_01_2021.yaml"))
