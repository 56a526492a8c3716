"""A finding: one rule, what it asks, what was found, by how much, where on the map."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

import shapely

from basemap.model import LayerName
from permits.model import REASON_TEXTS, Limit, ReasonCode, Verdict, plain
from permits.rulebook import Rule, Rulebook
from spatial.crs import WGS84
from spatial.geometry import Located
from spatial.text import NO_TEXT, Text

_UNITS = {"m2": Text(" m²", " m²"), "m": Text(" m", " m"), "floors": Text(" tầng", " floors"), "ratio": NO_TEXT}
_PERCENT = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one rule says about a proposal.

    Parameters
    ----------
    name
        Limit or check that the finding belongs to.
    value, proposed, margin
        In ``unit``; a negative margin is how far the proposal goes beyond the limit.
    blocking
        Whether the finding counts for the overall verdict.
    place
        Part of the ground that breaks the rule, or that it is about where nothing is broken.
    facts, layers
        Facts that the rule reads, and layers that it looks at: where the answer comes from.
    """

    name: str
    rule: str
    citation: str
    title: Text
    requirement: Text
    verdict: Verdict
    reason: ReasonCode | None = None
    unit: str = ""
    value: float | None = None
    proposed: float | None = None
    margin: float | None = None
    missing: tuple[str, ...] = ()
    blocking: bool = True
    note: Text = NO_TEXT
    place: Located | None = None
    rulebook: str = ""
    facts: tuple[str, ...] = ()
    layers: tuple[LayerName, ...] = ()

    @property
    def sentence(self) -> Text:
        """The finding as one sentence in both languages."""
        return Text(self._sentence("vi"), self._sentence("en"))

    def _sentence(self, language: str) -> str:
        said = VERDICT_TEXTS[self.verdict].in_language(language)
        parts = [f"{self.title.in_language(language)}: {said}"]
        if self.proposed is not None:
            proposed = Text("phương án", "proposed").in_language(language)
            parts.append(f"{proposed} {_figure(self.proposed, self.unit, language)}")
        if self.value is not None:
            limit = Text("giới hạn", "limit").in_language(language)
            parts.append(f"{limit} {_figure(self.value, self.unit, language)}")
        sentence = ", ".join(parts) + f" ({self.citation})."
        note = NO_TEXT if self.verdict is Verdict.COMPLIES else self.note
        why = [note, REASON_TEXTS[self.reason] if self.reason else NO_TEXT]
        return " ".join([sentence, *(text.in_language(language) for text in why if text.vi)])

    def to_json(self) -> dict[str, object]:
        """Return the finding for programs; its place is GeoJSON in WGS84."""
        return {
            "name": self.name,
            "verdict": self.verdict.value,
            "reason": None if self.reason is None else self.reason.value,
            "rule": self.rule,
            "citation": self.citation,
            "title": self.title._asdict(),
            "sentence": self.sentence._asdict(),
            "unit": self.unit,
            "value": self.value,
            "proposed": self.proposed,
            "margin": self.margin,
            "missing": list(self.missing),
            "blocking": self.blocking,
            "rulebook": self.rulebook,
            "geometry": None if self.place is None else geojson(self.place),
            "area_m2": None if self.place is None else round(self.place.area_m2, 2),
        }


class Said(NamedTuple):
    """What a finding says, without its figures and its place: many parcels are told the same."""

    rule: str
    verdict: Verdict
    reason: ReasonCode | None
    blocking: bool

    @classmethod
    def by(cls, finding: Finding) -> "Said":
        """Return what a finding says."""
        return cls(finding.rule, finding.verdict, finding.reason, finding.blocking)


VERDICT_TEXTS = {
    Verdict.COMPLIES: Text("phù hợp", "complies"),
    Verdict.VIOLATES: Text("không phù hợp", "violates"),
    Verdict.NEEDS_REVIEW: Text("cần xem xét", "needs review"),
    Verdict.NOT_APPLICABLE: Text("không áp dụng", "not applicable"),
}


