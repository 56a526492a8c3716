"""Addresses on which the reader was never mended, so that the guide can say what strangers' letters may expect."""

import re
from functools import cache
from pathlib import Path

from address_sheets import Case, figures_of, geocoder_of, is_wrong_and_confident, read_sheet

from basemap.geocode import Answer

SHEETS = ("addresses_held_out_of_the_map.yaml", "addresses_held_out_of_the_city.yaml")
GUIDE = Path(__file__).parents[2] / "docs" / "how-to" / "find-an-address.md"


@cache
def answered() -> list[tuple[Case, Answer]]:
    pairs = []
    for name in SHEETS:
        sheet = read_sheet(name)
        geocoder = geocoder_of(sheet)
        pairs += [(case, geocoder.geocode(case["text"])) for case in sheet["cases"]]
    return pairs


def test_the_held_out_sheets_share_no_address_with_the_sheets_that_the_reader_was_mended_on() -> None:
    known = {
        case["text"] for name in ("addresses.yaml", "addresses_old_and_new.yaml") for case in read_sheet(name)["cases"]
    }
    held_out = [case["text"] for case, _ in answered()]
    assert len(held_out) == len(set(held_out)) >= 120
    assert not known & set(held_out)


def test_no_held_out_address_is_answered_with_a_door_or_an_alley_that_it_does_not_mean() -> None:
    assert [case["text"] for case, answer in answered() if is_wrong_and_confident(case, answer)] == []


def test_what_the_guide_says_of_held_out_addresses_is_what_comes_out() -> None:
    guide = re.sub(r"[*|]", "", GUIDE.read_text(encoding="utf-8"))
    assert [line for line in figures_of(answered()).lines() if line.split(": ")[1] not in guide] == []
