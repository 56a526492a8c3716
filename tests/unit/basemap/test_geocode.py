"""A town of a few houses, drawn by hand, in which every answer can be told by looking at it.

West ward Tân Quý (x < 500) and east ward Tân Quy; Lê Lợi runs through both; each has its own Đường số 7; alley 45 of Lê
Lợi opens at (300, 0).
"""

import csv
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

from basemap.address_index import build_index
from basemap.geocode import Geocoder, Grade
from basemap.geocode_batch import RESULT_COLUMNS, answer_json, report_of
from basemap.geocode_files import geocode_file
from basemap.geocode_reasons import REASONS
from basemap.ward_names import Certainty, WardsMeant
from spatial.crs import HCMC
from spatial.errors import InputError

WEST, EAST = "101", "102"
ORIGIN = np.array([600_000.0, 1_190_000.0])
HOUSES = [
    ("10", "Lê Lợi", WEST, (100, 2)),
    ("45/7", "Lê Lợi", WEST, (302, 40)),
    ("90", "Lê Lợi", EAST, (900, 2)),
    ("12", "Đường số 7", WEST, (100, 202)),
    ("12", "Đường số 7", EAST, (900, 202)),
    ("14", "Đường số 7", EAST, (920, 202)),
    ("5", "Hoàng Hoa Thám", EAST, (902, 302)),
    ("6", "Hoà Bình", EAST, (902, 402)),
]
STREETS = [
    ("Lê Lợi", [(0, 0), (1000, 0)]),
    ("Hẻm 45 Lê Lợi", [(300, 100), (300, 0)]),
    ("Đường số 7", [(0, 200), (400, 200)]),
    ("Đường số 7", [(600, 200), (1000, 200)]),
    ("Hoàng Hoa Thám", [(600, 300), (1000, 300)]),
    ("Hòa Bình", [(600, 400), (1000, 400)]),
    (None, [(0, 500), (10, 500)]),
]


def layers() -> dict[str, gpd.GeoDataFrame]:
    names = {WEST: "Phường Tân Quý", EAST: "Phường Tân Quy"}
    addresses = gpd.GeoDataFrame(
        {
            "address": [f"{number} {street}, {names[ward]}" for number, street, ward, _ in HOUSES],
            "house_number": [house[0] for house in HOUSES],
            "street_name": [house[1] for house in HOUSES],
            "ward_code": [house[2] for house in HOUSES],
        },
        geometry=shapely.points(ORIGIN + np.array([house[3] for house in HOUSES])),
        crs=HCMC,
    )
    lines = [shapely.MultiLineString([ORIGIN + np.array(line, dtype=float)]) for _, line in STREETS]
    areas = [shapely.box(*(ORIGIN + np.array([[x, -500], [x + 500, 1000]])).ravel()) for x in (0, 500)]
    return {
        "addresses": addresses,
        "streets": gpd.GeoDataFrame({"name": [name for name, _ in STREETS]}, geometry=lines, crs=HCMC),
        "wards": gpd.GeoDataFrame({"ward_code": list(names), "name": list(names.values())}, geometry=areas, crs=HCMC),
    }


@pytest.fixture(scope="module")
def geocoder() -> Geocoder:
    return Geocoder(build_index(**layers()))


