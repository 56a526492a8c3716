"""``diaban geocode``: where an address lies, or which address lies at a point."""

from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.markup import escape
from rich.table import Table

from api.address_desk import read_clerk
from api.commands.options import JsonOption
from api.commands.stores import open_store
from api.console import Head, plain_table, print_json, results, say
from api.settings import settings
from basemap.geocode import Answer, Geocoder
from basemap.geocode_batch import GRADE_LABELS, answer_json, place_json
from basemap.geocode_files import geocode_file
from spatial.crs import WGS84, transformer
from spatial.errors import InputError, NotFoundError
from spatial.text import Text

_CANDIDATE_HEADS = (
    Head(text=Text("điểm", "score"), is_number=True),
    Head(text=Text("mức", "grade")),
    Head(text=Text("địa chỉ", "address"), folds=True),
    Head(text=Text("kinh độ", "lon"), is_number=True),
    Head(text=Text("vĩ độ", "lat"), is_number=True),
)
_DEFAULT_LIMIT_M = 50.0
_WIDEST_LON_DEGREES, _WIDEST_LAT_DEGREES = 180, 90


def geocode(  # noqa: PLR0913 - each is one word of the command line
    text: Annotated[str | None, typer.Argument(help="The address, in quotes.", show_default=False)] = None,
    *,
    file: Annotated[Path | None, typer.Option(help="CSV file of addresses, UTF-8.")] = None,
    column: Annotated[str, typer.Option(help="Column of FILE that holds them.")] = "address",
    out: Annotated[Path | None, typer.Option(help="CSV file to write.")] = None,
    reverse: Annotated[bool, typer.Option("--reverse", help="Which address lies at --lon, --lat.")] = False,
    lon: Annotated[float | None, typer.Option(help="Longitude, degrees of WGS84.")] = None,
    lat: Annotated[float | None, typer.Option(help="Latitude, degrees of WGS84.")] = None,
    limit_m: Annotated[float, typer.Option(help="Farthest address that counts, metres.", min=0)] = _DEFAULT_LIMIT_M,
    as_json: JsonOption = False,
) -> None:
    """Find an address on the published layers; the answer says how far it can be trusted."""
    asked = [text is not None, file is not None, reverse]
    if sum(asked) != 1:
        raise InputError(
            Text("Cần đúng một trong ba: địa chỉ, --file, --reverse.", "Give one of: an address, --file, --reverse."),
            hint=Text("Xem: diaban geocode --help.", "See: diaban geocode --help."),
        )
    if reverse:
        _say_nearest(lon, lat, limit_m=limit_m, as_json=as_json)
    elif file is not None:
        _answer_file(file, out, column=column, as_json=as_json)
    else:
        _say_answer(published_geocoder(), text or "", as_json=as_json)


def published_geocoder() -> Geocoder:
    """Return who answers addresses from the published layers of the store that the settings name."""
    with open_store() as database, database.transaction() as session:
        clerk = read_clerk(session)
    if not clerk.knows_former_names:
        say(
            Text(
                "Chưa cài bảng chuyển đổi đơn vị hành chính: tên phường, quận cũ không đối chiếu được.",
                "The conversion table of administrative units is not installed: former names cannot be checked.",
            )
        )
    return clerk.geocoder


def _answer_file(file: Path, out: Path | None, *, column: str, as_json: bool) -> None:
    if out is None:
        raise InputError(
            Text("Thiếu --out.", "--out is missing."),
            hint=Text("Ghi tên tệp CSV sẽ được tạo.", "Name the CSV file to write."),
        )
    geocoder = published_geocoder()
    report = geocode_file(
        file,
        out,
        column=column,
        geocode_many=geocoder.geocode_many,
        crs=geocoder.index.crs,
        language=settings().language,
    )
    if as_json:
        print_json(report.to_json())
    else:
        results.print(report.sentence().in_language(settings().language), markup=False)
    say(Text(f"Đã ghi {out}.", f"Wrote {out}."))


def _say_answer(geocoder: Geocoder, text: str, *, as_json: bool) -> None:
    answer = geocoder.geocode(text)
    if as_json:
        print_json(answer_json(answer, crs=geocoder.index.crs))
        return
    language = settings().language
    grade = GRADE_LABELS[answer.grade].in_language(language)
    where = f": {answer.place.label}" if answer.place else ""
    results.print(f"{grade}{where}", markup=False)
    results.print(answer.reason.in_language(language), markup=False)
    if answer.candidates:
        results.print(_candidates_table(answer, crs=geocoder.index.crs))


def _candidates_table(answer: Answer, *, crs: str) -> Table:
    table = plain_table(_CANDIDATE_HEADS)
    for candidate in answer.candidates:
        place = place_json(candidate.place, crs=crs)
        grade = GRADE_LABELS[candidate.grade].in_language(settings().language)
        cells = (str(candidate.score), grade, candidate.place.label, str(place["lon"]), str(place["lat"]))
        table.add_row(*map(escape, cells))
    return table


def _say_nearest(lon: float | None, lat: float | None, *, limit_m: float, as_json: bool) -> None:
    if lon is None or lat is None or not (abs(lon) <= _WIDEST_LON_DEGREES and abs(lat) <= _WIDEST_LAT_DEGREES):
        raise InputError(
            Text("Cần --lon và --lat theo độ WGS84.", "--lon and --lat are needed, in degrees of WGS84."),
            hint=Text("Ví dụ: --lon 106.70 --lat 10.77.", "For example: --lon 106.70 --lat 10.77."),
        )
    geocoder = published_geocoder()
    x, y = transformer(WGS84, geocoder.index.crs)(np.array([[lon, lat]]))[0].tolist()
    nearest = geocoder.nearest(x, y, limit_m=limit_m)
    if nearest is None:
        raise NotFoundError(
            Text(f"Không có địa chỉ nào trong vòng {limit_m:g} m.", f"There is no address within {limit_m:g} m."),
            hint=Text("Tăng --limit-m.", "Raise --limit-m."),
        )
    if as_json:
        found = {"distance_m": round(nearest.distance_m, 2), **place_json(nearest.place, crs=geocoder.index.crs)}
        print_json(found)
        return
    results.print(f"{nearest.place.label} ({nearest.distance_m:.1f} m)", markup=False)
