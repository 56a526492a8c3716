"""Telling that a file holds arcs: the map holds straight edges alone, so an arc is read as chords.

GDAL lays a chord over every degree of an arc (`ARC_STEP_DEGREES`), so that an edge lies at most 0.004 % of the radius
inside the arc: 1 mm at 26 m, 1 cm at 260 m. Its reader of DGN has a step of its own, of 5 degrees: 0.1 % of the radius.
"""

import re
import sqlite3
import struct
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from types import MappingProxyType

from basemap.source_model import FileKind, SourceFile
from spatial.issues import Issue, Severity
from spatial.text import Text

ARC_STEP_DEGREES = 1
_DGN_STEP_DEGREES = 5
_INSIDE_PERCENT = {ARC_STEP_DEGREES: "0,004", _DGN_STEP_DEGREES: "0,1"}

_HEAD_BYTES = 8 + 64 + 5
"""Header, the largest envelope, byte order and kind of a geometry in a GeoPackage."""

_ENVELOPE_BYTES = (0, 32, 48, 48, 64)
_CURVED_KINDS = range(8, 15)
"""ISO 13249-3: CIRCULARSTRING 8, COMPOUNDCURVE 9, CURVEPOLYGON 10, MULTICURVE 11, MULTISURFACE 12, CURVE, SURFACE."""

_BLOCK_BYTES, _LONGEST_WORD = 1 << 20, 64
_GML_CURVE = re.compile(rb"<(?:\w+:)?(?:Arc|Circle|Bezier|BSpline|CubicSpline|Clothoid|GeodesicString)")
_DXF_CURVES = frozenset({"ARC", "CIRCLE", "ELLIPSE", "SPLINE", "HELIX"})
_DXF_BULGED = frozenset({"LWPOLYLINE", "VERTEX"})
_DXF_BULGE = "42"
_DGN_CURVES = frozenset({11, 15, 16, 27})
"""DGN V7: curve, ellipse, arc, B-spline."""

_DGN_END = b"\xff\xff"


def curves_told(source: SourceFile, layer_name: str) -> list[Issue]:
    """Return one finding when the layer of a checked copy holds arcs, else nothing."""
    has_curves = _LOOKS.get(source.kind)
    if has_curves is None or not has_curves(_copy_of(source), layer_name):
        return []
    step = _DGN_STEP_DEGREES if source.kind is FileKind.DGN else ARC_STEP_DEGREES
    inside = _INSIDE_PERCENT[step]
    issue = Issue(
        severity=Severity.WARNING,
        code="curves_became_chords",
        file=source.name,
        field="geometry",
        message=Text(
            f"Tệp có cung tròn hoặc đường cong; đọc thành dây cung mỗi {step}°, lệch tối đa {inside} % bán kính.",
            f"The file holds arcs or curves; they were read as chords of {step}°,"
            f" at most {inside.replace(',', '.')} % of the radius off.",
        ),
        hint=Text(
            "Nếu cần chính xác hơn, chia cung thành các đỉnh rồi xuất lại.",
            "Where that is too coarse, turn the arcs into corners and export again.",
        ),
    )
    return [issue]


def _copy_of(source: SourceFile) -> Path:
    """Return the checked copy itself: before it may stand the name of the driver."""
    return Path(source.address.removeprefix("GPKG:"))


def _in_geopackage(path: Path, layer_name: str) -> bool:
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True)) as connection:
        found = connection.execute(
            "SELECT column_name FROM gpkg_geometry_columns WHERE table_name = ?", (layer_name,)
        ).fetchone()
        if found is None:
            return False
        table, column = (name.replace('"', '""') for name in (layer_name, str(found[0])))
        heads = connection.execute(f'SELECT substr("{column}", 1, {_HEAD_BYTES}) FROM "{table}"')  # noqa: S608 - names quoted
        return any(isinstance(head, bytes) and _is_curved(head) for (head,) in heads)


def _is_curved(head: bytes) -> bool:
    """Tell by the first bytes of a geometry of a GeoPackage whether it is one of curves."""
    if len(head) < 8 or not head.startswith(b"GP"):  # noqa: PLR2004 - a header
        return False
    envelope = (head[3] >> 1) & 7
    begin = 8 + (_ENVELOPE_BYTES[envelope] if envelope < len(_ENVELOPE_BYTES) else 0)
    if len(head) < begin + 5:
        return False
    (kind,) = struct.unpack_from("<I" if head[begin] else ">I", head, begin + 1)
    return (kind & 0xFFFF) % 1000 in _CURVED_KINDS


def _in_gml(path: Path, _layer_name: str) -> bool:
    rest = b""
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK_BYTES):
            if _GML_CURVE.search(rest + block):
                return True
            rest = block[-_LONGEST_WORD:]
    return False


def _in_dxf(path: Path, _layer_name: str) -> bool:
    kind, is_entity = "", False
    for code, value in _dxf_pairs(path):
        if code == "0":
            kind = value.upper()
            if is_entity and kind in _DXF_CURVES:
                return True
        elif code == "2" and kind == "SECTION":
            is_entity = value.upper() in {"ENTITIES", "BLOCKS"}
        elif code == _DXF_BULGE and is_entity and kind in _DXF_BULGED and value.strip("-0."):
            return True
    return False


def _dxf_pairs(path: Path) -> Iterator[tuple[str, str]]:
    with path.open(encoding="iso-8859-1") as lines:
        for code in lines:
            yield code.strip(), next(lines, "").strip()


def _in_dgn(path: Path, _layer_name: str) -> bool:
    """Walk from element to element: two bytes of level and kind, two that count the words that follow."""
    with path.open("rb") as stream:
        while len(head := stream.read(4)) == 4 and head[:2] != _DGN_END:  # noqa: PLR2004 - as above
            if head[1] & 0x7F in _DGN_CURVES:
                return True
            stream.seek(2 * int.from_bytes(head[2:], "little"), 1)
    return False


_LOOKS: Mapping[FileKind, Callable[[Path, str], bool]] = MappingProxyType(
    {
        FileKind.GEOPACKAGE: _in_geopackage,
        FileKind.GML: _in_gml,
        FileKind.DXF: _in_dxf,
        FileKind.DGN: _in_dgn,
    }
)
