"""Building the store, and bringing an older one up to date: Alembic, driven from inside the program."""

import importlib
from importlib.util import find_spec
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import exc, inspect, text

from spatial.db import WRITE_AT_ONCE, Database
from spatial.errors import DataUnavailableError
from spatial.text import Text

TABLE_MODULES = (
    "basemap.tables",
    "allocation.tables",
    "permits.tables",
    "permits.history_tables",
    "permits.override_tables",
    "api.tables",
)
"""Every module that declares tables; one that a release does not have yet is passed over."""

_UPGRADE_LOCK_CODE = 0x44494142414E
"""Key of PostgreSQL's advisory lock: ``DIABAN`` in ASCII."""


def upgrade(database: Database, *, revision: str = "head") -> None:
    """Build the store, or bring it to ``revision``; on one that is there already nothing happens.

    All steps are one transaction: a failed upgrade leaves the store as it was. Several programs may ask at once:
    one builds, the others wait.

    Raises
    ------
    DataUnavailableError
        The store cannot be written, was built by a newer release, or this account may not enable PostGIS.
    """
    if revision == "head" and is_up_to_date(database):
        return
    try:
        with database.engine.connect().execution_options(**WRITE_AT_ONCE) as connection, connection.begin():
            if not database.is_embedded:
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _UPGRADE_LOCK_CODE})
                connection.execute(text("CREATE EXTENSION IF NOT EXISTS postgis"))
            settings = config(database)
            settings.attributes["connection"] = connection
            command.upgrade(settings, revision)
    except exc.DBAPIError as error:
        raise _cannot_upgrade(database, str(error.orig).partition("\n")[0]) from error
    except CommandError as error:
        raise _cannot_upgrade(database, str(error)) from error


def _cannot_upgrade(database: Database, detail: str) -> DataUnavailableError:
    return DataUnavailableError(
        Text(f"Không nâng cấp được cơ sở dữ liệu: {detail}.", f"The store cannot be upgraded: {detail}."),
        hint=Text(
            "Kiểm tra quyền ghi và phiên bản diaban; với PostgreSQL cần quyền tạo bảng và bật PostGIS.",
            "Check the permissions and the release; PostgreSQL needs the right to create tables and to enable PostGIS.",
        ),
        subject=database.url,
    )


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