def geojson(place: Located) -> object:
    """Return a place as a GeoJSON geometry in WGS84, seven decimals."""
    geometry = shapely.set_precision(place.to(WGS84).geometry, 1e-7, mode="pointwise")
    return shapely.geometry.mapping(geometry)


def _figure(value: float, unit: str, language: str) -> str:
    if unit == "ratio" and value <= 1:
        text = f"{value * _PERCENT:.2f}".rstrip("0").rstrip(".") + " %"
    else:
        text = f"{value:.2f}".rstrip("0").rstrip(".") + _UNITS.get(unit, NO_TEXT).in_language(language)
    return text if language == "en" else text.replace(".", ",")


def finding_of_limit(limit: Limit, rule: Rule, *, rulebook: str) -> Finding:
    """Return what a limit says about the proposal that was compared with it; where on the map, it does not say."""
    verdict, reason = limit.verdict, limit.reason
    if verdict is None or (limit.proposed is None and verdict is not Verdict.NOT_APPLICABLE):
        verdict, reason = Verdict.NEEDS_REVIEW, ReasonCode.NOTHING_PROPOSED
    value = None if limit.value is None else plain(limit.value)
    return Finding(
        name=limit.name,
        rule=limit.binding or limit.rule,
        citation=str(limit.citation),
        title=rule.title.text,
        requirement=rule.requirement.text,
        verdict=verdict,
        reason=reason,
        unit=limit.unit,
        value=value,
        proposed=limit.proposed,
        margin=limit.margin,
        missing=limit.missing,
        blocking=limit.severity == "blocking",
        note=limit.note,
        rulebook=rulebook,
        facts=rule.facts,
    )


def finding_of_rule(  # noqa: PLR0913 - a finding has that many parts
    rulebook: Rulebook,
    rule: Rule,
    verdict: Verdict,
    *,
    reason: ReasonCode | None = None,
    proposed: float | None = None,
    value: float | None = None,
    place: Located | None = None,
    note: Text = NO_TEXT,
    layers: tuple[LayerName, ...] = (),
) -> Finding:
    """Return a finding about the ground rather than about a figure; parcels on which nothing is measured share it."""

    def made() -> Finding:
        return Finding(
            **rulebook.remembered(("words", rule.id, rule.valid.from_), lambda: _words(rulebook, rule)),
            verdict=verdict,
            reason=reason,
            value=value,
            proposed=proposed,
            margin=_margin(rule, value, proposed),
            note=note,
            place=place,
            layers=layers,
        )

    if place is not None or proposed:
        return made()
    key = ("finding", rule.id, rule.valid.from_, verdict, reason, proposed, value, note, layers)
    return rulebook.remembered(key, made)


def _words(rulebook: Rulebook, rule: Rule) -> dict[str, Any]:
    """Return the parts of a finding that are the same wherever a rule is asked."""
    return {
        "name": rule.id,
        "rule": rule.id,
        "citation": str(rulebook.citation(rule)),
        "title": rule.title.text,
        "requirement": rule.requirement.text,
        "unit": rule.unit,
        "blocking": rule.severity == "blocking",
        "rulebook": rulebook.name,
    }


def _margin(rule: Rule, value: float | None, proposed: float | None) -> float | None:
    if value is None or proposed is None:
        return None
    return proposed - value if rule.direction == "min" else value - proposed


def overall(findings: Iterable[Finding | Said]) -> Verdict:
    """Return the verdict on the whole: a violation weighs most, then doubt; nothing applicable is no approval."""
    verdicts = {finding.verdict for finding in findings if finding.blocking}
    for verdict in (Verdict.VIOLATES, Verdict.NEEDS_REVIEW, Verdict.COMPLIES):
        if verdict in verdicts:
            return verdict
    return Verdict.NOT_APPLICABLE
