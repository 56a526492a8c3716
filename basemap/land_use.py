"""What a parcel may be used for: one or several purposes, each with its area, as the register writes them.

The text stays as it was given; what is read out of it stands beside. What no code of the list is stays *as written*:
old certificates say ``T`` or ``Thổ cư``, and no program may decide what such a word is today.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from spatial.issues import Issue, Severity
from spatial.text import Text, to_nfc, without_accents

LAND_USE_CODES: Mapping[str, Text] = MappingProxyType(
    {
        "LUC": Text("Đất chuyên trồng lúa", "Rice land"),
        "LUK": Text("Đất trồng lúa còn lại", "Other rice land"),
        "HNK": Text("Đất trồng cây hằng năm khác", "Other annual crops"),
        "CLN": Text("Đất trồng cây lâu năm", "Perennial crops"),
        "RDD": Text("Đất rừng đặc dụng", "Special-use forest"),
        "RPH": Text("Đất rừng phòng hộ", "Protection forest"),
        "RSX": Text("Đất rừng sản xuất", "Production forest"),
        "NTS": Text("Đất nuôi trồng thủy sản", "Aquaculture"),
        "CNT": Text("Đất chăn nuôi tập trung", "Livestock"),
        "LMU": Text("Đất làm muối", "Salt making"),
        "NKH": Text("Đất nông nghiệp khác", "Other agricultural land"),
        "ONT": Text("Đất ở tại nông thôn", "Residential land, rural"),
        "ODT": Text("Đất ở tại đô thị", "Residential land, urban"),
        "TSC": Text("Đất xây dựng trụ sở cơ quan", "Offices of the state"),
        "CQP": Text("Đất quốc phòng", "Defence"),
        "CAN": Text("Đất an ninh", "Public security"),
        "DVH": Text("Đất xây dựng cơ sở văn hóa", "Culture"),
        "DYT": Text("Đất xây dựng cơ sở y tế", "Health"),
        "DGD": Text("Đất xây dựng cơ sở giáo dục và đào tạo", "Education"),
        "DTT": Text("Đất xây dựng cơ sở thể dục, thể thao", "Sports"),
        "DKH": Text("Đất xây dựng cơ sở khoa học và công nghệ", "Science"),
        "DSK": Text("Đất xây dựng công trình sự nghiệp khác", "Other public services"),
        "DKV": Text("Đất khu vui chơi, giải trí công cộng", "Public recreation"),
        "TMD": Text("Đất thương mại, dịch vụ", "Trade and services"),
        "SKC": Text("Đất cơ sở sản xuất phi nông nghiệp", "Non-agricultural production"),
        "SKS": Text("Đất sử dụng cho hoạt động khoáng sản", "Mining"),
        "DGT": Text("Đất công trình giao thông", "Transport"),
        "DTL": Text("Đất công trình thủy lợi", "Irrigation"),
        "DRA": Text("Đất công trình xử lý chất thải", "Waste treatment"),
        "DNL": Text("Đất công trình năng lượng", "Energy"),
        "TON": Text("Đất tôn giáo", "Religion"),
        "TIN": Text("Đất tín ngưỡng", "Belief"),
        "SON": Text("Đất có mặt nước dạng sông, ngòi, kênh, rạch, suối", "Rivers and canals"),
        "MNC": Text("Đất có mặt nước chuyên dùng", "Special water surface"),
        "PNK": Text("Đất phi nông nghiệp khác", "Other non-agricultural land"),
        "BCS": Text("Đất bằng chưa sử dụng", "Flat land, unused"),
        "DCS": Text("Đất đồi núi chưa sử dụng", "Hills, unused"),
        "NCS": Text("Núi đá không có rừng cây", "Bare rock"),
    }
)
"""Codes of Thông tư 08/2024/TT-BTNMT, annex II, and one of before (``DKV``); the words come from secondary pages."""

AREA_SUM_RATIO = 0.01
"""Purposes whose areas differ from the registered area by more than this share are reported."""

_PARTS = re.compile(r"\s*(?:[;+|/\n]|,(?=\s*[^\W\d_])|\s+và\s+)\s*", re.IGNORECASE)
_AREA_LAST = re.compile(
    r"^(?P<use>[^\d]*?[^\W\d_.)])\s*[:=(-]*\s*(?P<area>\d[\d.,]*)\s*(?:m2|m²)?\s*\)?$", re.IGNORECASE
)
_AREA_FIRST = re.compile(r"^(?P<area>\d[\d.,]*)\s*(?:m2|m²)?\s*(?P<use>[^\d]+)$", re.IGNORECASE)
_PLAIN_AREA = re.compile(r"\d+(?:[.,]\d{1,2})?|\d{1,3}(?:\.\d{3})+,\d{1,2}")
_MOST_LETTERS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Purpose:
    """One purpose of a parcel; ``area_m2`` is None where the register gives no area."""

    code: str
    area_m2: float | None = None

    @property
    def label(self) -> Text:
        """What the code means."""
        return LAND_USE_CODES[self.code]


@dataclass(frozen=True, slots=True, kw_only=True)
class LandUse:
    """What a land-use text says.

    Parameters
    ----------
    written
        The text as the register has it; empty where it has none.
    purposes
        Those that a code of the list names, in the order of the text.
    unread
        Parts of which no program can say what they mean today.
    """

    written: str = ""
    purposes: tuple[Purpose, ...] = ()
    unread: tuple[str, ...] = ()

    @property
    def codes(self) -> tuple[str, ...]:
        """Codes of the purposes, each once."""
        return tuple(dict.fromkeys(purpose.code for purpose in self.purposes))

    @property
    def area_m2(self) -> float | None:
        """Sum of the purposes; None where one of them has no area or could not be read."""
        areas = [purpose.area_m2 for purpose in self.purposes if purpose.area_m2 is not None]
        is_whole = bool(areas) and len(areas) == len(self.purposes) and not self.unread
        return sum(areas) if is_whole else None

    def to_json(self) -> list[dict[str, object]]:
        """Return the purposes for programs; what could not be read has no code and stands as ``written``."""
        read: list[dict[str, object]] = [
            {"code": purpose.code, "area_m2": purpose.area_m2, "label": purpose.label._asdict()}
            for purpose in self.purposes
        ]
        read.extend({"code": None, "written": part} for part in self.unread)
        return read


def read_land_use(text: str | None) -> LandUse:
    """Read ``ODT``, ``ODT+CLN``, ``ODT 60; CLN 40``, ``Đất ở tại đô thị: 60,5 m²``; never fails."""
    written = to_nfc(text or "")
    if not written:
        return LandUse()
    if len(written) > _MOST_LETTERS:
        return LandUse(written=written, unread=(written,))
    purposes: list[Purpose] = []
    unread: list[str] = []
    # A name of the list may hold a comma: the whole is tried before its parts.
    parts = [written] if _code_of(written) else [part for part in _PARTS.split(written) if part]
    for part in parts:
        purpose, is_read = _purpose(part)
        purposes += [purpose] if purpose else []
        unread += [] if is_read else [part]
    return LandUse(written=written, purposes=tuple(purposes), unread=tuple(unread))


def land_use_issues(
    texts: Sequence[object], registered_m2: Sequence[object], *, file: str, first_row: int
) -> Iterable[Issue]:
    """Yield one warning for each text that is not fully read, and one for each row whose areas do not add up.

    Parameters
    ----------
    texts, registered_m2
        Land use and registered area of each parcel, in the order of the file; None where absent.
    first_row
        Row of the first, as a person counts.
    """
    known: dict[str, LandUse] = {}
    count_of: dict[str, int] = {}
    row_of: dict[str, int] = {}
    for row, (text, area_m2) in enumerate(zip(texts, registered_m2, strict=True), start=first_row):
        if not isinstance(text, str):
            continue
        use = known.setdefault(text, read_land_use(text))
        if use.unread:
            count_of[text] = count_of.get(text, 0) + 1
            row_of.setdefault(text, row)
        if use.area_m2 is not None and isinstance(area_m2, float | int):
            yield from _sum_issue(use.area_m2, float(area_m2), text=text, file=file, row=row)
    for text, count in count_of.items():
        yield _unread_issue(text, count, file=file, row=row_of[text])


def _purpose(part: str) -> tuple[Purpose | None, bool]:
    """Return the purpose of one part, and whether all of the part was read."""
    if code := _code_of(part):
        return Purpose(code=code), True
    found = _AREA_LAST.match(part) or _AREA_FIRST.match(part)
    code = _code_of(found["use"]) if found else None
    if found is None or code is None:
        return None, False
    # 1.200 is twelve hundred to one clerk and one and a fifth to the next.
    if not _PLAIN_AREA.fullmatch(found["area"]):
        return Purpose(code=code), False
    digits = found["area"].replace(".", "") if "," in found["area"] else found["area"]
    return Purpose(code=code, area_m2=float(digits.replace(",", "."))), True


def _folded(words: str) -> str:
    return " ".join(word for word in without_accents(words).replace(",", " ").split() if word != "tai").strip(" .:")


_CODE_BY_NAME = {_folded(label.vi): code for code, label in LAND_USE_CODES.items()}


def _code_of(words: str) -> str | None:
    code = words.strip().upper()
    return code if code in LAND_USE_CODES else _CODE_BY_NAME.get(_folded(words))


def _sum_issue(sum_m2: float, registered_m2: float, *, text: str, file: str, row: int) -> Iterable[Issue]:
    if abs(sum_m2 - registered_m2) <= AREA_SUM_RATIO * registered_m2:
        return
    yield Issue(
        severity=Severity.WARNING,
        code="land_use_areas_differ",
        file=file,
        row=row,
        field="land_use_code",
        value=text,
        message=Text(
            f"Các mục đích cộng lại {sum_m2:g} m², diện tích trên giấy {registered_m2:g} m².",
            f"The purposes add up to {sum_m2:g} m², the registered area is {registered_m2:g} m².",
        ),
        hint=Text("Đối chiếu với giấy chứng nhận.", "Compare with the certificate."),
    )


def _unread_issue(text: str, count: int, *, file: str, row: int) -> Issue:
    return Issue(
        severity=Severity.WARNING,
        code="land_use_unread",
        file=file,
        row=row,
        field="land_use_code",
        value=text,
        message=Text(
            f"{count} thửa có loại đất ngoài danh mục; giữ nguyên văn.",
            f"{count} parcels have a land use outside the list of codes; it is kept as written.",
        ),
        hint=Text("Ghi mã, ví dụ ODT 60; CLN 40.", "Write codes, for example ODT 60; CLN 40."),
    )
