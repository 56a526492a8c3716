"""Checking a proposal on a parcel: every finding with its article, its number, its margin and its place. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import shapely

from basemap.model import LayerName
from permits.combined_limits import combined_limits
from permits.estimates import without_loose_estimates
from permits.facts import ParcelFacts
from permits.findings import Finding, finding_of_limit, overall
from permits.ground_checks import GroundChecks
from permits.limits import limits
from permits.model import Direction, Facts, Limits, Verdict
from permits.proposal import Proposal
from permits.rule_ground import ground_rule_findings
from permits.rulebook import Rulebook
from spatial.geometry import Located

REQUIRED_LIMITS = ("max_site_coverage_ratio", "max_floors", "max_roof_height_m")
"""A proposal that is silent on one of these cannot comply yet."""

_SAME_PROPOSAL = ("max_footprint_m2", "max_gross_floor_area_m2")
_DRAWN_DISTANCE_ERROR_M = 0.14  # two corners of 0.10 m each


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """The outcome of one check.

    Parameters
    ----------
    not_proposed
        Limits that exist but that the proposal says nothing about.
    not_checked
        Layers that did not answer.
    """

    parcel: ParcelFacts
    facts: Facts
    limits: Limits
    findings: tuple[Finding, ...]
    verdict: Verdict
    not_proposed: tuple[str, ...]
    not_checked: tuple[LayerName, ...]

    def to_json(self) -> dict[str, object]:
        """Return the outcome for programs."""
        found = self.parcel
        return {
            "parcel": found.parcel.key,
            "verdict": self.verdict.value,
            "as_of": self.limits.as_of.isoformat(),
            "rulebook": self.limits.rulebook,
            "rulebook_sha256": self.limits.rulebook_sha256,
            "registered_area_m2": found.registered_area_m2,
            "measured_area_m2": round(found.measured_area_m2, 2),
            "area_left_m2": found.area_left_m2,
            "findings": [finding.to_json() for finding in self.findings],
            "not_proposed": list(self.not_proposed),
            "not_checked": [layer.value for layer in self.not_checked],
            "layers": {name.value: answer.status.value for name, answer in found.layers.items()},
            "layer_versions": {name.value: source.to_json() for name, source in found.sources.items()},
            "facts": {name: _plain(value) for name, value in self.facts.known.items()},
            "limits": {name: limit.to_json() for name, limit in self.limits.by_name.items()},
        }


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
        Pack with the rules about land use, zones, boundaries and reservations; by default ``rulebook`` itself, if it
        is that of row houses, which holds them.
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
    on_ground = ground_rules or next((book for book in books if book.binding == "row_house"), None)
    asked = books if on_ground is None or on_ground is rulebook else (on_ground, *books)
    facts = facts_for_rules(found, proposal, footprint=footprint, rulebooks=asked, as_of=as_of)
    if beside:
        figures = combined_limits(facts, rulebooks=books, as_of=as_of)
    else:
        figures = limits(facts, rulebook=rulebook, as_of=as_of)
    by_limit, not_proposed = _limit_findings(figures, books, place=footprint or found.parcel.place)
    findings = [*by_limit]
    if on_ground is not None:
        findings += GroundChecks(on_ground, as_of=as_of).findings(found, footprint)
    for book in books:
        findings += ground_rule_findings(found, footprint, facts, rulebook=book, as_of=as_of)
    is_without_rules = all(finding.verdict is Verdict.NOT_APPLICABLE for finding in by_limit)
    if is_without_rules and (on_ground is not None or not findings):
        verdict = Verdict.NOT_APPLICABLE
    else:
        verdict = overall(findings)
    return Check(
        parcel=found,
        facts=facts,
        limits=figures,
        findings=tuple(findings),
        verdict=verdict,
        not_proposed=not_proposed,
        not_checked=found.not_checked,
    )


def facts_for_rules(
    found: ParcelFacts, proposal: Proposal, *, footprint: Located | None, rulebooks: Sequence[Rulebook], as_of: date
) -> Facts:
    """Return the facts of the map, settled estimates only, with what the proposal states before them."""
    drawn: dict[str, object] = {}
    if footprint is not None:
        drawn["footprint_m2"] = round(footprint.area_m2, 2)
    if footprint is not None and rulebooks[0].binding == "row_house":
        drawn["rear_setback_m"] = _rear_setback_m(found, footprint, rulebook=rulebooks[0], as_of=as_of)
    stated = proposal.facts.known
    if "road_width_m" in stated:
        drawn["road_widths_m"] = None
    settled = without_loose_estimates(found, rulebooks=rulebooks, as_of=as_of)
    return replace(settled, **{**drawn, **stated})


def _rear_setback_m(found: ParcelFacts, footprint: Located, *, rulebook: Rulebook, as_of: date) -> float | None:
    """Measure the rear setback from the drawing; unknown where it is too close to a figure of the rule to tell."""
    if found.rear is None:
        return None
    measured_m = float(shapely.distance(footprint.geometry, found.rear.geometry))
    table = rulebook.rule("row_house.rear_setback", as_of=as_of).table
    asked = [float(figure) for figure in table.all_figures("rear_setback_m") if figure] if table else []
    is_close = any(0 < figure - measured_m <= _DRAWN_DISTANCE_ERROR_M for figure in asked)
    return None if is_close else round(measured_m, 2)


def _limit_findings(
    figures: Limits, books: Sequence[Rulebook], *, place: Located
) -> tuple[list[Finding], tuple[str, ...]]:
    findings, silent = [], []
    by_name = {book.name: book for book in books}
    for name, limit in figures.by_name.items():
        if limit.direction is Direction.INFORMATION or name in _SAME_PROPOSAL:
            continue
        is_demand = limit.direction is Direction.MIN and name == "min_rear_setback_m" and bool(limit.value)
        is_silent = limit.proposed is None and limit.verdict is not Verdict.NOT_APPLICABLE
        if is_silent and name not in REQUIRED_LIMITS and not is_demand:
            silent.append(name)
            continue
        book = by_name.get(limit.rulebook, books[0])
        rule = book.rule(limit.binding or limit.rule, as_of=figures.as_of)
        findings.append(finding_of_limit(limit, rule, place=place))
    return findings, tuple(silent)
