"""Rules of a pack about the ground: how much a layer may cover or must hold, and how far from it to keep. Pure.

Law as data: the rule names the layer, which features count (``where``), and the figure. Drawings err, so each answer
has three bands: beyond doubt within the figure, beyond doubt outside it, or for a person to look at. A layer that does
not answer there is never clear.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

import shapely
from shapely.geometry.base import BaseGeometry

from basemap.model import LAYERS, LayerName, Shape
from permits.answers import CAUSE_TEXTS, Cause, LayerAnswer, LayerStatus
from permits.facts import ParcelFacts
from permits.findings import Finding, finding_of_rule
from permits.ground import Ground
from permits.ground_measures import Features, areal, counts, features_near, gap_m
from permits.model import Facts, ReasonCode, Verdict
from permits.overlap import BANDS, MILLIMETRE, Band, area_error_m2, band_of, bands_of_paths, shapes_of
from permits.reach import reach_of
from permits.rule_schema import Rule
from permits.rulebook import Rulebook
from spatial.geometry import Located
from spatial.text import NO_TEXT, Text

_DRAWN_DISTANCE_ERROR_M = 0.14  # two corners of 0.10 m each
_NOTHING_M2 = 1e-6
_KINDS = ("overlap", "distance")
_VERDICT_OF_BAND = {
    Band.HIT: (Verdict.VIOLATES, None),
    Band.REVIEW: (Verdict.NEEDS_REVIEW, ReasonCode.WITHIN_TOLERANCE),
}
_Judged = tuple[Verdict, ReasonCode | None]
_FINE: _Judged = (Verdict.COMPLIES, None)
_DOUBTFUL: _Judged = (Verdict.NEEDS_REVIEW, ReasonCode.WITHIN_TOLERANCE)


@dataclass(frozen=True, slots=True, kw_only=True)
class _RuleOfDay:
    """A rule about the ground that is valid on a day.

    Parameters
    ----------
    is_ban
        Nothing of the layer, or not more than a share, may be there.
    clear
        What the rule says where nothing of its layer is near.
    """

    rule: Rule
    layer: LayerName
    is_in_force: bool
    is_ban: bool
    clear: Finding


def ground_rule_findings(
    found: ParcelFacts, footprint: Located | None, facts: Facts, *, rulebook: Rulebook, as_of: date
) -> Iterator[Finding]:
    """Yield what the rules of the kinds ``overlap`` and ``distance`` say about a parcel and a footprint on it."""
    rules = rulebook.remembered(("ground rules", as_of), lambda: _rules_of_day(rulebook, as_of))
    if not rules:
        return
    site = _Site(found, footprint)
    for each in rules:
        rule = each.rule
        holds = reach_of(rule, facts, rulebook=rulebook)
        if holds is False:
            continue
        if not each.is_in_force:
            yield _said(rulebook, rule, Verdict.NEEDS_REVIEW, reason=ReasonCode.NOT_IN_FORCE)
            continue
        finding = _finding(each, rulebook, site)
        if finding.verdict is Verdict.VIOLATES and (reason := _why_open(rule, rulebook, holds=holds, as_of=as_of)):
            finding = replace(finding, verdict=Verdict.NEEDS_REVIEW, reason=reason)
        yield finding


def _rules_of_day(rulebook: Rulebook, as_of: date) -> tuple[_RuleOfDay, ...]:
    return tuple(
        _RuleOfDay(
            rule=rule,
            layer=LayerName(str(rule.layer)),
            is_in_force=rulebook.is_in_force(rule, as_of=as_of),
            is_ban=rule.kind == "overlap" and rule.direction == "max",
            clear=_said(rulebook, rule, Verdict.COMPLIES, value=float(rule.value or 0), proposed=0.0),
        )
        for rule in rulebook.rules
        if rule.kind in _KINDS and rule.valid.covers(as_of)
    )


def _why_open(rule: Rule, rulebook: Rulebook, *, holds: bool | None, as_of: date) -> ReasonCode | None:
    """Return why a breach is no violation yet: whether it applies is unknown, the text is unread, a person decides."""
    if holds is None:
        return ReasonCode.MISSING_INPUT
    return rule.reason if rulebook.is_verified(rule, as_of=as_of) else ReasonCode.RULE_UNVERIFIED


class _Site:
    """A parcel and the footprint on it."""

    def __init__(self, found: ParcelFacts, footprint: Located | None) -> None:
        self.found, self.footprint = found, footprint

    def subject_of(self, rule: Rule) -> Located | None:
        """Return what a rule looks at: the footprint, None where nothing is proposed, or the parcel."""
        is_of_footprint = rule.subject == "footprint" or rule.layer == LayerName.PARCEL
        return self.footprint if is_of_footprint else self.found.parcel.place

    def is_on_parcel(self, subject: Located) -> bool:
        """Tell whether a subject lies on the parcel, give or take a millimetre."""
        return subject is not self.footprint or self._is_footprint_on_parcel

    @cached_property
    def _is_footprint_on_parcel(self) -> bool:
        if self.footprint is None:
            return False
        shape = self.footprint.geometry
        if any(shapely.equals_exact(shape, standing.geometry.geometry) for standing in self.found.buildings):
            return True  # the part of a building that lies on the parcel
        return bool(shapely.covers(shapely.buffer(self.found.parcel.place.geometry, MILLIMETRE), shape))


def _finding(each: _RuleOfDay, rulebook: Rulebook, site: _Site) -> Finding:
    rule, found, subject = each.rule, site.found, site.subject_of(each.rule)
    if rule.kind == "distance" and rule.layer == LayerName.PARCEL:
        return _from_boundary(rule, rulebook, found, subject)
    layer, ground = each.layer, found.ground
    answer = found.layers.get(layer)
    if ground is None or answer is None or answer.status is LayerStatus.NOT_CHECKED:
        return _not_checked(rule, rulebook, None if answer is None else answer.cause)
    if subject is None:
        return _of_nothing_proposed(rule, rulebook, answer)
    if each.is_ban and answer.is_clear and site.is_on_parcel(subject):
        return each.clear
    measure = _overlap if rule.kind == "overlap" else _distance
    return measure(rule, rulebook, subject, ground)


def _of_nothing_proposed(rule: Rule, rulebook: Rulebook, answer: LayerAnswer) -> Finding:
    """Say of a parcel on which nothing is proposed that nothing is in the way, or what is."""
    counting = [concern for concern in answer.felt if counts(concern.detail, rule.where)]
    if rule.kind == "overlap" and rule.direction == "max" and not counting:
        return _said(rulebook, rule, Verdict.COMPLIES)
    place = counting[0].geometry if counting else None
    return _said(rulebook, rule, Verdict.NEEDS_REVIEW, reason=ReasonCode.NOTHING_PROPOSED, place=place)


def _overlap(rule: Rule, rulebook: Rulebook, subject: Located, ground: Ground) -> Finding:
    layer, shape = LayerName(str(rule.layer)), areal(subject.geometry)
    if not ground.covers(layer, shapes_of(shape))[0]:
        return _not_checked(rule, rulebook, Cause.OUT_OF_EXTENT)
    near = features_near(ground, layer, shape, within_m=ground.error_m(layer), where=rule.where)
    if LAYERS[layer].shape is not Shape.AREA:
        return _touched(rule, rulebook, subject, near, error_m=ground.error_m(layer))
    features = near.union
    covered = areal(shapely.intersection(shape, features))
    is_share_held = rule.direction == "min"
    limit = float(rule.value) if rule.value is not None else float(is_share_held)
    wrong = areal(shapely.difference(shape, covered)) if is_share_held else covered
    allowed_m2 = shape.area * (1 - limit if is_share_held else limit)
    if allowed_m2 > _NOTHING_M2:
        verdict, reason = _against_area(wrong, allowed_m2=allowed_m2, error_m=ground.error_m(layer))
    else:
        may_touch = is_share_held or layer in ground.thresholds.touching_is_nothing
        distance_m = float(shapely.distance(subject.geometry, features)) if near.count else float("inf")
        verdict, reason = _unwanted(
            wrong, subject, layer=layer, ground=ground, distance_m=distance_m, may_touch=may_touch
        )
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
    wrong: BaseGeometry, subject: Located, *, layer: LayerName, ground: Ground, distance_m: float, may_touch: bool
) -> _Judged:
    """Judge a part of which there should be nothing: wide and large it violates; a square metre or more is a doubt."""
    least_m2 = max(
        ground.thresholds.least_area_m2, area_error_m2(subject.geometry, point_error_m=ground.error_m(layer))
    )
    band = band_of(
        wrong,
        distance_m=distance_m,
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
