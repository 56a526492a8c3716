"""What the command line says: progress and messages on stderr, results on stdout."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from api.settings import language_of_terminal, settings
from spatial.errors import DiabanError, InputError
from spatial.issues import IssueReport, Severity
from spatial.text import Text

_ISSUES_SHOWN = 10

SEVERITY_WORDS = {
    Severity.ERROR: Text("lỗi", "error"),
    Severity.WARNING: Text("cảnh báo", "warning"),
    Severity.INFO: Text("lưu ý", "info"),
}

messages = Console(stderr=True, highlight=False, soft_wrap=True)
results = Console(highlight=False, soft_wrap=True)


def say(text: Text) -> None:
    """Print one sentence on stderr in the language of the terminal."""
    messages.print(text.in_language(settings().language), markup=False)


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


@contextmanager
def progress() -> Iterator[Progress]:
    """Give a progress bar on stderr; silent where stderr is no terminal."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=messages, transient=True, disable=not messages.is_terminal) as bar:
        yield bar
