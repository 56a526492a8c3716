"""Whether the server lives, and whether it can do its work, and if not why not."""

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from sqlalchemy import text

from api.dependencies import DatabaseDoor, get_published
from spatial.errors import DiabanError

router = APIRouter(include_in_schema=False)


@router.get("/healthz")
async def healthz() -> dict[str, str]:
    """Answer as long as the process does."""
    return {"status": "alive"}


@router.get("/readyz")
def readyz(request: Request) -> JSONResponse:
    """Answer 200 when store and published results can be read, 503 and the reason when not."""
    faults = {
        "database": _database_fault(request.app.state.database_door),
        "published_results": next((fault.sentence("en") for fault in get_published(request).faults), None),
    }
    ready = not any(faults.values())
    checks = {name: "ready" if fault is None else fault for name, fault in faults.items()}
    return JSONResponse(
        {"status": "ready" if ready else "not ready", "checks": checks}, status_code=200 if ready else 503
    )


def _database_fault(door: DatabaseDoor) -> str | None:
    try:
        with door.open().transaction() as session:
            session.execute(text("SELECT 1"))
    except DiabanError as error:
        return error.sentence("en")
    return None
