"""How long a permit procedure takes, who decides, and what else the law says about it; nothing is stored."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request

from api.clock import today_in_vietnam
from api.office_days import calendar_of
from api.parameters import no_parameters
from api.routes.permits import rulebook_named
from api.schemas.procedures import DossierQuery, DueQuery, ProcedureIn, TermsQuery
from permits.competence import ISSUING_RULEBOOK
from permits.deadlines import DEADLINE_RULEBOOK, Dossier, due_date
from permits.documents import checklist
from permits.procedure import PROCEDURE_RULEBOOKS, procedure_of
from permits.terms import terms
from permits.works import read_works

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


@router.post("/api/v1/permits/procedure", dependencies=[Depends(no_parameters)])
def find_procedure(question: ProcedureIn) -> dict[str, Any]:
    """Return whether works need a permit, who issues it, and what a temporary permit would allow."""
    works = read_works(question.works, subject="works")
    rulebooks = {name: rulebook_named(name) for name in PROCEDURE_RULEBOOKS}
    return procedure_of(works, rulebooks=rulebooks, as_of=question.as_of or today_in_vietnam()).to_json()


@router.get("/api/v1/permits/dossier")
def find_dossier(query: Annotated[DossierQuery, Query()]) -> dict[str, Any]:
    """Return the papers of a dossier: asked for, received, on file, not needed, or to be decided."""
    decided = {**dict.fromkeys(query.required, True), **dict.fromkeys(query.not_required, False)}
    return checklist(
        query.kind,
        as_of=query.as_of or today_in_vietnam(),
        on_file=query.on_file,
        received=query.received,
        required=decided,
    ).to_json()


@router.get("/api/v1/permits/terms")
def find_terms(query: Annotated[TermsQuery, Query()], request: Request) -> dict[str, Any]:
    """Return until when work has to begin, how often a permit may be extended, and how long it stays published."""
    last_year = max([query.issued, *query.extended]).year + 1
    own_days = request.app.state.settings.office_calendar
    calendar = calendar_of(query.issued.year, last_year, own_days=own_days)
    rulebook = rulebook_named(ISSUING_RULEBOOK)
    return terms(query.issued, extended=tuple(query.extended), calendar=calendar, rulebook=rulebook).to_json()
