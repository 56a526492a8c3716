"""What a caller is told when something goes wrong: one table of statuses, one shape of body.

Programs get ``application/problem+json`` (RFC 9457) with a stable ``code`` and the message in both languages;
people with a browser get a page, if the pages have given one (``app.state.render_error``). Nothing that was
sent is ever repeated in an answer or in the log: it may be somebody's personal ID.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Protocol

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.responses import Response

from api.i18n import language_of
from api.validation_messages import message_of
from basemap.feature_query import BadQueryError
from spatial.errors import (
    ConflictError,
    DataUnavailableError,
    DiabanError,
    ForbiddenError,
    InfeasibleError,
    InputError,
    NotFoundError,
    SolverError,
    VerificationError,
)
from spatial.text import Text


class NotAcceptableError(DiabanError):
    """The caller takes none of the forms in which there is an answer."""

    code = "not_acceptable"


HTTP_STATUSES: tuple[tuple[type[DiabanError], int], ...] = (
    (BadQueryError, 400),
    (NotAcceptableError, 406),
    (InputError, 422),
    (NotFoundError, 404),
    (ConflictError, 409),
    (ForbiddenError, 403),
    (DataUnavailableError, 503),
    (InfeasibleError, 422),
    (SolverError, 503),
    (VerificationError, 409),
)
"""First match wins; anything else that goes wrong is a 500."""

_SHOWN_CHARACTERS = 60
_FIRST_FAULT_OF_OURS = HTTPStatus.INTERNAL_SERVER_ERROR
_log = logging.getLogger("diaban.errors")

_BY_STATUS: Mapping[int, tuple[str, Text]] = {
    400: ("bad_request", Text("Yêu cầu không hợp lệ.", "The request cannot be understood.")),
    401: ("not_signed_in", Text("Cần đăng nhập.", "Please sign in.")),
    403: ("forbidden", Text("Không được phép.", "This is not allowed.")),
    404: ("no_such_page", Text("Không có trang này.", "There is no such page.")),
    405: ("method_not_allowed", Text("Trang này không nhận kiểu yêu cầu đó.", "This page does not take that method.")),
    408: ("too_slow", Text("Yêu cầu đến quá chậm.", "The request arrived too slowly.")),
    409: ("conflict", Text("Mâu thuẫn với dữ liệu đang có.", "This is at odds with what is there.")),
    413: ("too_large", Text("Nội dung gửi lên quá lớn.", "What was sent is too large.")),
    414: ("address_too_long", Text("Địa chỉ trang quá dài.", "The address is too long.")),
    415: ("unsupported_encoding", Text("Không nhận nội dung nén.", "Compressed requests are not taken.")),
    421: ("unknown_host", Text("Máy chủ không phục vụ tên miền này.", "This server does not answer for that host.")),
    422: ("bad_input", Text("Có thông tin chưa đúng.", "Something that was sent is not right.")),
    429: ("too_many_requests", Text("Quá nhiều lần thử.", "Too many tries.")),
    500: ("internal_error", Text("Hệ thống gặp lỗi.", "Something went wrong on our side.")),
    503: ("data_unavailable", Text("Dữ liệu tạm thời chưa sẵn sàng.", "The data are not available right now.")),
}
_TRY_AGAIN = Text(
    "Vui lòng thử lại sau ít phút; nếu vẫn lỗi, báo cho cán bộ phụ trách.",
    "Please try again in a few minutes; if it goes on, tell the office.",
)
_HINTS: Mapping[int, Text] = {
    408: _TRY_AGAIN,
    413: Text("Gửi ít hơn một lần; bản vẽ DXF tối đa 5 MB.", "Send less at a time; a DXF drawing may have 5 MB."),
    421: Text(
        "Người quản trị thêm tên miền vào DIABAN_ALLOWED_HOSTS.",
        "An administrator adds the name to DIABAN_ALLOWED_HOSTS.",
    ),
    500: _TRY_AGAIN,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldFault:
    """One field of the request that cannot be used as it is."""

    field: str
    message: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One answer that is not what was asked for.

    Parameters
    ----------
    code
        Stable word for programs.
    faults
        The fields to mend, in the order in which they were sent.
    headers
        Further response headers, such as ``Retry-After``.
    """

    status: int
    code: str
    message: Text
    hint: Text | None = None
    subject: str = ""
    faults: tuple[FieldFault, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)

    def sentence(self, language: str) -> str:
        """Return message and hint as one line in ``language``."""
        hint = f" {self.hint.in_language(language)}" if self.hint else ""
        return f"{self.message.in_language(language)}{hint}"

    def as_json(self) -> dict[str, Any]:
        """Return the body of the answer (RFC 9457, with both languages beside the title)."""
        body: dict[str, Any] = {
            "type": f"urn:diaban:problem:{self.code}",
            "title": self.message.vi,
            "status": self.status,
            "code": self.code,
            "message": self.message._asdict(),
        }
        if self.hint is not None:
            body["hint"] = self.hint._asdict()
        if self.subject:
            body["subject"] = self.subject
        if self.faults:
            body["errors"] = [{"field": fault.field, "message": fault.message._asdict()} for fault in self.faults]
        return body


