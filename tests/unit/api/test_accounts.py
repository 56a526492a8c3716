from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from api import accounts
from api.accounts import Role
from api.migrations import upgrade
from api.tables import UserAccountRow
from spatial.db import Database, open_database
from spatial.errors import ConflictError, InputError, NotFoundError

PASSWORD = "a short sentence"  # noqa: S105  of accounts that live for one test
CREATED = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    database = open_database(f"sqlite:///{tmp_path_factory.mktemp('store') / 'diaban.gpkg'}")
    upgrade(database)
    yield database
    database.close()


def add(store: Database, username: str, password: str = PASSWORD) -> accounts.Account:
    with store.transaction() as session:
        return accounts.add_account(session, username, password=password, role=Role.PLANNER, created_at=CREATED)


def test_the_password_is_kept_as_an_argon2_hash_alone(store: Database) -> None:
    add(store, "hoa")
    with store.transaction() as session:
        kept = session.scalars(select(UserAccountRow).where(UserAccountRow.username == "hoa")).one()
        assert kept.password_hash.startswith("$argon2id$")
        assert PASSWORD not in kept.password_hash


def test_names_are_one_whatever_the_case(store: Database) -> None:
    assert add(store, " Binh.Nguyen ").username == "binh.nguyen"
    with pytest.raises(ConflictError):
        add(store, "BINH.NGUYEN")


@pytest.mark.parametrize("username", ["", "a", "1abc", "nguyễn", "a b", "a" * 41, "../x", "a\nb", "=cmd"])
def test_a_name_that_is_hard_to_type_is_refused(store: Database, username: str) -> None:
    with pytest.raises(InputError):
        add(store, username)


@pytest.mark.parametrize("password", ["", "short", "x" * 11, "x" * 201, " " * 20])
def test_a_weak_or_endless_password_is_refused_with_a_hint(store: Database, password: str) -> None:
    with pytest.raises(InputError) as refused:
        add(store, "weak", password)
    assert refused.value.hint is not None
    assert "12" in refused.value.hint.vi


def test_a_new_password_ends_the_old_one_and_the_sign_ins(store: Database) -> None:
    before = add(store, "chi")
    with store.transaction() as session:
        after = accounts.set_password(session, "chi", password="another sentence")  # noqa: S106  lives for one test
    assert after.sign_in_version == before.sign_in_version + 1
    with store.transaction() as session, pytest.raises(accounts.WrongPasswordError):
        accounts.check_password(session, "chi", password=PASSWORD)


def test_an_account_that_does_not_exist_gets_no_password(store: Database) -> None:
    with store.transaction() as session, pytest.raises(NotFoundError):
        accounts.set_password(session, "nobody", password=PASSWORD)
    with store.transaction() as session:
        assert accounts.find_account(session, "nobody") is None
