"""Splits, mergers and renumberings: followed both ways, and refused where they cannot be true."""

from datetime import date

import pytest

from basemap.spreadsheets import Sheet
from permits.history import EventKind, EventPart, ParcelEvent, history_of
from permits.history_checks import CheckedEvents, ReadEvent, check_events
from permits.history_files import read_events
from permits.model import ParcelKey
from spatial.errors import InputError

TODAY = date(2026, 11, 21)


def event(day: str, kind: str, parents: str, children: str, *, areas_m2: dict[str, float] | None = None) -> ParcelEvent:
    def parts(text: str) -> tuple[EventPart, ...]:
        return tuple(EventPart(key=ParcelKey(f"1-1-{one}"), area_m2=(areas_m2 or {}).get(one)) for one in text.split())

    return ParcelEvent(
        happened_on=date.fromisoformat(day), kind=EventKind(kind), parents=parts(parents), children=parts(children)
    )


STORY = (
    event("2019-05-02", "split", "12", "120 121"),
    event("2021-01-04", "merge", "121 122", "130"),
    event("2022-03-01", "renumber", "130", "131"),
    event("2020-01-01", "split", "7", "70 71"),
)


def checked(*events: ParcelEvent, area_m2_of: dict[ParcelKey, float | None] | None = None) -> CheckedEvents:
    read = [ReadEvent(event=one, row=row) for row, one in enumerate(events, start=2)]
    return check_events(read, area_m2_of=area_m2_of or {}, today=TODAY, file="h.csv")


def codes(found: CheckedEvents) -> list[tuple[str, int | None]]:
    return [(issue.code, issue.row) for issue in found.issues]


def test_a_parcel_that_is_no_more_is_followed_to_what_it_is_today() -> None:
    found = history_of(ParcelKey("1-1-12"), STORY)
    assert [one.happened_on.year for one in found.after] == [2019, 2021, 2022]
    assert found.successors == ("1-1-120", "1-1-131")
    assert found.ended_by == STORY[0]
    assert found.ended_by.sentence.en == "2019-05-02: parcel 1-1-12 was split into 1-1-120, 1-1-121."
    assert found.ended_by.sentence.vi == "Ngày 02/05/2019: thửa 1-1-12 tách thành 1-1-120, 1-1-121."


def test_a_parcel_of_today_is_followed_back_to_all_it_came_from() -> None:
    found = history_of(ParcelKey("1-1-131"), STORY)
    assert [one.happened_on.year for one in found.before] == [2019, 2021, 2022]
    assert set(found.origins) == {"1-1-12", "1-1-122"}
    assert found.after == ()
    assert found.ended_by is None
    assert found.successors == ("1-1-131",)


def test_a_parcel_of_which_nothing_is_recorded_is_its_own_beginning_and_end() -> None:
    found = history_of(ParcelKey("1-1-99"), STORY)
    assert (found.is_recorded, found.origins, found.successors) == (False, ("1-1-99",), ("1-1-99",))


def test_a_true_register_is_taken_whole_and_by_day() -> None:
    found = checked(*STORY)
    assert found.issues == ()
    assert [one.happened_on.year for one in found.events] == [2019, 2020, 2021, 2022]


def test_a_parcel_that_descends_from_itself_is_refused_with_every_row_of_the_circle() -> None:
    found = checked(
        event("2019-01-01", "renumber", "1", "2"),
        event("2020-01-01", "renumber", "2", "3"),
        event("2021-01-01", "renumber", "3", "1"),
        event("2022-01-01", "split", "1", "10 11"),
    )
    assert codes(found) == [("event_cycle", 2), ("event_cycle", 3), ("event_cycle", 4)]
    assert [one.happened_on.year for one in found.events] == [2022]


def test_a_parcel_that_ends_before_it_began_is_refused() -> None:
    found = checked(event("2020-01-01", "split", "1", "2 3"), event("2019-01-01", "split", "2", "4 5"))
    assert codes(found) == [("event_order", 3)]


def test_a_parcel_neither_begins_nor_ends_twice() -> None:
    found = checked(
        event("2019-01-01", "split", "1", "2 3"),
        event("2020-01-01", "split", "1", "4 5"),
        event("2020-02-01", "merge", "8 9", "2"),
    )
    assert codes(found) == [("event_repeated", 3), ("event_repeated", 4)]


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (event("2019-01-01", "split", "1", "2"), "event_counts"),
        (event("2019-01-01", "split", "1 2", "3 4"), "event_counts"),
        (event("2019-01-01", "merge", "1", "2"), "event_counts"),
        (event("2019-01-01", "renumber", "1", "2 3"), "event_counts"),
        (event("2019-01-01", "split", "1", "1 2"), "parcel_twice"),
        (event("2026-11-22", "renumber", "1", "2"), "event_in_future"),
    ],
)
def test_an_event_that_contradicts_itself_is_refused(wrong: ParcelEvent, code: str) -> None:
    found = checked(wrong)
    assert codes(found) == [(code, 2)]
    assert found.events == ()


