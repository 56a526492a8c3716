"""What a Vietnamese address says, taken apart without looking at any map.

Every part that can be told by its word (*hẻm*, *đường*, *P.*, *quận*, *khu phố* …) is told by it, in whatever order;
what bears no word is told by its place: number, street, ward, district, province. Nothing is guessed from a list of
streets, so that the same text is always taken apart in the same way, and the raw text is kept for ever.
"""

import re
from dataclasses import dataclass, field
from typing import Any

from basemap.address_text import clean, date_name, number_key, shadow, street_name
from basemap.address_words import (
    KNOWN_DATES,
    MARKERS,
    NAMES_WITH_MARKERS,
    PROVINCES,
    Part,
    accents_fit,
    is_remark,
)
from basemap.syllables import without_telex

LONGEST_ADDRESS_LETTERS = 500

_NUMBER = r"(?:[a-z]{0,2}\d{1,5}(?:\s?(?:bis|ter))?[a-z]{0,2}\d?)"
_PATH = re.compile(rf"{_NUMBER}(?:\s?/\s?{_NUMBER})*(?:\s?-\s?{_NUMBER}(?:/{_NUMBER})*)*(?![\w.])")
_LONE_LETTER = re.compile(r"\s([a-d])(?=\s)(?!\s*/)")
_LAST_NUMBER = re.compile(rf"\s({_NUMBER}(?:/{_NUMBER})*)$")
_OLD = re.compile(r"\s*[(\[]?\s*\bcu\b\s*[)\]]?\s*$")
_PHONE = re.compile(
    r"[\s,.;(-]*(?:\b(?:s?đt|s?dt|tel|phone|điện thoại|dien thoai)\b[\s.:]*)?\+?\d(?:[ .-]?\d){8,11}\)?", re.IGNORECASE
)
_ONE_PROVINCE = re.compile(r"\b(?:bà rịa|ba ria)\s*-\s*(?:vũng tàu|vung tau)\b|\bbr\s*-\s*vt\b", re.IGNORECASE)
_SEPARATORS = re.compile(r"\s*[,;|\n]\s*|\s+-\s+|\s*[()\[\]]\s*")
_MARKED = re.compile("|".join(f"(?P<{part.name}>{pattern})" for part, pattern in MARKERS))


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedAddress:
    """The parts of an address; what was not written is empty.

    Parameters
    ----------
    raw
        The text exactly as it came.
    house_number
        Path from the street inwards: ``45/12/7A`` is house 7A in alley 12 of alley 45.
    alley
        Path of an alley that was written without a house in it.
    street
        Without the word *đường*; a date is ``3/2``, a numbered street ``Đường số 7``.
    unit, floor, building, lot
        Flat, storey, name of the block of flats, lot of an estate.
    quarter, group, hamlet, estate
        *Khu phố*, *tổ*, *ấp* or *thôn*, *khu dân cư* or *cư xá*.
    is_former
        Somewhere it says *cũ*: the names are those of an earlier time.
    ward_kind
        *phường*, *xã* or *thị trấn* where it was written: a Phường Tân Hưng is no Xã Tân Hưng.
    landmark
        A name before the number: a shop, or a place that nobody can check.
    rest
        What found no place.
    """

    raw: str
    house_number: str = ""
    alley: str = ""
    street: str = ""
    unit: str = ""
    floor: str = ""
    building: str = ""
    lot: str = ""
    quarter: str = ""
    group: str = ""
    hamlet: str = ""
    estate: str = ""
    ward: str = ""
    ward_kind: str = ""
    district: str = ""
    province: str = ""
    is_former: bool = False
    landmark: str = ""
    rest: str = ""

    @property
    def number_path(self) -> tuple[str, ...]:
        """The house number from the street inwards: ``("45", "12", "7A")``."""
        return tuple(self.house_number.split("/")) if self.house_number else ()


@dataclass(slots=True, kw_only=True)
class _Sheet:
    """What has been read so far."""

    parts: dict[Part, str] = field(default_factory=dict)
    alleys: list[tuple[str, str]] = field(default_factory=list)
    loose: list[str] = field(default_factory=list)
    rest: list[str] = field(default_factory=list)
    is_former: bool = False
    ward_kind: str = ""
    landmarks: list[str] = field(default_factory=list)

    def put(self, part: Part, value: str) -> None:
        """Keep the first value of a part; a second one is left over."""
        if not value:
            return
        if part in self.parts:
            self.rest.append(value)
        else:
            self.parts[part] = value


