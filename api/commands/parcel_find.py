"""``diaban permits find``: one parcel by any of its names, all within a polygon, or a whole table of questions."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.orm import Session

from api.address_desk import read_clerk
from api.commands.json_files import read_json
from api.commands.options import JsonOption
from api.commands.stores import open_store
from api.console import print_json, progress, results, say
from api.settings import settings
from basemap.geocode import Answer
from basemap.spreadsheets import read_sheet
from permits.area_lookup import USUAL_PAGE_COUNT, OverlapPage, parcels_within
from permits.coordinates import readings_of
from permits.lookup import Desk, Found, desk_of
from permits.lookup_batch import answer_rows, report_of
from permits.lookup_files import check_target, write_answers
from permits.parcels import Parcel, keys_to_choose
from spatial.crs import WGS84
from spatial.errors import DataUnavailableError, InputError, NotFoundError
from spatial.text import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What was typed, by the way in which a parcel is asked for."""

    ward: str
    sheet: str
    number: str
    key: str
    national_id: str
    address: str
    metres: tuple[float | None, float | None]
    degrees: tuple[float | None, float | None]
    polygon: Path | None
    batch: Path | None

    def check(self) -> None:
        """Refuse half a point before anything is opened. Raises InputError."""
        for pair in (self.metres, self.degrees):
            if pair != (None, None):
                _whole(pair)

    @property
    def ways_count(self) -> int:
        """In how many ways a parcel is asked for."""
        by_number = bool(self.ward or self.sheet or self.number)
        by_point = [pair != (None, None) for pair in (self.metres, self.degrees)]
        others = (self.key, self.national_id, self.address, self.polygon, self.batch)
        return sum([by_number, *by_point, *(bool(way) for way in others)])


def find(  # noqa: PLR0913 - each is one word of the command line
    *,
    ward: Annotated[str, typer.Option(help="Old ward, before the merger: its code or its name.")] = "",
    sheet: Annotated[str, typer.Option(help="Map sheet.")] = "",
    number: Annotated[str, typer.Option(help="Parcel number.")] = "",
    key: Annotated[str, typer.Option(help="Parcel key, e.g. 26797-10-16, or the portal's twelve digits.")] = "",
    id_: Annotated[str, typer.Option("--id", help="National parcel id, twelve characters.")] = "",
    address: Annotated[str, typer.Option(help="Address of a house.")] = "",
    x: Annotated[float | None, typer.Option(help="One coordinate, VN-2000 metres; either order is recognised.")] = None,
    y: Annotated[float | None, typer.Option(help="The other one.")] = None,
    lon: Annotated[float | None, typer.Option(help="Longitude, WGS84.")] = None,
    lat: Annotated[float | None, typer.Option(help="Latitude, WGS84.")] = None,
    polygon: Annotated[Path | None, typer.Option(help="GeoJSON file with one area; - reads standard input.")] = None,
    batch: Annotated[Path | None, typer.Option(help="XLSX or CSV table of parcels to find, one a row.")] = None,
    out: Annotated[Path | None, typer.Option(help="XLSX or CSV file to write for --batch.")] = None,
    crs: Annotated[str | None, typer.Option(help="Coordinate system of the coordinates, e.g. EPSG:9210.")] = None,
    limit: Annotated[int, typer.Option(help="Most parcels of a polygon.", min=1)] = USUAL_PAGE_COUNT,
    offset: Annotated[int, typer.Option(help="Pass over so many of them.", min=0)] = 0,
    json_output: JsonOption = False,
) -> None:
    """Find parcels by number, key, national id, address, point or polygon, or all of a table; lists every candidate."""
    words = Words(
        ward=ward, sheet=sheet, number=number, key=key, national_id=id_, address=address,
        metres=(x, y), degrees=(lon, lat), polygon=polygon, batch=batch,
    )  # fmt: skip
    words.check()
    if words.ways_count != 1:
        raise InputError(
            Text("Tìm theo đúng một cách.", "Search in exactly one way."),
            hint=Text(
                "Theo số, mã, địa chỉ, điểm, vùng hoặc cả bảng.", "By number, key, address, point, polygon or table."
            ),
        )
    if batch is not None:
        _answer_table(batch, out, crs=crs, json_output=json_output)
        return
    document = read_json(polygon) if polygon is not None else None
    _check_point(words, crs=crs)
    with open_store() as database, database.transaction() as session:
        desk = desk_of(session, geocode=_geocoder(session) if address else None)
        if polygon is not None:
            page = parcels_within(desk, document, crs=crs, limit_count=limit, offset_count=offset)
            _say_overlaps(page, json_output=json_output)
            return
        found = _found(desk, words, crs=crs)
    _say_found(found, json_output=json_output)


