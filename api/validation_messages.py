"""Pydantic's findings in the words of the house, in both languages, without what was typed."""

from collections.abc import Callable, Mapping
from typing import Any

from spatial.text import Text

_MESSAGES: Mapping[str, Text] = {
    "missing": Text("Thiếu mục này.", "This is missing."),
    "extra_forbidden": Text("Không có mục nào tên như vậy.", "There is no such parameter."),
    "json_invalid": Text("Nội dung không phải là JSON hợp lệ.", "The body is not valid JSON."),
    "model_attributes_type": Text("Cần một đối tượng JSON.", "A JSON object is expected."),
    "dict_type": Text("Cần một đối tượng JSON.", "A JSON object is expected."),
    "string_type": Text("Cần chữ.", "Text is expected."),
    "int_parsing": Text("Cần số nguyên.", "A whole number is expected."),
    "int_type": Text("Cần số nguyên.", "A whole number is expected."),
    "int_from_float": Text("Cần số nguyên.", "A whole number is expected."),
    "float_parsing": Text("Cần một số.", "A number is expected."),
    "float_type": Text("Cần một số.", "A number is expected."),
    "finite_number": Text("Cần một số hữu hạn.", "A finite number is expected."),
    "bool_parsing": Text("Cần true hoặc false.", "True or false is expected."),
    "bool_type": Text("Cần true hoặc false.", "True or false is expected."),
    "date_type": Text("Cần ngày dạng 2020-12-31.", "A date such as 2020-12-31 is expected."),
    "date_parsing": Text("Cần ngày dạng 2020-12-31.", "A date such as 2020-12-31 is expected."),
    "date_from_datetime_parsing": Text("Cần ngày dạng 2020-12-31.", "A date such as 2020-12-31 is expected."),
    "date_from_datetime_inexact": Text("Cần ngày, không kèm giờ.", "A date without a time is expected."),
}

_Context = Mapping[str, Any]


def _or(context: _Context, conjunction: str) -> str:
    """Return the words that Pydantic expects (``'a', 'b' or 'c'``) with the conjunction of the reader's language."""
    return str(context["expected"]).replace("' or '", f"' {conjunction} '")


_MESSAGES_WITH_BOUND: Mapping[str, Callable[[_Context], Text]] = {
    "string_too_short": lambda context: Text(
        f"Cần ít nhất {context['min_length']} ký tự.", f"At least {context['min_length']} characters are needed."
    ),
    "string_too_long": lambda context: Text(
        f"Nhiều nhất {context['max_length']} ký tự.", f"At most {context['max_length']} characters are allowed."
    ),
    "greater_than": lambda context: Text(f"Phải lớn hơn {context['gt']}.", f"It must be greater than {context['gt']}."),
    "greater_than_equal": lambda context: Text(
        f"Không được nhỏ hơn {context['ge']}.", f"It must be at least {context['ge']}."
    ),
    "less_than_equal": lambda context: Text(
        f"Không được lớn hơn {context['le']}.", f"It must be at most {context['le']}."
    ),
    "less_than": lambda context: Text(f"Phải nhỏ hơn {context['lt']}.", f"It must be less than {context['lt']}."),
    "literal_error": lambda context: Text(
        f"Phải là một trong: {_or(context, 'hoặc')}.", f"It must be one of: {_or(context, 'or')}."
    ),
    "enum": lambda context: Text(
        f"Phải là một trong: {_or(context, 'hoặc')}.", f"It must be one of: {_or(context, 'or')}."
    ),
}
_OTHERWISE = Text("Giá trị không dùng được.", "This value cannot be used.")


def message_of(finding: Mapping[str, Any]) -> Text:
    """Return what a person is told about one finding of Pydantic; the offending value stays out of it."""
    kind, context = finding["type"], finding.get("ctx") or {}
    said = context.get("error")
    if isinstance(said, FieldTextError):
        return said.text
    if kind in _MESSAGES_WITH_BOUND:
        return _MESSAGES_WITH_BOUND[kind](context)
    return _MESSAGES.get(kind, _OTHERWISE)


class FieldTextError(ValueError):
    """Raised by a validator of ours that has its own words in both languages."""

    def __init__(self, text: Text) -> None:
        super().__init__(text.en)
        self.text = text
