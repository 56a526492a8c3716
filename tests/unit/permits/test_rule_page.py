"""The page of the rules is what the rule-pack says."""

from datetime import date
from pathlib import Path

import pytest

from permits.limits import LIMIT_NAMES
from permits.rule_page import rule_page
from permits.rulebook import available_rulebooks, load_rulebook
from permits.rules.row_house import SPECS

PAGES = Path(__file__).resolve().parents[3] / "docs" / "rules"


@pytest.mark.parametrize("name", available_rulebooks())
def test_the_page_is_up_to_date(name: str) -> None:
    written = (PAGES / f"{name}.md").read_text(encoding="utf-8")
    assert written == rule_page(load_rulebook(name)), (
        f"run: diaban permits rules --rulebook {name} > docs/rules/{name}.md"
    )


@pytest.mark.parametrize("name", available_rulebooks())
def test_every_rule_stands_on_its_page_with_its_article(name: str) -> None:
    book = load_rulebook(name)
    page = rule_page(book)
    for rule in book.rules:
        assert f"(`{rule.id}`)" in page
        assert str(book.citation(rule)) in page


def test_every_limit_has_a_rule_that_says_what_it_is() -> None:
    book = load_rulebook()
    assert [spec.name for spec in SPECS] == list(LIMIT_NAMES)
    assert all(book.rule(spec.rule, as_of=date(2026, 11, 21)).requirement.vi for spec in SPECS)
