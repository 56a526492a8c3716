"""Which column of an office's table holds what: headers in Vietnamese or English, with or without accents."""

import re
from collections.abc import Mapping, Sequence

from spatial.errors import InputError
from spatial.text import Text, without_accents

_NAMES: Mapping[str, str] = {
    "parcel_key": "ma thua | ma thua dat | ma tra cuu | parcel key | key | ma 12 so",
    "ward_code": (
        "phuong | xa | phuong xa | phuong xa cu | phuong cu | xa cu | ma phuong | ma xa | ma phuong xa | "
        "ma phuong cu | ma phuong xa cu | phuong ma cu | xa ma cu | phuong xa ma cu | ma xa cu | "
        "ward | old ward | ward code | old ward code"
    ),
    "map_sheet": "to | so to | to ban do | so to ban do | to bd | so hieu to | sheet | map sheet | sheet number",
    "parcel_no": (
        "thua | so thua | thua dat | so thua dat | so thu tu thua | parcel | parcel no | parcel number | number"
    ),
    "national_parcel_id": (
        "ma dinh danh | ma dinh danh thua | ma dinh danh thua dat | national id | national parcel id | parcel id"
    ),
    "address": "dia chi | dia chi thua dat | vi tri thua dat | address",
    "x": "x | x m | toa do x | coordinate x",
    "y": "y | y m | toa do y | coordinate y",
    "lon": "lon | lng | long | longitude | kinh do",
    "lat": "lat | latitude | vi do",
    "happened_on": "ngay | ngay bien dong | thoi diem | date | event date | happened on",
    "kind": "loai | loai bien dong | bien dong | hinh thuc | kind | event",
    "parents": "thua cu | cac thua cu | thua goc | tu thua | parents | parent | from",
    "children": "thua moi | cac thua moi | thanh thua | children | child | to parcels | into",
    "document": "van ban | so van ban | quyet dinh | ho so | document",
}
_FIELD_BY_NAME = {name.strip(): field for field, names in _NAMES.items() for name in names.split("|")}
_MOST_SHOWN_COUNT = 20


def fields_of(header: Sequence[str], wanted: Sequence[str], *, file: str) -> dict[str, int]:
    """Return the position of each of ``wanted`` that the header names.

    Raises
    ------
    InputError
        Two columns are the same thing.
    """
    found: dict[str, int] = {}
    for position, name in enumerate(header):
        field = _FIELD_BY_NAME.get(_folded(name))
        if field is None or field not in wanted:
            continue
        if field in found:
            rivals = f"{header[found[field]]!r}, {name!r}"
            raise InputError(
                Text(f"Hai cột cùng một nghĩa: {rivals}.", f"Two columns are the same thing: {rivals}."),
                hint=Text("Đổi tên hoặc xóa một cột.", "Rename or remove one of them."),
                subject=file,
                code="columns_rival",
            )
        found[field] = position
    return found


def columns_missing(header: Sequence[str], *, file: str, needed: Text) -> InputError:
    """Return the refusal of a table without usable columns; it names those that are there."""
    shown = ", ".join(name[:40] for name in header[:_MOST_SHOWN_COUNT] if name) or "–"
    return InputError(
        Text(f"Không có cột dùng được. Các cột: {shown}.", f"No column can be used. The columns: {shown}."),
        hint=needed,
        subject=file,
        code="columns_missing",
    )


def _folded(name: str) -> str:
    return " ".join(re.sub(r"[^0-9a-z]+", " ", without_accents(name)).split())
