"""What all rule-packs together allow on a plot: the smallest of the applicable limits, and which rule binds. Pure.

Which packs speak depends on their basis date: the day of the dossier, or the day on which the plan was approved.
The order of precedence is the ``rank`` of their instruments: special area (4), architecture regulation (5), zone
plan (6), national standard (7). It decides three things. Of equal figures the higher rank is named. A text that
could not be read raises no doubt where a higher one gives the figure. Of statements that differ in what they say,
not merely in strictness, the higher rank counts; where neither ranks, a person decides.
"""

import hashlib
from collections.abc import Container, Mapping, Sequence
from dataclasses import replace
from datetime import date

from permits.assess import Assessment, assess
from permits.limit_fields import LIMIT_FIELDS
from permits.limits import judged, limits, undated
from permits.model import Direction, Facts, Limits, ReasonCode, Verdict
from permits.rulebook import ALL_RULEBOOKS, Instrument, Rulebook, rulebooks_named
from permits.rules.bounds import Bound, Combined, combine
from spatial.errors import InputError
from spatial.text import Text

OUT_OF_SCOPE = ReasonCode.OUT_OF_SCOPE
_NO_RANK = 99


def combined_limits(facts: Facts, *, rulebooks: Sequence[Rulebook], as_of: date, of_map: bool = False) -> Limits:
    """Return every limit that any of the packs sets on the plot.

    Parameters
    ----------
    as_of
        Day of the dossier. Rules that go by the approval of the plan take ``plan_approval_date`` of the facts; while
        that is unknown, every edition in force by this day may govern.
    of_map
        Whether the facts come from the map, see `permits.assess.assess`.

    References
    ----------
    Precedence: QĐ 56/2021/QĐ-UBND, Annex 18, 4.1 e, 4.2 d and 5; decree 217/2026/NĐ-CP, Article 50.2 b;
    QCVN 01:2021/BXD, 3.1 and 3.3.
    """
    found = assess_together(facts, rulebooks=rulebooks, as_of=as_of, of_map=of_map)
    return Limits(
        rulebook="all",
        rulebook_sha256=hashlib.sha256("".join(book.sha256 for book in rulebooks).encode()).hexdigest(),
        rulebooks={book.name: book.sha256 for book in rulebooks},
        as_of=as_of,
        by_name={name: judged(assessment, facts) for name, assessment in found.items()},
    )


def assess_together(
    facts: Facts,
    *,
    rulebooks: Sequence[Rulebook],
    as_of: date,
    only: Container[str] = LIMIT_FIELDS,
    of_map: bool = False,
) -> dict[str, Assessment]:
    """Return what the packs together say about every limit that one of them knows."""
    found = [assess(facts, rulebook=book, as_of=as_of, only=only, of_map=of_map) for book in rulebooks]
    return together(found, as_of=as_of)


def together(found: Sequence[Mapping[str, Assessment]], *, as_of: date) -> dict[str, Assessment]:
    """Return one answer for each limit out of what each pack says about it."""
    chosen = {}
    for name in LIMIT_FIELDS:
        said = [by_limit[name] for by_limit in found if name in by_limit]
        if said:
            chosen[name] = replace(_together(sorted(said, key=rank_of), as_of=as_of), names_pack=True)
    return chosen


def limits_under(facts: Facts, *, rulebook: str, as_of: date, known_on: date | None = None) -> Limits:
    """Return the limits under the pack of that name, or under every pack that applies where it is ``all``.

    Parameters
    ----------
    known_on
        Answer with what had been recorded by that day, so that an answer of then comes out again; None is the latest.

    Raises
    ------
    NotFoundError
        There is no such pack.
    InputError
        The day lies before every law that is loaded, or the plan was approved after it.
    """
    books = rulebooks_named(rulebook)
    if known_on is not None:
        books = tuple(book.as_known_on(known_on) for book in books)
    refuse_impossible_days(facts, as_of=as_of)
    if rulebook != ALL_RULEBOOKS:
        return limits(facts, rulebook=books[0], as_of=as_of)
    return combined_limits(facts, rulebooks=books, as_of=as_of)


def refuse_impossible_days(facts: Facts, *, as_of: date) -> None:
    """Raise InputError for a day before every law that is loaded, and for a plan approved after the day."""
    begins = [book.instruments.values() for book in rulebooks_named(ALL_RULEBOOKS)]
    first = min(instrument.effective_from for instruments in begins for instrument in instruments)
    if as_of < first:
        raise InputError(
            Text(
                f"Ngày {as_of:%d/%m/%Y} trước mọi quy định đã nạp; sớm nhất là {first:%d/%m/%Y}.",
                f"{as_of} lies before every law that is loaded; the earliest begins on {first}.",
            ),
            hint=Text("Kiểm tra lại ngày.", "Check the date."),
            subject="as_of",
        )
    approved = facts.plan_approval_date
    if approved is not None and approved > as_of:
        raise InputError(
            Text(
                f"Quy hoạch duyệt ngày {approved:%d/%m/%Y}, sau ngày xét {as_of:%d/%m/%Y}.",
                f"The plan was approved on {approved}, after the day that is asked, {as_of}.",
            ),
            hint=Text("Kiểm tra lại hai ngày.", "Check both dates."),
            subject="plan_approval_date",
        )


