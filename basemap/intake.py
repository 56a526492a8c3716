"""Reading a file into a layer's attributes: what it is, which coordinate system, which columns.

Nothing is judged feature by feature here; that is `basemap.validate`.
"""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import geopandas as gpd
import pandas as pd
import pyogrio
import shapely
from pyogrio.errors import DataLayerError, DataSourceError

from basemap.columns import match_columns
from basemap.model import LAYERS, LayerName
from basemap.source_crs import settle_crs
from basemap.source_files import FileKind, SourceFile, checked_copy
from basemap.whereabouts import check_whereabouts
from spatial.errors import InputError
from spatial.issues import Issue, Severity
from spatial.text import Text, to_nfc

_DRIVERS = {
    FileKind.GEOPACKAGE: "GPKG",
    FileKind.SHAPEFILE: "ESRI Shapefile",
    FileKind.GEOJSON: "GeoJSON",
}
_NO_MAP: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """A file, read.

    Parameters
    ----------
    frame
        The columns that are attributes of the layer, under the attributes' names, and geometry in ``source_crs``.
        Index 0..n-1 in the order of the file.
    original
        The same features with every column as it stood in the file, for the quarantine.
    source_crs
        ``EPSG:n``, or WKT where no code exists.
    """

    file: str
    frame: gpd.GeoDataFrame
    original: gpd.GeoDataFrame
    source_crs: str
    sha256: str
    issues: tuple[Issue, ...]


def read_layer_file(
    path: Path,
    layer: LayerName,
    *,
    crs: str | None = None,
    column_map: Mapping[str, str] = _NO_MAP,
    layer_in_file: str | None = None,
    swap_axes: bool = False,
) -> Intake:
    """Read ``path`` for ``layer``.

    Parameters
    ----------
    crs
        Its coordinate system, ``EPSG:n``, as a person states it; it overrules the file.
    column_map
        Attribute of each column whose name does not say it.
    layer_in_file
        The layer to read where a GeoPackage holds several.
    swap_axes
        The file has the northing (or latitude) first.

    Raises
    ------
    InputError
        The file as a whole cannot be used: missing, empty, not what it says, without coordinate system, with
        coordinates that contradict it, or without a required column.
    """
    with checked_copy(path) as source:
        original, label, said = _read(source, layer_in_file)
    if swap_axes:
        swapped = shapely.transform(original.geometry.array, lambda points: points[:, ::-1])
        original = original.set_geometry(swapped)
    settled = settle_crs(label, crs, file=source.name)
    original = original.set_crs(settled.name, allow_override=True)
    check_whereabouts(original, crs=settled.name, is_asserted=settled.is_asserted, file=source.name)
    names = [str(column) for column in original.columns if column != original.geometry.name]
    match = match_columns(names, LAYERS[layer], column_map=column_map, file=source.name)
    frame = original[[*match.attribute_of, original.geometry.name]].rename(columns=dict(match.attribute_of))
    return Intake(
        file=source.name,
        frame=frame,
        original=original,
        source_crs=settled.name,
        sha256=source.sha256,
        issues=(*said, *settled.issues, *match.issues),
    )


def _read(source: SourceFile, layer_in_file: str | None) -> tuple[gpd.GeoDataFrame, str | None, list[Issue]]:
    """Return every feature, what the file calls its coordinate system, and what the driver remarked."""
    try:
        with warnings.catch_warnings(record=True) as remarks:
            warnings.simplefilter("always")
            layer_name = _chosen_layer(source, layer_in_file)
            info = pyogrio.read_info(source.address, layer=layer_name, encoding=source.encoding)
            frame = pyogrio.read_dataframe(
                source.address, layer=layer_name, encoding=source.encoding, on_invalid="ignore"
            )
    except (DataSourceError, DataLayerError, shapely.errors.ShapelyError, ValueError, RuntimeError) as error:
        raise InputError(
            Text("Không đọc được tệp; có thể tệp hỏng.", "The file cannot be read; it may be damaged."),
            hint=Text("Mở và lưu lại trong QGIS rồi nhập lại.", "Open and save it again in QGIS, then repeat."),
            subject=source.name,
        ) from error
    _must_be_whole(frame, info, source=source)
    frame.columns = [to_nfc(str(column)) for column in frame.columns]
    label = source.declared_crs if source.kind is FileKind.GEOJSON else info["crs"]
    return frame, label, _remarks([str(remark.message) for remark in remarks], source)


def _chosen_layer(source: SourceFile, wanted: str | None) -> str:
    layers = [str(name) for name, kind in pyogrio.list_layers(source.address) if kind is not None]
    if source.kind is not FileKind.GEOPACKAGE or (wanted is None and len(layers) == 1):
        return layers[0]
    names = ", ".join(layers) or "–"
    if wanted in layers:
        return str(wanted)
    message = Text(f"Tệp có các lớp: {names}.", f"The file holds these layers: {names}.")
    if wanted is not None:
        message = Text(f"Tệp không có lớp {wanted!r}.", f"The file has no layer {wanted!r}.")
    elif not layers:
        message = Text("Tệp không có lớp bản đồ nào.", "The file holds no map layer.")
    raise InputError(
        message,
        hint=Text(f"Chọn một lớp bằng --layer-in-file: {names}.", f"Choose one with --layer-in-file: {names}."),
        subject=source.name,
    )


def _must_be_whole(frame: pd.DataFrame, info: Mapping[str, object], *, source: SourceFile) -> None:
    if info["driver"] != _DRIVERS[source.kind] or not isinstance(frame, gpd.GeoDataFrame):
        raise InputError(
            Text("Tệp không chứa lớp bản đồ.", "The file holds no map layer."),
            hint=Text("Xuất lại thành GeoPackage.", "Export it again as GeoPackage."),
            subject=source.name,
        )
    count = info["features"]
    if len(frame) == 0:
        raise InputError(
            Text("Tệp không có đối tượng nào.", "The file holds no feature."),
            hint=Text("Kiểm tra bộ lọc khi xuất tệp.", "Check the filter with which it was exported."),
            subject=source.name,
        )
    if isinstance(count, int) and count > len(frame):
        raise InputError(
            Text(f"Chỉ đọc được {len(frame)} trên {count} đối tượng.", f"Only {len(frame)} of {count} can be read."),
            hint=Text("Chép lại tệp từ nguồn.", "Copy the file again from its source."),
            subject=source.name,
        )


def _remarks(messages: list[str], source: SourceFile) -> list[Issue]:
    issues = [
        Issue(
            severity=Severity.WARNING,
            code="driver_remark",
            file=source.name,
            value=message,
            message=Text("Trình đọc tệp ghi chú điều này.", "The file driver remarked this."),
            hint=Text("Xem các dòng bị để riêng.", "See the rows that stand aside."),
        )
        for message in dict.fromkeys(messages)
    ]
    if source.is_encoding_guessed:
        issue = Issue(
            severity=Severity.WARNING,
            code="encoding_unknown",
            file=source.name,
            message=Text("Tệp không ghi bảng mã; chữ có thể sai.", "No character set is stated; letters may be wrong."),
            hint=Text("Lưu lại bằng UTF-8.", "Save it again in UTF-8."),
        )
        issues.append(issue)
    return issues
