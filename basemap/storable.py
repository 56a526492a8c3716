"""What a frame must be before it is stored as a layer, and its values as plain Python."""

from collections.abc import Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from basemap.model import LAYERS, Kind, LayerName
from spatial.crs import known_crs
from spatial.errors import InputError
from spatial.text import Text

_EXAMPLES_COUNT = 3


def feature_columns(layer: LayerName) -> list[str]:
    """Return the columns of a layer but the geometry, in declared order."""
    return ["feature_id", *LAYERS[layer].attribute_names]


def storable_columns(frame: gpd.GeoDataFrame, layer: LayerName, *, crs: str) -> dict[str, list[Any]]:
    """Return the values of a frame by column, None where missing, geometry apart.

    Parameters
    ----------
    crs
        Storage coordinate system, in which the frame must be.

    Raises
    ------
    InputError
        A column is missing or of the wrong kind, the coordinate system or a geometry is another, a required value
        is missing, or a ``feature_id`` stands twice.
    """
    _must_have_columns(frame, layer)
    _must_have_shapes(frame, layer, crs=crs)
    _must_have_keys(frame, layer)
    kinds = {attribute.name: attribute.kind for attribute in LAYERS[layer].attributes}
    return {name: _plain(frame[name], kinds.get(name, Kind.TEXT), layer) for name in feature_columns(layer)}


def _must_have_columns(frame: gpd.GeoDataFrame, layer: LayerName) -> None:
    missing = [name for name in feature_columns(layer) if name not in frame.columns]
    if missing:
        raise _unfit(layer, Text(f"Thiếu cột: {', '.join(missing)}.", f"Missing columns: {', '.join(missing)}."))


def _must_have_shapes(frame: gpd.GeoDataFrame, layer: LayerName, *, crs: str) -> None:
    if frame.crs is None or frame.crs != known_crs(crs):
        raise _unfit(layer, Text(f"Tọa độ không ở {crs}.", f"The coordinates are not in {crs}."))
    shape = LAYERS[layer].shape.value
    wrong = np.flatnonzero((frame.geom_type.to_numpy() != shape) | shapely.is_empty(frame.geometry.array))
    if len(wrong) > 0:
        rows = _examples([str(position) for position in wrong])
        raise _unfit(layer, Text(f"Hình không phải {shape} ở vị trí {rows}.", f"No {shape} at {rows}."))


def _must_have_keys(frame: gpd.GeoDataFrame, layer: LayerName) -> None:
    keys = frame["feature_id"]
    repeated = keys[keys.duplicated()].astype(str).unique().tolist()
    if repeated:
        shown = _examples(repeated)
        raise _unfit(layer, Text(f"feature_id bị trùng: {shown}.", f"feature_id given twice: {shown}."))
    required = [attribute.name for attribute in LAYERS[layer].attributes if attribute.required]
    for name in ("feature_id", *required):
        if frame[name].isna().any():
            raise _unfit(layer, Text(f"Cột {name} bị trống.", f"{name} has empty values."))


def _plain(column: gpd.GeoSeries, kind: Kind, layer: LayerName) -> list[Any]:
    # A column of integers in which one is missing comes as reals: 3.0 is 3, 3.5 is a mistake.
    try:
        values = (column.astype("Int64") if kind is Kind.INTEGER else column).astype(object)
    except (TypeError, ValueError) as error:
        message = Text(f"{column.name} phải là số nguyên.", f"{column.name} must be whole numbers.")
        raise _unfit(layer, message) from error
    plain: list[Any] = values.where(values.notna(), None).tolist()
    return plain


def _examples(values: Sequence[str]) -> str:
    rest = "…" if len(values) > _EXAMPLES_COUNT else ""
    return ", ".join(values[:_EXAMPLES_COUNT]) + rest


def _unfit(layer: LayerName, message: Text) -> InputError:
    return InputError(message, subject=layer.value)
