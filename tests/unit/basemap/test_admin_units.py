"""Old and new administrative units on a small table: one whole, one divided, a code that was given again."""

import subprocess
import sys
from datetime import date
from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from basemap.admin_unit_files import packaged_units, read_conversion_csv
from basemap.admin_units import AdminUnits, UnitKey
from spatial.errors import InputError, NotFoundError
from spatial.geometry import Located

HEADER = "districtCode,wardCode,province,district,ward,newProvince,newWard,newWardCode"
HCMC = "Thành phố Hồ Chí Minh"
JUNE, JULY = date(2025, 6, 30), date(2025, 7, 1)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    rows = [
        f"760,26743.0,{HCMC},Quận 1,Phường Bến Thành,{HCMC},Phường Bến Thành,26743",
        f"760,26746.0,{HCMC},Quận 1,Phường Nguyễn Thái Bình,{HCMC},Phường Bến Thành,26743",
        f"761,26773.0,{HCMC},Quận 12,Phường Tân Quý,{HCMC},Phường Đông,26770",
        f"761,26773.0,{HCMC},Quận 12,Phường Tân Quý,{HCMC},Phường Tây,26773",
        f"778,27475.0,{HCMC},Quận 7,Phường Tân Quy,{HCMC},Phường Tân Thuận,27478",
        f"774,27301.0,{HCMC},Quận 05,Phường 05,{HCMC},Phường Chợ Quán,27301",
        f"755,,Tỉnh Bà Rịa - Vũng Tàu,Huyện Côn Đảo,,{HCMC},Đặc khu Côn Đảo,26732",
    ]
    path = tmp_path / "units.csv"
    path.write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8-sig")
    return path


@pytest.fixture
def units(table: Path) -> AdminUnits:
    return read_conversion_csv(table)


@pytest.fixture
def wards() -> gpd.GeoDataFrame:
    """East and West, side by side along 106.70 degrees of longitude."""
    boxes = [shapely.box(106.70, 10.70, 106.80, 10.80), shapely.box(106.60, 10.70, 106.70, 10.80)]
    return gpd.GeoDataFrame({"ward_code": ["26770", "26773"]}, geometry=boxes, crs="EPSG:4326")


def at(longitude: float, latitude: float = 10.75) -> Located:
    return Located(geometry=shapely.Point(longitude, latitude), crs="EPSG:4326")


def old(code: str) -> UnitKey:
    return UnitKey(code, None)


def test_a_code_that_was_given_again_names_another_unit_from_july_on(units: AdminUnits) -> None:
    assert units.unit("26773", on=JUNE).name == "Phường Tân Quý"
    assert units.unit("26773", on=JULY).name == "Phường Tây"
    assert units.unit("26773", on=JUNE).key != units.unit("26773", on=JULY).key
    with pytest.raises(NotFoundError, match="no unit had the code 26746"):
        units.unit("26746", on=JULY)


def test_old_and_new_units_live_side_by_side(units: AdminUnits) -> None:
    assert [len(units.on(day)) for day in (JUNE, JULY)] == [6, 6]
    assert {unit.district for unit in units.on(JULY)} == {""}


def test_a_unit_that_went_whole_needs_no_point(units: AdminUnits) -> None:
    found = units.convert(old("26746"))
    assert not found.is_divided
    assert found.answer is not None
    assert found.answer.key == UnitKey("26743", JULY)


def test_the_name_of_a_divided_unit_answers_with_candidates_only(units: AdminUnits) -> None:
    found = units.convert(old("26773"))
    assert found.is_divided
    assert found.answer is None
    assert [unit.name for unit in found.candidates] == ["Phường Đông", "Phường Tây"]
    assert "only a point" in found.reason.en


@pytest.mark.parametrize(("longitude", "name"), [(106.71, "Phường Đông"), (106.69, "Phường Tây")])
def test_a_point_decides_where_a_unit_was_divided(
    units: AdminUnits, wards: gpd.GeoDataFrame, longitude: float, name: str
) -> None:
    for frame in (wards, wards.to_crs("EPSG:32648")):
        found = units.convert(old("26773"), at=at(longitude), wards=frame)
        assert found.answer is not None
        assert found.answer.name == name


