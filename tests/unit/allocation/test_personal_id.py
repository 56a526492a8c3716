"""The 12-digit personal ID, against Nghị định 137/2015, Điều 13 and Thông tư 07/2016/TT-BCA, Phụ lục 1."""

from datetime import date

import pytest

from allocation.personal_id import PROVINCES, Sex, check, make_personal_id, mask, normalise, parse
from spatial.errors import InputError
from spatial.issues import Severity

BOY = make_personal_id(province_code="079", sex=Sex.MALE, birth_year=2020, serial=56)


@pytest.mark.parametrize(
    ("code", "name"),
    [("079", "Thành phố Hồ Chí Minh"), ("074", "Bình Dương"), ("077", "Bà Rịa - Vũng Tàu"), ("075", "Đồng Nai")],
)
def test_the_table_has_the_codes_as_issued_before_the_mergers(code: str, name: str) -> None:
    assert PROVINCES[code] == name


def test_the_table_has_the_63_provinces_from_001_to_096() -> None:
    assert len(PROVINCES) == 63
    assert (min(PROVINCES), max(PROVINCES)) == ("001", "096")
    assert all(code.isdecimal() and name == name.strip() for code, name in PROVINCES.items())


@pytest.mark.parametrize(
    ("year", "sex", "digits"),
    [
        (1985, Sex.MALE, "085"),
        (1985, Sex.FEMALE, "185"),
        (2020, Sex.MALE, "220"),
        (2015, Sex.FEMALE, "315"),
        (2101, Sex.MALE, "401"),
        (2299, Sex.FEMALE, "799"),
    ],
)
def test_the_fourth_digit_tells_century_and_sex_and_two_more_the_year(year: int, sex: Sex, digits: str) -> None:
    made = make_personal_id(province_code="079", sex=sex, birth_year=year, serial=7)
    assert made == f"079{digits}000007"
    assert (parse(made).birth_year, parse(made).sex) == (year, sex)


@pytest.mark.parametrize(
    "written",
    [
        f"'{BOY}",
        f"\u2019{BOY}",
        f" {BOY[:3]} {BOY[3:6]} {BOY[6:]} ",
        f"{BOY[:4]}\u00a0{BOY[4:]}",
        f"\ufeff{BOY}",
        BOY.translate(str.maketrans("0123456789", "０１２３４５６７８９")),
    ],
)
def test_what_only_dresses_the_digits_up_is_taken_off(written: str) -> None:
    assert normalise(written) == BOY


def test_a_lost_leading_zero_is_not_guessed_back() -> None:
    assert normalise(BOY[1:]) == BOY[1:]
    (finding,) = check(BOY[1:])
    assert finding.code == "personal_id_length"
    assert "11" in finding.message.vi
    assert "zero" in finding.hint.en


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "personal_id_missing"),
        ("12AB", "personal_id_digits"),
        ("7.9E+10", "personal_id_digits"),
        (BOY + "1", "personal_id_length"),
    ],
)
def test_what_is_no_id_is_an_error(text: str, code: str) -> None:
    (finding,) = check(text)
    assert (finding.code, finding.severity) == (code, Severity.ERROR)


def test_an_id_that_agrees_has_no_finding() -> None:
    assert check(BOY, date_of_birth=date(2020, 5, 17), sex=Sex.MALE) == []


def test_another_birth_year_and_another_sex_are_errors() -> None:
    findings = check(BOY, date_of_birth=date(2019, 5, 17), sex=Sex.FEMALE)
    assert [finding.code for finding in findings] == ["personal_id_birth_year", "personal_id_sex"]
    assert {finding.severity for finding in findings} == {Severity.ERROR}


def test_an_unknown_place_of_registration_is_a_warning_for_births_abroad_have_other_codes() -> None:
    (finding,) = check(make_personal_id(province_code="101", sex=Sex.MALE, birth_year=2020, serial=1))
    assert (finding.code, finding.severity) == ("personal_id_province", Severity.WARNING)


def test_the_mask_hides_four_of_the_six_random_digits() -> None:
    assert mask(BOY) == "079220••••56"
    assert mask(BOY[1:]).count("•") == 9
    assert mask("12") == "••"


def test_a_refusal_never_shows_the_id() -> None:
    with pytest.raises(InputError) as refused:
        parse(BOY[1:])
    assert BOY[1:] not in refused.value.sentence("vi")


@pytest.mark.parametrize(("code", "year", "serial"), [("79", 2020, 1), ("079", 1899, 1), ("079", 2020, 1_000_000)])
def test_parts_out_of_range_make_no_id(code: str, year: int, serial: int) -> None:
    with pytest.raises(InputError):
        make_personal_id(province_code=code, sex=Sex.MALE, birth_year=year, serial=serial)
