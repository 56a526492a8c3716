"""``diaban publish``: let families look up the results of a round that proves what it claims."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from allocation.service import PublicationOrder, publish_round
from allocation.table_files import read_table
from api.commands.stores import open_store
from api.console import say
from api.secret_key import load_secret
from api.settings import settings
from spatial.text import Text


def publish(
    directory: Annotated[Path, typer.Argument(help="Directory that allocate wrote.", show_default=False)],
    *,
    receipts: Annotated[
        Path,
        typer.Option(help="Table with applicant_no, date_of_birth (YYYY-MM-DD), receipt_code.", show_default=False),
    ],
    name: Annotated[str, typer.Option(help="Name of the round in addresses, e.g. grade-1-2026.", show_default=False)],
    title_vi: Annotated[str, typer.Option(help="Title in Vietnamese.", show_default=False)],
    title_en: Annotated[str, typer.Option(help="Title in English.", show_default=False)],
) -> None:
    """Verify a round once more and publish it; the same round twice changes nothing."""
    table = read_table(receipts)
    chosen = settings()
    with open_store() as database:
        published = publish_round(
            database,
            directory,
            order=PublicationOrder(round_id=name, title=Text(title_vi, title_en), applicants=table.frame),
            published_dir=chosen.published_dir,
            secret=load_secret(chosen),
            published_at=datetime.now(UTC),
        )
    say(Text(f"Đã công bố đợt {published.round_id}.", f"The round {published.round_id} is published."))
