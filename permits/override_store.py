"""What the store remembers of overrides, the oldest first."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from permits.model import ParcelKey, ReasonCode, Verdict
from permits.override_tables import PermitOverrideRow
from permits.overrides import Override


def add_override(session: Session, override: Override) -> None:
    """Store a decision beside those before it."""
    session.add(
        PermitOverrideRow(
            parcel_key=override.parcel_key,
            finding=override.finding,
            rule=override.rule,
            old_verdict=override.old_verdict.value,
            old_reason=None if override.old_reason is None else override.old_reason.value,
            new_verdict=override.new_verdict.value,
            reason=override.reason,
            decided_by=override.decided_by,
            decided_at=override.decided_at,
            as_of=override.as_of,
            proposal_sha256=override.proposal_sha256,
            state=override.state,
        )
    )
    session.flush()


def overrides_of(session: Session, key: ParcelKey) -> tuple[Override, ...]:
    """Return every decision about a parcel."""
    row = PermitOverrideRow
    return tuple(
        _override(found) for found in session.scalars(select(row).where(row.parcel_key == key).order_by(row.id))
    )


def _override(row: PermitOverrideRow) -> Override:
    return Override(
        parcel_key=ParcelKey(row.parcel_key),
        finding=row.finding,
        rule=row.rule,
        old_verdict=Verdict(row.old_verdict),
        old_reason=None if row.old_reason is None else ReasonCode(row.old_reason),
        new_verdict=Verdict(row.new_verdict),
        reason=row.reason,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        as_of=row.as_of,
        proposal_sha256=row.proposal_sha256,
        state=row.state,
    )
