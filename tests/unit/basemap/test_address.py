"""The parser on texts that are none, and on what it promises of any text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from basemap.address import LONGEST_ADDRESS_LETTERS, parse_address

PIECES = st.sampled_from(
    [
        "45/12",
        "hẻm",
        "đường",
        "số",
        "P.",
        "Q",
        "Nguyễn Trãi",
        ",",
        "-",
        "3/2",
        "(",
        "cũ",
        "TP.HCM",
        "tổ",
        "/",
        "căn hộ",
        "á",
    ]
)


@given(st.text(max_size=80) | st.lists(PIECES, max_size=12).map(" ".join))
def test_any_text_is_read_without_failing_and_kept_as_it_came(text: str) -> None:
    assert parse_address(text).raw == text


@given(st.lists(PIECES, max_size=12).map(" ".join))
def test_the_same_text_is_always_read_alike(text: str) -> None:
    assert parse_address(text) == parse_address(text)


@pytest.mark.parametrize("text", ["1/" * 5_000, "9" * 50_000, "a " * 20_000, "(" * 9_000, "hẻm 1 " * 5_000, "\x00\n\t"])
def test_a_text_made_to_hurt_is_read_no_farther_than_an_address_is_long(text: str) -> None:
    parsed = parse_address(text)
    assert parsed.raw == text
    assert len(parsed.house_number) + len(parsed.street) <= 2 * LONGEST_ADDRESS_LETTERS


def test_the_number_path_leads_from_the_street_inwards() -> None:
    assert parse_address("45/12/7A Nguyễn Trãi").number_path == ("45", "12", "7A")
    assert parse_address("Nguyễn Trãi").number_path == ()


def test_what_finds_no_place_is_left_over_and_not_lost() -> None:
    parsed = parse_address("12 Lê Lợi, Bến Thành, Quận 1, gần chợ, TP.HCM")
    assert parsed.rest == "gần chợ"
