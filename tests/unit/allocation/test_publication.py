import random
import sqlite3
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from allocation.personal_id import Sex, make_personal_id
from allocation.publication import (
    Publication,
    PublishedResults,
    answers_of_those_who_left,
    publish_results,
    snapshot_name,
    write_snapshot,
)
from allocation.receipt import new_receipt_code
from allocation.snapshot import Happened, PublishedSchool, ResultRecord, RoundId, RoundInfo, result_key, results_subkey
from spatial.errors import DataUnavailableError, InputError
from spatial.text import Text

SECRET = b"thirty-two bytes that nobody knows"
BORN = date(2020, 3, 27)
ROUND = RoundInfo(
    round_id=RoundId("grade-1-2026"),
    title=Text("Tuyển sinh lớp 1", "Admission to grade 1"),
    policy="least-travel",
    problem_sha256="0" * 64,
    published_at=datetime(2026, 7, 1, 9, tzinfo=UTC),
)
SCHOOLS = [
    PublishedSchool(school_code="A", name="Trường Tiểu học Hòa Bình", address="1 Đường số 7", lon=106.7, lat=10.8),
    PublishedSchool(school_code="B", name="Trường B"),
]


def record(serial: int, *, school_code: str | None = "A") -> ResultRecord:
    return ResultRecord(
        applicant_no=make_personal_id(province_code="079", sex=Sex.FEMALE, birth_year=2020, serial=serial),
        date_of_birth=BORN,
        receipt_code=new_receipt_code(serial.to_bytes(8)),
        level="grade_1",
        school_code=school_code,
        distance_m=None if school_code is None else 400 + serial,
        reasons=(Text("Trường gần nhất còn chỗ.", "The nearest school with a seat."),),
        nearer=(("B", 200, Text("Đã đủ chỗ.", "Full.")),),
    )


RECORDS = [record(serial << 4) for serial in range(20)]


def publish(path: Path, records: list[ResultRecord], *, info: RoundInfo = ROUND) -> str:
    return publish_results(path, round_info=info, schools=SCHOOLS, records=records, secret=SECRET)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / snapshot_name(ROUND.round_id)


def test_everybody_finds_exactly_their_own_result(path: Path) -> None:
    publish(path, RECORDS)
    with Publication(path, secret=SECRET) as publication:
        found = [publication.look_up(each.applicant_no, each.date_of_birth, each.receipt_code) for each in RECORDS]
    assert [result.distance_m for result in found if result is not None] == [each.distance_m for each in RECORDS]


def test_a_result_says_school_way_reason_and_round(path: Path) -> None:
    publish(path, RECORDS)
    with Publication(path, secret=SECRET) as publication:
        result = publication.look_up(RECORDS[0].applicant_no, BORN, RECORDS[0].receipt_code)
    assert result is not None
    assert result.round_info == ROUND
    assert result.school == SCHOOLS[0]
    assert result.reasons == RECORDS[0].reasons
    (nearer,) = result.nearer
    assert (nearer.school, nearer.distance_m, nearer.reason) == (SCHOOLS[1], 200, Text("Đã đủ chỗ.", "Full."))


def test_a_child_without_a_place_is_told_so(path: Path) -> None:
    waiting = record(1, school_code=None)
    publish(path, [waiting])
    with Publication(path, secret=SECRET) as publication:
        result = publication.look_up(waiting.applicant_no, BORN, waiting.receipt_code)
    assert result is not None
    assert (result.school, result.distance_m) == (None, None)


def test_each_of_the_three_details_is_needed(path: Path) -> None:
    publish(path, RECORDS)
    one, other = RECORDS[:2]
    with Publication(path, secret=SECRET) as publication:
        assert publication.look_up(other.applicant_no, BORN, one.receipt_code) is None
        assert publication.look_up(one.applicant_no, date(2020, 3, 28), one.receipt_code) is None
        assert publication.look_up(one.applicant_no, BORN, other.receipt_code) is None


LAPSED = Happened(
    change="lapsed",
    changed_on=date(2026, 6, 15),
    has_left=True,
    sentence=Text("Hết hạn ngày 15/6/2026.", "Lapsed on 15 June 2026."),
    can_do=(Text("Hỏi phường.", "Ask the ward."),),
)


def test_who_left_is_still_told_so_after_the_runs_that_know_nothing_of_them(path: Path) -> None:
    """Their answers are taken over from the snapshot before; whoever applies anew gets the new answer."""
    gone = [replace(record(serial, school_code=None), happened=LAPSED, reasons=(), nearer=()) for serial in (1, 2)]
    publish(path, [*gone, RECORDS[0]])
    kept = answers_of_those_who_left(path, secret=SECRET)
    again = record(2)
    write_snapshot(path, [again], round_info=ROUND, schools=SCHOOLS, secret=SECRET, kept=kept)
    with Publication(path, secret=SECRET) as publication:
        first, second, third = (
            publication.look_up(one.applicant_no, BORN, one.receipt_code) for one in (*gone, RECORDS[0])
        )
    assert first is not None
    assert first.happened == LAPSED
    assert second is not None
    assert (second.happened, second.distance_m) == (None, again.distance_m)
    assert third is None


