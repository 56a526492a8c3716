"""What a family reads, for every kind of stage: whole texts in both languages, written by hand, and the same "
"as data."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from allocation.explain import Explanation, NearerSchool, RoundBook, WhyNot, as_data, explain
from allocation.explain_model import Standing
from allocation.policy import parse_policy
from allocation.problem_files import build_problem
from allocation.result_files import write_round
from allocation.stages import decide
from allocation.verify import verify_directory
from spatial.issues import IssueReport

HEAD = "name: x\nversion: '1'\ntitle: {vi: a, en: b}\n"
BY_ORDER = HEAD + "stages: [{kind: deferred_acceptance, order: [%s], preferences: %s%s}]\n"
USUAL = BY_ORDER % ("tier, distance, lottery", "nearest", "")

Ways = dict[str, dict[str, int]]
Ask = Callable[..., Explanation]


@pytest.fixture
def written(frames: Callable[..., tuple[pd.DataFrame, ...]], tmp_path: Path) -> Callable[..., Path]:
    """Decide a round by a policy and write it; ``facts`` are columns of applicants, ``ranks`` those of pairs."""

    def make(
        seats: dict[str, int],
        ways_m: Ways,
        rule: str = USUAL,
        *,
        facts: dict[str, dict[str, Any]] | None = None,
        ranks: dict[str, dict[tuple[str, str], int]] | None = None,
        of_schools: dict[str, dict[str, Any]] | None = None,
    ) -> Path:
        applicants, schools, pairs = frames(seats, ways_m)
        for name, values in (facts or {}).items():
            blank: Any = 1 if name == "priority_tier" else 0 if name == "is_confirmed" else ""
            applicants[name] = [values.get(one, blank) for one in applicants["applicant_no"]]
        for name, values in (of_schools or {}).items():
            schools[name] = [values.get(one, "") for one in schools["school_code"]]
        for name, given in (ranks or {}).items():
            keys = zip(pairs["applicant_no"], pairs["school_code"], strict=True)
            pairs[name] = [given.get(key, 0) for key in keys]
        decision = decide(build_problem(applicants, schools, pairs, seed="s"), parse_policy(rule, subject="test"))
        write_round(tmp_path, decision, seed="s", any_id=True, issues=IssueReport(), places=schools)
        assert verify_directory(tmp_path).failures == ()
        return tmp_path

    return make


def only(told: Explanation) -> NearerSchool:
    (nearer,) = told.nearer
    return nearer


def test_a_farther_child_reads_the_metres_of_the_last_one_admitted(written: Callable[..., Path]) -> None:
    told = explain(written({"A": 1, "B": 1}, {"a": {"A": 846}, "b": {"A": 912, "B": 1250}}), "b")
    assert told.sentences == (
        (
            "Trường này cách nhà 1.250 m. Có 1 trường gần hơn nhưng không còn chỗ cho con.",
            "This school is 1,250 m from home. 1 school is nearer, but it had no seat for your child.",
        ),
    )
    nearer = only(told)
    assert nearer.sentence == (
        "Trường đã đủ 1 chỗ. Em cuối cùng được nhận có nhà cách trường 846 m; nhà con cách 912 m, xa hơn 66 m.",
        "The school is full (1). The last child admitted lives 846 m away; yours lives 912 m away, 66 m farther.",
    )
    assert (nearer.why_not, nearer.decided_by, nearer.stage) == (WhyNot.OTHERS_COME_FIRST, "distance", 1)
    assert (nearer.own.distance_m, nearer.last.distance_m) == (912, 846)


def test_a_child_of_a_later_tier_reads_both_tiers(written: Callable[..., Path]) -> None:
    directory = written(
        {"A": 1, "B": 1}, {"a": {"A": 900}, "b": {"A": 300, "B": 400}}, facts={"priority_tier": {"b": 2}}
    )
    told = explain(directory, "b")
    nearer = only(told)
    assert nearer.sentence == (
        (
            "Trường đã đủ 1 chỗ. Em cuối cùng được nhận thuộc diện ưu tiên 1, nhà cách trường 900 m; con thuộc "
            "diện ưu tiên 2, "
            "nhà cách trường 300 m. Diện 1 được xét trước diện 2."
        ),
        (
            "The school is full (1). The last child admitted is in priority tier 1 and lives 900 m from the "
            "school; yours is "
            "in tier 2, 300 m away. Tier 1 comes before tier 2."
        ),
    )
    assert (nearer.decided_by, nearer.own.tier, nearer.last.tier) == ("tier", 2, 1)
    assert told.sentences[1] == (
        "Ở trường này con thuộc diện ưu tiên 2 (diện có số nhỏ được xét trước).",
        "At this school your child is in priority tier 2 (the smaller number comes first).",
    )


def test_at_equal_metres_the_places_in_the_draw_are_told(written: Callable[..., Path]) -> None:
    directory = written({"A": 1, "B": 1}, {name: {"A": 500, "B": 700} for name in "ab"})
    loser = next(told for told in (explain(directory, name) for name in "ab") if told.school_code == "B")
    nearer = only(loser)
    assert nearer.sentence == (
        (
            "Trường đã đủ 1 chỗ. Em cuối cùng được nhận có nhà cách trường 500 m, bằng đúng quãng đường của con, nên "
            "bốc thăm quyết "
            "định. Em cuối cùng được nhận có thứ tự bốc thăm 1, con có thứ tự 2; số nhỏ được xét trước."
        ),
        (
            "The school is full (1). The last child admitted lives 500 m away, as far as yours, so the "
            "lottery decided. The "
            "last child admitted drew number 1, yours number 2; the smaller comes first."
        ),
    )
    assert (nearer.why_not, nearer.decided_by) == (WhyNot.LOTTERY, "lottery")
    assert nearer.last == Standing(tier=1, distance_m=500, lottery_place=1)


def test_who_has_no_seat_reads_the_position_on_each_waiting_list(written: Callable[..., Path]) -> None:
    told = explain(written({"A": 1}, {"a": {"A": 100}, "b": {"A": 200}, "c": {"A": 300}}), "c")
    assert [text.vi for text in told.sentences] == [
        "Con chưa được xếp chỗ học: trường duy nhất được xét không còn chỗ cho con.",
        "Con vẫn ở trong danh sách chờ; thứ tự chờ ở từng trường được ghi bên dưới.",
    ]
    nearer = only(told)
    assert nearer.waiting_position == 2
    assert nearer.sentence.en.endswith("Your child is number 2 on the waiting list of this school.")


def test_two_steps_tell_which_one_gave_the_seat_and_which_limit_shut_a_school(written: Callable[..., Path]) -> None:
    rule = HEAD + (
        "stages:\n"
        "  - {kind: deferred_acceptance, order: [tier, distance, lottery], max_distance_m: {grade_1: 4000}}\n"
        "  - {kind: least_travel}\n"
    )
    ways = {"a": {"A": 100}, "b": {"A": 4200, "B": 5000}}
    told = explain(written({"A": 1, "B": 1}, ways, rule), "b")
    assert (told.school_code, told.stage) == ("B", 2)
    assert told.sentences[1] == (
        (
            "Chỗ này được xếp ở bước 2 trong 2 bước (tổng quãng đường của các em ngắn nhất). Các bước trước "
            "không còn chỗ cho "
            "con trong giới hạn của chúng, nên trường hợp này được đánh dấu để cán bộ xem lại."
        ),
        (
            "The place was given in step 2 of 2 (the least total distance for all children). The steps before "
            "had no seat for "
            "your child within their limits, so the case is marked for an officer to look at."
        ),
    )
    assert only(told).sentence == (
        "Trường xa hơn giới hạn 4.000 m. Đến bước 2 trường đã hết chỗ.",
        "Farther than the limit of 4,000 m. No seat was left when step 2 began.",
    )
    assert (only(told).why_not, only(told).limit_m) == (WhyNot.BEYOND_LIMIT, 4000)


def test_a_school_wished_for_more_is_explained_even_when_it_is_farther(written: Callable[..., Path]) -> None:
    rule = BY_ORDER % ("tier, lottery", "submitted", "")
    wishes = {("a", "A"): 1, ("b", "A"): 1, ("b", "B"): 2}
    ways = {"a": {"A": 900}, "b": {"A": 800, "B": 100, "C": 50}}
    directory = written({"A": 1, "B": 1, "C": 1}, ways, rule, ranks={"preference_rank": wishes}, facts={
        "priority_tier": {"b": 2}})  # fmt: skip
    told = explain(directory, "b")
    # C is nearer than B, but the family did not ask for it.
    assert [(one.school_code, one.preference_rank) for one in told.nearer] == [("A", 1)]
    assert told.sentences[0] == (
        "Đây là nguyện vọng 2, cách nhà 100 m. 1 trường đứng trước trong danh sách không còn chỗ cho con.",
        "This is number 2 in your list, 100 m from home; the school before it had no seat for your child.",
    )


def test_seats_kept_for_others_are_named(written: Callable[..., Path]) -> None:
    rule = USUAL + (
        "seat_groups: [{code: needs, title: {vi: lớp hòa nhập, en: inclusive classes}, for_tag: needs, "
        "others_may_take_left_over: false}]\n"
    )
    ways = {"a": {"A": 100}, "b": {"A": 200, "B": 300}}
    directory = written({"A": 2, "B": 1}, ways, rule, of_schools={"seats_needs": {"A": "1", "B": "0"}})
    nearer = only(explain(directory, "b"))
    assert nearer.sentence == (
        (
            "Trường đã hết chỗ chung (1 chỗ). Em cuối cùng được nhận có nhà cách trường 100 m; nhà con cách 200 m, xa "
            "hơn 100 m. Chỗ còn "
            "trống là chỗ dành riêng: lớp hòa nhập."
        ),
        (
            "All open seats of the school are taken (1). The last child admitted lives 100 m away; yours "
            "lives 200 m away, "
            "100 m farther. The seats still free are reserved ones: inclusive classes."
        ),
    )
    assert nearer.why_not is WhyNot.RESERVED_SEATS


def test_who_fits_no_tier_of_a_school_is_told_so(written: Callable[..., Path]) -> None:
    rule = USUAL + "tiers: [{tier: 1, title: {vi: a, en: b}, when: [lives_in_area]}]\n"
    directory = written({"A": 1, "B": 1}, {"a": {"A": 100, "B": 200}}, rule, facts={"area": {"a": "p2"}},
                        of_schools={"area": {"A": "p1", "B": "p2"}})  # fmt: skip
    assert only(explain(directory, "a")).why_not is WhyNot.NOT_ENTITLED


def test_twins_read_that_they_are_considered_together(written: Callable[..., Path]) -> None:
    twins = {"together": {"a": "a", "b": "a"}}
    told = explain(written({"A": 1, "B": 2}, {name: {"A": 100, "B": 300} for name in "ab"}, facts=twins), "a")
    assert told.school_code == "B"
    assert only(told).why_not is WhyNot.TOGETHER
    assert told.sentences[1].vi == "Con được xếp cùng trường với 1 em đăng ký đi cùng."


def test_relative_distance_is_told_as_what_another_school_would_cost(written: Callable[..., Path]) -> None:
    rule = BY_ORDER % ("relative_distance, lottery", "nearest", "")
    # Swedish board of appeal, 2017:533: 1,146 - 558 = 588 m for the child turned down, 633 m for the last admitted.
    ways = {"a": {"A": 400, "B": 1033}, "b": {"A": 558, "B": 1146}}
    nearer = only(explain(written({"A": 1, "B": 1}, ways, rule), "b"))
    assert (nearer.decided_by, nearer.own.saved_m, nearer.last.saved_m) == ("relative_distance", 588, 633)
    assert "với con, xa hơn 588 m" in nearer.sentence.vi
    assert "is 633 m farther; for yours it is 588 m farther" in nearer.sentence.en


def test_bands_and_given_priorities_are_told_as_such(written: Callable[..., Path]) -> None:
    rule = BY_ORDER % ("distance_band, lottery", "nearest", ", bands_m: [1000, 2000]")
    near = only(explain(written({"A": 1, "B": 1}, {"a": {"A": 900}, "b": {"A": 1001, "B": 1500}}, rule), "b"))
    assert near.sentence.en == (
        "The school is full (1). The last child admitted lives 900 m away; yours, 1,001 m away, is in a later band."
    )


def test_a_confirmed_seat_needs_no_other_reason(written: Callable[..., Path]) -> None:
    held = {"held_school": {"a": "B"}, "is_confirmed": {"a": 1}}
    told = explain(written({"A": 1, "B": 1}, {"a": {"A": 100, "B": 300}}, facts=held), "a")
    assert told.sentences[0].vi == "Gia đình đã xác nhận chỗ học này nên chỗ được giữ nguyên. Trường cách nhà 300 m."
    assert only(told).why_not is WhyNot.SEAT_KEPT


def test_a_school_of_the_application_that_could_not_be_considered_is_named(written: Callable[..., Path]) -> None:
    directory = written({"A": 1, "B": 1}, {"a": {"A": 100}}, facts={"sibling_school": {"a": "B"}})
    told = explain(directory, "a")
    assert [(one.school_code, one.why_not) for one in told.named] == [("B", WhyNot.NOT_REACHABLE)]
    assert told.sentences[-1].vi == "Trường B (ghi trong hồ sơ) không có đường đi trong phạm vi được đo từ nhà con."


def test_what_is_published_tells_no_metres_of_a_last_one_among_a_few(written: Callable[..., Path]) -> None:
    directory = written({"A": 1, "B": 1}, {"a": {"A": 846}, "b": {"A": 912, "B": 1250}})
    book = RoundBook.read(directory, withholds_small_counts=True)
    nearer = only(book.explain(1))
    assert nearer.last == Standing(tier=1, distance_m=None, lottery_place=None)
    assert "846" not in str(as_data(book.explain(1)))
    assert nearer.sentence == (
        (
            "Trường đã đủ 1 chỗ. So với con, những em được nhận ở gần trường hơn. Vì chỉ có vài em nên không "
            "nêu số liệu của "
            "em cuối cùng."
        ),
        (
            "The school is full (1). Those admitted live nearer. They are so few that the figures of the last "
            "one are not "
            "told."
        ),
    )


def test_of_five_or_more_the_published_text_tells_the_metres(written: Callable[..., Path]) -> None:
    ways: Ways = {f"a{n}": {"A": 100 * n} for n in range(1, 6)} | {"b": {"A": 912, "B": 1250}}
    book = RoundBook.read(written({"A": 5, "B": 9}, ways), withholds_small_counts=True)
    assert "cách trường 500 m" in only(book.explain(5)).sentence.vi


def test_every_number_of_the_text_stands_in_the_data(written: Callable[..., Path]) -> None:
    directory = written({"A": 1, "B": 1}, {"a": {"A": 846}, "b": {"A": 912, "B": 1250}, "c": {"A": 950}})
    for name in "abc":
        data = as_data(explain(directory, name))
        nearer = data["nearer"]
        for one in nearer:
            told = {one["last"]["distance_m"], one["own"]["distance_m"], one["capacity"]}
            assert all(str(number) in one["sentence"]["en"] for number in told)
        assert set(data["sentences"][0]) == {"vi", "en"}
