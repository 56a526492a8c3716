"""Files from outside: looked at before any driver sees them, and copied under a name of our own.

GDAL chooses a driver by looking into the file. A virtual layer (VRT) in a file called ``.geojson`` or ``.gpkg``
then reads any file of the server and calls any port. So the suffix says what a file claims to be, its first bytes
must agree, and the driver is named outright. The copy also keeps a file from changing between check and reading.
"""

import json
import shutil
import sqlite3
import struct
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

from basemap.source_archive import unpacked_shapefile
from basemap.source_formats import STAGE_BY_KIND
from basemap.source_model import (
    COPY_AGAIN,
    LARGEST_FILE_BYTES,
    SAVE_AGAIN,
    SHAPEFILE_MAGIC,
    SQLITE_MAGIC,
    FileKind,
    SourceFile,
    damaged,
    head_of,
    wrong_kind,
)
from spatial.errors import InputError
from spatial.files import sha256_of_file
from spatial.text import Text

_ARCHIVE_SUFFIX = ".zip"
_SUFFIXES = {kind.value: kind for kind in FileKind} | {".json": FileKind.GEOJSON, ".geoparquet": FileKind.GEOPARQUET}
_SHAPEFILE_PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg")
_SHAPEFILE_REQUIRED = (".shx", ".dbf")
_SHAPEFILE_HEADER_BYTES = 100
_DBF_HEADER_BYTES = 32
_CHARACTER_SETS = {"utf-8": "UTF-8", "utf8": "UTF-8", "65001": "UTF-8", "iso-8859-1": "ISO-8859-1"}


@contextmanager
def checked_copy(path: Path, *, largest_bytes: int = LARGEST_FILE_BYTES) -> Iterator[SourceFile]:
    """Give a copy of ``path`` that is what its suffix says; the copy goes when the block ends.

    Parameters
    ----------
    largest_bytes
        Size above which a file, or what a ZIP archive holds, is refused.

    Raises
    ------
    InputError
        No such file, empty, too large, of another kind than its name says, cut off, or lacking a part.
    """
    _must_be_readable(path)
    _must_have_bytes(path, largest_bytes=largest_bytes)
    with tempfile.TemporaryDirectory(prefix="diaban-import-") as folder:
        if path.suffix.lower() != _ARCHIVE_SUFFIX:
            yield _STAGE[_SUFFIXES[path.suffix.lower()]](path, Path(folder))
            return
        inner = unpacked_shapefile(path, Path(folder) / "unpacked", largest_bytes=largest_bytes)
        source = _stage_shapefile(inner, Path(folder))
        yield replace(source, name=path.name, sha256=sha256_of_file(path))


def _must_be_readable(path: Path) -> None:
    if not path.is_file():
        raise InputError(
            Text("Không có tệp này.", "There is no such file."),
            hint=Text("Kiểm tra đường dẫn và tên tệp.", "Check the folder and the name."),
            subject=str(path),
            code="file_missing",
        )
    if path.suffix.lower() not in {*_SUFFIXES, _ARCHIVE_SUFFIX}:
        known = ", ".join(sorted([*_SUFFIXES, _ARCHIVE_SUFFIX]))
        raise InputError(
            Text(f"Không nhập được loại tệp {path.suffix!r}.", f"Files of the kind {path.suffix!r} are not read."),
            hint=Text(f"Dùng GeoPackage (.gpkg) hoặc: {known}.", f"Give a GeoPackage (.gpkg), or: {known}."),
            subject=path.name,
            code="file_kind_unknown",
        )


def _must_have_bytes(path: Path, *, largest_bytes: int) -> None:
    size_bytes = path.stat().st_size
    if size_bytes == 0:
        raise InputError(
            Text("Tệp rỗng (0 byte).", "The file is empty (0 bytes)."),
            hint=COPY_AGAIN,
            subject=path.name,
            code="file_empty",
        )
    if size_bytes > largest_bytes:
        size_mb, largest_mb = size_bytes // 1_000_000, largest_bytes // 1_000_000
        raise InputError(
            Text(
                f"Tệp {size_mb} MB, vượt giới hạn {largest_mb} MB.",
                f"{size_mb} MB is over the limit of {largest_mb} MB.",
            ),
            hint=Text(
                "Chia nhỏ tệp, hoặc nâng DIABAN_LARGEST_IMPORT_MB.", "Divide it, or raise DIABAN_LARGEST_IMPORT_MB."
            ),
            subject=path.name,
            code="file_too_large",
        )


