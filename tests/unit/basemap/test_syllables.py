"""What can be a Vietnamese syllable, and what Telex leaves behind."""

import pytest

from basemap.syllables import is_syllable, without_telex

SOME = [
    "a",
    "anh",
    "nguyen",
    "tran",
    "thuong",
    "nghieng",
    "gia",
    "quoc",
    "quynh",
    "khuya",
    "oanh",
    "yen",
    "huynh",
    "xoong",
    "choe",
    "truong",
    "phuong",
    "dung",
    "y",
    "em",
    "uyen",
]
NONE = ["nguyeenx", "hueej", "phta", "thma", "zxcv", "pasteur", "yersin", "trn", "ngg", "aeiou", "bl"]


@pytest.mark.parametrize("word", SOME)
def test_a_syllable_of_the_language_is_one(word: str) -> None:
    assert is_syllable(word)


@pytest.mark.parametrize("word", NONE)
def test_what_nobody_can_say_is_none(word: str) -> None:
    assert not is_syllable(word)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("12 Nguyeenx Hueej", "12 Nguyen Hue"),
        ("45 Nguyeexn Traix, phuwowfng Chowj Quans", "45 Nguyen Trai, phuong Cho Quan"),
        ("duwowngf DDieenj Bieen Phur", "duong Dien Bien Phu"),
    ],
)
def test_the_keys_of_accents_are_taken_out(typed: str, meant: str) -> None:
    assert without_telex(typed) == meant


@pytest.mark.parametrize(
    "typed",
    [
        "120 Pasteur, Q3",
        "68 Yersin",
        "12 Nguyen Hue, phuong Sai Gon",
        "12 Nguyễn Hueej Saif",
        "Been Song May",
        "CMT8 XVNT",
    ],
)
def test_what_was_typed_well_or_is_one_slip_stays_as_it_is(typed: str) -> None:
    assert without_telex(typed) == typed
