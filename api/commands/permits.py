"""``diaban permits``: what may be built on a plot, and which article says so."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from api.clock import today_in_vietnam
from api.commands.json_files import read_json
from api.commands.options import JsonOption
from api.commands.parcel_find import find
from api.commands.parcel_history import history, import_history
from api.commands.permit_dossier import dossier
from api.commands.permit_due import due
from api.commands.permit_envelope import envelope
from api.commands.permit_override import override
from api.commands.permit_procedure import procedure
from api.commands.permit_screen import screen
from api.commands.permit_terms import revocation, terms
from api.console import print_json
from api.settings import settings
from basemap.model import LAYERS
from permits import fact_sheet
from permits.advice import Advice
from permits.combined_limits import limits_under
from permits.coverage import coverage_json, coverage_page
from permits.envelope_service import checked_with_advice
from permits.footprint_files import DRAWING_CRS, footprint_of_drawing, must_lie_near
from permits.limit_fields import LIMIT_FIELDS
from permits.overrides import Overruled
from permits.parcels import parse_parcel_key
from permits.proposal import read_proposal
from permits.rule_page import rule_page
from permits.rulebook import ALL_RULEBOOKS, DEFAULT_RULEBOOK, load_rulebook
from permits.service import parcel_named
from spatial.db import Database, open_database
from spatial.errors import InputError
from spatial.text import Text

app = typer.Typer(name="permits", help="Parcels and building permits.", no_args_is_help=True)
app.command("find")(find)
app.command("history")(history)
app.command("import-history")(import_history)
app.command("due")(due)
app.command("procedure")(procedure)
app.command("dossier")(dossier)
app.command("terms")(terms)
app.command("revocation")(revocation)
app.command("screen")(screen)
app.command("envelope")(envelope)
app.command("override")(override)

AsOf = Annotated[
    str, typer.Option("--as-of", metavar="DATE", help="Basis date, e.g. 2026-11-21. Without it: today in Vietnam.")
]
RulebookName = Annotated[str, typer.Option(help="Name of a rule-pack, all, or a path that ends in .yaml.")]


@app.command()
def limits(
    facts: Annotated[Path, typer.Option(help="JSON file with the facts of the plot; - reads from standard input.")],
    *,
    as_of: AsOf = "",
    rulebook: RulebookName = DEFAULT_RULEBOOK,
    known_on: Annotated[
        str, typer.Option("--known-on", metavar="DATE", help="Answer with what the rule-packs recorded by that day.")
    ] = "",
    json_output: JsonOption = False,
) -> None:
    """Print every limit of a plot as JSON: value, verdict, article, and what is not known."""
    del json_output  # the answer of this command is always JSON
    given = read_json(facts)
    sheet = fact_sheet.read_facts(given, subject=facts.name)
    known = day_of(known_on) if known_on else None
    answer = limits_under(sheet, rulebook=rulebook, as_of=day_of(as_of), known_on=known)
    print_json({"facts": given, **answer.to_json()})


@app.command("check")
def check_(  # noqa: PLR0913 - each is one word of the command line
    parcel: Annotated[str, typer.Option(help="Parcel key, e.g. 26797-10-16, or the portal's twelve digits.")],
    proposal: Annotated[Path, typer.Option(help="JSON file with the proposal; - reads from standard input.")],
    *,
    as_of: AsOf = "",
    rulebook: RulebookName = ALL_RULEBOOKS,
    footprint: Annotated[Path | None, typer.Option(help="DXF drawing with the outline, closed lines of a layer.")] = (
        None
    ),
    footprint_layer: Annotated[str, typer.Option(help="Layer of the drawing that holds the outline.")] = "",
    footprint_crs: Annotated[str, typer.Option(help="Coordinate system of the drawing.")] = DRAWING_CRS,
    json_output: JsonOption = False,
) -> None:
    """Check a proposal on a parcel: every finding with its article, number and place."""
    name = parse_parcel_key(parcel)
    wanted = read_proposal(read_json(proposal), subject=proposal.name)
    if footprint is not None:
        wanted = replace(wanted, footprint=footprint_of_drawing(footprint, layer=footprint_layer, crs=footprint_crs))
    with open_store() as database, database.transaction() as session:
        if footprint is not None and wanted.footprint is not None:
            must_lie_near(wanted.footprint, parcel_named(session, name).place)
        found = checked_with_advice(session, name, wanted, rulebook=rulebook, as_of=day_of(as_of))
    outcome = found.check
    if json_output:
        print_json(found.to_json())
        return
    language = settings().language
    typer.echo(f"{outcome.parcel.parcel.key}: {outcome.verdict.value}")
    for finding in outcome.findings:
        typer.echo(f"{finding.verdict.value:14}  {finding.sentence.in_language(language)}")
    silent = [LIMIT_FIELDS[name].label for name in outcome.not_proposed]
    layers = [LAYERS[layer].label for layer in outcome.not_checked]
    for label, titles in (
        (Text("Chưa nêu trong phương án", "Not proposed"), silent),
        (Text("Chưa kiểm tra được", "Not checked"), layers),
    ):
        if titles:
            said = dict.fromkeys(title.in_language(language) for title in titles)
            typer.echo(f"{label.in_language(language)}: {'; '.join(said)}")
    for line in [*_advice_lines(found.advice), *map(_override_line, found.overruled)]:
        typer.echo(line.in_language(language))


def _override_line(overruled: Overruled) -> Text:
    kept = overruled.override
    earlier = Text("", "") if overruled.is_current else Text(" (theo tình trạng trước)", " (as of an earlier state)")
    return Text(
        f"Ghi đè ngày {kept.decided_at:%d/%m/%Y}: {kept.finding}, {kept.old_verdict.value} → {kept.new_verdict.value}"
        f"{earlier.vi}",
        f"Overruled on {kept.decided_at:%Y-%m-%d}: {kept.finding}, {kept.old_verdict.value} → {kept.new_verdict.value}"
        f"{earlier.en}",
    )


def _advice_lines(advice: Advice | None) -> list[Text]:
    if advice is None:
        return []
    heads = [Text("Để phù hợp, thay đổi ít nhất:", "The least change to comply:")] if advice.changes else []
    return [
        *heads,
        *(Text(f"- {change.sentence.vi}", f"- {change.sentence.en}") for change in advice.changes),
        *(Text(f"! {each.sentence.vi}", f"! {each.sentence.en}") for each in advice.obstacles),
        Text(f"Sau đó: {advice.check.verdict.value}", f"Then: {advice.check.verdict.value}"),
    ]


@contextmanager
def open_store() -> Iterator[Database]:
    """Open the store of the settings and close it behind."""
    database = open_database(settings().resolved_database_url, crs=settings().crs)
    try:
        yield database
    finally:
        database.close()


@app.command()
def rules(*, rulebook: RulebookName = DEFAULT_RULEBOOK) -> None:
    """Print the page of a rule-pack: every rule with its basis, how it is measured, and an example."""
    typer.echo(rule_page(load_rulebook(rulebook)), nl=False)


@app.command()
def coverage(*, json_output: JsonOption = False) -> None:
    """Print what the program checks, what an officer decides, and what was not found."""
    typer.echo(coverage_json() if json_output else coverage_page(), nl=False)


def day_of(as_of: str) -> date:
    """Return the day that was typed, or today in Vietnam. Raises InputError for anything but YYYY-MM-DD."""
    if not as_of:
        return today_in_vietnam()
    try:
        return date.fromisoformat(as_of)
    except ValueError as error:
        raise InputError(
            Text(f"{as_of!r} không phải là ngày.", f"{as_of!r} is not a date."),
            hint=Text("Viết năm-tháng-ngày, ví dụ 2026-11-21.", "Write year-month-day, for example 2026-11-21."),
            subject="--as-of",
        ) from error
