"""What the interface says of itself: every refusal that a program may meet, in the one shape of problems."""

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.errors import problem_of_status
from api.rate_limit import Budget
from api.schemas.problem import ProblemOut

_PREFIX = "/api/v1/"
_PROBLEM = "Problem"
_SCHEMAS = "#/components/schemas/"
_OF_FASTAPI = ("HTTPValidationError", "ValidationError")

_ANY = (400, 414, 421, 422, 500, 503)
_OF_A_BODY = (403, 408, 413, 415)
_OF_A_NAME = (404, 409)
_OF_A_SESSION = (403,)
_OF_A_LAYER = (403, 404)
_TOO_MANY = 429


def install_openapi(app: FastAPI, *, budgets: Mapping[str, Budget]) -> None:
    """Let ``app`` describe itself with its refusals; the paths of ``budgets`` may also answer 429."""

    def described() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _described(app, budgets)
        return app.openapi_schema

    app.openapi = described  # type: ignore[method-assign]  # FastAPI's own way of extending it


def _described(app: FastAPI, budgets: Mapping[str, Budget]) -> dict[str, Any]:
    document = get_openapi(title=app.title, version=app.version, routes=app.routes)
    for path, operations in document["paths"].items():
        if path.startswith(_PREFIX):
            for method, operation in operations.items():
                statuses = _statuses(path, method, budget=budgets.get(path))
                operation["responses"] |= {str(status): _refusal(status) for status in statuses}
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    own = ProblemOut.model_json_schema(ref_template=_SCHEMAS + "{model}")
    schemas |= own.pop("$defs", {})
    schemas[_PROBLEM] = own
    used = str(document["paths"])
    for name in _OF_FASTAPI:
        if f"{_SCHEMAS}{_OF_FASTAPI[0]}" not in used:
            schemas.pop(name, None)
    return document


def _statuses(path: str, method: str, *, budget: Budget | None) -> list[int]:
    statuses = set(_ANY)
    if method not in {"get", "head"}:
        statuses |= set(_OF_A_BODY)
    if "{" in path or method == "post":
        statuses |= set(_OF_A_NAME)
    if path.endswith("/session"):
        statuses |= set(_OF_A_SESSION)
    if path.startswith(f"{_PREFIX}addresses"):
        statuses |= set(_OF_A_LAYER)
    if budget is not None and (method == "post" or budget.counts_reading):
        statuses.add(_TOO_MANY)
    return sorted(statuses)


def _refusal(status: int) -> Mapping[str, Any]:
    schema = {"$ref": _SCHEMAS + _PROBLEM}
    return {
        "description": problem_of_status(status).message.en,
        "content": {"application/problem+json": {"schema": schema}},
    }
