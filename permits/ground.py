"""The layers made ready for many parcels: one spatial index each, what each covers, and which cannot answer."""

from collections.abc import Mapping
from functools import cached_property

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from shapely.errors import ShapelyError
from shapely.geometry.base import BaseGeometry

from basemap.model import LAYERS, LayerName, Shape
from basemap.special_areas import SpecialKind
from permits.answers import NOT_LOADED, Cause, LayerFault, LayerSource
from permits.frontage import Street, facing_reach_m, street_of
from permits.model import FormerProvince
from permits.overlap import OverlapThresholds, Shapes, mended
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

Numbers = npt.NDArray[np.intp]
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
    former_provinces
        Province before July 2025 of the wards whose codes parcels carry.
    """

    def __init__(
        self,
        layers: Layers,
        *,
        crs: str,
        thresholds: OverlapThresholds | None = None,
        sources: Mapping[LayerName, LayerSource] | None = None,
        extents: Mapping[LayerName, Bounds] | None = None,
        former_provinces: Mapping[str, FormerProvince] | None = None,
    ) -> None:
        self.crs = crs
        self.former_provinces = former_provinces or {}
        self.thresholds = thresholds or OverlapThresholds()
        self._sources = dict(sources or {})
        self._faults: dict[LayerName, LayerFault] = {}
        self._records: dict[LayerName, list[dict[str, object]]] = {}
        self._shapes: dict[LayerName, Shapes] = {}
        self._trees: dict[LayerName, shapely.STRtree] = {}
        for name in (*CHECKED_LAYERS, LayerName.COVERAGE):
            frame = layers.get(name)
            shapes = _fault_of_missing(frame) if not isinstance(frame, gpd.GeoDataFrame) else _shapes(name, frame, crs)
            if isinstance(shapes, LayerFault):
                self._faults[name] = shapes
                continue
            self._records[name] = frame.drop(columns=frame.geometry.name).to_dict("records")  # type: ignore[union-attr]  # a frame here
            shapely.prepare(shapes)
            self._shapes[name] = shapes
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

    def covers(self, layer: LayerName, shapes: Shapes, *, kind: SpecialKind | None = None) -> npt.NDArray[np.bool_]:
        """Tell of each shape whether the whole of it lies where the layer was drawn, within its error."""
        area = self.covered(layer, kind=kind)
        if area is None:
            return np.ones(len(shapes), dtype=bool)
        found: npt.NDArray[np.bool_] = shapely.covers(area, shapes)
        return found

    def covered(self, layer: LayerName, *, kind: SpecialKind | None = None) -> BaseGeometry | None:
        """Return where the layer was drawn, grown by its error; None: it answers everywhere."""
        return self._covered.get((layer, kind), self._covered.get((layer, None)))

    def source(self, layer: LayerName) -> LayerSource | None:
        """Return the version of a layer, where it was given."""
        return self._sources.get(layer)

    @cached_property
    def streets(self) -> list[Street]:
        """The features of the layer ``street``, in the order of its frame; none where it is not loaded."""
        layer = LayerName.STREET
        if not self.is_loaded(layer):
            return []
        return [street_of(record, line) for record, line in zip(self._records[layer], self._shapes[layer], strict=True)]

    @cached_property
    def facing_reach_m(self) -> float:
        """Distance beyond which no side of a parcel can meet any of the streets, metres."""
        return facing_reach_m(self.streets)

    @property
    def versions(self) -> dict[LayerName, int]:
        """Numbers of the versions that were given."""
        return {name: source.version_id for name, source in self._sources.items()}

    def error_m(self, layer: LayerName) -> float:
        """Return the standard error between a parcel and a feature of ``layer``, metres."""
        source = self._sources.get(layer)
        return self.thresholds.combined_error_m(layer, datum_error_m=source.datum_error_m if source else 0.0)

    def shapes(self, layer: LayerName) -> Shapes:
        """Return the shapes of a loaded layer, prepared, in the order of its frame."""
        return self._shapes[layer]

    def record(self, layer: LayerName, number: int) -> Mapping[str, object]:
        """Return the attributes of one feature of a loaded layer."""
        return self._records[layer][number]

    def pairs(self, layer: LayerName, shapes: Shapes, *, distance_m: float) -> tuple[Numbers, Numbers]:
        """Return the row numbers of shapes and of features of a loaded layer within that distance of one another.

        Ordered by shape, then by feature.
        """
        found, feature = self._trees[layer].query(shapes, predicate="dwithin", distance=distance_m)
        order = np.lexsort((feature, found))
        return found[order], feature[order]

    def nearest_m(self, layer: LayerName, shapes: Shapes, *, within_m: float) -> dict[int, float]:
        """Return the distance to the nearest feature of a loaded layer, by shape, where one is within ``within_m``."""
        (found, _), distance_m = self._trees[layer].query_nearest(
            shapes, max_distance=within_m, return_distance=True, all_matches=False
        )
        return dict(zip(found.tolist(), distance_m.tolist(), strict=True))

    def _is_declared(self, kind: SpecialKind) -> bool:
        return bool({(LayerName.SPECIAL_AREA, kind), (LayerName.SPECIAL_AREA, None)} & self._declared)

    def _coverage(self, extents: Mapping[LayerName, Bounds]) -> dict[_Key, BaseGeometry]:
        """Return the ground that each layer answers for, grown by its error; prepared for many questions."""
        parts: dict[_Key, list[BaseGeometry]] = {}
        records, drawn = self._records.get(LayerName.COVERAGE, ()), self._shapes.get(LayerName.COVERAGE, ())
        for record, area in zip(records, drawn, strict=True):
            kind = record.get("kind")
            key = (LayerName(str(record["layer"])), SpecialKind(kind) if isinstance(kind, str) and kind else None)
            parts.setdefault(key, []).append(area)
        self._declared = set(parts)
        for layer, bounds in extents.items():
            parts.setdefault((layer, None), [shapely.box(*bounds)])
        grown = {key: shapely.buffer(shapely.union_all(shapes), self.error_m(key[0])) for key, shapes in parts.items()}
        for area in grown.values():
            shapely.prepare(area)
        return grown


def _fault_of_missing(frame: LayerFault | None) -> LayerFault:
    return NOT_LOADED if frame is None else frame


def _shapes(layer: LayerName, frame: gpd.GeoDataFrame, crs: str) -> Shapes | LayerFault:
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
        return mended(given)
    except ShapelyError:
        return _failed("có hình không sửa được", "with shapes that cannot be mended")


def _failed(vi: str, en: str) -> LayerFault:
    return LayerFault(cause=Cause.FAILED, note=Text(f"Dữ liệu {vi}.", f"The data are {en}."))
