"""``diaban permits dossier``: the papers that are still asked for."""

from typing import Annotated

import typer
from rich.markup import escape

from api.clock import today_in_vietnam
from api.commands.moments import day_typed
from api.commands.options import JsonOption
from api.console import Head, plain_table, print_json, results, said
from permits.documents import PaperState, checklist
from permits.model import REASON_TEXTS
from spatial.text import Text

_HEADS = (
    Head(text=Text("cần làm", "state")),
    Head(text=Text("giấy tờ", "paper")),
    Head(text=Text("nội dung và căn cứ", "what it is, and its article"), folds=True),
)
_STATES = {
    PaperState.ASKED: Text("cần nộp", "asked for"),
    PaperState.RECEIVED: Text("đã nộp", "received"),
    PaperState.ON_FILE: Text("đã có sẵn", "on file"),
    PaperState.NOT_REQUIRED: Text("không cần", "not needed"),
    PaperState.UNDECIDED: Text("cần xác định", "to decide"),
}


def dossier(  # noqa: PLR0913 - each is one word of the command line
    kind: Annotated[str, typer.Option(help="Kind of dossier: house, works, repair, adjustment, extension, …")],
    *,
    on_file: Annotated[list[str] | None, typer.Option(metavar="PAPER", help="Held already: not asked again.")] = None,
    received: Annotated[list[str] | None, typer.Option(metavar="PAPER", help="Handed in.")] = None,
    required: Annotated[list[str] | None, typer.Option(metavar="PAPER", help="Another law asks for it.")] = None,
    not_required: Annotated[list[str] | None, typer.Option(metavar="PAPER", help="No law asks for it.")] = None,
    as_of: Annotated[str | None, typer.Option(metavar="DATE", help="Day of the dossier; today by default.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Print the papers of a dossier: asked for, received, on file, not needed, or to be decided."""
    found = checklist(
        kind,
        as_of=day_typed(as_of) or today_in_vietnam(),
        on_file=on_file or (),
        received=received or (),
        required={**dict.fromkeys(required or (), True), **dict.fromkeys(not_required or (), False)},
    )
    if as_json:
        print_json(found.to_json())
        return
    results.print(f"{said(found.title)} ({found.citation})", markup=False)
    if found.reason is not None:
        results.print(f"{said(Text('cần xem xét', 'review'))}: {said(REASON_TEXTS[found.reason])}", markup=False)
        return
    table = plain_table(_HEADS)
    for paper in found.papers:
        table.add_row(said(_STATES[paper.state]), paper.name, escape(f"{said(paper.title)} ({paper.citation.clause})"))
    results.print(table)
