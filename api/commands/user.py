"""``diaban user``: accounts of officers, planners and administrators."""

import sys
from datetime import UTC, datetime
from typing import Annotated

import typer

from api import accounts, migrations
from api.accounts import Role
from api.console import say
from api.settings import settings
from spatial.db import Database, open_database
from spatial.errors import InputError
from spatial.text import Text

app = typer.Typer(help="Accounts of officers, planners and administrators.", no_args_is_help=True)


@app.command()
def add(
    username: Annotated[str, typer.Argument(help="User name: plain letters, digits, dots and dashes.")],
    role: Annotated[Role, typer.Option(help="What the account may do.")],
) -> None:
    """Add an account; the password is asked for, or read from the first line of standard input."""
    password = password_asked()
    with _database().transaction() as session:
        account = accounts.add_account(session, username, password=password, role=role, created_at=datetime.now(tz=UTC))
    say(Text(f"Đã tạo tài khoản {account.username}.", f"Added the account {account.username}."))


@app.command()
def password(username: Annotated[str, typer.Argument(help="User name.")]) -> None:
    """Give an account a new password and end its sign-ins."""
    new_password = password_asked()
    with _database().transaction() as session:
        account = accounts.set_password(session, username, password=new_password)
    say(Text(f"Đã đổi mật khẩu của {account.username}.", f"Changed the password of {account.username}."))


def _database() -> Database:
    database = open_database(settings().resolved_database_url, crs=settings().crs)
    migrations.upgrade(database)
    return database


def password_asked() -> str:
    """Return the password: never from the arguments, where every user of the machine could read it."""
    if sys.stdin.isatty():
        asked: str = typer.prompt("Mật khẩu / Password", hide_input=True, confirmation_prompt=True, err=True)
        return asked
    line = sys.stdin.readline().rstrip("\r\n")
    if not line:
        raise InputError(
            Text("Không có mật khẩu trên stdin.", "There is no password on standard input."),
            hint=Text("Gõ lệnh trong cửa sổ lệnh, hoặc đưa mật khẩu qua stdin.", "Type it, or pipe it in."),
        )
    return line
