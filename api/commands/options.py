"""Words of the command line that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

from basemap.model import LayerName
from spatial.errors import InputError
from spatial.text import Text

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
LayerArgument = Annotated[LayerName, typer.Argument(help="Layer of the basemap.", show_default=False)]
OnlyLayerArgument = Annotated[LayerName | None, typer.Argument(help="Only this layer.")]
VersionOption = Annotated[int | None, typer.Option(help="Version number; the published one by default.")]
AsOfOption = Annotated[
    str | None, typer.Option(metavar="MOMENT", help="What readers saw then: a day (its end), or a moment.")
]
ValidOnOption = Annotated[str | None, typer.Option(metavar="DATE", help="What holds on that day.")]

CrsOption = Annotated[str | None, typer.Option(help="Coordinate system of the file, e.g. EPSG:9210.")]
MapOption = Annotated[list[str] | None, typer.Option("--map", help="column=attribute; may be repeated.")]
LayerInFileOption = Annotated[str | None, typer.Option(help="Which layer of a GeoPackage.")]
SwapAxesOption = Annotated[bool, typer.Option("--swap-axes", help="The file has the northing first.")]
ReportOption = Annotated[Path | None, typer.Option(help="Folder for the report.")]


def column_map(pairs: list[str] | None) -> dict[str, str]:
    """Return what ``--map column=attribute`` said, column to attribute.

    Raises
    ------
    InputError
        A pair is not of this form, or a column has two.
    """
    mapping: dict[str, str] = {}
    for pair in pairs or []:
        column, equals, attribute = (part.strip() for part in pair.rpartition("="))
        if not (column and equals and attribute) or column in mapping:
            raise InputError(
                Text(f"--map {pair!r} không đúng dạng.", f"--map {pair!r} is not of the right form."),
                hint=Text(
                    "Ghi --map CỘT=THUỘC_TÍNH, mỗi cột một lần.", "Write --map COLUMN=ATTRIBUTE, each column once."
                ),
            )
        mapping[column] = attribute
    return mapping
