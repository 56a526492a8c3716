"""The files of a round: every bad record is one finding with its row, and the good ones go on."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from allocation.dates import parse_date
from allocation.intake import IntakeOptions, RoundInput, read_round
from allocation.personal_id import Sex, make_personal_id
from spatial.crs import HCMC, WGS84, transformer
from spatial.errors import InputError, UnknownCrsError
from spatial.issues import Issue

Files = Callable[..., Path]
ANY = IntakeOptions(any_id=True)


def child(serial: int, *, year: int = 2020, sex: Sex = Sex.MALE) -> str:
    return make_personal_id(province_code="079", sex=sex, birth_year=year, serial=serial)


@pytest.fixture
def read(files: Files) -> Callable[..., RoundInput]:
    def run(
        applicants: list[str],
        *,
        schools: tuple[str, ...] = ("school_code,level,capacity", "A,grade_1,2", "B,grade_1,1"),
        distances: tuple[str, ...] | None = ("applicant_no,school_code,distance_m",),
        options: IntakeOptions | None = None,
    ) -> RoundInput:
        return read_round(
            files("applicants.csv", applicants),
            files("schools.csv", schools),
            distances=files("distances.csv", distances) if distances else None,
            options=options,
        )

    return run


def found(given: RoundInput) -> list[tuple[str, str, int | None, str]]:
    return [(issue.severity.value, issue.code, issue.row, issue.value) for issue in given.issues]


def only(given: RoundInput, code: str) -> list[Issue]:
    return [issue for issue in given.issues if issue.code == code]


HEADER = "applicant_no,level,date_of_birth,sex"


def test_good_rows_have_no_finding_and_keep_what_they_say(read: Callable[..., RoundInput]) -> None:
    given = read(
        [f"{HEADER},priority_tier", f"{child(1)},grade_1,2020-05-17,nam,2", f"'{child(2)},grade_1,17/05/2020,male,"],
        distances=("applicant_no,school_code,distance_m", f"{child(2)},A,120", f"{child(1)},B,80"),
    )
    assert found(given) == []
    assert given.applicants["applicant_no"].tolist() == [child(1), child(2)]
    assert given.applicants["priority_tier"].tolist() == [2, 1]
    assert given.applicants["date_of_birth"].tolist() == ["2020-05-17", "2020-05-17"]
    assert given.pairs is not None
    assert given.pairs["distance_m"].tolist() == [120, 80]


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (f"{child(1)[1:]},grade_1,2020-05-17,male", "personal_id_length"),
        ("ABCDEFGHIJKL,grade_1,2020-05-17,male", "personal_id_digits"),
        (",grade_1,2020-05-17,male", "personal_id_missing"),
        (f"{child(1)},grade_1,2019-05-17,male", "personal_id_birth_year"),
        (f"{child(1)},grade_1,2020-05-17,female", "personal_id_sex"),
        (f"{child(1)},grade_1,May 17 2020,male", "date_format"),
        (f"{child(1)},grade_1,31/02/2020,male", "date_format"),
        (f"{child(1)},grade_2,2020-05-17,male", "level_unknown"),
        (f"{child(1)},,2020-05-17,male", "level_unknown"),
    ],
)
def test_a_bad_applicant_stands_aside_with_its_row_and_the_others_go_on(
    read: Callable[..., RoundInput], row: str, code: str
) -> None:
    given = read([HEADER, f"{child(8)},grade_1,2020-05-17,male", row, f"{child(9)},grade_1,2020-05-17,male"])
    (issue,) = only(given, code)
    assert (issue.severity.value, issue.file, issue.row) == ("error", "applicants.csv", 3)
    assert given.applicants["applicant_no"].tolist() == [child(8), child(9)]
    assert given.set_aside_count == 1
    assert child(1) not in issue.sentence("vi")


def test_a_priority_tier_that_is_no_whole_number_stands_aside(read: Callable[..., RoundInput]) -> None:
    given = read(["applicant_no,priority_tier", "a,0", "b,x", "c,1.5", "d,2"], options=ANY)
    assert given.applicants["applicant_no"].tolist() == ["d"]
    assert [issue.value for issue in only(given, "priority_tier_not_whole")] == ["0", "x", "1.5"]


def test_nobody_who_shares_a_number_with_another_is_preferred_for_coming_first(
    read: Callable[..., RoundInput],
) -> None:
    given = read(["applicant_no,priority_tier", "a,1", "b,1", "a,2"], options=ANY)
    assert given.applicants["applicant_no"].tolist() == ["b"]
    assert [(issue.row, issue.severity.value) for issue in only(given, "applicant_duplicate")] == [
        (2, "error"),
        (4, "error"),
    ]


def test_a_row_that_is_merely_repeated_counts_once(read: Callable[..., RoundInput]) -> None:
    given = read([HEADER, f"{child(1)},grade_1,2020-05-17,nam", f"'{child(1)},grade_1,17/5/2020,male"])
    assert given.applicants["applicant_no"].tolist() == [child(1)]
    assert [(issue.row, issue.severity.value) for issue in only(given, "applicant_repeated")] == [(3, "warning")]


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("C,grade_1,-3", "capacity_not_whole"),
        ("C,grade_1,", "capacity_missing"),
        ("C,grade_1,many", "capacity_not_whole"),
        ("C,grade_1,2.5", "capacity_not_whole"),
        (",grade_1,3", "school_code_missing"),
        ("C,grade_9,3", "level_unknown"),
    ],
)
def test_a_bad_school_stands_aside_with_its_row(read: Callable[..., RoundInput], row: str, code: str) -> None:
    given = read(
        ["applicant_no,level", "a,grade_1"], schools=("school_code,level,capacity", "A,grade_1,2", row), options=ANY
    )
    assert given.schools["school_code"].tolist() == ["A"]
    assert [(issue.file, issue.row, issue.severity.value) for issue in only(given, code)] == [
        ("schools.csv", 3, "error")
    ]


def test_a_school_given_twice_with_different_seats_is_used_neither_way(read: Callable[..., RoundInput]) -> None:
    schools = ("school_code,level,capacity", "A,grade_1,2", "A,grade_1,3", "A,grade_6,4", "B,grade_1,1", "B,grade_1,1")
    given = read(["applicant_no,level", "a,grade_1"], schools=schools, options=ANY)
    assert given.schools[["school_code", "level"]].to_numpy().tolist() == [["A", "grade_6"], ["B", "grade_1"]]
    assert [issue.row for issue in only(given, "school_duplicate")] == [2, 3]
    assert [issue.row for issue in only(given, "school_repeated")] == [6]


@pytest.mark.parametrize(
    ("level", "seats"),
    # Điều 15 TT 52/2020, Điều 16 TT 28/2020, Điều 16 TT 32/2020: children in a class.
    [("kindergarten_3", 50), ("kindergarten_4", 60), ("kindergarten_5", 70), ("grade_1", 70), ("grade_6", 90)],
)
def test_classes_become_seats_by_the_norm_of_the_level(read: Callable[..., RoundInput], level: str, seats: int) -> None:
    given = read(
        ["applicant_no,level", f"a,{level}"], schools=("school_code,level,classes", f"A,{level},2"), options=ANY
    )
    assert given.schools["capacity"].tolist() == [seats]


def test_a_written_capacity_comes_before_the_classes(read: Callable[..., RoundInput]) -> None:
    schools = ("school_code,level,capacity,classes", "A,grade_1,80,2", "B,grade_1,,2")
    given = read(["applicant_no,level", "a,grade_1"], schools=schools, options=ANY)
    assert given.schools["capacity"].tolist() == [80, 70]


DISTANCES = "applicant_no,school_code,distance_m"


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("a,B,-5", "distance_m_not_whole"),
        ("a,B,12.5", "distance_m_not_whole"),
        ("a,B,near", "distance_m_not_whole"),
        ("a,B,99999999999", "distance_m_not_whole"),
        ("a,B,", "distance_m_missing"),
        ("z,B,5", "applicant_no_unknown"),
        ("a,Z,5", "school_code_unknown"),
        ("a,B", "column_count"),
    ],
)
def test_a_bad_distance_stands_aside_with_its_row(read: Callable[..., RoundInput], row: str, code: str) -> None:
    given = read(["applicant_no,level", "a,grade_1"], distances=(DISTANCES, "a,A,10", row), options=ANY)
    assert given.pairs is not None
    assert given.pairs[["school_code", "distance_m"]].to_numpy().tolist() == [["A", 10]]
    assert [(issue.file, issue.row, issue.severity.value) for issue in only(given, code)] == [
        ("distances.csv", 3, "error")
    ]


def test_a_pair_given_twice_counts_once_and_a_contradiction_not_at_all(read: Callable[..., RoundInput]) -> None:
    rows = (DISTANCES, "a,A,10", "a,B,7", "a,A,10", "a,B,8", "a,A,10.0")
    given = read(["applicant_no,level", "a,grade_1"], distances=rows, options=ANY)
    assert given.pairs is not None
    assert given.pairs[["school_code", "distance_m"]].to_numpy().tolist() == [["A", 10]]
    assert [issue.row for issue in only(given, "distance_repeated")] == [4, 6]
    assert [issue.row for issue in only(given, "distance_contradiction")] == [3, 5]


def test_pairs_of_those_set_aside_or_of_another_level_go_without_a_word(read: Callable[..., RoundInput]) -> None:
    applicants = ["applicant_no,level,priority_tier", "a,grade_1,1", "b,grade_1,x", "c,grade_6,1"]
    schools = ("school_code,level,capacity", "A,grade_1,1", "K,grade_6,1")
    rows = (DISTANCES, "a,A,1", "b,A,2", "c,K,3", "a,K,4")
    given = read(applicants, schools=schools, distances=rows, options=IntakeOptions(any_id=True, level="grade_1"))
    assert given.pairs is not None
    assert given.pairs["applicant_no"].tolist() == ["a"]
    assert only(given, "applicant_no_unknown") == only(given, "school_code_unknown") == []


def test_a_file_of_distances_that_fits_nothing_is_refused(read: Callable[..., RoundInput]) -> None:
    with pytest.raises(InputError) as refused:
        read(["applicant_no,level", "a,grade_1"], distances=(DISTANCES, "x,A,1"), options=ANY)
    assert refused.value.subject == "distances.csv"


def test_unknown_columns_are_reported_with_the_name_they_resemble(read: Callable[..., RoundInput]) -> None:
    given = read(["applicant_no,level,prioritytier", "a,grade_1,1"], options=ANY)
    (issue,) = only(given, "unknown_column")
    assert (issue.field, issue.severity.value) == ("prioritytier", "warning")
    assert "priority_tier" in issue.hint.en


def test_a_missing_column_is_refused_with_the_columns_that_are_there(read: Callable[..., RoundInput]) -> None:
    with pytest.raises(InputError) as refused:
        read(["id,level", "a,grade_1"], options=ANY)
    assert "applicant_no" in refused.value.message.en
    assert "id, level" in (refused.value.hint or ("", ""))[1]


def test_a_header_without_rows_is_refused(read: Callable[..., RoundInput]) -> None:
    with pytest.raises(InputError, match="no rows"):
        read(["applicant_no,level"], options=ANY)


@pytest.mark.parametrize(
    ("applicants", "schools", "level"),
    [
        (["applicant_no", "a"], ("school_code,capacity", "A,1"), ""),
        (["applicant_no", "a"], ("school_code,level,capacity", "A,grade_6,1"), "grade_6"),
        (["applicant_no,level", "a,grade_6"], ("school_code,capacity", "A,1"), "grade_6"),
    ],
)
def test_a_level_may_be_left_to_the_other_file_or_to_none(
    read: Callable[..., RoundInput], applicants: list[str], schools: tuple[str, ...], level: str
) -> None:
    given = read(applicants, schools=schools, options=ANY)
    assert given.applicants["level"].tolist() == given.schools["level"].tolist() == [level]


def test_a_missing_level_that_could_be_several_is_refused(read: Callable[..., RoundInput]) -> None:
    with pytest.raises(InputError, match="level"):
        read(["applicant_no", "a"], schools=("school_code,level,capacity", "A,grade_6,1", "A,grade_1,1"), options=ANY)
    with pytest.raises(InputError, match="level"):
        read(["applicant_no", child(1)], schools=("school_code,capacity", "A,1"))


def test_an_unknown_level_option_is_refused(read: Callable[..., RoundInput]) -> None:
    with pytest.raises(InputError, match="grade_7"):
        read(["applicant_no", "a"], options=IntakeOptions(any_id=True, level="grade_7"))


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2020-05-31", "2020-05-31"),
        ("2020-5-1", "2020-05-01"),
        ("31/05/2020", "2020-05-31"),
        ("1-5-2020", "2020-05-01"),
        ("2020-05-31 00:00:00", "2020-05-31"),
        ("05/31/2020", None),
        ("31/05/20", None),
        ("20200531", None),
        ("2020-02-30", None),
    ],
)
def test_dates_are_iso_or_day_first_and_nothing_else(text: str, day: str | None) -> None:
    parsed = parse_date(text)
    assert (parsed.isoformat() if parsed else None) == day


SCHOOLS_AT = ("school_code,level,capacity,lon,lat", "A,grade_1,2,106.70,10.77")
LOCATED = IntakeOptions(any_id=True, storage_crs=HCMC)


def test_degrees_become_metres_of_the_storage_system(read: Callable[..., RoundInput]) -> None:
    given = read(
        ["applicant_no,level,lon,lat", "a,grade_1,106.70098,10.77653"],
        schools=SCHOOLS_AT,
        distances=None,
        options=LOCATED,
    )
    expected = transformer(WGS84, HCMC)(np.array([[106.70098, 10.77653]]))[0]
    assert given.applicants[["x", "y"]].to_numpy()[0] == pytest.approx(expected, abs=0.001)
    assert given.pairs is None


def test_metres_are_taken_as_they_are_and_decimal_commas_are_read(read: Callable[..., RoundInput]) -> None:
    given = read(
        ["applicant_no;level;x;y", "a;grade_1;603000,5;1192000"], schools=SCHOOLS_AT, distances=None, options=LOCATED
    )
    assert given.applicants[["x", "y"]].to_numpy().tolist() == [[603000.5, 1192000.0]]


def test_a_home_without_point_or_abroad_stands_aside_where_ways_are_measured(read: Callable[..., RoundInput]) -> None:
    homes = [
        "applicant_no,level,lon,lat",
        *(f"{name},grade_1,106.7,10.77" for name in "abc"),
        "d,grade_1,,",
        "e,grade_1,2.35,48.85",
    ]
    given = read(homes, schools=SCHOOLS_AT, distances=None, options=LOCATED)
    assert given.applicants["applicant_no"].tolist() == ["a", "b", "c"]
    assert [(code, row) for _, code, row, _ in found(given)] == [("coordinates_missing", 5), ("coordinates_outside", 6)]


def test_the_same_home_goes_on_without_a_point_where_distances_are_given(read: Callable[..., RoundInput]) -> None:
    homes = ["applicant_no,level,lon,lat", "a,grade_1,106.7,10.77", "b,grade_1,,"]
    given = read(homes, schools=SCHOOLS_AT, options=LOCATED)
    assert given.applicants["applicant_no"].tolist() == ["a", "b"]
    assert [severity for severity, *_ in found(given)] == ["warning"]


def test_swapped_columns_are_recognised(read: Callable[..., RoundInput]) -> None:
    with pytest.raises(InputError) as refused:
        read(
            ["applicant_no,level,lon,lat", "a,grade_1,10.77,106.70"],
            schools=SCHOOLS_AT,
            distances=None,
            options=LOCATED,
        )
    assert "swapped" in refused.value.sentence("en")


def test_an_unknown_coordinate_system_is_refused(read: Callable[..., RoundInput]) -> None:
    with pytest.raises(UnknownCrsError):
        read(
            ["applicant_no,level,x,y", "a,grade_1,1,2"],
            schools=SCHOOLS_AT,
            distances=None,
            options=IntakeOptions(any_id=True, crs="EPSG:0"),
        )


def test_ways_cannot_be_measured_without_any_coordinates(read: Callable[..., RoundInput]) -> None:
    with pytest.raises(InputError, match="lon"):
        read(["applicant_no,level", "a,grade_1"], distances=None, options=ANY)


def test_the_same_round_is_read_from_parquet(tmp_path: Path) -> None:
    applicants, schools, distances = (tmp_path / f"{name}.parquet" for name in ("a", "s", "d"))
    pd.DataFrame({"applicant_no": [child(1)], "level": ["grade_1"]}).to_parquet(applicants)
    pd.DataFrame({"school_code": ["A"], "level": ["grade_1"], "capacity": [3]}).to_parquet(schools)
    pd.DataFrame({"applicant_no": [child(1)], "school_code": ["A"], "distance_m": [12]}).to_parquet(distances)
    given = read_round(applicants, schools, distances=distances)
    assert given.pairs is not None
    assert given.pairs["distance_m"].tolist() == [12]
    assert [code for _, code, *_ in found(given)] == ["date_of_birth_missing"]


def test_a_personal_id_that_slipped_into_another_column_is_masked_too(read: Callable[..., RoundInput]) -> None:
    given = read([HEADER, f"{child(8)},grade_1,2020-05-17,male", f"x,{child(1)},{child(2)},{child(3)}"])
    said = " ".join(issue.sentence("en") for issue in given.issues)
    assert {"level", "date_of_birth", "sex"} <= {issue.field for issue in given.issues}
    assert not [number for number in map(child, range(1, 4)) if number in said]


def test_a_file_without_a_header_shows_nobodys_id(read: Callable[..., RoundInput]) -> None:
    with pytest.raises(InputError) as refused:
        read([f"{child(1)},grade_1,2020-05-17,male", f"{child(2)},grade_1,2020-05-17,male"])
    assert child(1) not in refused.value.sentence("en")
    given = read([f"applicant_no,level,{child(1)}", f"{child(2)},grade_1,"])
    assert child(1) not in only(given, "unknown_column")[0].sentence("vi")


@pytest.mark.parametrize("name", ['=HYPERLINK("x")', "@SUM(1)", "+1+cmd", "-a", '"a\nb"', "x" * 101])
def test_a_number_or_code_that_a_spreadsheet_would_run_stands_aside(read: Callable[..., RoundInput], name: str) -> None:
    quoted = name if name.startswith('"') else '"{}"'.format(name.replace('"', '""'))
    given = read(
        ["applicant_no", "ok", "-7", quoted],
        schools=("school_code,capacity", "A,1", f"{quoted},1"),
        distances=("applicant_no,school_code,distance_m", f"{quoted},A,5", f"ok,{quoted},5"),
        options=ANY,
    )
    assert given.applicants["applicant_no"].tolist() == ["ok", "-7"]
    assert given.schools["school_code"].tolist() == ["A"]
    assert [issue.code for issue in given.issues] == ["applicant_no_unusable", "school_code_unusable"]
    assert all(len(issue.value) < 90 for issue in given.issues)


def test_the_name_of_a_school_loses_what_a_spreadsheet_would_run(read: Callable[..., RoundInput]) -> None:
    schools = ("school_code,capacity,name", 'A,1,"=1+1 Hoa\n  Sen"', "B,1,Trường B")
    given = read(["applicant_no", "a"], schools=schools, options=ANY)
    assert given.schools["name"].tolist() == ["1+1 Hoa Sen", "Trường B"]
    assert [(issue.row, issue.value[:2]) for issue in only(given, "name_cleaned")] == [(2, "'=")]


def test_letters_that_nobody_sees_are_no_part_of_a_number(read: Callable[..., RoundInput]) -> None:
    given = read(["applicant_no", "\u200ba\u200bb", "\u202ecd\u202c"], options=ANY)
    assert given.applicants["applicant_no"].tolist() == ["ab", "cd"]


def test_only_a_point_that_would_fit_the_other_way_round_is_called_swapped(read: Callable[..., RoundInput]) -> None:
    given = read(
        ["applicant_no,lon,lat", "a,106.7,10.77", "b,106.7,10.77", "c,10.77,106.7", "d,106.7,10.77", "e,0,0"],
        options=ANY,
    )
    hints = [issue.hint.en for issue in only(given, "coordinates_outside")]
    assert hints == ["lon and lat are swapped.", "Check this point."]


@pytest.mark.parametrize(
    ("numbers", "codes", "metres", "kept"),
    [
        (["a", "b", "a"], ["A", "A", "B"], ["1", "2", "3"], [["a", "A", 1], ["b", "A", 2], ["a", "B", 3]]),
        ([" a", "b", "a "], ["A", "A ", "B"], ["1", "2", "3"], [["a", "A", 1], ["b", "A", 2], ["a", "B", 3]]),
        (["a", None, "zz"], ["A", "A", "B"], ["1", "2", "3"], [["a", "A", 1]]),
        (["a", "b", "b"], ["A", "", "Z"], ["1", "2", "3"], [["a", "A", 1]]),
        (["a", "b", "a"], ["A", "A", "B"], ["1", None, "2.5"], [["a", "A", 1]]),
    ],
)
def test_parquet_of_clean_cells_of_dirty_ones_and_csv_say_the_same(
    files: Files,
    tmp_path: Path,
    numbers: list[str | None],
    codes: list[str],
    metres: list[str | None],
    kept: list[list[object]],
) -> None:
    table = pd.DataFrame({"applicant_no": numbers, "school_code": codes, "distance_m": metres})
    table.to_parquet(tmp_path / "d.parquet", row_group_size=2)
    table.to_csv(tmp_path / "d.csv", index=False)
    people = files("applicants.csv", ["applicant_no", "a", "b"])
    schools = files("schools.csv", ["school_code,capacity", "A,1", "B,1"])
    said = []
    for name in ("d.parquet", "d.csv"):
        given = read_round(people, schools, distances=tmp_path / name, options=ANY)
        assert given.pairs is not None
        assert given.pairs[["applicant_no", "school_code", "distance_m"]].to_numpy().tolist() == kept
        said.append([(issue.code, issue.row, issue.value) for issue in given.issues])
    assert said[0] == said[1]
