"""The worked cases of hcmc_row_houses.yaml: every cell of the annex's tables, and both sides of every boundary."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from permits.fact_sheet import read_facts
from permits.limits import LIMIT_NAMES, limits
from permits.model import Limits
from permits.rulebook import load_rulebook

SHEET = yaml.safe_load(Path(__file__).with_name("hcmc_row_houses.yaml").read_text(encoding="utf-8"))
CASES = {case["id"]: case for case in SHEET["cases"]}


def answer(case: dict[str, Any]) -> Limits:
    facts = read_facts({**SHEET["ordinary"], **case["given"]}, subject=case["id"])
    return limits(facts, rulebook=load_rulebook(), as_of=SHEET["as_of"])


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_annex_gives_these_figures(case: dict[str, Any]) -> None:
    found = answer(case)
    for name, value in case.get("expected", {}).items():
        assert found[name].value == value, f"{name} under {case['clause']}"
    for name, reason in case.get("verdicts", {}).items():
        assert (found[name].verdict, found[name].reason) == ("NEEDS_REVIEW", reason), name
    for name, rule in case.get("binding", {}).items():
        assert found[name].binding == rule, name


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_every_limit_names_its_article(case: dict[str, Any]) -> None:
    found = answer(case)
    for name in LIMIT_NAMES:
        citation = str(found[name].citation)
        assert "QĐ 56/2021/QĐ-UBND, Phụ lục 18, mục" in citation or "Luật Xây dựng 135/2025/QH15, Điều" in citation


def test_no_case_stands_twice() -> None:
    assert len(CASES) == len(SHEET["cases"])
