"""Rules of a pack about the ground: how much a layer may cover, and how far from something to keep. Pure.

Law as data again: the rule names the layer, which features count (``where``), and the figure. A layer that does
not answer is never clear.
"""

from collections.abc import Iterator
from datetime import date

import shapely

from basemap.model import LayerName
from permits.answers import CAUSE_TEXTS, Concern, LayerAnswer, LayerStatus
from permits.facts import ParcelFacts
from permits.findings import Finding, finding_of_rule
from permits.model import Facts, ReasonCode, Verdict
from permits.overlap import Band
from permits.rule_schema import Rule
from permits.rulebook import Rulebook
from permits.rules.conditions import reaches
from spatial.geometry import Located
from spatial.text import NO_TEXT, Text

_DRAWN_DISTANCE_ERROR_M = 0.14  # two corners of 0.10 m each
_KINDS = ("overlap", "distance")


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
            yield finding_of_rule(rulebook, rule, Verdict.NEEDS_REVIEW, reason=ReasonCode.NOT_IN_FORCE)
            continue
        finding = (_overlap if rule.kind == "overlap" else _distance)(rule, rulebook, found, footprint)
        is_open = reach.holds is None or not rulebook.is_verified(rule, as_of=as_of)
        if is_open and finding.verdict is not Verdict.COMPLIES:
            reason = ReasonCode.MISSING_INPUT if reach.holds is None else ReasonCode.RULE_UNVERIFIED
            finding = finding_of_rule(rulebook, rule, Verdict.NEEDS_REVIEW, reason=reason, place=finding.place)
        yield finding


def _overlap(rule: Rule, rulebook: Rulebook, found: ParcelFacts, footprint: Located | None) -> Finding:
    answer = _answer(rule, found)
    if answer is None or answer.status is LayerStatus.NOT_CHECKED:
        return _not_checked(rule, rulebook, answer)
    concerns = [concern for concern in answer.felt if _counts(concern, rule)]
    subject = footprint if rule.subject == "footprint" else found.parcel.place
    if subject is None:
        if not concerns:
            return finding_of_rule(rulebook, rule, Verdict.COMPLIES)
        place = concerns[0].geometry
        return finding_of_rule(rulebook, rule, Verdict.NEEDS_REVIEW, reason=ReasonCode.NOTHING_PROPOSED, place=place)
    hits = _common(subject, [concern for concern in concerns if concern.band is Band.HIT])
    all_felt = _common(subject, concerns)
    most = float(rule.value or 0)
    shares = [part.area / subject.geometry.area for part in (hits, all_felt)]
    verdict, reason = Verdict.COMPLIES, None
    if shares[0] > most:
        verdict = Verdict.VIOLATES
    elif shares[1] > most:
        verdict, reason = Verdict.NEEDS_REVIEW, ReasonCode.WITHIN_TOLERANCE
    touched = Located(geometry=all_felt, crs=subject.crs) if verdict is not Verdict.COMPLIES else None
    return finding_of_rule(rulebook, rule, verdict, reason=reason, value=most, proposed=float(shares[1]), place=touched)


def _common(subject: Located, concerns: list[Concern]) -> shapely.Geometry:
    parts = [shapely.intersection(subject.geometry, concern.geometry.geometry) for concern in concerns]
    return shapely.union_all(parts)


def _distance(rule: Rule, rulebook: Rulebook, found: ParcelFacts, footprint: Located | None) -> Finding:
    least_m = float(rule.value or 0)
    answer = _answer(rule, found)
    is_boundary = rule.layer == LayerName.PARCEL
    if not is_boundary and (answer is None or answer.status is LayerStatus.NOT_CHECKED):
        return _not_checked(rule, rulebook, answer)
    if footprint is None and (is_boundary or rule.subject == "footprint"):
        return finding_of_rule(rulebook, rule, Verdict.NEEDS_REVIEW, reason=ReasonCode.NOTHING_PROPOSED, value=least_m)
    measured_m = _measured_m(rule, found, footprint, answer)
    if measured_m is None or measured_m >= least_m:
        return finding_of_rule(rulebook, rule, Verdict.COMPLIES, value=least_m, proposed=measured_m)
    is_close = least_m - measured_m <= _DRAWN_DISTANCE_ERROR_M
    return finding_of_rule(
        rulebook,
        rule,
        Verdict.NEEDS_REVIEW if is_close else Verdict.VIOLATES,
        reason=ReasonCode.WITHIN_TOLERANCE if is_close else None,
        value=least_m,
        proposed=measured_m,
        place=footprint or found.parcel.place,
    )


def _measured_m(rule: Rule, found: ParcelFacts, footprint: Located | None, answer: LayerAnswer | None) -> float | None:
    """Return the distance to what counts; None: nothing that counts is near."""
    if rule.layer == LayerName.PARCEL and footprint is not None:
        return float(shapely.distance(footprint.geometry, shapely.boundary(found.parcel.place.geometry)))
    if rule.layer == LayerName.STREET and footprint is not None:
        sides = [float(shapely.distance(footprint.geometry, side.edge)) + side.gap_m for side in found.sides]
        return min(sides, default=None)
    if answer is None or rule.where:
        concerns = [] if answer is None else [each for each in answer.felt if _counts(each, rule)]
        return min((each.distance_m for each in concerns), default=None)
    return answer.nearest_m


def _answer(rule: Rule, found: ParcelFacts) -> LayerAnswer | None:
    return None if rule.layer is None else found.layers.get(LayerName(rule.layer))


def _counts(concern: Concern, rule: Rule) -> bool:
    return all(concern.detail.get(column) in values for column, values in rule.where.items())


def _not_checked(rule: Rule, rulebook: Rulebook, answer: LayerAnswer | None) -> Finding:
    why = NO_TEXT if answer is None or answer.cause is None else CAUSE_TEXTS[answer.cause]
    note = why if why.vi else Text("Lớp dữ liệu chưa được nạp.", "The layer is not loaded.")
    return finding_of_rule(rulebook, rule, Verdict.NEEDS_REVIEW, reason=ReasonCode.LAYER_NOT_LOADED, note=note)
