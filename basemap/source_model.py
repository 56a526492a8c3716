"""What a file from outside is: its kind, its checked copy, and the words for one that is not what it says."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from spatial.errors import InputError
from spatial.text import Text

LARGEST_FILE_BYTES = 2_000_000_000
"""A larger file is refused before a byte of it is read, unless the settings say otherwise."""

SQLITE_MAGIC = b"SQLite format 3\x00"
SHAPEFILE_MAGIC = b"\x00\x00\x27\x0a"
SAVE_AGAIN = Text("Xuất lại thành GeoPackage (.gpkg).", "Export it again as GeoPackage (.gpkg).")
COPY_AGAIN = Text("Chép lại tệp từ nguồn.", "Copy the file again from its source.")


class FileKind(StrEnum):
    """The kinds of file that are read, by suffix."""

    GEOPACKAGE = ".gpkg"
    SHAPEFILE = ".shp"
    GEOJSON = ".geojson"
    FLATGEOBUF = ".fgb"
    GEOPARQUET = ".parquet"
    GML = ".gml"
    DXF = ".dxf"
    DGN = ".dgn"
    OSM_PBF = ".pbf"
    CSV = ".csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFile:
    """A checked copy of a file.

    Parameters
    ----------
    name
        Name of the file as it came, without its folder.
    address
        What the driver is given: the copy, with the name of the only driver that may open it where it takes one.
    sha256
        Hash of the file; for a shapefile of .shp, .shx, .dbf, .prj and .cpg, one after the other.
    encoding
        Character set of the attributes where it must be stated, otherwise None.
    declared_crs
        What a GeoJSON file says in its member ``crs`` (EPSG:4326 when silent); None for the other kinds.
    is_encoding_guessed
        The character set stands nowhere and the text is not UTF-8.
    views
        Names of the views and virtual tables of a GeoPackage, in small letters.
    """

    kind: FileKind
    name: str
    address: str
    sha256: str
    encoding: str | None = None
    declared_crs: str | None = None
    is_encoding_guessed: bool = False
    views: frozenset[str] = frozenset()


_KIND_WORDS = {
    FileKind.GEOPACKAGE: "GeoPackage",
    FileKind.SHAPEFILE: "Shapefile",
    FileKind.GEOJSON: "GeoJSON",
    FileKind.FLATGEOBUF: "FlatGeobuf",
    FileKind.GEOPARQUET: "GeoParquet",
    FileKind.GML: "GML",
    FileKind.DXF: "DXF",
    FileKind.DGN: "DGN",
    FileKind.OSM_PBF: "OSM PBF",
    FileKind.CSV: "CSV",
}
_LOOKS_LIKE = (
    (SQLITE_MAGIC, Text("cơ sở dữ liệu SQLite", "an SQLite database")),
    (SHAPEFILE_MAGIC, Text("Shapefile", "a Shapefile")),
    (b"PK\x03\x04", Text("tệp nén ZIP", "a ZIP archive")),
    (b"<", Text("XML hoặc HTML", "XML or HTML")),
    (b"{", Text("JSON", "JSON")),
    (b"\xff\xfe", Text("văn bản UTF-16", "UTF-16 text")),
    (b"%PDF", Text("PDF", "a PDF")),
    (b"AC10", Text("bản vẽ DWG", "a DWG drawing")),
    (b"fgb", Text("FlatGeobuf", "a FlatGeobuf")),
    (b"PAR1", Text("Parquet", "Parquet")),
    (b"\xd0\xcf\x11\xe0", Text("tệp OLE (DGN V8 hoặc Office)", "an OLE file (DGN V8 or Office)")),
)


def wrong_kind(path: Path, kind: FileKind, head: bytes) -> InputError:
    """Return the refusal of a file whose content is not what its suffix says."""
    start = head.lstrip()
    what = next((words for magic, words in _LOOKS_LIKE if start.startswith(magic)), None)
    found = what or Text("văn bản hoặc dạng khác", "text or something else")
    word = _KIND_WORDS[kind]
    return InputError(
        Text(
            f"Tên tệp nói là {word} nhưng nội dung là {found.vi}.",
            f"The name says {word}, but the content is {found.en}.",
        ),
        hint=SAVE_AGAIN,
        subject=path.name,
        code="file_kind_mismatch",
    )


def damaged(path: Path, why: Text) -> InputError:
    """Return the refusal of a file that is cut off or broken."""
    return InputError(
        Text(f"Tệp hỏng hoặc bị cắt: {why.vi}.", f"The file is damaged or cut off: {why.en}."),
        hint=COPY_AGAIN,
        subject=path.name,
        code="file_damaged",
    )


def head_of(path: Path, count: int) -> bytes:
    """Return the first ``count`` bytes."""
    with path.open("rb") as stream:
        return stream.read(count)
