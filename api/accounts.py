"""Accounts of officers, planners and administrators: made, found, and checked against a password."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import select
from sqlalchemy.orm import Session

from api.tables import UserAccountRow
from spatial.errors import ConflictError, ForbiddenError, InputError, NotFoundError
from spatial.text import Text, to_nfc

LEAST_PASSWORD_CHARACTERS = 12
MOST_PASSWORD_CHARACTERS = 200

_USERNAME = re.compile(r"[a-z][a-z0-9._-]{1,39}")


class Role(StrEnum):
    """What an account may do."""

    OFFICER = "officer"
    PLANNER = "planner"
    ADMIN = "admin"


ROLE_LABELS: Mapping[Role, Text] = MappingProxyType(
    {
        Role.OFFICER: Text("Cán bộ thụ lý", "Officer"),
        Role.PLANNER: Text("Cán bộ quy hoạch", "Planner"),
        Role.ADMIN: Text("Quản trị", "Administrator"),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One account, without its password.

    Parameters
    ----------
    sign_in_version
        Grows when somebody signs out or gets a new password: every cookie given before is then void.
    """

    username: str
    role: Role
    sign_in_version: int


class WrongPasswordError(ForbiddenError):
    """User name and password do not go together; which of them is wrong is not said."""

    code = "wrong_password"


def add_account(session: Session, username: str, *, password: str, role: Role, created_at: datetime) -> Account:
    """Make an account.

    Raises
    ------
    InputError
        The name or the password cannot be used.
    ConflictError
        There is an account of that name.
    """
    name = _usable_username(username)
    _refuse_weak(password)
    if _row(session, name) is not None:
        raise ConflictError(Text(f"Đã có tài khoản {name}.", f"There is already an account {name}."), subject=name)
    row = UserAccountRow(
        username=name,
        password_hash=_hasher().hash(to_nfc(password)),
        role=role.value,
        created_at=created_at,
        sign_in_version=0,
    )
    session.add(row)
    return _account(row)


def set_password(session: Session, username: str, *, password: str) -> Account:
    """Give an account a new password and end its sign-ins.

    Raises
    ------
    NotFoundError
        There is no such account.
    InputError
        The password cannot be used.
    """
    _refuse_weak(password)
    row = _row(session, username)
    if row is None:
        raise NotFoundError(Text("Không có tài khoản này.", "There is no such account."), subject=username)
    row.password_hash = _hasher().hash(to_nfc(password))
    row.sign_in_version += 1
    return _account(row)


def find_account(session: Session, username: str) -> Account | None:
    """Return the account of that name, or None."""
    row = _row(session, username)
    return None if row is None else _account(row)


def check_password(session: Session, username: str, *, password: str) -> Account:
    """Return the account that name and password belong to.

    An unknown name takes as long as a wrong password.

    Raises
    ------
    WrongPasswordError
        They do not go together.
    """
    row = _row(session, username)
    password_hash = _hash_of_nobody() if row is None else row.password_hash
    given = to_nfc(password[: MOST_PASSWORD_CHARACTERS + 1])
    if not _hasher().verify(given, password_hash) or row is None:
        raise WrongPasswordError(
            Text("Tên đăng nhập hoặc mật khẩu không đúng.", "The user name or the password is not right."),
            hint=Text("Kiểm tra bộ gõ tiếng Việt và phím Caps Lock.", "Check the keyboard layout and Caps Lock."),
        )
    return _account(row)


def end_sign_ins(session: Session, username: str) -> None:
    """Make every cookie of an account void."""
    row = _row(session, username)
    if row is not None:
        row.sign_in_version += 1


def _row(session: Session, username: str) -> UserAccountRow | None:
    name = to_nfc(username).lower()
    return session.scalars(select(UserAccountRow).where(UserAccountRow.username == name)).one_or_none()


def _account(row: UserAccountRow) -> Account:
    return Account(username=row.username, role=Role(row.role), sign_in_version=row.sign_in_version)


def _usable_username(username: str) -> str:
    name = to_nfc(username).lower()
    if not _USERNAME.fullmatch(name):
        raise InputError(
            Text(f"Tên đăng nhập {username!r} không dùng được.", f"The user name {username!r} cannot be used."),
            hint=Text(
                "Dùng 2–40 chữ cái không dấu, số, dấu chấm, gạch; bắt đầu bằng chữ.",
                "Use 2-40 plain letters, digits, dots and dashes, a letter first.",
            ),
        )
    return name


def _refuse_weak(password: str) -> None:
    if not LEAST_PASSWORD_CHARACTERS <= len(to_nfc(password)) <= MOST_PASSWORD_CHARACTERS:
        raise InputError(
            Text("Mật khẩu không dùng được.", "The password cannot be used."),
            hint=Text(
                f"Cần {LEAST_PASSWORD_CHARACTERS} đến {MOST_PASSWORD_CHARACTERS} ký tự; một câu ngắn dễ nhớ là tốt.",
                f"Use {LEAST_PASSWORD_CHARACTERS} to {MOST_PASSWORD_CHARACTERS} characters; a short sentence is good.",
            ),
        )


@lru_cache(maxsize=1)
def _hasher() -> PasswordHash:
    return PasswordHash((Argon2Hasher(),))


@lru_cache(maxsize=1)
def _hash_of_nobody() -> str:
    return _hasher().hash("nobody has this password")
