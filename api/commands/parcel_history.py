"""``diaban permits history`` and ``import-history``: what became of a parcel, and the register that knows it."""

import getpass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from api.clock import today_in_vietnam
from api.commands.options import JsonOption
from api.commands.stores import open_store
from api.console import print_json, results, say, say_issues
from api.settings import settings
from permits import history_service
from permits.parcels import parse_parcel_key
from spatial.errors import NotFoundError
from spatial.text import Text


def import_history(
    file: Annotated[Path, typer.Argument(help="CSV or XLSX: date, kind, parents, children.", show_default=False)],
    *,
    report: Annotated[Path | None, typer.Option(help="CSV file for the findings, one row each.")] = None,
    json_output: JsonOption = False,
) -> None:
    """Take in the register of splits, mergers and renumberings; it takes the place of the one before."""
    with open_store() as database:
        taken = history_service.import_register(
            database,
            file,
            imported_at=datetime.now(UTC),
            imported_by=getpass.getuser(),
            today=today_in_vietnam(),
        )
    if report is not None:
        taken.report.to_frame().to_csv(report, index=False, encoding="utf-8-sig")
        say(Text(f"Đã ghi {report}.", f"Wrote {report}."))
    if json_output:
        counts = taken.report.count_by_code()
        print_json({"events": taken.event_count, "set_aside": taken.quarantined_count, "issues": counts})
        return
    say_issues(taken.report, written_to="--report" if report is None else str(report))
    told = Text(
        f"Đã nhận {taken.event_count} biến động, để riêng {taken.quarantined_count} dòng.",
        f"{taken.event_count} events taken in, {taken.quarantined_count} rows set aside.",
    )
    results.print(told.in_language(settings().language), markup=False)


def history(
    parcel: Annotated[str, typer.Argument(help="Parcel key, e.g. 26797-10-16.", show_default=False)],
    *,
    json_output: JsonOption = False,
) -> None:
    """Say what a parcel came from and what became of it, also of one that is no more."""
    name = parse_parcel_key(parcel)
    with open_store() as database, database.transaction() as session:
        found = history_service.history_named(session, name)
    if json_output:
        print_json(found.to_json())
        return
    if not found.is_recorded:
        raise NotFoundError(
            Text("Sổ biến động không ghi gì về thửa này.", "The register records nothing of this parcel."),
            hint=Text("Nhập sổ: diaban permits import-history TỆP.", "Import it: diaban permits import-history FILE."),
            subject=name.key,
        )
    for event in (*found.before, *found.after):
        results.print(event.sentence.in_language(settings().language), markup=False)
