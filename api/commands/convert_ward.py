"""``diaban basemap convert-ward``: what became of a ward in July 2025."""

from pathlib import Path
from typing import Annotated

import geopandas as gpd
import shapely
import typer
from rich.markup import escape

from api.commands.options import JsonOption
from api.commands.stores import open_store
from api.console import Head, plain_table, print_json, results, said, say
from basemap import store
from basemap.admin_unit_files import packaged_units, read_conversion_csv
from basemap.admin_units import LAST_DAY_OF_OLD_UNITS, AdminUnit, AdminUnits, Conversion, UnitKey
from basemap.model import LayerName
from spatial.crs import WGS84
from spatial.errors import DataUnavailableError, InputError, NotFoundError
from spatial.geometry import Located
from spatial.text import Text

_HEADS = tuple(
    Head(text=text, folds=True)
    for text in (
        Text("đơn vị cũ", "old unit"),
        Text("có thể là", "candidates"),
        Text("đơn vị mới", "new unit"),
        Text("lý do", "reason"),
    )
)


def convert_ward(
    ward: Annotated[
        str, typer.Argument(help="Name of an old ward, with or without accents, or its code; empty: that of the point.")
    ] = "",
    *,
    district: Annotated[str, typer.Option(help="Its old district, e.g. 'quận 5'.")] = "",
    lon: Annotated[float | None, typer.Option(help="Longitude of a point in it.")] = None,
    lat: Annotated[float | None, typer.Option(help="Latitude of that point.")] = None,
    table: Annotated[Path | None, typer.Option(help="CSV of old and new units instead of the table installed.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Say which unit of 2025 an old WARD became; a point decides, by the published ward layer, where it was divided."""
    units = packaged_units() if table is None else read_conversion_csv(table)
    place = _place(lon, lat)
    wards, old_wards = _published_wards(is_needed=place is not None)
    keys = _meant(units, ward, district) if ward else _at(units, place, old_wards)
    found = [units.convert(key, at=place, wards=wards, old_wards=old_wards) for key in keys]
    if as_json:
        print_json([_as_json(one) for one in found])
        return
    shown = plain_table(_HEADS)
    for one in found:
        candidates = ", ".join(_candidate(unit, one.share_ratios.get(unit.code)) for unit in one.candidates)
        answer = "–" if one.answer is None else f"{one.answer.name} ({one.answer.code})"
        cells = (f"{one.old.name}, {one.old.district}", candidates, answer, said(one.reason))
        shown.add_row(*map(escape, cells))
    results.print(shown)
    if len(found) > 1:
        say(Text("Nhiều đơn vị cũ trùng tên: ghi thêm --district.", "Several had that name: add --district."))


def _candidate(unit: AdminUnit, share_ratio: float | None) -> str:
    return unit.name if share_ratio is None else f"{unit.name} ({share_ratio:.1%})"


def _at(units: AdminUnits, place: Located | None, old_wards: gpd.GeoDataFrame | None) -> list[UnitKey]:
    """Return the old units in which a point lies."""
    if place is None:
        raise InputError(
            Text("Cần tên đơn vị cũ hoặc một điểm.", "The name of an old ward or a point is needed."),
            hint=Text("Ghi tên, hoặc --lon và --lat.", "Write a name, or --lon and --lat."),
        )
    if old_wards is None:
        raise DataUnavailableError(
            Text("Chưa công bố ranh giới phường cũ.", "No polygons of the old wards are published."),
            hint=Text(
                f"Nhập với --valid-to {LAST_DAY_OF_OLD_UNITS} --publish, hoặc ghi tên.",
                f"Import them with --valid-to {LAST_DAY_OF_OLD_UNITS} --publish, or write a name.",
            ),
        )
    there = shapely.intersects(old_wards.geometry.array, place.to(old_wards.crs.to_string()).geometry)
    codes = old_wards.loc[there, "ward_code"].astype(str)
    if codes.empty:
        raise NotFoundError(
            Text("Điểm này không nằm trong đơn vị cũ nào.", "The point lies in no old ward."),
            hint=Text("Kiểm tra tọa độ.", "Check the point."),
        )
    return [units.unit(code, on=LAST_DAY_OF_OLD_UNITS).key for code in codes]


def _meant(units: AdminUnits, ward: str, district: str) -> list[UnitKey]:
    if ward.isdigit() and any(unit.code == ward for unit in units.on(LAST_DAY_OF_OLD_UNITS)):
        return [units.unit(ward, on=LAST_DAY_OF_OLD_UNITS).key]
    matches = units.find(ward, on=LAST_DAY_OF_OLD_UNITS, district=district)
    if not matches:
        raise NotFoundError(
            Text(f"Không có đơn vị cũ nào tên “{ward}”.", f"There was no unit named “{ward}”."),
            hint=Text("Kiểm tra tên và quận, huyện cũ.", "Check the name and the old district."),
        )
    return [match.unit.key for match in matches]


def _place(lon: float | None, lat: float | None) -> Located | None:
    if lon is None and lat is None:
        return None
    if lon is None or lat is None or not (abs(lon) <= 180 and abs(lat) <= 90):  # noqa: PLR2004  degrees
        raise InputError(
            Text("Tọa độ thiếu hoặc sai.", "The point is incomplete or impossible."),
            hint=Text("Ghi cả --lon 106.70 và --lat 10.77.", "Write both --lon 106.70 and --lat 10.77."),
        )
    return Located(geometry=shapely.Point(lon, lat), crs=WGS84)


def _published_wards(*, is_needed: bool) -> tuple[gpd.GeoDataFrame | None, gpd.GeoDataFrame | None]:
    """Return the wards of today and those of before July 2025, None for what is not published."""
    with open_store() as database, database.transaction() as session:
        try:
            wards = store.read_layer(session, LayerName.WARD)
        except DataUnavailableError:
            if is_needed:
                raise
            return None, None
        try:
            return wards, store.read_layer(session, LayerName.WARD, valid_on=LAST_DAY_OF_OLD_UNITS)
        except DataUnavailableError:
            return wards, None


def _as_json(one: Conversion) -> dict[str, object]:
    return {
        "old": _unit_as_json(one.old),
        "is_divided": one.is_divided,
        "candidates": [_unit_as_json(unit) for unit in one.candidates],
        "answer": None if one.answer is None else _unit_as_json(one.answer),
        "reason": {"vi": one.reason.vi, "en": one.reason.en},
        "share_ratios": {code: round(ratio, 4) for code, ratio in one.share_ratios.items()},
    }


def _unit_as_json(unit: AdminUnit) -> dict[str, object]:
    return {
        "code": unit.code,
        "name": unit.name,
        "district": unit.district,
        "province": unit.province,
        "valid_from": None if unit.valid_from is None else unit.valid_from.isoformat(),
        "valid_to": None if unit.valid_to is None else unit.valid_to.isoformat(),
    }
