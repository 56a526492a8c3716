"""``diaban permits terms`` and ``revocation``: how long a permit lives, and the time limits of taking it back."""

from typing import Annotated

import typer

from api.commands.moments import day_of, day_typed
from api.commands.options import JsonOption
from api.console import print_json, results, said
from api.i18n import speech
from api.office_days import calendar_of
from api.settings import settings
from permits import terms as law
from permits.competence import ISSUING_RULEBOOK
from permits.model import REASON_TEXTS, Citation
from permits.rulebook import load_rulebook
from spatial.text import Text


def terms(
    issued: Annotated[str, typer.Option(metavar="DATE", help="Day on which the permit was issued.")],
    *,
    extended: Annotated[
        list[str] | None, typer.Option(metavar="DATE", help="Day of an extension; may be repeated.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Print until when work has to begin, how often a permit may be extended, and how long it stays published."""
    first, days = day_of(issued), tuple(day_of(words) for words in extended or ())
    found = law.terms(
        first,
        extended=days,
        calendar=calendar_of(first.year, max([first, *days]).year + 1, own_days=settings().office_calendar),
        rulebook=load_rulebook(ISSUING_RULEBOOK),
    )
    if as_json:
        print_json(found.to_json())
        return
    say = speech(settings().language)
    if found.start_by is None or found.publish_until is None:
        _line(said(Text("cần xem xét", "review")), found.citations["start_by"])
        if found.reason is not None:
            results.print(f"  {said(REASON_TEXTS[found.reason])}", markup=False)
        return
    begin = f"{said(Text('khởi công trước hết', 'begin by'))} {say.day(found.start_by)}"
    _line(begin, found.citations["start_by"])
    left = Text(f"còn gia hạn được {found.extensions_left} lần", f"extensions left: {found.extensions_left}")
    _line(said(left), found.citations["extension"])
    until = f"{said(Text('công khai ít nhất đến', 'published at least until'))} {say.day(found.publish_until)}"
    _line(until, found.citations["publication"])


def revocation(
    *,
    findings_received: Annotated[
        str | None, typer.Option(metavar="DATE", help="Day on which the findings of the inspection came in.")
    ] = None,
    decided: Annotated[str | None, typer.Option(metavar="DATE", help="Day of the decision to revoke.")] = None,
    decision_received: Annotated[
        str | None, typer.Option(metavar="DATE", help="Day on which the owner received the decision.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Print the time limits of revoking a permit, each counted from the day that starts it."""
    days = [day_typed(words) for words in (findings_received, decided, decision_received)]
    known = [day for day in days if day is not None]
    years = (min(known).year, max(known).year + 1) if known else (0, 0)
    steps = law.revocation(
        findings_received=days[0],
        decided=days[1],
        decision_received=days[2],
        calendar=calendar_of(*years, own_days=settings().office_calendar) if known else None,
        rulebook=load_rulebook(ISSUING_RULEBOOK),
    )
    if as_json:
        print_json([step.to_json() for step in steps])
        return
    say = speech(settings().language)
    for step in steps:
        until = "" if step.due is None else f", {said(Text('đến', 'until'))} {say.day(step.due)}"
        length = said(Text(f"{step.working_days} ngày làm việc", f"{step.working_days} working days"))
        _line(f"{said(step.title)}: {length}{until}", step.citation)


def _line(text: str, citation: Citation) -> None:
    results.print(f"{text} ({citation})", markup=False)
