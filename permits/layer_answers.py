"""Asking one layer about parcels, one or many at once."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

from basemap.model import LAYERS, LayerName
from basemap.special_areas import SpecialKind
from permits.answers import Cause, Concern, LayerAnswer, LayerFault, LayerStatus, status_of
from permits.frontage import FacingSide
from permits.ground import Ground
from permits.meetings import Meetings, Plots, meetings
from permits.overlap import BANDS, Band, Shapes
from spatial.geometry import Located
from spatial.text import NO_TEXT

STREET_SEARCH_M = 60.0
"""How far is looked for streets, and for the nearest feature of any layer."""

_ALL_STREETS_M = 20.0
_SAME_COURSE_M = 5.0
_NAME_COLUMNS: Mapping[LayerName, str] = {
    LayerName.ZONE: "zone_code",
    LayerName.DETAILED_PLAN: "zone_code",
    LayerName.ROAD_RESERVATION: "road_name",
    LayerName.BUILDING: "building_use",
    LayerName.AIRPORT_SURFACE: "airport_name",
    LayerName.TRADE_AXIS: "street_name",
}

Truths = npt.NDArray[np.bool_]


def answers_of(layer: LayerName, plots: Plots, ground: Ground, *, look_around: bool = True) -> list[LayerAnswer]:
    """Return what ``layer`` says about parcels, one answer each.

    Parameters
    ----------
    plots
        In the coordinate system of ``ground``.
    look_around
        Also measure how far the nearest feature is.
    """
    shapes = plots.shapes
    if not ground.is_loaded(layer):
        return [_not_loaded(layer, ground)] * len(shapes)
    if layer is LayerName.STREET:
        return _street_answers(shapes, ground, look_around=look_around)
    concerns = _concerns(layer, meetings(layer, plots, ground), ground)
    nearest_m = _nearest_m(layer, shapes, ground, look_around=look_around)
    return _Asked(layer, ground).answers(concerns, is_covered=ground.covers(layer, shapes), nearest_m=nearest_m)


def special_answers(
    whole: Sequence[LayerAnswer], shapes: Shapes, ground: Ground
) -> list[Mapping[SpecialKind, LayerAnswer]]:
    """Return what each kind of special area says; a kind of which nothing is loaded, nor said to be absent, is silent.

    Parameters
    ----------
    whole
        Answers of the layer of special areas about the same shapes.
    """
    covered = _covered_kinds(shapes, ground)
    faults = [ground.fault(LayerName.SPECIAL_AREA, kind=kind) for kind in SpecialKind]
    known: dict[bytes, Mapping[SpecialKind, LayerAnswer]] = {}
    found: list[Mapping[SpecialKind, LayerAnswer]] = []
    for answer, row in zip(whole, covered, strict=True):
        key = row.tobytes()
        if key not in known:
            known[key] = {
                kind: _kind_answer(kind, answer, (), fault, is_covered=bool(each))
                for kind, fault, each in zip(SpecialKind, faults, row, strict=True)
            }
        felt = {each.detail.get("kind") for each in answer.concerns}
        own = {
            kind: _kind_answer(kind, answer, _of_kind(answer, kind), faults[place], is_covered=bool(row[place]))
            for place, kind in enumerate(SpecialKind)
            if kind in felt
        }
        found.append({**known[key], **own} if own else known[key])
    return found


def axis_answers(
    sides: Sequence[Sequence[FacingSide]],
    streets: Sequence[LayerAnswer],
    shapes: Shapes,
    ground: Ground,
    *,
    look_around: bool = True,
) -> list[LayerAnswer]:
    """Return whether sides of parcels face a stretch of street that is a trade axis.

    A parcel faces an axis where the axis runs along the street that one of its sides faces. While the streets in
    front are not known, an axis nearby is for a person to look at.

    Parameters
    ----------
    sides, streets
        Sides of each parcel that face streets, and what the layer of streets says about it.
    """
    layer = LayerName.TRADE_AXIS
    if not ground.is_loaded(layer):
        return [_not_loaded(layer, ground)] * len(shapes)
    axes = ground.shapes(layer)
    concerns: dict[int, tuple[Concern, ...]] = {}
    for number, axis in np.column_stack(ground.pairs(layer, shapes, distance_m=STREET_SEARCH_M)).tolist():
        are_streets_known = streets[number].status is not LayerStatus.NOT_CHECKED
        band = _axis_band(axes[axis], sides[number]) if sides[number] and are_streets_known else Band.REVIEW
        if band is not Band.CLEAR:
            concerns[number] = (*concerns.get(number, ()), _axis_concern(shapes[number], axis, band, ground))
    nearest_m = _nearest_m(layer, shapes, ground, look_around=look_around)
    return _Asked(layer, ground).answers(concerns, is_covered=ground.covers(layer, shapes), nearest_m=nearest_m)


def _covered_kinds(shapes: Shapes, ground: Ground) -> Truths:
    """Return of each shape whether the ground of each kind of special area covers it; kinds share what has no own."""
    layer = LayerName.SPECIAL_AREA
    of_layer = ground.covers(layer, shapes)
    return np.stack(
        [
            of_layer
            if ground.covered(layer, kind=kind) is ground.covered(layer)
            else ground.covers(layer, shapes, kind=kind)
            for kind in SpecialKind
        ],
        axis=1,
    )


def _of_kind(whole: LayerAnswer, kind: SpecialKind) -> tuple[Concern, ...]:
    return tuple(each for each in whole.concerns if each.detail.get("kind") == kind)


class _Asked:
    """One layer that was asked: puts answers together; those that say nothing special are one and the same."""

    def __init__(self, layer: LayerName, ground: Ground) -> None:
        self._layer, self._source, self._fault = layer, ground.source(layer), ground.fault(layer)

    def answers(
        self, concerns: Mapping[int, tuple[Concern, ...]], *, is_covered: Truths, nearest_m: Mapping[int, float]
    ) -> list[LayerAnswer]:
        """Return the answers about parcels, of which some feel concerns and of some the nearest feature is known."""
        found = self.plain_answers(np.zeros(len(is_covered), dtype=bool), is_covered=is_covered)
        for number in {*concerns, *nearest_m}:
            own = concerns.get(number, ())
            found[number] = self.answer(
                status_of(own), own, is_covered=bool(is_covered[number]), nearest_m=nearest_m.get(number)
            )
        return found

    def plain_answers(self, is_concerned: Truths, *, is_covered: Truths) -> list[LayerAnswer]:
        """Return answers without any feature."""
        kinds = {
            (concerned, covered): self.answer(
                LayerStatus.CONCERNED if concerned else LayerStatus.NOT_CONCERNED, is_covered=covered
            )
            for concerned in (False, True)
            for covered in (False, True)
        }
        return [kinds[each] for each in zip(is_concerned.tolist(), is_covered.tolist(), strict=True)]

    def answer(
        self,
        status: LayerStatus,
        concerns: tuple[Concern, ...] = (),
        *,
        is_covered: bool,
        nearest_m: float | None = None,
    ) -> LayerAnswer:
        """Return one answer; not checked where the layer does not cover all that had to be looked at."""
        fault = self._fault
        if fault is None and not is_covered:
            fault = LayerFault(cause=Cause.OUT_OF_EXTENT)
        return LayerAnswer(
            layer=self._layer,
            status=status if fault is None else LayerStatus.NOT_CHECKED,
            concerns=concerns,
            cause=None if fault is None else fault.cause,
            note=NO_TEXT if fault is None else fault.note,
            source=self._source,
            nearest_m=nearest_m,
        )


def _axis_band(axis: object, sides: Sequence[FacingSide]) -> Band:
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


def _not_loaded(layer: LayerName, ground: Ground) -> LayerAnswer:
    fault = ground.fault(layer) or LayerFault()
    return LayerAnswer(
        layer=layer,
        status=LayerStatus.NOT_CHECKED,
        cause=fault.cause,
        note=fault.note,
        source=ground.source(layer),
    )


def _axis_concern(parcel: BaseGeometry, axis: int, band: Band, ground: Ground) -> Concern:
    line, record = ground.shapes(LayerName.TRADE_AXIS)[axis], ground.record(LayerName.TRADE_AXIS, axis)
    return Concern(
        layer=LayerName.TRADE_AXIS,
        feature_id=str(record.get("feature_id", "")),
        name=_name(LayerName.TRADE_AXIS, record),
        band=band,
        area_m2=0.0,
        share_ratio=0.0,
        distance_m=float(shapely.distance(parcel, line)),
        geometry=Located(geometry=shapely.shortest_line(parcel, line), crs=ground.crs),
        detail=record,
    )


def _street_answers(shapes: Shapes, ground: Ground, *, look_around: bool) -> list[LayerAnswer]:
    layer = LayerName.STREET
    looked_at = shapes if ground.covered(layer) is None else _all_streets(shapes)
    is_covered = ground.covers(layer, looked_at)
    found = _Asked(layer, ground).plain_answers(_have_street(shapes, ground), is_covered=is_covered)
    for number, metres in _nearest_m(layer, shapes, ground, look_around=look_around).items():
        found[number] = replace(found[number], nearest_m=metres)
    return found


def _have_street(shapes: Shapes, ground: Ground) -> Truths:
    """Tell whether a street is near; most parcels stand at one, and only for the others is it looked farther."""
    found = np.zeros(len(shapes), dtype=bool)
    for distance_m in (min(ground.facing_reach_m, STREET_SEARCH_M), STREET_SEARCH_M):
        without = np.flatnonzero(~found)
        found[without[ground.pairs(LayerName.STREET, shapes[without], distance_m=distance_m)[0]]] = True
    return found


def _all_streets(shapes: Shapes) -> Shapes:
    """Return the ground in which an unknown street could make a corner plot of each parcel."""
    grown: Shapes = shapely.buffer(shapes, _ALL_STREETS_M, quad_segs=2)
    return grown


def _nearest_m(layer: LayerName, shapes: Shapes, ground: Ground, *, look_around: bool) -> Mapping[int, float]:
    """Return how far the nearest feature is; of layers that stand wall to wall it would say nothing."""
    if not look_around or LAYERS[layer].is_wall_to_wall:
        return {}
    return ground.nearest_m(layer, shapes, within_m=STREET_SEARCH_M)


def _kind_answer(
    kind: SpecialKind,
    whole: LayerAnswer,
    concerns: tuple[Concern, ...],
    fault: LayerFault | None,
    *,
    is_covered: bool,
) -> LayerAnswer:
    if fault is None and not is_covered:
        fault = LayerFault(cause=Cause.OUT_OF_EXTENT)
    return LayerAnswer(
        layer=LayerName.SPECIAL_AREA,
        kind=kind,
        status=status_of(concerns) if fault is None else LayerStatus.NOT_CHECKED,
        concerns=concerns,
        cause=None if fault is None else fault.cause,
        note=whole.note if fault is None else fault.note,
        source=whole.source,
    )


def _concerns(layer: LayerName, met: Meetings, ground: Ground) -> dict[int, tuple[Concern, ...]]:
    """Return what is not clear, by the number of the parcel."""
    found: dict[int, list[Concern]] = {}
    rows = zip(
        met.parcel.tolist(),
        met.feature.tolist(),
        met.band.tolist(),
        met.place,
        met.area_m2.tolist(),
        met.share_ratio.tolist(),
        met.distance_m.tolist(),
        strict=True,
    )
    for parcel, feature, band, place, area_m2, share_ratio, distance_m in rows:
        record = ground.record(layer, feature)
        concern = Concern(
            layer=layer,
            feature_id=str(record.get("feature_id", "")),
            name=_name(layer, record),
            band=BANDS[band],
            area_m2=area_m2,
            share_ratio=share_ratio,
            distance_m=distance_m,
            geometry=Located(geometry=place, crs=ground.crs),
            detail=record,
        )
        found.setdefault(parcel, []).append(concern)
    return {parcel: tuple(concerns) for parcel, concerns in found.items()}


def _name(layer: LayerName, record: Mapping[str, object]) -> str:
    value = record.get(_NAME_COLUMNS.get(layer, "name"))
    return value if isinstance(value, str) else ""