def parse_address(text: str) -> ParsedAddress:
    """Take an address apart; never fails, whatever it is given."""
    sheet = _Sheet()
    written = _PHONE.sub("", without_telex(clean(text[:LONGEST_ADDRESS_LETTERS])))
    for segment in _SEPARATORS.split(_ONE_PROVINCE.sub("Bà Rịa Vũng Tàu", _without_country(written))):
        _read_segment(sheet, segment.strip(" .-:"))
    _place_loose(sheet)
    return _compose(sheet, raw=text)


def _without_country(text: str) -> str:
    return re.sub(r"[\s,.;-]*\b(?:việt\s?nam|viet\s?nam|vn)\.?\s*$", "", text, flags=re.IGNORECASE)


def _read_segment(sheet: _Sheet, segment: str) -> None:
    """Cut a piece between commas at its marker words and read each stretch."""
    if not segment:
        return
    folded = shadow(segment)
    if is_remark(segment):
        sheet.rest.append(segment)
        return
    if folded == "cu":
        sheet.is_former = True
        return
    names = [(name.start(), name.end()) for name in NAMES_WITH_MARKERS.finditer(folded)]
    marks = [
        mark
        for mark in _MARKED.finditer(folded)
        if _is_mark(mark, segment) and not any(begin <= mark.start() < end for begin, end in names)
    ]
    begin = marks[0].start() if marks else len(segment)
    _read_loose(sheet, segment[:begin].strip(" .-:"))
    for at, mark in enumerate(marks):
        end = marks[at + 1].start() if at + 1 < len(marks) else len(segment)
        _read_marked(sheet, Part[str(mark.lastgroup)], segment[mark.end() : end].strip(" .-:"), word=mark[0])


def _is_mark(mark: re.Match[str], segment: str) -> bool:
    """Tell whether the letters are the word meant: *đường* is not Dương, *tổ* is not Tô."""
    written = segment[mark.start() : mark.end()].strip(" :")
    if written in ("d", "D"):
        return False
    return accents_fit(written)


def _read_marked(sheet: _Sheet, part: Part, value: str, *, word: str) -> None:
    if part in (Part.WARD, Part.DISTRICT, Part.CITY):
        if part is Part.WARD and value:
            sheet.ward_kind = sheet.ward_kind or _kind_of_ward(word)
        _read_area(sheet, part, value)
    elif part is Part.PROVINCE:
        sheet.put(Part.PROVINCE, _province(value or word))
    elif part is Part.ALLEY:
        _read_alley(sheet, value, is_inner="ngach" in word)
    elif part is Part.NUMBER:
        _read_loose(sheet, value)
    elif part is Part.STREET:
        _read_street(sheet, value, is_numbered="so" in word.split())
    elif part in (Part.UNIT, Part.FLOOR, Part.LOT, Part.GROUP) or (part is Part.QUARTER and value[:1].isdigit()):
        first, _, others = value.partition(" ")
        sheet.put(part, first)
        _read_loose(sheet, others.strip())
    else:
        sheet.put(part, value)


def _kind_of_ward(word: str) -> str:
    folded = shadow(word).strip(" .:")
    kinds = {"x": "xã", "xa": "xã", "tt": "thị trấn", "thi tran": "thị trấn", "dac khu": "đặc khu"}
    return kinds.get(folded, "phường")


def _read_area(sheet: _Sheet, part: Part, value: str) -> None:
    former = _OLD.search(shadow(value))
    if former:
        value, sheet.is_former = value[: former.start()].strip(), True
    number = re.match(r"0*(\d{1,2})\b\s*", value)
    if number:
        sheet.put(Part.DISTRICT if part is Part.CITY else part, number[1])
        _read_loose(sheet, value[number.end() :].strip(" .-"))
    elif part is Part.CITY:
        province = _province(value)
        place, after = ("", province) if province else _province_at_end(value)
        sheet.put(Part.DISTRICT, place)
        sheet.put(Part.PROVINCE, after)
    else:
        sheet.put(part, value)


def _read_alley(sheet: _Sheet, value: str, *, is_inner: bool) -> None:
    path = _PATH.match(shadow(value))
    if not path:
        sheet.rest.append(value)
        return
    number = number_key(value[: path.end()])
    sheet.alleys.insert(0 if not is_inner else len(sheet.alleys), ("inner" if is_inner else "outer", number))
    _read_loose(sheet, value[path.end() :].strip(" .-:"))


