"""Names of before July 2025 in addresses, on a small table: one ward whole, one divided, one name of both times."""

import pytest

from basemap.admin_units import AdminUnits, Succession, new_unit, old_unit
from basemap.former_wards import WardsOfBothTimes
from basemap.ward_names import Certainty, CurrentWards

HCMC = "Thành phố Hồ Chí Minh"
OLD = {
    "ben_nghe": old_unit(code="1", name="Phường Bến Nghé", district="Quận 1", province=HCMC),
    "four": old_unit(code="2", name="Phường 04", district="Quận 5", province=HCMC),
    "four_elsewhere": old_unit(code="3", name="Phường 04", district="Quận Gò Vấp", province=HCMC),
    "an_phu": old_unit(code="4", name="Phường An Phú", district="Quận 2", province=HCMC),
    "tan_quy": old_unit(code="5", name="Phường Tân Quý", district="Quận Tân Phú", province=HCMC),
}
TODAY = {
    "101": "Phường Sài Gòn",
    "102": "Phường Chợ Quán",
    "103": "Phường Hạnh Thông",
    "104": "Phường Bình Trưng",
    "105": "Phường An Phú",
    "106": "Phường Tân Sơn Nhì",
}
SUCCESSIONS = (
    ("ben_nghe", "101"), ("four", "102"), ("four_elsewhere", "103"), ("an_phu", "104"), ("tan_quy", "106"),
    ("ben_nghe", "102"),
)  # fmt: skip


@pytest.fixture
def wards() -> WardsOfBothTimes:
    new = {code: new_unit(code=code, name=name, province=HCMC) for code, name in TODAY.items()}
    table = AdminUnits(tuple(Succession(old=OLD[old], new=new[code]) for old, code in SUCCESSIONS))
    return WardsOfBothTimes(CurrentWards(TODAY.items()), table)


@pytest.mark.parametrize(
    ("ward", "district", "is_former", "codes", "certainty"),
    [
        ("Sài Gòn", "", False, {"101"}, Certainty.SURE),
        ("Bến Nghé", "1", False, {"101", "102"}, Certainty.SURE),
        ("Bến Nghé", "", False, {"101", "102"}, Certainty.SURE),
        ("Bến Nghé", "", True, {"101", "102"}, Certainty.SURE),
        ("4", "5", True, {"102"}, Certainty.SURE),
        ("4", "", False, {"102", "103"}, Certainty.UNVERIFIED),
        ("4", "7", False, set(), Certainty.UNVERIFIED),
        ("An Phú", "2", True, {"104"}, Certainty.SURE),
        ("An Phú", "", False, {"104", "105"}, Certainty.UNVERIFIED),
        ("Tân Quy", "Tân Phú", False, set(), Certainty.UNVERIFIED),
        ("Tan Quy", "Tan Phu", False, {"106"}, Certainty.SURE),
        ("Sài Gòn", "1", False, {"101"}, Certainty.SURE),
        ("Sài Gòn", "5", False, set(), Certainty.UNVERIFIED),
        ("Sài Gòn", "", True, {"101"}, Certainty.UNVERIFIED),
        ("An Phú", "9", False, set(), Certainty.UNVERIFIED),
        ("", "5", False, {"102"}, Certainty.SURE),
        ("", "99", False, set(), Certainty.UNVERIFIED),
        ("", "", False, set(), Certainty.NOT_STATED),
    ],
)
def test_a_former_name_is_sure_only_where_the_table_leaves_no_choice(
    wards: WardsOfBothTimes,
    ward: str,
    district: str,
    is_former: bool,  # noqa: FBT001 - a column of the table above
    codes: set[str],
    certainty: Certainty,
) -> None:
    meant = wards.wards_meant(ward=ward, district=district, is_former=is_former)
    assert (set(meant.codes), meant.certainty) == (codes, certainty)


BINH_DUONG = "Tỉnh Bình Dương"


@pytest.fixture
def merged() -> WardsOfBothTimes:
    """Two old wards of one name in two provinces, and a commune that shares its name with a ward of today."""
    old = {
        "in_the_city": old_unit(code="11", name="Phường Hiệp Thành", district="Quận 12", province=HCMC),
        "in_binh_duong": old_unit(
            code="12", name="Phường Hiệp Thành", district="Thành phố Thủ Dầu Một", province=BINH_DUONG
        ),
        "commune": old_unit(code="13", name="Xã Tân Hưng", district="Huyện Bàu Bàng", province=BINH_DUONG),
    }
    new = {
        code: new_unit(code=code, name=name, province=HCMC)
        for code, name in {
            "201": "Phường Tân Thới Hiệp",
            "202": "Phường Phú Lợi",
            "203": "Phường Tân Hưng",
            "204": "Xã Bàu Bàng",
        }.items()
    }
    pairs = (("in_the_city", "201"), ("in_binh_duong", "202"), ("commune", "204"))
    table = AdminUnits(tuple(Succession(old=old[one], new=new[other]) for one, other in pairs))
    return WardsOfBothTimes(CurrentWards((code, unit.name) for code, unit in new.items()), table)


@pytest.mark.parametrize(
    ("names", "codes", "certainty"),
    [
        ({"ward": "Hiệp Thành", "province": "Bình Dương"}, {"202"}, Certainty.SURE),
        ({"ward": "Hiệp Thành", "district": "Thủ Dầu Một", "province": "Bình Dương"}, {"202"}, Certainty.SURE),
        ({"ward": "Hiệp Thành", "district": "12", "province": "Bình Dương"}, set(), Certainty.UNVERIFIED),
        ({"ward": "Hiệp Thành"}, {"201", "202"}, Certainty.UNVERIFIED),
        ({"ward": "Phú Lợi", "province": "Bình Dương"}, {"202"}, Certainty.SURE),
        ({"ward": "Tân Thới Hiệp", "province": "Bình Dương"}, set(), Certainty.UNVERIFIED),
        ({"province": "Bình Dương"}, {"202", "204"}, Certainty.SURE),
        ({"ward": "Tân Hưng"}, {"203", "204"}, Certainty.UNVERIFIED),
        ({"ward": "Tân Hưng", "kind": "phường"}, {"203"}, Certainty.SURE),
        ({"ward": "Tân Hưng", "kind": "xã", "is_former": True}, {"204"}, Certainty.SURE),
    ],
)
def test_the_province_and_the_kind_of_a_ward_tell_namesakes_apart(
    merged: WardsOfBothTimes, names: dict[str, object], codes: set[str], certainty: Certainty
) -> None:
    asked: dict[str, object] = {"ward": "", "district": "", "is_former": False} | names
    meant = merged.wards_meant(**asked)  # type: ignore[arg-type]  # the names of a case, as they stand
    assert (set(meant.codes), meant.certainty) == (codes, certainty)
