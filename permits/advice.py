"""What would make a proposal comply: the least change for each finding that violates, checked again together. Pure.

Nothing is advised on what is unknown: a finding that needs review is named, and stays.
"""

from dataclasses import dataclass, replace
from typing import Any

import shapely

from permits.buildable import buildable, trimmed, without
from permits.check import Check
from permits.envelope import Judge, drawn_figure, for_review
from permits.findings import Finding, geojson
from permits.limit_fields import LIMIT_FIELDS
from permits.model import Direction, Facts, Limit, Verdict
from permits.proposal import Proposal
from permits.setbacks_drawn import kept_free
from spatial.geometry import Located
from spatial.text import Text

_MOST_ROUNDS_COUNT = 6
_LEAST_FOOTPRINT_M2 = 1.0
_ON_THE_GROUND = ("max_site_coverage_ratio", "min_front_setback_m", "min_rear_setback_m")
_PLACES = ("house.inside_parcel", "house.outside_reservation")
_UNITS = {"m": " m", "m2": " m²"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One thing to change.

    Parameters
    ----------
    fact
        Fact of the proposal; ``footprint`` is the drawn outline, by its area.
    before, after
        In ``unit``.
    because_of
        Findings that ask for it.
    """

    fact: str
    unit: str
    before: float | None
    after: float
    because_of: tuple[str, ...]
    sentence: Text

    def to_json(self) -> dict[str, object]:
        """Return the change for programs."""
        return {
            "fact": self.fact,
            "unit": self.unit,
            "before": self.before,
            "after": self.after,
            "because_of": list(self.because_of),
            "sentence": self.sentence._asdict(),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """The changes, and what they lead to.

    Parameters
    ----------
    proposal, check
        The proposal with every change, and its own check.
    obstacles
        Findings that violate whatever is changed about the building.
    for_review
        Findings that a person has to look at; no change is advised on them.
    """

    changes: tuple[Change, ...]
    proposal: Proposal
    check: Check
    obstacles: tuple[Finding, ...]
    for_review: tuple[Finding, ...]

    def to_json(self) -> dict[str, object]:
        """Return the advice for programs."""
        outline = self.proposal.footprint
        return {
            "changes": [change.to_json() for change in self.changes],
            "verdict_after": self.check.verdict.value,
            "footprint_after": None if outline is None else geojson(outline),
            "obstacles": [each.sentence._asdict() for each in self.obstacles],
            "for_review": [each.sentence._asdict() for each in self.for_review],
        }


def advice_on(outcome: Check, *, judge: Judge) -> Advice:
    """Return the least changes after which a proposal violates nothing that a change of the building can mend."""
    first, current, reasons = outcome.proposal, outcome, dict[str, tuple[str, ...]]()
    for _ in range(_MOST_ROUNDS_COUNT):
        broken = [each for each in current.findings if each.verdict is Verdict.VIOLATES and each.blocking]
        proposal = current.proposal
        # What stands beside the parcel goes first: what is cut next then stays on it.
        for finding in sorted(broken, key=lambda each: each.name not in _PLACES):
            changed, fact = _mended(proposal, finding, current)
            if changed != proposal:
                reasons[fact] = tuple(dict.fromkeys([*reasons.get(fact, ()), finding.name]))
                proposal = changed
        if proposal == current.proposal:
            break
        current = judge(outcome.parcel, proposal)
    return Advice(
        changes=tuple(_change(fact, names, first, current, outcome) for fact, names in reasons.items()),
        proposal=current.proposal,
        check=current,
        obstacles=tuple(each for each in current.findings if each.verdict is Verdict.VIOLATES and each.blocking),
        for_review=tuple(for_review(current)),
    )


def _mended(proposal: Proposal, finding: Finding, outcome: Check) -> tuple[Proposal, str]:
    """Return the proposal without what one finding objects to, and the fact that had to change."""
    limit = outcome.limits.by_name.get(finding.name)
    is_on_the_ground = finding.name in _PLACES or finding.name in _ON_THE_GROUND
    if proposal.footprint is not None and is_on_the_ground:
        shape = _smaller(proposal.footprint.to(outcome.parcel.parcel.place.crs), finding, limit, outcome)
        if shape is None:
            return proposal, "footprint"
        changed = replace(proposal, footprint=shape, facts=_facts_of_outline(proposal.facts, shape, limit))
        return changed, "footprint"
    fact = None if limit is None else LIMIT_FIELDS[limit.name].proposal
    target = None if limit is None else _target(limit, outcome)
    if fact is None or target is None or getattr(outcome.facts, fact) is None:
        return proposal, ""
    figure: dict[str, Any] = {fact: target}
    return replace(proposal, facts=replace(proposal.facts, **figure)), fact


def _facts_of_outline(facts: Facts, outline: Located, limit: Limit | None) -> Facts:
    """Return the facts with what was stated of the outline brought into step with it."""
    changed: dict[str, Any] = {}
    if facts.footprint_m2 is not None:
        changed["footprint_m2"] = round(outline.area_m2, 2)
    fact = None if limit is None else LIMIT_FIELDS[limit.name].proposal
    if limit is not None and fact in ("front_setback_m", "rear_setback_m") and getattr(facts, fact) is not None:
        changed[fact] = float(limit.value or 0)
    return replace(facts, **changed)


def _smaller(footprint: Located, finding: Finding, limit: Limit | None, outcome: Check) -> Located | None:
    found, shape = outcome.parcel, footprint.geometry
    if finding.name in _PLACES or limit is None or limit.name != "max_site_coverage_ratio":
        if finding.name == "house.inside_parcel":
            left = without(shapely.intersection(shape, found.parcel.place.geometry), [])
        else:
            taken = buildable(found, outcome.limits, of_outline=outcome.of_outline).taken_off
            # The outline may reach over the boundary by the error of drawing; its setback is measured there as well.
            ground = None if limit is None else kept_free(limit, found)
            parts = [each.place.geometry for each in taken if each.is_certain]
            left = without(shape, parts if ground is None else [*parts, ground])
    else:
        most_m2 = _footprint_cap_m2(outcome)
        left = shape if most_m2 is None else trimmed(shape, most_m2, found=found)
    return Located(geometry=left, crs=footprint.crs) if left.area >= _LEAST_FOOTPRINT_M2 else None


def _footprint_cap_m2(outcome: Check) -> float | None:
    cap = outcome.limits.by_name.get("max_footprint_m2")
    return None if cap is None else drawn_figure(cap)


def _target(limit: Limit, outcome: Check) -> float | int | None:
    """Return the figure of a proposal that just meets a limit; None where no figure is known."""
    field = LIMIT_FIELDS[limit.name]
    is_demand = field.direction is Direction.MIN
    figure = _asked_least(limit) if is_demand else drawn_figure(limit)
    if figure is None:
        return None
    if field.proposal_per_plot_area:
        area_m2 = outcome.facts.plot_area_m2
        return None if area_m2 is None else _rounded(figure * area_m2, field.direction)
    return int(figure) if limit.unit == "floors" else figure


def _asked_least(limit: Limit) -> float | None:
    """Return the figure that is shown of a demand; never less than what is sure to be asked."""
    if limit.value is None:
        return limit.lowest
    return float(limit.value) if limit.lowest is None else max(float(limit.value), limit.lowest)


def _rounded(value: float, direction: Direction) -> float:
    """Round to centimetres towards what complies."""
    nearest = round(value, 2)
    if direction is Direction.MIN:
        return nearest if nearest >= value else round(nearest + 0.01, 2)
    return nearest if nearest <= value else round(nearest - 0.01, 2)


def _change(fact: str, because_of: tuple[str, ...], first: Proposal, last: Check, outcome: Check) -> Change:
    if fact == "footprint" and first.footprint is not None and last.proposal.footprint is not None:
        before, after = first.footprint.to(last.parcel.parcel.place.crs).area_m2, last.proposal.footprint.area_m2
        return Change(
            fact=fact,
            unit="m2",
            before=round(before, 2),
            after=round(after, 2),
            because_of=because_of,
            sentence=_sentence(Text("Diện tích chiếm đất", "Footprint"), before, after, "m2"),
        )
    limit = outcome.limits.by_name[because_of[0]]
    before, after = getattr(outcome.facts, fact), getattr(last.proposal.facts, fact)
    field = LIMIT_FIELDS[limit.name]
    unit = "m2" if field.proposal_per_plot_area else field.unit
    return Change(
        fact=fact,
        unit=unit,
        before=before,
        after=after,
        because_of=because_of,
        sentence=_sentence(field.label, before, after, unit),
    )


def _sentence(label: Text, before: float, after: float, unit: str) -> Text:
    by = abs(after - before)
    is_less = after < before
    figures = [f"{figure:.2f}".rstrip("0").rstrip(".") for figure in (by, before, after)]
    suffix = _UNITS.get(unit, "")
    vi = [figure.replace(".", ",") + suffix for figure in figures]
    en = [figure + suffix for figure in figures]
    how_vi, how_en, until_vi = ("giảm", "less", "còn") if is_less else ("tăng", "more", "lên")
    return Text(
        f"{label.vi}: {how_vi} {vi[0]}, từ {vi[1]} {until_vi} {vi[2]}.",
        f"{label.en}: {en[0]} {how_en}, from {en[1]} to {en[2]}.",
    )