def _stage_geopackage(path: Path, folder: Path) -> SourceFile:
    head = head_of(path, 64)
    if not head.startswith(SQLITE_MAGIC):
        raise wrong_kind(path, FileKind.GEOPACKAGE, head)
    unsaved = path.with_name(path.name + "-wal")
    if unsaved.is_file() and unsaved.stat().st_size > 0:
        raise InputError(
            Text("Tệp đang mở trong chương trình khác.", "The file is open in another program."),
            hint=Text(
                "Lưu và đóng nó (ví dụ trong QGIS) rồi nhập lại.", "Save and close it (in QGIS, say), then repeat."
            ),
            subject=path.name,
            code="file_open_elsewhere",
        )
    copy = folder / "source.gpkg"
    shutil.copyfile(path, copy)
    return SourceFile(
        kind=FileKind.GEOPACKAGE,
        name=path.name,
        address=f"GPKG:{copy}",
        sha256=sha256_of_file(copy),
        views=_whole_geopackage(copy, path),
    )


def _whole_geopackage(copy: Path, path: Path) -> frozenset[str]:
    """Return the names of its views and virtual tables in small letters."""
    try:
        with closing(sqlite3.connect(f"{copy.as_uri()}?mode=ro&immutable=1", uri=True)) as connection:
            verdict = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
            tables = dict(connection.execute("SELECT lower(name), type || ' ' || sql FROM sqlite_master"))
    except (sqlite3.Error, UnicodeDecodeError) as error:
        raise damaged(path, Text("SQLite không đọc được", "SQLite cannot read it")) from error
    if verdict != "ok":
        raise damaged(path, Text("SQLite kiểm tra không đạt", "SQLite's check fails"))
    if "gpkg_contents" not in tables:
        raise wrong_kind(path, FileKind.GEOPACKAGE, SQLITE_MAGIC)
    views = _views(tables)
    if any(name.startswith("gpkg_") for name in views):
        raise damaged(path, Text("danh mục của tệp là khung nhìn", "its catalogue is a view"))
    return views


def _views(tables: Mapping[str, str | None]) -> frozenset[str]:
    """Return the names that are views or virtual tables: behind those a short query makes rows without end."""
    words = {name: (what or "").casefold() for name, what in tables.items()}
    return frozenset(name for name, what in words.items() if what.startswith(("view", "table create virtual")))


def _stage_shapefile(path: Path, folder: Path) -> SourceFile:
    head = head_of(path, _SHAPEFILE_HEADER_BYTES)
    if not head.startswith(SHAPEFILE_MAGIC):
        raise wrong_kind(path, FileKind.SHAPEFILE, head)
    parts = _shapefile_parts(path)
    copies = [
        shutil.copyfile(parts[suffix], folder / f"source{suffix}") for suffix in _SHAPEFILE_PARTS if suffix in parts
    ]
    _must_be_whole_shapefile(folder, path)
    encoding, is_guessed = _dbf_encoding(folder, path)
    digest = sha256()
    for copy in copies:
        digest.update(copy.read_bytes())
    return SourceFile(
        kind=FileKind.SHAPEFILE,
        name=path.name,
        address=str(folder / "source.shp"),
        sha256=digest.hexdigest(),
        encoding=encoding,
        is_encoding_guessed=is_guessed,
    )


def _shapefile_parts(path: Path) -> dict[str, Path]:
    parts = {
        other.suffix.lower(): other
        for other in sorted(path.parent.iterdir())
        if other.stem == path.stem and other.suffix.lower() in _SHAPEFILE_PARTS and other.is_file()
    }
    parts[".shp"] = path
    missing = [suffix for suffix in _SHAPEFILE_REQUIRED if suffix not in parts]
    if missing:
        names = ", ".join(path.stem + suffix for suffix in missing)
        raise InputError(
            Text(f"Shapefile thiếu {names}.", f"The Shapefile lacks {names}."),
            hint=Text(
                "Chép đủ .shp, .shx, .dbf và .prj vào cùng thư mục.",
                "Copy .shp, .shx, .dbf and .prj together into one folder.",
            ),
            subject=path.name,
            code="shapefile_incomplete",
        )
    return parts


def _must_be_whole_shapefile(folder: Path, path: Path) -> None:
    shape_bytes = (folder / "source.shp").stat().st_size
    index_bytes = (folder / "source.shx").stat().st_size
    head = head_of(folder / "source.shp", _SHAPEFILE_HEADER_BYTES)
    if len(head) < _SHAPEFILE_HEADER_BYTES or shape_bytes < 2 * struct.unpack(">i", head[24:28])[0]:
        raise damaged(path, Text(".shp ngắn hơn phần đầu ghi", ".shp is shorter than its header says"))
    table = head_of(folder / "source.dbf", _DBF_HEADER_BYTES)
    if len(table) < _DBF_HEADER_BYTES:
        raise damaged(path, Text(".dbf không có phần đầu", ".dbf has no header"))
    row_count, header_bytes, row_bytes = struct.unpack("<IHH", table[4:12])
    if (folder / "source.dbf").stat().st_size < header_bytes + row_count * row_bytes:
        raise damaged(path, Text(".dbf ngắn hơn phần đầu ghi", ".dbf is shorter than its header says"))
    shape_count = (index_bytes - _SHAPEFILE_HEADER_BYTES) // 8
    if shape_count != row_count:
        why = Text(
            f".shx có {shape_count} đối tượng, .dbf có {row_count} dòng",
            f".shx has {shape_count} features, .dbf has {row_count} rows",
        )
        raise damaged(path, why)