def rank_of(assessment: Assessment) -> int:
    """Return the place of what is said in the order of precedence; one that no text ranks stands last."""
    rank = _instrument_of(assessment).rank
    return _NO_RANK if rank is None else rank


def _together(said: Sequence[Assessment], *, as_of: date) -> Assessment:
    """Return one answer out of several, which come by rank."""
    speaking = [assessment for assessment in said if assessment.combined is not None]
    if not speaking:
        return _silent(said, as_of=as_of)
    heard = [_heard(assessment, speaking, as_of=as_of) for assessment in speaking]
    kept = [assessment for assessment in heard if assessment is not None]
    if kept[0].field.direction is Direction.INFORMATION:
        return _first_word(kept)
    return _strictest(kept)


def _silent(said: Sequence[Assessment], *, as_of: date) -> Assessment:
    """Return why nobody speaks: no edition of some rank was in force, or those that were do not reach the plot.

    A law of the day is named before one that has ended, and one that came later only where no other is loaded.
    """
    out_of_scope = {rank_of(assessment): assessment for assessment in said if assessment.reason is OUT_OF_SCOPE}
    without_edition = [assessment for assessment in said if rank_of(assessment) not in out_of_scope]
    named = without_edition or [assessment for assessment in said if assessment.reason is OUT_OF_SCOPE]
    return min(named, key=lambda assessment: _distance_in_time(_instrument_of(assessment), as_of=as_of))


def _distance_in_time(instrument: Instrument, *, as_of: date) -> int:
    if instrument.period.covers(as_of):
        return 0
    return 1 if instrument.effective_from <= as_of else 2


def _instrument_of(assessment: Assessment) -> Instrument:
    return assessment.rulebook.instrument_of(assessment.binding_rule)


def _heard(assessment: Assessment, speaking: Sequence[Assessment], *, as_of: date) -> Assessment | None:
    """Return an answer as it counts beside the higher-ranked ones; None where it has nothing to add to them."""
    combined = assessment.combined
    if combined is None:
        return None
    is_settled_above = any(
        rank_of(other) < rank_of(assessment) and other.combined is not None and other.combined.is_determined
        for other in speaking
    )
    if not is_settled_above:
        return undated(assessment, as_of=as_of)
    is_unread = combined.reason is ReasonCode.RULE_UNVERIFIED and not combined.is_determined
    if is_unread:
        return None
    return assessment if assessment.is_dated else _may_govern(assessment, combined, as_of=as_of)


def _may_govern(assessment: Assessment, combined: Combined, *, as_of: date) -> Assessment:
    """Return an edition beside a settled figure while the plan's day is unknown: it may be stricter, or not govern."""
    opened = undated(assessment, as_of=as_of)
    if opened.combined is None:
        return opened
    if assessment.field.direction is Direction.MIN:
        return replace(opened, combined=replace(opened.combined, high=combined.high))
    return replace(opened, combined=replace(opened.combined, low=combined.low))


def _strictest(kept: Sequence[Assessment]) -> Assessment:
    bounds = [_as_bound(number, assessment.combined) for number, assessment in enumerate(kept) if assessment.combined]
    merged = combine(bounds, direction=kept[0].field.direction)
    binding = kept[0] if merged.binding is None else kept[int(merged.binding)]
    own = binding.combined
    rule = None if merged.binding is None or own is None else own.binding or own.mild_end
    return replace(binding, combined=replace(merged, binding=rule))


def _as_bound(number: int, combined: Combined) -> Bound:
    return Bound(
        rule=str(number),
        low=combined.low,
        value=combined.value,
        high=combined.high,
        missing=combined.missing,
        reason=combined.reason or ReasonCode.MISSING_INPUT,
        note=combined.note,
    )


def _first_word(kept: Sequence[Assessment]) -> Assessment:
    """Return what the highest rank says; where several of that rank, or of none, say different things, a doubt."""
    first = kept[0]
    peers = [other for other in kept if rank_of(other) == rank_of(first)]
    determined = [other for other in peers if other.combined is not None and other.combined.is_determined]
    values = [other.combined.value for other in determined if other.combined is not None]
    if all(value == values[0] for value in values):
        return determined[0] if determined else first
    return replace(first, combined=None, verdict=Verdict.NEEDS_REVIEW, reason=ReasonCode.CONFLICT_OF_RULES)
