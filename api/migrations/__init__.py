"""Building the store, and bringing an older one up to date: Alembic, driven from inside the program."""

import importlib
from importlib.util import find_spec
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import exc, inspect, text

from spatial.db import Database
from spatial.errors import DataUnavailableError
from spatial.text import Text

TABLE_MODULES = ("basemap.tables", "allocation.tables", "permits.tables", "api.tables")
"""Every module that declares tables; one that a release does not have yet is passed over."""


def upgrade(database: Database, *, revision: str = "head") -> None:
    """Build the store, or bring it to ``revision``; on one that is there already nothing happens.

    All steps are one transaction: a failed upgrade leaves the store as it was.

    Raises
    ------
    DataUnavailableError
        The store cannot be written, or PostGIS may not be enabled by this account.
    """
    try:
        with database.engine.begin() as connection:
            if not database.is_embedded:
                connection.execute(text("CREATE EXTENSION IF NOT EXISTS postgis"))
            settings = config(database)
            settings.attributes["connection"] = connection
            command.upgrade(settings, revision)
    except exc.DBAPIError as error:
        detail = str(error.orig).partition("\n")[0]
        raise DataUnavailableError(
            Text(f"Không nâng cấp được cơ sở dữ liệu: {detail}.", f"The store cannot be upgraded: {detail}."),
            hint=Text(
                "Kiểm tra quyền ghi; với PostgreSQL cần quyền tạo bảng và bật PostGIS.",
                "Check the permissions; PostgreSQL needs the right to create tables and to enable PostGIS.",
            ),
            subject=database.url,
        ) from error


def is_up_to_date(database: Database) -> bool:
    """Tell whether the store has every step that this release knows."""
    head = ScriptDirectory.from_config(config(database)).get_current_head()
    return current_revision(database) == head


def current_revision(database: Database) -> str | None:
    """Return the last step that the store has, None when it was never built."""
    if database.is_embedded and not Path(str(database.engine.url.database)).exists():
        return None
    with database.engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        return MigrationContext.configure(connection).get_current_revision()


def config(database: Database) -> Config:
    """Return Alembic's configuration for a store; ``attributes["connection"]`` is for the caller to set."""
    settings = Config()
    settings.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    settings.set_main_option("path_separator", "os")
    settings.attributes["crs"] = database.crs
    return settings


def import_tables() -> None:
    """Import every module of `TABLE_MODULES` that exists, so that the metadata is complete."""
    for name in TABLE_MODULES:
        if find_spec(name) is not None:
            importlib.import_module(name)