def test_a_point_elsewhere_or_on_the_boundary_decides_nothing(units: AdminUnits, wards: gpd.GeoDataFrame) -> None:
    outside = units.convert(old("26773"), at=at(107.5), wards=wards)
    assert (outside.answer, "is wrong" in outside.reason.en) == (None, True)
    edge = units.convert(old("26773"), at=at(106.70), wards=wards)
    assert (edge.answer, "boundary" in edge.reason.en) == (None, True)
    # The name says Chợ Quán, the point says otherwise: nobody is told either as certain.
    contradiction = units.convert(old("27301"), at=at(106.71), wards=wards)
    assert contradiction.answer is None


def test_what_is_not_in_the_table_is_not_guessed(units: AdminUnits) -> None:
    with pytest.raises(NotFoundError, match="no old unit 26770"):
        units.convert(old("26770"))


def test_accents_are_folded_to_find_and_compared_to_rank(units: AdminUnits) -> None:
    for written, first in (("Tân Quy", "Phường Tân Quy"), ("phường tân quý", "Phường Tân Quý")):
        matches = units.find(written, on=JUNE)
        assert [match.same_accents for match in matches] == [True, False]
        assert matches[0].unit.name == first
    assert [match.same_accents for match in units.find("tan quy", on=JUNE)] == [False, False]
    assert {match.unit.code for match in units.find("TAN QUY", on=JUNE)} == {"26773", "27475"}


@pytest.mark.parametrize("district", ["quận 7", "7", "Quận 07", "quan 7", "Q.7", "q7"])
def test_a_district_tells_namesakes_apart(units: AdminUnits, district: str) -> None:
    (match,) = units.find("tan quy", on=JUNE, district=district)
    assert match.unit.code == "27475"


def test_numbers_of_wards_and_districts_may_have_a_nought(units: AdminUnits) -> None:
    for name, district in (("Phường 5", "Quận 5"), ("5", "05"), ("phường 05", ""), ("P.5", "q5"), ("F5", "quan 05")):
        assert [match.unit.code for match in units.find(name, on=JUNE, district=district)] == ["27301"]


def test_a_kind_without_accents_is_a_kind_unless_it_is_the_name(units: AdminUnits, tmp_path: Path) -> None:
    assert [match.unit.code for match in units.find("phuong ben thanh", on=JULY)] == ["26743"]
    path = tmp_path / "xa.csv"
    path.write_text(f"{HEADER}\n750,26590,Tỉnh,Huyện Châu Đức,Xã Xà Bang,{HCMC},Xã Ngãi Giao,26575\n", encoding="utf-8")
    for written in ("Xà Bang", "xa bang", "xã Xà Bang", "xa xa bang"):
        assert [match.unit.code for match in read_conversion_csv(path).find(written, on=JUNE)] == ["26590"], written


def test_an_island_district_without_wards_stands_for_itself(units: AdminUnits) -> None:
    (match,) = units.find("Côn Đảo", on=JUNE)
    assert (match.unit.code, match.unit.name) == ("755", "Huyện Côn Đảo")
    answer = units.convert(match.unit.key).answer
    assert answer is not None
    assert answer.name == "Đặc khu Côn Đảo"


def test_names_hold_only_in_their_time(units: AdminUnits) -> None:
    assert units.find("Tân Quy", on=JULY) == []
    assert [match.unit.code for match in units.find("ben thanh", on=JULY)] == ["26743"]


@pytest.mark.parametrize("content", [b"", b"wardCode,ward\n1,2\n", b"\xff\xfe\x00", b"a\x00b,c\n"])
def test_another_file_is_refused_in_one_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "wrong.csv"
    path.write_bytes(content)
    with pytest.raises(InputError, match="No conversion table"):
        read_conversion_csv(path)
    with pytest.raises(InputError, match="No conversion table"):
        read_conversion_csv(tmp_path / "none.csv")


def test_the_package_is_read_and_never_imported() -> None:

    pytest.importorskip("vietnamadminunits")
    words = (
        "import sys; from basemap.admin_unit_files import packaged_units; packaged_units(); "
        "print([name for name in ('vietnamadminunits', 'geopy', 'unidecode', 'tqdm') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", words], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_province_that_is_none_is_refused() -> None:
    pytest.importorskip("vietnamadminunits")
    with pytest.raises(InputError, match="no province"):
        packaged_units("Sài Gòn")
