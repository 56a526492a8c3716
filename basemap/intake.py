"""Reading a file into a layer's attributes: what it is, which coordinate system, which columns.

Nothing is judged feature by feature here; that is `basemap.validate`.
"""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely
from pyogrio.errors import DataLayerError, DataSourceError

from basemap.columns import match_columns
from basemap.model import LAYERS, LayerName, Shape
from basemap.source_crs import settle_crs
from basemap.source_curves import ARC_STEP_DEGREES, curves_told
from basemap.source_files import checked_copy
from basemap.source_model import LARGEST_FILE_BYTES, FileKind, SourceFile
from basemap.source_osm import as_layer, table_for
from basemap.source_tables import TableRead, read_csv, read_parquet
from basemap.source_text import in_unicode
from basemap.whereabouts import check_whereabouts
from spatial.errors import InputError
from spatial.issues import Issue, Severity
from spatial.territory import VIETNAM, Territory
from spatial.text import Text, to_nfc

_DRIVERS = {
    FileKind.GEOPACKAGE: "GPKG",
    FileKind.SHAPEFILE: "ESRI Shapefile",
    FileKind.GEOJSON: "GeoJSON",
    FileKind.FLATGEOBUF: "FlatGeobuf",
    FileKind.GML: "GML",
    FileKind.DXF: "DXF",
    FileKind.DGN: "DGN",
    FileKind.OSM_PBF: "OSM",
}
_TABLES = {FileKind.CSV: read_csv, FileKind.GEOPARQUET: read_parquet}
_DRAWINGS = frozenset({FileKind.DXF, FileKind.DGN})
_RING_CORNERS_COUNT = 3
_OF_SEVERAL_LAYERS = frozenset({FileKind.GEOPACKAGE, FileKind.GML})
# The driver would otherwise fetch the schema that a GML file names, from wherever it says.
pyogrio.set_gdal_config_options({"GML_DOWNLOAD_SCHEMA": "NO", "OGR_ARC_STEPSIZE": str(ARC_STEP_DEGREES)})
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


def read_layer_file(  # noqa: PLR0913 - each is one thing that a person may state about a file
    path: Path,
    layer: LayerName,
    *,
    crs: str | None = None,
    column_map: Mapping[str, str] = _NO_MAP,
    layer_in_file: str | None = None,
    swap_axes: bool = False,
    largest_bytes: int = LARGEST_FILE_BYTES,
    territory: Territory = VIETNAM,
) -> Intake:
    """Read ``path`` for ``layer``.

    Parameters
    ----------
    crs
        Its coordinate system, ``EPSG:n``, as a person states it; it overrules the file.
    column_map
        Attribute of each column whose name does not say it.
    layer_in_file
        The layer to read where a file holds several.
    swap_axes
        The file has the northing (or latitude) first.
    largest_bytes
        A larger file is refused.
    territory
        Where its features may lie.

    Raises
    ------
    InputError
        The file as a whole cannot be used: missing, empty, too large, not what it says, without coordinate system, with
        coordinates that contradict it, or without a required column.
    """
    with checked_copy(path, largest_bytes=largest_bytes) as source:
        if source.kind in _TABLES:
            original, label, said = _TABLES[source.kind](source)
        else:
            original, label, said = _read(source, layer, layer_in_file)
    original, put_right = in_unicode(original, file=source.name)
    if put_right:
        said = [*(issue for issue in said if issue.code != "encoding_unknown"), *put_right]
    if swap_axes:
        swapped = shapely.transform(original.geometry.array, lambda points: points[:, ::-1])
        original = original.set_geometry(swapped)
    settled = settle_crs(label, crs, file=source.name)
    original = original.set_crs(settled.name, allow_override=True)
    check_whereabouts(
        original, crs=settled.name, is_asserted=settled.is_asserted, file=source.name, territory=territory
    )
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


