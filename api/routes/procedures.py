"""How long a permit procedure takes, who decides, and what else the law says about it; nothing is stored."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from api.office_days import calendar_of
from api.routes.permits import rulebook_named
from api.schemas.procedures import DueQuery
from permits.deadlines import DEADLINE_RULEBOOK, Dossier, due_date

router = APIRouter(tags=["permits"])


@router.get("/api/v1/permits/due")
def find_due_date(query: Annotated[DueQuery, Query()], request: Request) -> dict[str, Any]:
    """Return when a procedure is due, with every counted and skipped day, its cause and its legal basis."""
    dossier = Dossier(
        procedure=query.procedure,
        received=query.received,
        lodged=query.lodged,
        notice_sent=query.notice_sent,
        supplement_received=query.supplement_received,
    )
    calendar = calendar_of(*dossier.years, own_days=request.app.state.settings.office_calendar)
    rulebook = rulebook_named(DEADLINE_RULEBOOK)
    return due_date(dossier, calendar=calendar, rulebook=rulebook, clock=query.supplement_clock).to_json()
