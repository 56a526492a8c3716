"""Which old ward is meant: by code, by name, or by the code of a ward of today."""

from basemap.admin_units import Succession, new_unit, old_unit, units_of
from permits.ward_words import WardWords

UNITS = units_of(
    Succession(
        old=old_unit(code=code, name=name, district=district, province="Thành phố Hồ Chí Minh"),
        new=new_unit(code=new_code, name=new_name, province="Thành phố Hồ Chí Minh"),
    )
    for code, name, district, new_code, new_name in [
        ("26740", "Phường Bến Nghé", "Quận 1", "26740", "Phường Sài Gòn"),
        ("26734", "Phường Tân Định", "Quận 1", "26737", "Phường Tân Định"),
        ("26737", "Phường Đa Kao", "Quận 1", "26740", "Phường Sài Gòn"),
        ("27094", "Phường An Phú", "Quận 2", "27094", "Phường Bình Trưng"),
        ("25987", "Phường An Phú", "Thuận An", "25978", "Phường An Phú"),
    ]
)
WORDS = WardWords(codes=frozenset({"26740", "26734", "27094", "25987", "00001"}), units=UNITS)


def test_a_code_means_itself_with_or_without_its_zeros() -> None:
    assert WORDS.codes_meant(" 26740 ") == ("26740",)
    assert WORDS.codes_meant("1") == ("00001",)


def test_a_name_means_the_old_ward_with_or_without_kind_and_accents() -> None:
    for name in ("Phường Bến Nghé", "Bến Nghé", "ben nghe", "P. Bến Nghé"):
        assert WORDS.codes_meant(name) == ("26740",)


def test_a_name_that_several_districts_had_means_all_of_them() -> None:
    assert WORDS.codes_meant("An Phú") == ("25987", "27094")


def test_a_name_of_today_alone_means_no_old_ward() -> None:
    assert WORDS.codes_meant("Sài Gòn") == ()
    assert WORDS.codes_meant("") == ()
    assert WORDS.codes_meant("99999") == ()


def test_the_code_of_a_ward_of_today_is_known_with_the_old_wards_it_took() -> None:
    """26737 was Đa Kao's and is Tân Định's; Sài Gòn took Bến Nghé, and Đa Kao, of which no parcel is published."""
    assert WORDS.new_name("26737") == "Phường Tân Định"
    assert WORDS.old_codes_within("26737") == ("26734",)
    assert WORDS.old_codes_within("26740") == ("26740",)
    assert WORDS.new_name("99999") is None


def test_without_the_table_the_published_wards_are_what_is_known() -> None:
    words = WardWords(codes=frozenset({"90001"}), name_of={"90001": "Phường Bến Dừa", "90004": "Phường Mới"})
    assert words.codes_meant("bến dừa") == ("90001",)
    assert words.new_name("90004") == "Phường Mới"
    assert words.new_name("90001") is None
    assert words.label("90001") == "Phường Bến Dừa (90001)"
