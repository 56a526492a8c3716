"""Checks of a proposal against the ground: land use, zones, boundaries, road reservations, areas.

Their rules stand in a pack of their own, ``ground``, and go with every other pack, whichever was asked for.
Corridors, power lines and airports have theirs in `permits.corridor_checks`.
"""

import math
from collections.abc import Iterator
from datetime import date

import shapely
from shapely.geometry.base import BaseGeometry

from basemap.model import LayerName
from permits.answers import CAUSE_TEXTS, LayerAnswer, LayerStatus
from permits.facts import ParcelFacts
from permits.findings import Finding, finding_of_rule
from permits.ground import CORRIDOR_LAYERS, RESTRICTING_LAYERS
from permits.model import Facts, ReasonCode, Verdict
from permits.overlap import Band, OverlapThresholds, area_error_m2, band_of
from permits.reach import reach_of
from permits.rulebook import Rule, Rulebook
from permits.special_facts import KINDS_OF_FACT
from permits.zoning import is_sure
from spatial.geometry import Located
from spatial.text import Text

OTHER_RESTRICTIONS = "house.other_restrictions"
"""Rule that asks a person about plans and areas which no rule weighs, and about layers of them that are silent."""

_NOTHING = shapely.Polygon()

_USUAL_THRESHOLDS = OverlapThresholds()
_RESTRICTING_BY_NO_RULE = tuple(name for name in RESTRICTING_LAYERS if name not in CORRIDOR_LAYERS)
_PLANS = (LayerName.ZONE, LayerName.DETAILED_PLAN)
_OTHER_BUILDING = Text(
    "Quy định này nói về nhà ở; công trình khác cần đối chiếu mục đích sử dụng đất riêng.",
    "This rule is about houses; what land another building needs has to be looked up.",
)


