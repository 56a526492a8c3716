"""What a reader of published features may ask, and how the words of an address become a question.

Pure: a question holds no SQL and knows no HTTP. What cannot be read is refused, never ignored.

References
----------
OGC 17-069r4, OGC API - Features - Part 1: Core, clauses 7.15.2 to 7.15.5; OGC 18-058r1, Part 2: Coordinate Reference
Systems by Reference.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

import shapely
from shapely.geometry.base import BaseGeometry

from basemap.model import LAYERS, Kind, LayerName
from spatial.crs import BA_RIA_VUNG_TAU, HCMC, WEB_MERCATOR, WGS84, known_crs, transformer
from spatial.errors import InputError
from spatial.text import Text, to_nfc

CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
DEFAULT_LIMIT_COUNT = 10
MOST_LIMIT_COUNT = 10_000
"""Features on a page at most; a reader who asks for more gets as many, as the standard wants it."""

REFUSED_LIMIT_COUNT = 1_000_000
"""From here on a limit is no size of a page but a mistake, or worse; it is refused."""

MOST_OFFSET_COUNT = 1_000_000_000_000
LARGEST_INTEGER = 999_999_999
LARGEST_REAL = 1e15

Value = str | int | float | bool | date
"""One value of an attribute."""

_VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")

_EPSG_URI = "http://www.opengis.net/def/crs/EPSG/0/"
_REACH_DEGREES = (95.0, 0.0, 125.0, 30.0)
"""Far beyond every place that VN-2000 serves; what a box holds outside it is empty, and is not projected."""

_FINEST_STEP_DEGREES = 0.001
_FARTHEST = 1e8
"""Metres or degrees; nothing lies beyond, and numbers much larger overflow in a product."""

_STEPS_COUNT = 64
_PLAIN_INTEGER = re.compile(r"[0-9]{1,13}")
_PLAIN_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
_SIGNED_INTEGER = re.compile(r"-?\d{1,9}", re.ASCII)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_TRUTHS = {"true": True, "false": False}


class BadQueryError(InputError):
    """A parameter of a question has a value that cannot be used, or no such parameter exists."""

    code = "bad_parameters"


def bad_value(message: Text, *, name: str) -> BadQueryError:
    """Return the refusal of one parameter; what was sent is not repeated."""
    return BadQueryError(Text(f"Tham số {name}: {message.vi}", f"Parameter {name}: {message.en}"), subject=name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A stretch of time, both ends included; None is open."""

    start: datetime | None
    end: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """A filter in CQL2, parsed but not yet laid upon a layer.

    Parameters
    ----------
    tree
        CQL2 as JSON text.
    crs
        Address of the coordinate system of the geometries in it.
    """

    tree: str
    crs: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureQuery:
    """One question to one layer.

    Parameters
    ----------
    crs
        Coordinate system of the answer, one of `crs_uris`.
    area
        Features must meet it; in the storage coordinate system. Empty: nothing does.
    equals
        Attributes and the values that they must have.
    period
        The version in force then answers: `basemap.in_force`.
    filter
        What else must hold.
    """

    limit_count: int = DEFAULT_LIMIT_COUNT
    offset_count: int = 0
    crs: str = CRS84
    area: BaseGeometry | None = None
    equals: tuple[tuple[str, Value], ...] = ()
    period: Period | None = None
    filter: Filter | None = None

    @property
    def is_whole_layer(self) -> bool:
        """Whether every feature of the version answers."""
        return self.area is None and not self.equals and self.filter is None

    @property
    def condition_key(self) -> tuple[object, ...]:
        """What decides which features match, whatever the page and the coordinate system of the answer."""
        return (None if self.area is None else self.area.wkb, self.equals, self.filter)


@lru_cache
def crs_uris(storage_crs: str) -> Mapping[str, str]:
    """Return the coordinate systems on offer: address of its definition to ``EPSG:n``, the default first."""
    codes = dict.fromkeys((WGS84, WEB_MERCATOR, HCMC, BA_RIA_VUNG_TAU, storage_crs))
    return MappingProxyType({CRS84: WGS84} | {crs_uri(code): code for code in codes})


def crs_uri(crs: str) -> str:
    """Return the address of the definition of ``EPSG:n``."""
    return _EPSG_URI + crs.rpartition(":")[2]


def is_y_first(uri: str) -> bool:
    """Tell whether positions in ``uri`` are written latitude (or northing) first, as its definition says."""
    if uri == CRS84:
        return False
    first = known_crs("EPSG:" + uri.rpartition("/")[2]).axis_info[0]
    return str(first.direction).lower() == "north"


