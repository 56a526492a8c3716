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

_BOUNDS = Bounds(memory_bytes=1_000_000_000, time_s=60.0)
_LARGEST_BYTES = 20_000_000
_LINES = ("LineString", "MultiLineString")
_AREAS = ("Polygon", "MultiPolygon")


def footprint_of_drawing(path: Path, *, layer: str = "", crs: str = DRAWING_CRS) -> Located:
    """Return the union of the closed outlines on one layer of a DXF file; arcs come as chords of 1°.

    Parameters
    ----------
    layer
        Layer of the drawing; it has to be named where several hold closed outlines.
    crs
        Coordinate system of the drawing, in metres.

    Raises
    ------
    InputError
        The file is no DXF, holds no closed outline on that layer, an open one, or one that crosses itself; or the
        layer has to be named.
    """
    drawn = read_drawing_confined(path, _BOUNDS, crs=crs, largest_bytes=_LARGEST_BYTES)
    layers = sorted(set(drawn.loc[drawn.geometry.geom_type.isin(_AREAS), "Layer"].astype(str)))
    if not layer and len(layers) == 1:
        layer = layers[0]
    if not layer or layer not in set(drawn["Layer"].astype(str)):
        raise _which_layer(layer, layers, subject=path.name)
    return Located(geometry=_outline(drawn[drawn["Layer"].astype(str) == layer], subject=path.name), crs=crs)


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
