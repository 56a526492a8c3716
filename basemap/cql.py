"""Filters in CQL2, the query language of the OGC, as conditions of either store.

A library parses; everything around it is ours. Length and depth are bounded before it sees the text, because it ends
the process on deep nesting; operators, functions and properties are allow-listed after, because whatever it parses
could be named in SQL. Every literal is a bound value.

References
----------
OGC 21-065r2, Common Query Language (CQL2); OGC 19-079r2, OGC API - Features - Part 3: Filtering.
"""

import json
import math
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any

import cql2
import shapely
from sqlalchemy import ColumnElement, Double, and_, false, literal, not_, or_, true, type_coerce
from sqlalchemy.sql.expression import collate

from basemap.feature_query import (
    BadQueryError,
    Filter,
    Value,
    area_in_storage,
    bad_value,
    box_in_storage,
    crs_uris,
    is_y_first,
)
from basemap.model import LAYERS, Kind, LayerName
from spatial.crs import WGS84
from spatial.errors import InputError
from spatial.text import Text, to_nfc

TEXT_LANGUAGE, JSON_LANGUAGE = "cql2-text", "cql2-json"
LANGUAGES = (TEXT_LANGUAGE, JSON_LANGUAGE)
MOST_CHARACTERS_COUNT = 3000
MOST_DEPTH_COUNT = 20
MOST_WILDCARDS_COUNT = 4
GEOMETRY = "geometry"

_FARTHEST = 1e8
_OPENING, _CLOSING = "([{", ")]}"
_NEGATION = re.compile(r"\bnot\b|--", re.IGNORECASE)
_GEOMETRY_TYPES = frozenset(
    {"Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon", "GeometryCollection"}
)
_COMPARISONS: Mapping[str, tuple[Callable[[Any, Any], Any], str]] = MappingProxyType(
    {
        "=": (operator.eq, "="),
        "<>": (operator.ne, "<>"),
        "<": (operator.lt, ">"),
        ">": (operator.gt, "<"),
        "<=": (operator.le, ">="),
        ">=": (operator.ge, "<="),
    }
)
"""What each comparison does, and what it is called with its sides changed."""

Meets = Callable[[shapely.Geometry], ColumnElement[bool]]
"""Makes the condition that a feature meets an area of the storage coordinate system."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What a filter is laid upon.

    Parameters
    ----------
    columns
        The columns of the layer by attribute.
    meets
        How the store at hand asks whether a feature meets an area.
    """

    layer: LayerName
    columns: Mapping[str, ColumnElement[Any]]
    meets: Meets
    storage_crs: str
    is_embedded: bool


def parse_language(text: str) -> str:
    """Return ``text`` if it names a form of CQL2. Raises BadQueryError."""
    if text not in LANGUAGES:
        raise bad_value(
            Text("chỉ có cql2-text và cql2-json.", "there are cql2-text and cql2-json."), name="filter-lang"
        )
    return text


def parse_filter(text: str, *, language: str, crs: str) -> Filter:
    """Return the filter in ``text``.

    Raises
    ------
    BadQueryError
        It is too long or too deep, or not CQL2.
    """
    _must_be_bounded(text)
    parse = cql2.parse_text if language == TEXT_LANGUAGE else cql2.parse_json
    try:
        tree = json.dumps(parse(text).to_json(), sort_keys=True)
    except BaseException as error:
        # A panic of the library derives from BaseException alone; an interrupt must still end the process.
        if isinstance(error, KeyboardInterrupt | SystemExit):
            raise
        raise _unclear(Text("không phải CQL2.", "this is not CQL2.")) from error
    return Filter(tree=tree, crs=crs)


def condition(given: Filter, ground: Ground) -> ColumnElement[bool]:
    """Return the condition that a filter stands for.

    Raises
    ------
    BadQueryError
        It names a property, an operator or a function that is not offered, or compares unlike things.
    """
    return _Translation(ground, given.crs).of(json.loads(given.tree))


def _must_be_bounded(text: str) -> None:
    if len(text) > MOST_CHARACTERS_COUNT:
        raise _unclear(
            Text(f"dài quá {MOST_CHARACTERS_COUNT} ký tự.", f"longer than {MOST_CHARACTERS_COUNT} characters.")
        )
    depth = deepest = 0
    for letter in text:
        depth += (letter in _OPENING) - (letter in _CLOSING)
        deepest = max(deepest, depth)
    # Brackets and negations inside quotes count too: a bound need not be exact, and quotes can be forged.
    if deepest > MOST_DEPTH_COUNT or len(_NEGATION.findall(text)) > MOST_DEPTH_COUNT:
        raise _unclear(Text(f"lồng quá {MOST_DEPTH_COUNT} cấp.", f"nested deeper than {MOST_DEPTH_COUNT}."))
    if "\x00" in text:
        raise _unclear(Text("có ký tự cấm.", "a character is not allowed."))


