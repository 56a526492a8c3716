"""The answers of many rows, written beside what was asked, as XLSX or CSV: no cell is ever run as a formula."""

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

import xlsxwriter

from basemap.spreadsheets import Sheet
from permits.lookup_batch import RESULT_COLUMNS, RowAnswer
from spatial.errors import InputError
from spatial.files import whole_file
from spatial.issues import neutral_in_spreadsheets
from spatial.text import Text

SUFFIXES = (".xlsx", ".csv")
_WIDEST_COLUMN_LETTERS = 40
_LONGEST_CELL_LETTERS = 32_000

Cell = str | float | None


def check_target(target: Path) -> None:
    """Refuse a name that is neither XLSX nor CSV, before any work is done. Raises InputError."""
    if target.suffix.lower() not in SUFFIXES:
        raise InputError(
            Text("Tệp kết quả phải là .xlsx hoặc .csv.", "The file to write must be .xlsx or .csv."),
            hint=Text("Ví dụ --out ket-qua.xlsx.", "For example --out answers.xlsx."),
            subject=target.name,
            code="file_kind_unknown",
        )


def write_answers(sheet: Sheet, answers: Sequence[RowAnswer], target: Path, *, language: str) -> None:
    """Write a row for each row asked; the file appears whole or not at all, and for its owner alone."""
    check_target(target)
    header = (*sheet.header, *RESULT_COLUMNS)
    rows = (
        (*(_harmless(cell) for cell in cells), *(_harmless(cell) for cell in answer.cells(language)))
        for cells, answer in zip(sheet.rows, answers, strict=True)
    )
    # Lists of parcels mostly stand beside names of people.
    with whole_file(target, is_private=True) as temporary:
        write = _write_workbook if target.suffix.lower() == ".xlsx" else _write_csv
        write(temporary, tuple(str(_harmless(name)) for name in header), rows)


def _harmless(cell: Cell) -> Cell:
    """Return a cell that no spreadsheet runs; a negative number is no formula."""
    if not isinstance(cell, str):
        return cell
    text = cell[:_LONGEST_CELL_LETTERS]
    if text.startswith(("-", "+")):
        try:
            float(text.replace(",", "."))
        except ValueError:
            return neutral_in_spreadsheets(text)
        return text
    return neutral_in_spreadsheets(text)


def _write_csv(path: Path, header: tuple[str, ...], rows: Iterable[tuple[Cell, ...]]) -> None:
    # The mark at the beginning lets Excel read Vietnamese.
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(header)
        writer.writerows(rows)


def _write_workbook(path: Path, header: tuple[str, ...], rows: Iterable[tuple[Cell, ...]]) -> None:
    with xlsxwriter.Workbook(
        path, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    ) as book:
        page = book.add_worksheet("parcels")
        bold = book.add_format({"bold": True})
        page.freeze_panes(1, 0)
        for column, name in enumerate(header):
            page.set_column(column, column, min(_WIDEST_COLUMN_LETTERS, len(name) + 4))
            page.write_string(0, column, name, bold)
        for number, cells in enumerate(rows, start=1):
            for column, cell in enumerate(cells):
                if isinstance(cell, str):
                    page.write_string(number, column, cell)
                elif cell is not None:
                    page.write_number(number, column, cell)
