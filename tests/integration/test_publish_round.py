import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pandas as pd
import pytest

from allocation import service, store
from allocation.intake import RoundInput, read_round
from allocation.model import NearBy
from allocation.personal_id import Sex, make_personal_id
from allocation.policy import load_policy
from allocation.public_figures import AdmissionRound, public_view
from allocation.publication import Publication, PublishedResults
from allocation.receipt import new_receipt_code
from allocation.round import RoundSettings, run
from allocation.service import PublicationOrder, publish_round
from allocation.snapshot import RoundId
from spatial.crs import HCMC
from spatial.db import Database
from spatial.errors import DataUnavailableError, InputError, NotFoundError, VerificationError
from spatial.issues import IssueReport
from spatial.text import Text

SECRET = b"a secret of thirty-two bytes or so"
PUBLISHED = datetime(2026, 7, 1, 9, 0, tzinfo=UTC)
LATER = datetime(2026, 7, 2, 9, 0, tzinfo=UTC)
BORN = [date(2020, 3, 27), date(2020, 4, 1), date(2020, 12, 31)]
NUMBERS = [make_personal_id(province_code="079", sex=Sex.MALE, birth_year=2020, serial=n) for n in range(3)]
RECEIPTS = [new_receipt_code(bytes([n] * 8)) for n in range(3)]
# The first child lives nearest to A, which has one seat; of all placements the one of 100 + 400 + 300 m is least.
DISTANCES = {0: {"A": 100, "B": 500}, 1: {"A": 200, "B": 400}, 2: {"A": 900, "B": 300}}


@pytest.fixture(scope="module")
def applicants() -> pd.DataFrame:
    return pd.DataFrame({"applicant_no": NUMBERS, "date_of_birth": BORN, "receipt_code": RECEIPTS})


@pytest.fixture(scope="module")
def finished_round(tmp_path_factory: pytest.TempPathFactory, applicants: pd.DataFrame) -> Path:
    """A verified round of three children and two schools, as ``diaban allocate`` leaves it."""
    files = tmp_path_factory.mktemp("round")
    applicants.drop(columns="receipt_code").assign(level="grade_1").to_csv(files / "applicants.csv", index=False)
    (files / "schools.csv").write_text(
        "school_code,level,capacity,name,x,y\n"
        "A,grade_1,1,Trường A,603000,1192000\n"
        "B,grade_1,2,Trường B,604000,1192000\n"
    )
    rows = [f"{NUMBERS[n]},{code},{m}" for n, schools in DISTANCES.items() for code, m in schools.items()]
    (files / "distances.csv").write_text("\n".join(["applicant_no,school_code,distance_m", *rows]) + "\n")
    given = read_round(files / "applicants.csv", files / "schools.csv", distances=files / "distances.csv")
    assert given.pairs is not None
    settings = RoundSettings(policy=load_policy("least-travel"), seed="2026", crs=HCMC)
    run(given, settings=settings, directory=files / "out")
    return files / "out"


@pytest.fixture
def round_directory(finished_round: Path, tmp_path: Path) -> Path:
    """A copy of the round, to be spoilt."""
    return Path(shutil.copytree(finished_round, tmp_path / "round"))


@pytest.fixture
def order(applicants: pd.DataFrame) -> PublicationOrder:
    return PublicationOrder(
        round_id="grade-1-2026", title=Text("Tuyển sinh lớp 1", "Admission to grade 1"), applicants=applicants
    )


@pytest.fixture
def publish(
    database: Database, round_directory: Path, tmp_path: Path, order: PublicationOrder
) -> Callable[..., AdmissionRound]:
    def publish(*, at: datetime = PUBLISHED, what: PublicationOrder = order) -> AdmissionRound:
        return publish_round(
            database,
            round_directory,
            order=what,
            published_dir=tmp_path / "published",
            secret=SECRET,
            published_at=at,
        )

    return publish


def test_each_family_finds_its_place_and_why(publish: Callable[..., AdmissionRound], tmp_path: Path) -> None:
    publish()
    published = PublishedResults(tmp_path / "published", secret=SECRET)
    first, second, third = (
        published.look_up(number, born, receipt) for number, born, receipt in zip(NUMBERS, BORN, RECEIPTS, strict=True)
    )
    assert first is not None
    assert second is not None
    assert third is not None
    assert [result.school and result.school.school_code for result in (first, second, third)] == ["A", "B", "B"]
    assert [result.distance_m for result in (first, second, third)] == [100, 400, 300]
    assert first.nearer == third.nearer == ()
    (nearer,) = second.nearer
    assert (nearer.school.name, nearer.distance_m) == ("Trường A", 200)
    # With the second child in A the ways would be 500 + 200 + 300 m: 200 m more.
    assert "200 m" in nearer.reason.vi
    published.close()