def _read(source: SourceFile, layer: LayerName, layer_in_file: str | None) -> TableRead:
    """Return every feature, what the file calls its coordinate system, and what the driver remarked."""
    try:
        with warnings.catch_warnings(record=True) as remarks:
            warnings.simplefilter("always")
            layer_name = _chosen_layer(source, layer, layer_in_file)
            encoding = _stated_encoding(source)
            info = pyogrio.read_info(source.address, layer=layer_name, encoding=encoding)
            frame = pyogrio.read_dataframe(source.address, layer=layer_name, encoding=encoding, on_invalid="ignore")
    except (DataSourceError, DataLayerError, shapely.errors.ShapelyError, ValueError, RuntimeError) as error:
        raise InputError(
            Text("Không đọc được tệp; có thể tệp hỏng.", "The file cannot be read; it may be damaged."),
            hint=Text("Mở và lưu lại trong QGIS rồi nhập lại.", "Open and save it again in QGIS, then repeat."),
            subject=source.name,
            code="file_unreadable",
        ) from error
    _must_be_whole(frame, info, source=source)
    frame.columns = [to_nfc(str(column)) for column in frame.columns]
    label = source.declared_crs if source.kind is FileKind.GEOJSON else info["crs"]
    said = [*_remarks([str(remark.message) for remark in remarks], source), *curves_told(source, layer_name)]
    if source.kind is FileKind.OSM_PBF:
        frame = as_layer(frame, layer)
    if source.kind in _DRAWINGS and LAYERS[layer].shape is Shape.AREA:
        frame, closed = _closed_lines_as_areas(frame, source)
        said += closed
    return TableRead(frame, label, said)


def _stated_encoding(source: SourceFile) -> str | None:
    """Return the character set that the driver is told with the file; that of drawings it is told beforehand."""
    if source.kind is not FileKind.DXF:
        return source.encoding
    pyogrio.set_gdal_config_options({"DXF_ENCODING": source.encoding})
    return None


def _closed_lines_as_areas(frame: gpd.GeoDataFrame, source: SourceFile) -> tuple[gpd.GeoDataFrame, list[Issue]]:
    """Return ``frame`` with closed lines as areas: a drawing knows no other way to say *plot*."""
    geometries = np.asarray(frame.geometry.array, dtype=object)
    is_line = shapely.get_type_id(geometries) == shapely.GeometryType.LINESTRING
    is_ring = is_line & shapely.is_closed(geometries) & (shapely.get_num_coordinates(geometries) > _RING_CORNERS_COUNT)
    if not is_ring.any():
        return frame, []
    geometries[is_ring] = [shapely.Polygon(line.coords) for line in geometries[is_ring]]
    issue = Issue(
        severity=Severity.INFO,
        code="closed_lines_became_areas",
        file=source.name,
        field="geometry",
        value=str(int(is_ring.sum())),
        message=Text(
            f"{int(is_ring.sum())} đường khép kín của bản vẽ được đọc là vùng.",
            f"{int(is_ring.sum())} closed lines of the drawing were read as areas.",
        ),
    )
    return frame.set_geometry(geometries, crs=frame.crs), [issue]


def _chosen_layer(source: SourceFile, layer: LayerName, wanted: str | None) -> str:
    name = _named_layer(source, layer, wanted)
    if name.casefold() in source.views:
        raise InputError(
            Text(f"{name!r} là khung nhìn (view), không phải bảng.", f"{name!r} is a view, not a table."),
            hint=Text("Xuất lớp này thành GeoPackage mới.", "Export this layer into a new GeoPackage."),
            subject=source.name,
            code="geopackage_view",
        )
    return name


def _named_layer(source: SourceFile, layer: LayerName, wanted: str | None) -> str:
    if source.kind is FileKind.OSM_PBF:
        return table_for(layer, file=source.name)
    layers = [str(name) for name, kind in pyogrio.list_layers(source.address) if kind is not None]
    if layers and (source.kind not in _OF_SEVERAL_LAYERS or (wanted is None and len(layers) == 1)):
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
        code="layer_in_file",
    )


def _must_be_whole(frame: pd.DataFrame, info: Mapping[str, object], *, source: SourceFile) -> None:
    if info["driver"] != _DRIVERS[source.kind] or not isinstance(frame, gpd.GeoDataFrame):
        raise InputError(
            Text("Tệp không chứa lớp bản đồ.", "The file holds no map layer."),
            hint=Text("Xuất lại thành GeoPackage.", "Export it again as GeoPackage."),
            subject=source.name,
            code="no_map_layer",
        )
    count = info["features"]
    if len(frame) == 0:
        raise InputError(
            Text("Tệp không có đối tượng nào.", "The file holds no feature."),
            hint=Text("Kiểm tra bộ lọc khi xuất tệp.", "Check the filter with which it was exported."),
            subject=source.name,
            code="no_feature",
        )
    if isinstance(count, int) and count > len(frame):
        raise InputError(
            Text(f"Chỉ đọc được {len(frame)} trên {count} đối tượng.", f"Only {len(frame)} of {count} can be read."),
            hint=Text("Chép lại tệp từ nguồn.", "Copy the file again from its source."),
            subject=source.name,
            code="file_damaged",
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
