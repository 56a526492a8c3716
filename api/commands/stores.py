"""The store that the settings name, opened for one command."""

from collections.abc import Iterator
from contextlib import contextmanager

from api import migrations
from api.settings import settings
from spatial.db import Database, open_database


@contextmanager
def open_store() -> Iterator[Database]:
    """Open the store of the settings; the embedded file is built or brought up to date on the way."""
    database = open_database(settings().resolved_database_url, crs=settings().crs)
    try:
        if database.is_embedded:
            migrations.upgrade(database)
        yield database
    finally:
        database.close()
