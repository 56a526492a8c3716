"""Asking one layer about parcels, one or many at once."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import shapely

from basemap.model import LAYERS, LayerName
from basemap.special_areas import SpecialKind
from permits.answers import Cause, Concern, LayerAnswer, LayerFault, LayerStatus, status_of
from permits.frontage import FacingSide
from permits.ground import Ground
from permits.meetings import Meetings, Plots, meetings
from permits.overlap import BANDS, Band, Shapes
from spatial.geometry import Located

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
    is_covered = ground.covers(layer, shapes)
    nearest_m = _nearest_m(layer, shapes, ground, look_around=look_around)
    ask = _Asked(layer, ground)
    return [
        ask.answer(status_of(found := concerns.get(number, ())), found, is_covered=bool(covered), nearest_m=nearest)
        for number, (covered, nearest) in enumerate(zip(is_covered, nearest_m, strict=True))
    ]


def special_answers(
    whole: Sequence[LayerAnswer], shapes: Shapes, ground: Ground
) -> list[Mapping[SpecialKind, LayerAnswer]]:
    """Return what each kind of special area says; a kind of which nothing is loaded, nor said to be absent, is silent.

    Parameters
    ----------
    whole
        Answers of the layer of special areas about the same shapes.
    """
    covered = np.stack([ground.covers(LayerName.SPECIAL_AREA, shapes, kind=kind) for kind in SpecialKind], axis=1)
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
            kind: _kind_answer(kind, answer, _of_kind(answer, kind), fault, is_covered=bool(each))
            for kind, fault, each in zip(SpecialKind, faults, row, strict=True)
            if kind.value in felt
        }
        found.append({**known[key], **own} if own else known[key])
    return found


def _of_kind(whole: LayerAnswer, kind: SpecialKind) -> tuple[Concern, ...]:
    return tuple(each for each in whole.concerns if each.detail.get("kind") == kind.value)


class TradeAxes:
    """Asks whether sides of parcels face a stretch of street that is a trade axis.

    A parcel faces an axis where the axis runs along the street that one of its sides faces. While the streets in
    front are not known, an axis nearby is for a person to look at.
    """

    def __init__(self, shapes: Shapes, ground: Ground, *, look_around: bool = True) -> None:
        self._ground, self._shapes = ground, shapes
        self._is_loaded = ground.is_loaded(LayerName.TRADE_AXIS)
        self._near: dict[int, list[int]] = {}
        if self._is_loaded:
            pairs = ground.pairs(LayerName.TRADE_AXIS, shapes, distance_m=STREET_SEARCH_M)
            for number, axis in zip(*pairs, strict=True):
                self._near.setdefault(int(number), []).append(int(axis))
            self._is_covered = ground.covers(LayerName.TRADE_AXIS, shapes)
            self._nearest_m = _nearest_m(LayerName.TRADE_AXIS, shapes, ground, look_around=look_around)
            self._ask = _Asked(LayerName.TRADE_AXIS, ground)

    def answer(self, number: int, sides: Sequence[FacingSide], *, streets: LayerAnswer) -> LayerAnswer:
        """Return the answer about one of the shapes, whose ``sides`` face streets."""
        if not self._is_loaded:
            return _not_loaded(LayerName.TRADE_AXIS, self._ground)
        axes = self._ground.shapes(LayerName.TRADE_AXIS)
        are_streets_known = streets.status is not LayerStatus.NOT_CHECKED
        concerns = []
        for axis in self._near.get(number, ()):
            band = _axis_band(axes[axis], sides) if sides and are_streets_known else Band.REVIEW
            if band is not Band.CLEAR:
                concerns.append(self._concern(number, axis, band))
        return self._ask.answer(
            status_of(tuple(concerns)),
            tuple(concerns),
            is_covered=bool(self._is_covered[number]),
            nearest_m=self._nearest_m[number],
        )

    def _concern(self, number: int, axis: int, band: Band) -> Concern:
        shape, line = self._shapes[number], self._ground.shapes(LayerName.TRADE_AXIS)[axis]
        record = self._ground.record(LayerName.TRADE_AXIS, axis)
        return Concern(
            layer=LayerName.TRADE_AXIS,
            feature_id=str(record.get("feature_id", "")),
            name=_name(LayerName.TRADE_AXIS, record),
            band=band,
            area_m2=0.0,
            share_ratio=0.0,
            distance_m=float(shapely.distance(shape, line)),
            geometry=Located(geometry=shapely.shortest_line(shape, line), crs=self._ground.crs),
            detail=record,
        )


class _Asked:
    """One layer that was asked: puts answers together; those that say nothing special are one and the same."""

    def __init__(self, layer: LayerName, ground: Ground) -> None:
        self._layer, self._source, self._fault = layer, ground.source(layer), ground.fault(layer)
        self._plain: dict[tuple[LayerStatus, bool], LayerAnswer] = {}

    def answer(
        self,
        status: LayerStatus,
        concerns: tuple[Concern, ...] = (),
        *,
        is_covered: bool,
        nearest_m: float | None,
    ) -> LayerAnswer:
        """Return the answer; not checked where the layer does not cover all that had to be looked at."""
        if concerns or nearest_m is not None:
            return self._made(status, concerns, is_covered=is_covered, nearest_m=nearest_m)
        key = (status, is_covered)
        if key not in self._plain:
            self._plain[key] = self._made(status, (), is_covered=is_covered, nearest_m=None)
        return self._plain[key]

    def _made(
        self, status: LayerStatus, concerns: tuple[Concern, ...], *, is_covered: bool, nearest_m: float | None
    ) -> LayerAnswer:
        fault = self._fault
        if fault is None and not is_covered:
            fault = LayerFault(cause=Cause.OUT_OF_EXTENT)
        return LayerAnswer(
            layer=self._layer,
            status=status if fault is None else LayerStatus.NOT_CHECKED,
            concerns=concerns,
            cause=None if fault is None else fault.cause,
            note=LayerFault().note if fault is None else fault.note,
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


def _street_answers(shapes: Shapes, ground: Ground, *, look_around: bool) -> list[LayerAnswer]:
    layer = LayerName.STREET
    has_street = np.zeros(len(shapes), dtype=bool)
    has_street[ground.pairs(layer, shapes, distance_m=STREET_SEARCH_M)[0]] = True
    looked_at = shapes if ground.covered(layer) is None else _all_streets(shapes)
    is_covered = ground.covers(layer, looked_at)
    nearest_m = _nearest_m(layer, shapes, ground, look_around=look_around)
    ask = _Asked(layer, ground)
    return [
        ask.answer(
            LayerStatus.CONCERNED if has else LayerStatus.NOT_CONCERNED, is_covered=bool(covered), nearest_m=nearest
        )
        for has, covered, nearest in zip(has_street, is_covered, nearest_m, strict=True)
    ]


def _all_streets(shapes: Shapes) -> Shapes:
    """Return the ground in which an unknown street could make a corner plot of each parcel."""
    grown: Shapes = shapely.buffer(shapes, _ALL_STREETS_M, quad_segs=2)
    return grown


def _nearest_m(layer: LayerName, shapes: Shapes, ground: Ground, *, look_around: bool) -> list[float | None]:
    """Return how far the nearest feature is; of layers that stand wall to wall it would say nothing."""
    if not look_around or LAYERS[layer].is_wall_to_wall:
        return [None] * len(shapes)
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
