"""``diaban db``: build the store, or bring an older one up to date."""

import typer

from api import migrations
from api.console import say
from api.settings import settings
from spatial.db import open_database
from spatial.text import Text

app = typer.Typer(help="The store: build it, or bring it up to date.", no_args_is_help=True)


@app.callback()
def _several_commands() -> None:
    """Keep ``upgrade`` a word of its own while it is the only command."""


@app.command("upgrade")
def upgrade() -> None:
    """Build the store at DIABAN_DATABASE_URL, or bring it up to date; what is in it stays."""
    database = open_database(settings().resolved_database_url, crs=settings().crs)
    try:
        before = migrations.current_revision(database)
        migrations.upgrade(database)
        after = migrations.current_revision(database)
    finally:
        database.close()
    if before == after:
        say(Text(f"Cơ sở dữ liệu đã ở bản mới nhất ({after}).", f"The store is up to date already ({after})."))
    else:
        say(
            Text(
                f"Đã nâng cấp cơ sở dữ liệu {database.url} lên {after}.",
                f"The store {database.url} is now at {after}.",
            )
        )
