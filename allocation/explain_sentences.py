"""The sentences of an explanation, in both languages, as an officer would say them to a parent."""

from collections.abc import Mapping
from functools import lru_cache

from allocation.explain_model import Standing
from allocation.model import Reason
from spatial.text import NO_TEXT, Text

_NO_OTHER_SCHOOL_M = 5_000_000
_KEPT = 4096
"""How many sentences are kept that many children read alike."""


@lru_cache(_KEPT)
def metres(distance_m: int) -> Text:
    """Return a distance as people write it: 1.250 m in Vietnamese, 1,250 m in English."""
    return Text(f"{distance_m:,} m".replace(",", "."), f"{distance_m:,} m")


def number(count: int) -> Text:
    """Return a whole number as each language writes it."""
    return Text(f"{count:,}".replace(",", "."), f"{count:,}")


def joined(*parts: Text) -> Text:
    """Return sentences one after the other."""
    return Text(" ".join(part.vi for part in parts if part.vi), " ".join(part.en for part in parts if part.en))


def summary_sentence(reason: Reason, distance_m: int | None, nearer_count: int, rank: int | None = None) -> Text:
    """Return the first sentence of an answer; ``rank`` is that of the school in the submitted list."""
    far = metres(distance_m or 0)
    if reason is Reason.NEAREST_SCHOOL:
        return Text(
            f"Đây là trường gần nhất trong các trường được xét, cách nhà {far.vi}.",
            f"This is the nearest of the schools considered, {far.en} from home.",
        )
    if reason is Reason.NEARER_SCHOOLS_FULL:
        schools = "1 school is nearer, but it" if nearer_count == 1 else f"{nearer_count} schools are nearer, but none"
        return Text(
            f"Trường này cách nhà {far.vi}. Có {nearer_count} trường gần hơn nhưng không còn chỗ cho con.",
            f"This school is {far.en} from home. {schools} {'had no' if nearer_count == 1 else 'had a'} seat for "
            "your child.",
        )
    if reason in {Reason.FIRST_PREFERENCE, Reason.PREFERRED_SCHOOLS_FULL}:
        return _wish_sentence(far, nearer_count, rank)
    if reason is Reason.SEAT_CONFIRMED:
        return Text(
            f"Gia đình đã xác nhận chỗ học này nên chỗ được giữ nguyên. Trường cách nhà {far.vi}.",
            f"Your family has confirmed this place, so it is kept. The school is {far.en} from home.",
        )
    if reason is Reason.ALL_SCHOOLS_FULL:
        return _no_place(nearer_count)
    return Text(
        "Con chưa được xếp chỗ học: không có trường nào của cấp này trong phạm vi được xét.",
        "Your child has no place yet: there is no school of this level within reach.",
    )


def _no_place(considered_count: int) -> Text:
    if considered_count == 1:
        return Text(
            "Con chưa được xếp chỗ học: trường duy nhất được xét không còn chỗ cho con.",
            "Your child has no place yet: the only school considered had no seat for your child.",
        )
    return Text(
        f"Con chưa được xếp chỗ học: {considered_count} trường được xét đều không còn chỗ cho con.",
        f"Your child has no place yet: none of the schools considered ({considered_count}) had a seat for your child.",
    )


def _wish_sentence(far: Text, before_count: int, rank: int | None) -> Text:
    if rank is None and not before_count:
        return Text(
            f"Gia đình không nộp nguyện vọng; đây là trường gần nhất được xét, cách nhà {far.vi}.",
            f"No wishes were submitted; this is the nearest of the schools considered, {far.en} from home.",
        )
    if rank is None:
        return Text(
            f"Các trường trong nguyện vọng đã nộp không còn chỗ cho con. Trường này cách nhà {far.vi}, là trường gần "
            "nhất còn nhận được con.",
            f"The schools in your list had no seat for your child. This school, {far.en} from home, is the nearest "
            "that had one.",
        )
    if not before_count:
        return Text(
            f"Đây là trường đứng đầu trong nguyện vọng của gia đình, cách nhà {far.vi}.",
            f"This is the first school in your list, {far.en} from home.",
        )
    before = "the school before it" if before_count == 1 else f"the {before_count} schools before it"
    return Text(
        f"Đây là nguyện vọng {rank}, cách nhà {far.vi}. {before_count} trường đứng trước trong danh sách không còn chỗ "
        "cho con.",
        f"This is number {rank} in your list, {far.en} from home; {before} had no seat for your child.",
    )


