"""Whether a register of parcel events can be true: numbers, days, areas, and no parcel that descends from itself."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from permits.history import EVENT_LABELS, EventKind, EventPart, ParcelEvent
from permits.model import ParcelKey
from spatial.issues import Issue, Severity
from spatial.text import Text

AREA_CHANGE_RATIO, AREA_CHANGE_M2 = 0.01, 1.0
"""Areas before and after that differ by more than the larger of both are reported."""

_COUNTS = {EventKind.SPLIT: (1, None), EventKind.MERGE: (None, 1), EventKind.RENUMBER: (1, 1)}
_CHECK_DOCUMENT = Text("Đối chiếu với hồ sơ biến động.", "Compare with the documents of the change.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadEvent:
    """An event and the row that it stands in, as a person counts."""

    event: ParcelEvent
    row: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedEvents:
    """Events that can be true, by day; the others have an ERROR among the issues."""

    events: tuple[ParcelEvent, ...]
    issues: tuple[Issue, ...]


def check_events(
    read: Sequence[ReadEvent], *, area_m2_of: Mapping[ParcelKey, float | None], today: date, file: str
) -> CheckedEvents:
    """Check events against one another and against the parcels of the published map.

    Parameters
    ----------
    area_m2_of
        Every parcel of the map with its registered area; empty: no map is published, so none is called unknown.
    today
        An event of a later day is refused.
    """
    issues: list[Issue] = []
    good: list[ReadEvent] = []
    for each in read:
        wrong = list(_wrong_in_itself(each, today=today, file=file))
        issues += wrong
        good += [] if wrong else [each]
    kept = []
    for each, wrong in _against_one_another(good, file=file):
        issues += wrong
        kept += [] if wrong else [each]
    if area_m2_of:
        issues += _unknown_parcels(kept, area_m2_of, file=file)
    for each in kept:
        issues += _areas(each, area_m2_of, file=file)
    events = tuple(sorted((each.event for each in kept), key=lambda event: event.happened_on))
    return CheckedEvents(events=events, issues=tuple(sorted(issues, key=lambda issue: issue.row or 0)))


def _wrong_in_itself(each: ReadEvent, *, today: date, file: str) -> Iterator[Issue]:
    event = each.event
    keys = (*event.parent_keys, *event.child_keys)
    if len(set(keys)) < len(keys):
        why = Text("Một thửa đứng hai lần trong biến động này.", "A parcel stands twice in this event.")
        yield _issue("parcel_twice", why, row=each.row, file=file, value=", ".join(keys))
    for count, needed in zip((len(event.parents), len(event.children)), _COUNTS[event.kind], strict=True):
        least = 2 if needed is None else needed
        if count < least or (needed is not None and count != needed):
            label = EVENT_LABELS[event.kind]
            why = Text(
                f"Số thửa không hợp với {label.vi}: {len(event.parents)} thành {len(event.children)}.",
                f"The number of parcels is not that of a {label.en}: {len(event.parents)} to {len(event.children)}.",
            )
            yield _issue("event_counts", why, row=each.row, file=file, value=event.kind.value)
            return
    if event.happened_on > today:
        why = Text("Ngày ở tương lai.", "The day lies in the future.")
        yield _issue("event_in_future", why, row=each.row, file=file, value=event.happened_on.isoformat())


def _against_one_another(read: Sequence[ReadEvent], *, file: str) -> Iterator[tuple[ReadEvent, list[Issue]]]:
    """Go through the events by day: each begins what never was, ends what is not ended yet, and later than it began."""
    begun: dict[ParcelKey, ReadEvent] = {}
    ended: dict[ParcelKey, ReadEvent] = {}
    begins_at = {key: each for each in read for key in each.event.child_keys}
    on_cycles = _on_cycles(read)
    for each in sorted(read, key=lambda one: (one.event.happened_on, one.row)):
        issues = []
        if each.row in on_cycles:
            why = Text("Thửa này là hậu thân của chính nó.", "A parcel here descends from itself.")
            issues.append(_issue("event_cycle", why, row=each.row, file=file, value=", ".join(each.event.parent_keys)))
        issues += _twice(each.event.child_keys, begun, Text("hình thành", "began"), each=each, file=file)
        issues += _twice(each.event.parent_keys, ended, Text("chấm dứt", "ended"), each=each, file=file)
        for key in each.event.parent_keys if each.row not in on_cycles else ():
            beginning = begins_at.get(key)
            if beginning is not None and beginning.event.happened_on > each.event.happened_on:
                why = Text(
                    f"Thửa {key} chấm dứt trước khi hình thành (dòng {beginning.row}).",
                    f"Parcel {key} ends before it began (row {beginning.row}).",
                )
                day = each.event.happened_on.isoformat()
                issues.append(_issue("event_order", why, row=each.row, file=file, value=day))
        if not issues:
            begun |= dict.fromkeys(each.event.child_keys, each)
            ended |= dict.fromkeys(each.event.parent_keys, each)
        yield each, issues


def _twice(
    keys: Iterable[ParcelKey], known: Mapping[ParcelKey, ReadEvent], word: Text, *, each: ReadEvent, file: str
) -> list[Issue]:
    return [
        _issue(
            "event_repeated",
            Text(
                f"Thửa {key} đã {word.vi} ở dòng {known[key].row}.",
                f"Parcel {key} {word.en} in row {known[key].row} already.",
            ),
            row=each.row,
            file=file,
            value=key,
        )
        for key in keys
        if key in known
    ]


def _on_cycles(read: Sequence[ReadEvent]) -> set[int]:
    """Return the rows of events that lead back to themselves: what is left when ends are taken off again and again."""
    left = {each.row: each.event for each in read}
    while True:
        parents = {key for event in left.values() for key in event.parent_keys}
        children = {key for event in left.values() for key in event.child_keys}
        loose = [
            row
            for row, event in left.items()
            if not parents & set(event.child_keys) or not children & set(event.parent_keys)
        ]
        if not loose:
            return set(left)
        for row in loose:
            del left[row]


def _unknown_parcels(
    kept: Sequence[ReadEvent], area_m2_of: Mapping[ParcelKey, float | None], *, file: str
) -> Iterator[Issue]:
    ended = {key for each in kept for key in each.event.parent_keys}
    for each in kept:
        for key in each.event.child_keys:
            if key not in area_m2_of and key not in ended:
                why = Text(f"Bản đồ đang công bố không có thửa {key}.", f"The published map has no parcel {key}.")
                yield _issue("parcel_unknown", why, row=each.row, file=file, value=key, severity=Severity.WARNING)
        for key in each.event.parent_keys:
            if key in area_m2_of:
                why = Text(f"Bản đồ vẫn còn vẽ thửa {key}.", f"The map still draws parcel {key}.")
                yield _issue("parcel_still_drawn", why, row=each.row, file=file, value=key, severity=Severity.WARNING)


def _areas(each: ReadEvent, area_m2_of: Mapping[ParcelKey, float | None], *, file: str) -> Iterator[Issue]:
    before_m2, after_m2 = (_sum_m2(parts, area_m2_of) for parts in (each.event.parents, each.event.children))
    if before_m2 is None or after_m2 is None:
        return
    if abs(before_m2 - after_m2) > max(AREA_CHANGE_M2, AREA_CHANGE_RATIO * before_m2):
        why = Text(
            f"Diện tích trước {before_m2:.1f} m², sau {after_m2:.1f} m².",
            f"The area was {before_m2:.1f} m² before and is {after_m2:.1f} m² after.",
        )
        difference = f"{after_m2 - before_m2:+.1f}"
        yield _issue("areas_differ", why, row=each.row, file=file, value=difference, severity=Severity.WARNING)


def _sum_m2(parts: Sequence[EventPart], area_m2_of: Mapping[ParcelKey, float | None]) -> float | None:
    areas = [part.area_m2 if part.area_m2 is not None else area_m2_of.get(part.key) for part in parts]
    known = [area_m2 for area_m2 in areas if area_m2 is not None]
    return sum(known) if len(known) == len(areas) else None


def _issue(code: str, why: Text, *, row: int, file: str, value: str, severity: Severity = Severity.ERROR) -> Issue:
    return Issue(severity=severity, code=code, file=file, row=row, value=value[:80], message=why, hint=_CHECK_DOCUMENT)
