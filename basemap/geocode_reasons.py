"""Why an address was answered as it was, in words; each has a stable code."""

from collections.abc import Mapping
from types import MappingProxyType

from spatial.text import Text

REASONS: Mapping[str, Text] = MappingProxyType(
    {
        "exact": Text(
            "Đúng một địa chỉ có số nhà, tên đường và phường như đã ghi.",
            "Exactly one address has this number, street and ward.",
        ),
        "exact_mended": Text(
            "Tên ghi sai một chữ; số nhà và phần còn lại chỉ khớp với một địa chỉ duy nhất.",
            "One name is misspelt by one letter or accent; everything else fits one address alone.",
        ),
        "alley_mouth": Text(
            "Không có số nhà này trong lớp địa chỉ; đã tìm thấy đầu hẻm.",
            "The house is not in the address layer; the mouth of its alley is.",
        ),
        "number_unknown": Text(
            "Có đường này nhưng lớp địa chỉ không có số nhà đã ghi.",
            "The street exists, but the address layer has no such number.",
        ),
        "number_in_other_ward": Text(
            "Số nhà này nằm trên cùng tên đường nhưng ở phường khác; cần kiểm tra lại phường.",
            "This number stands on a street of that name in another ward; check the ward.",
        ),
        "several_houses": Text(
            "Có nhiều địa chỉ phù hợp; cần ghi thêm phường.",
            "Several addresses fit; the ward must be added.",
        ),
        "name_mended": Text(
            "Tên đường ghi gần đúng; cần ghi thêm phường để xác định số nhà.",
            "The street name is misspelt; without the ward the house is not certain.",
        ),
        "no_number": Text("Địa chỉ không ghi số nhà.", "No house number was given."),
        "area_unverified": Text(
            "Chưa đối chiếu được quận, huyện hoặc tên đơn vị hành chính cũ; cần người kiểm tra.",
            "The district or former name cannot be checked against the ward layer; a person must look.",
        ),
        "area_unknown": Text(
            "Không có phường, xã, quận hay huyện nào như đã ghi trong lớp phường.",
            "The ward layer does not know the ward or district that was written.",
        ),
        "street_elsewhere": Text(
            "Phường đã ghi không có đường này; một trong hai ghi sai.",
            "The ward that was written has no such street; one of the two is wrong.",
        ),
        "several_streets": Text(
            "Nhiều đường trùng tên; cần ghi thêm phường.",
            "Several streets bear this name; the ward must be added.",
        ),
        "street_unknown": Text(
            "Không tìm thấy tên đường; chỉ biết phường.",
            "The street is not known; the ward is.",
        ),
        "street_unknown_anywhere": Text("Không tìm thấy tên đường.", "The street is not known."),
        "no_street": Text("Địa chỉ chỉ ghi đến phường.", "The address names a ward and no street."),
        "nothing_recognised": Text(
            "Không nhận ra số nhà, đường hay phường nào.",
            "Neither number nor street nor ward was recognised.",
        ),
        "other_province": Text(
            "Địa chỉ thuộc tỉnh, thành phố khác.",
            "The address lies in another province.",
        ),
    }
)
"""Every reason, by its code."""
