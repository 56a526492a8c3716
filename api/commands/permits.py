"""``diaban permits``: what may be built on a plot, and which article says so."""

import json
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from permits import fact_sheet
from permits.limits import limits as limits_of
from permits.rulebook import DEFAULT_RULEBOOK, load_rulebook
from spatial.errors import InputError, NotFoundError
from spatial.text import Text

app = typer.Typer(name="permits", help="Parcels and building permits.", no_args_is_help=True)

_LOCAL_TIME = ZoneInfo("Asia/Ho_Chi_Minh")

AsOf = Annotated[
    str, typer.Option("--as-of", metavar="DATE", help="Basis date, e.g. 2026-11-21. Without it: today in Vietnam.")
]
RulebookName = Annotated[str, typer.Option(help="Name of a rule-pack, or a path that ends in .yaml.")]
JsonFlag = Annotated[bool, typer.Option("--json", help="JSON on stdout (this is always so here).")]


@app.command()
def limits(
    facts: Annotated[Path, typer.Option(help="JSON file with the facts of the plot; - reads from standard input.")],
    *,
    as_of: AsOf = "",
    rulebook: RulebookName = DEFAULT_RULEBOOK,
    json_output: JsonFlag = False,
) -> None:
    """Print every limit of a plot as JSON: value, verdict, article, and what is not known."""
    del json_output
    given = read_json(facts)
    sheet = fact_sheet.read_facts(given, subject=facts.name)
    answer = limits_of(sheet, rulebook=load_rulebook(rulebook), as_of=day_of(as_of))
    print_json({"facts": given, **answer.to_json()})


def day_of(as_of: str) -> date:
    """Return the day that was typed, or today in Vietnam. Raises InputError for anything but YYYY-MM-DD."""
    if not as_of:
        return datetime.now(tz=UTC).astimezone(_LOCAL_TIME).date()
    try:
        return date.fromisoformat(as_of)
    except ValueError as error:
        raise InputError(
            Text(f"{as_of!r} không phải là ngày.", f"{as_of!r} is not a date."),
            hint=Text("Viết năm-tháng-ngày, ví dụ 2026-11-21.", "Write year-month-day, for example 2026-11-21."),
            subject="--as-of",
        ) from error


def read_json(path: Path) -> object:
    """Return what a JSON file holds; ``-`` is standard input.

    Raises
    ------
    NotFoundError
        There is no such file.
    InputError
        It is no JSON in UTF-8; the message names the line.
    """
    try:
        content = sys.stdin.read() if str(path) == "-" else path.read_text(encoding="utf-8-sig")
        return json.loads(content)
    except (FileNotFoundError, IsADirectoryError) as error:
        raise NotFoundError(Text("Không có tệp này.", "There is no such file."), subject=str(path)) from error
    except UnicodeDecodeError as error:
        raise InputError(Text("Tệp không phải UTF-8.", "The file is not UTF-8."), subject=path.name) from error
    except json.JSONDecodeError as error:
        raise InputError(
            Text(
                f"Không phải JSON: dòng {error.lineno}, cột {error.colno}.",
                f"Not JSON: line {error.lineno}, column {error.colno}.",
            ),
            subject=path.name,
        ) from error


def print_json(answer: object) -> None:
    """Print an answer on stdout, letters with their accents."""
    typer.echo(json.dumps(answer, ensure_ascii=False, indent=2))
