"""A command line that was typed wrong, said in one line and both languages: what, where, what to do."""

import difflib
import re
from typing import Any

import typer

from spatial.errors import InputError
from spatial.text import NO_TEXT, Text

# The library keeps its errors in a private module; what a callback may raise is public, and stands below them.
USAGE_ERROR: type[Any] = typer.BadParameter.__bases__[0]
"""What typer raises for a command line that it cannot follow."""

_QUOTED = re.compile(r"'([^']*)'")


def is_only_a_group(error: Any) -> bool:  # noqa: ANN401 - the type is private to the library
    """Tell whether nothing was typed but the name of a group, so that its help was shown."""
    return type(error).__name__ == "NoArgsIsHelpError"


def as_input_error(error: Any) -> InputError:  # noqa: ANN401 - the type is private to the library
    """Return what was typed wrong as one sentence with a hint."""
    context = error.ctx
    path = context.command_path if context is not None else "diaban"
    if isinstance(error, typer.BadParameter):
        message = _missing(error) if type(error).__name__ == "MissingParameter" else _bad_value(error)
    elif hasattr(error, "option_name"):
        message = _bad_option(error)
    else:
        message = _bad_word(error)
    return InputError(message, hint=Text(f"Xem: {path} --help.", f"See: {path} --help."), subject=path)


def _name_of(parameter: Any) -> str:  # noqa: ANN401 - the type is private to the library
    options = [option for option in parameter.opts if option.startswith("--")]
    return str(options[0] if options else parameter.name.strip("_").upper())


def _missing(error: Any) -> Text:  # noqa: ANN401 - the type is private to the library
    name = _name_of(error.param)
    return Text(f"Còn thiếu {name}.", f"{name} is missing.")


def _bad_value(error: Any) -> Text:  # noqa: ANN401 - the type is private to the library
    name = _name_of(error.param) if error.param is not None else ""
    said = f"{name}: ".lstrip(": ")
    wanted = _wanted(error)
    return Text(f"{said}giá trị không dùng được{wanted.vi}.", f"{said}the value cannot be used{wanted.en}.")


def _wanted(error: Any) -> Text:  # noqa: ANN401 - the type is private to the library
    _, one_of, listed = error.message.partition("is not one of")
    if one_of:
        choices = ", ".join(_QUOTED.findall(listed))
        return Text(f"; chọn một trong: {choices}", f"; choose one of: {choices}")
    least, most = getattr(error.param, "min", None), getattr(error.param, "max", None)
    if least is not None and most is not None:
        return Text(f"; cần số từ {least} đến {most}", f"; a number from {least} to {most} is wanted")
    if least is not None:
        return Text(f"; cần số từ {least} trở lên", f"; a number from {least} on is wanted")
    if "integer" in error.message:
        return Text("; cần một số nguyên", "; a whole number is wanted")
    return Text("; cần một số", "; a number is wanted") if "number" in error.message else NO_TEXT


def _bad_option(error: Any) -> Text:  # noqa: ANN401 - the type is private to the library
    name = error.option_name
    if not hasattr(error, "possibilities"):
        if "requires" in error.message:
            return Text(f"Sau {name} phải có giá trị.", f"{name} needs a value behind it.")
        return Text(f"{name} không nhận giá trị.", f"{name} takes no value.")
    near = " / ".join(sorted(error.possibilities or ()))
    return _unknown(Text("tùy chọn", "option"), name, near)


def _bad_word(error: Any) -> Text:  # noqa: ANN401 - the type is private to the library
    commands = getattr(error.ctx and error.ctx.command, "list_commands", None)
    quoted = _QUOTED.search(error.message)
    if quoted is None or commands is None:
        extra = error.message.rpartition("(")[2].rstrip(")")
        return Text(f"Thừa từ trên dòng lệnh: {extra}.", f"Too many words: {extra}.") if extra else _as_said(error)
    near = difflib.get_close_matches(quoted[1], commands(error.ctx), n=1)
    return _unknown(Text("lệnh", "command"), quoted[1], "".join(near))


def _unknown(kind: Text, name: str, near: str) -> Text:
    vi, en = f"Không có {kind.vi} {name}.", f"There is no {kind.en} {name}."
    return Text(f"{vi} Có phải {near}?", f"{en} Is {near} meant?") if near else Text(vi, en)


def _as_said(error: Any) -> Text:  # noqa: ANN401 - the type is private to the library
    return Text(f"Dòng lệnh không hiểu được ({error.message})", f"The command line is not understood ({error.message})")
