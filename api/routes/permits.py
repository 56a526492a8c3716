"""What may be built on a plot, and which article says so."""

from dataclasses import replace
from functools import lru_cache
from typing import Annotated, Any

from fastapi import APIRouter, Depends, File, Form, UploadFile
from pydantic import Json

from api.accounts import Account, Role
from api.clock import now, today_in_vietnam
from api.dependencies import AccountOrNone, DatabaseDep, RequireRole
from api.drawing_upload import MOST_LAYER_LETTERS, outline_sent
from api.parameters import no_parameters
from api.schemas.permits import CheckIn, EnvelopeIn, LimitsIn, OverrideIn
from permits.combined_limits import limits_under
from permits.envelope_service import Decision, checked_with_advice, envelope_of_parcel, overrule
from permits.fact_sheet import read_facts
from permits.parcels import parse_parcel_key
from permits.proposal import read_proposal
from permits.rulebook import Rulebook, load_rulebook
from permits.service import DEMONSTRATION_FACTS, parcel_named
from spatial.errors import InputError
from spatial.text import Text

Officer = Annotated[Account, Depends(RequireRole(Role.OFFICER))]

DRAWING_PATH = "/api/v1/permits/check-drawing"
router = APIRouter(tags=["permits"], dependencies=[Depends(no_parameters)])


@router.post("/api/v1/permits/limits")
def find_limits(question: LimitsIn) -> dict[str, Any]:
    """Return every limit of a plot: value, verdict, article, and which facts are missing."""
    as_of = question.as_of or today_in_vietnam()
    sheet = read_facts(question.facts, subject="facts")
    answer = limits_under(sheet, rulebook=question.rulebook, as_of=as_of)
    return {"facts": question.facts, **answer.to_json()}


@router.post("/api/v1/permits/check")
def check_proposal(question: CheckIn, database: DatabaseDep, account: AccountOrNone) -> dict[str, Any]:
    """Check a proposal on a parcel: every finding with its article, number, margin and place, and what to change."""
    name = parse_parcel_key(question.parcel)
    proposal = read_proposal(question.proposal, subject="proposal")
    as_of = question.as_of or today_in_vietnam()
    with database.transaction() as session:
        found = checked_with_advice(session, name, proposal, rulebook=question.rulebook, as_of=as_of)
    return found.to_json(for_officers=account is not None)


@router.post(DRAWING_PATH)
def check_drawing(
    question: Annotated[Json[CheckIn], Form(description="what /api/v1/permits/check takes, without a footprint")],
    drawing: Annotated[UploadFile, File(description="DXF; the closed lines of one layer are the footprint")],
    database: DatabaseDep,
    account: AccountOrNone,
    layer: Annotated[str, Form(max_length=MOST_LAYER_LETTERS, description="where several hold closed lines")] = "",
    crs: Annotated[str, Form(max_length=20, description="of the drawing; that of the store when absent")] = "",
) -> dict[str, Any]:
    """Check a proposal whose footprint is a DXF drawing, as `/api/v1/permits/check` does."""
    name = parse_parcel_key(question.parcel)
    proposal = read_proposal(question.proposal, subject="proposal")
    if proposal.footprint is not None:
        raise InputError(
            Text("Đường bao có hai lần: trong footprint và bản vẽ.", "Give footprint or a drawing, not both."),
            subject="proposal",
        )
    with database.transaction() as session:
        place = parcel_named(session, name).place
    outline = outline_sent(drawing.file.read(), layer=layer, crs=crs or database.crs, parcel=place)
    as_of, wanted = question.as_of or today_in_vietnam(), replace(proposal, footprint=outline)
    with database.transaction() as session:
        found = checked_with_advice(session, name, wanted, rulebook=question.rulebook, as_of=as_of)
    return found.to_json(for_officers=account is not None)


@router.post("/api/v1/permits/overrides", status_code=201)
def overrule_finding(decided: OverrideIn, database: DatabaseDep, account: Officer) -> dict[str, Any]:
    """Overrule one finding, with a reason; both results are kept, and every later check shows them."""
    name = parse_parcel_key(decided.parcel)
    proposal = read_proposal(decided.proposal, subject="proposal")
    with database.transaction() as session:
        found = overrule(
            session,
            name,
            proposal,
            Decision(finding=decided.finding, verdict=decided.verdict, reason=decided.reason),
            decided_by=account.username,
            decided_at=now(),
            as_of=decided.as_of or today_in_vietnam(),
            rulebook=decided.rulebook,
        )
    return found.to_json(for_officers=True)


@router.post("/api/v1/permits/envelope")
def find_envelope(question: EnvelopeIn, database: DatabaseDep) -> dict[str, Any]:
    """Return the largest building that complies, as a GeoJSON feature with the rule that binds each figure."""
    name = parse_parcel_key(question.parcel)
    supposed = read_facts(question.suppose, subject="suppose") if question.suppose else DEMONSTRATION_FACTS
    as_of = question.as_of or today_in_vietnam()
    with database.transaction() as session:
        found = envelope_of_parcel(session, name, supposed, rulebook=question.rulebook, as_of=as_of)
    return found.to_json()


@lru_cache(maxsize=16)
def rulebook_named(name: str) -> Rulebook:
    """Return a rule-pack that comes with the product; its file does not change while the server runs.

    Raises
    ------
    NotFoundError
        There is none of that name.
    """
    return load_rulebook(name)
