"""The command ``diaban``: one word for each job, one exit code for each kind of ending."""

import sys

import typer

from api.console import say_error
from spatial.errors import (
    DiabanError,
    InfeasibleError,
    InputError,
    NotFoundError,
    VerificationError,
)

EXIT_CODES: tuple[tuple[type[DiabanError], int], ...] = (
    (InputError, 2),
    (NotFoundError, 2),
    (InfeasibleError, 3),
    (VerificationError, 4),
)
"""First match wins; anything else that goes wrong exits with 1."""

app = typer.Typer(
    name="diaban",
    help="Địa Bàn: one shared map of a city, school places and building permits on it.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)


def exit_code_of(error: DiabanError) -> int:
    """Return the exit code that the command ends with after ``error``."""
    return next((code for kind, code in EXIT_CODES if isinstance(error, kind)), 1)


def main() -> None:
    """Run the command line; a foreseen error is one line on stderr, never a traceback."""
    try:
        app()
    except DiabanError as error:
        say_error(error)
        sys.exit(exit_code_of(error))


if __name__ == "__main__":
    main()