class ErrorPage(Protocol):
    """Draws a problem as a page; set by the pages as ``app.state.render_error``."""

    def __call__(self, request: Request, status_code: int, *, message: str) -> Response:
        """Return the page, with ``message`` in the reader's language."""
        ...


def problem_of_status(status: int, *, headers: Mapping[str, str] | None = None) -> Problem:
    """Return the problem that a bare HTTP status stands for."""
    code, message = _BY_STATUS.get(status, ("http_error", Text("Yêu cầu không được thực hiện.", "It was not done.")))
    hint = _HINTS.get(status)
    return Problem(status=status, code=code, message=message, hint=hint, headers=headers or {})


def problem_of_error(error: DiabanError) -> Problem:
    """Return the problem that an error of the house becomes.

    Where the fault is ours, file names, addresses and what a database said stay in the log.
    """
    status = next((status for kind, status in HTTP_STATUSES if isinstance(error, kind)), 500)
    if status >= _FIRST_FAULT_OF_OURS:
        return Problem(status=status, code=error.code, message=error.message, hint=_TRY_AGAIN)
    return Problem(status=status, code=error.code, message=error.message, hint=error.hint, subject=error.subject)


def problem_response(request: Request, problem: Problem) -> Response:
    """Answer with ``problem``: as a page to a browser outside ``/api``, as JSON to everything else."""
    render: ErrorPage | None = getattr(request.app.state, "render_error", None)
    if render is not None and _wants_page(request):
        page = render(request, problem.status, message=problem.sentence(language_of(request)))
        page.headers.update(problem.headers)
        return page
    return JSONResponse(
        problem.as_json(),
        status_code=problem.status,
        headers=dict(problem.headers),
        media_type="application/problem+json",
    )


def install_error_handlers(app: FastAPI) -> None:
    """Answer every foreseen error of ``app`` in the one shape."""
    app.add_exception_handler(DiabanError, _on_diaban_error)
    app.add_exception_handler(RequestValidationError, _on_validation_error)
    app.add_exception_handler(HTTPException, _on_http_exception)


def _wants_page(request: Request) -> bool:
    machine_paths = ("/api/", "/ogc", "/healthz", "/readyz")
    return not request.url.path.startswith(machine_paths) and "text/html" in request.headers.get("accept", "")


async def _on_diaban_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, DiabanError)  # noqa: S101 — Starlette types every handler for Exception
    problem = problem_of_error(error)
    if problem.status >= _FIRST_FAULT_OF_OURS:
        _log.error("%s: %s", problem.code, error.sentence("en"))
    return problem_response(request, problem)


async def _on_http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 — Starlette types every handler for Exception
    headers = dict(error.headers or {})
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        # The router knows the methods of one route alone; the description knows those of the whole path.
        methods = request.app.openapi()["paths"].get(request.url.path, {})
        headers |= {"Allow": ", ".join(sorted(method.upper() for method in methods))} if methods else {}
    return problem_response(request, problem_of_status(error.status_code, headers=headers))


async def _on_validation_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 — Starlette types every handler for Exception
    return problem_response(request, problem_of_validation(error.errors()))


def problem_of_validation(errors: Sequence[Mapping[str, Any]]) -> Problem:
    """Return the problem that Pydantic's findings become: 400 for the address, 422 for the body."""
    faults = tuple(FieldFault(field=_field_of(each["loc"]), message=message_of(each)) for each in errors)
    in_address = any(each["loc"] and each["loc"][0] in {"query", "path"} for each in errors)
    return Problem(
        status=400 if in_address else 422,
        code="bad_parameters" if in_address else "bad_input",
        message=Text("Có thông tin chưa đúng, xem từng mục.", "Some details are not right; see each of them."),
        faults=faults,
    )


def _field_of(location: Sequence[str | int]) -> str:
    return ".".join(str(step) for step in location[1:])[:_SHOWN_CHARACTERS] or str(location[0])
