"""A finding that an officer overrules: both results are kept, and what the first one rested on. Pure."""

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from permits.check import Check
from permits.findings import Finding, geojson, overall
from permits.model import ParcelKey, ReasonCode, Verdict
from spatial.errors import ConflictError, InputError, NotFoundError
from spatial.text import Text

CHOICES = (Verdict.COMPLIES, Verdict.NEEDS_REVIEW, Verdict.VIOLATES)
_LEAST_REASON_LETTERS = 10
MOST_REASON_LETTERS = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """One decision of an officer about one finding.

    Parameters
    ----------
    finding
        Key of the finding within its check (`keyed_findings`).
    old_verdict, old_reason
        What the program found.
    decided_by, decided_at
        User name of the officer, and the moment, with time zone.
    proposal_sha256, state
        The proposal, and the rule-packs and layer versions that the finding rested on.
    """

    parcel_key: ParcelKey
    finding: str
    rule: str
    old_verdict: Verdict
    old_reason: ReasonCode | None
    new_verdict: Verdict
    reason: str
    decided_by: str
    decided_at: datetime
    as_of: date
    proposal_sha256: str
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Overruled:
    """An override beside today's check; one that is of an earlier state decides nothing any more."""

    override: Override
    is_current: bool

    def to_json(self, *, for_officers: bool) -> dict[str, object]:
        """Return both results; reason and officer are for those who are signed in."""
        given = self.override
        private = {"reason": given.reason, "decided_by": given.decided_by} if for_officers else {}
        return {
            "finding": given.finding,
            "rule": given.rule,
            "old_verdict": given.old_verdict.value,
            "old_reason": None if given.old_reason is None else given.old_reason.value,
            "new_verdict": given.new_verdict.value,
            "decided_at": given.decided_at.isoformat(),
            "as_of": given.as_of.isoformat(),
            "is_of_an_earlier_state": not self.is_current,
            **private,
        }


def keyed_findings(outcome: Check) -> dict[str, Finding]:
    """Return the findings of a check under names that stay: the limit or rule, its layer, and a number for twins."""
    seen: Counter[str] = Counter()
    keyed = {}
    for finding in outcome.findings:
        key = ":".join([finding.name, *(layer.value for layer in finding.layers[:1])])
        seen[key] += 1
        keyed[key if seen[key] == 1 else f"{key}~{seen[key]}"] = finding
    return keyed


def decide(
    outcome: Check, key: str, new_verdict: Verdict, *, reason: str, decided_by: str, decided_at: datetime
) -> Override:
    """Return the override of one finding of a check.

    Raises
    ------
    NotFoundError
        The check has no such finding; the message names those that it has.
    InputError
        The reason is missing or too short, or no such verdict may be given.
    ConflictError
        The finding says so already.
    """
    findings = keyed_findings(outcome)
    finding = findings.get(key)
    if finding is None:
        named = ", ".join(findings)
        raise NotFoundError(
            Text(f"Không có kết quả {key!r}.", f"There is no finding {key!r}."),
            hint=Text(f"Hiện có: {named}.", f"There are: {named}."),
            subject=key,
        )
    said = reason.strip()
    if not _LEAST_REASON_LETTERS <= len(said) <= MOST_REASON_LETTERS:
        least, most = _LEAST_REASON_LETTERS, MOST_REASON_LETTERS
        raise InputError(
            Text(f"Cần lý do, từ {least} đến {most} ký tự.", f"A reason is needed, {least} to {most} letters."),
            subject="reason",
        )
    if new_verdict not in CHOICES:
        raise InputError(Text("Kết quả này không ghi đè được.", "No such verdict may be given."), subject="verdict")
    if new_verdict is finding.verdict:
        raise ConflictError(Text("Kết quả đã như vậy.", "The finding says so already."), subject=key)
    return Override(
        parcel_key=outcome.parcel.parcel.key,
        finding=key,
        rule=finding.rule,
        old_verdict=finding.verdict,
        old_reason=finding.reason,
        new_verdict=new_verdict,
        reason=said,
        decided_by=decided_by,
        decided_at=decided_at,
        as_of=outcome.limits.as_of,
        proposal_sha256=proposal_sha256(outcome),
        state=state_of(outcome, finding),
    )


def proposal_sha256(outcome: Check) -> str:
    """Return the hash of what was proposed."""
    outline = outcome.proposal.footprint
    facts = {name: str(value) for name, value in sorted(outcome.proposal.facts.known.items())}
    uses = [use.value for use in outcome.proposal.further_uses]
    content = {"facts": facts, "uses": uses, "footprint": None if outline is None else geojson(outline)}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def state_of(outcome: Check, finding: Finding) -> str:
    """Return what a finding rests on as text: the hashes of the packs, and the versions of its layers."""
    packs = outcome.pack_hashes
    asked = {finding.rulebook: packs[finding.rulebook]} if finding.rulebook in packs else packs
    return json.dumps({"packs": asked, "layers": outcome.versions_of(finding)}, sort_keys=True)


def beside(outcome: Check, overrides: Sequence[Override]) -> tuple[Overruled, ...]:
    """Return the overrides of the parcel, each with whether it is about this proposal, these packs and layers."""
    findings, proposed = keyed_findings(outcome), proposal_sha256(outcome)
    latest = {override.finding: number for number, override in enumerate(overrides)}
    return tuple(
        Overruled(
            override=override,
            is_current=latest[override.finding] == number and _holds(override, findings, outcome, proposed),
        )
        for number, override in enumerate(overrides)
    )


def _holds(override: Override, findings: Mapping[str, Finding], outcome: Check, proposed: str) -> bool:
    finding = findings.get(override.finding)
    if finding is None or override.proposal_sha256 != proposed:
        return False
    return finding.verdict is override.old_verdict and state_of(outcome, finding) == override.state


def verdict_with(outcome: Check, overruled: Sequence[Overruled]) -> Verdict:
    """Return the verdict on the whole with every override that still holds; that of the program stays beside it."""
    decided = {each.override.finding: each.override.new_verdict for each in overruled if each.is_current}
    if not decided:
        return outcome.verdict
    findings = keyed_findings(outcome).items()
    return overall([replace(each, verdict=decided.get(key, each.verdict)) for key, each in findings])
