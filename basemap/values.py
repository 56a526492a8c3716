"""Values of a file as the kinds of value that a layer declares; what cannot be one says why."""

import math
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

import pandas as pd

from basemap.model import Attribute, Kind
from spatial.text import NO_TEXT, Text, to_nfc

Value = str | int | float | bool | date | None

_DAY_FIRST = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")
_YEAR_FIRST = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ]00:00(?::00(?:\.0+)?)?(?:Z|\+00:00)?)?")
_COMPACT = re.compile(r"((?:19|20)\d\d)(\d\d)(\d\d)")
"""ISO 8601 without hyphens. Read with the day first, such digits would name a 20th month: nothing else is meant."""

_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
_NUMBER_WITH_DECIMAL_COMMA = re.compile(r"[+-]?\d+,(?:\d{1,2}|\d{4,})")
_YES = frozenset({"true", "t", "yes", "y", "1", "có"})
_NO = frozenset({"false", "f", "no", "n", "0", "không"})
_LARGEST_WHOLE_REAL_COUNT = 2**53


class Problem(NamedTuple):
    """Why a value cannot be taken."""

    code: str
    message: Text
    hint: Text


class Coerced(NamedTuple):
    """A value as declared, or the problem with it; ``was_cleaned``: its letters were composed or freed of controls."""

    value: Value
    problem: Problem | None = None
    was_cleaned: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CoercedColumn:
    """One column: items as declared (None: absent or in problem), and by position what went wrong or was cleaned."""

    items: list[Value]
    problems: dict[int, Problem]
    cleaned: list[int]


def coerce_column(column: "pd.Series[object]", attribute: Attribute) -> CoercedColumn:
    """Return ``column`` as values of ``attribute``'s kind, within its code list and bounds."""
    known: dict[object, Coerced] = {}
    items: list[Value] = []
    problems: dict[int, Problem] = {}
    cleaned: list[int] = []
    for position, raw in enumerate(column.tolist()):
        key = (type(raw), raw) if isinstance(raw, str | int | float | bool) else (type(raw), str(raw))
        if key not in known:
            known[key] = coerce(raw, attribute)
        result = known[key]
        items.append(result.value)
        if result.problem is not None:
            problems[position] = result.problem
        elif result.was_cleaned:
            cleaned.append(position)
    return CoercedColumn(items=items, problems=problems, cleaned=cleaned)


def coerce(raw: object, attribute: Attribute) -> Coerced:
    """Return ``raw`` as a value of ``attribute``, or why it is none. Nothing, blank and NaN are None."""
    if raw is None or raw is pd.NaT or raw is pd.NA or (isinstance(raw, float) and math.isnan(raw)):
        return Coerced(None)
    if isinstance(raw, str) and not raw.strip():
        return Coerced(None)
    return _COERCE[attribute.kind](raw, attribute)


def clean_text(text: str) -> str:
    """Return ``text`` composed (NFC), on one line, without control, zero-width and direction-changing characters."""
    if text.isprintable() and unicodedata.is_normalized("NFC", text) and "  " not in text:
        return text.strip()
    on_one_line = " ".join(text.split())
    kept = (letter for letter in on_one_line if unicodedata.category(letter) not in {"Cc", "Cf"})
    return to_nfc("".join(kept))


def _as_text(raw: object, attribute: Attribute) -> Coerced:
    if not isinstance(raw, str | int | float | date):
        return _problem(
            "not_text",
            Text("Phải là một giá trị đơn.", "This must be a single value."),
            Text("Ghi một chữ hoặc số, không ghi danh sách.", "Write one word or number, not a list."),
        )
    text = _plain(raw)
    cleaned = clean_text(text)
    if not cleaned:
        return Coerced(None)
    was_cleaned = cleaned != text.strip()
    if not attribute.codes:
        return Coerced(cleaned, was_cleaned=was_cleaned)
    code = next((code for code in attribute.codes if code.casefold() == cleaned.casefold()), None)
    if code is not None:
        return Coerced(code, was_cleaned=was_cleaned)
    allowed = ", ".join(attribute.codes)
    return _problem(
        "not_in_code_list",
        Text("Không có trong danh mục.", "This is not in the code list."),
        Text(f"Dùng một trong: {allowed}.", f"Use one of: {allowed}."),
    )


