"""The page on conformance names tests that are there, every class that is declared, and every abstract test once."""

import re
from pathlib import Path

from api.ogc_documents import CONFORMANCE

HERE = Path(__file__).parent
PAGE = (HERE.parents[2] / "docs" / "how-to" / "ogc-conformance.md").read_text(encoding="utf-8")


def test_every_test_that_the_page_names_exists() -> None:
    there = {
        name
        for path in (*HERE.glob("test_*.py"), HERE.parent / "test_tiles.py")
        for name in re.findall(r"^def (test_\w+)", path.read_text("utf-8"), re.MULTILINE)
    }
    named = set(re.findall(r"`(test_\w+)`", PAGE))
    assert len(named) > 40
    assert named <= there


def test_the_page_lists_all_29_tests_of_the_core_and_ten_of_part_2() -> None:
    assert set(re.findall(r"^\| A\.(\d+) \|", PAGE, re.MULTILINE)) == {str(number) for number in range(1, 30)}
    assert len(re.findall(r"^\| (?:bbox-)?(?:crs|default|storage)\S* \|", PAGE, re.MULTILINE)) == 10


def test_the_page_names_every_class_of_filters_that_is_declared() -> None:
    for each in CONFORMANCE:
        standard, name = each.split("/spec/")[1].split("/")[0], each.rpartition("/")[2]
        if standard in {"ogcapi-features-3", "cql2"}:
            assert f"`{name}`" in PAGE, each
