"""What became of a parcel, and what it came from: divisions, mergers and renumberings in the order of their days. Pure.

A number that was divided or merged is never given again within its sheet, so the events of a cadastre are a graph
without cycles, and each parcel begins at most once and ends at most once.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from permits.model import ParcelKey
from spatial.text import Text


class EventKind(StrEnum):
    """What can happen to parcels."""

    SPLIT = "split"
    MERGE = "merge"
    RENUMBER = "renumber"


EVENT_LABELS = {
    EventKind.SPLIT: Text("tách thửa", "split"),
    EventKind.MERGE: Text("hợp thửa", "merge"),
    EventKind.RENUMBER: Text("đổi số", "renumbering"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class EventPart:
    """A parcel in an event; the area is the one of the document, None where it gives none."""

    key: ParcelKey
    area_m2: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ParcelEvent:
    """One event: ``parents`` ended on that day, and ``children`` began."""

    happened_on: date
    kind: EventKind
    parents: tuple[EventPart, ...]
    children: tuple[EventPart, ...]
    document: str | None = None

    @property
    def parent_keys(self) -> tuple[ParcelKey, ...]:
        """Keys of the parcels that ended."""
        return tuple(part.key for part in self.parents)

    @property
    def child_keys(self) -> tuple[ParcelKey, ...]:
        """Keys of the parcels that began."""
        return tuple(part.key for part in self.children)

    @property
    def sentence(self) -> Text:
        """``12 was divided into 120, 121 on 2019-05-02 (document)``."""
        parents, children = ", ".join(self.parent_keys), ", ".join(self.child_keys)
        vi, en = {
            EventKind.SPLIT: (f"thửa {parents} tách thành {children}", f"parcel {parents} was split into {children}"),
            EventKind.MERGE: (
                f"các thửa {parents} hợp thành {children}",
                f"parcels {parents} were merged into {children}",
            ),
            EventKind.RENUMBER: (f"thửa {parents} đổi số thành {children}", f"parcel {parents} became {children}"),
        }[self.kind]
        source = f" ({self.document})" if self.document else ""
        day = self.happened_on
        return Text(f"Ngày {day:%d/%m/%Y}: {vi}{source}.", f"{day.isoformat()}: {en}{source}.")

    def to_json(self) -> dict[str, object]:
        """Return the event for programs."""
        return {
            "happened_on": self.happened_on.isoformat(),
            "kind": self.kind.value,
            "parents": [{"parcel_key": part.key, "area_m2": part.area_m2} for part in self.parents],
            "children": [{"parcel_key": part.key, "area_m2": part.area_m2} for part in self.children],
            "document": self.document,
            "sentence": self.sentence._asdict(),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ParcelHistory:
    """What is known of one parcel, both ways.

    Parameters
    ----------
    before, after
        Events that led to the parcel, and those that followed from its end, by day.
    origins
        Parcels at the beginning of what is recorded; the parcel itself where nothing is.
    successors
        Parcels that its land belongs to after all recorded events; the parcel itself while it is not ended.
    """

    key: ParcelKey
    before: tuple[ParcelEvent, ...] = ()
    after: tuple[ParcelEvent, ...] = ()
    origins: tuple[ParcelKey, ...] = ()
    successors: tuple[ParcelKey, ...] = ()

    @property
    def is_recorded(self) -> bool:
        """Whether any event concerns the parcel."""
        return bool(self.before or self.after)

    @property
    def ended_by(self) -> ParcelEvent | None:
        """The event that ended the parcel; None while it is there."""
        return next((event for event in self.after if self.key in event.parent_keys), None)

    def to_json(self) -> dict[str, object]:
        """Return the history for programs."""
        return {
            "parcel_key": self.key,
            "is_recorded": self.is_recorded,
            "ended_on": self.ended_by.happened_on.isoformat() if self.ended_by else None,
            "before": [event.to_json() for event in self.before],
            "after": [event.to_json() for event in self.after],
            "origins": list(self.origins),
            "successors": list(self.successors),
        }


def history_of(key: ParcelKey, events: Iterable[ParcelEvent]) -> ParcelHistory:
    """Return what ``events`` say of a parcel; they are checked, or at least are followed no parcel twice."""
    everything = tuple(events)
    before, origins = _followed(key, everything, backwards=True)
    after, successors = _followed(key, everything, backwards=False)
    return ParcelHistory(key=key, before=before, after=after, origins=origins, successors=successors)


def _followed(
    key: ParcelKey, events: Sequence[ParcelEvent], *, backwards: bool
) -> tuple[tuple[ParcelEvent, ...], tuple[ParcelKey, ...]]:
    """Return the events on the way from a parcel, by day, and the parcels at the end of the way."""
    by_key: dict[ParcelKey, list[ParcelEvent]] = {}
    for event in events:
        for near in event.child_keys if backwards else event.parent_keys:
            by_key.setdefault(near, []).append(event)
    waiting, seen, taken, ends = [key], {key}, [], []
    while waiting:
        here = waiting.pop(0)
        found = by_key.get(here, [])
        if not found:
            ends.append(here)
        for event in found:
            if event not in taken:
                taken.append(event)
            far = event.parent_keys if backwards else event.child_keys
            waiting += [each for each in far if each not in seen]
            seen.update(far)
    return tuple(sorted(taken, key=lambda event: event.happened_on)), tuple(ends)