def _unclear(message: Text) -> BadQueryError:
    return bad_value(message, name="filter")


_NOT_OFFERED = Text("phép toán hoặc hàm này không có.", "this operator or function is not offered.")


class _Translation:
    def __init__(self, ground: Ground, crs: str) -> None:
        self._ground = ground
        self._crs = crs
        self._kinds = {each.name: each.kind for each in LAYERS[ground.layer].attributes}

    def of(self, node: Any) -> ColumnElement[bool]:  # noqa: ANN401  a piece of JSON
        if isinstance(node, bool):
            return true() if node else false()
        if not isinstance(node, dict) or not isinstance(node.get("args"), list):
            raise _unclear(Text("không phải điều kiện.", "this is no condition."))
        name, arguments = str(node.get("op")), node["args"]
        if name in {"and", "or"}:
            parts = [self.of(each) for each in arguments]
            if not parts:
                raise _unclear(Text("không phải điều kiện.", "this is no condition."))
            return and_(*parts) if name == "and" else or_(*parts)
        offered: dict[str, tuple[int, Callable[..., ColumnElement[bool]]]] = {
            "not": (1, self._negation),
            "isNull": (1, self._absence),
            "like": (2, self._likeness),
            "between": (3, self._range),
            "in": (2, self._membership),
            "s_intersects": (2, self._meeting),
        }
        answer = offered.get(name)
        if name in _COMPARISONS and len(arguments) == 2:  # noqa: PLR2004  two sides
            return self._comparison(name, *arguments)
        if answer is None or len(arguments) != answer[0]:
            raise _unclear(_NOT_OFFERED)
        return answer[1](*arguments)

    def _negation(self, node: Any) -> ColumnElement[bool]:  # noqa: ANN401  as above
        return not_(self.of(node))

    def _absence(self, node: Any) -> ColumnElement[bool]:  # noqa: ANN401  as above
        return self._property(node)[0].is_(None)

    def _comparison(self, name: str, left: Any, right: Any) -> ColumnElement[bool]:  # noqa: ANN401  as above
        if not _is_property(left):
            left, right, name = right, left, _COMPARISONS[name][1]
        column, kind = self._property(left)
        compared: ColumnElement[bool] = _COMPARISONS[name][0](
            self._ordered(column, kind, name), self._value(right, kind)
        )
        return compared

    def _range(self, node: Any, low: Any, high: Any) -> ColumnElement[bool]:  # noqa: ANN401  as above
        column, kind = self._property(node)
        return self._ordered(column, kind, "<").between(self._value(low, kind), self._value(high, kind))

    def _membership(self, node: Any, values: Any) -> ColumnElement[bool]:  # noqa: ANN401  as above
        column, kind = self._property(node)
        if not isinstance(values, list):
            raise _unclear(Text("cần danh sách giá trị.", "a list of values is needed."))
        # One list, not a chain of ORs: SQLite takes a thousand of those at most.
        return self._as_real(column, kind).in_([_literal(each, kind) for each in values])

    def _likeness(self, node: Any, pattern: Any) -> ColumnElement[bool]:  # noqa: ANN401  as above
        column, kind = self._property(node)
        if kind is not Kind.TEXT or not isinstance(pattern, str):
            raise _unclear(Text("LIKE chỉ dùng cho chữ.", "LIKE is for text."))
        pieces = list(_pieces(to_nfc(pattern)))
        if sum(piece == "%" for piece, is_wild in pieces if is_wild) > MOST_WILDCARDS_COUNT:
            raise _unclear(Text("quá nhiều dấu %.", "there are too many %."))
        if self._ground.is_embedded:
            # SQLite's own LIKE knows no case of letters.
            return column.bool_op("GLOB")("".join(_as_glob(*each) for each in pieces))
        return column.like("".join(_as_like(*each) for each in pieces), escape="\\")

    def _meeting(self, one: Any, other: Any) -> ColumnElement[bool]:  # noqa: ANN401  as above
        if not _is_property(one):
            one, other = other, one
        if not _is_property(one) or one["property"] != GEOMETRY:
            raise _unclear(Text("S_INTERSECTS cần geometry.", "S_INTERSECTS needs geometry."))
        area = self._area(other)
        return false() if area.is_empty else self._ground.meets(area)

    def _property(self, node: Any) -> tuple[ColumnElement[Any], Kind]:  # noqa: ANN401  as above
        name = node["property"] if _is_property(node) else None
        if name not in self._kinds:
            raise _unclear(Text("không có thuộc tính này.", "there is no such property."))
        return self._ground.columns[name], self._kinds[name]

    def _ordered(self, column: ColumnElement[Any], kind: Kind, name: str) -> ColumnElement[Any]:
        """Return text by its code points where order counts: both stores then agree, whatever their locale."""
        is_free = kind is not Kind.TEXT or self._ground.is_embedded or name in {"=", "<>"}
        return column if is_free else collate(column, "C")

    def _as_real(self, column: ColumnElement[Any], kind: Kind) -> ColumnElement[Any]:
        """Return a whole-numbered column as reals: its own type would round 3.5 on its way."""
        return type_coerce(column, Double()) if kind is Kind.INTEGER else column

    def _value(self, node: Any, kind: Kind) -> Any:  # noqa: ANN401  a bound value
        value = _literal(node, kind)
        return literal(float(value), Double()) if isinstance(value, int | float) else value

    def _area(self, node: Any) -> shapely.Geometry:  # noqa: ANN401  as above
        stored, code = self._ground.storage_crs, crs_uris(self._ground.storage_crs)[self._crs]
        if isinstance(node, dict) and isinstance(node.get("bbox"), list):
            return box_in_storage(self._edges(node["bbox"]), name="filter", crs=self._crs, storage_crs=stored)
        area = _shape(node)
        if is_y_first(self._crs):
            area = shapely.transform(area, lambda places: places[:, ::-1])
        x1, y1, x2, y2 = area.bounds
        far_x, far_y = (180.0, 90.0) if code == WGS84 else (_FARTHEST, _FARTHEST)
        if max(abs(x1), abs(x2)) > far_x or max(abs(y1), abs(y2)) > far_y:
            raise _unclear(Text("tọa độ ngoài phạm vi.", "a coordinate is out of range."))
        return area_in_storage(area, crs=self._crs, storage_crs=stored)

    def _edges(self, numbers: list[Any]) -> tuple[float, float, float, float]:
        if len(numbers) == 6:  # noqa: PLR2004  with heights
            numbers = [*numbers[:2], *numbers[3:5]]
        if len(numbers) != 4 or not all(_is_number(each) for each in numbers):  # noqa: PLR2004  two corners
            raise _unclear(Text("BBOX cần bốn số.", "BBOX needs four numbers."))
        x1, y1, x2, y2 = (float(each) for each in numbers)
        return (y1, x1, y2, x2) if is_y_first(self._crs) else (x1, y1, x2, y2)


