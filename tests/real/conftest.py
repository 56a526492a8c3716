"""A store of each kind for the layers of real offices, built once and filled by the tests one after another."""

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from sqlalchemy.engine import make_url

from api.migrations import upgrade
from spatial.db import Database, open_database

POSTGRES_URL = os.environ.get("DIABAN_TEST_POSTGRES_URL", "postgresql+psycopg://postgres@127.0.0.1:5432/postgres")


@contextmanager
def built(url: str) -> Iterator[Database]:
    database = open_database(url)
    upgrade(database)
    yield database
    database.close()


@pytest.fixture(scope="module", params=["embedded", pytest.param("postgis", marks=pytest.mark.postgis)])
def real_store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A store that the migrations have built: once each kind."""
    if request.param == "embedded":
        with built(f"sqlite:///{tmp_path_factory.mktemp('real') / 'store.gpkg'}") as database:
            yield database
        return
    name = f"diaban_test_{uuid.uuid4().hex[:12]}"
    plain = make_url(POSTGRES_URL).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        try:
            with built(make_url(POSTGRES_URL).set(database=name).render_as_string(hide_password=False)) as database:
                yield database
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
