"""``diaban permits override``: an officer overrules one finding, with a reason; both results are kept."""

from pathlib import Path
from typing import Annotated

import typer

from api import accounts
from api.clock import now, today_in_vietnam
from api.commands.json_files import read_json
from api.commands.moments import day_of
from api.commands.options import JsonOption
from api.commands.stores import open_store
from api.commands.user import password_asked
from api.console import print_json
from api.settings import settings
from permits.envelope_service import Decision, overrule
from permits.model import Verdict
from permits.parcels import parse_parcel_key
from permits.proposal import read_proposal
from permits.rulebook import ALL_RULEBOOKS
from spatial.text import Text


def override(  # noqa: PLR0913 - each is one word of the command line
    parcel: Annotated[str, typer.Option(help="Parcel key, e.g. 26797-10-16.")],
    proposal: Annotated[Path, typer.Option(help="JSON file with the proposal.")],
    finding: Annotated[str, typer.Option(help="Key of the finding: one of finding_keys of the check.")],
    verdict: Annotated[Verdict, typer.Option(help="What the officer decides.")],
    reason: Annotated[str, typer.Option(help="Why; it is kept.")],
    user: Annotated[str, typer.Option(help="Account of the officer; the password is asked for, or read from stdin.")],
    *,
    as_of: Annotated[str, typer.Option(metavar="DATE", help="Day of the law. Without it: today in Vietnam.")] = "",
    rulebook: Annotated[str, typer.Option(help="Name of a rule-pack, or all.")] = ALL_RULEBOOKS,
    json_output: JsonOption = False,
) -> None:
    """Overrule one finding of a check; the finding stays beside the decision, and nothing is ever deleted."""
    wanted, name = read_proposal(read_json(proposal), subject=proposal.name), parse_parcel_key(parcel)
    with open_store() as database, database.transaction() as session:
        account = accounts.check_password(session, user, password=password_asked())
        outcome = overrule(
            session,
            name,
            wanted,
            Decision(finding=finding, verdict=verdict, reason=reason),
            decided_by=account.username,
            decided_at=now(),
            as_of=day_of(as_of) if as_of else today_in_vietnam(),
            rulebook=rulebook,
        )
    if json_output:
        print_json(outcome.to_json(for_officers=True))
        return
    kept = outcome.overruled[-1].override
    said = Text(
        f"{kept.finding}: {kept.old_verdict.value}, ghi đè thành {kept.new_verdict.value}. "
        f"Cả phương án: {outcome.check.verdict.value}, nay {outcome.verdict.value}.",
        f"{kept.finding}: {kept.old_verdict.value}, overruled as {kept.new_verdict.value}. "
        f"The whole: {outcome.check.verdict.value}, now {outcome.verdict.value}.",
    )
    typer.echo(said.in_language(settings().language))
