"""Looking into FlatGeobuf, GeoParquet, GML, DXF, DGN, OSM PBF and CSV files before anything opens them."""

import codecs
import shutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from basemap.source_model import FileKind, SourceFile, damaged, head_of, wrong_kind
from spatial.errors import InputError
from spatial.files import sha256_of_file
from spatial.text import Text

_HEAD_BYTES = 65_536
_BLOCK_BYTES = 1 << 20
_FLATGEOBUF_MAGIC = b"fgb\x03fgb"
_PARQUET_MAGIC = b"PAR1"
_DGN_V7_MAGICS = (b"\x08\x05", b"\x08\x09", b"\xc8\x05", b"\xc8\x09")
_OSM_HEADER = b"\x0a\x09OSMHeader"
_GML_NAMESPACE = b"opengis.net/gml"
_VIRTUAL_LAYER = b"ogrvrtdatasource"
"""GDAL asks its drivers one by one: a drawing that holds this word is opened as a virtual layer, not as a drawing."""

_FORBIDDEN_IN_XML = (b"<!doctype", b"<!entity", b"xi:include")
"""An entity can grow without end or name a file of the server."""


def _stage(path: Path, folder: Path, kind: FileKind) -> SourceFile:
    copy = folder / f"source{kind.value}"
    shutil.copyfile(path, copy)
    _must_not_hold((_VIRTUAL_LAYER, *(_FORBIDDEN_IN_XML if kind is FileKind.GML else ())), copy, path=path)
    return SourceFile(kind=kind, name=path.name, address=str(copy), sha256=sha256_of_file(copy))


def _stage_flatgeobuf(path: Path, folder: Path) -> SourceFile:
    head = head_of(path, 64)
    # The fourth byte of the second word counts patches of the format, which do not matter.
    if not head.startswith(_FLATGEOBUF_MAGIC):
        raise wrong_kind(path, FileKind.FLATGEOBUF, head)
    return _stage(path, folder, FileKind.FLATGEOBUF)


def _stage_parquet(path: Path, folder: Path) -> SourceFile:
    head = head_of(path, 64)
    if not head.startswith(_PARQUET_MAGIC):
        raise wrong_kind(path, FileKind.GEOPARQUET, head)
    source = _stage(path, folder, FileKind.GEOPARQUET)
    with Path(source.address).open("rb") as stream:
        stream.seek(-len(_PARQUET_MAGIC), 2)
        if stream.read() != _PARQUET_MAGIC:
            raise damaged(path, Text("thiếu phần cuối", "its end is missing"))
    return source


def _stage_gml(path: Path, folder: Path) -> SourceFile:
    head = head_of(path, _HEAD_BYTES)
    if not head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<") or _GML_NAMESPACE not in head:
        raise wrong_kind(path, FileKind.GML, head)
    return _stage(path, folder, FileKind.GML)


def _must_not_hold(words: tuple[bytes, ...], copy: Path, *, path: Path) -> None:
    longest = max(map(len, words))
    rest = b""
    with copy.open("rb") as stream:
        while block := stream.read(_BLOCK_BYTES):
            text = (rest + block).lower()
            if any(word in text for word in words):
                raise InputError(
                    Text("Tệp có DOCTYPE, thực thể hoặc lớp ảo.", "The file holds a DOCTYPE, entity or virtual layer."),
                    hint=Text("Xuất lại thành GeoPackage.", "Export it again as GeoPackage."),
                    subject=path.name,
                    code="file_reaches_out",
                )
            rest = text[-longest:]


def _stage_dxf(path: Path, folder: Path) -> SourceFile:
    head = head_of(path, _HEAD_BYTES)
    lines = [line.strip() for line in head.replace(b"\r\n", b"\n").split(b"\n")]
    # Comments (group 999) may stand before the first section.
    while lines[:1] == [b"999"]:
        lines = lines[2:]
    if lines[:2] != [b"0", b"SECTION"]:
        raise wrong_kind(path, FileKind.DXF, head)
    source = _stage(path, folder, FileKind.DXF)
    return replace(source, encoding="UTF-8") if _is_utf8(Path(source.address)) else source


def _is_utf8(copy: Path) -> bool:
    """Tell whether a drawing has letters beyond ASCII and all of them are UTF-8, whatever its header says.

    Drawings since 2007 are UTF-8; GDAL and others write UTF-8 under the header of an earlier year too.
    """
    decoder, has_letters = codecs.getincrementaldecoder("utf-8")(), False
    with copy.open("rb") as stream:
        try:
            while block := stream.read(_BLOCK_BYTES):
                has_letters = has_letters or not block.isascii()
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return has_letters


def _stage_dgn(path: Path, folder: Path) -> SourceFile:
    head = head_of(path, 64)
    if not head.startswith(_DGN_V7_MAGICS):
        raise wrong_kind(path, FileKind.DGN, head)
    return _stage(path, folder, FileKind.DGN)


def _stage_osm(path: Path, folder: Path) -> SourceFile:
    head = head_of(path, 64)
    if head[4:].startswith(_OSM_HEADER):
        return _stage(path, folder, FileKind.OSM_PBF)
    raise wrong_kind(path, FileKind.OSM_PBF, head)


def _stage_csv(path: Path, folder: Path) -> SourceFile:
    head = head_of(path, _HEAD_BYTES)
    is_utf16 = head.startswith((b"\xff\xfe", b"\xfe\xff"))
    if (b"\x00" in head and not is_utf16) or head.lstrip().startswith((b"<", b"{", b"PK\x03\x04", b"PAR1")):
        raise wrong_kind(path, FileKind.CSV, head)
    return _stage(path, folder, FileKind.CSV)


STAGE_BY_KIND: Mapping[FileKind, Callable[[Path, Path], SourceFile]] = MappingProxyType(
    {
        FileKind.FLATGEOBUF: _stage_flatgeobuf,
        FileKind.GEOPARQUET: _stage_parquet,
        FileKind.GML: _stage_gml,
        FileKind.DXF: _stage_dxf,
        FileKind.DGN: _stage_dgn,
        FileKind.OSM_PBF: _stage_osm,
        FileKind.CSV: _stage_csv,
    }
)
"""How a file of each kind is looked at and copied into a folder of our own."""
