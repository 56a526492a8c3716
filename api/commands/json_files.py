"""JSON that a command is given, as a file or on standard input."""

import json
import sys
from pathlib import Path

from spatial.errors import InputError, NotFoundError
from spatial.text import Text


def read_json(path: Path) -> object:
    """Return what a JSON file holds; ``-`` is standard input.

    Raises
    ------
    NotFoundError
        There is no such file.
    InputError
        It is no JSON in UTF-8; the message names the line.
    """
    try:
        content = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
        return json.loads(content.decode("utf-8-sig"), object_pairs_hook=_each_name_once)
    except (FileNotFoundError, IsADirectoryError) as error:
        raise NotFoundError(Text("Không có tệp này.", "There is no such file."), subject=str(path)) from error
    except UnicodeDecodeError as error:
        raise InputError(Text("Tệp không phải UTF-8.", "The file is not UTF-8."), subject=path.name) from error
    except json.JSONDecodeError as error:
        raise InputError(
            Text(
                f"Không phải JSON: dòng {error.lineno}, cột {error.colno}.",
                f"Not JSON: line {error.lineno}, column {error.colno}.",
            ),
            subject=path.name,
        ) from error
    except (RecursionError, ValueError) as error:
        raise InputError(
            Text("JSON này không dùng được.", "This JSON cannot be used."),
            hint=Text(
                "Mỗi tên chỉ ghi một lần; không lồng quá sâu, không có số quá dài.",
                "Write each name once; no deep nesting, no endless number.",
            ),
            subject=path.name,
        ) from error


def _each_name_once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Return an object of JSON; of two values of one name none is the right one."""
    if len({name for name, _ in pairs}) < len(pairs):
        raise ValueError
    return dict(pairs)
