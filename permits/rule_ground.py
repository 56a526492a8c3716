"""Rules of a pack about the ground: how much a layer may cover or must hold, and how far from it to keep. Pure.

Law as data: the rule names the layer, which features count (``where``), and the figure. Drawings err, so each answer
has three bands: beyond doubt within the figure, beyond doubt outside it, or for a person to look at. A layer that does
not answer there is never clear.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import shapely
from shapely.geometry.base import BaseGeometry

from basemap.model import LAYERS, LayerName, Shape
from permits.answers import CAUSE_TEXTS, Cause, LayerAnswer, LayerStatus
from permits.facts import ParcelFacts
from permits.findings import Finding, finding_of_rule
from permits.ground import Ground
from permits.ground_measures import Features, areal, counts, features_near, gap_m
from permits.model import Facts, ReasonCode, Verdict
from permits.overlap import BANDS, Band, area_error_m2, band_of, bands_of_paths, shapes_of
from permits.rule_schema import Rule
from permits.rulebook import Rulebook
from permits.rules.conditions import reaches
from spatial.geometry import Located
from spatial.text import NO_TEXT, Text

_DRAWN_DISTANCE_ERROR_M = 0.14  # two corners of 0.10 m each
_NOTHING_M2 = 1e-6
_MILLIMETRE = 0.001
_KINDS = ("overlap", "distance")
_VERDICT_OF_BAND = {
    Band.HIT: (Verdict.VIOLATES, None),
    Band.REVIEW: (Verdict.NEEDS_REVIEW, ReasonCode.WITHIN_TOLERANCE),
}
_Judged = tuple[Verdict, ReasonCode | None]
_FINE: _Judged = (Verdict.COMPLIES, None)
_DOUBTFUL: _Judged = (Verdict.NEEDS_REVIEW, ReasonCode.WITHIN_TOLERANCE)


def ground_rule_findings(
    found: ParcelFacts, footprint: Located | None, facts: Facts, *, rulebook: Rulebook, as_of: date
) -> Iterator[Finding]:
    """Yield what the rules of the kinds ``overlap`` and ``distance`` say about a parcel and a footprint on it."""
    for rule in rulebook.rules:
        if rule.kind not in _KINDS or not rule.valid.covers(as_of):
            continue
        reach = reaches(rule, facts)
        if reach.holds is False:
            continue
        if not rulebook.is_in_force(rule, as_of=as_of):
            yield _said(rulebook, rule, Verdict.NEEDS_REVIEW, reason=ReasonCode.NOT_IN_FORCE)
            continue
        finding = _finding(rule, rulebook, found, footprint)
        if finding.verdict is Verdict.VIOLATES and (
            reason := _why_open(rule, rulebook, holds=reach.holds, as_of=as_of)
        ):
            finding = replace(finding, verdict=Verdict.NEEDS_REVIEW, reason=reason)
        yield finding


def _why_open(rule: Rule, rulebook: Rulebook, *, holds: bool | None, as_of: date) -> ReasonCode | None:
    """Return why a breach is no violation yet: whether it applies is unknown, the text is unread, a person decides."""
    if holds is None:
        return ReasonCode.MISSING_INPUT
    return rule.reason if rulebook.is_verified(rule, as_of=as_of) else ReasonCode.RULE_UNVERIFIED


def _finding(rule: Rule, rulebook: Rulebook, found: ParcelFacts, footprint: Located | None) -> Finding:
    subject = footprint if rule.subject == "footprint" or rule.layer == LayerName.PARCEL else found.parcel.place
    if rule.kind == "distance" and rule.layer == LayerName.PARCEL:
        return _from_boundary(rule, rulebook, found, subject)
    layer, ground = LayerName(str(rule.layer)), found.ground
    answer = found.layers.get(layer)
    if ground is None or answer is None or answer.status is LayerStatus.NOT_CHECKED:
        return _not_checked(rule, rulebook, None if answer is None else answer.cause)
    if _is_plainly_clear(rule, answer, found, subject):
        return _said(rulebook, rule, Verdict.COMPLIES, value=float(rule.value or 0), proposed=0.0)
    if subject is None:
        counting = [concern for concern in answer.felt if counts(concern.detail, rule.where)]
        if rule.kind == "overlap" and rule.direction == "max" and not counting:
            return _said(rulebook, rule, Verdict.COMPLIES)
        place = counting[0].geometry if counting else None
        return _said(rulebook, rule, Verdict.NEEDS_REVIEW, reason=ReasonCode.NOTHING_PROPOSED, place=place)
    measure = _overlap if rule.kind == "overlap" else _distance
    return measure(rule, rulebook, subject, ground)


def _is_plainly_clear(rule: Rule, answer: LayerAnswer, found: ParcelFacts, subject: Located | None) -> bool:
    """Tell whether nothing of a layer that must not be touched comes near the parcel, nor the subject out of it."""
    if rule.kind != "overlap" or rule.direction != "max" or subject is None:
        return False
    if answer.status is not LayerStatus.NOT_CONCERNED or answer.concerns:
        return False
    parcel = found.parcel.place.geometry
    return subject.geometry is parcel or bool(shapely.covers(shapely.buffer(parcel, _MILLIMETRE), subject.geometry))


def _overlap(rule: Rule, rulebook: Rulebook, subject: Located, ground: Ground) -> Finding:
    layer, shape = LayerName(str(rule.layer)), areal(subject.geometry)
    if not ground.covers(layer, shapes_of(shape))[0]:
        return _not_checked(rule, rulebook, Cause.OUT_OF_EXTENT)
    near = features_near(ground, layer, shape, within_m=ground.error_m(layer), where=rule.where)
    if LAYERS[layer].shape is not Shape.AREA:
        return _touched(rule, rulebook, subject, near, error_m=ground.error_m(layer))
    covered = areal(shapely.intersection(shape, near.union))
    is_share_held = rule.direction == "min"
    limit = float(rule.value) if rule.value is not None else float(is_share_held)
    wrong = areal(shapely.difference(shape, covered)) if is_share_held else covered
    allowed_m2 = shape.area * (1 - limit if is_share_held else limit)
    if allowed_m2 > _NOTHING_M2:
        verdict, reason = _against_area(wrong, allowed_m2=allowed_m2, error_m=ground.error_m(layer))
    else:
        may_touch = is_share_held or layer in ground.thresholds.touching_is_nothing
        verdict, reason = _unwanted(wrong, subject, near, layer=layer, ground=ground, may_touch=may_touch)
    place = Located(geometry=wrong, crs=subject.crs) if verdict is not Verdict.COMPLIES and wrong.area > 0 else None
    share = min(float(covered.area / shape.area), 1.0)
    return _said(rulebook, rule, verdict, reason=reason, value=limit, proposed=share, place=place)


def _against_area(wrong: BaseGeometry, *, allowed_m2: float, error_m: float) -> _Judged:
    """Compare a part with the area that it may have, give or take what its corners err."""
    beyond_m2 = wrong.area - allowed_m2
    error_m2 = area_error_m2(wrong, point_error_m=error_m) if wrong.area > 0 else 0.0
    if beyond_m2 > error_m2:
        return Verdict.VIOLATES, None
    return _DOUBTFUL if beyond_m2 > -error_m2 and wrong.area > 0 else _FINE


def _unwanted(
    wrong: BaseGeometry, subject: Located, near: Features, *, layer: LayerName, ground: Ground, may_touch: bool
) -> _Judged:
    """Judge a part of which there should be nothing: wide and large it violates; a square metre or more is a doubt."""
    least_m2 = max(
        ground.thresholds.least_area_m2, area_error_m2(subject.geometry, point_error_m=ground.error_m(layer))
    )
    band = band_of(
        wrong,
        distance_m=float(shapely.distance(subject.geometry, near.union)) if near.count else float("inf"),
        error_m=ground.error_m(layer),
        least_area_m2=least_m2,
        may_touch=may_touch,
    )
    if band is Band.SLIVER and wrong.area >= ground.thresholds.least_area_m2:
        return _DOUBTFUL
    return _VERDICT_OF_BAND.get(band, _FINE)


def _touched(rule: Rule, rulebook: Rulebook, subject: Located, near: Features, *, error_m: float) -> Finding:
    """Judge lines and points, which cover nothing: they lie inside, or within the error, or elsewhere."""
    own = shapes_of(*[subject.geometry] * near.count)
    distance_m = shapely.distance(own, near.shapes)
    bands = bands_of_paths(own, near.shapes, distance_m=distance_m, error_m=error_m, reach_m=0.0)
    band = BANDS[bands.max()] if near.count else Band.CLEAR
    verdict, reason = _VERDICT_OF_BAND.get(band, _FINE)
    place = Located(geometry=near.union, crs=subject.crs) if verdict is not Verdict.COMPLIES else None
    return _said(rulebook, rule, verdict, reason=reason, place=place)


def _distance(rule: Rule, rulebook: Rulebook, subject: Located, ground: Ground) -> Finding:
    layer, least_m = LayerName(str(rule.layer)), float(rule.value or 0)
    gap = gap_m(ground, layer, subject.geometry, least_m=least_m, where=rule.where)
    verdict, reason = _FINE
    if gap.most_m is not None and gap.most_m < least_m - ground.error_m(layer):
        verdict = Verdict.VIOLATES
    elif not ground.covers(layer, shapes_of(shapely.buffer(subject.geometry, least_m)))[0]:
        return _not_checked(rule, rulebook, Cause.OUT_OF_EXTENT)
    elif gap.least_m is not None and gap.least_m < least_m + ground.error_m(layer):
        verdict, reason = _DOUBTFUL if gap.is_known else (Verdict.NEEDS_REVIEW, ReasonCode.MISSING_INPUT)
    place = None if verdict is Verdict.COMPLIES or gap.way is None else Located(geometry=gap.way, crs=subject.crs)
    return _said(rulebook, rule, verdict, reason=reason, value=least_m, proposed=gap.most_m, place=place)


def _from_boundary(rule: Rule, rulebook: Rulebook, found: ParcelFacts, footprint: Located | None) -> Finding:
    """Judge the distance to the parcel's own boundary, against which a proposal is drawn: at the figure it complies."""
    least_m = float(rule.value or 0)
    if footprint is None:
        return _said(rulebook, rule, Verdict.NEEDS_REVIEW, reason=ReasonCode.NOTHING_PROPOSED, value=least_m)
    measured_m = float(shapely.distance(footprint.geometry, shapely.boundary(found.parcel.place.geometry)))
    verdict, reason = _FINE
    if measured_m < least_m:
        is_close = least_m - measured_m <= _DRAWN_DISTANCE_ERROR_M
        verdict, reason = _DOUBTFUL if is_close else (Verdict.VIOLATES, None)
    place = None if verdict is Verdict.COMPLIES else footprint
    return _said(rulebook, rule, verdict, reason=reason, value=least_m, proposed=measured_m, place=place)


def _said(  # noqa: PLR0913 - a finding has that many parts
    rulebook: Rulebook,
    rule: Rule,
    verdict: Verdict,
    *,
    reason: ReasonCode | None = None,
    value: float | None = None,
    proposed: float | None = None,
    place: Located | None = None,
    note: Text = NO_TEXT,
) -> Finding:
    """Return a finding that rests on the layer of the rule."""
    return finding_of_rule(
        rulebook,
        rule,
        verdict,
        reason=reason,
        value=value,
        proposed=proposed,
        place=place,
        note=note,
        layers=(LayerName(str(rule.layer)),),
    )


def _not_checked(rule: Rule, rulebook: Rulebook, cause: Cause | None) -> Finding:
    why = NO_TEXT if cause is None else CAUSE_TEXTS[cause]
    note = why if why.vi else Text("Lớp dữ liệu chưa được nạp.", "The layer is not loaded.")
    return _said(rulebook, rule, Verdict.NEEDS_REVIEW, reason=ReasonCode.LAYER_NOT_LOADED, note=note)