def _is_property(node: Any) -> bool:  # noqa: ANN401  as above
    return isinstance(node, dict) and isinstance(node.get("property"), str)


def _is_number(node: Any) -> bool:  # noqa: ANN401  as above
    return isinstance(node, int | float) and not isinstance(node, bool) and math.isfinite(node)


def _literal(node: Any, kind: Kind) -> Value:  # noqa: ANN401  as above
    if kind is Kind.TEXT and isinstance(node, str):
        return to_nfc(node)
    if kind in {Kind.INTEGER, Kind.REAL} and _is_number(node):
        return float(node)
    if kind is Kind.BOOLEAN and isinstance(node, bool):
        return node
    if kind is Kind.DATE and isinstance(node, dict) and isinstance(node.get("date"), str):
        try:
            return date.fromisoformat(node["date"])
        except ValueError as error:
            raise _unclear(Text("không phải ngày.", "this is no date.")) from error
    raise _unclear(Text(f"cần giá trị kiểu {kind.value}.", f"a value of the kind {kind.value} is needed."))


def _shape(node: Any) -> shapely.Geometry:  # noqa: ANN401  as above
    wrong = _unclear(Text("hình không hợp lệ.", "this geometry is not valid."))
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


def _pieces(pattern: str) -> "list[tuple[str, bool]]":
    """Return the letters of a pattern, each with whether it is a wildcard; a backslash takes that away."""
    found: list[tuple[str, bool]] = []
    letters = iter(pattern)
    for letter in letters:
        if letter != "\\":
            found.append((letter, letter in "%_"))
            continue
        escaped = next(letters, None)
        if escaped is None:
            raise _unclear(Text("mẫu LIKE kết thúc bằng \\.", "the pattern of LIKE ends with \\."))
        found.append((escaped, False))
    return found


def _as_glob(letter: str, is_wild: bool) -> str:  # noqa: FBT001  a pair from `_pieces`
    if is_wild:
        return "*" if letter == "%" else "?"
    return f"[{letter}]" if letter in "*?[" else letter


def _as_like(letter: str, is_wild: bool) -> str:  # noqa: FBT001  as above
    return letter if is_wild or letter not in "%_\\" else f"\\{letter}"
