"""Points from CSV files: degrees or metres, whichever way they are separated and written."""

from pathlib import Path

import pytest

from basemap.intake import Intake, read_layer_file
from basemap.model import LayerName
from basemap.validate import Validation, validate_layer
from spatial.errors import InputError

SCHOOLS = "school_code,name,school_type,lon,lat\nT1,Trường Bến Thành,primary,106.70,10.77\n"


def read(path: Path, text: str, **options: object) -> tuple[Intake, Validation]:
    encoding = options.pop("encoding", "utf-8")
    path.write_text(text, encoding=str(encoding))
    intake = read_layer_file(path, LayerName.SCHOOL, **options)  # type: ignore[arg-type]  # options vary
    return intake, validate_layer(intake.frame, LayerName.SCHOOL, file=intake.file)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "schools.csv"


def test_longitude_and_latitude_need_no_statement(path: Path) -> None:
    intake, result = read(path, SCHOOLS)
    assert intake.source_crs == "EPSG:4326"
    assert (result.accepted.geometry.x[0], result.accepted.geometry.y[0]) == (106.70, 10.77)
    assert result.accepted["name"].tolist() == ["Trường Bến Thành"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_separators_and_unicode_forms_make_no_difference(path: Path, encoding: str, separator: str) -> None:
    _, result = read(path, SCHOOLS.replace(",", separator), encoding=encoding)
    assert result.accepted["name"].tolist() == ["Trường Bến Thành"]


METRES = 'school_code;name;school_type;X;Y\nT1;"Trường; A";primary;603701,192;1191178,748\n'


def test_metres_need_their_system_and_may_have_decimal_commas(path: Path) -> None:
    with pytest.raises(InputError, match="does not say its coordinate system"):
        read(path, METRES)
    _, result = read(path, METRES, crs="EPSG:9210")
    assert (result.accepted.geometry.x[0], result.accepted.geometry.y[0]) == (603701.192, 1191178.748)


def test_northing_first_as_on_cadastral_papers_is_recognised_and_can_be_stated(path: Path) -> None:
    papers = METRES.replace("X;Y", "Y;X")
    with pytest.raises(InputError, match="axes swapped"):
        read(path, papers, crs="EPSG:9210")
    _, result = read(path, papers, crs="EPSG:9210", swap_axes=True)
    assert result.accepted.geometry.x[0] == 603701.192


def test_rows_without_coordinates_or_of_the_wrong_width_stand_aside_under_their_own_number(path: Path) -> None:
    text = SCHOOLS + "T2,Không tọa độ,primary,,\n\nT3,hai, tên,primary,106.7,10.7\nT4,Tốt,primary,106.7,10.8\n"
    intake, result = read(path, text)
    assert result.accepted["school_code"].tolist() == ["T1", "T4"]
    assert {issue.row for issue in result.issues if issue.code == "geometry_missing"} == {3, 4, 5}
    width = next(issue for issue in intake.issues if issue.code == "row_width")
    assert (width.row, width.value) == (4, "2")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a,b\n1,2\n", "No columns hold coordinates"),
        ("lon,lat\n", "it has no row"),
        ("lon,lon,lat\n1,2,3\n", "two columns of one name"),
        ('lon,lat\n"106,10\n', "open quotation mark"),
        ("lon,lat\n" + '"' + "9" * 200_000 + '",1\n', "it is no CSV table"),
        ("{}", "the content is JSON"),
        ("PK\x03\x04", "a ZIP archive"),
    ],
)
def test_what_is_no_table_of_points_says_why(path: Path, text: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        read(path, text)