class GroundChecks:
    """The checks that need a place rather than a figure."""

    def __init__(
        self, rulebook: Rulebook, facts: Facts, *, as_of: date, thresholds: OverlapThresholds | None = None
    ) -> None:
        self._facts = facts
        self._rulebook = rulebook
        self._as_of = as_of
        self._thresholds = thresholds or _USUAL_THRESHOLDS

    def findings(self, found: ParcelFacts, footprint: Located | None) -> Iterator[Finding]:
        """Yield what the ground says about building on this parcel, and about this footprint on it."""
        yield self._land_use(found)
        yield from self._zones(found)
        if found.area_differs:
            yield self._area(found)
        if not (reservations := found.layers[LayerName.ROAD_RESERVATION]).is_clear:
            yield from self._reservations(reservations, footprint)
        yield from self._special_areas(found, footprint)
        for layer in _RESTRICTING_BY_NO_RULE:
            if not (answer := found.layers[layer]).is_clear:
                yield from self._restriction(answer, footprint)
        if footprint is not None:
            yield self._inside(found, footprint)

    def _find(self, rule: Rule, verdict: Verdict, **details: object) -> Finding:
        if not self._rulebook.is_in_force(rule, as_of=self._as_of):
            verdict, details["reason"] = Verdict.NEEDS_REVIEW, ReasonCode.NOT_IN_FORCE
        elif verdict is not Verdict.NEEDS_REVIEW and not self._rulebook.is_verified(rule, as_of=self._as_of):
            verdict, details["reason"] = Verdict.NEEDS_REVIEW, ReasonCode.RULE_UNVERIFIED
        return finding_of_rule(self._rulebook, rule, verdict, **details)  # type: ignore[arg-type]  # parts of a finding

    def _rule(self, rule_id: str) -> Rule:
        return self._rulebook.rule(rule_id, as_of=self._as_of)

    def _land_use(self, found: ParcelFacts) -> Finding:
        rule, use = self._rule("house.land_use"), found.parcel.land_use
        if reach_of(rule, self._facts, rulebook=self._rulebook) is False:
            return self._find(rule, Verdict.NEEDS_REVIEW, reason=ReasonCode.OUT_OF_SCOPE, note=_OTHER_BUILDING)
        may_be_built_on = [code in rule.codes for code in use.codes]
        if may_be_built_on and all(may_be_built_on) and not use.unread:
            return self._find(rule, Verdict.COMPLIES)
        note = Text(f"Loại đất: {use.written or 'không ghi'}.", f"Land-use code: {use.written or 'none'}.")
        # Where on the parcel a purpose among several lies, and what an old word means, a person has to see.
        if use.unread or not use.codes or any(may_be_built_on):
            return self._find(rule, Verdict.NEEDS_REVIEW, reason=ReasonCode.MISSING_INPUT, note=note)
        return self._find(rule, Verdict.VIOLATES, place=found.parcel.place, note=note)

    def _zones(self, found: ParcelFacts) -> Iterator[Finding]:
        rule, answer = self._rule("house.zone_use"), found.layers[LayerName.ZONE]
        is_house = reach_of(rule, self._facts, rulebook=self._rulebook) is not False
        for part in found.parts:
            if is_house and part.land_use in rule.codes:
                continue
            share = f"{part.share_ratio * 100:.0f} %"
            note = Text(
                f"{share} thửa đất nằm trong ô {part.name} ({part.land_use or 'chưa rõ chức năng'}).",
                f"{share} of the parcel lies in {part.name} ({part.land_use or 'use unknown'}).",
            )
            reason = ReasonCode.MISSING_INPUT if part.land_use is None else ReasonCode.CONFLICT_OF_RULES
            yield self._find(rule, Verdict.NEEDS_REVIEW, reason=reason, place=part.place, note=note, layers=_PLANS)
        if answer.status is LayerStatus.NOT_CHECKED:
            yield self._unanswered(rule, answer)
        elif not found.parts or found.zoning.is_covered is False:
            yield self._find(
                rule, Verdict.NEEDS_REVIEW, reason=ReasonCode.MISSING_INPUT, place=found.parcel.place, layers=_PLANS
            )

    def _restriction(self, answer: LayerAnswer, footprint: Located | None) -> Iterator[Finding]:
        """Ask a person about a corridor, a plan or an area that no rule of the pack weighs, and about silent layers.

        Its place is the part of the footprint inside, where it reaches in, else the part of the parcel.
        """
        rule = self._rule(OTHER_RESTRICTIONS)
        for concern in answer.felt:
            if answer.layer is LayerName.DETAILED_PLAN and is_sure(concern):
                continue  # its caps hold, and the limits say that a higher plan speaks
            is_inside = concern.distance_m == 0
            name = f"{answer.label.vi}: {concern.name}", f"{answer.label.en}: {concern.name}"
            how = Text(f"{concern.area_m2:.1f} m² của thửa đất", f"{concern.area_m2:.1f} m² of the parcel")
            if not is_inside or not concern.area_m2:
                how = Text(f"cách thửa đất {concern.distance_m:.1f} m", f"{concern.distance_m:.1f} m from the parcel")
            note = Text(f"{name[0]} ({how.vi.replace('.', ',')}).", f"{name[1]} ({how.en}).")
            reason = ReasonCode.DISCRETION_OF_AUTHORITY if concern.band is Band.HIT else ReasonCode.WITHIN_TOLERANCE
            place = _part_inside(footprint, concern.geometry)
            yield self._find(rule, Verdict.NEEDS_REVIEW, reason=reason, place=place, note=note, layers=(answer.layer,))
        if answer.status is LayerStatus.NOT_CHECKED:
            yield self._unanswered(rule, answer)

    def _special_areas(self, found: ParcelFacts, footprint: Located | None) -> Iterator[Finding]:
        """Ask a person whether an annex of its own governs the parcel, where the map cannot tell."""
        if found.facts.in_special_area is not None:
            return
        answers = [found.special_areas[kind] for kind in KINDS_OF_FACT["in_special_area"]]
        doubtful = next(answer for answer in answers if not answer.is_settled)
        rule = self._rule(OTHER_RESTRICTIONS)
        if doubtful.status is LayerStatus.NOT_CHECKED:
            yield self._unanswered(rule, doubtful)
        else:
            yield from self._restriction(doubtful, footprint)

    def _unanswered(self, rule: Rule, answer: LayerAnswer) -> Finding:
        why = CAUSE_TEXTS[answer.cause] if answer.cause is not None else Text("", "")
        label = answer.label
        note = Text(f"{label.vi}: {why.vi} {answer.note.vi}".strip(), f"{label.en}: {why.en} {answer.note.en}".strip())
        reason = ReasonCode.LAYER_NOT_LOADED
        return self._find(rule, Verdict.NEEDS_REVIEW, reason=reason, note=note, layers=(answer.layer,))

    def _area(self, found: ParcelFacts) -> Finding:
        rule = self._rule("parcel.area_agrees")
        registered_m2, measured_m2 = found.registered_area_m2 or found.measured_area_m2, found.measured_area_m2
        tolerance_m2 = found.area_tolerance_m2 or 0.0
        figures = f"{registered_m2:.1f}", f"{measured_m2:.1f}", f"{tolerance_m2:.1f}"
        vi = [figure.replace(".", ",") for figure in figures]
        note = Text(
            f"Trên giấy {vi[0]} m², trên bản đồ {vi[1]} m²; cho phép chênh {vi[2]} m².",
            f"Registered {figures[0]} m², drawn {figures[1]} m²; {figures[2]} m² are allowed between them.",
        )
        return self._find(
            rule,
            Verdict.NEEDS_REVIEW,
            reason=ReasonCode.DATA_INCONSISTENT,
            value=tolerance_m2 / registered_m2,
            proposed=abs(measured_m2 - registered_m2) / registered_m2,
            place=found.parcel.place,
            note=note,
        )

    def _reservations(self, answer: LayerAnswer, footprint: Located | None) -> Iterator[Finding]:
        rule = self._rule("house.outside_reservation")
        if answer.status is LayerStatus.NOT_CHECKED:
            yield self._unanswered(rule, answer)
        for concern in answer.felt:
            if footprint is None:
                yield self._find(
                    rule,
                    Verdict.NEEDS_REVIEW,
                    reason=ReasonCode.NOTHING_PROPOSED,
                    place=concern.geometry,
                    layers=(answer.layer,),
                )
                continue
            taken = shapely.intersection(footprint.geometry, concern.geometry.geometry)
            yield self._part(rule, footprint, taken, layer=LayerName.ROAD_RESERVATION)

    def _inside(self, found: ParcelFacts, footprint: Located) -> Finding:
        parcel = found.parcel.place.geometry
        is_inside = shapely.covers(parcel, footprint.geometry)
        outside = _NOTHING if is_inside else shapely.difference(footprint.geometry, parcel)
        return self._part(self._rule("house.inside_parcel"), footprint, outside, layer=LayerName.BUILDING)

    def _part(self, rule: Rule, footprint: Located, part: BaseGeometry, *, layer: LayerName) -> Finding:
        """Judge a part of the footprint that should not be there: wide and large it violates, within error a doubt."""
        source = LayerName.PARCEL if layer is LayerName.BUILDING else layer
        error_m = self._thresholds.combined_error_m(layer)
        least = self._thresholds.least_area_m2
        if part.area < min(least, _disc_area_m2(error_m)):
            return self._find(rule, Verdict.COMPLIES, value=0.0, proposed=float(part.area), layers=(source,))
        if part.area >= least:
            least = max(least, area_error_m2(footprint.geometry, point_error_m=error_m))
        band = band_of(part, distance_m=float("inf"), error_m=error_m, least_area_m2=least, may_touch=False)
        verdict, reason = {
            Band.HIT: (Verdict.VIOLATES, None),
            Band.REVIEW: (Verdict.NEEDS_REVIEW, ReasonCode.WITHIN_TOLERANCE),
        }.get(band, (Verdict.COMPLIES, None))
        place = Located(geometry=part, crs=footprint.crs) if part.area > 0 and verdict is not Verdict.COMPLIES else None
        return self._find(
            rule, verdict, reason=reason, value=0.0, proposed=float(part.area), place=place, layers=(source,)
        )


def _disc_area_m2(diameter_m: float) -> float:
    """Return the area of a disc: what is smaller than it is narrower than its diameter."""
    return math.pi * (diameter_m / 2) ** 2


def _part_inside(footprint: Located | None, concern: Located) -> Located:
    if footprint is None:
        return concern
    inside = shapely.intersection(footprint.geometry, concern.geometry)
    return Located(geometry=inside, crs=concern.crs) if inside.area > 0 else concern