@pytest.mark.parametrize(
    ("text", "grade", "where", "reason"),
    [
        ("10 Lê Lợi, Tân Quý", Grade.EXACT, (100, 2), "exact"),
        ("10 le loi", Grade.EXACT, (100, 2), "exact"),
        ("10 Lê Lợi, P. Tân Quy", Grade.STREET, (500, 0), "number_in_other_ward"),
        ("45/8 Lê Lợi", Grade.ALLEY_MOUTH, (300, 0), "alley_mouth"),
        ("hẻm 45 Lê Lợi", Grade.ALLEY_MOUTH, (300, 0), "alley_mouth"),
        ("45/7/3 Lê Lợi, phường Tân Quý", Grade.ALLEY_MOUTH, (300, 0), "alley_mouth"),
        ("11 Lê Lợi", Grade.STREET, (500, 0), "number_unknown"),
        ("Lê Lợi, Tân Quý", Grade.STREET, (500, 0), "no_number"),
        ("12 Đường số 7", Grade.NONE, None, "several_streets"),
        ("14 Đường số 7", Grade.NONE, None, "several_streets"),
        ("12 Đường số 7, Tân Quy", Grade.EXACT, (900, 202), "exact"),
        ("12 duong so 7 phuong tan quy", Grade.NONE, None, "several_streets"),
        ("14 duong so 7 phuong tan quy", Grade.EXACT, (920, 202), "exact"),
        ("5 Hoàng Hoa Thám, Tân Quý", Grade.NONE, None, "street_elsewhere"),
        ("5 Hoang Hoa Tham", Grade.EXACT, (902, 302), "exact"),
        ("5 Hoang Hoa Thma, Tân Quy", Grade.EXACT, (902, 302), "exact_mended"),
        ("5 Hoang Hoa Thma", Grade.STREET, (800, 300), "name_mended"),
        ("6 Hòa Bình", Grade.EXACT, (902, 402), "exact"),
        ("6 Hoà Bình", Grade.EXACT, (902, 402), "exact"),
        ("10 Lê Lơi, Tân Quý", Grade.WARD, (250, 250), "street_unknown"),
        ("10 Lê Lai, Tân Quý", Grade.WARD, (250, 250), "street_unknown"),
        ("Phường Tân Quý", Grade.WARD, (250, 250), "no_street"),
        ("10 Lê Lợi, Tân Quỳ", Grade.NONE, None, "area_unknown"),
        ("10 Lê Lợi, phường 4", Grade.NONE, None, "area_unknown"),
        ("10 Lê Lợi, P. Tân Quý, Q.7", Grade.STREET, (500, 0), "area_unverified"),
        ("10 Lê Lợi, P. Tân Quý cũ", Grade.STREET, (500, 0), "area_unverified"),
        ("10 Lê Lợi, Thủ Dầu Một, Bình Dương", Grade.NONE, None, "area_unknown"),
        ("10 Lê Lợi, Cần Thơ", Grade.NONE, None, "other_province"),
        ("10 Võ Thị Sáu", Grade.NONE, None, "street_unknown_anywhere"),
        ("", Grade.NONE, None, "nothing_recognised"),
    ],
)
def test_an_answer_is_as_sure_as_the_map_allows(
    geocoder: Geocoder, text: str, grade: Grade, where: tuple[float, float] | None, reason: str
) -> None:
    answer = geocoder.geocode(text)
    assert (answer.grade, answer.reason_code) == (grade, reason)
    found = None if answer.place is None else (answer.place.x - ORIGIN[0], answer.place.y - ORIGIN[1])
    assert found == (None if where is None else pytest.approx(where, abs=1e-6))


def test_doubt_offers_every_house_that_may_be_meant(geocoder: Geocoder) -> None:
    answer = geocoder.geocode("12 Đường số 7")
    best = [candidate.place.label for candidate in answer.candidates[:2]]
    assert best == ["12 Đường số 7, Phường Tân Quy", "12 Đường số 7, Phường Tân Quý"]
    assert answer.candidates[0].score == answer.candidates[1].score < 100


def test_the_house_of_the_ward_that_was_written_stands_first(geocoder: Geocoder) -> None:
    answer = geocoder.geocode("12 Đường số 7, Tân Quý")
    assert answer.candidates[0].place.label == "12 Đường số 7, Phường Tân Quý"
    assert answer.candidates[0].score == 100


class OldNames:
    """Whoever knows that the old ward 4 of district 7 lies in today's Tân Quý."""

    def wards_meant(self, *, ward: str, district: str, **_others: object) -> WardsMeant:
        is_known = (ward, district) == ("4", "7")
        certainty = Certainty.SURE if is_known else Certainty.UNVERIFIED
        return WardsMeant(codes=frozenset({WEST} if is_known else ()), certainty=certainty)


def test_whoever_knows_old_names_can_vouch_for_them() -> None:
    geocoder = Geocoder(build_index(**layers(), units=OldNames()))
    assert geocoder.geocode("10 Lê Lợi, phường 4, quận 7 cũ").grade is Grade.EXACT
    assert geocoder.geocode("10 Lê Lợi, phường 5, quận 7 cũ").grade is Grade.NONE


def test_the_nearest_address_is_within_the_limit_or_none(geocoder: Geocoder) -> None:
    found = geocoder.nearest(ORIGIN[0] + 103, ORIGIN[1] + 6, limit_m=5.01)
    assert found is not None
    assert found.place.label == "10 Lê Lợi, Phường Tân Quý"
    assert found.distance_m == pytest.approx(5.0)
    assert geocoder.nearest(ORIGIN[0] + 103, ORIGIN[1] + 6, limit_m=4.99) is None
    assert geocoder.nearest(float("nan"), 0, limit_m=1e9) is None


