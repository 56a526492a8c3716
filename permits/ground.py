"""The layers made ready for many parcels: one spatial index each, what each covers, and which cannot answer."""

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from shapely.errors import ShapelyError
from shapely.geometry.base import BaseGeometry

from basemap.model import LAYERS, LayerName, Shape
from basemap.special_areas import SpecialKind
from permits.answers import NOT_LOADED, Cause, LayerFault, LayerSource
from permits.overlap import OverlapThresholds
from spatial.text import Text

CHECKED_LAYERS = (
    LayerName.ZONE,
    LayerName.DETAILED_PLAN,
    LayerName.ROAD_RESERVATION,
    LayerName.STREET,
    LayerName.BUILDING,
    LayerName.SPECIAL_AREA,
    LayerName.TRADE_AXIS,
    LayerName.RIVER_CORRIDOR,
    LayerName.POWER_LINE,
    LayerName.POWER_CORRIDOR,
    LayerName.RAILWAY_CORRIDOR,
    LayerName.AIRPORT_SURFACE,
    LayerName.HERITAGE_AREA,
    LayerName.PRESCRIPTION_AREA,
    LayerName.PRESCRIPTION_LINE,
    LayerName.PRESCRIPTION_POINT,
)
"""Layers that are asked about every parcel."""

CORRIDOR_LAYERS = (
    LayerName.RIVER_CORRIDOR,
    LayerName.POWER_LINE,
    LayerName.POWER_CORRIDOR,
    LayerName.RAILWAY_CORRIDOR,
    LayerName.AIRPORT_SURFACE,
    LayerName.HERITAGE_AREA,
)
"""Layers that restrict what may be built where they touch a parcel."""

RESTRICTING_LAYERS = (
    LayerName.DETAILED_PLAN,
    *CORRIDOR_LAYERS,
    LayerName.PRESCRIPTION_AREA,
    LayerName.PRESCRIPTION_LINE,
    LayerName.PRESCRIPTION_POINT,
)
"""Layers of which a hit, or silence, keeps a proposal from complying until a person has looked."""

_Shapes = npt.NDArray[np.object_]
Bounds = tuple[float, float, float, float]
_Key = tuple[LayerName, SpecialKind | None]
_GEOMETRY_TYPES = {
    Shape.AREA: ("Polygon", "MultiPolygon", "GeometryCollection"),
    Shape.LINE: ("LineString", "MultiLineString", "LinearRing"),
    Shape.POINT: ("Point", "MultiPoint"),
}
_WITHOUT_COVERAGE = Text(
    "Chưa biết phạm vi của các lớp dữ liệu (lớp coverage không trả lời).",
    "What the layers cover is not known (the layer coverage does not answer).",
)

Layers = Mapping[LayerName, gpd.GeoDataFrame | LayerFault | None]
"""Frames with ``feature_id``; None, absent or a fault: the layer does not answer."""


