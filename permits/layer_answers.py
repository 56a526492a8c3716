"""Asking one layer about one parcel."""

from collections.abc import Iterable, Mapping

import shapely
from shapely.geometry.base import BaseGeometry

from basemap.model import LAYERS, LayerName, Shape
from basemap.special_areas import SpecialKind
from permits.answers import Cause, Concern, LayerAnswer, LayerFault, LayerStatus, status_of
from permits.frontage import FacingSide
from permits.ground import Ground
from permits.overlap import Band, area_error_m2, band_of_area, band_of_path
from spatial.geometry import Located

STREET_SEARCH_M = 60.0
"""How far is looked for streets, and for the nearest feature of any layer."""

_ALL_STREETS_M = 20.0
_SAME_COURSE_M = 5.0
_MILLIMETRE = 0.001
_NAME_COLUMNS: Mapping[LayerName, str] = {
    LayerName.ZONE: "zone_code",
    LayerName.DETAILED_PLAN: "zone_code",
    LayerName.ROAD_RESERVATION: "road_name",
    LayerName.BUILDING: "building_use",
    LayerName.AIRPORT_SURFACE: "airport_name",
    LayerName.TRADE_AXIS: "street_name",
}


def answer_of(layer: LayerName, shape: BaseGeometry, ground: Ground) -> LayerAnswer:
    """Return what ``layer`` says about a parcel of that ``shape``.

    Parameters
    ----------
    shape
        Valid, on a grid of a millimetre, in the coordinate system of ``ground``.
    """
    if (fault := ground.fault(layer)) is not None and not ground.is_loaded(layer):
        return _not_checked(layer, fault, ground)
    if layer is LayerName.STREET:
        return _settled(layer, shape, ground, _street_status(shape, ground), looked_at=_all_streets(shape))
    concerns = _concerns(layer, shape, ground)
    return _settled(layer, shape, ground, status_of(concerns), concerns=concerns)


def special_answers(whole: LayerAnswer, shape: BaseGeometry, ground: Ground) -> Mapping[SpecialKind, LayerAnswer]:
    """Return what each kind of special area says; a kind of which nothing is loaded, nor said to be absent, is silent.

    Parameters
    ----------
    whole
        Answer of the layer of special areas.
    """
    return {kind: _kind_answer(kind, whole, shape, ground) for kind in SpecialKind}


def trade_axis_answer(
    shape: BaseGeometry, sides: Iterable[FacingSide], ground: Ground, *, streets: LayerAnswer
) -> LayerAnswer:
    """Return whether a side of the parcel faces a stretch of street that is a trade axis.

    A parcel faces an axis where the axis runs along the street that one of its sides faces. While the streets in
    front are not known, an axis nearby is for a person to look at.
    """
    layer = LayerName.TRADE_AXIS
    if (fault := ground.fault(layer)) is not None and not ground.is_loaded(layer):
        return _not_checked(layer, fault, ground)
    near = ground.near(layer, shape, distance_m=STREET_SEARCH_M)
    faced = list(sides)
    are_streets_known = streets.status is not LayerStatus.NOT_CHECKED
    concerns = []
    for record in near:
        band = _axis_band(record["geometry"], faced) if faced and are_streets_known else Band.REVIEW
        if band is not Band.CLEAR:
            concerns.append(_concern(layer, shape, record, ground=ground, band=band, overlap=shapely.Polygon()))
    return _settled(layer, shape, ground, status_of(tuple(concerns)), concerns=tuple(concerns))


def _axis_band(axis: object, sides: list[FacingSide]) -> Band:
    """Compare the axis with the streets that the sides face, at the middle of each side."""
    for side in sides:
        middle = shapely.line_interpolate_point(shapely.line_merge(side.edge), 0.5, normalized=True)
        if shapely.is_empty(middle):
            middle = shapely.centroid(side.edge)
        on_street = shapely.get_point(shapely.shortest_line(middle, side.street.line), 1)
        gap_m = float(shapely.distance(on_street, axis))
        if gap_m <= _SAME_COURSE_M:
            return Band.HIT
        if gap_m <= 2 * _SAME_COURSE_M:
            return Band.REVIEW
    return Band.CLEAR


def _not_checked(layer: LayerName, fault: LayerFault, ground: Ground) -> LayerAnswer:
    return LayerAnswer(
        layer=layer,
        status=LayerStatus.NOT_CHECKED,
        cause=fault.cause,
        note=fault.note,
        source=ground.source(layer),
    )