@pytest.mark.parametrize(
    ("parts_m2", "agrees"),
    [((60.0, 40.0), True), ((60.0, 39.0), True), ((60.0, 38.9), False), ((60.0, 41.1), False)],
)
def test_areas_add_up_within_a_hundredth_or_a_square_metre(parts_m2: tuple[float, float], *, agrees: bool) -> None:
    areas_m2 = {"1": 100.0, "2": parts_m2[0], "3": parts_m2[1]}
    found = checked(event("2019-01-01", "split", "1", "2 3", areas_m2=areas_m2))
    assert codes(found) == ([] if agrees else [("areas_differ", 2)])
    assert len(found.events) == 1


def test_areas_that_the_document_leaves_out_come_from_the_map_and_unknown_ones_are_not_compared() -> None:
    on_map = {ParcelKey("1-1-2"): 60.0, ParcelKey("1-1-3"): 30.0}
    areas_m2 = {"1": 100.0}
    assert codes(checked(event("2019-01-01", "split", "1", "2 3", areas_m2=areas_m2), area_m2_of=on_map)) == [
        ("areas_differ", 2)
    ]
    assert codes(checked(event("2019-01-01", "split", "1", "2 3"), area_m2_of=on_map)) == []


def test_what_the_map_does_not_know_or_still_draws_is_reported_and_kept() -> None:
    on_map = {ParcelKey("1-1-1"): None, ParcelKey("1-1-2"): None}
    found = checked(event("2019-01-01", "split", "1", "2 3"), area_m2_of=on_map)
    assert sorted(codes(found)) == [("parcel_still_drawn", 2), ("parcel_unknown", 2)]
    assert len(found.events) == 1


def sheet(header: str, *rows: str) -> Sheet:
    cells = tuple(tuple(row.split("|")) for row in rows)
    return Sheet(file="h.csv", header=tuple(header.split("|")), rows=cells, row_numbers=tuple(range(2, len(rows) + 2)))


def test_a_register_is_read_in_vietnamese_with_bare_numbers_and_areas() -> None:
    table = sheet(
        "Ngày biến động|Loại biến động|Thửa cũ|Thửa mới|Văn bản|Phường (mã cũ)|Tờ",
        "02/05/2019|Tách thửa|12 (100)|120 (55,2); 121 (44,8)|QĐ 1/2019|26797|010",
    )
    (read,) = read_events(table).events
    assert read.row == 2
    assert read.event.parents == (EventPart(key=ParcelKey("26797-10-12"), area_m2=100.0),)
    assert read.event.children == (
        EventPart(key=ParcelKey("26797-10-120"), area_m2=55.2),
        EventPart(key=ParcelKey("26797-10-121"), area_m2=44.8),
    )
    assert (read.event.happened_on, read.event.document) == (date(2019, 5, 2), "QĐ 1/2019")


def test_a_register_is_read_in_english_with_whole_keys() -> None:
    table = sheet("date|kind|parents|children", "2021-01-04|merge|26797-10-5, 26797-10-6|267970100007")
    (read,) = read_events(table).events
    assert (read.event.kind, read.event.parent_keys) == (EventKind.MERGE, ("26797-10-5", "26797-10-6"))
    assert read.event.child_keys == ("26797-10-7",)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("02/05/2019|xoay|1-1-1|1-1-2", "kind of event"),
        ("2019|renumber|1-1-1|1-1-2", "form of date"),
        ("|renumber|1-1-1|1-1-2", "day is missing"),
        ("2019-05-02|renumber|12|1-1-2", "ward and sheet are missing"),
        ("2019-05-02|renumber|1-1-1 (x)|1-1-2", "cannot be read"),
    ],
)
def test_a_row_that_is_no_event_stands_aside_and_the_rest_goes_on(row: str, said: str) -> None:
    read = read_events(sheet("date|kind|parents|children", row, "2019-05-02|renumber|1-1-8|1-1-9"))
    assert [one.row for one in read.events] == [3]
    (issue,) = read.issues
    assert issue.row == 2
    assert said in issue.message.en


def test_a_table_without_the_columns_names_those_it_has() -> None:
    with pytest.raises(InputError, match=r"No column can be used\. The columns: a, b") as refused:
        read_events(sheet("a|b", "1|2"))
    assert refused.value.code == "columns_missing"
