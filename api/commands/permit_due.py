"""``diaban permits due``: the last day of a procedure, and every day of the count."""

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from api.commands.moments import day_of, day_typed
from api.commands.options import JsonOption
from api.console import Head, plain_table, print_json, results, said
from api.i18n import speech
from api.office_days import calendar_of
from api.settings import settings
from permits.deadlines import DEADLINE_RULEBOOK, Dossier, Procedure, SupplementClock, due_date
from permits.due_model import Certainty, Due
from permits.rulebook import load_rulebook
from spatial.text import Text

_HEADS = (
    Head(text=Text("ngày", "day")),
    Head(text=Text("thứ", "weekday")),
    Head(text=Text("tính", "counted"), is_number=True),
    Head(text=Text("lý do và căn cứ", "cause and basis"), folds=True),
)
_WEEKDAYS = (
    Text("thứ Hai", "Monday"),
    Text("thứ Ba", "Tuesday"),
    Text("thứ Tư", "Wednesday"),
    Text("thứ Năm", "Thursday"),
    Text("thứ Sáu", "Friday"),
    Text("thứ Bảy", "Saturday"),
    Text("Chủ nhật", "Sunday"),
)

_LABELS = {
    Certainty.CERTAIN: Text("hạn cuối", "due"),
    Certainty.PROVISIONAL: Text(
        "hạn cuối tạm tính (lịch làm việc của năm đó chưa công bố)",
        "provisionally due (that year's calendar is not out)",
    ),
    Certainty.NEEDS_REVIEW: Text("cần xem xét", "needs review"),
}


def due(  # noqa: PLR0913 - each is one word of the command line
    procedure: Annotated[Procedure, typer.Option(help="What is asked for.")],
    received: Annotated[str, typer.Option(metavar="DATE", help="Day on which the dossier was complete and valid.")],
    *,
    lodged: Annotated[str | None, typer.Option(metavar="DATE", help="Day of handing in, if another.")] = None,
    notice_sent: Annotated[str | None, typer.Option(metavar="DATE", help="Day of the supplement notice.")] = None,
    supplement_received: Annotated[str | None, typer.Option(metavar="DATE", help="Day of the supplement.")] = None,
    supplement_clock: Annotated[
        SupplementClock, typer.Option(help="Whether the supplement stops the office's clock; both are shown.")
    ] = SupplementClock.PAUSED,
    calendar: Annotated[
        Path | None, typer.Option(help="YAML file of the office's own days; else that of DIABAN_OFFICE_CALENDAR.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Print when a procedure is due, with every counted and skipped day, its cause and its legal basis."""
    dossier = Dossier(
        procedure=procedure,
        received=day_of(received),
        lodged=day_typed(lodged),
        notice_sent=day_typed(notice_sent),
        supplement_received=day_typed(supplement_received),
    )
    answer = due_date(
        dossier,
        calendar=calendar_of(*dossier.years, own_days=calendar or settings().office_calendar),
        rulebook=load_rulebook(DEADLINE_RULEBOOK),
        clock=supplement_clock,
    )
    if as_json:
        print_json(answer.to_json())
    else:
        _print(answer)


def _print(answer: Due) -> None:
    say = speech(settings().language)
    label = said(_LABELS[answer.certainty])
    results.print(label if answer.due is None else f"{label}: {say.day(answer.due)}", markup=False)
    results.print(f"  {answer.citation}", markup=False)
    if answer.due is None:
        results.print(f"  {said(answer.note)}", markup=False)
    if answer.transition is not None:
        results.print(f"  {answer.transition}", markup=False)
    for other in answer.alternatives:
        results.print(f"  {say.day(other.due)} {said(other.condition)}", markup=False)
    for step in answer.steps:
        until = "" if step.due is None else f", {said(Text('đến', 'until'))} {say.day(step.due)}"
        days = said(
            Text(
                f"{step.working_days} ngày làm việc", f"{step.working_days} working day{'s' * (step.working_days > 1)}"
            )
        )
        results.print(f"  {said(step.title)}: {days}{until} ({step.citation.clause})", markup=False)
    if answer.days:
        _print_days(answer)


def _print_days(answer: Due) -> None:
    say = speech(settings().language)
    table = plain_table(_HEADS)
    for day in answer.days:
        cause = said(day.name) if not day.basis else f"{said(day.name)} ({day.basis})"
        number = "" if day.number is None else str(day.number)
        table.add_row(say.day(day.day), said(_WEEKDAYS[day.day.weekday()]), number, escape(cause))
    results.print(table)
