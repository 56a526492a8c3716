"""Envelopes and advice for published parcels: what the commands, the API and the page call."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy.orm import Session

from permits.advice import Advice, advice_on
from permits.check import Check, check
from permits.combined_limits import refuse_impossible_days
from permits.envelope import Envelope, envelope_of
from permits.facts import ParcelFacts
from permits.model import Facts, Verdict
from permits.override_store import add_override, overrides_of
from permits.overrides import Overruled, beside, decide, keyed_findings, verdict_with
from permits.parcels import ParcelName
from permits.proposal import Proposal
from permits.rulebook import ALL_RULEBOOKS, ground_rules_for, rulebooks_named
from permits.service import facts_of_parcel, parcel_named


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A proposal with its check, and what to change where it violates; None where nothing does.

    Parameters
    ----------
    overruled
        What officers decided about findings on this parcel, the oldest first.
    """

    check: Check
    advice: Advice | None
    overruled: tuple[Overruled, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """The verdict on the whole with the overrides that still hold."""
        return verdict_with(self.check, self.overruled)

    def to_json(self, *, for_officers: bool = False) -> dict[str, object]:
        """Return all of it for programs; why and by whom something was overruled only to officers."""
        return {
            **self.check.to_json(),
            "advice": None if self.advice is None else self.advice.to_json(),
            "finding_keys": list(keyed_findings(self.check)),
            "verdict_with_overrides": self.verdict.value,
            "overrides": [each.to_json(for_officers=for_officers) for each in self.overruled],
        }


def judge_under(rulebook: str, *, as_of: date) -> Callable[[ParcelFacts, Proposal], Check]:
    """Return what checks proposals under the pack of that name, or under every pack where it is ``all``.

    Raises
    ------
    NotFoundError
        There is no such pack.
    """
    book, *beside = rulebooks_named(rulebook)
    ground_rules = ground_rules_for(rulebook)

    def judge(found: ParcelFacts, proposal: Proposal) -> Check:
        return check(found, proposal, rulebook=book, as_of=as_of, beside=beside, ground_rules=ground_rules)

    return judge


def checked_with_advice(
    session: Session, name: ParcelName, proposal: Proposal, *, as_of: date, rulebook: str = ALL_RULEBOOKS
) -> Checked:
    """Check a proposal on the parcel of that name, and say what would make it comply.

    Raises
    ------
    InputError
        The day lies before every law that is loaded.
    NotFoundError, ConflictError
        There is no such pack or parcel, or several parcels.
    """
    refuse_impossible_days(proposal.facts, as_of=as_of)
    judge = judge_under(rulebook, as_of=as_of)
    outcome = judge(facts_of_parcel(session, parcel_named(session, name)), proposal)
    return Checked(
        check=outcome,
        advice=advice_on(outcome, judge=judge) if _violates(outcome) else None,
        overruled=beside(outcome, overrides_of(session, outcome.parcel.parcel.key)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What an officer decides about a finding, and why."""

    finding: str
    verdict: Verdict
    reason: str


def overrule(  # noqa: PLR0913 - a check, a decision, who and when
    session: Session,
    name: ParcelName,
    proposal: Proposal,
    decision: Decision,
    *,
    decided_by: str,
    decided_at: datetime,
    as_of: date,
    rulebook: str = ALL_RULEBOOKS,
) -> Checked:
    """Check a proposal, keep the decision of an officer about one finding beside it, and return both.

    Raises as `checked_with_advice` and `permits.overrides.decide` do.
    """
    checked = checked_with_advice(session, name, proposal, as_of=as_of, rulebook=rulebook)
    override = decide(
        checked.check,
        decision.finding,
        decision.verdict,
        reason=decision.reason,
        decided_by=decided_by,
        decided_at=decided_at,
    )
    add_override(session, override)
    kept = overrides_of(session, override.parcel_key)
    return replace(checked, overruled=beside(checked.check, kept))


def envelope_of_parcel(
    session: Session, name: ParcelName, supposed: Facts, *, as_of: date, rulebook: str = ALL_RULEBOOKS
) -> Envelope:
    """Return what would comply on the parcel of that name. Raises as `checked_with_advice` does."""
    refuse_impossible_days(supposed, as_of=as_of)
    found = facts_of_parcel(session, parcel_named(session, name))
    return envelope_of(found, supposed, judge=judge_under(rulebook, as_of=as_of))


def _violates(outcome: Check) -> bool:
    return any(each.verdict is Verdict.VIOLATES for each in outcome.findings)