class Ground:
    """Layers made ready for many parcels, all in one metric coordinate system.

    A layer that is missing or broken stops nobody: it is *not checked*, with its cause.

    Parameters
    ----------
    layers
        With the layer ``coverage`` among them, a layer answers inside its declared coverage only; while
        ``coverage`` itself does not answer, nobody knows where any layer does, and none reads as clear. Without
        that key the caller vouches for the whole of ``extents``.
    sources
        Versions, to be cited.
    extents
        min_x, min_y, max_x, max_y of layers without a declared coverage; one that has neither covers everything.
    """

    def __init__(
        self,
        layers: Layers,
        *,
        crs: str,
        thresholds: OverlapThresholds | None = None,
        sources: Mapping[LayerName, LayerSource] | None = None,
        extents: Mapping[LayerName, Bounds] | None = None,
    ) -> None:
        self.crs = crs
        self.thresholds = thresholds or OverlapThresholds()
        self._sources = dict(sources or {})
        self._faults: dict[LayerName, LayerFault] = {}
        self._records: dict[LayerName, list[dict[str, object]]] = {}
        self._trees: dict[LayerName, shapely.STRtree] = {}
        for name in (*CHECKED_LAYERS, LayerName.COVERAGE):
            frame = layers.get(name)
            shapes = _fault_of_missing(frame) if not isinstance(frame, gpd.GeoDataFrame) else _shapes(name, frame, crs)
            if isinstance(shapes, LayerFault):
                self._faults[name] = shapes
                continue
            records = frame.drop(columns=frame.geometry.name).to_dict("records")  # type: ignore[union-attr]  # a frame here
            self._records[name] = [{**record, "geometry": each} for record, each in zip(records, shapes, strict=True)]
            self._trees[name] = shapely.STRtree(shapes)
        self._coverage_is_asked = LayerName.COVERAGE in layers
        self._kinds = {record.get("kind") for record in self._records.get(LayerName.SPECIAL_AREA, ())}
        self._covered = self._coverage(extents or {})

    def fault(self, layer: LayerName, *, kind: SpecialKind | None = None) -> LayerFault | None:
        """Return why a layer, or a kind of special area, cannot answer anywhere; None where it can."""
        if (found := self._faults.get(layer)) is not None:
            return found
        if self._coverage_is_asked and (found := self._faults.get(LayerName.COVERAGE)) is not None:
            return LayerFault(cause=found.cause, note=_WITHOUT_COVERAGE)
        if kind is not None and kind.value not in self._kinds and not self._is_declared(kind):
            return NOT_LOADED
        return None

    def is_loaded(self, layer: LayerName) -> bool:
        """Tell whether the layer was given, and could be read."""
        return layer in self._records

    def covers(self, layer: LayerName, shape: BaseGeometry, *, kind: SpecialKind | None = None) -> bool:
        """Tell whether the whole of ``shape`` lies where the layer was drawn, within its error."""
        area = self._covered.get((layer, kind), self._covered.get((layer, None)))
        return area is None or bool(shapely.covers(area, shape))

    def source(self, layer: LayerName) -> LayerSource | None:
        """Return the version of a layer, where it was given."""
        return self._sources.get(layer)

    def error_m(self, layer: LayerName) -> float:
        """Return the standard error between a parcel and a feature of ``layer``, metres."""
        source = self._sources.get(layer)
        return self.thresholds.combined_error_m(layer, datum_error_m=source.datum_error_m if source else 0.0)

    def near(self, layer: LayerName, geometry: BaseGeometry, *, distance_m: float) -> list[dict[str, object]]:
        """Return the records of a loaded layer within ``distance_m`` of ``geometry``, in the order of the frame."""
        found = self._trees[layer].query(geometry, predicate="dwithin", distance=distance_m)
        return [self._records[layer][number] for number in sorted(found)]

    def nearest_m(self, layer: LayerName, geometry: BaseGeometry, *, within_m: float) -> float | None:
        """Return the distance to the nearest feature of a loaded layer, None where none is within ``within_m``."""
        _, distances = self._trees[layer].query_nearest(
            geometry, max_distance=within_m, return_distance=True, all_matches=False
        )
        return float(distances[0]) if len(distances) else None

    def _is_declared(self, kind: SpecialKind) -> bool:
        return bool({(LayerName.SPECIAL_AREA, kind), (LayerName.SPECIAL_AREA, None)} & self._declared)

    def _coverage(self, extents: Mapping[LayerName, Bounds]) -> dict[_Key, BaseGeometry]:
        """Return the ground that each layer answers for, grown by its error; prepared for many questions."""
        parts: dict[_Key, list[BaseGeometry]] = {}
        for record in self._records.get(LayerName.COVERAGE, ()):
            kind = record.get("kind")
            key = (LayerName(str(record["layer"])), SpecialKind(kind) if isinstance(kind, str) and kind else None)
            parts.setdefault(key, []).append(record["geometry"])
        self._declared = set(parts)
        for layer, bounds in extents.items():
            parts.setdefault((layer, None), [shapely.box(*bounds)])
        grown = {key: shapely.buffer(shapely.union_all(shapes), self.error_m(key[0])) for key, shapes in parts.items()}
        for area in grown.values():
            shapely.prepare(area)
        return grown


def _fault_of_missing(frame: LayerFault | None) -> LayerFault:
    return NOT_LOADED if frame is None else frame


def _shapes(layer: LayerName, frame: gpd.GeoDataFrame, crs: str) -> _Shapes | LayerFault:
    """Return the shapes of a layer, made valid, or why it cannot be used."""
    if frame.crs is None or ":".join(frame.crs.to_authority() or ()) != crs:
        return _failed(f"không ở hệ tọa độ {crs}", f"not in {crs}")
    missing = [each.name for each in LAYERS[layer].attributes if each.required and each.name not in frame]
    if missing:
        return _failed(f"thiếu cột {', '.join(missing)}", f"without the column {', '.join(missing)}")
    given = np.asarray(frame.geometry.array, dtype=object)
    if any(shape is None for shape in given) or not np.isfinite(shapely.bounds(given)).all():
        return _failed("có đối tượng không có hình hoặc tọa độ", "with features that have no shape or no coordinates")
    if not set(frame.geometry.geom_type) <= set(_GEOMETRY_TYPES[LAYERS[layer].shape]):
        return _failed("sai loại hình", "of another kind of shape")
    try:
        return np.asarray(shapely.make_valid(given), dtype=object)
    except ShapelyError:
        return _failed("có hình không sửa được", "with shapes that cannot be mended")


def _failed(vi: str, en: str) -> LayerFault:
    return LayerFault(cause=Cause.FAILED, note=Text(f"Dữ liệu {vi}.", f"The data are {en}."))
