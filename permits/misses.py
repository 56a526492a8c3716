"""Why no parcel answers: one sentence each, and what to do."""

from collections.abc import Sequence
from dataclasses import dataclass

from spatial.text import Text

NEAR_M = 50.0
_MOST_WARDS_SHOWN_COUNT = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Miss:
    """Why nothing was found; ``code`` is stable."""

    code: str
    message: Text
    hint: Text | None = None

    def sentence(self) -> Text:
        """Return message and hint as one line."""
        if self.hint is None:
            return self.message
        return Text(f"{self.message.vi} {self.hint.vi}", f"{self.message.en} {self.hint.en}")


NO_SUCH_PARCEL = Miss(
    code="no_such_parcel",
    message=Text("Không tìm thấy thửa đất nào.", "No parcel was found."),
    hint=Text(
        "Kiểm tra số tờ, số thửa; dùng phường cũ, trước khi sáp nhập.",
        "Check sheet and number; use the old ward, before the merger.",
    ),
)
NO_SUCH_ID = Miss(
    code="no_such_national_id",
    message=Text("Không thửa nào đã công bố mang mã định danh này.", "No published parcel bears this national id."),
    hint=Text("Tìm theo số tờ, số thửa.", "Search by sheet and number."),
)
NO_PARCEL_HERE = Miss(
    code="no_parcel_here",
    message=Text("Điểm này không nằm trong thửa nào đã công bố.", "No published parcel contains this point."),
    hint=Text("Điểm có thể ở trên đường hoặc dưới sông, rạch.", "It may lie on a road or in a river."),
)
OUTSIDE_CITY = Miss(
    code="outside_city",
    message=Text("Điểm này nằm ngoài thành phố.", "The point lies outside the city."),
    hint=Text("Kiểm tra tọa độ và hệ tọa độ.", "Check the coordinates and their system."),
)
ADDRESS_NO_HOUSE = Miss(
    code="address_no_house",
    message=Text(
        "Địa chỉ không dẫn đến một ngôi nhà nên không có thửa.", "The address leads to no house, so to no parcel."
    ),
    hint=Text("Thêm số nhà, tên đường và phường.", "Add number, street and ward."),
)
ADDRESS_UNCERTAIN = Miss(
    code="address_uncertain",
    message=Text("Địa chỉ có thể là nhiều nơi.", "The address may be several places."),
    hint=Text("Chọn một nơi, hoặc thêm phường.", "Choose one, or add the ward."),
)
NO_PARCEL_AT_ADDRESS = Miss(
    code="no_parcel_at_address",
    message=Text("Không thửa nào đã công bố nằm tại địa chỉ này.", "No published parcel lies at this address."),
    hint=Text("Tìm theo số tờ, số thửa.", "Search by sheet and number."),
)


def unknown_ward(ward: str) -> Miss:
    """Return what to say of a ward that neither time knows."""
    return Miss(
        code="ward_unknown",
        message=Text(f"Không thửa nào thuộc phường, xã {ward!r}.", f"No parcel lies in a ward {ward!r}."),
        hint=Text("Dùng mã 5 chữ số hoặc tên của phường cũ.", "Use the five digits or the name of the old ward."),
    )


def new_ward(code: str, name: str, old_wards: Sequence[str]) -> Miss:
    """Return what to say of the code of a ward of today."""
    listed = _listed(old_wards)
    return Miss(
        code="ward_is_new",
        message=Text(
            f"{code} là mã của {name}, đơn vị từ 01/7/2025; số tờ đếm theo phường cũ.",
            f"{code} is the code of {name}, a unit since 2025-07-01; sheets are numbered in the old wards.",
        ),
        hint=Text(f"Chọn phường cũ: {listed}.", f"Choose an old ward: {listed}.")
        if listed
        else Text("Dùng mã của phường cũ.", "Use the code of the old ward."),
    )


def elsewhere(ward: str, others: Sequence[str]) -> Miss:
    """Return what to say of a number that stands in other wards alone."""
    listed = _listed(others)
    return Miss(
        code="in_another_ward",
        message=Text(f"{ward} không có tờ và thửa này.", f"{ward} has no such sheet and number."),
        hint=Text(f"Số này có ở: {listed}.", f"It stands in: {listed}."),
    )


def _listed(names: Sequence[str]) -> str:
    shown = "; ".join(names[:_MOST_WARDS_SHOWN_COUNT])
    return f"{shown} …" if len(names) > _MOST_WARDS_SHOWN_COUNT else shown
