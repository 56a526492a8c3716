"""A Shapefile in a ZIP archive, taken out under names of our own.

What an archive says about itself is not believed: bytes are counted while they come out, so that a bomb stops at the
limit, and no name from inside ever becomes a path.
"""

import stat
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from spatial.errors import InputError
from spatial.text import Text

MOST_ENTRIES_COUNT = 100
MOST_RATIO = 200
"""A Shapefile shrinks to a tenth or a fiftieth; what shrinks more than this is made to burst."""

_PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg")
_NESTED = (".zip", ".7z", ".rar", ".gz", ".tar", ".kmz")
_BLOCK_BYTES = 1 << 20
_PASSWORD_FLAG = 0x1
_ZIP_AGAIN = Text(
    "Nén lại chỉ .shp, .shx, .dbf, .prj của một lớp.", "Zip only the .shp, .shx, .dbf and .prj of one layer."
)


def unpacked_shapefile(path: Path, folder: Path, *, largest_bytes: int) -> Path:
    """Take the one Shapefile out of the archive at ``path`` into ``folder`` and return its ``.shp``.

    Raises
    ------
    InputError
        It is no archive, is damaged or locked, holds no or several Shapefiles, another archive, a link or a name that
        leaves the folder, or more bytes than allowed.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            _must_be_harmless(entries, file=path.name, largest_bytes=largest_bytes)
            return _unpack(archive, _parts(entries, file=path.name), folder, left_bytes=largest_bytes)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise _refused(
            Text("Không phải tệp ZIP, hoặc tệp hỏng.", "This is no ZIP archive, or it is damaged."),
            code="archive_damaged",
            file=path.name,
        ) from error


def _must_be_harmless(entries: list[zipfile.ZipInfo], *, file: str, largest_bytes: int) -> None:
    if len(entries) > MOST_ENTRIES_COUNT:
        raise _refused(
            Text("Tệp nén có quá nhiều mục.", "The archive holds too many entries."), code="archive_entries", file=file
        )
    for entry in entries:
        name = PurePosixPath(entry.filename.replace("\\", "/"))
        if name.is_absolute() or ".." in name.parts or ":" in entry.filename:
            raise _refused(
                Text("Tên mục đi ra ngoài thư mục.", "A name leads out of the folder."), code="archive_path", file=file
            )
        if stat.S_ISLNK(entry.external_attr >> 16):
            raise _refused(Text("Tệp nén có liên kết.", "The archive holds a link."), code="archive_link", file=file)
        if name.suffix.lower() in _NESTED:
            raise _refused(
                Text("Tệp nén chứa tệp nén khác.", "The archive holds another archive."),
                code="archive_nested",
                file=file,
            )
        if entry.flag_bits & _PASSWORD_FLAG:
            raise _refused(
                Text("Tệp nén có mật khẩu.", "The archive is locked by a password."), code="archive_locked", file=file
            )
        if entry.file_size > MOST_RATIO * max(entry.compress_size, 1) + _BLOCK_BYTES:
            raise _too_large(file)
    if sum(entry.file_size for entry in entries) > largest_bytes:
        raise _too_large(file)


def _parts(entries: list[zipfile.ZipInfo], *, file: str) -> list[zipfile.ZipInfo]:
    wanted = [
        entry
        for entry in entries
        if PurePosixPath(entry.filename).suffix.lower() in _PARTS and not entry.filename.startswith("__MACOSX/")
    ]
    shapes = [entry for entry in wanted if entry.filename.lower().endswith(".shp")]
    if len(shapes) != 1:
        count = len(shapes)
        raise _refused(
            Text(f"Tệp nén có {count} tệp .shp, cần đúng một.", f"The archive holds {count} .shp; one is needed."),
            code="archive_shapefiles",
            file=file,
        )
    stem = shapes[0].filename[: -len(".shp")].casefold()
    return [entry for entry in wanted if entry.filename.rpartition(".")[0].casefold() == stem]


def _unpack(archive: zipfile.ZipFile, parts: list[zipfile.ZipInfo], folder: Path, *, left_bytes: int) -> Path:
    folder.mkdir()
    for entry in parts:
        suffix = PurePosixPath(entry.filename).suffix.lower()
        with archive.open(entry) as packed, (folder / f"layer{suffix}").open("wb") as target:
            while block := packed.read(_BLOCK_BYTES):
                left_bytes -= len(block)
                if left_bytes < 0:
                    raise _too_large(str(archive.filename and Path(archive.filename).name))
                target.write(block)
    return folder / "layer.shp"


def _too_large(file: str) -> InputError:
    return _refused(
        Text("Tệp nén bung ra quá lớn.", "The archive unpacks to too much."), code="archive_bursts", file=file
    )


def _refused(message: Text, *, code: str, file: str) -> InputError:
    return InputError(message, hint=_ZIP_AGAIN, subject=file, code=code)
