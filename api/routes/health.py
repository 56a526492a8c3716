"""Whether the server lives, and whether it can do its work, and if not why not."""

from collections.abc import Callable

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from sqlalchemy import text

from allocation import store
from allocation.publication import PublishedResults
from api.dependencies import DatabaseDoor, published_of
from spatial.errors import DataUnavailableError, DiabanError
from spatial.text import Text

router = APIRouter(include_in_schema=False)

_READY = "ready"


@router.get("/healthz")
async def healthz() -> dict[str, str]:
    """Answer as long as the process does."""
    return {"status": "alive"}


@router.get("/readyz")
def readyz(request: Request) -> JSONResponse:
    """Answer 200 when store and published results can be read and agree, 503 and the reason when not."""
    published = published_of(request.app)
    checks: dict[str, Callable[[], None]] = {
        "database": lambda: database_answers(request.app.state.database_door),
        "published_results": lambda: _results_are_whole(published, request.app.state.database_door),
    }
    said = {name: _why_not(check) for name, check in checks.items()}
    ready = set(said.values()) == {_READY}
    body = {"status": _READY if ready else "not ready", "checks": said}
    return JSONResponse(body, status_code=200 if ready else 503)


def _why_not(check: Callable[[], None]) -> str:
    try:
        check()
    except DiabanError as error:
        return error.sentence("en")
    return _READY


def database_answers(door: DatabaseDoor) -> None:
    """Ask the store the least that can be asked.

    Raises
    ------
    DiabanError
        It does not answer.
    """
    with door.open().transaction() as session:
        session.execute(text("SELECT 1"))


def _results_are_whole(published: PublishedResults, door: DatabaseDoor) -> None:
    if published.faults:
        raise published.faults[0]
    try:
        with door.open().transaction() as session:
            rounds = store.list_rounds(session)
    except DiabanError:
        # The other check says so; results are served without the store.
        return
    for each in rounds:
        if published.content_sha256(each.round_id) != each.content_sha256:
            raise DataUnavailableError(
                Text("Kết quả đang phục vụ khác với cơ sở dữ liệu.", "What is served is not what the store remembers."),
                hint=Text("Công bố lại đợt này.", "Publish the round again."),
                subject=each.round_id,
            )
