"""What routes are given: the store, the published results, and who is asking."""

import threading
from typing import Annotated

from anyio import to_thread
from fastapi import Depends, FastAPI, Request

from allocation.publication import PublishedResults
from api import accounts, migrations
from api.accounts import Account, Role
from api.sessions import Session, keeper_of
from api.settings import Settings
from spatial.db import Database, open_database
from spatial.errors import ForbiddenError
from spatial.text import Text


class NotSignedInError(ForbiddenError):
    """Nobody is signed in, or the sign-in has ended."""

    code = "not_signed_in"


class DatabaseDoor:
    """Opens the store at the first request that needs it, and again after it was away.

    The look-up of results needs no store and must go on without it.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._database: Database | None = None

    def open(self) -> Database:
        """Return the store, built and up to date.

        Raises
        ------
        DataUnavailableError
            It does not answer; the message says why.
        """
        with self._lock:
            if self._database is None:
                database = open_database(self._settings.resolved_database_url, crs=self._settings.crs)
                try:
                    migrations.upgrade(database)
                except BaseException:
                    database.close()
                    raise
                self._database = database
            return self._database

    async def find(self) -> Database:
        """Return what `open` does, without a thread unless the store must be opened first."""
        opened = self._database
        return await to_thread.run_sync(self.open) if opened is None else opened

    def close(self) -> None:
        """Let go of the store."""
        with self._lock:
            if self._database is not None:
                self._database.close()
                self._database = None


def get_database(request: Request) -> Database:
    """Return the store of this installation."""
    door: DatabaseDoor = request.app.state.database_door
    return door.open()


async def find_database(request: Request) -> Database:
    """Return the store of this installation, without a thread unless it must be opened first."""
    door: DatabaseDoor = request.app.state.database_door
    return await door.find()


async def get_published(request: Request) -> PublishedResults:
    """Return the published results of this installation; async, because a thread would cost more than the look-up."""
    return published_of(request.app)


def published_of(app: FastAPI) -> PublishedResults:
    """Return the published results that a server serves."""
    published: PublishedResults = app.state.published
    return published


def get_account(request: Request) -> Account | None:
    """Return the account that is signed in, and keep it in ``request.state.account``; None for the public."""
    session = keeper_of(request).read(request)
    account = None if session is None else account_of_session(request, session)
    if account is not None:
        request.state.account = account
    return account


def account_of_session(request: Request, session: Session) -> Account | None:
    """Return the account of a sign-in; None when it has ended."""
    with get_database(request).transaction() as db:
        account = accounts.find_account(db, session.username)
    return account if account is not None and account.sign_in_version == session.sign_in_version else None


def require_account(request: Request) -> Account:
    """Return the account that is signed in.

    Raises
    ------
    NotSignedInError
        Nobody is.
    """
    account = get_account(request)
    if account is None:
        raise NotSignedInError(Text("Cần đăng nhập.", "Please sign in."))
    return account


class RequireRole:
    """A dependency that lets certain roles in; an administrator may do everything."""

    def __init__(self, *roles: Role) -> None:
        self._roles = frozenset({*roles, Role.ADMIN})

    def __call__(self, account: "SignedIn") -> Account:
        """Return the account.

        Raises
        ------
        ForbiddenError
            It has none of the roles.
        """
        if account.role not in self._roles:
            raise ForbiddenError(Text("Tài khoản này không có quyền đó.", "This account may not do that."))
        return account


DatabaseDep = Annotated[Database, Depends(get_database)]
PublishedDep = Annotated[PublishedResults, Depends(get_published)]
AccountOrNone = Annotated[Account | None, Depends(get_account)]
SignedIn = Annotated[Account, Depends(require_account)]
