"""The sentences of an explanation, in both languages."""

from allocation.model import Reason
from spatial.text import Text


def metres(distance_m: int) -> Text:
    """Return a distance as people write it: 1.250 m in Vietnamese, 1,250 m in English."""
    return Text(f"{distance_m:,} m".replace(",", "."), f"{distance_m:,} m")


def summary_sentence(reason: Reason, distance_m: int | None, nearer_count: int) -> Text:
    """Return the first sentence of an answer."""
    far = metres(distance_m or 0)
    if reason is Reason.NEAREST_SCHOOL:
        return Text(
            f"Đây là trường gần nhất trong các trường được xét, cách nhà {far.vi}.",
            f"This is the nearest of the schools considered, {far.en} from home.",
        )
    if reason is Reason.NEARER_SCHOOLS_FULL:
        schools = "1 nearer school is" if nearer_count == 1 else f"{nearer_count} nearer schools are"
        return Text(
            f"Trường này cách nhà {far.vi}; {nearer_count} trường gần hơn đã đủ chỗ.",
            f"This school is {far.en} from home; {schools} full.",
        )
    if reason is Reason.ALL_SCHOOLS_FULL:
        return Text(
            f"Chưa xếp được chỗ học: {nearer_count} trường được xét đều đã đủ chỗ.",
            f"No place yet: the schools considered ({nearer_count}) are all full.",
        )
    return Text(
        "Chưa xếp được chỗ học: không có trường nào của cấp này trong phạm vi được xét.",
        "No place yet: there is no school of this level within reach.",
    )


def longer(capacity: int, extra_m: int) -> Text:
    """Return that all ways together would be longer."""
    more = metres(extra_m)
    return Text(
        f"Trường đã đủ {capacity} chỗ. Nhận em vào đây thì tổng quãng đường của mọi em dài thêm {more.vi}.",
        f"The school is full ({capacity}). With this child here, all walks together would be {more.en} longer.",
    )


def lottery(capacity: int) -> Text:
    """Return that the lottery decided."""
    return Text(
        f"Trường đã đủ {capacity} chỗ. Nhận em vào đây thì tổng quãng đường không đổi; bốc thăm đã quyết định.",
        f"The school is full ({capacity}). With the child here the total would be the same; the lottery decided.",
    )


def without(capacity: int) -> Text:
    """Return that another child would have no place."""
    return Text(
        f"Trường đã đủ {capacity} chỗ. Nhận em vào đây thì thêm một em khác không có chỗ học.",
        f"The school is full ({capacity}). With the child here, one more child would have no place.",
    )


def others_first(capacity: int) -> Text:
    """Return that all seats went to children who come first in the order of the school."""
    return Text(
        f"Trường đã đủ {capacity} chỗ; những em được nhận đứng trước theo thứ tự xét của trường.",
        f"The school is full ({capacity}); those admitted come first in its order.",
    )


def beyond(limit_m: int) -> Text:
    """Return that the school is beyond the limit of the policy."""
    limit = metres(limit_m)
    return Text(f"Xa hơn giới hạn {limit.vi}.", f"Farther than the limit of {limit.en}.")