def _read_street(sheet: _Sheet, value: str, *, is_numbered: bool) -> None:
    folded = shadow(value)
    date = re.match(r"\d{1,2}\s?(?:/|-|\s?thang\s?)\s?\d{1,2}\b", folded)
    number = re.match(r"\d{1,3}[a-z]?\b", folded)
    if date and not is_numbered and date_name(re.sub(r"\s+", " ", date[0])):
        name, others = value[: date.end()], value[date.end() :]
    elif number:
        name, others = f"số {value[: number.end()]}", value[number.end() :]
    else:
        name, others = value, ""
    if Part.STREET not in sheet.parts and not others:
        name = _last_number_apart(sheet, name)
    sheet.put(Part.STREET, street_name(name))
    _read_loose(sheet, others.strip(" .-:"))


def _last_number_apart(sheet: _Sheet, name: str) -> str:
    """Take the number off ``Nguyễn Huệ 12``; ``Quốc lộ 13`` and ``Đường số 7`` keep theirs."""
    folded = shadow(name)
    found = _LAST_NUMBER.search(folded)
    keeps = re.match(r"(quoc lo|tinh lo|ql|tl|so|huong lo|lien tinh lo|cach mang thang|cmt|cm thang)\b", folded)
    if not found or keeps or Part.NUMBER in sheet.parts or date_name(folded):
        return name
    sheet.put(Part.NUMBER, number_key(name[found.start(1) :]))
    return name[: found.start()].strip()


def _read_loose(sheet: _Sheet, text: str) -> None:
    """Read a stretch without a marker: a number with or without a street after it, or a name."""
    if not text:
        return
    folded = shadow(text)
    path = _PATH.match(folded)
    if not path or (date_name(folded.replace("-", "/")) in KNOWN_DATES and Part.NUMBER in sheet.parts):
        sheet.loose.append(text)
        return
    if re.match(r"\s?thang\s\d", folded[path.end() :]):
        sheet.loose.append(text)
        return
    end = path.end()
    letter = _LONE_LETTER.match(folded, end)
    number, end = (text[:end] + letter[1], letter.end()) if letter else (text[:end], end)
    if Part.NUMBER in sheet.parts:
        sheet.loose.append(text)
        return
    sheet.put(Part.NUMBER, number_key(number))
    others = text[end:].strip(" .-:")
    if others:
        if Part.STREET not in sheet.parts:
            # A number with a name after it: whatever stood before is a shop, not the street.
            sheet.landmarks += [name for name in sheet.loose if not _province(name)]
            sheet.loose = [name for name in sheet.loose if _province(name)]
        sheet.loose.append(others)


def _place_loose(sheet: _Sheet) -> None:
    """Give the names without a word their place: street, then ward, district, province."""
    for text in sheet.loose:
        province = _province(text)
        names = shadow(text)
        if province and (Part.STREET in sheet.parts or not {Part.PROVINCE, Part.NUMBER} & sheet.parts.keys()):
            sheet.put(Part.PROVINCE, province)
        elif Part.STREET not in sheet.parts:
            sheet.put(Part.STREET, street_name(_last_number_apart(sheet, text)))
        elif _PATH.fullmatch(names) and Part.NUMBER not in sheet.parts:
            sheet.put(Part.NUMBER, number_key(text))
        elif Part.WARD not in sheet.parts:
            _read_area(sheet, Part.WARD, text)
        elif Part.DISTRICT not in sheet.parts:
            _read_area(sheet, Part.DISTRICT, text)
        else:
            sheet.rest.append(text)


def _province(text: str) -> str:
    return PROVINCES.get(re.sub(r"[^a-z]", "", shadow(text)), "")


def _province_at_end(text: str) -> tuple[str, str]:
    """Part ``Thủ Dầu Một Bình Dương``, written without a comma, into the place and its province."""
    words = text.split()
    for count in range(2, min(4, len(words) - 1) + 1):
        province = _province(" ".join(words[-count:]))
        if province:
            return " ".join(words[:-count]), province
    return text, ""


def _compose(sheet: _Sheet, *, raw: str) -> ParsedAddress:
    number, alley = sheet.parts.pop(Part.NUMBER, ""), ""
    street = sheet.parts.pop(Part.STREET, "")
    path = "/".join(part for _, part in sheet.alleys)
    if path and number:
        number = number if number == path or number.startswith(f"{path}/") else f"{path}/{number}"
    elif path:
        alley = path
    number = re.sub(r"^K(?=\d)", "", number)
    if number in KNOWN_DATES and not street:
        street, number = number, ""
    named: dict[str, Any] = {part.value: value for part, value in sheet.parts.items()}
    named |= {
        "is_former": sheet.is_former,
        "ward_kind": sheet.ward_kind,
        "landmark": ", ".join(sheet.landmarks),
        "raw": raw,
        "house_number": number,
        "alley": alley,
        "street": street,
        "rest": ", ".join(sheet.rest),
    }
    return ParsedAddress(**named)
