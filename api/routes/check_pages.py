"""The page on which a proposal is drawn and checked, beside what would comply, and where findings are overruled."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request
from fastapi.responses import HTMLResponse
from starlette.datastructures import UploadFile

from api.accounts import Role
from api.clock import now, today_in_vietnam
from api.dependencies import AccountOrNone, DatabaseDep, RequireRole, SignedIn
from api.drawing_upload import LARGEST_DRAWING_BYTES, MOST_LAYER_LETTERS, outline_sent
from api.errors import FieldFault
from api.plot_drawing import broken_part, plan_of
from api.proposal_form import (
    CODES,
    DRAWING,
    DRAWING_LAYER,
    FIELDS,
    MOST_LETTERS,
    OUTLINE,
    typed_outline,
    typed_proposal,
)
from api.render import render
from api.routes.parcel_pages import KindOfBuilding, kind_of_building, sentence_of
from api.sessions import require_form_token
from permits.envelope import Envelope
from permits.envelope_service import Checked, Decision, checked_with_advice, envelope_of_parcel, overrule
from permits.fact_sheet import FACT_FIELDS
from permits.findings import Finding
from permits.model import BuildingType, Verdict
from permits.overrides import CHOICES, keyed_findings
from permits.parcels import ParcelName, parse_parcel_key
from permits.proposal import Proposal
from permits.service import DEMONSTRATION_FACTS, parcel_named
from spatial.db import Database
from spatial.errors import DiabanError, InputError
from spatial.geometry import Located

CHECK_PATH = "/parcels/[^/]+/check"
"""Of every parcel, as a pattern."""

router = APIRouter(prefix="/parcels/{parcel_key}/check", include_in_schema=False)
_Key = Annotated[str, Path(max_length=60)]
_MARKS = {
    Verdict.VIOLATES: "bad",
    Verdict.NEEDS_REVIEW: "review",
    Verdict.COMPLIES: "ok",
    Verdict.NOT_APPLICABLE: "none",
}
_SUPPOSED = {name: str(value) for name, value in DEMONSTRATION_FACTS.known.items()}
_EMPTY = dict.fromkeys(FIELDS, "") | _SUPPOSED


async def _typed(request: Request) -> dict[str, str]:
    form = await request.form()
    return {name: str(form.get(name, "")).strip()[:MOST_LETTERS] for name in FIELDS}


async def _drawing(request: Request) -> bytes | None:
    async with request.form() as form:
        sent = form.get(DRAWING)
        # A browser sends an empty part without a name where no file was chosen.
        return await sent.read() if isinstance(sent, UploadFile) and sent.filename else None


Typed = Annotated[dict[str, str], Depends(_typed)]
Drawing = Annotated[bytes | None, Depends(_drawing)]


@router.get("")
def show_form(
    request: Request,
    database: DatabaseDep,
    parcel_key: _Key,
    building_type: KindOfBuilding = BuildingType.ROW_HOUSE,
) -> HTMLResponse:
    """Show what would comply on the plot, and the form."""
    typed = {**_EMPTY, "building_type": kind_of_building(building_type).value}
    return _page(request, database, parse_parcel_key(parcel_key), typed=typed)


@router.post("")
def check_typed(
    request: Request, database: DatabaseDep, parcel_key: _Key, typed: Typed, drawing: Drawing, account: AccountOrNone
) -> HTMLResponse:
    """Check what was typed and drawn; the outline of a drawing stands in the form from then on."""
    name = parse_parcel_key(parcel_key)
    try:
        if drawing is not None:
            typed = {**typed, OUTLINE: _outline_of(drawing, database, name, layer=typed[DRAWING_LAYER])}
        proposal = typed_proposal(typed, crs=database.crs)
    except InputError as error:
        return _page(request, database, name, typed=typed, error=error)
    with database.transaction() as session:
        found = checked_with_advice(session, name, proposal, as_of=today_in_vietnam())
    return _page(request, database, name, typed=typed, found=found, is_officer=account is not None)


def _outline_of(drawing: bytes, database: Database, name: ParcelName, *, layer: str) -> str:
    with database.transaction() as session:
        place = parcel_named(session, name).place
    try:
        outline = outline_sent(drawing, layer=layer[:MOST_LAYER_LETTERS], crs=database.crs, parcel=place)
        return typed_outline(outline, crs=database.crs)
    except InputError as error:
        field = DRAWING_LAYER if error.code == "outline_layer" else DRAWING
        raise InputError(error.message, hint=error.hint, subject=field, code=error.code) from error


async def _decision(request: Request) -> Decision:
    form = await request.form()
    said = {name: str(form.get(name, "")) for name in ("finding", "verdict", "reason")}
    verdict = said["verdict"] if said["verdict"] in set(Verdict) else Verdict.NOT_APPLICABLE
    return Decision(finding=said["finding"], verdict=Verdict(verdict), reason=said["reason"])


@router.post("/override", dependencies=[Depends(require_form_token), Depends(RequireRole(Role.OFFICER))])
def overrule_typed(
    request: Request,
    database: DatabaseDep,
    parcel_key: _Key,
    typed: Typed,
    account: SignedIn,
    decision: Annotated[Decision, Depends(_decision)],
) -> HTMLResponse:
    """Keep the decision of an officer about one finding, and show both results."""
    name, as_of = parse_parcel_key(parcel_key), today_in_vietnam()
    proposal = typed_proposal(typed, crs=database.crs)
    error: DiabanError | None = None
    with database.transaction() as session:
        try:
            found = overrule(
                session, name, proposal, decision, decided_by=account.username, decided_at=now(), as_of=as_of
            )
        except DiabanError as refused:
            error = refused
            found = checked_with_advice(session, name, proposal, as_of=as_of)
    return _page(request, database, name, typed=typed, found=found, is_officer=True, error=error)


def _page(  # noqa: PLR0913 - what the page shows
    request: Request,
    database: Database,
    name: ParcelName,
    *,
    typed: Mapping[str, str],
    found: Checked | None = None,
    is_officer: bool = False,
    error: DiabanError | None = None,
) -> HTMLResponse:
    envelope = _envelope(database, name, typed)
    return render(
        request,
        "check.html",
        status_code=200 if error is None else 422,
        is_private=bool(typed["outline"]) or is_officer,
        errors=() if error is None else (FieldFault(field=error.subject or "floors", message=_said(error)),),
        typed=typed,
        parcel=envelope.found.parcel,
        envelope=envelope,
        plan=plan_of(envelope, None if found is None else found.check),
        found=found,
        rows=[] if found is None else _rows(found),
        is_officer=is_officer,
        choices=CHOICES,
        codes={name: FACT_FIELDS[name].codes for name in CODES},
        fact_fields=FACT_FIELDS,
        crs=database.crs,
        largest_drawing_mb=LARGEST_DRAWING_BYTES // 1_000_000,
    )


def _said(error: DiabanError) -> Any:  # noqa: ANN401 - a Text
    return sentence_of(error) if isinstance(error, InputError) else error.message


def _envelope(database: Database, name: ParcelName, typed: Mapping[str, str]) -> Envelope:
    try:
        supposed = typed_proposal({**_EMPTY, **{code: typed[code] for code in CODES}}, crs=database.crs)
    except InputError:
        supposed = Proposal(facts=DEMONSTRATION_FACTS)
    with database.transaction() as session:
        return envelope_of_parcel(session, name, supposed.facts, as_of=today_in_vietnam())


def _rows(found: Checked) -> list[tuple[str, str, Finding, Located | None]]:
    """Return the findings that say something with the part that breaks each, what violates first."""
    order = list(_MARKS)
    keyed = [row for row in keyed_findings(found.check).items() if row[1].verdict is not Verdict.NOT_APPLICABLE]
    ranked = sorted(keyed, key=lambda row: order.index(row[1].verdict))
    return [(key, _MARKS[each.verdict], each, broken_part(each, found.check)) for key, each in ranked]
