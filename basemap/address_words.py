"""The words by which the parts of a Vietnamese address are told, and the names that look like such words."""

import re
from enum import StrEnum

from basemap.address_text import has_accents, shadow


class Part(StrEnum):
    """Parts of an address, by the name of their field."""

    NUMBER = "house_number"
    ALLEY = "alley"
    STREET = "street"
    UNIT = "unit"
    FLOOR = "floor"
    BUILDING = "building"
    LOT = "lot"
    QUARTER = "quarter"
    GROUP = "group"
    HAMLET = "hamlet"
    ESTATE = "estate"
    WARD = "ward"
    DISTRICT = "district"
    CITY = "city"
    PROVINCE = "province"


_PROVINCE_WORDS = (
    r"\btinh\b\.?(?! lo)|\b(?:tp|thanh pho|t\.p)\b[\s.]*(?:h\.?c\.?m|ho chi minh|sai gon)\b|\btphcm\b|\bhcmc\b"
    r"|\bho chi minh(?: city)?\b|(?<!phuong )(?<!p\.)(?<!p\. )\bsai gon\b(?=\s*$)|\bhcm(?: city)?\b"
)
_WARD_WORDS = (
    r"\b(?:phuong|thi tran|dac khu|xa(?! lo\b))\b[\s.:]*|\b[pf]\b[\s.:]*(?=\w)|\b[pf](?=\d{1,2}\b)"
    r"|\bx\.\s*|\btt\.\s*"
)
_DISTRICT_WORDS = (
    r"\b(?:quan|huyen|thi xa)\b[\s.:]*|\bq\b[\s.:]*(?=\w)|\bq(?=\d{1,2}\b)|\bh\.\s*|\btx\.\s*"
    r"|\bdist(?:rict)?\b[\s.]*"
)

_LOT_WORDS = (
    r"(?<!tinh )(?<!quoc )(?<!huong )(?<!dai )"
    r"\b(?:lo|block|thap|toa)\b[\s.:]*(?:so\s)?(?=[a-z]{0,2}-?\d|[a-eg-o]\b)"
)

MARKERS: tuple[tuple[Part, str], ...] = (
    (Part.PROVINCE, _PROVINCE_WORDS),
    (Part.UNIT, r"\b(?:can ho|can so|phong so|phong|can)\b[\s.:]*(?:so\s)?(?![qpf]\.?\s?\d)(?=[a-z]{0,2}[\d.-])"),
    (Part.FLOOR, r"\b(?:tang|lau)\b[\s.:]*(?=\d|tret\b|ham\b)"),
    (Part.BUILDING, r"\b(?:chung cu|cao oc|toa nha|cc|c/c)\b[\s.:]*"),
    (Part.ESTATE, r"\b(?:khu dan cu|khu do thi|kdc|kdt|cu xa|khu cong nghiep|kcn)\b[\s.:]*"),
    (Part.LOT, _LOT_WORDS),
    (Part.QUARTER, r"\b(?:khu pho|kp)\b[\s.:]*|\bkp(?=\d)"),
    (Part.GROUP, r"\b(?:to dan pho|tdp|to)\b[\s.:]*(?:so\s)?(?=\d)"),
    (Part.HAMLET, r"\b(?:ap|thon|xom)\b[\s.:]+(?=\w)"),
    (Part.WARD, _WARD_WORDS),
    (Part.DISTRICT, _DISTRICT_WORDS),
    (Part.CITY, r"\b(?:thanh pho|tp|t\.p)\b[\s.:]*"),
    (Part.ALLEY, r"\b(?:so )?(?:hem|ngo|ngach|kiet)\b[\s.:]*(?:so\s)?(?=[a-z]?\d)"),
    (Part.STREET, r"\b(?:duong so|d\.? ?so)\b[\s.:]*(?=\d)|\b(?:duong|dai lo|dl|pho)\b[\s.:]*|\bd\b\.\s*|\bd(?=\s)"),
    (Part.NUMBER, r"\b(?:so nha|nha so|nha(?= \d)|sn|so)\b[\s.:]*(?=[a-z]{0,2}\d)"),
)
"""Patterns on the text without accents; the first that fits counts, so the longer word stands before the shorter."""

NAMES_WITH_MARKERS = re.compile(
    r"\b(?:an duong vuong|kinh duong vuong|(?:binh|hai) duong|(?:ba )?huyen thanh quan|nguyen tri phuong|"
    r"pho duc chinh|pho co dieu|ap bac(?! lan\b)|cho quan\b(?! \d)|nguyen thi thap|"
    r"phuong vi|pho quang|xa dan|cao phuong|"
    r"duong (?:ba trac|dinh nghe|dinh hoi|quang ham|tu giang|thi muoi|van cam|van duong|cat loi|cong khi|minh chau|"
    r"khue|bach mai|quang dong|thi giang))\b"
)
"""Names of streets and places in which a syllable looks like a marker word once its accents are gone."""