def waiting_below() -> Text:
    """Return that the child stays on waiting lists, whose positions follow."""
    return Text(
        "Con vẫn ở trong danh sách chờ; thứ tự chờ ở từng trường được ghi bên dưới.",
        "Your child stays on the waiting lists; the position at each school is given below.",
    )


def waiting(position: int) -> Text:
    """Return the position in the waiting list of a school."""
    told = number(position)
    return Text(f"Trong danh sách chờ của trường, con ở vị trí {told.vi}.",
                f"Your child is number {told.en} on the waiting list of this school.")  # fmt: skip


@lru_cache(_KEPT)
def tier_here(tier: int, title: Text = NO_TEXT) -> Text:
    """Return in which tier the child was admitted, and what the rule calls it."""
    if not title.vi:
        title = Text("diện có số nhỏ được xét trước", "the smaller number comes first")
    vi, en = (f" ({words})" for words in title)
    return Text(
        f"Ở trường này con thuộc diện ưu tiên {tier}{vi}.",
        f"At this school your child is in priority tier {tier}{en}.",
    )


def tiers_meant(own: int, last: int, titles: Mapping[int, Text]) -> Text:
    """Return what the rule calls two tiers; nothing where it has no one name for both."""
    if own not in titles or last not in titles:
        return NO_TEXT
    return Text(
        f"Diện {last} là “{titles[last].vi}”, diện {own} là “{titles[own].vi}”.",
        f"Tier {last} is “{titles[last].en}”, tier {own} “{titles[own].en}”.",
    )


_WHAT_A_STAGE_DOES = {
    "deferred_acceptance": Text("mỗi trường nhận theo thứ tự ưu tiên", "each school takes those who come first"),
    "least_travel": Text("tổng quãng đường của các em ngắn nhất", "the least total distance for all children"),
    "least_farthest": Text(
        "em đi xa nhất phải đi ít nhất", "the shortest possible way for the child who goes farthest"
    ),
}


@lru_cache(_KEPT)
def by_stage(stage: int, stage_count: int, kind: str) -> Text:
    """Return which stage of the rule gave the seat; of a later one also that it is looked at again."""
    what = _WHAT_A_STAGE_DOES[kind]
    told = Text(
        f"Chỗ này được xếp ở bước {stage} trong {stage_count} bước ({what.vi}).",
        f"The place was given in step {stage} of {stage_count} ({what.en}).",
    )
    if stage == 1:
        return told
    return joined(
        told,
        Text(
            "Các bước trước không còn chỗ cho con trong giới hạn của chúng, nên trường hợp này được đánh dấu để cán bộ "
            "xem lại.",
            "The steps before had no seat for your child within their limits, so the case is marked for an officer to "
            "look at.",
        ),
    )


def in_group(title: Text) -> Text:
    """Return that the seat is one of those kept for a group."""
    return Text(f"Đây là chỗ dành riêng: {title.vi}.", f"It is a reserved seat: {title.en}.")


def with_siblings(count: int) -> Text:
    """Return that the child goes to one school with others."""
    others = "child" if count == 1 else f"{count} children"
    return Text(f"Con được xếp cùng trường với {count} em đăng ký đi cùng.",
                f"Your child goes to the same school as the {others} named in the application.")  # fmt: skip


def kept_seat() -> Text:
    """Return that the seat of an earlier run is kept."""
    return Text("Con giữ chỗ đã được xếp lần trước.", "Your child keeps the place of the earlier run.")


