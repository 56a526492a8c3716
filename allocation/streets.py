"""The street file of a round, checked like every layer of the basemap and made into a walking network."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from basemap.intake import read_layer_file
from basemap.model import LayerName
from basemap.validate import validate_layer
from spatial.crs import HCMC
from spatial.errors import InputError
from spatial.geometry import reproject_frame
from spatial.issues import Issue, Severity
from spatial.network import WalkingNetwork, build_network
from spatial.text import Text

NOT_WALKED = ("motorway",)
"""Classes of streets on which nobody may walk."""

_CONNECTED_ENOUGH_RATIO = 0.9


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StreetFile:
    """A file of streets as a network, and what was found in it.

    Parameters
    ----------
    sha256
        Hash of the file's bytes, so that a round can say on which streets it was measured.
    """

    network: WalkingNetwork
    sha256: str
    issues: tuple[Issue, ...]


def read_network(
    path: Path, *, storage_crs: str = HCMC, crs: str | None = None, join_tolerance_m: float = 0.5
) -> StreetFile:
    """Read a GeoPackage, Shapefile or GeoJSON of street lines and build the walking network in ``storage_crs``.

    Lines whose ``street_class`` is in `NOT_WALKED` are left out and counted.

    Parameters
    ----------
    crs
        Coordinate system of the file as a person states it, ``EPSG:n``; it overrules the file.
    join_tolerance_m
        A street that ends this close to another is joined to it.

    Raises
    ------
    InputError
        The file cannot be used as a layer of streets, or nothing that can be walked is left.
    """
    intake = read_layer_file(path, LayerName.STREET, crs=crs)
    checked = validate_layer(intake.frame, LayerName.STREET, file=intake.file)
    streets = reproject_frame(checked.accepted, storage_crs)
    is_walked = ~streets["street_class"].isin(NOT_WALKED).to_numpy()
    try:
        lines = np.asarray(streets.geometry.array, dtype=object)[is_walked]
        network = build_network(lines, crs=storage_crs, join_tolerance_m=join_tolerance_m)
    except InputError as error:
        raise InputError(error.message, hint=error.hint, subject=intake.file) from error
    found = _found(network, left_out_count=int((~is_walked).sum()), file=intake.file)
    columns_aside = "unknown_column"
    said = [issue for issue in intake.issues if issue.code != columns_aside or issue.severity is Severity.WARNING]
    return StreetFile(network=network, sha256=intake.sha256, issues=(*said, *checked.issues, *found))


def _found(network: WalkingNetwork, *, left_out_count: int, file: str) -> list[Issue]:
    found = []
    if left_out_count:
        message = Text(
            f"{left_out_count} đoạn cấm đi bộ được bỏ qua.",
            f"{left_out_count} lines that nobody may walk were left out.",
        )
        found.append(Issue(severity=Severity.INFO, code="not_walked", file=file, field="street_class", message=message))
    if network.largest_component_share_ratio < _CONNECTED_ENOUGH_RATIO:
        share = f"{network.largest_component_share_ratio:.0%}"
        message = Text(
            f"Mạng đường rời thành {network.component_count} phần; phần lớn nhất chỉ chiếm {share} chiều dài.",
            f"The streets fall into {network.component_count} parts; the largest holds only {share} of their length.",
        )
        hint = Text("Kiểm tra chỗ đứt và cầu còn thiếu.", "Look for gaps and missing bridges.")
        found.append(Issue(severity=Severity.WARNING, code="streets_apart", file=file, message=message, hint=hint))
    return found