@pytest.mark.parametrize(
    ("rule", "measured_by"),
    [("example-singapore", NearBy.WALKING), ("least-travel", NearBy.STRAIGHT_LINE)],
)
def test_what_was_run_as_a_comparison_is_not_published(
    applicants: pd.DataFrame,
    database: Database,
    order: PublicationOrder,
    tmp_path: Path,
    rule: str,
    measured_by: NearBy,
) -> None:
    rows = [(NUMBERS[n], code, metres) for n, ways in DISTANCES.items() for code, metres in ways.items()]
    given = RoundInput(
        applicants=applicants[["applicant_no"]].assign(level="grade_1", tags="citizen", x=None, y=None),
        schools=pd.DataFrame(
            {"school_code": ["A", "B"], "level": "grade_1", "capacity": 2, "name": "", "x": None, "y": None}
        ),
        pairs=pd.DataFrame(rows, columns=["applicant_no", "school_code", "distance_m"]).assign(preference_rank=1),
        issues=IssueReport(),
        measured_by=measured_by,
    )
    directory = run(
        given, settings=RoundSettings(policy=load_policy(rule), seed="2026", crs=""), directory=tmp_path / "out"
    ).directory
    with pytest.raises(InputError, match="comparison alone"):
        publish_round(
            database, directory, order=order, published_dir=tmp_path / "public", secret=SECRET, published_at=PUBLISHED
        )
    assert not (tmp_path / "public").exists() or not list((tmp_path / "public").iterdir())


def test_a_round_with_reserved_seats_is_published_school_by_school(
    applicants: pd.DataFrame, database: Database, order: PublicationOrder, tmp_path: Path
) -> None:
    rule = tmp_path / "reserved.yaml"
    rule.write_text(
        "{name: reserved, version: '1', title: {vi: a, en: b}, stages: [{kind: deferred_acceptance}], "
        "seat_groups: [{code: needs, title: {vi: hòa nhập, en: inclusive}, for_tag: needs, share_percent: 50, "
        "others_may_take_left_over: false}]}",
        encoding="utf-8",
    )
    schools = pd.DataFrame({"school_code": ["A", "B"], "level": "grade_1", "capacity": [2, 2], "name": ["A", "B"]})
    rows = [(NUMBERS[n], code, metres) for n, ways in DISTANCES.items() for code, metres in ways.items()]
    given = RoundInput(
        applicants=applicants[["applicant_no"]].assign(level="grade_1", x=None, y=None),
        schools=schools.assign(x=None, y=None),
        pairs=pd.DataFrame(rows, columns=["applicant_no", "school_code", "distance_m"]),
        issues=IssueReport(),
    )
    settings = RoundSettings(policy=load_policy(str(rule)), seed="2026", crs="")
    directory = run(given, settings=settings, directory=tmp_path / "out").directory
    published = publish_round(
        database, directory, order=order, published_dir=tmp_path / "published", secret=SECRET, published_at=PUBLISHED
    )
    # One seat of each school is for anybody; the child at 200 m from A finds it taken, and that of B too (300 m).
    assert [(each.school_code, each.capacity, each.placed) for each in published.schools] == [("A", 2, 1), ("B", 2, 1)]
    assert [(row["seat_group"], row["admitted"]) for row in published.summary["cut_offs"]] == [("", None), ("", None)]
    with Publication(tmp_path / "published" / "grade-1-2026.results.sqlite", secret=SECRET) as publication:
        second = publication.look_up(NUMBERS[1], BORN[1], RECEIPTS[1])
    assert second is not None
    assert second.school is None
    assert "Chỗ còn trống là chỗ dành riêng: hòa nhập." in second.nearer[0].reason.vi
    assert "100 m" not in second.nearer[0].reason.vi
    with database.transaction() as session:
        kept = store.get_round(session, RoundId("grade-1-2026"))
    assert [each.cut_off_distance_m for each in public_view(kept).schools] == [None, None]


def test_the_school_of_a_result_stands_at_its_place_in_degrees(
    publish: Callable[..., AdmissionRound], tmp_path: Path
) -> None:
    publish()
    with Publication(tmp_path / "published" / "grade-1-2026.results.sqlite", secret=SECRET) as publication:
        result = publication.look_up(NUMBERS[0], BORN[0], RECEIPTS[0])
    assert result is not None
    assert result.school is not None
    # By hand on a sphere: 105.75° + 103 km / (111.32 km · cos 10.78°), and 1,192 km / 110.6 km.
    assert result.school.lon == pytest.approx(106.692, abs=0.01)
    assert result.school.lat == pytest.approx(10.777, abs=0.01)


def test_the_store_keeps_what_the_round_did_with_the_seats(
    publish: Callable[..., AdmissionRound], database: Database
) -> None:
    published = publish()
    with database.transaction() as session:
        kept = store.get_round(session, RoundId("grade-1-2026"))
        (listed,) = store.list_rounds(session)
    assert kept == replace(published, layer_versions={})
    assert kept.verified
    assert (kept.policy, kept.seed, kept.levels) == ("least-travel", "2026", ("grade_1",))
    assert [(each.school_code, each.capacity, each.placed, each.cut_off_distance_m) for each in kept.schools] == [
        ("A", 1, 1, 100),
        ("B", 2, 2, 400),
    ]
    assert [(each.x, each.y) for each in kept.schools] == [(603_000.0, 1_192_000.0), (604_000.0, 1_192_000.0)]
    assert kept.summary["total_distance_m"] == 800
    assert listed.round_id == "grade-1-2026"


