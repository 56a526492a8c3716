"""Tables come as people export them; each oddity is undone and said, or refused in one line."""

import unicodedata
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from allocation.dates import parse_date
from allocation.table_files import SourceTable, read_table
from spatial.errors import InputError


def table(tmp_path: Path, data: str | bytes, name: str = "t.csv") -> SourceTable:
    path = tmp_path / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return read_table(path)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(tmp_path: Path, delimiter: str) -> None:
    read = table(tmp_path, f"a{delimiter}b\n1{delimiter}2\n")
    assert read.frame.to_dict("list") == {"a": ["1"], "b": ["2"]}


def test_cells_stay_text_with_their_leading_zeros_and_lose_blanks_around(tmp_path: Path) -> None:
    assert table(tmp_path, "a,b\n007 , NA\n").frame.to_dict("list") == {"a": ["007"], "b": ["NA"]}


def test_column_names_lose_mark_quotes_blanks_and_capitals(tmp_path: Path) -> None:
    read = table(tmp_path, b'\xef\xbb\xbf"Applicant_No", Level\r\n1,2\r\n')
    assert list(read.frame.columns) == ["applicant_no", "level"]
    assert read.issues == ()


def test_quoted_cells_may_hold_delimiters_quotes_and_line_ends(tmp_path: Path) -> None:
    read = table(tmp_path, 'a,b\n"x,""y""\nz",2\n3,4\n')
    assert read.frame["a"].tolist() == ['x,"y"\nz', "3"]


def test_rows_are_counted_as_a_person_counts_them_across_blank_and_broken_ones(tmp_path: Path) -> None:
    read = table(tmp_path, "a,b\n1,2\n\n3\n,\n4,5\n")
    assert read.frame["a"].tolist() == ["1", "4"]
    assert read.row.tolist() == [2, 6]
    assert [(issue.code, issue.row) for issue in read.issues] == [("column_count", 4)]


@pytest.mark.parametrize(("encoding", "said"), [("utf-16", "UTF-16"), ("cp1258", "Windows-1258")])
def test_other_encodings_are_read_and_said(tmp_path: Path, encoding: str, said: str) -> None:
    # Windows-1258 writes the tone marks of some letters apart.
    word = "Tr\u01b0\u01a1\u0300ng Hoa"
    read = table(tmp_path, f"name\n{word}\n".encode(encoding))
    assert read.frame["name"].tolist() == ["Trường Hoa"]
    assert said in next(issue for issue in read.issues if issue.code == "encoding").message.en


def test_decomposed_letters_are_composed_and_said_once_a_column(tmp_path: Path) -> None:
    word = unicodedata.normalize("NFD", "Nguyễn")
    read = table(tmp_path, f"name,b\nAn,1\n{word},1\n{word},1\n")
    assert read.frame["name"].tolist() == ["An", "Nguyễn", "Nguyễn"]
    assert [(issue.code, issue.field, issue.row) for issue in read.issues] == [("nfd_text", "name", 3)]
    assert "2" in read.issues[0].message.en


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"PK\x03\x04rest", "Excel"),
        (b"\xd0\xcf\x11\xe0rest", "Excel"),
        (b"SQLite format 3\x00", "GeoPackage"),
        (b'{"type": "FeatureCollection"}', "GeoJSON"),
        (b"<html>", "web page"),
        (b"%PDF-1.7", "PDF"),
        (b"a,b\x00\x01", "binary"),
    ],
)
def test_what_is_no_table_is_refused_with_its_likely_nature(tmp_path: Path, data: bytes, says: str) -> None:
    with pytest.raises(InputError) as refused:
        table(tmp_path, data)
    assert says in refused.value.message.en


@pytest.mark.parametrize("data", [b"", b"\xef\xbb\xbf", b"\r\n \n"])
def test_an_empty_file_is_refused(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(InputError, match="empty"):
        table(tmp_path, data)


def test_a_missing_file_is_refused_by_its_path(tmp_path: Path) -> None:
    with pytest.raises(InputError) as refused:
        read_table(tmp_path / "nothing.csv")
    assert "nothing.csv" in refused.value.sentence("en")


def test_a_column_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="twice"):
        table(tmp_path, "a,A\n1,2\n")


