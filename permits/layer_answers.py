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
from spatial.text import NO_TEXT

STREET_SEARCH_M = 60.0
"""How far is looked for streets, and for the nearest feature of any layer."""

_ALL_STREETS_M = 20.0
_SAME_COURSE_M = 5.0
_MILLIMETRE = 0.001
_OUTSIDE = LayerFault(cause=Cause.OUT_OF_EXTENT)
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
        return _street_answer(shape, ground)
    nearest_m = None if LAYERS[layer].is_wall_to_wall else ground.nearest_m(layer, shape, within_m=STREET_SEARCH_M)
    is_far = not LAYERS[layer].is_wall_to_wall and (nearest_m is None or nearest_m > _reach_m(layer, ground))
    concerns = () if is_far else _concerns(layer, shape, ground)
    fault = _fault_at(layer, shape, ground)
    return _answer(layer, ground, status=status_of(concerns), fault=fault, concerns=concerns, nearest_m=nearest_m)


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
    found = tuple(concerns)
    return _answer(layer, ground, status=status_of(found), fault=_fault_at(layer, shape, ground), concerns=found)


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


def _fault_at(
    layer: LayerName, looked_at: BaseGeometry, ground: Ground, *, kind: SpecialKind | None = None
) -> LayerFault | None:
    """Return why the layer does not answer for all the ground that had to be looked at, None where it does."""
    if (fault := ground.fault(layer, kind=kind)) is not None:
        return fault
    return None if ground.covers(layer, looked_at, kind=kind) else _OUTSIDE


def _answer(
    layer: LayerName,
    ground: Ground,
    *,
    status: LayerStatus,
    fault: LayerFault | None,
    concerns: tuple[Concern, ...] = (),
    nearest_m: float | None = None,
) -> LayerAnswer:
    return LayerAnswer(
        layer=layer,
        status=status if fault is None else LayerStatus.NOT_CHECKED,
        concerns=concerns,
        cause=None if fault is None else fault.cause,
        note=NO_TEXT if fault is None else fault.note,
        source=ground.source(layer),
        nearest_m=nearest_m,
    )


def _reach_m(layer: LayerName, ground: Ground) -> float:
    """Return how far from a parcel a feature still matters."""
    return max(ground.error_m(layer), LAYERS[layer].reach_m)


def _street_answer(shape: BaseGeometry, ground: Ground) -> LayerAnswer:
    """Return whether a street is near; where one may be unknown, the parcel could be a corner plot."""
    nearest_m = ground.nearest_m(LayerName.STREET, shape, within_m=STREET_SEARCH_M)
    around = shapely.buffer(shape, _ALL_STREETS_M, quad_segs=2)
    status = LayerStatus.NOT_CONCERNED if nearest_m is None else LayerStatus.CONCERNED
    fault = _fault_at(LayerName.STREET, around, ground)
    return _answer(LayerName.STREET, ground, status=status, fault=fault, nearest_m=nearest_m)


def _kind_answer(kind: SpecialKind, whole: LayerAnswer, shape: BaseGeometry, ground: Ground) -> LayerAnswer:
    layer = LayerName.SPECIAL_AREA
    concerns = tuple(each for each in whole.concerns if each.detail.get("kind") == kind.value)
    fault = _fault_at(layer, shape, ground, kind=kind)
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
    near = ground.near(layer, shape, distance_m=_reach_m(layer, ground))
    if not near:
        return ()
    thresholds = ground.thresholds
    least_area_m2 = max(thresholds.least_area_m2, area_error_m2(shape, point_error_m=error_m))
    found = []
    for record in near:
        feature, overlap = record["geometry"], shapely.Polygon()
        if LAYERS[layer].shape is Shape.AREA:
            overlap = _common_part(shape, feature)
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


def _common_part(shape: BaseGeometry, feature: BaseGeometry) -> BaseGeometry:
    """Return the common part of a parcel and an area; most parcels lie well inside what they lie in."""
    shapely.prepare(feature)
    if shapely.contains_properly(feature, shape):
        return shape
    return shapely.intersection(shape, feature, grid_size=_MILLIMETRE)


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