def _check_point(words: Words, *, crs: str | None) -> None:
    """Refuse a point that lies nowhere in the country before anything is opened. Raises InputError."""
    for pair, system in ((words.metres, crs), (words.degrees, WGS84)):
        if pair != (None, None):
            readings_of(_whole(pair), crs=system, storage_crs=settings().crs)


def _found(desk: Desk, words: Words, *, crs: str | None) -> Found:
    if words.key:
        return desk.by_key(words.key)
    if words.national_id:
        return desk.by_national_id(words.national_id)
    if words.address:
        return desk.by_address(words.address)
    if words.metres != (None, None):
        return desk.by_point(_whole(words.metres), crs=crs)
    if words.degrees != (None, None):
        return desk.by_point(_whole(words.degrees), crs=WGS84)
    return desk.by_number(ward=words.ward or None, map_sheet=words.sheet or None, parcel_no=words.number or None)


def _whole(pair: tuple[float | None, float | None]) -> tuple[float, float]:
    first, second = pair
    if first is None or second is None:
        raise InputError(
            Text("Một điểm cần đúng hai số.", "A point needs two numbers."),
            hint=Text("--lon và --lat, hoặc --x và --y.", "--lon and --lat, or --x and --y."),
        )
    return first, second


def _geocoder(session: Session) -> Callable[[str], Answer] | None:
    try:
        return read_clerk(session).geocoder.geocode
    except DataUnavailableError:
        return None


def _answer_table(batch: Path, out: Path | None, *, crs: str | None, json_output: bool) -> None:
    if out is None:
        raise InputError(
            Text("Thiếu --out.", "--out is missing."),
            hint=Text("Ghi tên tệp .xlsx hoặc .csv sẽ được tạo.", "Name the .xlsx or .csv file to write."),
        )
    check_target(out)
    sheet = read_sheet(batch)
    with open_store() as database, database.transaction() as session, progress() as bar:
        desk = desk_of(session, geocode=_geocoder(session))
        task = bar.add_task(Text("Tra cứu", "Looking up").in_language(settings().language), total=len(sheet.rows))
        answers = answer_rows(sheet, desk, crs=crs, on_progress=lambda done: bar.update(task, completed=done))
    write_answers(sheet, answers, out, language=settings().language)
    report = report_of(answers)
    if json_output:
        print_json(report.to_json())
    else:
        results.print(report.sentence().in_language(settings().language), markup=False)
    say(Text(f"Đã ghi {out}.", f"Wrote {out}."))


def _say_found(found: Found, *, json_output: bool) -> None:
    if found.miss is not None:
        names = ", ".join(keys_to_choose(found.suggestions))
        hint = found.miss.hint or Text("", "")
        near = Text(f" Có thể là: {names}.", f" Perhaps: {names}.") if names else Text("", "")
        raise NotFoundError(found.miss.message, hint=Text(hint.vi + near.vi, hint.en + near.en), code=found.miss.code)
    for note in found.notes:
        say(note)
    if json_output:
        print_json([parcel_json(parcel) for parcel in found.parcels])
        return
    for parcel in found.parcels:
        results.print(_line(parcel), markup=False)


def _say_overlaps(page: OverlapPage, *, json_output: bool) -> None:
    if json_output:
        print_json(
            {
                "total_count": page.total_count,
                "offset_count": page.offset_count,
                "area_m2": round(page.area_m2, 2),
                "parcels": [
                    {
                        **parcel_json(one.parcel),
                        "overlap_m2": round(one.overlap_m2, 2),
                        "share_ratio": round(one.share_ratio, 4),
                    }
                    for one in page.overlaps
                ],
            }
        )
        return
    say(page.note)
    for one in page.overlaps:
        results.print(f"{one.share_ratio * 100:5.1f} %  {one.overlap_m2:9.1f} m²  {_line(one.parcel)}", markup=False)
    shown = Text(
        f"{len(page.overlaps)} trong {page.total_count} thửa.", f"{len(page.overlaps)} of {page.total_count} parcels."
    )
    say(shown)


def _line(parcel: Parcel) -> str:
    area = f"{parcel.registered_area_m2 or parcel.place.area_m2:.1f} m²"
    return "  ".join([parcel.key, area, parcel.land_use_code or "?", parcel.address or ""]).rstrip()


def parcel_json(parcel: Parcel) -> dict[str, object]:
    """Return a parcel for programs."""
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