def _dbf_encoding(folder: Path, path: Path) -> tuple[str, bool]:
    """Return the character set, and whether it had to be guessed.

    GDAL believes neither a missing .cpg nor Vietnamese code pages: with ``TCVN`` or ``cp1258`` it silently cuts
    the last letter of every value, so these are refused rather than read wrongly.
    """
    stated = folder / "source.cpg"
    if stated.is_file():
        name = stated.read_bytes()[:32].decode("ascii", "replace").strip()
        if name.lower() in _CHARACTER_SETS:
            return _CHARACTER_SETS[name.lower()], False
        if name.lower() not in {"", "ansi 1252", "1252", "88591", "windows-1252", "cp1252"}:
            raise InputError(
                Text(f"Chưa đọc được bảng mã {name!r}.", f"The character set {name!r} is not read."),
                hint=Text("Lưu lại bằng UTF-8.", "Save it again in UTF-8."),
                subject=path.name,
                code="encoding_unread",
            )
    content = (folder / "source.dbf").read_bytes()
    header_bytes = struct.unpack("<H", content[8:10])[0]
    try:
        content[header_bytes:].decode("utf-8")
    except UnicodeDecodeError:
        return "ISO-8859-1", not stated.is_file()
    return "UTF-8", False


def _stage_geojson(path: Path, folder: Path) -> SourceFile:
    head = head_of(path, 64).removeprefix(b"\xef\xbb\xbf")
    if not head.lstrip().startswith(b"{"):
        raise wrong_kind(path, FileKind.GEOJSON, head)
    copy = folder / "source.geojson"
    shutil.copyfile(path, copy)
    document = _parsed(copy, path)
    kind = document.get("type") if isinstance(document, dict) else None
    if kind not in {"FeatureCollection", "Feature"}:
        raise InputError(
            Text("JSON này không phải GeoJSON FeatureCollection.", "This JSON is no GeoJSON FeatureCollection."),
            hint=SAVE_AGAIN,
            subject=path.name,
            code="file_kind_mismatch",
        )
    return SourceFile(
        kind=FileKind.GEOJSON,
        name=path.name,
        address=f"GeoJSON:{copy}",
        sha256=sha256_of_file(copy),
        declared_crs=_geojson_crs(document),
    )


def _parsed(copy: Path, path: Path) -> dict[str, object]:
    try:
        document = json.loads(copy.read_text(encoding="utf-8-sig"), parse_constant=_refuse_constant)
    except _NotANumberError as error:
        raise damaged(path, Text(f"{error} không phải số trong JSON", f"{error} is no number in JSON")) from error
    except json.JSONDecodeError as error:
        where = Text(f"JSON sai ở dòng {error.lineno}", f"JSON is wrong at line {error.lineno}")
        raise damaged(path, where) from error
    except UnicodeDecodeError as error:
        raise damaged(path, Text("không phải UTF-8", "it is not UTF-8")) from error
    except RecursionError as error:
        raise damaged(path, Text("JSON lồng quá sâu", "JSON is nested too deeply")) from error
    return document if isinstance(document, dict) else {}


class _NotANumberError(ValueError):
    """NaN or Infinity, which Python's parser lets pass and GDAL's does not."""


def _refuse_constant(name: str) -> float:
    raise _NotANumberError(name)


def _geojson_crs(document: dict[str, object]) -> str:
    """Return the coordinate system that the old member ``crs`` names; RFC 7946 knows WGS84 alone."""
    member = document.get("crs")
    properties = member.get("properties") if isinstance(member, dict) else None
    name = properties.get("name") if isinstance(properties, dict) else None
    if not isinstance(name, str) or name.upper().endswith("CRS84"):
        return "EPSG:4326"
    code = name.rsplit(":", 1)[-1]
    return f"EPSG:{code}" if code.isdigit() else name


_STAGE: dict[FileKind, Callable[[Path, Path], SourceFile]] = {
    FileKind.GEOPACKAGE: _stage_geopackage,
    FileKind.SHAPEFILE: _stage_shapefile,
    FileKind.GEOJSON: _stage_geojson,
    **STAGE_BY_KIND,
}
