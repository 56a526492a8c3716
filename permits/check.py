"""Checking a proposal on a parcel: every finding with its article, its number, its margin and its place. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from basemap.model import LayerName
from permits.assess import Assess, basis_day
from permits.combined_limits import combined_limits
from permits.corridors import CORRIDOR_RULEBOOK
from permits.estimates import settled_facts
from permits.facts import ParcelFacts
from permits.findings import Finding, finding_of_limit, overall
from permits.ground_findings import findings_on_ground
from permits.limits import limits
from permits.model import Direction, Facts, Limit, Limits, Verdict
from permits.proposal import Proposal
from permits.rulebook import Rule, Rulebook, ground_rules_beside, load_rulebook
from permits.setbacks_drawn import FRONT, REAR, drawn_setback_m, judged_by_drawing, part_in_strip
from permits.several_uses import strictest_of
from permits.sources_of_facts import layers_of_facts
from spatial.geometry import Located

REQUIRED_LIMITS = ("max_site_coverage_ratio", "max_floors", "max_roof_height_m")
"""A proposal that is silent on one of these cannot comply yet."""

_SAME_PROPOSAL = ("max_footprint_m2", "max_gross_floor_area_m2")


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


def check(  # noqa: PLR0913 - what a check rests on
    found: ParcelFacts,
    proposal: Proposal,
    *,
    rulebook: Rulebook,
    as_of: date,
    beside: Sequence[Rulebook] = (),
    ground_rules: Rulebook | None = None,
    assess_by: Assess | None = None,
) -> Check:
    """Check a proposal on a parcel against the rules of ``rulebook`` on ``as_of``.

    Parameters
    ----------
    beside
        Further packs: the smallest of all limits that apply counts.
    ground_rules
        Pack with the rules about land use, zones, boundaries and reservations; by default that of the product, if
        one of the packs is about row houses.
    assess_by
        One that remembers, where many parcels are checked.
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
    facts = facts_for_rules(found, proposal, footprint=footprint, rulebooks=books, as_of=as_of)

    def asked(use: Facts) -> Limits:
        if beside:
            return combined_limits(use, rulebooks=books, as_of=as_of, assess_by=assess_by)
        return limits(use, rulebook=rulebook, as_of=as_of, assess_by=assess_by)

    figures = asked(facts)
    uses = [facts, *(replace(facts, building_type=use) for use in proposal.further_uses)]
    if proposal.further_uses:
        figures = strictest_of([figures, *map(asked, uses[1:])])
    case = _Case(found=found, footprint=footprint, facts=facts, books={book.name: book for book in books}, as_of=as_of)
    figures = replace(figures, by_name=case.by_drawing(figures.by_name, stated=proposal.facts))
    by_limit, not_proposed = case.findings(figures.by_name.values())
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
        not_proposed=not_proposed,
        not_checked=found.not_checked,
        ground_rules=ground_rules,
        of_outline=case.of_outline(figures.by_name),
    )


def facts_for_rules(
    found: ParcelFacts, proposal: Proposal, *, footprint: Located | None, rulebooks: Sequence[Rulebook], as_of: date
) -> Facts:
    """Return the facts of the map, settled estimates only, with what the proposal states before them."""
    drawn: dict[str, object] = {}
    if footprint is not None:
        drawn["footprint_m2"] = round(footprint.area_m2, 2)
        drawn["rear_setback_m"] = drawn_setback_m(REAR, found, footprint)
    stated = proposal.facts.known
    if all(book.plot_area == "whole" for book in rulebooks):
        drawn["plot_area_m2"] = found.registered_area_m2 or round(found.measured_area_m2, 2)
    if "road_width_m" in stated:
        drawn["road_widths_m"] = None
    about = {name: stated[name] for name in ("building_type", "area_type", "former_province") if name in stated}
    settled = settled_facts(replace(found.facts, **about), rulebooks=rulebooks, as_of=as_of)
    return replace(settled, **{**drawn, **stated})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """A parcel, what is drawn on it, and the packs that judge it."""

    found: ParcelFacts
    footprint: Located | None
    facts: Facts
    books: Mapping[str, Rulebook]
    as_of: date

    def by_drawing(self, by_name: Mapping[str, Limit], *, stated: Facts) -> dict[str, Limit]:
        """Return the limits, the setbacks that nobody stated judged by the drawing."""
        judged = dict(by_name)
        if self.footprint is None:
            return judged
        stated_m = {FRONT: stated.front_setback_m, REAR: stated.rear_setback_m}
        for name in self.of_outline(by_name):
            if stated_m[name] is None:
                judged[name] = judged_by_drawing(judged[name], self.found, self.footprint)
        return judged

    def of_outline(self, by_name: Mapping[str, Limit]) -> tuple[str, ...]:
        """Return the setbacks that hold for the outline of the building."""
        named = [by_name[name] for name in (FRONT, REAR) if name in by_name]
        return tuple(limit.name for limit in named if self.rule_of(limit).subject == "footprint")

    def findings(self, asked: Iterable[Limit]) -> tuple[list[Finding], tuple[str, ...]]:
        """Return a finding for each limit that asks something, and the names of those that the proposal skips."""
        findings, silent = [], []
        for limit in asked:
            name = limit.name
            if limit.direction is Direction.INFORMATION or name in _SAME_PROPOSAL:
                continue
            is_demand = limit.direction is Direction.MIN and name == REAR and bool(limit.value)
            is_silent = limit.proposed is None and limit.verdict is not Verdict.NOT_APPLICABLE
            if is_silent and name not in REQUIRED_LIMITS and not is_demand:
                silent.append(name)
                continue
            rule, book = self.rule_of(limit), self._book_of(limit)
            if limit.verdict is Verdict.NOT_APPLICABLE and not book.instrument_of(rule).period.covers(self.as_of):
                continue  # what a law of another day is not about is no finding
            findings.append(finding_of_limit(limit, rule, rulebook=book.name, place=self._place(limit)))
        return findings, tuple(silent)

    def _place(self, limit: Limit) -> Located | None:
        """Return the part of the footprint that breaks a limit; all of it for a limit of the whole."""
        if limit.verdict in (Verdict.COMPLIES, Verdict.NOT_APPLICABLE):
            return None
        if self.footprint is not None and limit.name in (FRONT, REAR):
            return part_in_strip(limit, self.found, self.footprint)
        return self.footprint or self.found.parcel.place

    def _book_of(self, limit: Limit) -> Rulebook:
        return self.books[limit.rulebook] if limit.rulebook else next(iter(self.books.values()))

    def rule_of(self, limit: Limit) -> Rule:
        """Return the rule that binds, in the version of its basis date."""
        book, name = self._book_of(limit), limit.binding or limit.rule
        rule = book.rule(name, as_of=self.as_of)
        day = basis_day(rule, book, self.facts, as_of=self.as_of)
        return rule if day == self.as_of else book.rule(name, as_of=day)
