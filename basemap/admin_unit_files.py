"""The conversion table of old and new units, from a CSV file or from the package ``vietnamadminunits``.

Of the package only the tables are read, by their path: it is never imported, for it brings a client of an address
service abroad, and no citizen's address may go there.
"""

import csv
import json
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

from basemap.address_text import find_key
from basemap.admin_units import AdminUnit, AdminUnits, Succession, new_unit, old_unit, units_of
from spatial.errors import DataUnavailableError, InputError
from spatial.text import Text, to_nfc

HCMC_PROVINCE = "Thành phố Hồ Chí Minh"
_PACKAGE = "vietnamadminunits"
_COLUMNS = ("districtCode", "wardCode", "province", "district", "ward", "newProvince", "newWard", "newWardCode")
_CODE_DIGITS_COUNT = 5


def read_conversion_csv(path: Path) -> AdminUnits:
    """Return the units of a table with the columns ``wardCode``, ``ward``, ``district``, ``newWardCode`` and so on.

    Raises
    ------
    InputError
        The file is missing, or no such table.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            missing = [name for name in _COLUMNS if name not in (rows.fieldnames or [])]
            if missing:
                raise _no_table(path, Text(f"thiếu cột {missing[0]}", f"the column {missing[0]} is missing"))
            return units_of([_succession(row) for row in rows])
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise _no_table(path, Text("không đọc được", "it cannot be read")) from error


@cache
def packaged_units(province: str = HCMC_PROVINCE) -> AdminUnits:
    """Return the units of a province of 2025 from the tables of ``vietnamadminunits``.

    Raises
    ------
    DataUnavailableError
        The package is not installed.
    InputError
        It has no such province.
    """
    key = find_key(province)
    converter, new, old = (
        _packaged_table(name) for name in ("converter_2025.json", "parser_from_2025.json", "parser_legacy.json")
    )
    if key not in converter["DICT_PROVINCE"]:
        raise InputError(
            Text(f"Không có tỉnh, thành phố “{province}”.", f"There is no province “{province}”."),
            hint=Text("Dùng tên từ 2025-07-01.", "Use its name since 2025-07-01."),
        )
    new_wards = new["DICT_PROVINCE_WARD_NO_ACCENTED"][key] | new["DICT_PROVINCE_WARD_ACCENTED"].get(key, {})
    province_name = new["DICT_PROVINCE"][key]["province"]
    return units_of(
        Succession(
            old=_packaged_old_unit(old_key, old),
            new=new_unit(code=new_wards[new_key]["wardCode"], name=new_wards[new_key]["ward"], province=province_name),
        )
        for old_key, new_key in _packaged_pairs(converter, key)
    )


def _packaged_pairs(converter: Mapping[str, Any], province: str) -> Iterator[tuple[str, str]]:
    for new_key, old_keys in converter["DICT_PROVINCE_WARD_NO_DIVIDED"].get(province, {}).items():
        for old_key in old_keys:
            yield old_key, new_key
    for old_key, parts in converter["DICT_PROVINCE_WARD_DIVIDED"].get(province, {}).items():
        for part in parts:
            yield old_key, part["newWardKey"]


def _packaged_old_unit(key: str, old: Mapping[str, Any]) -> AdminUnit:
    province, district, ward = key.split("_")
    tables = ("DICT_PROVINCE_DISTRICT_WARD_NO_ACCENTED", "DICT_PROVINCE_DISTRICT_WARD_ACCENTED")
    found = {name: wards for table in tables for name, wards in old[table].get(province, {}).get(district, {}).items()}
    of_district = old["DICT_PROVINCE_DISTRICT"][province][district]
    named = found[ward] if ward else {"wardCode": "", "ward": ""}
    return _old(
        {
            "wardCode": named["wardCode"],
            "ward": named["ward"],
            "districtCode": of_district["districtCode"],
            "district": of_district["district"],
            "province": old["DICT_PROVINCE"][province]["province"],
        }
    )


def _packaged_table(name: str) -> dict[str, Any]:
    try:
        path = Path(str(distribution(_PACKAGE).locate_file(f"{_PACKAGE}/data/{name}")))
        table: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (PackageNotFoundError, OSError, ValueError) as error:
        raise DataUnavailableError(
            Text(f"Thiếu bảng chuyển đổi của gói {_PACKAGE}.", f"The conversion table of {_PACKAGE} is missing."),
            hint=Text(f"Cài gói {_PACKAGE}, hoặc chỉ ra tệp CSV.", f"Install {_PACKAGE}, or name a CSV file."),
        ) from error
    return table


def _succession(row: Mapping[str, str]) -> Succession:
    new = new_unit(code=_code(row["newWardCode"]), name=to_nfc(row["newWard"]), province=to_nfc(row["newProvince"]))
    return Succession(old=_old(row), new=new)


def _old(row: Mapping[str, str]) -> AdminUnit:
    """Return the old unit of a row; an island district without wards stands for itself."""
    has_ward = bool(row["wardCode"].strip())
    district = to_nfc(row["district"])
    return old_unit(
        code=_code(row["wardCode"]) if has_ward else row["districtCode"].strip(),
        name=to_nfc(row["ward"]) if has_ward else district,
        district=district,
        province=to_nfc(row["province"]),
    )


def _code(text: str) -> str:
    # A column of codes in which one is missing comes back from a spreadsheet as reals: 25741.0.
    digits = text.strip().removesuffix(".0")
    return digits.zfill(_CODE_DIGITS_COUNT) if digits else digits


def _no_table(path: Path, why: Text) -> InputError:
    return InputError(
        Text(f"Không phải bảng chuyển đổi đơn vị hành chính: {why.vi}.", f"No conversion table of units: {why.en}."),
        hint=Text(f"Cần các cột {', '.join(_COLUMNS)}.", f"It needs the columns {', '.join(_COLUMNS)}."),
        subject=path.name,
    )
