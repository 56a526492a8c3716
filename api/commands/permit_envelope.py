"""``diaban permits envelope``: the largest building that complies on a parcel, and which rule binds each figure."""

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from api.clock import today_in_vietnam
from api.commands.json_files import read_json
from api.commands.moments import day_of
from api.commands.options import JsonOption
from api.commands.stores import open_store
from api.console import print_json
from api.settings import settings
from permits.envelope import Ceiling, Envelope
from permits.envelope_service import envelope_of_parcel
from permits.fact_sheet import FACT_FIELDS, read_facts
from permits.limit_fields import LIMIT_FIELDS
from permits.model import Facts
from permits.parcels import parse_parcel_key
from permits.rulebook import ALL_RULEBOOKS
from permits.service import DEMONSTRATION_FACTS
from spatial.text import Text

_UNITS = {"m2": Text("m²", "m²"), "m": Text("m", "m"), "floors": Text("tầng", "floors")}
_BINDS = {
    "geometry": Text("do hình dạng phần đất còn lại", "bound by the shape of the land that is left"),
    "ratio": Text("do mật độ xây dựng", "bound by the coverage ratio"),
}


def envelope(
    parcel: Annotated[str, typer.Option(help="Parcel key, e.g. 26797-10-16, or the portal's twelve digits.")],
    *,
    suppose: Annotated[
        Path | None,
        typer.Option(help="JSON file with facts of the plot and the kind of building; without it a row house."),
    ] = None,
    as_of: Annotated[str, typer.Option(metavar="DATE", help="Day of the law. Without it: today in Vietnam.")] = "",
    rulebook: Annotated[
        str, typer.Option(help="Name of a rule-pack, all, or a path that ends in .yaml.")
    ] = ALL_RULEBOOKS,
    json_output: JsonOption = False,
) -> None:
    """Print the largest footprint, floors, height and floor area that comply, with the rule that binds each."""
    name = parse_parcel_key(parcel)
    day = day_of(as_of) if as_of else today_in_vietnam()
    with open_store() as database, database.transaction() as session:
        found = envelope_of_parcel(session, name, _supposed(suppose), as_of=day, rulebook=rulebook)
    if json_output:
        print_json(found.to_json())
        return
    for line in _lines(found, day):
        typer.echo(line.in_language(settings().language))


def _supposed(path: Path | None) -> Facts:
    return DEMONSTRATION_FACTS if path is None else read_facts(read_json(path), subject=path.name)


def _lines(found: Envelope, day: date) -> list[Text]:
    key = found.found.parcel.key
    lines = [Text(f"{key}, ngày {day:%d/%m/%Y}", f"{key} on {day}")]
    lines += [each.sentence for each in found.forbidden_by]
    lines += [_line(ceiling) for ceiling in found.ceilings.values()]
    binds = _BINDS[found.binds]
    lines.append(Text(f"Diện tích chiếm đất {binds.vi}.", f"The footprint is {binds.en}."))
    if found.missing:
        labels = [FACT_FIELDS[name].label for name in found.missing if name in FACT_FIELDS]
        vi, en = ("; ".join(label.in_language(language) for label in labels) for language in ("vi", "en"))
        lines.append(Text(f"Biết thêm thì hẹp hơn: {vi}.", f"Would be narrower with: {en}."))
    return lines


def _line(ceiling: Ceiling) -> Text:
    label, unit = LIMIT_FIELDS[ceiling.name].label, _UNITS[ceiling.unit]
    figures = [_figure(ceiling.value), _figure(ceiling.lowest), _figure(ceiling.highest)]
    between = "" if ceiling.is_certain else f" [{figures[1]} … {figures[2]}]"
    basis = f" ({ceiling.citation})" if ceiling.citation else ""
    vi = f"{label.vi}: {figures[0]} {unit.vi}{between}".replace(".", ",")
    return Text(f"{vi}{basis}", f"{label.en}: {figures[0]} {unit.en}{between}{basis}")


def _figure(value: float | None) -> str:
    return "?" if value is None else f"{value:.2f}".rstrip("0").rstrip(".")
