"""A file of addresses in, the same file with answers beside it out: only what a spreadsheet would run is marked."""

import csv
from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd

from basemap.geocode import Answer
from basemap.geocode_batch import RESULT_COLUMNS, BatchReport, answers_frame, report_of
from spatial.errors import InputError
from spatial.files import whole_file
from spatial.text import Text, to_nfc

_DELIMITERS = ",;\t|"
_LARGEST_FILE_BYTES = 200_000_000
_MOST_COLUMNS_SHOWN, _MOST_LETTERS_SHOWN = 20, 40
_RUNS_IN_SPREADSHEETS = r"^([=@\t\r])"


def geocode_file(
    source: Path,
    target: Path,
    *,
    column: str,
    geocode_many: Callable[[Sequence[str]], list[Answer]],
    crs: str,
    language: str,
) -> BatchReport:
    """Answer every address of a CSV file, and write its rows with the answers beside them.

    Parameters
    ----------
    column
        Name of the column of addresses.
    geocode_many
        `basemap.geocode.Geocoder.geocode_many`.
    crs
        Coordinate system of the index that answers.

    Raises
    ------
    InputError
        The file cannot be read as UTF-8 CSV, or has no such column, or already has columns of answers.
    """
    frame, delimiter = _read(source)
    named = {to_nfc(str(name)).casefold(): name for name in frame.columns}
    wanted = named.get(to_nfc(column).casefold())
    if wanted is None:
        raise InputError(
            Text(f"Tệp không có cột {column!r}.", f"The file has no column {column!r}."),
            hint=Text(f"Các cột: {_shown(frame)}.", f"Its columns: {_shown(frame)}."),
            subject=source.name,
        )
    if set(frame.columns) & set(RESULT_COLUMNS):
        raise InputError(
            Text("Tệp đã có cột kết quả định vị.", "The file already holds columns of answers."),
            hint=Text("Dùng tệp gốc, hoặc đổi tên các cột đó.", "Take the original file, or rename those columns."),
            subject=source.name,
        )
    answers = geocode_many(frame[wanted].tolist())
    beside = answers_frame(answers, crs=crs, language=language)
    # Lists of addresses mostly stand beside names and numbers of people.
    with whole_file(target, is_private=True) as temporary:
        # The mark at the beginning lets Excel read Vietnamese.
        pd.concat([_harmless(frame), beside], axis=1).to_csv(
            temporary, index=False, sep=delimiter, encoding="utf-8-sig"
        )
    return report_of(answers)


def _read(path: Path) -> tuple[pd.DataFrame, str]:
    try:
        _refuse_what_is_no_text(path)
        with path.open(encoding="utf-8-sig", newline="") as stream:
            header = stream.readline()
        delimiter = max(_DELIMITERS, key=header.count)
        frame = pd.read_csv(
            path, dtype=str, keep_default_na=False, sep=delimiter, encoding="utf-8-sig", skip_blank_lines=False
        )
    except FileNotFoundError as error:
        raise InputError(Text("Không có tệp này.", "There is no such file."), subject=str(path)) from error
    except (UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError, csv.Error, OSError) as error:
        raise InputError(
            Text("Không đọc được tệp CSV.", "The file cannot be read as CSV."),
            hint=Text("Lưu lại dưới dạng CSV UTF-8.", "Save it as CSV UTF-8."),
            subject=path.name,
        ) from error
    if not isinstance(frame.index, pd.RangeIndex):
        raise InputError(
            Text("Các dòng có nhiều ô hơn dòng tiêu đề.", "The rows have more cells than the header."),
            hint=Text("Đặt địa chỉ có dấu phẩy trong ngoặc kép.", "Put addresses with commas in quotation marks."),
            subject=path.name,
        )
    return frame, delimiter


def _refuse_what_is_no_text(path: Path) -> None:
    if path.stat().st_size > _LARGEST_FILE_BYTES:
        raise InputError(
            Text("Tệp quá lớn.", "The file is too large."),
            hint=Text("Chia tệp thành nhiều phần, mỗi phần tối đa 200 MB.", "Cut it into parts of at most 200 MB."),
            subject=path.name,
        )
    with path.open("rb") as stream:
        if any(b"\x00" in block for block in iter(lambda: stream.read(1 << 20), b"")):
            raise InputError(
                Text("Tệp không phải là văn bản UTF-8.", "The file is no UTF-8 text."),
                hint=Text("Lưu lại dưới dạng CSV UTF-8.", "Save it as CSV UTF-8."),
                subject=path.name,
            )


def _shown(frame: pd.DataFrame) -> str:
    names = [str(name)[:_MOST_LETTERS_SHOWN] for name in frame.columns[:_MOST_COLUMNS_SHOWN]]
    return ", ".join(names) + (" …" if len(frame.columns) > _MOST_COLUMNS_SHOWN else "")


def _harmless(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the cells as they were, with a mark before those that a spreadsheet would run as a formula."""
    return frame.apply(lambda column: column.str.replace(_RUNS_IN_SPREADSHEETS, r"'\1", regex=True))