def parse_crs(name: str, text: str, *, storage_crs: str) -> str:
    """Return ``text`` if it names a coordinate system on offer. Raises BadQueryError."""
    if text not in crs_uris(storage_crs):
        raise bad_value(Text("không có hệ tọa độ này.", "this coordinate system is not on offer."), name=name)
    return text


def parse_limit(text: str) -> int:
    """Return the size of a page, `MOST_LIMIT_COUNT` at most.

    Raises
    ------
    BadQueryError
        No whole number of 1 or more, or `REFUSED_LIMIT_COUNT` or more.
    """
    if not _PLAIN_INTEGER.fullmatch(text) or not 1 <= int(text) < REFUSED_LIMIT_COUNT:
        raise bad_value(
            Text(f"số nguyên từ 1 đến {MOST_LIMIT_COUNT}.", f"a whole number from 1 to {MOST_LIMIT_COUNT}."),
            name="limit",
        )
    return min(int(text), MOST_LIMIT_COUNT)


def parse_offset(text: str) -> int:
    """Return how many features come before the page. Raises BadQueryError."""
    if not _PLAIN_INTEGER.fullmatch(text) or int(text) > MOST_OFFSET_COUNT:
        raise bad_value(
            Text(f"số nguyên từ 0 đến {MOST_OFFSET_COUNT}.", f"a whole number from 0 to {MOST_OFFSET_COUNT}."),
            name="offset",
        )
    return int(text)


def parse_bbox(text: str, *, crs: str, storage_crs: str) -> BaseGeometry:
    """Return a box as an area of the storage coordinate system.

    Parameters
    ----------
    text
        Four numbers, or six with heights, which are not looked at.
    crs
        Address of the coordinate system that the numbers are in, in the order of its axes. In CRS84 and EPSG:4326
        a western edge east of the eastern one goes through the date line.

    Raises
    ------
    BadQueryError
        Not four or six finite numbers, corners the wrong way round, or degrees that do not exist.
    """
    edges = _edges(text)
    if is_y_first(crs):
        edges = (edges[1], edges[0], edges[3], edges[2])
    return box_in_storage(edges, name="bbox", crs=crs, storage_crs=storage_crs)


def box_in_storage(edges: tuple[float, float, float, float], *, name: str, crs: str, storage_crs: str) -> BaseGeometry:
    """Return a box, given x before y in ``crs``, as an area of the storage coordinate system.

    Raises
    ------
    BadQueryError
        The corners stand the wrong way round, or the degrees do not exist.
    """
    x1, y1, x2, y2 = edges
    is_degrees = crs_uris(storage_crs)[crs] == WGS84
    if is_degrees and not (max(abs(x1), abs(x2)) <= 180 and max(abs(y1), abs(y2)) <= 90):  # noqa: PLR2004  degrees of the globe
        raise bad_value(Text("có độ ngoài ±180, ±90.", "there are degrees beyond ±180, ±90."), name=name)
    if y1 > y2 or (x1 > x2 and not is_degrees):
        raise bad_value(Text("góc nhỏ phải đứng trước.", "the lower corner comes first."), name=name)
    x1, y1, x2, y2 = (min(max(edge, -_FARTHEST), _FARTHEST) for edge in edges)
    spans = [(x1, x2)] if x1 <= x2 else [(x1, 180.0), (-180.0, x2)]
    boxes = [rectangle(west, y1, east, y2) for west, east in spans]
    moved = [area_in_storage(box, crs=crs, storage_crs=storage_crs) for box in boxes]
    return moved[0] if len(moved) == 1 else shapely.union_all([each for each in moved if not each.is_empty])


def area_in_storage(area: BaseGeometry, *, crs: str, storage_crs: str) -> BaseGeometry:
    """Return ``area``, x before y in ``crs``, in the storage system: cut to reach, its edges bent as they are.

    A straight edge in degrees is a curve on the ground: it gets a vertex at least every 110 m, or 64 in all.
    """
    code = crs_uris(storage_crs)[crs]
    if _is_one_system(code, storage_crs):
        return area
    x1, y1, x2, y2 = area.bounds
    west, south, east, north = _reach(code).bounds
    inside = area
    if not (west <= x1 and south <= y1 and x2 <= east and y2 <= north):
        inside = area.intersection(_reach(code))
        if inside.is_empty:
            return inside
        x1, y1, x2, y2 = inside.bounds
    finest = _FINEST_STEP_DEGREES if code == WGS84 else _FINEST_STEP_DEGREES * 111_000
    bent = shapely.segmentize(inside, max(finest, max(x2 - x1, y2 - y1) / _STEPS_COUNT))
    return shapely.transform(bent, transformer(code, storage_crs))