def test_publishing_twice_gives_the_same_state_to_the_byte(
    publish: Callable[..., AdmissionRound], database: Database, tmp_path: Path
) -> None:
    snapshot = tmp_path / "published" / "grade-1-2026.results.sqlite"
    first, before = publish(at=PUBLISHED), snapshot.read_bytes()
    again = publish(at=LATER)
    assert again == first
    assert snapshot.read_bytes() == before
    with database.transaction() as session:
        assert len(store.list_rounds(session)) == 1
        assert len(store.get_round(session, RoundId("grade-1-2026")).schools) == 2


def test_a_corrected_receipt_is_a_new_publication_under_the_same_name(
    publish: Callable[..., AdmissionRound], order: PublicationOrder, database: Database, tmp_path: Path
) -> None:
    first = publish(at=PUBLISHED)
    new_code = new_receipt_code(b"\x77" * 8)
    corrected = order.applicants.assign(receipt_code=[new_code, *RECEIPTS[1:]])
    second = publish(at=LATER, what=replace(order, applicants=corrected))
    assert second.content_sha256 != first.content_sha256
    assert second.published_at == LATER
    published = PublishedResults(tmp_path / "published", secret=SECRET)
    assert published.look_up(NUMBERS[0], BORN[0], RECEIPTS[0]) is None
    assert published.look_up(NUMBERS[0], BORN[0], new_code) is not None
    assert published.content_sha256(RoundId("grade-1-2026")) == second.content_sha256
    published.close()
    with database.transaction() as session:
        assert store.get_round(session, RoundId("grade-1-2026")).content_sha256 == second.content_sha256


def test_a_round_with_one_offer_changed_by_hand_is_refused_and_nothing_is_published(
    publish: Callable[..., AdmissionRound], round_directory: Path, database: Database, tmp_path: Path
) -> None:
    offers = round_directory / "offers.csv"
    offers.write_text(offers.read_text().replace(f"{NUMBERS[1]},B,400", f"{NUMBERS[1]},A,200"))
    with pytest.raises(VerificationError):
        publish()
    assert not (tmp_path / "published").exists() or list((tmp_path / "published").iterdir()) == []
    with database.transaction() as session:
        assert store.list_rounds(session) == []


def test_a_folder_without_a_round_is_refused(publish: Callable[..., AdmissionRound], round_directory: Path) -> None:
    shutil.rmtree(round_directory)
    round_directory.mkdir()
    with pytest.raises(InputError):
        publish()


@pytest.mark.parametrize("round_id", ["", "../x", "A", "a b", "a/b", "x" * 65, ".hidden"])
def test_a_name_that_could_leave_the_folder_is_refused(
    publish: Callable[..., AdmissionRound], order: PublicationOrder, round_id: str
) -> None:
    with pytest.raises(InputError):
        publish(what=replace(order, round_id=round_id))


@pytest.mark.parametrize("lost", ["date_of_birth", "receipt_code"])
def test_a_child_without_date_or_receipt_stops_the_publication_and_is_named_masked(
    publish: Callable[..., AdmissionRound], order: PublicationOrder, lost: str
) -> None:
    frame = order.applicants.astype(object)
    frame.loc[1, lost] = None
    with pytest.raises(InputError) as refused:
        publish(what=replace(order, applicants=frame))
    assert "••" in refused.value.subject
    assert NUMBERS[1] not in refused.value.sentence("vi")


def test_a_store_that_fails_leaves_the_published_results_as_they_were(
    publish: Callable[..., AdmissionRound],
    order: PublicationOrder,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    publish()
    snapshot = tmp_path / "published" / "grade-1-2026.results.sqlite"
    before = snapshot.read_bytes()

    def fail(*_: object) -> None:
        raise DataUnavailableError(Text("Hết chỗ.", "No space."))

    monkeypatch.setattr(service.store, "save_round", fail)
    changed = order.applicants.assign(receipt_code=RECEIPTS[::-1])
    with pytest.raises(DataUnavailableError):
        publish(at=LATER, what=replace(order, applicants=changed))
    assert snapshot.read_bytes() == before
    assert [path.name for path in snapshot.parent.iterdir()] == [snapshot.name]


def test_the_snapshot_names_no_child_and_no_home(publish: Callable[..., AdmissionRound], tmp_path: Path) -> None:
    publish()
    raw = (tmp_path / "published" / "grade-1-2026.results.sqlite").read_bytes()
    secrets = [*NUMBERS, *RECEIPTS, *(code.replace("-", "") for code in RECEIPTS), *(day.isoformat() for day in BORN)]
    assert not [value for value in secrets if value.encode() in raw]
    with sqlite3.connect(tmp_path / "published" / "grade-1-2026.results.sqlite") as connection:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    connection.close()
    assert tables == {"meta", "school", "result"}


def test_a_round_that_was_never_published_is_not_found(database: Database) -> None:
    with database.transaction() as session, pytest.raises(NotFoundError):
        store.get_round(session, RoundId("none"))