@lru_cache(_KEPT)
def full(seats: int, group: Text | None = None, *, has_groups: bool = False) -> Text:
    """Return that all seats are taken: of the school, the open ones, or those of a group."""
    told = number(seats)
    if group is not None:
        return Text(
            f"Chỗ dành riêng “{group.vi}” đã hết ({told.vi} chỗ).",
            f"The reserved seats “{group.en}” are all taken ({told.en}).",
        )
    if has_groups and not seats:
        return Text("Trường không có chỗ chung.", "The school has no open seats.")
    if has_groups:
        return Text(f"Trường đã hết chỗ chung ({told.vi} chỗ).", f"All open seats of the school are taken ({told.en}).")
    return Text(f"Trường đã đủ {told.vi} chỗ.", f"The school is full ({told.en}).")


def compared(decided_by: str, own: Standing, last: Standing, *, with_tier: bool) -> Text:
    """Return how the child stands beside the last one admitted, and what made the difference."""
    if last.distance_m is None:
        return _compared_without_figures(decided_by, own, last)
    last_m, own_m = metres(last.distance_m), metres(own.distance_m or 0)
    tier = (
        Text(f" thuộc diện ưu tiên {last.tier}, nhà", f" is in priority tier {last.tier} and")
        if with_tier
        else Text(" có nhà", "")
    )
    if decided_by == "tier":
        return Text(
            f"Em cuối cùng được nhận{tier.vi} cách trường {last_m.vi}; con thuộc diện ưu tiên {own.tier}, "
            f"nhà cách trường "
            f"{own_m.vi}. Diện {last.tier} được xét trước diện {own.tier}.",
            f"The last child admitted{tier.en} lives {last_m.en} from the school; yours is in "
            f"tier {own.tier}, {own_m.en} away. "
            f"Tier {last.tier} comes before tier {own.tier}.",
        )
    same = (
        Text(f"con cũng thuộc diện {own.tier}, nhà", f" is also in tier {own.tier},")
        if with_tier
        else Text("nhà con", "")
    )
    if decided_by == "distance":
        more = metres((own.distance_m or 0) - last.distance_m)
        return Text(
            f"Em cuối cùng được nhận{tier.vi} cách trường {last_m.vi}; {same.vi} cách {own_m.vi}, xa hơn {more.vi}.",
            f"The last child admitted{tier.en} lives {last_m.en} away; yours{same.en} {'' if with_tier else 'lives '}"
            f"{own_m.en} away, {more.en} farther.",
        )
    if decided_by == "lottery" and own.distance_m == last.distance_m:
        return joined(
            Text(
                f"Em cuối cùng được nhận{tier.vi} cách trường {last_m.vi}, bằng đúng quãng đường của con, nên bốc thăm "
                "quyết định.",
                f"The last child admitted{tier.en} lives {last_m.en} away, as far as yours, so the lottery decided.",
            ),
            _drawn(own, last),
        )
    return _compared_otherwise(decided_by, own, last)


def _compared_otherwise(decided_by: str, own: Standing, last: Standing) -> Text:
    last_m, own_m = metres(last.distance_m or 0), metres(own.distance_m or 0)
    if decided_by == "lottery":
        equal = Text("Giữa các em ngang nhau, trường xét theo bốc thăm.", "Between equals the school goes by lottery.")
        return joined(equal, _drawn(own, last))
    if decided_by == "distance_band":
        return Text(
            f"Em cuối cùng được nhận có nhà cách trường {last_m.vi}; nhà con cách {own_m.vi}, thuộc vòng "
            f"ngoài nên xét sau.",
            f"The last child admitted lives {last_m.en} away; yours, {own_m.en} away, is in a later band.",
        )
    if decided_by == "relative_distance":
        return _compared_by_alternative(own, last)
    if decided_by == "given_priority":
        mine = "không có thứ tự" if own.priority_rank is None else f"đứng thứ {own.priority_rank}"
        mine_en = "has no rank" if own.priority_rank is None else f"is number {own.priority_rank}"
        return Text(
            f"Trong danh sách ưu tiên của trường, em cuối cùng được nhận đứng thứ {last.priority_rank or '–'}; "
            f"con {mine}.",
            f"In the school's list of priorities the last child admitted is number {last.priority_rank or '–'}; yours "
            f"{mine_en}.",
        )
    if decided_by == "held":
        return Text(
            "Những chỗ này thuộc về các em đã được xếp vào đây lần trước.",
            "The seats belong to children who were placed here in an earlier run.",
        )
    return Text(
        "Những em thuộc nhóm được dành chỗ xếp trước.", "Children for whom these seats are reserved come first."
    )


