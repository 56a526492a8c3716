"""What a family reads of the place that it gave up, let lapse, or could not keep."""

import pytest

from allocation.departures import can_do, departures, sentence

COLUMNS = ("applicant_no", "change", "school_code", "level", "before", "after", "reason", "changed_on")


def row(change: str, *, before: str = "A", after: str = "", day: str = "") -> dict[str, str]:
    cells = ("n1", change, "", "grade_1", before, after, "a note of the office", day)
    return dict(zip(COLUMNS, cells, strict=True))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("declined", ("Gia đình đã từ chối chỗ học tại Trường A ngày 5/6/2026", "declined the place at Trường A")),
        ("lapsed", ("Chỗ học tại Trường A đã hết hạn ngày 5/6/2026", "lapsed on 5 June 2026")),
        ("withdrawn", ("Hồ sơ đã được rút khỏi đợt xét ngày 5/6/2026", "withdrawn from the round on 5 June 2026")),
    ],
)
def test_who_left_reads_what_happened_when_and_three_things_to_do(change: str, words: tuple[str, str]) -> None:
    (one,) = departures([row(change, day="2026-06-05")], staying=set())
    assert one.has_left
    told = sentence(one, "Trường A")
    assert words[0] in told.vi
    assert words[1] in told.en
    assert len(can_do(one)) == 3


def test_a_log_without_days_says_no_day() -> None:
    """Logs that were written before the column was there have no ``changed_on`` at all."""
    old = {name: text for name, text in row("declined").items() if name != "changed_on"}
    (one,) = departures([old], staying=set())
    assert one.changed_on is None
    assert "Trường A. Chỗ đó" in sentence(one, "Trường A").vi


def test_who_moved_stays_in_the_round_and_reads_whether_the_seat_could_be_kept() -> None:
    kept, lost = (next(departures([row("moved", after=after)], staying={"n1"})) for after in ("A", ""))
    assert not kept.has_left
    assert "không giữ được" not in sentence(kept, "Trường A").vi
    assert "Không có đường đến Trường A" in sentence(lost, "Trường A").vi
    assert len(can_do(kept)) == 1


def test_the_office_s_own_note_is_not_told_and_other_changes_need_no_answer_here() -> None:
    (one,) = departures([row("declined"), row("confirmed", after="A"), row("seat_lost")], staying={"n1"})
    assert not one.has_left
    assert "note of the office" not in sentence(one, "A").en
