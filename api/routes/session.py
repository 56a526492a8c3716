"""Signing in and out, for programs as JSON and for people as forms that work without JavaScript."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse

from api import accounts
from api.dependencies import AccountOrNone, DatabaseDep, SignedIn
from api.errors import FieldFault
from api.parameters import no_parameters
from api.render import render
from api.schemas.session import SessionOut, SignInIn
from api.sessions import Session, keeper_of, require_form_token

SESSION_PATH = "/api/v1/session"
SIGN_IN_PATH = "/sign-in"
SIGN_OUT_PATH = "/sign-out"

router = APIRouter(tags=["session"], dependencies=[Depends(no_parameters)])
forms = APIRouter(include_in_schema=False, dependencies=[Depends(require_form_token)])


@router.post(SESSION_PATH)
def sign_in(given: SignInIn, request: Request, response: Response, database: DatabaseDep) -> SessionOut:
    """Sign in; the cookie of the answer is the session."""
    with database.transaction() as db:
        account = accounts.check_password(db, given.username, password=given.password.get_secret_value())
    keeper_of(request).start(response, _session(account))
    return SessionOut.of(account)


@router.get(SESSION_PATH)
def who_is_signed_in(account: SignedIn) -> SessionOut:
    """Return who is signed in."""
    return SessionOut.of(account)


@router.delete(SESSION_PATH, status_code=204)
def sign_out(request: Request, response: Response, database: DatabaseDep, account: AccountOrNone) -> None:
    """Sign out, and make every copy of the cookie void."""
    if account is not None:
        with database.transaction() as db:
            accounts.end_sign_ins(db, account.username)
    keeper_of(request).end(response)


@forms.post(SIGN_IN_PATH)
def sign_in_by_form(
    request: Request,
    database: DatabaseDep,
    username: Annotated[str, Form(max_length=60)] = "",
    password: Annotated[str, Form(max_length=200)] = "",
    go_to: Annotated[str, Form(alias="next", max_length=500)] = "/",
) -> Response:
    """Sign in and go on to the page that was wanted, or show the form again."""
    try:
        with database.transaction() as db:
            account = accounts.check_password(db, username, password=password)
    except accounts.WrongPasswordError as error:
        faults = (FieldFault(field="username", message=error.message),)
        return render(
            request, "sign_in.html", status_code=403, is_private=True, errors=faults, go_to=go_to, username=username
        )
    response = RedirectResponse(_own_path(go_to), status_code=303)
    keeper_of(request).start(response, _session(account))
    return response


@forms.post(SIGN_OUT_PATH)
def sign_out_by_form(request: Request, database: DatabaseDep, account: AccountOrNone) -> RedirectResponse:
    """Sign out and go home."""
    response = RedirectResponse("/", status_code=303)
    sign_out(request, response, database, account)
    return response


def _session(account: accounts.Account) -> Session:
    return Session(username=account.username, sign_in_version=account.sign_in_version)


def _own_path(go_to: str) -> str:
    """Return ``go_to`` if it is a page of ours: nobody may be sent to another site after signing in."""
    is_ours = go_to.startswith("/") and not go_to.startswith(("//", "/\\")) and go_to.isprintable()
    return go_to if is_ours else "/"
