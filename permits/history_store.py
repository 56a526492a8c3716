"""What the store remembers of parcels that were divided, merged or renumbered."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from permits.history import EventKind, EventPart, ParcelEvent, ParcelHistory, history_of
from permits.history_tables import ParcelEventPartRow, ParcelEventRow, ParcelRegisterRow
from permits.model import ParcelKey

_MOST_KEYS_COUNT = 500
_MOST_STEPS_COUNT = 200
"""A register of a century holds no chain as long as this; it bounds what one question may cost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterOrigin:
    """Where a register comes from; ``imported_at`` with time zone."""

    imported_at: datetime
    imported_by: str
    source_file: str
    source_sha256: str
    quarantined_count: int


def add_register(session: Session, events: Sequence[ParcelEvent], *, origin: RegisterOrigin) -> int:
    """Store a register; from then on readers see it in place of the one before, which is kept. Return its number."""
    register = ParcelRegisterRow(
        imported_at=origin.imported_at,
        imported_by=origin.imported_by,
        source_file=origin.source_file,
        source_sha256=origin.source_sha256,
        event_count=len(events),
        quarantined_count=origin.quarantined_count,
    )
    session.add(register)
    session.flush()
    rows = [
        ParcelEventRow(
            register_id=register.id, happened_on=event.happened_on, kind=event.kind.value, document=event.document
        )
        for event in events
    ]
    session.add_all(rows)
    session.flush()
    parts = [
        {
            "register_id": register.id,
            "event_id": row.id,
            "is_child": is_child,
            "parcel_key": part.key,
            "area_m2": part.area_m2,
        }
        for row, event in zip(rows, events, strict=True)
        for is_child, its_parts in ((False, event.parents), (True, event.children))
        for part in its_parts
    ]
    if parts:
        session.execute(insert(ParcelEventPartRow), parts)
    return register.id


def read_history(session: Session, key: ParcelKey) -> ParcelHistory:
    """Return what the last register says of a parcel, both ways; nothing where there is no register."""
    register_id = session.scalar(select(func.max(ParcelRegisterRow.id)))
    if register_id is None:
        return ParcelHistory(key=key, origins=(key,), successors=(key,))
    found: dict[int, ParcelEvent] = {}
    for is_child in (True, False):
        _collect(session, key, register_id, backwards=is_child, found=found)
    return history_of(key, found.values())


def _collect(
    session: Session, key: ParcelKey, register_id: int, *, backwards: bool, found: dict[int, ParcelEvent]
) -> None:
    """Add the events on the way from ``key``: back over those in which it began, or on over those in which it ended."""
    seen, frontier = {key}, {key}
    for _ in range(_MOST_STEPS_COUNT):
        events = _events_with(session, frontier, register_id, as_children=backwards)
        found |= events
        far = {each for event in events.values() for each in (event.parent_keys if backwards else event.child_keys)}
        frontier = far - seen
        seen |= far
        if not frontier:
            return


def _events_with(
    session: Session, keys: Collection[ParcelKey], register_id: int, *, as_children: bool
) -> dict[int, ParcelEvent]:
    part = ParcelEventPartRow
    ids: set[int] = set()
    wanted = sorted(keys)
    for start in range(0, len(wanted), _MOST_KEYS_COUNT):
        ids.update(
            session.scalars(
                select(part.event_id).where(
                    part.register_id == register_id,
                    part.parcel_key.in_(wanted[start : start + _MOST_KEYS_COUNT]),
                    part.is_child == as_children,
                )
            )
        )
    return {event_id: _event(session, event_id) for event_id in sorted(ids)}


def _event(session: Session, event_id: int) -> ParcelEvent:
    row = session.get_one(ParcelEventRow, event_id)
    parts = session.scalars(
        select(ParcelEventPartRow).where(ParcelEventPartRow.event_id == event_id).order_by(ParcelEventPartRow.id)
    ).all()
    return ParcelEvent(
        happened_on=row.happened_on,
        kind=EventKind(row.kind),
        parents=tuple(_part(part) for part in parts if not part.is_child),
        children=tuple(_part(part) for part in parts if part.is_child),
        document=row.document,
    )


def _part(row: ParcelEventPartRow) -> EventPart:
    return EventPart(key=ParcelKey(row.parcel_key), area_m2=row.area_m2)
