"""``diaban permits procedure``: is a permit needed, who issues it, what would a temporary one allow."""

from pathlib import Path
from typing import Annotated

import typer

from api.clock import today_in_vietnam
from api.commands.json_files import read_json
from api.commands.moments import day_typed
from api.commands.options import JsonOption
from api.console import print_json, results, said
from permits.competence import AUTHORITY_NAMES, Competence
from permits.exemptions import Exemption, Notice
from permits.model import REASON_TEXTS, ReasonCode
from permits.procedure import PROCEDURE_RULEBOOKS, procedure_of
from permits.rulebook import load_rulebook
from permits.temporary import TemporaryPermit
from permits.works import read_works
from spatial.text import Text

_NEEDED = {
    True: Text("phải xin giấy phép xây dựng", "a permit is needed"),
    False: Text("được miễn giấy phép xây dựng", "no permit is needed"),
    None: Text("có phải xin phép không: cần xem xét", "whether a permit is needed: review"),
}
_NOTICES = {
    Notice.NONE: Text("không phải thông báo khởi công", "no notice of commencement"),
    Notice.NOTICE: Text("thông báo khởi công", "notice of commencement"),
    Notice.NOTICE_WITH_DOSSIER: Text("thông báo khởi công kèm hồ sơ", "notice of commencement with the dossier"),
}
_ALLOWED = {
    True: Text("giấy phép có thời hạn: được", "temporary permit: allowed"),
    False: Text("giấy phép có thời hạn: không được", "temporary permit: not allowed"),
    None: Text("giấy phép có thời hạn: cần xem xét", "temporary permit: review"),
}


def procedure(
    works: Annotated[Path, typer.Option(help="JSON file with the works; - reads from standard input.")],
    *,
    as_of: Annotated[str | None, typer.Option(metavar="DATE", help="Basis date; today in Vietnam by default.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Print whether works need a permit, who issues it, and what a temporary permit would allow."""
    answer = procedure_of(
        read_works(read_json(works), subject=works.name),
        rulebooks={name: load_rulebook(name) for name in PROCEDURE_RULEBOOKS},
        as_of=day_typed(as_of) or today_in_vietnam(),
    )
    if as_json:
        print_json(answer.to_json())
        return
    _print_exemption(answer.exemption)
    _print_competence(answer.competence)
    if answer.temporary is not None:
        _print_temporary(answer.temporary)


def _line(text: str, *, citations: tuple[object, ...] = ()) -> None:
    cited = f" ({'; '.join(str(citation) for citation in citations)})" if citations else ""
    results.print(f"{text}{cited}", markup=False)


def _print_doubt(reason: ReasonCode | None, missing: tuple[str, ...]) -> None:
    if reason is not None:
        _line(f"  {said(REASON_TEXTS[reason])}")
    if missing:
        _line(f"  {said(Text('còn thiếu', 'missing'))}: {', '.join(missing)}")


def _print_exemption(found: Exemption) -> None:
    _line(said(_NEEDED[found.permit_required]), citations=(found.citation,))
    if found.notice is not None:
        _line(f"  {said(_NOTICES[found.notice])}", citations=(found.notice_citation,))
    if found.note.vi:
        _line(f"  {said(found.note)}")
    _print_doubt(found.reason, found.missing)


def _print_competence(found: Competence) -> None:
    label = said(Text("cơ quan cấp phép", "issued by"))
    if found.reading is None:
        _line(f"{label}: {said(Text('cần xem xét', 'review'))}")
    else:
        name = said(AUTHORITY_NAMES[found.reading.authority])
        where = f", {found.commune}" if found.commune else ""
        _line(f"{label}: {name}{where}", citations=(found.reading.citation,))
    for reading in found.readings:
        _line(f"  {said(AUTHORITY_NAMES[reading.authority])}", citations=(reading.citation,))
    if found.unless_known:
        _line(
            f"  {said(Text('chưa biết, coi như không', 'not known, taken as not so'))}: {', '.join(found.unless_known)}"
        )
    _print_doubt(found.reason, found.missing)


def _print_temporary(found: TemporaryPermit) -> None:
    _line(said(_ALLOWED[found.allowed]), citations=found.citations)
    figures = (
        (found.floors_max, Text("tầng tối đa", "floors at most")),
        (found.basements_max, Text("tầng hầm tối đa", "basements at most")),
        (found.years_max, Text("năm tối đa", "years at most")),
    )
    for figure, text in figures:
        if figure is not None:
            _line(f"  {figure} {said(text)}")
    _print_doubt(found.reason, found.missing)
