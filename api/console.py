"""What the command line says: progress and messages on stderr, results on stdout."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from api.settings import language_of_terminal, settings
from spatial.errors import DiabanError, InputError
from spatial.issues import Issue, IssueReport, Severity
from spatial.text import Text

_ISSUES_SHOWN = 10

SEVERITY_WORDS = {
    Severity.ERROR: Text("lỗi", "error"),
    Severity.WARNING: Text("cảnh báo", "warning"),
    Severity.INFO: Text("lưu ý", "info"),
}

messages = Console(stderr=True, highlight=False, soft_wrap=True)
results = Console(highlight=False, soft_wrap=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The head of a column.

    Parameters
    ----------
    is_number
        The column is narrow and stands to the right, below a head of one word a line.
    folds
        The column takes what room is left, and folds; all others stay on one line.
    """

    text: Text
    is_number: bool = False
    folds: bool = False


def said(text: Text) -> str:
    """Return ``text`` in the language of the terminal."""
    return text.in_language(settings().language)


def say(text: Text) -> None:
    """Print one sentence on stderr in the language of the terminal."""
    messages.print(said(text), markup=False)


def print_json(content: object) -> None:
    """Print ``content`` as JSON on stdout."""
    typer.echo(json.dumps(content, ensure_ascii=False, indent=2))


def plain_table(heads: Sequence[Head], *, title: str | None = None) -> Table:
    """Return an empty table that fits 80 columns: nothing is cut off, and no number or moment is folded."""
    table = Table(
        title=title, title_justify="left", box=SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0)
    )
    for head in heads:
        words = said(head.text)
        table.add_column(
            words.replace(" ", "\n") if head.is_number else words,
            justify="right" if head.is_number else "left",
            no_wrap=not head.folds,
            overflow="fold",
        )
    return table


def say_error(error: DiabanError) -> None:
    """Print a foreseen error as one line on stderr, also that of a setting which cannot be read."""
    try:
        language = settings().language
    except InputError:
        language = language_of_terminal()
    messages.print(error.sentence(language), markup=False, style="red")


def say_issues(report: IssueReport, *, written_to: str) -> None:
    """Print the first findings, a line each, and where all of them stand."""
    language = settings().language
    for issue in report.issues[:_ISSUES_SHOWN]:
        severity = SEVERITY_WORDS[issue.severity].in_language(language)
        messages.print(f"{severity}: {issue.sentence(language)}", markup=False)
    rest = len(report) - _ISSUES_SHOWN
    if rest > 0:
        say(Text(f"… và {rest} mục nữa trong {written_to}.", f"… and {rest} more in {written_to}."))


def say_issue_counts(report: IssueReport) -> None:
    """Print how many findings of each code there are, the gravest first, each with the place of the first one."""
    language = settings().language
    grave = list(Severity)
    grouped: dict[tuple[int, str], list[Issue]] = {}
    for issue in report:
        grouped.setdefault((grave.index(issue.severity), issue.code), []).append(issue)
    for (severity, code), found in sorted(
        grouped.items(), key=lambda entry: (entry[0][0], -len(entry[1]), entry[0][1])
    ):
        word = SEVERITY_WORDS[grave[severity]].in_language(language)
        messages.print(f"{len(found):>7}  {word}  {code}  ({found[0].where(language)})", markup=False)


@contextmanager
def progress() -> Iterator[Progress]:
    """Give a progress bar on stderr; silent where stderr is no terminal."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=messages, transient=True, disable=not messages.is_terminal) as bar:
        yield bar


@contextmanager
def telling() -> Iterator[Callable[[Text], None]]:
    """Give a function that shows on stderr what begins now, in the chosen language."""
    with progress() as bar:
        task = bar.add_task("", total=None)

        def tell(text: Text) -> None:
            bar.update(task, description=said(text))

        yield tell