def test_a_snapshot_under_another_secret_or_none_at_all_has_no_answers_to_take_over(path: Path) -> None:
    assert answers_of_those_who_left(path, secret=SECRET) == {}
    publish(path, [replace(record(1, school_code=None), happened=LAPSED)])
    assert answers_of_those_who_left(path, secret=b"another") == {}
    assert len(answers_of_those_who_left(path, secret=SECRET)) == 1


@pytest.mark.parametrize("dress", ["{} ", "'{}", " {}", "{}\u200b"])
def test_a_number_dressed_up_by_a_spreadsheet_or_a_phone_is_the_same_number(path: Path, dress: str) -> None:
    publish(path, RECORDS)
    with Publication(path, secret=SECRET) as publication:
        typed = dress.format(RECORDS[3].applicant_no)
        assert publication.look_up(typed, BORN, RECORDS[3].receipt_code.lower()) is not None


def test_what_is_no_receipt_is_refused_rather_than_missed(path: Path) -> None:
    publish(path, RECORDS)
    with Publication(path, secret=SECRET) as publication, pytest.raises(InputError):
        publication.look_up(RECORDS[0].applicant_no, BORN, "7K3M")


def test_the_key_cannot_be_made_without_the_secret() -> None:
    """Nor by guessing all IDs and dates: another secret gives another key for the very same details."""
    details = {"date_of_birth": BORN, "receipt_code": RECORDS[0].receipt_code}
    keys = {
        result_key(results_subkey(secret), RECORDS[0].applicant_no, **details)  # type: ignore[arg-type]
        for secret in (SECRET, SECRET + b"!")
    }
    assert {len(key) for key in keys} == {32}
    assert len(keys) == 2


def test_any_order_of_records_gives_the_same_bytes(path: Path, tmp_path: Path) -> None:
    publish(path, RECORDS)
    shuffled = random.Random(7).sample(RECORDS, k=len(RECORDS))  # noqa: S311  an order, not a secret
    publish(tmp_path / "again.results.sqlite", shuffled)
    assert path.read_bytes() == (tmp_path / "again.results.sqlite").read_bytes()


def test_the_order_in_the_file_tells_nothing_about_the_order_of_the_numbers(path: Path) -> None:
    publish(path, RECORDS)
    with closing(sqlite3.connect(path)) as connection:
        payloads = [payload for (payload,) in connection.execute("SELECT payload FROM result")]
    distances = [int(payload.partition('"distance_m":')[2].partition(",")[0]) for payload in payloads]
    assert sorted(distances) == [each.distance_m for each in RECORDS]
    assert distances != sorted(distances)


def test_two_applications_with_the_same_three_details_are_refused_and_nothing_is_written(path: Path) -> None:
    with pytest.raises(InputError):
        publish(path, [RECORDS[0], replace(RECORDS[0], school_code="B")])
    assert list(path.parent.iterdir()) == []


def test_a_result_may_not_speak_of_a_school_that_nobody_knows(path: Path) -> None:
    with pytest.raises(InputError):
        publish(path, [replace(RECORDS[0], school_code="Z")])
    with pytest.raises(InputError):
        publish(path, [replace(RECORDS[0], nearer=(("Z", 1, Text("", "")),))])


