"""The published list of what is checked is what the rule-packs hold, and names what was not found."""

import json
from pathlib import Path

import pytest

from permits.coverage import Status, coverage, coverage_json, coverage_page
from permits.rulebook import available_rulebooks, load_rulebook

PAGES = Path(__file__).resolve().parents[3] / "docs" / "rules"
LOOKED_FOR_IN_VAIN = (
    "QCVN 01:2026",
    "Body of QĐ 56/2021",
    "Architecture regulation after the union",
    "former Bình Dương",
    "Annexes 12 to 17",
    "QĐ 100/2024",
    "QĐ 56/2025",
    "NĐ 62/2025",
    "Tân Sơn Nhất",
    "fee",
    "storeys are counted",
    "floors and heights of the former rules",
    "QCXDVN 01:2008",
)
"""What no text was found for, by a word of its subject; typed by hand, not read from the packs."""


@pytest.mark.parametrize(("name", "text"), [("coverage.md", coverage_page), ("coverage.json", coverage_json)])
def test_the_published_list_is_up_to_date(name: str, text: object) -> None:
    option = " --json" if name.endswith("json") else ""
    written = (PAGES / name).read_text(encoding="utf-8")
    assert callable(text)
    assert written == text(), f"run: diaban permits coverage{option} > docs/rules/{name}"


@pytest.mark.parametrize("name", available_rulebooks())
def test_every_rule_of_every_pack_is_in_the_list_once(name: str) -> None:
    listed = [rule for covered in coverage() if covered.rulebook == name for rule in covered.rules]
    assert sorted(set(listed)) == sorted({rule.id for rule in load_rulebook(name).rules})


def test_a_rule_whose_text_was_not_verified_is_no_work_of_the_program() -> None:
    checked = {rule for covered in coverage() if covered.status is Status.PROGRAM for rule in covered.rules}
    assert "qcvn.coverage_apartment" in checked
    assert not checked & {"qcvn2026.coverage", "special_area.floors", "plan_2014.floors", "subdivision.least_plot"}


@pytest.mark.parametrize("word", LOOKED_FOR_IN_VAIN)
def test_what_was_not_found_stands_in_the_list(word: str) -> None:
    found = [covered for covered in coverage() if word.lower() in covered.subject.en.lower()]
    assert any(covered.not_found for covered in found)


def test_what_an_officer_decides_says_why() -> None:
    others = [covered for covered in coverage() if covered.status is not Status.PROGRAM]
    assert all(covered.why.vi and covered.why.en for covered in others)


def test_the_list_is_data_too() -> None:
    rows = json.loads(coverage_json())
    assert {row["status"] for row in rows} == {"program", "officer", "out_of_scope"}
    assert len(rows) == len(coverage())
