"""The outline of a building out of a DXF drawing: the closed lines of one layer, read in a process of its own."""

from pathlib import Path

import geopandas as gpd
import shapely

from basemap.confined_intake import read_drawing_confined
from spatial.confined import Bounds
from spatial.errors import InputError
from spatial.geometry import Located
from spatial.text import Text

DRAWING_CRS = "EPSG:9210"
"""VN-2000 with the central meridian of Ho Chi Minh City, 105°45'; a drawing itself names no system."""

AT_HOME = Bounds(memory_bytes=1_000_000_000, time_s=60.0)
LARGEST_AT_HOME_BYTES = 20_000_000

_FARTHEST_M = 1_000.0
_LINES = ("LineString", "MultiLineString")
_AREAS = ("Polygon", "MultiPolygon")
_OF_PLACE = frozenset({"crs_contradicted", "outside_country"})
_OF_SIZE = frozenset({"file_too_large", "file_takes_memory", "file_takes_time"})
_OF_KIND = frozenset({"file_breaks_reader", "file_kind_mismatch", "file_reaches_out", "file_unreadable", "no_feature"})
_EXPORT_ALONE = Text("Chỉ xuất đường bao công trình thành DXF.", "Export the outline of the building alone as DXF.")
_EXPORT_AGAIN = Text(
    "Xuất lại đường bao công trình thành DXF từ phần mềm vẽ.",
    "Export the outline of the building as DXF again from the drawing software.",
)


def footprint_of_drawing(
    path: Path,
    *,
    layer: str = "",
    crs: str = DRAWING_CRS,
    bounds: Bounds = AT_HOME,
    largest_bytes: int = LARGEST_AT_HOME_BYTES,
) -> Located:
    """Return the union of the closed outlines on one layer of a DXF file; arcs come as chords of 1°.

    Parameters
    ----------
    layer
        Layer of the drawing; it has to be named where several hold closed outlines.
    crs
        Coordinate system of the drawing, in metres.
    bounds
        What the process that reads it may use.

    Raises
    ------
    InputError
        The file is no DXF, too large, takes more than ``bounds``, lies where ``crs`` is not used; holds no closed
        outline on that layer, an open one, or one that crosses itself; or the layer has to be named.
    """
    try:
        drawn = read_drawing_confined(path, bounds, crs=crs, largest_bytes=largest_bytes)
    except InputError as error:
        hint = _hint(error.code, crs=crs) or error.hint
        raise InputError(error.message, hint=hint, subject=error.subject, code=error.code) from error
    layers = sorted(set(drawn.loc[drawn.geometry.geom_type.isin(_AREAS), "Layer"].astype(str)))
    if not layer and len(layers) == 1:
        layer = layers[0]
    if not layer or layer not in set(drawn["Layer"].astype(str)):
        raise _which_layer(layer, layers, subject=path.name)
    return Located(geometry=_outline(drawn[drawn["Layer"].astype(str) == layer], subject=path.name), crs=crs)


def must_lie_near(outline: Located, parcel: Located) -> None:
    """Raise InputError for an outline so far from its parcel that the drawing means another place or system."""
    far_m = float(shapely.distance(outline.to(parcel.crs).geometry, parcel.geometry))
    if far_m > _FARTHEST_M:
        far_km = f"{far_m / 1000:.1f}"
        raise InputError(
            Text(
                f"Đường bao của bản vẽ cách thửa đất {far_km.replace('.', ',')} km.",
                f"The outline of the drawing lies {far_km} km from the parcel.",
            ),
            hint=_in_metres(outline.crs),
            code="outline_elsewhere",
        )


def _hint(code: str, *, crs: str) -> Text | None:
    """Return what to do about a drawing, where what is said of a layer to import would not help."""
    if code in _OF_PLACE:
        return _in_metres(crs)
    return _EXPORT_ALONE if code in _OF_SIZE else _EXPORT_AGAIN if code in _OF_KIND else None


def _in_metres(crs: str) -> Text:
    return Text(
        f"Vẽ hoặc xuất lại theo mét trong {crs}, tọa độ đông trước.",
        f"Draw or export it in metres in {crs}, the easting first.",
    )


def _outline(drawn: gpd.GeoDataFrame, *, subject: str) -> shapely.Geometry:
    kinds = drawn.geometry.geom_type
    open_count = int(kinds.isin(_LINES).sum())
    if open_count:
        raise InputError(
            Text(f"{open_count} đường của lớp không khép kín.", f"{open_count} lines of the layer are not closed."),
            hint=Text("Khép kín đường bao rồi xuất lại DXF.", "Close the outline and export the DXF again."),
            subject=subject,
            code="outline_open",
        )
    outlines = shapely.force_2d(drawn.geometry[kinds.isin(_AREAS)].to_numpy())
    crossing = next((outline for outline in outlines if not shapely.is_valid(outline)), None)
    if crossing is not None:
        where = shapely.is_valid_reason(crossing)
        raise InputError(
            Text(f"Đường bao tự cắt: {where}.", f"The outline crosses itself: {where}."),
            subject=subject,
            code="outline_crosses_itself",
        )
    if not len(outlines):
        raise _which_layer(subject, [], subject=subject)
    return shapely.union_all(outlines)


def _which_layer(layer: str, layers: list[str], *, subject: str) -> InputError:
    if not layers:
        return InputError(
            Text("Bản vẽ không có đường khép kín nào.", "The drawing has no closed outline."),
            hint=Text("Vẽ đường bao công trình khép kín.", "Draw the outline of the building as a closed line."),
            subject=subject,
            code="outline_missing",
        )
    names = ", ".join(layers)
    asked = Text(f"Không có lớp {layer!r}.", f"There is no layer {layer!r}.")
    several = Text("Nhiều lớp có đường khép kín.", "Several layers hold closed outlines.")
    return InputError(
        asked if layer else several,
        hint=Text(f"Chọn một lớp: {names}.", f"Name one layer: {names}."),
        subject=subject,
        code="outline_layer",
    )
