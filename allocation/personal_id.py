"""The 12-digit personal ID (số định danh cá nhân): its parts, its checks, and its mask.

Three digits say where the birth was registered, one tells century and sex, two the year of birth, six are
random. There is no check digit. The number is assigned for life: it says nothing of where a person lives now.

References
----------
Nghị định 137/2015/NĐ-CP, Điều 13; Thông tư 07/2016/TT-BCA, Điều 7 và Phụ lục 1; Luật Căn cước 2023, Điều 12.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from spatial.errors import InputError
from spatial.issues import Severity
from spatial.text import NO_TEXT, Text

ID_LENGTH = 12
HIDDEN = "•"

_PROVINCES_TEXT = """
001 Hà Nội|002 Hà Giang|004 Cao Bằng|006 Bắc Kạn|008 Tuyên Quang|010 Lào Cai|011 Điện Biên|012 Lai Châu|014 Sơn La
015 Yên Bái|017 Hòa Bình|019 Thái Nguyên|020 Lạng Sơn|022 Quảng Ninh|024 Bắc Giang|025 Phú Thọ|026 Vĩnh Phúc
027 Bắc Ninh|030 Hải Dương|031 Hải Phòng|033 Hưng Yên|034 Thái Bình|035 Hà Nam|036 Nam Định|037 Ninh Bình
038 Thanh Hóa|040 Nghệ An|042 Hà Tĩnh|044 Quảng Bình|045 Quảng Trị|046 Thừa Thiên Huế|048 Đà Nẵng|049 Quảng Nam
051 Quảng Ngãi|052 Bình Định|054 Phú Yên|056 Khánh Hòa|058 Ninh Thuận|060 Bình Thuận|062 Kon Tum|064 Gia Lai
066 Đắk Lắk|067 Đắk Nông|068 Lâm Đồng|070 Bình Phước|072 Tây Ninh|074 Bình Dương|075 Đồng Nai|077 Bà Rịa - Vũng Tàu
079 Thành phố Hồ Chí Minh|080 Long An|082 Tiền Giang|083 Bến Tre|084 Trà Vinh|086 Vĩnh Long|087 Đồng Tháp|089 An Giang
091 Kiên Giang|092 Cần Thơ|093 Hậu Giang|094 Sóc Trăng|095 Bạc Liêu|096 Cà Mau
"""

PROVINCES: Mapping[str, str] = MappingProxyType(
    {entry[:3]: entry[4:] for entry in re.split(r"[|\n]", _PROVINCES_TEXT.strip())}
)
"""Code of the province of birth registration to its name, as issued before the mergers of 2025."""

_FIRST_CENTURY_START = 1900
_YEARS_IN_CENTURY = 100
_RANDOM_RANGE = 1_000_000
_SHOWN_START, _SHOWN_END = 6, 2
_LEADING_MARKS = "'\u2018\u2019`"
_NOT_PRINTED = re.compile("[\\s\u00a0\u200b\u200c\u200d\u2060\ufeff.\u2010-\u2015-]+")
_TWELVE_DIGITS = re.compile("[0-9]{12}")
_MAY_BE_AN_ID = re.compile(r"(?<![\d.])\d{11,12}(?!\d)")
_SCIENTIFIC = re.compile(r"\d+[.,]?\d*[eE]\+?\d+")


class Sex(StrEnum):
    """The sex that the fourth digit tells: even male, odd female."""

    MALE = "male"
    FEMALE = "female"


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalId:
    """The parts of a personal ID; ``province`` is empty when the code is not in the table."""

    digits: str
    province_code: str
    province: str
    sex: Sex
    birth_year: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What is odd about one ID: an ERROR cannot be right, a WARNING may be."""

    severity: Severity
    code: str
    message: Text
    hint: Text = NO_TEXT


def normalise(text: str) -> str:
    """Return ``text`` as plain digits where it only dresses them up.

    Spaces, hyphens, full stops between groups, full-width digits and the apostrophe that spreadsheets put
    before numbers are removed; a lost leading zero is not guessed back.
    """
    if len(text) == ID_LENGTH and _TWELVE_DIGITS.fullmatch(text):
        return text
    plain = unicodedata.normalize("NFKC", text).strip().lstrip(_LEADING_MARKS)
    bare = _NOT_PRINTED.sub("", plain)
    return bare if bare.isdecimal() else plain.strip()


def mask(text: str) -> str:
    """Return ``text`` so that it may be shown: ``079220••••56``; malformed IDs lose more."""
    if len(text) < ID_LENGTH:
        shown = 2 if len(text) >= ID_LENGTH // 2 else 0
        return text[:shown] + HIDDEN * (len(text) - shown)
    return text[:_SHOWN_START] + HIDDEN * (len(text) - _SHOWN_START - _SHOWN_END) + text[-_SHOWN_END:]


def shown(applicant_no: str, *, any_id: bool) -> str:
    """Return an applicant number as messages may show it: a personal ID masked."""
    return applicant_no if any_id else mask(applicant_no)


def mask_within(text: str) -> str:
    """Return ``text`` with every number masked in it that may be a personal ID, also one that lost its zero."""
    return _MAY_BE_AN_ID.sub(lambda found: mask(found[0]), text)


