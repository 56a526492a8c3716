"""Checking a proposal on a parcel: every finding with its article, its number, its margin and its place. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from basemap.model import LayerName
from permits.combined_limits import combined_limits
from permits.corridors import CORRIDOR_RULEBOOK
from permits.estimates import Use, loose_estimates
from permits.facts import ParcelFacts
from permits.findings import Finding, overall
from permits.ground_findings import findings_on_ground
from permits.limit_checks import LimitChecks
from permits.limits import limits
from permits.model import Facts, Limit, Limits, Verdict
from permits.proposal import Proposal
from permits.rulebook import Rulebook, ground_rules_beside, load_rulebook
from permits.setbacks_drawn import FRONT, REAR, DrawnSetbacks, drawn_setbacks, part_in_strip
from permits.several_uses import strictest_of
from permits.sources_of_facts import layers_of_facts
from spatial.geometry import Located

_CLEAR = (Verdict.COMPLIES, Verdict.NOT_APPLICABLE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """The outcome of one check.

    Parameters
    ----------
    not_proposed
        Limits that exist but that the proposal says nothing about.
    not_checked
        Layers that did not answer.
    of_outline
        Setbacks that hold for the outline of the building, and not for its ground floor alone.
    """

    parcel: ParcelFacts
    proposal: Proposal = field(default_factory=lambda: Proposal(facts=Facts()))
    facts: Facts
    limits: Limits
    findings: tuple[Finding, ...]
    verdict: Verdict
    not_proposed: tuple[str, ...]
    not_checked: tuple[LayerName, ...]
    ground_rules: Rulebook | None = None
    of_outline: tuple[str, ...] = ()

    def to_json(self) -> dict[str, object]:
        """Return the outcome for programs."""
        found = self.parcel
        return {
            "parcel": found.parcel.key,
            "verdict": self.verdict.value,
            "as_of": self.limits.as_of.isoformat(),
            "rulebook": self.limits.rulebook,
            "rulebook_sha256": self.limits.rulebook_sha256,
            "rulebooks": self.pack_hashes,
            "registered_area_m2": found.registered_area_m2,
            "measured_area_m2": round(found.measured_area_m2, 2),
            "area_left_m2": found.area_left_m2,
            "findings": [
                {**finding.to_json(), "layer_versions": self.versions_of(finding)} for finding in self.findings
            ],
            "roads_in_front": _roads_in_front(found),
            "not_proposed": list(self.not_proposed),
            "not_checked": [layer.value for layer in self.not_checked],
            "layers": {name.value: answer.status.value for name, answer in found.layers.items()},
            "layer_versions": {name.value: source.to_json() for name, source in found.sources.items()},
            "facts": {name: _plain(value) for name, value in self.facts.known.items()},
            "limits": {name: limit.to_json() for name, limit in self.limits.by_name.items()},
        }

    @property
    def pack_hashes(self) -> dict[str, str]:
        """Name and hash of every pack that was asked."""
        asked = self.limits.rulebooks or {self.limits.rulebook: self.limits.rulebook_sha256}
        if self.ground_rules is None:
            return dict(asked)
        beside = (self.ground_rules, load_rulebook(CORRIDOR_RULEBOOK))
        return {**asked, **{book.name: book.sha256 for book in beside}}

    def versions_of(self, finding: Finding) -> dict[str, int | None]:
        """Return the version of each layer that a finding rests on; None: the layer did not say which it is."""
        read = [name for name in finding.facts if name not in self.proposal.facts.known]
        sources = self.parcel.sources
        layers = dict.fromkeys([*finding.layers, *layers_of_facts(read)])
        return {layer.value: sources[layer].version_id if layer in sources else None for layer in layers}


def _roads_in_front(found: ParcelFacts) -> list[dict[str, object]]:
    """Return the road at each side that faces one, the planned width with it; None: not known."""
    widths = found.planned_widths_m or (None,) * len(found.sides)
    return [
        {
            "name": side.street.name,
            "planned_width_m": width,
            "side_length_m": round(side.length_m, 2),
            "sidewalk_width_m": side.street.sidewalk_width_m,
        }
        for side, width in zip(found.sides, widths, strict=True)
    ]


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, date) else value


def check(
    found: ParcelFacts,
    proposal: Proposal,
    *,
    rulebook: Rulebook,
    as_of: date,
    beside: Sequence[Rulebook] = (),
    ground_rules: Rulebook | None = None,
) -> Check:
    """Check a proposal on a parcel against the rules of ``rulebook`` on ``as_of``.

    Parameters
    ----------
    beside
        Further packs: the smallest of all limits that apply counts.
    ground_rules
        Pack with the rules about land use, zones, boundaries and reservations; by default that of the product, if
        one of the packs is about row houses.
    found
        What the map says about the parcel.
    proposal
        What is to be built; facts that it states go before those of the map.

    Returns
    -------
    Check
        VIOLATES if any blocking finding does, else NEEDS_REVIEW if any does, else COMPLIES; NOT_APPLICABLE if
        no rule applies.
    """
    footprint = None if proposal.footprint is None else proposal.footprint.to(found.parcel.place.crs)
    books = (rulebook, *beside)
    if ground_rules is None:
        ground_rules = ground_rules_beside(books)
    drawn = drawn_setbacks(found, footprint, stated=proposal.facts)
    facts = facts_for_rules(found, proposal, footprint=footprint, drawn=drawn, rulebooks=books, as_of=as_of)

    def asked(use: Facts) -> Limits:
        if beside:
            return combined_limits(use, rulebooks=books, as_of=as_of, of_map=True)
        return limits(use, rulebook=rulebook, as_of=as_of, of_map=True)

    figures = asked(facts)
    uses = [facts, *(replace(facts, building_type=use) for use in proposal.further_uses)]
    if proposal.further_uses:
        figures = strictest_of([figures, *map(asked, uses[1:])])
    checks = LimitChecks(facts=facts, books={book.name: book for book in books}, as_of=as_of, drawn=drawn)
    figures = replace(figures, by_name={name: checks.by_drawing(limit) for name, limit in figures.by_name.items()})
    asked_limits = figures.by_name.values()
    by_limit = [
        replace(finding, place=_place(limit, finding, found, footprint))
        for limit in asked_limits
        if (finding := checks.finding(limit)) is not None
    ]
    on_ground = findings_on_ground(found, footprint, uses, rulebooks=books, ground_rules=ground_rules, as_of=as_of)
    findings = [*by_limit, *on_ground]
    is_without_rules = all(finding.verdict is Verdict.NOT_APPLICABLE for finding in by_limit)
    is_unjudged = is_without_rules and (ground_rules is not None or not findings)
    return Check(
        parcel=found,
        proposal=proposal,
        facts=facts,
        limits=figures,
        findings=tuple(findings),
        verdict=Verdict.NOT_APPLICABLE if is_unjudged else overall(findings),
        not_proposed=tuple(limit.name for limit in asked_limits if checks.is_skipped(limit)),
        not_checked=found.not_checked,
        ground_rules=ground_rules,
        of_outline=tuple(limit.name for limit in asked_limits if checks.is_of_outline(limit)),
    )


def facts_for_rules(
    found: ParcelFacts,
    proposal: Proposal,
    *,
    footprint: Located | None,
    drawn: DrawnSetbacks,
    rulebooks: Sequence[Rulebook],
    as_of: date,
) -> Facts:
    """Return the facts of the map, settled estimates only, with what the proposal states before them."""
    stated = proposal.facts.known
    use = Use(*(stated.get(name, getattr(found.facts, name)) for name in Use._fields))
    loose = loose_estimates(found.facts, use=use, rulebooks=rulebooks, as_of=as_of)
    changed: dict[str, object] = dict.fromkeys(loose)
    if footprint is not None:
        changed["footprint_m2"] = round(footprint.area_m2, 2)
        changed["rear_setback_m"] = drawn.rear_m
    if all(book.plot_area == "whole" for book in rulebooks):
        changed["plot_area_m2"] = found.registered_area_m2 or round(found.measured_area_m2, 2)
    if "road_width_m" in stated:
        changed["road_widths_m"] = None
    return replace(found.facts, **{**changed, **stated})


def _place(limit: Limit, finding: Finding, found: ParcelFacts, footprint: Located | None) -> Located | None:
    """Return the part of the footprint that breaks a limit; all of it for a limit of the whole."""
    if finding.verdict in _CLEAR or limit.verdict in _CLEAR:
        return None
    if footprint is not None and limit.name in (FRONT, REAR):
        return part_in_strip(limit, found, footprint)
    return footprint or found.parcel.place