def _drawn(own: Standing, last: Standing) -> Text:
    mine, theirs = number(own.lottery_place or 0), number(last.lottery_place or 0)
    return Text(
        f"Em cuối cùng được nhận có thứ tự bốc thăm {theirs.vi}, con có thứ tự {mine.vi}; số nhỏ được xét trước.",
        f"The last child admitted drew number {theirs.en}, yours number {mine.en}; the smaller comes first.",
    )


def _compared_by_alternative(own: Standing, last: Standing) -> Text:
    mine, theirs = _alternative(own.saved_m or 0), _alternative(last.saved_m or 0)
    return Text(
        "Trường nhận trước những em mà nếu không học ở đây thì phải đi xa hơn nhiều nhất. Với em cuối cùng được nhận, "
        f"trường gần nhất khác {theirs.vi}; với con, {mine.vi}.",
        "The school first takes those whose nearest other school is much farther. For the last child admitted that one "
        f"{theirs.en}; for yours it {mine.en}.",
    )


def _alternative(saved_m: int) -> Text:
    if saved_m > _NO_OTHER_SCHOOL_M:
        return Text("không có", "does not exist")
    far = metres(abs(saved_m))
    return (
        Text(f"xa hơn {far.vi}", f"is {far.en} farther")
        if saved_m >= 0
        else Text(f"gần hơn {far.vi}", f"is {far.en} nearer")
    )


_BEFORE = {
    "tier": Text("thuộc diện ưu tiên trước", "are in an earlier priority tier"),
    "distance": Text("ở gần trường hơn", "live nearer"),
    "distance_band": Text("ở vòng gần hơn", "are in a nearer band"),
    "relative_distance": Text("có trường thay thế ở xa hơn", "have a farther way to another school"),
    "lottery": Text("bốc thăm được số nhỏ hơn", "drew a smaller number in the lottery"),
    "given_priority": Text(
        "đứng trước trong danh sách ưu tiên của trường", "stand before in the school's list of priorities"
    ),
    "held": Text("đã được xếp vào đây lần trước", "were placed here in an earlier run"),
    "reserved": Text("thuộc nhóm được dành chỗ", "are those for whom the seats are reserved"),
}


def _compared_without_figures(decided_by: str, own: Standing, last: Standing) -> Text:
    before = _BEFORE[decided_by]
    tiers = Text(f" (diện {last.tier}, con diện {own.tier})", f" (tier {last.tier}; yours is {own.tier})")
    shown = tiers if decided_by == "tier" else Text("", "")
    return Text(
        f"So với con, những em được nhận {before.vi}{shown.vi}. Vì chỉ có vài em nên không nêu số liệu của em cuối "
        "cùng.",
        f"Those admitted {before.en}{shown.en}. They are so few that the figures of the last one are not told.",
    )


def longer(extra_m: int) -> Text:
    """Return that all ways together would be longer."""
    more = metres(extra_m)
    return Text(
        f"Nếu nhận con vào đây thì tổng quãng đường của tất cả các em dài thêm {more.vi}.",
        f"With your child here, the ways of all children together would be {more.en} longer.",
    )


def lottery() -> Text:
    """Return that the lottery decided between two equally short totals."""
    return Text(
        "Nếu nhận con vào đây thì tổng quãng đường của tất cả các em không đổi; bốc thăm đã quyết định.",
        "With your child here the total of all ways would be the same; the lottery decided.",
    )


def without(*, has_seat: bool) -> Text:
    """Return that another child would have no place: for a child who has none, one of an earlier tier."""
    if not has_seat:
        return Text(
            "Nếu nhận con vào đây thì một em thuộc diện được xét trước con sẽ không có chỗ học.",
            "With your child here, a child of an earlier tier would have no place.",
        )
    return Text(
        "Nếu nhận con vào đây thì một em khác sẽ không có chỗ học.",
        "With your child here, one more child would have no place.",
    )


