"""Everything that can stop a command or a request, in one tree.

::

    DiabanError
    ├── InputError               what was given cannot be used           exit 2
    │   └── UnknownCrsError      a coordinate system that we do not know
    ├── NotFoundError            no such parcel, round, school, layer    exit 2
    ├── ConflictError            somebody else was first                 exit 1
    ├── ForbiddenError           not for this person                     exit 1
    ├── DataUnavailableError     a layer or store that should answer does not
    ├── SolverError              the optimiser stopped without an answer
    │   └── InfeasibleError      no feasible answer exists               exit 3
    └── VerificationError        a result does not prove what it claims  exit 4

A bad *record* is not an exception but a `spatial.issues.Issue`. Exit codes and HTTP statuses are one
table each, in ``api``.
"""

from spatial.text import Text


class DiabanError(Exception):
    """Root of the tree.

    Parameters
    ----------
    message
        What is wrong and where, in both languages.
    hint
        What to do about it, in both languages.
    subject
        The file, record or object concerned, e.g. ``"wards.shp"`` or ``"applicants.csv:17"``.
    code
        A stable word for programs where one class covers several faults, e.g. ``"file_damaged"``; else the class's.
    """

    code = "error"

    def __init__(self, message: Text, *, hint: Text | None = None, subject: str = "", code: str | None = None) -> None:
        super().__init__(message.en)
        self.code = code or type(self).code
        self.message = message
        self.hint = hint
        self.subject = subject

    def sentence(self, language: str) -> str:
        """Return subject, message and hint as one line in ``language``."""
        where = f"{self.subject}: " if self.subject else ""
        what_to_do = f" {self.hint.in_language(language)}" if self.hint else ""
        return f"{where}{self.message.in_language(language)}{what_to_do}"


class InputError(DiabanError):
    """What was given cannot be used as it is."""

    code = "bad_input"


class UnknownCrsError(InputError):
    """A coordinate reference system outside the ones that the house can transform exactly."""

    code = "unknown_crs"


class NotFoundError(DiabanError):
    """What was asked for does not exist."""

    code = "not_found"


class ConflictError(DiabanError):
    """The state changed in between; look again and repeat."""

    code = "conflict"


class ForbiddenError(DiabanError):
    """Not for this person."""

    code = "forbidden"


class DataUnavailableError(DiabanError):
    """A layer, file or database that should answer does not; the answer is *not checked*."""

    code = "data_unavailable"


class SolverError(DiabanError):
    """The optimiser stopped without an answer that can be used."""

    code = "solver_failed"


class InfeasibleError(SolverError):
    """No answer satisfies the rule."""

    code = "infeasible"


class VerificationError(DiabanError):
    """A result does not prove what it claims."""

    code = "verification_failed"