@lru_cache
def _is_one_system(code: str, storage_crs: str) -> bool:
    return known_crs(code) == known_crs(storage_crs)


@lru_cache
def _reach(code: str) -> BaseGeometry:
    edges = shapely.segmentize(shapely.box(*_REACH_DEGREES), 1.0)
    return shapely.box(*shapely.transform(edges, transformer(WGS84, code)).bounds)


def rectangle(x1: Any, y1: Any, x2: Any, y2: Any) -> BaseGeometry:  # noqa: ANN401  edges of a box
    """Return a box as what it is: an area, or a line or point where it has no width; GEOS knows no flat polygon."""
    if x1 == x2 and y1 == y2:
        return shapely.Point(x1, y1)
    if x1 == x2 or y1 == y2:
        return shapely.LineString([(x1, y1), (x2, y2)])
    return shapely.box(x1, y1, x2, y2)


def parse_period(text: str) -> Period:
    """Return the stretch of time in ``text``: an instant, a day, or two of them with ``/``, ``..`` where open.

    A day is one in Vietnam.

    Raises
    ------
    BadQueryError
        Not RFC 3339, or the end before the start.
    """
    parts = text.split("/")
    wrong = bad_value(
        Text(
            "ghi như 2026-11-22T00:00:00Z hoặc 2026-01-01T00:00:00Z/...",
            "write it like 2026-11-22T00:00:00Z or 2026-01-01T00:00:00Z/..",
        ),
        name="datetime",
    )
    if len(parts) > 2 or (len(parts) == 1 and text in {"", ".."}):  # noqa: PLR2004  start and end
        raise wrong
    try:
        start = _moment(parts[0], is_end=False)
        end = _moment(parts[-1], is_end=True)
    except (ValueError, OverflowError):
        raise wrong from None
    if start is not None and end is not None and start > end:
        raise wrong
    return Period(start=start, end=end)


def parse_equals(layer: LayerName, name: str, text: str) -> Value:
    """Return the value that an attribute of ``layer`` must have. Raises BadQueryError when it is of another kind."""
    kind = next(each.kind for each in LAYERS[layer].attributes if each.name == name)
    return parse_value(name, text, kind=kind)


def parse_value(name: str, text: str, *, kind: Kind) -> Value:
    """Return ``text`` as a value of ``kind``. Raises BadQueryError."""
    value = _value(text, kind)
    if value is None:
        raise bad_value(
            Text(f"giá trị không thuộc kiểu {kind.value}.", f"not a value of the kind {kind.value}."), name=name
        )
    return value


def _value(text: str, kind: Kind) -> Value | None:
    if kind is Kind.TEXT:
        return None if "\x00" in text else to_nfc(text)
    if kind is Kind.INTEGER:
        return int(text) if _SIGNED_INTEGER.fullmatch(text) else None
    if kind is Kind.REAL:
        return float(text) if _PLAIN_NUMBER.fullmatch(text) and abs(float(text)) <= LARGEST_REAL else None
    if kind is Kind.BOOLEAN:
        return _TRUTHS.get(text)
    try:
        return date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        return None


def _edges(text: str) -> tuple[float, float, float, float]:
    parts = text.split(",")
    wrong = bad_value(
        Text("cần bốn số, cách bằng dấu phẩy.", "four numbers with commas between are needed."), name="bbox"
    )
    if len(parts) not in {4, 6} or not all(_PLAIN_NUMBER.fullmatch(part) for part in parts):
        raise wrong
    numbers = [float(part) for part in parts]
    if not all(math.isfinite(number) for number in numbers):
        raise wrong
    if len(numbers) == 6:  # noqa: PLR2004  with heights
        if numbers[2] > numbers[5]:
            raise wrong
        del numbers[5], numbers[2]
    return numbers[0], numbers[1], numbers[2], numbers[3]


def _moment(text: str, *, is_end: bool) -> datetime | None:
    if text in {"", ".."}:
        return None
    if _DAY.fullmatch(text):
        day = date.fromisoformat(text)
        return datetime.combine(day, time.max if is_end else time.min, tzinfo=_VIETNAM).astimezone(UTC)
    if not _INSTANT.fullmatch(text):
        raise ValueError(text)
    whole, fraction, zone = re.fullmatch(r"(.{19})(?:\.(\d+))?(.+)", text.upper()).groups()  # type: ignore[union-attr]  # of this form, as just seen
    seconds = timedelta(microseconds=int((fraction or "0")[:6].ljust(6, "0")))
    return datetime.fromisoformat(whole + zone.replace("Z", "+00:00")).astimezone(UTC) + seconds