def farther_for_another(farthest_m: int) -> Text:
    """Return that another child would have no place, or a way longer than the longest that must be."""
    far = metres(farthest_m)
    return Text(
        f"Nếu nhận con vào đây thì một em khác không có chỗ học, hoặc phải đi xa hơn {far.vi} là mức xa nhất.",
        f"With your child here another child would have no place, or go farther than {far.en}, the longest way of all.",
    )


def others_first() -> Text:
    """Return that those admitted come first."""
    return Text(
        "Những em được nhận đứng trước con theo thứ tự xét của trường.",
        "Those admitted come before your child in the school's order.",
    )


def beyond(limit_m: int) -> Text:
    """Return that the school is beyond the limit of the policy."""
    limit = metres(limit_m)
    return Text(f"Trường xa hơn giới hạn {limit.vi}.", f"Farther than the limit of {limit.en}.")


def taken_before(stage: int) -> Text:
    """Return that nothing was left when the stage began that could have given the seat."""
    return Text(f"Đến bước {stage} trường đã hết chỗ.", f"No seat was left when step {stage} began.")


def reserved(titles: Text) -> Text:
    """Return that the seats still free are kept for others."""
    return Text(
        f"Chỗ còn trống là chỗ dành riêng: {titles.vi}.", f"The seats still free are reserved ones: {titles.en}."
    )


def no_seats(group: Text | None) -> Text:
    """Return that there are no seats at all, or none of the group that the child belongs to."""
    if group is None:
        return Text("Trường không có chỉ tiêu nào trong đợt này.", "The school has no seats in this round.")
    return Text(
        f"Trường không có chỗ dành riêng: {group.vi}.", f"The school has no reserved seats of this kind: {group.en}."
    )


def not_entitled(tier: int | None) -> Text:
    """Return that no tier of the rule fits the child here, or that its tier is not considered."""
    if tier is None:
        return Text(
            "Theo quy tắc của đợt, con không thuộc diện nào được xét vào trường này.",
            "Under the rule of the round your child is in no tier that this school may take.",
        )
    return Text(f"Trường không xét diện ưu tiên {tier}.", f"Priority tier {tier} is not considered at this school.")


def siblings_decided() -> Text:
    """Return to a child who is alone that those who go to one school decided."""
    return Text(
        "Ở đây, việc giữ anh chị em học cùng một trường đã quyết định.",
        "Here it decided that brothers and sisters are kept in one school.",
    )


def together(*, has_seat: bool) -> Text:
    """Return that the school could not take those placed together, or that another suits all of them better."""
    if not has_seat:
        return Text(
            "Các em đăng ký đi cùng được xét chung: sau khi xếp các em khác, trường này không còn đủ chỗ cho cả nhóm.",
            "Those who applied together are considered together: with the others placed, this school had too few seats "
            "for all of them.",
        )
    return Text(
        "Các em đăng ký đi cùng được xét chung: trường này không nhận đủ cả nhóm, hoặc tính cho cả nhóm thì kém hơn "
        "trường đã xếp.",
        "Those who applied together are considered together: this school could not take all of them, or suits the "
        "group less than the one given.",
    )


def seat_kept(*, is_confirmed: bool) -> Text:
    """Return that no other school is looked for."""
    if is_confirmed:
        return Text(
            "Gia đình đã xác nhận chỗ đang có, nên không xét trường khác.",
            "Your family has confirmed the place held, so no other school is considered.",
        )
    return Text("Con giữ chỗ đã có từ lần trước.", "Your child keeps the place of the earlier run.")


def not_of_level(name: str) -> Text:
    """Return that a school named in the application has no such level."""
    return Text(
        f"{name} (ghi trong hồ sơ) không tuyển cấp này.", f"{name}, named in the application, has no such level."
    )


def not_reachable(name: str) -> Text:
    """Return that a school named in the application has no way to it within reach."""
    return Text(
        f"{name} (ghi trong hồ sơ) không có đường đi trong phạm vi được đo từ nhà con.",
        f"{name}, named in the application, cannot be reached from home within the distance that was measured.",
    )
