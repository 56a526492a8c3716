"""``diaban permits``: what may be built on a plot, and which article says so."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from api.clock import today_in_vietnam
from api.commands.options import JsonOption
from api.commands.parcel_history import history, import_history
from api.commands.permit_due import due
from api.console import print_json
from api.settings import settings
from basemap.model import LAYERS
from permits import fact_sheet, service
from permits.limits import limits as limits_of
from permits.parcels import Parcel, parse_parcel_key
from permits.proposal import read_proposal
from permits.rule_page import rule_page
from permits.rulebook import DEFAULT_RULEBOOK, load_rulebook
from spatial.crs import WGS84, is_in_vietnam
from spatial.db import Database, open_database
from spatial.errors import InputError, NotFoundError
from spatial.text import Text

app = typer.Typer(name="permits", help="Parcels and building permits.", no_args_is_help=True)
app.command("history")(history)
app.command("import-history")(import_history)
app.command("due")(due)

AsOf = Annotated[
    str, typer.Option("--as-of", metavar="DATE", help="Basis date, e.g. 2026-11-21. Without it: today in Vietnam.")
]
RulebookName = Annotated[str, typer.Option(help="Name of a rule-pack, or a path that ends in .yaml.")]


@app.command()
def limits(
    facts: Annotated[Path, typer.Option(help="JSON file with the facts of the plot; - reads from standard input.")],
    *,
    as_of: AsOf = "",
    rulebook: RulebookName = DEFAULT_RULEBOOK,
    json_output: JsonOption = False,
) -> None:
    """Print every limit of a plot as JSON: value, verdict, article, and what is not known."""
    del json_output  # the answer of this command is always JSON
    given = read_json(facts)
    sheet = fact_sheet.read_facts(given, subject=facts.name)
    answer = limits_of(sheet, rulebook=load_rulebook(rulebook), as_of=day_of(as_of))
    print_json({"facts": given, **answer.to_json()})


@app.command("check")
def check_(
    parcel: Annotated[str, typer.Option(help="Parcel key, e.g. 26797-10-16, or the portal's twelve digits.")],
    proposal: Annotated[Path, typer.Option(help="JSON file with the proposal; - reads from standard input.")],
    *,
    as_of: AsOf = "",
    rulebook: RulebookName = DEFAULT_RULEBOOK,
    json_output: JsonOption = False,
) -> None:
    """Check a proposal on a parcel: every finding with its article, number and place."""
    name = parse_parcel_key(parcel)
    wanted = read_proposal(read_json(proposal), subject=proposal.name)
    book, day = load_rulebook(rulebook), day_of(as_of)
    with open_store() as database, database.transaction() as session:
        outcome = service.check_parcel(session, name, wanted, rulebook=book, as_of=day)
    if json_output:
        print_json(outcome.to_json())
        return
    language = settings().language
    typer.echo(f"{outcome.parcel.parcel.key}: {outcome.verdict.value}")
    for finding in outcome.findings:
        typer.echo(f"{finding.verdict.value:14}  {finding.sentence.in_language(language)}")
    rules = [book.rule(outcome.limits.by_name[name].rule, as_of=day).title for name in outcome.not_proposed]
    layers = [LAYERS[layer].label for layer in outcome.not_checked]
    for label, titles in (
        (Text("Chưa nêu trong phương án", "Not proposed"), [Text(title.vi, title.en) for title in rules]),
        (Text("Chưa kiểm tra được", "Not checked"), layers),
    ):
        if titles:
            said = dict.fromkeys(title.in_language(language) for title in titles)
            typer.echo(f"{label.in_language(language)}: {'; '.join(said)}")


@app.command()
def find(  # noqa: PLR0913 - each is one word of the command line
    *,
    ward: Annotated[str, typer.Option(help="Code of the old ward, before the merger.")] = "",
    sheet: Annotated[str, typer.Option(help="Map sheet.")] = "",
    number: Annotated[str, typer.Option(help="Parcel number.")] = "",
    x: Annotated[float | None, typer.Option(help="Easting in the storage system, metres.")] = None,
    y: Annotated[float | None, typer.Option(help="Northing in the storage system, metres.")] = None,
    lon: Annotated[float | None, typer.Option(help="Longitude, WGS84.")] = None,
    lat: Annotated[float | None, typer.Option(help="Latitude, WGS84.")] = None,
    json_output: JsonOption = False,
) -> None:
    """Find parcels by ward, sheet and number, or by a point; every candidate is listed."""
    place = _point_of((lon, lat), (x, y))
    if place and (ward or sheet or number):
        raise InputError(Text("Tìm theo số hoặc theo điểm, không cả hai.", "Search by number or by point, not both."))
    with open_store() as database, database.transaction() as session:
        if place:
            (east, north), crs = place
            found = service.find_at(session, east, north, crs=crs)
        else:
            found = service.find(session, ward_code=ward or None, map_sheet=sheet or None, parcel_no=number or None)
    if not found:
        raise NotFoundError(
            Text("Không tìm thấy thửa đất nào.", "No parcel was found."),
            hint=Text("Điểm này không nằm trong thửa nào đã công bố.", "No published parcel contains this point.")
            if place
            else Text("Dùng mã phường cũ, trước khi sáp nhập.", "Use the code of the old ward, before the merger."),
        )
    if json_output:
        print_json([_as_json(parcel) for parcel in found])
        return
    for parcel in found:
        area = f"{parcel.registered_area_m2 or parcel.place.area_m2:.1f} m²"
        typer.echo("  ".join([parcel.key, area, parcel.land_use_code or "?", parcel.address or ""]).rstrip())


Pair = tuple[float | None, float | None]


def _point_of(degrees: Pair, metres: Pair) -> tuple[tuple[float, float], str] | None:
    """Return the point that was typed and its coordinate system, or None when there is none.

    Raises
    ------
    InputError
        Half a point, two points, or one outside the country.
    """
    given = [value for value in (*degrees, *metres) if value is not None]
    if not given:
        return None
    (lon, lat), (x, y) = degrees, metres
    if lon is not None and lat is not None and (x, y) == (None, None):
        point, crs = (lon, lat), WGS84
    elif x is not None and y is not None and (lon, lat) == (None, None):
        point, crs = (x, y), settings().crs
    else:
        raise InputError(
            Text("Một điểm cần đúng hai số.", "A point needs two numbers."),
            hint=Text("--lon và --lat, hoặc --x và --y.", "--lon and --lat, or --x and --y."),
        )
    if not is_in_vietnam(point, crs=crs):
        raise InputError(
            Text("Điểm này nằm ngoài Việt Nam.", "The point lies outside Viet Nam."),
            hint=Text("Hai số bị đảo chỗ.", "The two numbers are swapped.")
            if is_in_vietnam(point[::-1], crs=crs)
            else Text("Ví dụ --lon 106.698 --lat 10.7725.", "For example --lon 106.698 --lat 10.7725."),
        )
    return point, crs


def _as_json(parcel: Parcel) -> dict[str, object]:
    return {
        "key": parcel.key,
        "ward_code": parcel.ward_code,
        "map_sheet": parcel.map_sheet,
        "parcel_no": parcel.parcel_no,
        "national_parcel_id": parcel.national_parcel_id,
        "registered_area_m2": parcel.registered_area_m2,
        "measured_area_m2": round(parcel.place.area_m2, 2),
        "land_use_code": parcel.land_use_code,
        "land_use_purposes": parcel.land_use.to_json(),
        "address": parcel.address,
    }


@contextmanager
def open_store() -> Iterator[Database]:
    """Open the store of the settings and close it behind."""
    database = open_database(settings().resolved_database_url, crs=settings().crs)
    try:
        yield database
    finally:
        database.close()


@app.command()
def rules(*, rulebook: RulebookName = DEFAULT_RULEBOOK) -> None:
    """Print the page of a rule-pack: every rule with its basis, how it is measured, and an example."""
    typer.echo(rule_page(load_rulebook(rulebook)), nl=False)


def day_of(as_of: str) -> date:
    """Return the day that was typed, or today in Vietnam. Raises InputError for anything but YYYY-MM-DD."""
    if not as_of:
        return today_in_vietnam()
    try:
        return date.fromisoformat(as_of)
    except ValueError as error:
        raise InputError(
            Text(f"{as_of!r} không phải là ngày.", f"{as_of!r} is not a date."),
            hint=Text("Viết năm-tháng-ngày, ví dụ 2026-11-21.", "Write year-month-day, for example 2026-11-21."),
            subject="--as-of",
        ) from error


def read_json(path: Path) -> object:
    """Return what a JSON file holds; ``-`` is standard input.

    Raises
    ------
    NotFoundError
        There is no such file.
    InputError
        It is no JSON in UTF-8; the message names the line.
    """
    try:
        content = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
        return json.loads(content.decode("utf-8-sig"), object_pairs_hook=_each_name_once)
    except (FileNotFoundError, IsADirectoryError) as error:
        raise NotFoundError(Text("Không có tệp này.", "There is no such file."), subject=str(path)) from error
    except UnicodeDecodeError as error:
        raise InputError(Text("Tệp không phải UTF-8.", "The file is not UTF-8."), subject=path.name) from error
    except json.JSONDecodeError as error:
        raise InputError(
            Text(
                f"Không phải JSON: dòng {error.lineno}, cột {error.colno}.",
                f"Not JSON: line {error.lineno}, column {error.colno}.",
            ),
            subject=path.name,
        ) from error
    except (RecursionError, ValueError) as error:
        raise InputError(
            Text("JSON này không dùng được.", "This JSON cannot be used."),
            hint=Text(
                "Mỗi tên chỉ ghi một lần; không lồng quá sâu, không có số quá dài.",
                "Write each name once; no deep nesting, no endless number.",
            ),
            subject=path.name,
        ) from error


def _each_name_once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Return an object of JSON; of two values of one name none is the right one."""
    if len({name for name, _ in pairs}) < len(pairs):
        raise ValueError
    return dict(pairs)
