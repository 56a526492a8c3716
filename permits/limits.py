"""What may be built on a plot: facts and a rule-pack in, figures with verdicts and citations out. Pure.

The strictest of all rules that apply is the limit, and ``binding`` names it. A fact that is not known never
makes an answer milder: reliefs wait until they are certain, and a verdict is given only if no unknown fact
could change it (`permits.rules.bounds`).
"""

from collections.abc import Container, Sequence
from dataclasses import replace
from datetime import date
from fractions import Fraction

from permits.assess import PLAN_DATE, Assessment, assess
from permits.limit_fields import LIMIT_FIELDS, LimitField
from permits.model import Direction, Facts, Limit, Limits, ReasonCode, Verdict, exact, finite, plain, whole
from permits.rulebook import Rulebook
from permits.rules.bounds import OPEN, Combined, judge
from permits.rules.row_house import SPECS
from spatial.text import NO_TEXT

LIMIT_NAMES = tuple(spec.name for spec in SPECS)
"""The limits of row houses, in the order in which people read them."""


def limits(facts: Facts, *, rulebook: Rulebook, as_of: date, of_map: bool = False) -> Limits:
    """Return every limit of the plot that ``facts`` describe, under ``rulebook`` on ``as_of``.

    Parameters
    ----------
    facts
        What is known and what is proposed.
    as_of
        The basis date: the day on which the dossier is lodged. Rules that go by the approval of the plan take
        ``plan_approval_date`` of the facts instead; while that is unknown they decide nothing.
    of_map
        Whether the facts come from the map, see `permits.assess.assess`.

    References
    ----------
    Each limit cites its article; ``docs/rules`` has a page for every rule-pack.
    """
    found = assess_alone(facts, rulebooks=(rulebook,), as_of=as_of, of_map=of_map)
    return Limits(
        rulebook=rulebook.name,
        rulebook_sha256=rulebook.sha256,
        as_of=as_of,
        by_name={name: judged(assessment, facts) for name, assessment in found.items()},
    )


def assess_alone(
    facts: Facts,
    *,
    rulebooks: Sequence[Rulebook],
    as_of: date,
    only: Container[str] = LIMIT_FIELDS,
    of_map: bool = False,
) -> dict[str, Assessment]:
    """Return what the first of the packs says about every limit that it knows, as it counts alone."""
    found = assess(facts, rulebook=rulebooks[0], as_of=as_of, only=only, of_map=of_map)
    return {name: undated(assessment, as_of=as_of) for name, assessment in found.items()}


def undated(assessment: Assessment, *, as_of: date) -> Assessment:
    """Return an answer as it counts while the plan's day is unknown: another edition may say anything else.

    The figure of the edition in force on ``as_of`` may be shown; an earlier one has none to show. An answer that does
    not depend on that day comes back as it is.
    """
    combined = assessment.combined
    if assessment.is_dated or combined is None:
        return assessment
    is_current = assessment.as_of == as_of
    reason = ReasonCode.MISSING_INPUT if is_current else ReasonCode.NOT_IN_FORCE
    opened = replace(
        combined,
        low=-OPEN,
        value=combined.value if is_current else None,
        high=OPEN,
        binding=combined.binding if is_current else None,
        missing=tuple(dict.fromkeys([PLAN_DATE, *combined.missing])),
        reason=combined.reason or reason,
    )
    return replace(assessment, combined=opened)


def judged(assessment: Assessment, facts: Facts) -> Limit:
    """Return a limit with what the proposal makes of it."""
    proposed = proposed_value(assessment.field, facts)
    field, combined, rule = assessment.field, assessment.combined, assessment.rule
    if combined is None:
        verdict, reason = assessment.verdict, assessment.reason
    else:
        verdict, reason = _verdict(field, combined, proposed)
    binding = assessment.binding_rule
    margin = None
    if proposed is not None and combined is not None and combined.value is not None:
        margin = combined.value - proposed if field.direction is Direction.MAX else proposed - combined.value
    return Limit(
        name=field.name,
        rulebook=assessment.rulebook.name if assessment.names_pack else "",
        value=None if combined is None else _shown(field, combined.value),
        unit=field.unit,
        direction=field.direction,
        verdict=verdict,
        reason=reason,
        rule=rule.id,
        citation=assessment.rulebook.citation(binding),
        binding=None if combined is None else combined.binding,
        severity=binding.severity,
        lowest=None if combined is None else finite(combined.low),
        highest=None if combined is None else finite(combined.high),
        missing=() if combined is None else combined.missing,
        proposed=None if proposed is None else plain(proposed),
        margin=None if margin is None else plain(margin),
        note=NO_TEXT if combined is None else combined.note,
    )


def _verdict(
    field: LimitField, combined: Combined, proposed: Fraction | None
) -> tuple[Verdict | None, ReasonCode | None]:
    in_doubt = (Verdict.NEEDS_REVIEW, combined.reason or ReasonCode.MISSING_INPUT)
    if proposed is None:
        if not combined.is_determined:
            return in_doubt
        is_information = field.direction is Direction.INFORMATION
        return None, ReasonCode.INFORMATION if is_information else ReasonCode.NOTHING_PROPOSED
    verdict = judge(proposed, combined, direction=field.direction)
    return in_doubt if verdict is Verdict.NEEDS_REVIEW else (verdict, None)


def proposed_value(field: LimitField, facts: Facts) -> Fraction | None:
    """Return what the facts propose for a limit, in its unit; None where they say nothing."""
    given = None if field.proposal is None else getattr(facts, field.proposal)
    if given is None:
        return None
    if not field.proposal_per_plot_area:
        return exact(given)
    return None if facts.plot_area_m2 is None else exact(given) / exact(facts.plot_area_m2)


def _shown(field: LimitField, value: Fraction | None) -> float | int | bool | None:
    if value is None:
        return None
    if field.unit == "yes_no":
        return bool(value)
    return whole(value) if field.unit == "floors" else plain(value)