@pytest.mark.parametrize("content", [b"", b"no database", b"SQLite format 3\0" + b"\0" * 4000])
def test_a_file_that_is_no_snapshot_is_said_to_be_unreadable(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(DataUnavailableError) as refused:
        Publication(path, secret=SECRET)
    assert refused.value.subject == path.name


def test_a_database_of_another_kind_is_said_to_be_unreadable(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript("CREATE TABLE meta (key, value); CREATE TABLE school (payload);")
    with pytest.raises(DataUnavailableError):
        Publication(path, secret=SECRET)


def test_reading_under_another_secret_is_noticed_and_never_looks_like_nobody_applied(path: Path) -> None:
    publish(path, RECORDS)
    with pytest.raises(DataUnavailableError) as refused:
        Publication(path, secret=SECRET + b"!")
    assert "another secret" in refused.value.message.en


def test_an_open_snapshot_can_be_changed_by_nobody(path: Path) -> None:
    publish(path, RECORDS)
    with Publication(path, secret=SECRET) as publication, pytest.raises(sqlite3.OperationalError):
        publication._connection.execute("DELETE FROM result")  # noqa: SLF001  the only way to try


class TestPublishedResults:
    @pytest.fixture
    def published(self, tmp_path: Path) -> Iterator[PublishedResults]:
        published = PublishedResults(tmp_path, secret=SECRET)
        yield published
        published.close()

    @staticmethod
    def school_of(published: PublishedResults, one: ResultRecord) -> str | None:
        result = published.look_up(one.applicant_no, one.date_of_birth, one.receipt_code)
        return None if result is None or result.school is None else result.school.school_code

    def test_a_folder_that_does_not_exist_yet_holds_no_results(self, tmp_path: Path) -> None:
        published = PublishedResults(tmp_path / "not yet", secret=SECRET)
        assert published.rounds == ()
        assert self.school_of(published, RECORDS[0]) is None

    def test_a_second_publication_replaces_the_first_at_once(self, published: PublishedResults, path: Path) -> None:
        publish(path, RECORDS)
        assert self.school_of(published, RECORDS[0]) == "A"
        publish(path, [replace(each, school_code="B") for each in RECORDS])
        assert self.school_of(published, RECORDS[0]) == "B"

    def test_a_child_in_two_rounds_gets_the_newer_result(self, published: PublishedResults, tmp_path: Path) -> None:
        later = replace(ROUND, round_id=RoundId("appeals"), published_at=datetime(2026, 8, 1, tzinfo=UTC))
        publish(tmp_path / snapshot_name(later.round_id), [replace(RECORDS[0], school_code="B")], info=later)
        publish(tmp_path / snapshot_name(ROUND.round_id), RECORDS)
        assert self.school_of(published, RECORDS[0]) == "B"
        assert [info.round_id for info in published.rounds] == ["appeals", "grade-1-2026"]

    def test_a_withdrawn_publication_is_no_longer_found(self, published: PublishedResults, path: Path) -> None:
        publish(path, RECORDS)
        assert self.school_of(published, RECORDS[0]) == "A"
        path.unlink()
        assert self.school_of(published, RECORDS[0]) is None

    def test_a_damaged_round_hides_no_other_and_is_never_a_miss(self, published: PublishedResults, path: Path) -> None:
        publish(path, RECORDS)
        (path.parent / "broken.results.sqlite").write_bytes(b"broken")
        assert self.school_of(published, RECORDS[0]) == "A"
        with pytest.raises(DataUnavailableError):
            self.school_of(published, record(999))
        assert [fault.subject for fault in published.faults] == ["broken.results.sqlite"]

    def test_half_written_files_are_not_looked_at(self, published: PublishedResults, path: Path) -> None:
        publish(path, RECORDS)
        (path.parent / f".{path.stem}-x.sqlite").write_bytes(b"half")
        (path.parent / f".tmp{path.name}").write_bytes(b"half")
        assert published.faults == ()

    def test_readers_see_each_publication_wholly_old_or_wholly_new(
        self, published: PublishedResults, path: Path
    ) -> None:
        """One thread publishes again and again, another reads: never an error, never a miss, never a mixture."""
        versions = [[replace(each, school_code=code) for each in RECORDS] for code in "AB"]
        publish(path, versions[0])
        done = threading.Event()
        seen: list[str | None] = []

        def read() -> None:
            while not done.is_set():
                seen.append(self.school_of(published, RECORDS[5]))

        reader = threading.Thread(target=read)
        reader.start()
        for turn in range(20):
            publish(path, versions[turn % 2])
        done.set()
        reader.join()
        assert set(seen) <= {"A", "B"}
        assert len(seen) > 0

    def test_threads_may_share_it(self, published: PublishedResults, path: Path) -> None:
        publish(path, RECORDS)
        answers: list[str | None] = []

        def look() -> None:
            answers.extend(self.school_of(published, each) for each in RECORDS)

        threads = [threading.Thread(target=look) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert answers == ["A"] * (8 * len(RECORDS))

    def test_files_that_are_let_go_of_are_opened_again(self, published: PublishedResults, path: Path) -> None:
        publish(path, RECORDS)
        assert self.school_of(published, RECORDS[0]) == "A"
        published.close()
        assert self.school_of(published, RECORDS[0]) == "A"

    @pytest.mark.skipif(sys.platform != "linux", reason="asks the kernel of Linux")
    def test_no_file_stays_open_behind_many_publications(self, published: PublishedResults, path: Path) -> None:
        for _ in range(30):
            publish(path, RECORDS)
            self.school_of(published, RECORDS[0])
        descriptors = [each for each in Path("/proc/self/fd").iterdir() if each.is_symlink()]
        assert sum(str(path) in str(each.readlink()) for each in descriptors) <= 1
