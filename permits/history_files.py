"""A register of parcel events out of a spreadsheet: one row an event, parcels by key or by number."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from basemap.model import Attribute, Kind
from basemap.spreadsheets import Sheet
from basemap.values import coerce
from permits.column_names import columns_missing, fields_of
from permits.history import EventKind, EventPart, ParcelEvent
from permits.history_checks import ReadEvent
from permits.model import ParcelKey
from permits.parcels import parcel_name, parse_parcel_key
from spatial.errors import InputError
from spatial.issues import Issue, Severity
from spatial.text import NO_TEXT, Text, without_accents

_FIELDS = ("happened_on", "kind", "parents", "children", "document", "ward_code", "map_sheet")
_REQUIRED = ("happened_on", "kind", "parents", "children")
_KINDS: Mapping[str, EventKind] = {
    **dict.fromkeys(("split", "tach", "tach thua", "chia", "chia thua"), EventKind.SPLIT),
    **dict.fromkeys(("merge", "hop", "hop thua", "gop", "gop thua", "nhap thua"), EventKind.MERGE),
    **dict.fromkeys(("renumber", "renumbering", "doi so", "doi so thua", "danh so lai"), EventKind.RENUMBER),
}
_PART = re.compile(r"\s*([0-9A-Za-z~/ -]+?)\s*(?:\(\s*(\d+(?:[.,]\d+)?)\s*(?:m2|m²)?\s*\))?\s*$")
_BETWEEN_PARTS = re.compile(r"[;\n]|,(?![^(]*\))")
_DAY = Attribute(name="happened_on", kind=Kind.DATE, label=NO_TEXT)
_NEEDED = Text(
    "Cần các cột: ngày, loại biến động, thửa cũ, thửa mới (thêm: phường, tờ, văn bản).",
    "Needed columns: date, kind, parents, children (also: ward, sheet, document).",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadEvents:
    """The rows that are events, and an ERROR for each of the others."""

    events: tuple[ReadEvent, ...]
    issues: tuple[Issue, ...]


def read_events(sheet: Sheet) -> ReadEvents:
    """Read the rows of a table.

    Raises
    ------
    InputError
        A needed column is missing, or two columns are the same thing.
    """
    positions = fields_of(sheet.header, _FIELDS, file=sheet.file)
    if not set(_REQUIRED) <= set(positions):
        raise columns_missing(sheet.header, file=sheet.file, needed=_NEEDED)
    events, issues = [], []
    for number, cells in zip(sheet.row_numbers, sheet.rows, strict=True):
        row = {name: cells[position].strip() for name, position in positions.items()}
        try:
            events.append(ReadEvent(event=_event(row), row=number))
        except InputError as error:
            issues.append(
                Issue(
                    severity=Severity.ERROR,
                    code="event_unread",
                    file=sheet.file,
                    row=number,
                    value=error.subject[:80],
                    message=error.message,
                    hint=error.hint or NO_TEXT,
                )
            )
    return ReadEvents(events=tuple(events), issues=tuple(issues))


def _event(row: Mapping[str, str]) -> ParcelEvent:
    kind = _KINDS.get(" ".join(without_accents(row["kind"]).split()))
    if kind is None:
        raise InputError(
            Text("Không hiểu loại biến động này.", "This kind of event is not known."),
            hint=Text("Ghi tách, hợp hoặc đổi số.", "Write split, merge or renumber."),
            subject=row["kind"],
        )
    return ParcelEvent(
        happened_on=_day(row["happened_on"]),
        kind=kind,
        parents=_parts(row["parents"], row),
        children=_parts(row["children"], row),
        document=row.get("document") or None,
    )


def _day(text: str) -> date:
    read = coerce(text, _DAY)
    if isinstance(read.value, date):
        return read.value
    problem = read.problem
    message = problem.message if problem else Text("Thiếu ngày.", "The day is missing.")
    raise InputError(message, hint=problem.hint if problem else None, subject=text)


def _parts(text: str, row: Mapping[str, str]) -> tuple[EventPart, ...]:
    return tuple(_part(part, row) for part in _BETWEEN_PARTS.split(text) if part.strip())


def _part(text: str, row: Mapping[str, str]) -> EventPart:
    found = _PART.match(text)
    if found is None:
        raise InputError(
            Text("Không hiểu thửa này.", "This parcel cannot be read."),
            hint=Text("Ghi 26797-10-120 (55,2); …", "Write 26797-10-120 (55.2); …"),
            subject=text.strip(),
        )
    name, area = found.groups()
    key = parse_parcel_key(name).key if "-" in name or len(name) > len("0000/00") else _by_number(name, row)
    return EventPart(key=key, area_m2=float(area.replace(",", ".")) if area else None)


def _by_number(number: str, row: Mapping[str, str]) -> ParcelKey:
    ward, sheet = row.get("ward_code", ""), row.get("map_sheet", "")
    if not ward or not sheet:
        raise InputError(
            Text("Chỉ có số thửa, thiếu phường và tờ.", "A number alone; ward and sheet are missing."),
            hint=Text("Thêm cột phường (mã cũ) và tờ.", "Add the columns ward (old code) and sheet."),
            subject=number,
        )
    return parcel_name(ward, sheet, number).key
