"""One name in its many spellings, and two names that only look alike."""

import unicodedata

import pytest

from basemap.address_text import clean, find_key, number_key, rank_key, same_figures, shadow, street_name, without_kind


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Hòa Bình", "Hoà Bình"),
        ("Lũy Bán Bích", "Luỹ Bán Bích"),
        ("Thúy Kiều", "Thuý Kiều"),
        ("Lê Văn Sỹ", "Lê Văn Sĩ"),
        ("Tân Quý", "Tân Quí"),
        ("Nguyễn Huệ", "Nguyển Huệ"),
        ("NGUYỄN HUỆ", "nguyễn huệ"),
        ("Nguyễn Huệ", unicodedata.normalize("NFD", "Nguyễn Huệ")),
        ("Bà Rịa - Vũng Tàu", "Bà Rịa – Vũng Tàu"),
    ],
)
def test_habits_of_writing_make_no_other_name(one: str, other: str) -> None:
    assert rank_key(one) == rank_key(other)
    assert find_key(one) == find_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Tân Quý", "Tân Quy"),
        ("Cô Bắc", "Cô Bạc"),
        ("Đồng Đen", "Đông Đen"),
        ("Đa Kao", "Da Kao"),
        ("Lê Lai", "Lê Lài"),
    ],
)
def test_accents_that_make_another_name_are_kept_to_rank_and_dropped_to_find(one: str, other: str) -> None:
    assert rank_key(one) != rank_key(other)
    assert find_key(one) == find_key(other)


def test_the_tone_after_qu_stays_where_it_is() -> None:
    """In *quý* the u belongs to the consonant: the tone stands on y either way."""
    assert clean("Quý") == "Quý"
    assert clean("Hoà Thạnh, luỹ, khoẻ") == "Hòa Thạnh, lũy, khỏe"


def test_a_shadow_has_each_letter_in_its_place() -> None:
    text = clean("Đường Nguyễn Thị Minh Khai")
    assert shadow(text) == "duong nguyen thi minh khai"
    assert len(shadow(text)) == len(text)


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("CMT8", "Cách Mạng Tháng Tám"),
        ("cmt 8", "Cách Mạng Tháng Tám"),
        ("3-2", "3/2"),
        ("3 Tháng 2", "3/2"),
        ("Ba Tháng Hai", "3/2"),
        ("Ba Mươi Tháng Tư", "30/4"),
        ("số 07", "Đường số 7"),
        ("7", "Đường số 7"),
        ("Ng. Huệ", "Nguyễn Huệ"),
        ("QL1A", "Quốc lộ 1A"),
        ("Nguyễn Huệ", "Nguyễn Huệ"),
        ("D2", "D2"),
        ("45/99", "45/99"),
    ],
)
def test_a_street_has_one_name_however_it_is_shortened(written: str, name: str) -> None:
    assert street_name(written) == name


def test_a_house_number_has_one_key() -> None:
    assert number_key(" 45 / 012/7a") == "45/12/7A"
    assert number_key("0") == "0"


def test_a_ward_is_known_without_its_kind() -> None:
    assert [without_kind(name) for name in ("Phường Bến Nghé", "Xã Bà Điểm", "Phường 05", "Đặc khu Côn Đảo")] == [
        "Bến Nghé", "Bà Điểm", "5", "Côn Đảo"]  # fmt: skip


def test_another_figure_is_no_slip_of_the_pen() -> None:
    assert same_figures("duongso7", "duonqso7")
    assert not same_figures("duongso7", "duongso1")