def parse(text: str) -> PersonalId:
    """Return the parts of a personal ID.

    Raises
    ------
    InputError
        It does not have 12 digits. The message shows the ID masked.
    """
    digits = normalise(text)
    finding = _finding_of_form(digits)
    if finding is not None:
        raise InputError(finding.message, hint=finding.hint, subject=mask(digits))
    century, male_or_female = divmod(int(digits[3]), 2)
    return PersonalId(
        digits=digits,
        province_code=digits[:3],
        province=PROVINCES.get(digits[:3], ""),
        sex=Sex.FEMALE if male_or_female else Sex.MALE,
        birth_year=_FIRST_CENTURY_START + _YEARS_IN_CENTURY * century + int(digits[4:6]),
    )


def is_well_formed(digits: str) -> bool:
    """Tell whether ``digits`` are twelve digits and nothing else."""
    return _TWELVE_DIGITS.fullmatch(digits) is not None


def birth_years(century_and_sex: npt.NDArray[np.int64], last_two: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return the years of birth that the fourth digit and the fifth and sixth tell."""
    return _FIRST_CENTURY_START + _YEARS_IN_CENTURY * (century_and_sex // 2) + last_two


def check(text: str, *, date_of_birth: date | None = None, sex: Sex | None = None) -> list[Finding]:
    """Return what is wrong or odd about an ID beside the declared date of birth and sex; empty when all agree."""
    digits = normalise(text)
    finding = _finding_of_form(digits)
    if finding is not None:
        return [finding]
    parts = parse(digits)
    findings = []
    if date_of_birth is not None and date_of_birth.year != parts.birth_year:
        findings.append(_wrong_year(parts.birth_year, date_of_birth.year))
    if sex is not None and sex is not parts.sex:
        findings.append(_WRONG_SEX)
    if not parts.province:
        findings.append(_unknown_province(parts.province_code))
    return findings


def make_personal_id(*, province_code: str, sex: Sex, birth_year: int, serial: int) -> str:
    """Return a well-formed ID of a generated person.

    Parameters
    ----------
    birth_year
        1900 to 2399.
    serial
        0 to 999 999, the part that is random in a real ID.

    Raises
    ------
    InputError
        A part is out of its range.
    """
    century, year = divmod(birth_year - _FIRST_CENTURY_START, _YEARS_IN_CENTURY)
    in_range = 0 <= century <= 4 and 0 <= serial < _RANDOM_RANGE  # noqa: PLR2004 - digits 0..9 tell five centuries
    if not in_range or not re.fullmatch("[0-9]{3}", province_code):
        raise InputError(Text("Không tạo được số định danh.", "No personal ID can be made of these parts."))
    return f"{province_code}{2 * century + (sex is Sex.FEMALE)}{year:02d}{serial:06d}"


_WRONG_SEX = Finding(
    severity=Severity.ERROR,
    code="personal_id_sex",
    message=Text(
        "Chữ số thứ 4 của số định danh không khớp giới tính đã khai.",
        "The fourth digit of the personal ID does not match the declared sex.",
    ),
    hint=Text(
        "Đối chiếu với giấy khai sinh hoặc thẻ căn cước.", "Compare with the birth certificate or the identity card."
    ),
)


def _wrong_year(year_in_id: int, declared: int) -> Finding:
    return Finding(
        severity=Severity.ERROR,
        code="personal_id_birth_year",
        message=Text(
            f"Số định danh ghi năm sinh {year_in_id}, ngày sinh đã khai là năm {declared}.",
            f"The personal ID says born in {year_in_id}, the declared date of birth says {declared}.",
        ),
        hint=Text("Đối chiếu với giấy khai sinh.", "Compare with the birth certificate."),
    )


def _unknown_province(code: str) -> Finding:
    return Finding(
        severity=Severity.WARNING,
        code="personal_id_province",
        message=Text(
            f"Mã nơi đăng ký khai sinh {code} không có trong bảng mã tỉnh.",
            f"The code {code} of the place of birth registration is not in the table of provinces.",
        ),
        hint=Text(
            "Khai sinh ở nước ngoài có mã quốc gia; nếu không, hãy kiểm tra lại số.",
            "Births abroad carry a country code; otherwise check the number.",
        ),
    )


def _finding_of_form(digits: str) -> Finding | None:
    if _TWELVE_DIGITS.fullmatch(digits):
        return None
    if not digits:
        return _of_form("personal_id_missing", Text("Thiếu số định danh.", "The personal ID is missing."), NO_TEXT)
    if digits.isdecimal():
        message = Text(
            f"Số định danh có {len(digits)} chữ số, phải đủ 12.",
            f"The personal ID has {len(digits)} digits and must have 12.",
        )
        lost_zero = len(digits) == ID_LENGTH - 1
        return _of_form("personal_id_length", message, _LOST_ZERO if lost_zero else _COMPARE)
    message = Text("Số định danh chỉ gồm 12 chữ số.", "A personal ID consists of 12 digits and nothing else.")
    return _of_form("personal_id_digits", message, _LOST_ZERO if _SCIENTIFIC.fullmatch(digits) else _COMPARE)


def _of_form(code: str, message: Text, hint: Text) -> Finding:
    return Finding(severity=Severity.ERROR, code=code, message=message, hint=hint)


_COMPARE = Text("Đối chiếu với giấy khai sinh hoặc VNeID.", "Compare with the birth certificate or VNeID.")
_LOST_ZERO = Text(
    "Có lẽ bảng tính đã bỏ số 0 đầu: đặt cột ở dạng văn bản rồi xuất lại.",
    "A spreadsheet has probably dropped the leading zero: set the column to text and export again.",
)