_WRITTEN = frozenset(
    (
        "tỉnh", "tp", "thành phố", "căn hộ", "căn số", "căn", "phòng số", "phòng", "chung cư", "cao ốc", "tòa nhà",
        "khu dân cư", "khu đô thị", "kđt", "cư xá", "khu công nghiệp", "lô", "tháp", "tòa", "khu phố", "tổ dân phố",
        "tổ", "ấp", "thôn", "xóm", "phường", "thị trấn", "đặc khu", "xã", "quận", "huyện", "thị xã", "hẻm", "hẽm",
        "ngõ", "ngách", "kiệt", "số hẻm", "đường số", "đ số", "đ. số", "đ.số", "đường", "đại lộ", "đl", "phố", "đ",
        "tầng", "lầu", "nhà", "số nhà", "nhà số", "số", "hồ chí minh", "tp hồ chí minh", "tp. hồ chí minh",
        "tp.hồ chí minh",         "thành phố hồ chí minh", "sài gòn", "tp sài gòn", "tp. sài gòn",
    )
)  # fmt: skip

KNOWN_DATES = frozenset(
    ("3/2", "30/4", "2/9", "19/5", "26/3", "1/5", "19/8", "23/9", "8/3", "22/12", "27/7", "20/11", "9/1")
)
"""Dates that streets are named after; such a path with no other street is the street, not a house."""

HOME_PROVINCE = "Hồ Chí Minh"
_NAMES_OF_PROVINCES = (
    "An Giang", "Bà Rịa - Vũng Tàu", "Bạc Liêu", "Bắc Giang", "Bắc Kạn", "Bắc Ninh", "Bến Tre", "Bình Dương",
    "Bình Định", "Bình Phước", "Bình Thuận", "Cà Mau", "Cao Bằng", "Cần Thơ", "Đà Nẵng", "Đắk Lắk", "Đắk Nông",
    "Điện Biên", "Đồng Nai", "Đồng Tháp", "Gia Lai", "Hà Giang", "Hà Nam", "Hà Nội", "Hà Tĩnh", "Hải Dương",
    "Hải Phòng", "Hậu Giang", "Hòa Bình", "Huế", "Hưng Yên", "Khánh Hòa", "Kiên Giang", "Kon Tum", "Lai Châu",
    "Lạng Sơn", "Lào Cai", "Lâm Đồng", "Long An", "Nam Định", "Nghệ An", "Ninh Bình", "Ninh Thuận", "Phú Thọ",
    "Phú Yên", "Quảng Bình", "Quảng Nam", "Quảng Ngãi", "Quảng Ninh", "Quảng Trị", "Sóc Trăng", "Sơn La",
    "Tây Ninh", "Thái Bình", "Thái Nguyên", "Thanh Hóa", "Thừa Thiên Huế", "Tiền Giang", "Trà Vinh",
    "Tuyên Quang", "Vĩnh Long", "Vĩnh Phúc", "Yên Bái",
)  # fmt: skip
_NAMES_OF_HOME = (
    "tphcm", "hcm", "hcmc", "hcmcity", "hochiminh", "hochiminhcity", "saigon", "tpsaigon", "tphochiminh",
    "thanhphohochiminh", "thanhphosaigon",
)  # fmt: skip
_SHORT_PROVINCES = {"brvt": "Bà Rịa - Vũng Tàu"}
PROVINCES = (
    {re.sub(r"[^a-z]", "", shadow(name)): name for name in _NAMES_OF_PROVINCES}
    | dict.fromkeys(_NAMES_OF_HOME, HOME_PROVINCE)
    | _SHORT_PROVINCES
)
"""Provinces before and after 2025, and the names people give the city, by their letters without accents."""

MERGED_PROVINCES = frozenset(("Bình Dương", "Bà Rịa - Vũng Tàu"))
"""Provinces that became part of the city on 1 July 2025."""


_REMARKS = ("đối diện", "gần", "cạnh", "bên cạnh", "kế bên", "sau lưng", "phía sau", "trước mặt")
_REMARK = re.compile("|".join(rf"{each}\b|{shadow(each)}\b(?! tho\b)" for each in _REMARKS), re.IGNORECASE)


def is_remark(text: str) -> bool:
    """Tell whether ``text`` only says what is near: *đối diện ngân hàng*, *gần chợ*."""
    match = _REMARK.match(text)
    return match is not None and len(text) > match.end()


def accents_fit(written: str) -> bool:
    """Tell whether ``written`` is the marker word itself: in its own accents, or by someone who writes none."""
    word = written.lower().strip(" .:")
    return word in _WRITTEN or not has_accents(word)
