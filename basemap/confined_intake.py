"""Reading a file from outside in a process of its own: what bursts, hangs or breaks its reader ends only that."""

from dataclasses import replace
from pathlib import Path
from typing import TypedDict, Unpack

import geopandas as gpd

from basemap.intake import Intake, read_layer_file
from basemap.model import LayerName
from basemap.source_model import FileKind
from basemap.validate import Validation, validate_layer
from spatial.confined import Bounds, ConfinedError, Excess, confined
from spatial.errors import InputError
from spatial.territory import VIETNAM, Territory, territory_of
from spatial.text import Text

_DIVIDE = Text(
    "Chia nhỏ tệp, hoặc nâng DIABAN_IMPORT_MEMORY_MB, DIABAN_IMPORT_TIME_S.",
    "Divide the file, or raise DIABAN_IMPORT_MEMORY_MB, DIABAN_IMPORT_TIME_S.",
)
_EXPORT = Text("Xuất lại thành GeoPackage từ phần mềm GIS.", "Export it again as GeoPackage from a GIS.")
_REFUSALS = {
    Excess.MEMORY: ("file_takes_memory", Text("Tệp cần quá nhiều bộ nhớ.", "The file needs too much memory."), _DIVIDE),
    Excess.TIME: (
        "file_takes_time",
        Text("Đọc tệp quá lâu, đã dừng.", "Reading took too long and was stopped."),
        _DIVIDE,
    ),
    Excess.CRASH: (
        "file_breaks_reader",
        Text("Trình đọc hỏng giữa chừng vì tệp này.", "The reader broke down over this file."),
        _EXPORT,
    ),
}


class ReadOptions(TypedDict, total=False):
    """What `basemap.intake.read_layer_file` takes."""

    crs: str | None
    column_map: dict[str, str]
    layer_in_file: str | None
    swap_axes: bool
    largest_bytes: int
    territory: Territory


def read_and_validate(path: Path, layer: LayerName, **options: Unpack[ReadOptions]) -> tuple[Intake, Validation]:
    """Read ``path`` and check its features; of the original rows only those that stand aside are kept.

    Raises
    ------
    InputError
        As `read_layer_file` says.
    """
    intake = read_layer_file(path, layer, **options)
    territory = options.get("territory", VIETNAM)
    validation = validate_layer(intake.frame, layer, file=intake.file, territory=territory)
    return replace(intake, original=intake.original.loc[validation.quarantined.index]), validation


def read_confined(
    path: Path, layer: LayerName, bounds: Bounds, **options: Unpack[ReadOptions]
) -> tuple[Intake, Validation]:
    """Do what `read_and_validate` does, within ``bounds``.

    Raises
    ------
    InputError
        As `read_and_validate`, or ``file_takes_memory``, ``file_takes_time``, ``file_breaks_reader``.
    """
    try:
        return confined(read_and_validate, bounds, path, layer, **options)
    except ConfinedError as error:
        code, message, hint = _REFUSALS[error.excess]
        raise InputError(message, hint=hint, subject=path.name, code=code) from error


def read_drawing_confined(path: Path, bounds: Bounds, *, crs: str, largest_bytes: int) -> gpd.GeoDataFrame:
    """Return every line and area of a DXF drawing with the columns of the file, closed lines as areas.

    They may lie where ``crs`` is used.

    Raises
    ------
    InputError
        It is no DXF drawing, or cannot be read within ``bounds``.
    """
    if path.suffix.lower() != FileKind.DXF:
        raise InputError(
            Text("Cần tệp DXF.", "A DXF file is needed."),
            hint=Text("Xuất bản vẽ thành DXF.", "Export the drawing as DXF."),
            subject=path.name,
            code="file_kind_unknown",
        )
    try:
        return confined(_drawing, bounds, path, crs=crs, largest_bytes=largest_bytes)
    except ConfinedError as error:
        code, message, hint = _REFUSALS[error.excess]
        raise InputError(message, hint=hint, subject=path.name, code=code) from error


def _drawing(path: Path, *, crs: str, largest_bytes: int) -> gpd.GeoDataFrame:
    options: ReadOptions = {"crs": crs, "largest_bytes": largest_bytes, "territory": territory_of(crs)}
    return read_layer_file(path, LayerName.BUILDING, **options).original
