"""The street file of a round, checked like every layer of the basemap and made into a network to walk or ride on."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import numpy.typing as npt

from allocation.model import NearBy
from basemap.intake import Intake, read_layer_file
from basemap.model import LayerName
from basemap.validate import validate_layer
from spatial.crs import HCMC
from spatial.errors import InputError
from spatial.geometry import reproject_frame
from spatial.issues import Issue, Severity
from spatial.network import StreetNetwork, build_network
from spatial.one_way import AGAINST, ALONG, BOTH
from spatial.text import Text

NOT_WALKED = ("motorway",)
"""Classes of streets on which nobody may walk."""

NOT_RIDDEN = ("path", "motorway")
"""Classes of streets on which nobody rides a motorbike: paths and stairs, and motorways."""

_ONE_WAY_COLUMNS = ("one_way", "oneway")
_ONE_WAY_WORDS = {
    **dict.fromkeys(("yes", "true", "1", "forward", "f"), ALONG),
    **dict.fromkeys(("-1", "reverse", "backward", "t"), AGAINST),
    **dict.fromkeys(("", "no", "false", "0", "both", "b", "none", "nan"), BOTH),
}
"""What files write for a street that may be ridden only as it is drawn, only against that, or both ways."""

_CONNECTED_ENOUGH_RATIO = 0.9


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StreetFile:
    """A file of streets as a network, and what was found in it.

    Parameters
    ----------
    sha256
        Hash of the file's bytes, so that a round can say on which streets it was measured.
    """

    network: StreetNetwork
    sha256: str
    issues: tuple[Issue, ...]


def read_network(
    path: Path,
    *,
    near_by: NearBy = NearBy.WALKING,
    storage_crs: str = HCMC,
    crs: str | None = None,
    join_tolerance_m: float = 0.5,
) -> StreetFile:
    """Read a GeoPackage, Shapefile or GeoJSON of street lines and build the network in ``storage_crs``.

    Lines whose ``street_class`` is in `NOT_WALKED`, for riding in `NOT_RIDDEN`, are left out and counted.

    Parameters
    ----------
    near_by
        For riding the column ``one_way`` (or OSM's ``oneway``) is obeyed, in the direction in which a line is drawn.
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
    is_ridden = near_by is NearBy.RIDING
    is_used = ~streets["street_class"].isin(NOT_RIDDEN if is_ridden else NOT_WALKED).to_numpy()
    found = [_left_out(int((~is_used).sum()), near_by)] if not is_used.all() else []
    direction = None
    if is_ridden:
        direction, said = _directions(intake, streets, is_used)
        found += said
    try:
        lines = np.asarray(streets.geometry.array, dtype=object)[is_used]
        network = build_network(lines, crs=storage_crs, join_tolerance_m=join_tolerance_m, direction=direction)
    except InputError as error:
        raise InputError(error.message, hint=error.hint, subject=intake.file) from error
    found = [replace(issue, file=intake.file) for issue in (*found, *_apart(network))]
    columns_aside = "unknown_column"
    said = [issue for issue in intake.issues if issue.code != columns_aside or issue.severity is Severity.WARNING]
    return StreetFile(network=network, sha256=intake.sha256, issues=(*said, *checked.issues, *found))


def _directions(
    intake: Intake, streets: gpd.GeoDataFrame, is_used: npt.NDArray[np.bool_]
) -> tuple[npt.NDArray[np.int64], list[Issue]]:
    """Return how each street that is used may be ridden, and what is to be said about it."""
    column = next((name for name in intake.original.columns if str(name).lower() in _ONE_WAY_COLUMNS), None)
    used = streets.index[is_used]
    words = (
        intake.original[column].reindex(used) if column else intake.original.geometry.reindex(used).map(lambda _: "")
    )
    texts = [_word(value) for value in words]
    direction = np.array([_ONE_WAY_WORDS.get(text, BOTH) for text in texts], dtype=np.int64)
    unknown = sorted({text for text in texts if text not in _ONE_WAY_WORDS})
    found = [_one_way_count(int((direction != BOTH).sum()), is_told=column is not None)]
    if unknown:
        found.append(_one_way_unknown(", ".join(unknown[:3]), count=sum(text in unknown for text in texts)))
    without_class = int(streets["street_class"].isna().to_numpy()[is_used].sum())
    if without_class:
        found.append(_class_unknown(without_class))
    return direction, found


def _word(value: object) -> str:
    text = "" if value is None else str(value).strip().lower()
    return text.removesuffix(".0")


def _left_out(count: int, near_by: NearBy) -> Issue:
    if near_by is NearBy.RIDING:
        code = "not_ridden"
        message = Text(
            f"{count} đoạn xe máy không đi được (lối đi bộ, đường cao tốc) được bỏ qua.",
            f"{count} lines that no motorbike may use (paths, motorways) were left out.",
        )
    else:
        code = "not_walked"
        message = Text(f"{count} đoạn cấm đi bộ được bỏ qua.", f"{count} lines that nobody may walk were left out.")
    return Issue(severity=Severity.INFO, code=code, field="street_class", message=message)


def _one_way_count(count: int, *, is_told: bool) -> Issue:
    if is_told:
        message = Text(f"{count} đoạn đường một chiều.", f"{count} lines are one-way.")
        return Issue(severity=Severity.INFO, code="one_way_streets", field="one_way", message=message)
    return Issue(
        severity=Severity.WARNING,
        code="one_way_not_known",
        field="one_way",
        message=Text(
            "Tệp đường không có cột one_way: mọi đoạn được coi là đi được hai chiều.",
            "The streets have no column one_way: all are taken to be ridden both ways.",
        ),
        hint=Text("Thêm cột one_way: yes, no hoặc -1.", "Add the column one_way: yes, no or -1."),
    )


def _one_way_unknown(words: str, *, count: int) -> Issue:
    return Issue(
        severity=Severity.WARNING,
        code="one_way_unreadable",
        field="one_way",
        value=words,
        message=Text(
            f"{count} đoạn có one_way không hiểu được; coi là đi được hai chiều.",
            f"{count} lines have a one_way that says nothing; they are taken to be ridden both ways.",
        ),
        hint=Text("Ghi yes, no hoặc -1 (ngược chiều vẽ).", "Write yes, no or -1 (against the line)."),
    )


def _class_unknown(count: int) -> Issue:
    return Issue(
        severity=Severity.WARNING,
        code="street_class_missing",
        field="street_class",
        message=Text(
            f"{count} đoạn không rõ loại đường; coi là xe đi được.",
            f"{count} lines have no class; they are taken to be open to vehicles.",
        ),
        hint=Text("Điền cột street_class.", "Fill the column street_class."),
    )


def _apart(network: StreetNetwork) -> Iterator[Issue]:
    if network.largest_component_share_ratio >= _CONNECTED_ENOUGH_RATIO:
        return
    share = f"{network.largest_component_share_ratio:.0%}"
    message = Text(
        f"Mạng đường rời thành {network.component_count} phần; phần lớn nhất chỉ chiếm {share} chiều dài.",
        f"The streets fall into {network.component_count} parts; the largest holds only {share} of their length.",
    )
    hint = Text("Kiểm tra chỗ đứt và cầu còn thiếu.", "Look for gaps and missing bridges.")
    yield Issue(severity=Severity.WARNING, code="streets_apart", message=message, hint=hint)
