"""The store, twice: the embedded file and PostGIS, both built by the real migrations."""

import os
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import geopandas as gpd
import psycopg
import pyogrio
import pytest
import shapely
from sqlalchemy import text
from sqlalchemy.engine import make_url

from api import cli
from api.migrations import upgrade
from api.settings import settings
from spatial.db import Base, Database, open_database

POSTGRES_URL = os.environ.get("DIABAN_TEST_POSTGRES_URL", "postgresql+psycopg://postgres@127.0.0.1:5432/postgres")


def administer(statement: str) -> None:
    plain = make_url(POSTGRES_URL).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(statement)


def fresh_name() -> str:
    return f"diaban_test_{uuid.uuid4().hex[:12]}"


def url_of(name: str) -> str:
    return make_url(POSTGRES_URL).set(database=name).render_as_string(hide_password=False)


@pytest.fixture
def empty_postgis_url() -> Iterator[str]:
    """URL of a PostgreSQL database in which nothing stands yet."""
    name = fresh_name()
    administer(f"CREATE DATABASE {name}")
    yield url_of(name)
    administer(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def built_postgis() -> Iterator[Database]:
    """A database that the migrations have built, one for all tests: making one takes a second."""
    name = fresh_name()
    administer(f"CREATE DATABASE {name}")
    built = open_database(url_of(name))
    try:
        upgrade(built)
        yield built
    finally:
        built.close()
        administer(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def postgis_database(built_postgis: Database) -> Iterator[Database]:
    """The database of all tests, emptied after each; a test that changes its tables takes ``empty_url``."""
    yield built_postgis
    built_postgis.close()
    tables = ", ".join(Base.metadata.tables)
    with built_postgis.transaction() as session:
        session.execute(text(f"TRUNCATE {tables} RESTART IDENTITY CASCADE"))


@pytest.fixture
def embedded_database(tmp_path: Path) -> Iterator[Database]:
    database = open_database(f"sqlite:///{tmp_path / 'store.gpkg'}")
    upgrade(database)
    yield database
    database.close()


@pytest.fixture(params=["embedded", pytest.param("postgis", marks=pytest.mark.postgis)])
def database(request: pytest.FixtureRequest) -> Database:
    """A store that the migrations have built and in which nothing is stored yet: once each kind."""
    found: Database = request.getfixturevalue(f"{request.param}_database")
    return found


@pytest.fixture(params=["embedded", pytest.param("postgis", marks=pytest.mark.postgis)])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """URL of a store that was never built: once each kind."""
    if request.param == "embedded":
        return f"sqlite:///{tmp_path / 'store.gpkg'}"
    found: str = request.getfixturevalue("empty_postgis_url")
    return found


class Ended(NamedTuple):
    """How a command ended."""

    exit_code: int
    stdout: str
    stderr: str


@pytest.fixture
def typed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Callable[..., Ended]]:
    """Run ``diaban …`` with a data folder in which nothing is yet."""

    def run(*words: object, language: str = "en") -> Ended:
        monkeypatch.setenv("DIABAN_LANGUAGE", language)
        monkeypatch.setattr(sys, "argv", ["diaban", *(str(word) for word in words)])
        settings.cache_clear()
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capsys.readouterr()
        return Ended(int(ended.value.code or 0), said.out, said.err)

    monkeypatch.setenv("DIABAN_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.delenv("DIABAN_DATABASE_URL", raising=False)
    yield run
    settings.cache_clear()


@pytest.fixture
def two_wards(tmp_path: Path) -> Path:
    """A file of two wards side by side, one hundredth of a degree each way."""
    path = tmp_path / "wards.gpkg"
    frame = gpd.GeoDataFrame(
        {"ward_code": ["26743", "26744"], "name": ["Bến Thành", "Sài Gòn"]},
        geometry=[shapely.box(106.69 + i / 100, 10.76, 106.70 + i / 100, 10.77) for i in range(2)],
        crs=4326,
    )
    pyogrio.write_dataframe(frame, path)
    return path
