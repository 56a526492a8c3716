"""Publishing a round: verified, explained, written, and remembered, all or nothing."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy.orm import Session

from allocation import store
from allocation.departures import Departure, can_do, departures, sentence
from allocation.explain import RoundBook
from allocation.model import NearBy
from allocation.personal_id import mask
from allocation.public_figures import AdmissionRound, RoundSchool
from allocation.publication import answers_of_those_who_left, snapshot_name, write_snapshot
from allocation.result_files import PLACES_FILE
from allocation.snapshot import Happened, PublishedSchool, ResultRecord, RoundId, RoundInfo
from allocation.verify import verify_directory
from allocation.verify_after import read_log
from basemap import store as basemap_store
from basemap.model import LayerName
from spatial.crs import WGS84, transformer
from spatial.db import Database
from spatial.errors import DataUnavailableError, InputError, NotFoundError, VerificationError
from spatial.files import whole_file
from spatial.text import Text

_ROUND_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_MOST_NEARER_COUNT = 8
_RECEIPT_COLUMNS = ("applicant_no", "date_of_birth", "receipt_code")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PublicationOrder:
    """What is to be published under which name.

    Parameters
    ----------
    round_id
        Small letters, digits and hyphens, e.g. ``"grade-1-2026"``.
    applicants
        ``applicant_no``, ``date_of_birth`` (a date or ``YYYY-MM-DD``) and ``receipt_code`` of everybody in the round.
    layer_versions
        Layer name to the version that the round was computed on; None: those published now.
    """

    round_id: str
    title: Text
    applicants: pd.DataFrame
    layer_versions: Mapping[str, int] | None = None


def publish_round(
    database: Database,
    directory: Path,
    *,
    order: PublicationOrder,
    published_dir: Path,
    secret: bytes,
    published_at: datetime,
) -> AdmissionRound:
    """Publish the round in ``directory`` (as `allocation.round.run` wrote it) and return what is remembered of it.

    The snapshot takes its name only after the store has the round, and the store keeps the round only when the
    snapshot is complete. Publishing the same round again changes nothing, not even the time.

    Parameters
    ----------
    published_dir
        Folder of the snapshots.
    secret
        Key under which families find their results.
    published_at
        Moment with time zone.

    Raises
    ------
    VerificationError
        The round does not prove what it claims; nothing is published.
    InputError
        The directory holds no round, the name cannot be used, or a receipt is missing.
    """
    if not _ROUND_ID.fullmatch(order.round_id):
        raise InputError(
            Text(f"Tên đợt {order.round_id!r} không dùng được.", f"The round cannot be called {order.round_id!r}."),
            hint=Text("Dùng chữ thường, số và gạch nối.", "Use small letters, digits and hyphens."),
        )
    _refuse_unverified(directory)
    book = RoundBook.read(directory, withholds_small_counts=True)
    _refuse_a_comparison(book)
    with database.transaction() as session:
        before = _round_before(session, RoundId(order.round_id))
        context = _context(session, order)
    places = _places(directory, book, crs=database.crs)
    draft = _draft(book, order, places=places, context=context, published_at=published_at)
    schools = _published_schools(draft.schools, context, crs=database.crs)
    records = list(_records(book, order.applicants))
    kept = answers_of_those_who_left(published_dir / draft.snapshot_name, secret=secret)
    with whole_file(published_dir / draft.snapshot_name) as temporary:

        def written(planned: AdmissionRound) -> AdmissionRound:
            info = _info(planned)
            sha256 = write_snapshot(temporary, records, round_info=info, schools=schools, secret=secret, kept=kept)
            return replace(planned, content_sha256=sha256)

        final = written(draft)
        if before and (final.content_sha256, final.problem_sha256) == (before.content_sha256, before.problem_sha256):
            final = written(replace(draft, published_at=before.published_at))
        with database.transaction() as session:
            store.save_round(session, final)
    return final


@dataclass(frozen=True, slots=True, kw_only=True)
class _Context:
    """What the basemap adds: versions of its layers and addresses of schools."""

    layer_versions: Mapping[str, int]
    addresses: Mapping[str, str]


def _refuse_unverified(directory: Path) -> None:
    verification = verify_directory(directory)
    if verification.failures:
        raise VerificationError(
            verification.failures[0],
            hint=Text(
                "Chạy lại: diaban allocate; không sửa tệp kết quả.", "Run diaban allocate again; edit no result."
            ),
            subject=directory.name,
        )


def _refuse_a_comparison(book: RoundBook) -> None:
    """Refuse what was run to be compared: a rule marked so, or ways in a straight line."""
    files = book.files
    if not files.policy["is_comparison"] and files.summary.get("measured_by") != NearBy.STRAIGHT_LINE:
        return
    name = str(files.policy["name"])
    raise InputError(
        Text(
            f"Quy tắc {name} chỉ để so sánh; đợt xét này không được công bố.",
            f"The policy {name} is for comparison alone; this round is not published.",
        ),
        hint=Text(
            "Chạy lại với một quy tắc của mình, đo theo đường đi.",
            "Run again with a rule of your own and ways along the streets.",
        ),
        subject=name,
    )


def _round_before(session: Session, round_id: RoundId) -> AdmissionRound | None:
    try:
        return store.get_round(session, round_id)
    except NotFoundError:
        return None


def _context(session: Session, order: PublicationOrder) -> _Context:
    current = {layer.value: basemap_store.current_version(session, layer) for layer in LayerName}
    published = {name: int(version.version_id) for name, version in current.items() if version is not None}
    versions = published if order.layer_versions is None else order.layer_versions
    try:
        frame = basemap_store.read_layer(session, LayerName.SCHOOL)
    except DataUnavailableError:
        return _Context(layer_versions=versions, addresses={})
    known = frame[frame["address"].notna()]
    return _Context(
        layer_versions=versions, addresses=dict(zip(known["school_code"], known["address"].astype(str), strict=True))
    )


def _places(directory: Path, book: RoundBook, *, crs: str) -> Mapping[tuple[str, str], tuple[float, float]]:
    """Return where each seat pool is, in the storage coordinate system; pools without coordinates are left out."""
    path = directory / PLACES_FILE
    if not path.is_file():
        return {}
    texts = {"school_code": str, "level": str, "name": str}
    table = pd.read_csv(path, dtype=texts, keep_default_na=False, na_values={"x": [""], "y": [""]})
    table = table[table["x"].notna() & table["y"].notna()]
    if table.empty:
        return {}
    source = str(book.files.summary.get("crs") or crs)
    points = transformer(source, crs)(table[["x", "y"]].to_numpy(dtype=np.float64))
    names = zip(table["school_code"], table["level"], strict=True)
    return {name: (float(x), float(y)) for name, (x, y) in zip(names, points, strict=True)}


def _draft(
    book: RoundBook,
    order: PublicationOrder,
    *,
    places: Mapping[tuple[str, str], tuple[float, float]],
    context: _Context,
    published_at: datetime,
) -> AdmissionRound:
    summary = book.files.summary
    round_id = RoundId(order.round_id)
    return AdmissionRound(
        round_id=round_id,
        title=order.title,
        levels=tuple(sorted(set(book.files.applicants["level"]))),
        policy=str(summary["policy"]),
        seed=str(summary["seed"]),
        problem_sha256=str(summary["problem_sha256"]),
        verified=True,
        published_at=published_at,
        layer_versions=context.layer_versions,
        snapshot_name=snapshot_name(round_id),
        content_sha256="",
        summary={**summary, "cut_offs": _cut_offs(book)},
        schools=tuple(_round_schools(book, places)),
    )


def _round_schools(book: RoundBook, places: Mapping[tuple[str, str], tuple[float, float]]) -> Iterator[RoundSchool]:
    """Yield each school and level once, its seat groups together; the price is that of an open seat."""
    table = book.files.school_results
    groups = table.get("seat_group", [""] * len(table["school_code"]))
    together: dict[tuple[str, str], list[tuple[str, list[int | None]]]] = {}
    for group, code, level, *texts in zip(groups, *(table[name] for name in _SCHOOL_COLUMNS), strict=True):
        figures = [int(text) if text else None for text in texts]
        together.setdefault((code, level), []).append((group, figures))
    for (code, level), pools in together.items():
        capacity, placed = (sum(figures[column] or 0 for _, figures in pools) for column in (0, 1))
        last = max(((figures[2], figures[3] or 0) for _, figures in pools if figures[2] is not None), default=None)
        x, y = places.get((code, level), (None, None))
        yield RoundSchool(
            school_code=code,
            level=level,
            name=book.names.get((code, level), code),
            capacity=capacity,
            placed=placed,
            cut_off_tier=None if last is None else last[0],
            cut_off_distance_m=None if last is None else last[1],
            seat_price_m=next((figures[4] for group, figures in pools if not group), None),
            x=x,
            y=y,
        )


def _cut_offs(book: RoundBook) -> list[dict[str, str | int | None]]:
    """Return the rows of ``cut_offs.csv``, in which small counts are withheld already."""
    table = book.files.cut_offs
    texts = {"school_code", "level", "seat_group"}
    rows = (dict(zip(table, row, strict=True)) for row in zip(*table.values(), strict=True))
    return [
        {name: text if name in texts else int(text) if text else None for name, text in row.items()} for row in rows
    ]


_SCHOOL_COLUMNS = (
    "school_code",
    "level",
    "capacity",
    "placed",
    "cut_off_tier",
    "cut_off_distance_m",
    "seat_price_m",
)


def _published_schools(schools: tuple[RoundSchool, ...], context: _Context, *, crs: str) -> list[PublishedSchool]:
    """Return each school once, with the place of its first seat pool that has one."""
    to_degrees = transformer(crs, WGS84)
    published: dict[str, PublishedSchool] = {}
    for school in sorted(schools, key=lambda each: (each.school_code, each.x is None, each.level)):
        if school.school_code in published:
            continue
        lon, lat = None, None
        if school.x is not None and school.y is not None:
            lon, lat = (round(float(degrees), 7) for degrees in to_degrees(np.array([[school.x, school.y]]))[0])
        published[school.school_code] = PublishedSchool(
            school_code=school.school_code,
            name=school.name,
            address=context.addresses.get(school.school_code, ""),
            lon=lon,
            lat=lat,
        )
    return list(published.values())


def _info(admission_round: AdmissionRound) -> RoundInfo:
    return RoundInfo(
        round_id=admission_round.round_id,
        title=admission_round.title,
        policy=admission_round.policy,
        problem_sha256=admission_round.problem_sha256,
        published_at=admission_round.published_at,
    )


def _records(book: RoundBook, applicants: pd.DataFrame) -> Iterator[ResultRecord]:
    receipts = _receipts(applicants)
    numbers = book.files.applicants["applicant_no"]
    log = read_log(book.files.changes_bytes) if book.files.changes_bytes else []
    told = {one.applicant_no: one for one in departures(log, staying=set(numbers))}
    yield from _records_of_those_who_left(book, told.values(), receipts)
    for row, number in enumerate(numbers):
        receipt = receipts.get(number)
        if receipt is None:
            raise _no_receipt(number)
        explanation = book.explain(row)
        yield ResultRecord(
            applicant_no=number,
            date_of_birth=receipt[0],
            receipt_code=receipt[1],
            level=explanation.level,
            school_code=explanation.school_code or None,
            distance_m=explanation.distance_m,
            reasons=explanation.sentences,
            happened=_happened(book, told[number], level=explanation.level) if number in told else None,
            nearer=tuple(
                (nearer.school_code, nearer.distance_m, nearer.sentence)
                for nearer in explanation.nearer[:_MOST_NEARER_COUNT]
            ),
        )


def _records_of_those_who_left(
    book: RoundBook, told: Iterable[Departure], receipts: Mapping[str, tuple[date, str]]
) -> Iterator[ResultRecord]:
    """Yield the answers of those who are no longer in the round and of whom the office still has date and receipt."""
    for one in told:
        if one.has_left and one.applicant_no in receipts:
            born, code = receipts[one.applicant_no]
            yield ResultRecord(
                applicant_no=one.applicant_no,
                date_of_birth=born,
                receipt_code=code,
                level=one.level,
                school_code=None,
                distance_m=None,
                happened=_happened(book, one, level=one.level),
            )


def _happened(book: RoundBook, one: Departure, *, level: str) -> Happened:
    return Happened(
        change=one.change,
        changed_on=one.changed_on,
        has_left=one.has_left,
        sentence=sentence(one, book.names.get((one.school_code, level), one.school_code)),
        can_do=can_do(one),
    )


def _receipts(applicants: pd.DataFrame) -> dict[str, tuple[date, str]]:
    missing = [name for name in _RECEIPT_COLUMNS if name not in applicants]
    if missing:
        raise InputError(
            Text(f"Thiếu cột: {', '.join(missing)}.", f"Missing columns: {', '.join(missing)}."), subject="applicants"
        )
    columns = (applicants[name].tolist() for name in _RECEIPT_COLUMNS)
    return {
        str(number): (_day(born, str(number)), str(code))
        for number, born, code in zip(*columns, strict=True)
        if not pd.isna(born) and not pd.isna(code) and code
    }


def _day(value: Any, number: str) -> date:  # noqa: ANN401  text, date or Timestamp, as frames hold them
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError as error:
        raise InputError(
            Text("Ngày sinh không ở dạng năm-tháng-ngày.", "A date of birth is not written year-month-day."),
            subject=mask(number),
        ) from error


def _no_receipt(number: str) -> InputError:
    return InputError(
        Text("Một hồ sơ không có ngày sinh hoặc mã biên nhận.", "An application lacks date of birth or receipt code."),
        hint=Text(
            "Mỗi hồ sơ của đợt cần cả hai để gia đình tra được kết quả.",
            "Each application of the round needs both, or the family cannot look up its result.",
        ),
        subject=mask(number),
    )
