"""Filters in CQL2, the query language of the OGC, as conditions of either store.

A library parses; everything around it is ours. Length and depth are bounded before it sees the text, because it ends
the process on deep nesting; operators, functions and properties are allow-listed after, because whatever it parses
could be named in SQL. Every literal is a bound value.

References
----------
OGC 21-065r2, Common Query Language (CQL2); OGC 19-079r2, OGC API - Features - Part 3: Filtering.
"""

import json
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

from basemap.cql_values import (
    folding_of,
    is_number,
    is_property,
    read_days,
    read_literal,
    read_pattern,
    read_shape,
    unclear,
)
from basemap.feature_query import (
    Filter,
    area_in_storage,
    bad_value,
    box_in_storage,
    crs_uris,
    is_y_first,
)
from basemap.model import LAYERS, Kind, LayerName
from spatial.crs import WGS84
from spatial.text import Text

TEXT_LANGUAGE, JSON_LANGUAGE = "cql2-text", "cql2-json"
LANGUAGES = (TEXT_LANGUAGE, JSON_LANGUAGE)
MOST_CHARACTERS_COUNT = 3000
MOST_DEPTH_COUNT = 20
GEOMETRY = "geometry"

_FARTHEST = 1e8
_OPENING, _CLOSING = "([{", ")]}"
_NEGATION = re.compile(r"\bnot\b|--", re.IGNORECASE)
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

_RELATIONS: Mapping[str, str] = MappingProxyType(
    {
        "s_contains": "ST_Contains",
        "s_crosses": "ST_Crosses",
        "s_disjoint": "ST_Intersects",
        "s_equals": "ST_Equals",
        "s_intersects": "ST_Intersects",
        "s_overlaps": "ST_Overlaps",
        "s_touches": "ST_Touches",
        "s_within": "ST_Within",
    }
)
"""What each function of place asks the store; *disjoint* is what does not intersect."""
_MIRRORED: Mapping[str, str] = MappingProxyType({"s_contains": "s_within", "s_within": "s_contains"})
"""The functions of place that mean another with their sides changed."""

Relates = Callable[[str, shapely.Geometry], ColumnElement[bool]]
"""Makes the condition that a feature stands in a relation, by its name in SQL, to a geometry of the storage system."""

Fold = Callable[[str, ColumnElement[Any]], ColumnElement[Any]]
"""Makes a column of text as a function of `basemap.cql_values.FOLDINGS` shows it."""


def _after(column: ColumnElement[Any], _first: date | None, last: date | None) -> ColumnElement[bool]:
    return false() if last is None else column > last


def _before(column: ColumnElement[Any], first: date | None, _last: date | None) -> ColumnElement[bool]:
    return false() if first is None else column < first


def _during(column: ColumnElement[Any], first: date | None, last: date | None) -> ColumnElement[bool]:
    begun = column.is_not(None) if first is None else column > first
    return begun if last is None else and_(begun, column < last)


def _disjoint(column: ColumnElement[Any], first: date | None, last: date | None) -> ColumnElement[bool]:
    return or_(_before(column, first, last), _after(column, first, last))


def _intersects(column: ColumnElement[Any], first: date | None, last: date | None) -> ColumnElement[bool]:
    return and_(column.is_not(None), not_(_disjoint(column, first, last)))


def _equals(column: ColumnElement[Any], first: date | None, last: date | None) -> ColumnElement[bool]:
    return column == first if first == last and first is not None else false()