def test_addresses_without_number_and_street_apart_are_read_from_their_text() -> None:
    town = layers()
    town["addresses"] = town["addresses"].assign(house_number=None, street_name=None)
    assert Geocoder(build_index(**town)).geocode("14 Đường số 7, Tân Quy").grade is Grade.EXACT


def test_an_empty_map_answers_none_and_never_fails() -> None:
    town = {name: frame.iloc[:0] for name, frame in layers().items()}
    geocoder = Geocoder(build_index(**town))
    assert geocoder.geocode("10 Lê Lợi, Tân Quý").grade is Grade.NONE
    assert geocoder.nearest(*ORIGIN, limit_m=1e6) is None


def test_a_report_names_every_grade_with_its_share(geocoder: Geocoder) -> None:
    report = report_of(geocoder.geocode_many(["10 Lê Lợi", "10 Lê Lợi", "11 Lê Lợi", ""]))
    assert [report.share_ratio(grade) for grade in Grade] == [0.5, 0, 0.25, 0, 0.25]
    assert "exact 50.0 % (2)" in report.sentence().en
    assert "đúng số nhà 50,0 % (2)" in report.sentence().vi
    assert report_of([]).share_ratio(Grade.EXACT) == 0


def test_an_answer_for_programs_keeps_the_raw_text(geocoder: Geocoder) -> None:
    answer = answer_json(geocoder.geocode("  10 LÊ LỢI "), crs=HCMC)
    assert (answer["raw"], answer["grade"]) == ("  10 LÊ LỢI ", "exact")


def test_a_file_keeps_its_cells_marks_formulas_and_gets_its_answers_beside(geocoder: Geocoder, tmp_path: Path) -> None:
    rows = [["ma", "Địa chỉ"], ["007", "10 Lê Lợi, Tân Quý"], ["+84 90", '="x"'], ["008", ""]]
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    with source.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, delimiter=";").writerows(rows)
    report = geocode_file(source, target, column="địa chỉ", geocode_many=geocoder.geocode_many, crs=HCMC, language="vi")
    with target.open(encoding="utf-8-sig", newline="") as stream:
        written = list(csv.reader(stream, delimiter=";"))
    rows[2][1] = "'" + rows[2][1]
    assert [row[:2] for row in written] == rows
    assert tuple(written[0][2:]) == RESULT_COLUMNS
    assert written[1][2:4] == ["exact", "10 Lê Lợi, Phường Tân Quý"]
    assert float(written[1][7]) == ORIGIN[0] + 100
    assert written[2][7] == written[3][7] == ""
    assert report.count == 3
    assert target.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"a,b\n1,2\n",
        b"\xff\xfe\x00",
        b'address\n"open',
        b"address,geocode_x\na,1\n",
        b"address\n10 L\x00\n",
        b"address,b\n10 Le Loi, Tan Quy, 7\n",
        b"x" * 2_000_000,
    ],
)
def test_a_file_that_cannot_be_answered_is_refused_and_nothing_is_written(
    geocoder: Geocoder, tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "in.csv").write_bytes(content)
    with pytest.raises(InputError) as refused:
        geocode_file(tmp_path / "in.csv", tmp_path / "out.csv", column="address",
                     geocode_many=geocoder.geocode_many, crs=HCMC, language="en")  # fmt: skip
    assert not (tmp_path / "out.csv").exists()
    assert len(refused.value.sentence("en")) < 500


def test_a_line_of_a_million_letters_is_one_address_that_is_not_found(geocoder: Geocoder, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("address\n" + "a" * 10**6 + "\n10 Lê Lợi\n", encoding="utf-8")
    report = geocode_file(
        tmp_path / "in.csv",
        tmp_path / "out.csv",
        column="address",
        geocode_many=geocoder.geocode_many,
        crs=HCMC,
        language="en",
    )
    assert (report.count, report.count_by_grade[Grade.NONE], report.count_by_grade[Grade.EXACT]) == (2, 1, 1)


def test_every_reason_is_in_both_languages() -> None:
    assert all(reason.vi and reason.en and reason.vi != reason.en for reason in REASONS.values())
