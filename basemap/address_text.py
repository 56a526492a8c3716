"""How the same Vietnamese name is recognised in its many spellings.

Two keys serve two ends. The *find key* has no accents and no blanks: whatever is written leads to it. The *rank key*
keeps every accent that makes a different name: Tân Quý is not Tân Quy. What is only a habit of writing is in neither:
capitals, NFC or NFD, òa or oà, i or y after a consonant, and *hỏi* for *ngã*, which the South speaks alike.
"""

import re
import unicodedata
from functools import lru_cache

from spatial.text import to_nfc

_KEPT_NAMES = 65_536
_MARKS = {"\u0300": "`", "\u0301": "'", "\u0309": "?", "\u0303": "~", "\u0323": "."}
_TONE_ON_SECOND_VOWEL = re.compile(r"(?<![qQ])([oO])([àáảãạèéẻẽẹ])(?!\w)|(?<![qQ])([uU])([ỳýỷỹỵ])(?!\w)", re.IGNORECASE)
_Y_AS_I = re.compile(r"(?<=[hklmst])y(?![a-z])|(?<=qu)y(?![a-z])")
_KIND_OF_WARD = re.compile(r"^(?:phường|xã|thị trấn|đặc khu)\s+", re.IGNORECASE)
_BETWEEN_WORDS = re.compile(r"[^a-z0-9/]+")
_DASHES = str.maketrans(
    {"–": "-", "—": "-", "‐": "-", "\u2011": "-", "−": "-", "，": ",", "；": ";", "／": "/", "\\": "/"}
)

_WORD_NUMBERS = {
    "mot": "1", "hai": "2", "ba": "3", "bon": "4", "tu": "4", "nam": "5", "sau": "6", "bay": "7", "tam": "8",
    "chin": "9", "muoi": "10", "gieng": "1",
}  # fmt: skip
_IN_WORDS = "|".join(_WORD_NUMBERS)
_DATE_IN_WORDS = re.compile(rf"^(\d{{1,2}}|ba muoi|{_IN_WORDS}) thang (\d{{1,2}}|{_IN_WORDS})$")
_DATE_IN_FIGURES = re.compile(r"^0?(\d{1,2})[/ -]0?(\d{1,2})$")
_NUMBERED = re.compile(r"^(?:duong )?(?:so |s)?0*(\d{1,3}[a-z]?)$")

STREET_ABBREVIATIONS = {
    "cmt8": "Cách Mạng Tháng Tám",
    "cmt 8": "Cách Mạng Tháng Tám",
    "cmtt": "Cách Mạng Tháng Tám",
    "cm thang 8": "Cách Mạng Tháng Tám",
    "cach mang thang 8": "Cách Mạng Tháng Tám",
    "xvnt": "Xô Viết Nghệ Tĩnh",
    "nkkn": "Nam Kỳ Khởi Nghĩa",
    "ntmk": "Nguyễn Thị Minh Khai",
    "dbp": "Điện Biên Phủ",
    "xlhn": "Xa lộ Hà Nội",
}
"""Abbreviations that mean one street to everybody in the city; initials of any other name are too little to go by."""
_FAMILY_NAMES = {"ng": "Nguyễn", "ngx": "Nguyễn", "tr": "Trần"}
_ROADS = {"ql": "Quốc lộ", "tl": "Tỉnh lộ", "hl": "Hương lộ"}
_WORD_FOR_STREET = re.compile(r"^(?:đường|đại lộ|đl\.?)\s+(?!số\b)(?=\S)", re.IGNORECASE)


def clean(text: str) -> str:
    """Return ``text`` composed, with plain dashes, slashes and blanks, and tones set the older way (hòa, thúy)."""
    plain = to_nfc(text.replace("\u00a0", " ").replace("\u200b", "")).translate(_DASHES)
    return _TONE_ON_SECOND_VOWEL.sub(_tone_on_first, re.sub(r"\s+", " ", plain)).strip()


def shadow(text: str) -> str:
    """Return ``text`` without accents and in small letters, each letter in the place where it was.

    Parameters
    ----------
    text
        Composed (NFC): see `clean`.
    """
    return "".join(_plain_letter(letter) for letter in text)