def test_parquet_is_read_like_csv(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    pd.DataFrame({"A": ["007", None], "n": [1, 2]}).to_parquet(path)
    read = read_table(path)
    assert read.frame.to_dict("list") == {"a": ["007", ""], "n": ["1", "2"]}
    assert read.row.tolist() == [2, 3]


def test_a_csv_called_parquet_and_a_damaged_parquet_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="Parquet"):
        table(tmp_path, "a,b\n1,2\n", name="t.parquet")
    with pytest.raises(InputError, match="damaged"):
        table(tmp_path, b"PAR1 nonsense", name="t.parquet")


def test_blank_lines_before_the_header_are_counted_and_left_out(tmp_path: Path) -> None:
    read = table(tmp_path, "\n \r\na,b\n1,2\n")
    assert (read.frame.to_dict("list"), read.row.tolist()) == ({"a": ["1"], "b": ["2"]}, [4])


def test_line_ends_of_old_macs_are_read(tmp_path: Path) -> None:
    assert table(tmp_path, "a,b\r1,2\r3,4\r").frame.to_dict("list") == {"a": ["1", "3"], "b": ["2", "4"]}


def test_empty_columns_without_a_name_are_left_out_and_filled_ones_stay(tmp_path: Path) -> None:
    assert list(table(tmp_path, "a,b,,\n1,2,,\n").frame.columns) == ["a", "b"]
    assert list(table(tmp_path, "a,,\n1,2,\n").frame.columns) == ["a", "#2"]


@pytest.mark.parametrize(
    ("data", "names", "aside"),
    [
        ('a,b\n1,x\n2,"x\n3,x\n4,x\n', ["1", "3", "4"], [3]),  # open to the end of the file
        ('a,b\n1,x\n2,"x\n3,x\n4,"x\n5,x\n', ["1", "3", "5"], [3, 5]),  # two open marks meet
        ('a,b\n2,"x\n3,"y"\n', ["3"], [2]),  # the next quoted cell closes it
        ('\na,b\n1,"x\n2,x\n', ["2"], [3]),
    ],
)
def test_a_mark_that_is_not_closed_costs_its_own_row_alone(
    tmp_path: Path, data: str, names: list[str], aside: list[int]
) -> None:
    read = table(tmp_path, data)
    assert read.frame["a"].tolist() == names
    assert [(issue.code, issue.row) for issue in read.issues] == [("quote_not_closed", row) for row in aside]


def test_a_mark_amid_a_cell_is_a_letter_like_others(tmp_path: Path) -> None:
    read = table(tmp_path, 'a,b\n5" ống,2\n3,"4"\n')
    assert (read.frame["a"].tolist(), read.issues) == (['5" ống', "3"], ())


def test_a_header_whose_mark_is_not_closed_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read as a CSV table"):
        table(tmp_path, '"a,b\n1,2\n')


def test_a_parquet_column_that_is_no_text_is_reported_and_the_others_go_on(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    columns = {"a": ["1"], "list": [[1]], "struct": [{"k": 1}], "bytes": [b"\xff\xfe"]}
    pd.DataFrame(columns, index=[7]).to_parquet(path)
    read = read_table(path)
    assert read.frame["a"].tolist() == ["1"]
    assert "__index_level_0__" not in read.frame
    assert [(issue.code, issue.field) for issue in read.issues] == [
        ("column_not_readable", name) for name in ("list", "struct", "bytes")
    ]


def test_a_day_in_parquet_keeps_its_date_in_every_time_zone(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    days = pd.Series(pd.to_datetime(["2020-05-01"]))
    zoned = days.dt.tz_localize("Asia/Ho_Chi_Minh")
    pd.DataFrame({"plain": days, "zoned": zoned}).to_parquet(path)
    row = read_table(path).frame.iloc[0]
    assert [str(parse_date(row[name])) for name in ("plain", "zoned")] == ["2020-05-01"] * 2


def test_a_parquet_column_that_is_there_twice_is_refused_by_its_name(tmp_path: Path) -> None:
    pq.write_table(pa.table([pa.array(["1"])] * 2, names=["A", "a"]), tmp_path / "t.parquet")
    with pytest.raises(InputError, match="'a' is there twice"):
        read_table(tmp_path / "t.parquet")
