"""Tables that offices send, and files made to break whoever reads them."""

import zipfile
from datetime import date
from pathlib import Path

import pytest
import xlsxwriter

from basemap.spreadsheets import Sheet, read_sheet
from spatial.errors import InputError


def workbook(path: Path, *, options: dict[str, object] | None = None, cells: dict[tuple[int, int], object]) -> Path:
    with xlsxwriter.Workbook(path, {"default_date_format": "yyyy-mm-dd", **(options or {})}) as book:
        sheet = book.add_worksheet()
        for (row, column), value in cells.items():
            sheet.write(row, column, value)
    return path


def refusal(path: Path, **options: int) -> InputError:
    with pytest.raises(InputError) as refused:
        read_sheet(path, **options)
    assert refused.value.hint
    assert refused.value.message.vi != refused.value.message.en
    return refused.value


def test_a_workbook_is_read_as_a_person_reads_it(tmp_path: Path) -> None:
    """Numbers without .0, text with its zeros, days as days; an empty row keeps its number."""
    cells = {
        (0, 0): "Tờ",
        (0, 1): "Thửa",
        (0, 2): "Ngày",
        (1, 0): 10,
        (1, 1): "0016",
        (3, 0): 2.5,
        (1, 2): date(2019, 5, 2),
    }
    sheet = read_sheet(workbook(tmp_path / "a.xlsx", cells=cells))
    assert sheet == Sheet(
        file="a.xlsx",
        header=("Tờ", "Thửa", "Ngày"),
        rows=(("10", "0016", "2019-05-02"), ("2.5", "", "")),
        row_numbers=(2, 4),
    )


def test_both_date_systems_of_workbooks_give_the_same_day(tmp_path: Path) -> None:
    for name, is_1904 in (("mac.xlsx", True), ("win.xlsx", False)):
        cells = {(0, 0): "Ngày", (1, 0): date(2019, 5, 2)}
        path = workbook(tmp_path / name, options={"date_1904": is_1904}, cells=cells)
        assert read_sheet(path).rows == (("2019-05-02",),)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv_is_read_in_every_usual_form(tmp_path: Path, encoding: str, delimiter: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(delimiter.join(["Tờ", "Thửa"]) + "\r\n" + delimiter.join(["10", '"1;6,\t"']) + "\r\n", encoding)
    assert read_sheet(path).rows == (("10", "1;6,\t"),)


def test_a_far_cell_ends_the_reader_and_not_the_program(tmp_path: Path) -> None:
    """Seventeen thousand million cells are asked for by a file of five kilobytes."""
    path = workbook(tmp_path / "far.xlsx", cells={(0, 0): "Tờ", (1_048_575, 16_383): "x"})
    assert path.stat().st_size < 10_000
    assert refusal(path).code in {"workbook_bursts", "too_many_rows"}


def test_an_archive_that_bursts_is_never_opened(tmp_path: Path) -> None:
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 60_000_000)
    assert refusal(path).code == "workbook_bursts"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"\xd0\xcf\x11\xe0 old", "workbook_locked_or_old"),
        (b"PK\x03\x04 cut", "workbook_damaged"),
        (b"Ph\xfeng\n1", "encoding_unread"),
        (b"a\x00b\n1", "encoding_unread"),
        (b'a,b\n"1,2\n', "csv_damaged"),
        (b"\n \n", "sheet_empty"),
        (b"", "sheet_empty"),
    ],
)
def test_each_other_file_is_refused_by_a_word_of_its_own(tmp_path: Path, content: bytes, code: str) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(content)
    assert refusal(path).code == code


def test_a_zip_of_something_else_is_no_workbook(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme.txt", "x")
    assert refusal(path).code == "not_a_workbook"


def test_too_many_rows_are_counted_in_the_refusal(tmp_path: Path) -> None:
    path = workbook(tmp_path / "long.xlsx", cells={(row, 0): row for row in range(12)})
    assert "11 rows" in refusal(path, most_rows_count=10).message.en
    text = tmp_path / "long.csv"
    text.write_text("a\n" + "1\n" * 11, encoding="utf-8")
    assert refusal(text, most_rows_count=10).code == "too_many_rows"
    assert len(read_sheet(text, most_rows_count=11).rows) == 11


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    assert refusal(tmp_path / "none.xlsx").code == "file_missing"
