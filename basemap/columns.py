"""Which column of a file is which attribute of a layer."""

import difflib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from basemap.model import LayerSchema
from spatial.errors import InputError
from spatial.issues import Issue, Severity
from spatial.text import Text, to_nfc

OWN_PREFIX = "quarantine_"
"""Columns that a quarantine file adds; a mended file may bring them back, and they are passed over."""

_SHAPEFILE_NAME_CHARACTERS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnMatch:
    """The attribute of each column that has one, and findings about the others."""

    attribute_of: Mapping[str, str]
    issues: tuple[Issue, ...]


def match_columns(
    columns: Sequence[str], schema: LayerSchema, *, column_map: Mapping[str, str], file: str
) -> ColumnMatch:
    """Return the attribute of each of ``columns``: as ``column_map`` says, else by name without regard to case.

    A Shapefile cuts names to ten letters; a column that equals the first ten of one attribute alone is that one.

    Raises
    ------
    InputError
        ``column_map`` names what does not exist, two columns claim one attribute, or a required one has none.
    """
    chosen = _chosen(columns, schema, column_map=column_map, file=file)
    found = dict(chosen)
    for column in columns:
        attribute = _attribute_by_name(column, schema)
        if column not in found and attribute is not None and attribute not in chosen.values():
            found[column] = attribute
    _refuse_rivals(found, file=file)
    _refuse_missing(found, columns, schema=schema, file=file)
    aside = [column for column in columns if column not in found and not column.startswith(OWN_PREFIX)]
    free = [name for name in schema.attribute_names if name not in found.values()]
    return ColumnMatch(attribute_of=found, issues=tuple(_aside(column, free, file=file) for column in aside))


def _chosen(columns: Sequence[str], schema: LayerSchema, *, column_map: Mapping[str, str], file: str) -> dict[str, str]:
    by_folded_name = {_folded(column): column for column in columns}
    chosen = {}
    for column, attribute in column_map.items():
        if attribute not in schema.attribute_names:
            names = ", ".join(schema.attribute_names)
            raise InputError(
                Text(
                    f"Lớp {schema.name} không có thuộc tính {attribute!r}.",
                    f"The layer {schema.name} has no attribute {attribute!r}.",
                ),
                hint=Text(f"Chọn một trong: {names}.", f"Choose one of: {names}."),
                subject=file,
            )
        if _folded(column) not in by_folded_name:
            names = ", ".join(columns)
            raise InputError(
                Text(f"Tệp không có cột {column!r}.", f"The file has no column {column!r}."),
                hint=Text(f"Các cột trong tệp: {names}.", f"Its columns: {names}."),
                subject=file,
            )
        chosen[by_folded_name[_folded(column)]] = attribute
    return chosen


def _folded(name: str) -> str:
    return to_nfc(name).casefold()


def _attribute_by_name(column: str, schema: LayerSchema) -> str | None:
    name = _folded(column)
    if name in schema.attribute_names:
        return name
    cut = [attribute for attribute in schema.attribute_names if attribute[:_SHAPEFILE_NAME_CHARACTERS] == name]
    return cut[0] if len(cut) == 1 and len(name) == _SHAPEFILE_NAME_CHARACTERS else None


def _refuse_rivals(found: Mapping[str, str], *, file: str) -> None:
    for attribute, count in Counter(found.values()).items():
        if count > 1:
            rivals = ", ".join(column for column, claimed in found.items() if claimed == attribute)
            raise InputError(
                Text(f"Nhiều cột cùng là {attribute}: {rivals}.", f"Several columns are {attribute}: {rivals}."),
                hint=Text(f"Chọn một: --map CỘT={attribute}.", f"Choose one: --map COLUMN={attribute}."),
                subject=file,
            )


def _refuse_missing(found: Mapping[str, str], columns: Sequence[str], *, schema: LayerSchema, file: str) -> None:
    missing = [a.name for a in schema.attributes if a.required and a.name not in found.values()]
    if missing:
        names = ", ".join(missing)
        present = ", ".join(columns) or "–"
        raise InputError(
            Text(
                f"Thiếu cột bắt buộc của lớp {schema.name}: {names}.",
                f"Columns that the layer {schema.name} requires are missing: {names}.",
            ),
            hint=Text(
                f"Chỉ rõ bằng --map CỘT={missing[0]}; các cột trong tệp: {present}.",
                f"Name it with --map COLUMN={missing[0]}; the file's columns: {present}.",
            ),
            subject=file,
            code="columns_missing",
        )


def _aside(column: str, free: Sequence[str], *, file: str) -> Issue:
    """Report a column that is no attribute; one that nearly has the name of a ``free`` attribute deserves a look."""
    near = difflib.get_close_matches(_folded(column), free, n=1, cutoff=0.7)
    hint = Text("Không cần làm gì.", "Nothing to do.")
    if free:
        wanted, wanted_en = (near[0], near[0]) if near else ("THUỘC_TÍNH", "ATTRIBUTE")
        hint = Text(f"Nếu cần, ghi --map {column}={wanted}.", f"If it is needed, give --map {column}={wanted_en}.")
    return Issue(
        severity=Severity.WARNING if near else Severity.INFO,
        code="unknown_column",
        file=file,
        field=column,
        message=Text("Cột này không thuộc lớp, được để riêng.", "The layer has no such column; it was kept aside."),
        hint=hint,
    )