def _settled(
    layer: LayerName,
    shape: BaseGeometry,
    ground: Ground,
    status: LayerStatus,
    *,
    concerns: tuple[Concern, ...] = (),
    looked_at: BaseGeometry | None = None,
) -> LayerAnswer:
    """Return the answer; not checked where the layer does not cover all that had to be looked at."""
    fault = ground.fault(layer)
    if fault is None and not ground.covers(layer, shape if looked_at is None else looked_at):
        fault = LayerFault(cause=Cause.OUT_OF_EXTENT)
    return LayerAnswer(
        layer=layer,
        status=status if fault is None else LayerStatus.NOT_CHECKED,
        concerns=concerns,
        cause=None if fault is None else fault.cause,
        note=LayerFault().note if fault is None else fault.note,
        source=ground.source(layer),
        nearest_m=ground.nearest_m(layer, shape, within_m=STREET_SEARCH_M),
    )


def _street_status(shape: BaseGeometry, ground: Ground) -> LayerStatus:
    near = ground.nearest_m(LayerName.STREET, shape, within_m=STREET_SEARCH_M)
    return LayerStatus.NOT_CONCERNED if near is None else LayerStatus.CONCERNED


def _all_streets(shape: BaseGeometry) -> BaseGeometry:
    """Return the ground in which an unknown street could make a corner plot of the parcel."""
    return shapely.buffer(shape, _ALL_STREETS_M, quad_segs=2)


def _kind_answer(kind: SpecialKind, whole: LayerAnswer, shape: BaseGeometry, ground: Ground) -> LayerAnswer:
    layer = LayerName.SPECIAL_AREA
    concerns = tuple(each for each in whole.concerns if each.detail.get("kind") == kind.value)
    fault = ground.fault(layer, kind=kind)
    if fault is None and not ground.covers(layer, shape, kind=kind):
        fault = LayerFault(cause=Cause.OUT_OF_EXTENT)
    return LayerAnswer(
        layer=layer,
        kind=kind,
        status=status_of(concerns) if fault is None else LayerStatus.NOT_CHECKED,
        concerns=concerns,
        cause=None if fault is None else fault.cause,
        note=whole.note if fault is None else fault.note,
        source=whole.source,
    )


def _concerns(layer: LayerName, shape: BaseGeometry, ground: Ground) -> tuple[Concern, ...]:
    error_m, reach_m = ground.error_m(layer), LAYERS[layer].reach_m
    near = ground.near(layer, shape, distance_m=max(error_m, reach_m))
    if not near:
        return ()
    thresholds = ground.thresholds
    least_area_m2 = max(thresholds.least_area_m2, area_error_m2(shape, point_error_m=error_m))
    found = []
    for record in near:
        feature, overlap = record["geometry"], shapely.Polygon()
        if LAYERS[layer].shape is Shape.AREA:
            overlap = shapely.intersection(shape, feature, grid_size=_MILLIMETRE)
            band = band_of_area(
                shape,
                feature,
                overlap=overlap,
                error_m=error_m,
                least_area_m2=least_area_m2,
                may_touch=layer in thresholds.touching_is_nothing,
            )
        else:
            band = band_of_path(shape, feature, error_m=error_m, reach_m=reach_m)
        if band is not Band.CLEAR:
            found.append(_concern(layer, shape, record, ground=ground, band=band, overlap=overlap))
    return tuple(found)


def _concern(
    layer: LayerName,
    shape: BaseGeometry,
    record: Mapping[str, object],
    *,
    ground: Ground,
    band: Band,
    overlap: BaseGeometry,
) -> Concern:
    feature = record["geometry"]
    place = overlap if overlap.area > 0 else shapely.shortest_line(shape, feature)
    return Concern(
        layer=layer,
        feature_id=str(record.get("feature_id", "")),
        name=_name(layer, record),
        band=band,
        area_m2=float(overlap.area),
        share_ratio=float(overlap.area / shape.area) if shape.area else 0.0,
        distance_m=float(shapely.distance(shape, feature)),
        geometry=Located(geometry=place, crs=ground.crs),
        detail={key: value for key, value in record.items() if key not in ("geometry", "feature_id")},
    )


def _name(layer: LayerName, record: Mapping[str, object]) -> str:
    value = record.get(_NAME_COLUMNS.get(layer, "name"))
    return value if isinstance(value, str) else ""
