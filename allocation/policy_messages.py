"""What is wrong with a policy file, in both languages: pydantic says it in English alone."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from spatial.text import Text

_KIND_PLACE = 2
_MOST_LETTERS_SHOWN = 60


class ContradictionError(ValueError):
    """Entries of a policy that do not go together; pydantic carries it, `said` brings it to people."""

    def __init__(self, text: Text) -> None:
        super().__init__(text.en)
        self.text = text


Details = Mapping[str, Any]
Words = Callable[[Details, str], Text]
"""Makes a sentence of what pydantic knows of an error and of the value as it stands in the file."""


def _one_of(about: Details, value: str) -> Text:
    known = str(about["expected"]).replace(" or ", ", ")
    return Text(f"không có {value}; có: {known}", f"there is no {value}; there are: {known}")


_WHOLE = Text("phải là số nguyên", "must be a whole number")
_WORDS: Mapping[str, Words] = MappingProxyType(
    {
        "missing": lambda _, __: Text("thiếu mục này", "the entry is missing"),
        "extra_forbidden": lambda _, __: Text("quy tắc không có mục này", "a policy has no such entry"),
        "greater_than": lambda about, value: Text(
            f"phải lớn hơn {about['gt']}, ở đây là {value}", f"must be above {about['gt']} and is {value}"
        ),
        "greater_than_equal": lambda about, value: Text(
            f"ít nhất phải là {about['ge']}, ở đây là {value}", f"must be at least {about['ge']} and is {value}"
        ),
        "less_than_equal": lambda about, value: Text(
            f"nhiều nhất là {about['le']}, ở đây là {value}", f"must be at most {about['le']} and is {value}"
        ),
        "union_tag_invalid": lambda about, value: Text(
            f"không có loại giai đoạn {value}; có: {about['expected_tags']}",
            f"there is no kind of stage {value}; there are: {about['expected_tags']}",
        ),
        "union_tag_not_found": lambda _, __: Text("thiếu loại giai đoạn", "the kind of the stage is missing"),
        "string_pattern_mismatch": lambda about, value: Text(
            f"{value} không đúng dạng {about['pattern']}", f"{value} does not have the form {about['pattern']}"
        ),
        "enum": _one_of,
        "literal_error": _one_of,
        "int_parsing": lambda _, __: _WHOLE,
        "int_type": lambda _, __: _WHOLE,
        "int_from_float": lambda _, __: _WHOLE,
        "bool_parsing": lambda _, __: Text("phải là true hoặc false", "must be true or false"),
        "bool_type": lambda _, __: Text("phải là true hoặc false", "must be true or false"),
        "string_type": lambda _, __: Text("phải là chữ (đặt trong ngoặc kép)", "must be a text (in quotation marks)"),
        "string_too_short": lambda _, __: Text("không được để trống", "must not be empty"),
        "too_short": lambda _, __: Text("cần ít nhất một mục", "needs at least one entry"),
        "tuple_type": lambda _, __: Text("phải là danh sách", "must be a list"),
        "dict_type": lambda _, __: Text("phải là các cặp tên: giá trị", "must be pairs of name: value"),
        "model_type": lambda _, __: Text("phải là các cặp tên: giá trị", "must be pairs of name: value"),
        "model_attributes_type": lambda _, __: Text("phải là các cặp tên: giá trị", "must be pairs of name: value"),
        "date_from_datetime_parsing": lambda _, __: Text("phải là ngày, ví dụ 2026-03-03", "must be a day: 2026-03-03"),
        "date_type": lambda _, __: Text("phải là ngày, ví dụ 2026-03-03", "must be a day: 2026-03-03"),
    }
)


def said(error: Mapping[str, Any]) -> tuple[str, Text]:
    """Return which entry one of pydantic's errors means, and what is wrong with it."""
    about, kind = error.get("ctx", {}), error["type"]
    return _entry_of(error["loc"], kind) or "policy", _what(kind, about, error)


def _what(kind: str, about: Details, error: Mapping[str, Any]) -> Text:
    contradiction = about.get("error")
    if isinstance(contradiction, ContradictionError):
        return contradiction.text
    if kind in _WORDS:
        value = about.get("tag", error["input"])
        return _WORDS[kind](about, f"{value!r}"[:_MOST_LETTERS_SHOWN])
    return Text(f"giá trị không hợp lệ ({error['msg']})", f"the value cannot be used ({error['msg']})")


def _entry_of(location: Sequence[int | str], kind_of_error: str) -> str:
    """Return the entry of the file that pydantic means: without the kind of the stage, which it puts in between."""
    parts = [str(part) for place, part in enumerate(location) if not (location[0] == "stages" and place == _KIND_PLACE)]
    if kind_of_error.startswith("union_tag"):
        parts.append("kind")
    return ".".join(part for part in parts if part != "[key]")
