"""The literals of a filter: values, days, geometries and patterns, each checked before it is bound."""

import json
import math
from collections.abc import Callable, Mapping
from datetime import date
from types import MappingProxyType
from typing import Any

import shapely

from basemap.feature_query import BadQueryError, Value, bad_value
from basemap.model import Kind
from spatial.errors import InputError
from spatial.text import Text, in_small_letters, to_nfc, without_marks

MOST_WILDCARDS_COUNT = 4

_GEOMETRY_TYPES = frozenset(
    {"Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon", "GeometryCollection"}
)


def unclear(message: Text) -> BadQueryError:
    """Return the refusal of a filter."""
    return bad_value(message, name="filter")


FOLDINGS: Mapping[str, Callable[[str], str]] = MappingProxyType({"casei": in_small_letters, "accenti": without_marks})
"""What each function of text does to a value; the stores do the same to a column."""


def folding_of(node: Any) -> tuple[str, Any] | None:  # noqa: ANN401  a piece of JSON
    """Return the name of a function of text and what stands in it; None when ``node`` is no such function."""
    if not isinstance(node, dict) or node.get("op") not in FOLDINGS:
        return None
    arguments = node.get("args")
    if not isinstance(arguments, list) or len(arguments) != 1:
        raise unclear(Text("hàm cần đúng một giá trị.", "the function takes one value."))
    return node["op"], arguments[0]


def is_property(node: Any) -> bool:  # noqa: ANN401  as above
    """Tell whether ``node`` names a property, with functions of text around it or without."""
    folded = folding_of(node)
    if folded is not None:
        return is_property(folded[1])
    return isinstance(node, dict) and isinstance(node.get("property"), str)


def is_number(node: Any) -> bool:  # noqa: ANN401  as above
    """Tell whether ``node`` is a finite number; a truth is none."""
    return isinstance(node, int | float) and not isinstance(node, bool) and math.isfinite(node)


def read_literal(node: Any, kind: Kind) -> Value:  # noqa: ANN401  as above
    """Return a value of ``kind``; whole numbers as reals. Raises BadQueryError."""
    folded = folding_of(node)
    if folded is not None and kind is Kind.TEXT:
        return FOLDINGS[folded[0]](str(read_literal(folded[1], kind)))
    if kind is Kind.TEXT and isinstance(node, str):
        return to_nfc(node)
    if kind in {Kind.INTEGER, Kind.REAL} and is_number(node):
        return float(node)
    if kind is Kind.BOOLEAN and isinstance(node, bool):
        return node
    if kind is Kind.DATE and isinstance(node, dict) and isinstance(node.get("date"), str):
        return _day(node["date"])
    raise unclear(Text(f"cần giá trị kiểu {kind.value}.", f"a value of the kind {kind.value} is needed."))


def read_days(node: Any) -> tuple[date | None, date | None]:  # noqa: ANN401  as above
    """Return the first and the last day of a day or of a stretch of days; None is open. Raises BadQueryError."""
    if isinstance(node, dict) and isinstance(node.get("interval"), list) and len(node["interval"]) == len("ab"):
        first, last = (None if end == ".." else _day(end) for end in node["interval"])
        if first is not None and last is not None and first > last:
            raise unclear(Text("ngày cuối trước ngày đầu.", "the last day lies before the first."))
        return first, last
    day = read_literal(node, Kind.DATE)
    if not isinstance(day, date):
        raise TypeError(day)
    return day, day


def read_shape(node: Any) -> shapely.Geometry:  # noqa: ANN401  as above
    """Return a flat, valid geometry. Raises BadQueryError."""
    wrong = unclear(Text("hình không hợp lệ.", "this geometry is not valid."))
    if not isinstance(node, dict) or node.get("type") not in _GEOMETRY_TYPES:
        raise wrong
    try:
        area = shapely.force_2d(shapely.from_geojson(json.dumps(node)))
        is_sound = area.is_valid and not area.is_empty and all(map(math.isfinite, area.bounds))
    except (shapely.GEOSException, ValueError, TypeError, InputError) as error:
        raise wrong from error
    if not is_sound:
        raise wrong
    return area


def read_pattern(node: Any, *, is_embedded: bool) -> str:  # noqa: ANN401  as above
    """Return a pattern of ``LIKE`` in the words of the store: ``GLOB`` of SQLite, ``LIKE`` of PostgreSQL.

    Raises
    ------
    BadQueryError
        It is no text, has more wildcards than `MOST_WILDCARDS_COUNT`, or ends with the sign that takes one away.
    """
    pieces = _pieces(str(read_literal(node, Kind.TEXT)))
    if sum(piece == "%" for piece, is_wild in pieces if is_wild) > MOST_WILDCARDS_COUNT:
        raise unclear(Text("quá nhiều dấu %.", "there are too many %."))
    written = _as_glob if is_embedded else _as_like
    return "".join(written(*each) for each in pieces)


def _day(text: Any) -> date:  # noqa: ANN401  as above
    try:
        return date.fromisoformat(text)
    except (ValueError, TypeError) as error:
        raise unclear(Text("không phải ngày.", "this is no date.")) from error


def _pieces(pattern: str) -> list[tuple[str, bool]]:
    """Return the letters of a pattern, each with whether it is a wildcard; a backslash takes that away."""
    found: list[tuple[str, bool]] = []
    letters = iter(pattern)
    for letter in letters:
        if letter != "\\":
            found.append((letter, letter in "%_"))
            continue
        escaped = next(letters, None)
        if escaped is None:
            raise unclear(Text("mẫu LIKE kết thúc bằng \\.", "the pattern of LIKE ends with \\."))
        found.append((escaped, False))
    return found


def _as_glob(letter: str, is_wild: bool) -> str:  # noqa: FBT001  a pair from `_pieces`
    if is_wild:
        return "*" if letter == "%" else "?"
    return f"[{letter}]" if letter in "*?[" else letter


def _as_like(letter: str, is_wild: bool) -> str:  # noqa: FBT001  as above
    return letter if is_wild or letter not in "%_\\" else f"\\{letter}"
