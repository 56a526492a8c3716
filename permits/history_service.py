"""The register of parcel events taken in and asked: what a parcel was, and what became of one that is no more."""

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from basemap import store
from basemap.model import LayerName
from basemap.spreadsheets import read_sheet
from basemap.tables import ParcelRow
from permits.history import ParcelHistory
from permits.history_checks import check_events
from permits.history_files import read_events
from permits.history_store import RegisterOrigin, add_register, read_history
from permits.model import ParcelKey
from permits.parcels import ParcelName
from spatial.db import Database
from spatial.errors import NotFoundError
from spatial.files import sha256_of_file
from spatial.issues import IssueReport
from spatial.text import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterImport:
    """What became of a file of events; a row with an ERROR is not in the register."""

    event_count: int
    quarantined_count: int
    report: IssueReport


def import_register(
    database: Database, path: Path, *, imported_at: datetime, imported_by: str, today: date
) -> RegisterImport:
    """Read, check and store a file of events in one transaction; it takes the place of the register before.

    Raises
    ------
    InputError
        The file cannot be read as a table of events; nothing is stored then.
    """
    sheet = read_sheet(path)
    read = read_events(sheet)
    with database.transaction(writing=True) as session:
        area_m2_of = _areas_of_published(session)
        checked = check_events(read.events, area_m2_of=area_m2_of, today=today, file=sheet.file)
        quarantined_count = len(sheet.rows) - len(checked.events)
        origin = RegisterOrigin(
            imported_at=imported_at,
            imported_by=imported_by,
            source_file=sheet.file,
            source_sha256=sha256_of_file(path),
            quarantined_count=quarantined_count,
        )
        add_register(session, checked.events, origin=origin)
    report = IssueReport()
    report.extend(sorted((*read.issues, *checked.issues), key=lambda issue: issue.row or 0))
    return RegisterImport(event_count=len(checked.events), quarantined_count=quarantined_count, report=report)


def history_named(session: Session, name: ParcelName) -> ParcelHistory:
    """Return the history of the parcel of that name, whether or not it is still on the map."""
    return read_history(session, name.key)


def gone(history: ParcelHistory) -> NotFoundError | None:
    """Return the refusal that says what became of a parcel; None where the register does not know its end."""
    if (end := history.ended_by) is None:
        return None
    successors = ", ".join(history.successors)
    return NotFoundError(
        Text(f"Thửa này không còn. {end.sentence.vi}", f"This parcel is no more. {end.sentence.en}"),
        hint=Text(f"Xem thửa hiện nay: {successors}.", f"See the parcels of today: {successors}."),
        subject=history.key,
        code="parcel_gone",
    )


def _areas_of_published(session: Session) -> dict[ParcelKey, float | None]:
    version = store.current_version(session, LayerName.PARCEL)
    if version is None:
        return {}
    columns = select(ParcelRow.feature_id, ParcelRow.registered_area_m2)
    rows = session.execute(columns.where(ParcelRow.version_id == version.version_id))
    return {ParcelKey(key): area_m2 for key, area_m2 in rows}