def _plain(raw: object) -> str:
    """Return how a person writes ``raw``: a code that was stored as the number 26797.0 is 26797."""
    if isinstance(raw, float) and raw.is_integer() and abs(raw) < _LARGEST_WHOLE_REAL_COUNT:
        return str(int(raw))
    return str(raw)


def _as_real(raw: object, attribute: Attribute) -> Coerced:
    number = _number(raw)
    if number is None:
        return _not_a_number()
    return _within_bounds(number, attribute)


def _as_integer(raw: object, attribute: Attribute) -> Coerced:
    number = _number(raw)
    if number is None:
        return _not_a_number()
    if not number.is_integer():
        return _problem(
            "not_whole",
            Text("Phải là số nguyên.", "This must be a whole number."),
            Text("Sửa thành số nguyên hoặc để trống.", "Make it whole, or leave it empty."),
        )
    return _within_bounds(int(number), attribute)


def _number(raw: object) -> float | None:
    if isinstance(raw, bool):
        return None
    if isinstance(raw, int | float):
        return float(raw) if math.isfinite(raw) else None
    text = to_nfc(str(raw))
    if _NUMBER_WITH_DECIMAL_COMMA.fullmatch(text):
        text = text.replace(",", ".")
    return float(text) if _NUMBER.fullmatch(text) else None


def _not_a_number() -> Coerced:
    return _problem(
        "not_a_number",
        Text("Không đọc được số này.", "This cannot be read as a number."),
        Text("Ghi dạng 1234.5, không kèm đơn vị.", "Write it like 1234.5, without a unit."),
    )


def _within_bounds(number: float, attribute: Attribute) -> Coerced:
    low, high = attribute.minimum, attribute.maximum
    if (low is None or number >= low) and (high is None or number <= high):
        return Coerced(number)
    return _problem(
        "out_of_bounds",
        Text(f"Nằm ngoài khoảng {low:g} đến {high:g}.", f"This is outside {low:g} to {high:g}."),
        Text("Sửa lại, hoặc để trống nếu không biết.", "Correct it, or leave it empty if unknown."),
    )


def _as_boolean(raw: object, _attribute: Attribute) -> Coerced:
    word = to_nfc(_plain(raw)).casefold()
    if word in _YES | _NO:
        return Coerced(word in _YES)
    return _problem(
        "not_yes_or_no",
        Text("Phải là có hoặc không.", "This must be yes or no."),
        Text("Ghi true hoặc false.", "Write true or false."),
    )


def _as_date(raw: object, _attribute: Attribute) -> Coerced:
    if isinstance(raw, datetime):
        return Coerced(raw.date())
    if isinstance(raw, date):
        return Coerced(raw)
    text = to_nfc(str(raw))
    day_first, year_first = _DAY_FIRST.fullmatch(text), _YEAR_FIRST.fullmatch(text) or _COMPACT.fullmatch(text)
    try:
        if day_first:
            day, month, year = map(int, day_first.groups())
            return Coerced(date(year, month, day))
        if year_first:
            year, month, day = map(int, year_first.groups())
            return Coerced(date(year, month, day))
    except ValueError:
        return _problem(
            "no_such_date",
            Text("Không có ngày này.", "There is no such day."),
            Text("Ngày đứng trước tháng: dd/mm/yyyy.", "The day stands before the month: dd/mm/yyyy."),
        )
    return _problem(
        "date_format",
        Text("Không đọc được dạng ngày này.", "This form of date is not read."),
        Text("Ghi yyyy-mm-dd hoặc dd/mm/yyyy.", "Write yyyy-mm-dd or dd/mm/yyyy."),
    )


def _problem(code: str, message: Text, hint: Text = NO_TEXT) -> Coerced:
    return Coerced(None, problem=Problem(code, message, hint))


_COERCE: dict[Kind, Callable[[object, Attribute], Coerced]] = {
    Kind.TEXT: _as_text,
    Kind.INTEGER: _as_integer,
    Kind.REAL: _as_real,
    Kind.BOOLEAN: _as_boolean,
    Kind.DATE: _as_date,
}