_MOMENTS: Mapping[str, Callable[..., ColumnElement[bool]]] = MappingProxyType(
    {
        "t_after": _after,
        "t_before": _before,
        "t_disjoint": _disjoint,
        "t_during": _during,
        "t_equals": _equals,
        "t_intersects": _intersects,
    }
)
"""How a day lies to a stretch of days; the other functions of time compare two stretches, and no layer has one."""
_TURNED: Mapping[str, str] = MappingProxyType({"t_after": "t_before", "t_before": "t_after", "t_during": ""})


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What a filter is laid upon.

    Parameters
    ----------
    columns
        The columns of the layer by attribute.
    relates
        How the store at hand asks how a feature lies to a geometry.
    fold
        How the store at hand writes a column as ``casei`` or ``accenti`` sees it.
    """

    layer: LayerName
    columns: Mapping[str, ColumnElement[Any]]
    relates: Relates
    fold: Fold
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
        raise unclear(Text("không phải CQL2.", "this is not CQL2.")) from error
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
        raise unclear(
            Text(f"dài quá {MOST_CHARACTERS_COUNT} ký tự.", f"longer than {MOST_CHARACTERS_COUNT} characters.")
        )
    depth = deepest = 0
    for letter in text:
        depth += (letter in _OPENING) - (letter in _CLOSING)
        deepest = max(deepest, depth)
    # Brackets and negations inside quotes count too: a bound need not be exact, and quotes can be forged.
    if deepest > MOST_DEPTH_COUNT or len(_NEGATION.findall(text)) > MOST_DEPTH_COUNT:
        raise unclear(Text(f"lồng quá {MOST_DEPTH_COUNT} cấp.", f"nested deeper than {MOST_DEPTH_COUNT}."))
    if "\x00" in text:
        raise unclear(Text("có ký tự cấm.", "a character is not allowed."))


_NOT_OFFERED = Text("phép toán hoặc hàm này không có.", "this operator or function is not offered.")


def _must_hold_no_function(arguments: list[Any]) -> None:
    for each in arguments:
        if isinstance(each, dict) and "op" in each and folding_of(each) is None:
            raise unclear(_NOT_OFFERED)


class _Translation:
    def __init__(self, ground: Ground, crs: str) -> None:
        self._ground = ground
        self._crs = crs
        self._kinds = {each.name: each.kind for each in LAYERS[ground.layer].attributes}

    def of(self, node: Any) -> ColumnElement[bool]:  # noqa: ANN401  a piece of JSON
        if isinstance(node, bool):
            return true() if node else false()
        if not isinstance(node, dict) or not isinstance(node.get("args"), list):
            raise unclear(Text("không phải điều kiện.", "this is no condition."))
        name, arguments = str(node.get("op")), node["args"]
        if name in {"and", "or"}:
            parts = [self.of(each) for each in arguments]
            if not parts:
                raise unclear(Text("không phải điều kiện.", "this is no condition."))
            return and_(*parts) if name == "and" else or_(*parts)
        offered: dict[str, tuple[int, Callable[..., ColumnElement[bool]]]] = {
            "not": (1, self._negation),
            "isNull": (1, self._absence),
            "like": (2, self._likeness),
            "between": (3, self._range),
            "in": (2, self._membership),
        }
        answer = offered.get(name)
        if len(arguments) == 2:  # noqa: PLR2004  two sides
            for known, ask in ((_COMPARISONS, self._comparison), (_RELATIONS, self._place), (_MOMENTS, self._moment)):
                if name in known:
                    _must_hold_no_function(arguments)
                    return ask(name, *arguments)
        if answer is None or len(arguments) != answer[0]:
            raise unclear(_NOT_OFFERED)
        return answer[1](*arguments)

    def _negation(self, node: Any) -> ColumnElement[bool]:  # noqa: ANN401  as above
        return not_(self.of(node))

    def _absence(self, node: Any) -> ColumnElement[bool]:  # noqa: ANN401  as above
        if is_property(node) and node.get("property") == GEOMETRY:
            return false()
        return self._property(node)[0].is_(None)

    def _comparison(self, name: str, left: Any, right: Any) -> ColumnElement[bool]:  # noqa: ANN401  as above
        if not is_property(left):
            left, right, name = right, left, _COMPARISONS[name][1]
        column, kind = self._property(left)
        compared: ColumnElement[bool] = _COMPARISONS[name][0](
            self._ordered(column, kind, name), self._value(right, kind)
        )
        return compared

    def _range(self, node: Any, low: Any, high: Any) -> ColumnElement[bool]:  # noqa: ANN401  as above
        column, kind = self._property(node)
        ordered = self._ordered(column, kind, "<")
        # Two comparisons: PostgreSQL cannot read the collation that SQLAlchemy writes into a BETWEEN of text.
        return and_(ordered >= self._value(low, kind), ordered <= self._value(high, kind))

    def _membership(self, node: Any, values: Any) -> ColumnElement[bool]:  # noqa: ANN401  as above
        column, kind = self._property(node)
        if not isinstance(values, list):
            raise unclear(Text("cần danh sách giá trị.", "a list of values is needed."))
        # One list, not a chain of ORs: SQLite takes a thousand of those at most.
        return self._as_real(column, kind).in_([read_literal(each, kind) for each in values])

    def _likeness(self, node: Any, pattern: Any) -> ColumnElement[bool]:  # noqa: ANN401  as above
        column, kind = self._property(node)
        if kind is not Kind.TEXT:
            raise unclear(Text("LIKE chỉ dùng cho chữ.", "LIKE is for text."))
        is_embedded = self._ground.is_embedded
        written = read_pattern(pattern, is_embedded=is_embedded)
        # SQLite's own LIKE knows no case of letters.
        return column.bool_op("GLOB")(written) if is_embedded else column.like(written, escape="\\")

    def _place(self, name: str, one: Any, other: Any) -> ColumnElement[bool]:  # noqa: ANN401  as above
        if not is_property(one):
            one, other, name = other, one, _MIRRORED.get(name, name)
        if not is_property(one) or one.get("property") != GEOMETRY:
            raise unclear(Text("hàm không gian cần geometry.", "a spatial function needs geometry."))
        area = self._area(other)
        if other.get("type") == "GeometryCollection" and _RELATIONS[name] != "ST_Intersects":
            raise unclear(Text("hàm này không nhận GEOMETRYCOLLECTION.", "this takes no GEOMETRYCOLLECTION."))
        related = false() if area.is_empty else self._ground.relates(_RELATIONS[name], area)
        return not_(related) if name == "s_disjoint" else related

    def _moment(self, name: str, one: Any, other: Any) -> ColumnElement[bool]:  # noqa: ANN401  as above
        if not is_property(one):
            one, other, name = other, one, _TURNED.get(name, name)
        column, kind = self._property(one)
        if kind is not Kind.DATE or name not in _MOMENTS:
            raise unclear(Text("hàm thời gian cần thuộc tính ngày.", "a temporal function needs a date."))
        return _MOMENTS[name](column, *read_days(other))

    def _property(self, node: Any) -> tuple[ColumnElement[Any], Kind]:  # noqa: ANN401  as above
        folded = folding_of(node)
        if folded is not None:
            column, kind = self._property(folded[1])
            if kind is not Kind.TEXT:
                raise unclear(Text("CASEI và ACCENTI chỉ dùng cho chữ.", "CASEI and ACCENTI are for text."))
            return self._ground.fold(folded[0], column), kind
        name = node["property"] if is_property(node) else None
        if name not in self._kinds:
            raise unclear(Text("không có thuộc tính này.", "there is no such property."))
        return self._ground.columns[name], self._kinds[name]

    def _ordered(self, column: ColumnElement[Any], kind: Kind, name: str) -> ColumnElement[Any]:
        """Return text by its code points where order counts: both stores then agree, whatever their locale."""
        is_free = kind is not Kind.TEXT or self._ground.is_embedded or name in {"=", "<>"}
        return column if is_free else collate(column, "C")

    def _as_real(self, column: ColumnElement[Any], kind: Kind) -> ColumnElement[Any]:
        """Return a whole-numbered column as reals: its own type would round 3.5 on its way."""
        return type_coerce(column, Double()) if kind is Kind.INTEGER else column

    def _value(self, node: Any, kind: Kind) -> Any:  # noqa: ANN401  a bound value
        value = read_literal(node, kind)
        return literal(float(value), Double()) if isinstance(value, int | float) else value

    def _area(self, node: Any) -> shapely.Geometry:  # noqa: ANN401  as above
        stored, code = self._ground.storage_crs, crs_uris(self._ground.storage_crs)[self._crs]
        if isinstance(node, dict) and isinstance(node.get("bbox"), list):
            return box_in_storage(self._edges(node["bbox"]), name="filter", crs=self._crs, storage_crs=stored)
        area = read_shape(node)
        if is_y_first(self._crs):
            area = shapely.transform(area, lambda places: places[:, ::-1])
        x1, y1, x2, y2 = area.bounds
        far_x, far_y = (180.0, 90.0) if code == WGS84 else (_FARTHEST, _FARTHEST)
        if max(abs(x1), abs(x2)) > far_x or max(abs(y1), abs(y2)) > far_y:
            raise unclear(Text("tọa độ ngoài phạm vi.", "a coordinate is out of range."))
        return area_in_storage(area, crs=self._crs, storage_crs=stored)

    def _edges(self, numbers: list[Any]) -> tuple[float, float, float, float]:
        if len(numbers) == 6:  # noqa: PLR2004  with heights
            numbers = [*numbers[:2], *numbers[3:5]]
        if len(numbers) != 4 or not all(is_number(each) for each in numbers):  # noqa: PLR2004  two corners
            raise unclear(Text("BBOX cần bốn số.", "BBOX needs four numbers."))
        x1, y1, x2, y2 = (float(each) for each in numbers)
        return (y1, x1, y2, x2) if is_y_first(self._crs) else (x1, y1, x2, y2)