def find_key(name: str) -> str:
    """Return the key under which a name is found: no accents, no blanks, no case."""
    return _BETWEEN_WORDS.sub("", _Y_AS_I.sub("i", shadow(clean(name))))


@lru_cache(maxsize=_KEPT_NAMES)
def rank_key(name: str) -> str:
    """Return the key that two names share only if they are the same name with the same accents."""
    letters = unicodedata.normalize("NFD", clean(name).casefold().replace("đ", "d_"))
    marked = "".join(_MARKS.get(letter, letter) for letter in letters).replace("?", "~")
    bare = re.sub(r"(?<=[hklmst])y(?=[`'~.]?(?:\W|$))|(?<=qu)y(?=[`'~.]?(?:\W|$))", "i", marked)
    return re.sub(r"[\s,;-]+", "", bare)


def without_kind(ward: str) -> str:
    """Return the name of a ward without *Phường*, *Xã*, *Thị trấn* or *Đặc khu*; ``Phường 05`` is ``5``."""
    name = _KIND_OF_WARD.sub("", clean(ward))
    return name.lstrip("0") if name.isdigit() else name


def same_figures(one: str, other: str) -> bool:
    """Tell whether two keys hold the same figures: what differs by a figure is no slip of the pen."""
    return re.sub(r"\D", "", one) == re.sub(r"\D", "", other)


def has_accents(text: str) -> bool:
    """Tell whether whoever wrote ``text`` used accents at all."""
    return any(ord(letter) > 127 and letter.isalpha() for letter in text)  # noqa: PLR2004  the end of ASCII


def street_name(text: str) -> str:
    """Return a street's name with abbreviations written out and dates and numbers in one form.

    ``CMT8`` is Cách Mạng Tháng Tám, ``3 tháng 2`` and ``3-2`` are ``3/2``, ``Đ. 07`` is ``Đường số 7``.
    """
    name = _WORD_FOR_STREET.sub("", clean(text).strip(" .,-"))
    folded = _BETWEEN_WORDS.sub(" ", shadow(name)).strip()
    if folded in STREET_ABBREVIATIONS:
        return STREET_ABBREVIATIONS[folded]
    date = date_name(folded)
    if date:
        return date
    numbered = _NUMBERED.match(folded)
    if numbered:
        return f"Đường số {numbered[1].upper()}"
    words = name.split(" ")
    short = re.match(r"^(ql|tl|hl)\.?\s*(\d+[a-z]?)$", folded)
    if short:
        return f"{_ROADS[short[1]]} {short[2].upper()}"
    first = re.match(r"^(ng|ngx|tr)\b\.?\s*(?=\S)", shadow(name))
    if first and (len(words) > 1 or "." in name):
        return f"{_FAMILY_NAMES[first[1]]} {name[first.end() :]}"
    return name


def date_name(folded: str) -> str:
    """Return ``3/2`` for a date in figures or words without accents; empty when it is no date."""
    figures = _DATE_IN_FIGURES.match(folded)
    if figures:
        day, month = figures[1], figures[2]
    else:
        words = _DATE_IN_WORDS.match(folded)
        if not words:
            return ""
        day = "30" if words[1] == "ba muoi" else _WORD_NUMBERS.get(words[1], words[1])
        month = _WORD_NUMBERS.get(words[2], words[2])
    last_day, last_month = 31, 12
    is_date = 1 <= int(day) <= last_day and 1 <= int(month) <= last_month
    return f"{int(day)}/{int(month)}" if is_date else ""


def number_key(number: str) -> str:
    """Return the key of a house number: ``45 / 012/7a`` and ``45/12/7A`` are one."""
    parts = re.sub(r"\s+", "", clean(number)).upper().split("/")
    return "/".join(part.lstrip("0") or part for part in parts)


@lru_cache(maxsize=4096)
def _plain_letter(letter: str) -> str:
    first = unicodedata.normalize("NFD", letter)[:1].lower()
    return "d" if first == "đ" else first[:1] or letter


def _tone_on_first(match: re.Match[str]) -> str:
    first, second = (match[1], match[2]) if match[1] else (match[3], match[4])
    apart = unicodedata.normalize("NFD", second)
    return unicodedata.normalize("NFC", first + apart[1:]) + apart[0]
