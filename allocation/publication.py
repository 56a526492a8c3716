"""The published results of a round: an immutable file that answers a family and tells a thief little.

Results day needs no database. Publishing writes one SQLite file a round; nothing in it names a child: a row is
found only by a keyed hash of personal ID, date of birth and receipt code together, and holds no home point.

Files
-----
``<round_id>.results.sqlite`` with three tables: ``meta`` (the round), ``school`` (what a result refers to) and
``result`` (key, payload). Same round, same bytes; a new publication takes the file's name in one rename.
"""

import hashlib
import hmac
import json
import os
import sqlite3
import threading
from collections.abc import Iterable, Mapping
from contextlib import closing
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self

from allocation.snapshot import (
    NearerSchool,
    PublishedResult,
    PublishedSchool,
    ResultRecord,
    RoundId,
    RoundInfo,
    happened_of,
    payload_as_json,
    result_key,
    results_subkey,
    round_as_json,
    round_from_json,
    school_as_json,
    school_from_json,
    secret_check,
)
from spatial.errors import DataUnavailableError, InputError
from spatial.files import whole_file
from spatial.text import Text

SNAPSHOT_SUFFIX = ".results.sqlite"

_FORMAT = "diaban-results-1"
_APPLICATION_ID = 0x44424152
_LOOK_UP = "SELECT payload FROM result WHERE key = ?"


def snapshot_name(round_id: RoundId) -> str:
    """Return the file name of a round's snapshot."""
    return f"{round_id}{SNAPSHOT_SUFFIX}"


def write_snapshot(
    path: Path,
    records: Iterable[ResultRecord],
    *,
    round_info: RoundInfo,
    schools: Iterable[PublishedSchool],
    secret: bytes,
    kept: Mapping[bytes, str] = MappingProxyType({}),
) -> str:
    """Write a round's results to ``path`` itself and return the SHA-256 of the content.

    Use `publish_results` unless the file must appear together with something else.

    Parameters
    ----------
    kept
        Key and payload of answers of an earlier snapshot that stay (`answers_of_those_who_left`); a record goes first.

    Raises
    ------
    InputError
        Two records have one key, a receipt code is none, or a record refers to an unknown school.
    """
    by_code = {school.school_code: school for school in schools}
    rows = [(_key(results_subkey(secret), record), payload_as_json(record, by_code)) for record in records]
    _refuse_repeated_keys(rows)
    rows = sorted({**kept, **dict(rows)}.items())
    meta = {
        "format": _FORMAT,
        "round": round_as_json(round_info),
        "secret_check": secret_check(secret),
        "content_sha256": _content_sha256(rows, by_code),
    }
    path.unlink(missing_ok=True)
    with closing(sqlite3.connect(path)) as connection:
        _fill(connection, meta, schools=by_code, rows=rows)
    return meta["content_sha256"]


def publish_results(
    path: Path,
    *,
    round_info: RoundInfo,
    schools: Iterable[PublishedSchool],
    records: Iterable[ResultRecord],
    secret: bytes,
) -> str:
    """Write the snapshot of a round in one step and return the SHA-256 of its content; see `write_snapshot`."""
    with whole_file(path) as temporary:
        return write_snapshot(temporary, records, round_info=round_info, schools=schools, secret=secret)


def answers_of_those_who_left(path: Path, *, secret: bytes) -> Mapping[bytes, str]:
    """Return key and payload of those whom a snapshot tells that they left the round; none if it cannot be read.

    The runs after that know nothing of them, and their answer must stay.
    """
    try:
        with Publication(path, secret=secret) as before:
            return before.of_those_who_left()
    except DataUnavailableError:
        return {}


class Publication:
    """One published round, opened for reading; the file never changes while it is open."""

    __slots__ = ("_connection", "_schools", "_subkey", "content_sha256", "path", "round_info")

    def __init__(self, path: Path, *, secret: bytes) -> None:
        """Open ``path``.

        Raises
        ------
        DataUnavailableError
            The file is missing, is no snapshot, or was written under another secret.
        """
        self.path = path
        self._subkey = results_subkey(secret)
        try:
            self._connection = sqlite3.connect(
                f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False
            )
        except sqlite3.Error as error:
            raise _unreadable(path) from error
        try:
            self._read_head(secret)
        except BaseException:
            self._connection.close()
            raise

    def _read_head(self, secret: bytes) -> None:
        try:
            meta = dict(self._connection.execute("SELECT key, value FROM meta"))
            schools = self._connection.execute("SELECT payload FROM school")
            self._schools = {school.school_code: school for school in (school_from_json(text) for (text,) in schools)}
        except sqlite3.Error as error:
            raise _unreadable(self.path) from error
        if meta.get("format") != _FORMAT:
            raise _unreadable(self.path)
        if not hmac.compare_digest(meta["secret_check"], secret_check(secret)):
            raise _written_under_another_secret(self.path)
        self.content_sha256 = str(meta["content_sha256"])
        self.round_info = round_from_json(meta["round"])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def look_up(self, applicant_no: str, date_of_birth: date, receipt_code: str) -> PublishedResult | None:
        """Return the result that belongs to all three together, or None.

        Whether the ID is unknown or merely does not go with the rest cannot be told apart, by the answer or by
        the time it takes.

        Raises
        ------
        InputError
            ``receipt_code`` does not have the form of one.
        """
        key = result_key(self._subkey, applicant_no, date_of_birth=date_of_birth, receipt_code=receipt_code)
        row = self._connection.execute(_LOOK_UP, (key,)).fetchone()
        return None if row is None else self._result(json.loads(row[0]))

    def of_those_who_left(self) -> Mapping[bytes, str]:
        """Return key and payload of all who are no longer in the round."""
        rows = self._connection.execute("SELECT key, payload FROM result")
        told = ((bytes(key), text, happened_of(json.loads(text))) for key, text in rows)
        return {key: text for key, text, happened in told if happened is not None and happened.has_left}

    def _result(self, payload: Mapping[str, Any]) -> PublishedResult:
        code = payload["school_code"]
        return PublishedResult(
            round_info=self.round_info,
            level=payload["level"],
            school=None if code is None else self._schools[code],
            distance_m=payload["distance_m"],
            reasons=tuple(Text(*reason) for reason in payload["reasons"]),
            happened=happened_of(payload),
            nearer=tuple(
                NearerSchool(school=self._schools[nearer], distance_m=distance_m, reason=Text(*reason))
                for nearer, distance_m, reason in payload["nearer"]
            ),
        )


class PublishedResults:
    """All published rounds of a folder, newest first; a new publication is noticed at the next look-up.

    Safe to share between threads. A look-up sees each round wholly as it was or wholly as it is.
    """

    def __init__(self, directory: Path, *, secret: bytes) -> None:
        """Serve the snapshots in ``directory``; it may be empty or not yet exist."""
        self.directory = directory
        self._secret = secret
        self._lock = threading.Lock()
        self._signature: _Signature | None = None
        self._publications: tuple[Publication, ...] = ()
        self._faults: tuple[DataUnavailableError, ...] = ()

    @property
    def rounds(self) -> tuple[RoundInfo, ...]:
        """The rounds that can be looked up, newest first."""
        with self._lock:
            self._follow_directory()
            return tuple(publication.round_info for publication in self._publications)

    @property
    def faults(self) -> tuple[DataUnavailableError, ...]:
        """Why some snapshot of the folder cannot be read; empty when all is well."""
        with self._lock:
            self._follow_directory()
            return self._faults

    def content_sha256(self, round_id: RoundId) -> str | None:
        """Return the hash of what is being served for a round; None when nothing is."""
        with self._lock:
            self._follow_directory()
            serving = {each.round_info.round_id: each.content_sha256 for each in self._publications}
            return serving.get(round_id)

    def close(self) -> None:
        """Let go of all files; the next look-up opens them again."""
        with self._lock:
            for publication in self._publications:
                publication.close()
            self._publications, self._signature = (), None

    def look_up(self, applicant_no: str, date_of_birth: date, receipt_code: str) -> PublishedResult | None:
        """Return the newest result that belongs to all three together, or None.

        Raises
        ------
        InputError
            ``receipt_code`` does not have the form of one.
        DataUnavailableError
            Nothing was found, but a snapshot that might hold it cannot be read.
        """
        with self._lock:
            self._follow_directory()
            # All rounds are asked, also after a hit: the time says nothing about where it was.
            answers = [each.look_up(applicant_no, date_of_birth, receipt_code) for each in self._publications]
        result = next((answer for answer in answers if answer is not None), None)
        if result is None and self._faults:
            raise self._faults[0]
        return result

    def _follow_directory(self) -> None:
        signature = _signature_of(self.directory)
        if signature == self._signature:
            return
        opened: list[Publication] = []
        faults: list[DataUnavailableError] = []
        for path, *_ in signature:
            try:
                opened.append(Publication(Path(path), secret=self._secret))
            except DataUnavailableError as fault:
                faults.append(fault)
        opened.sort(key=lambda each: each.round_info.published_at, reverse=True)
        for publication in self._publications:
            publication.close()
        self._publications, self._faults, self._signature = tuple(opened), tuple(faults), signature


_Signature = tuple[tuple[str, int, int, int], ...]


def _signature_of(directory: Path) -> _Signature:
    """Return what changes whenever a snapshot of the folder is added, replaced or removed."""
    try:
        with os.scandir(directory) as entries:
            snapshots = [
                (entry.path, entry.stat())
                for entry in entries
                if entry.name.endswith(SNAPSHOT_SUFFIX) and not entry.name.startswith(".")
            ]
    except FileNotFoundError:
        return ()
    return tuple(sorted((path, stat.st_ino, stat.st_mtime_ns, stat.st_size) for path, stat in snapshots))


def _key(subkey: bytes, record: ResultRecord) -> bytes:
    return result_key(
        subkey,
        record.applicant_no,
        date_of_birth=record.date_of_birth,
        receipt_code=record.receipt_code,
    )


def _refuse_repeated_keys(rows: list[tuple[bytes, str]]) -> None:
    keys = [key for key, _ in rows]
    if len(set(keys)) != len(keys):
        raise InputError(
            Text(
                "Có hai kết quả trùng số định danh, ngày sinh và mã biên nhận.",
                "Two results share one personal ID, date of birth and receipt code.",
            ),
            hint=Text("Kiểm tra hồ sơ trùng trước khi công bố.", "Settle duplicate applications before publishing."),
        )


def _content_sha256(rows: list[tuple[bytes, str]], schools: Mapping[str, PublishedSchool]) -> str:
    digest = hashlib.sha256()
    for code in sorted(schools):
        digest.update(school_as_json(schools[code]).encode() + b"\n")
    for key, payload in rows:
        digest.update(key + payload.encode() + b"\n")
    return digest.hexdigest()


def _fill(
    connection: sqlite3.Connection,
    meta: Mapping[str, str],
    *,
    schools: Mapping[str, PublishedSchool],
    rows: list[tuple[bytes, str]],
) -> None:
    connection.executescript(
        f"""PRAGMA application_id = {_APPLICATION_ID};
        PRAGMA journal_mode = OFF;
        CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
        CREATE TABLE school (school_code TEXT PRIMARY KEY, payload TEXT NOT NULL) WITHOUT ROWID;
        CREATE TABLE result (key BLOB PRIMARY KEY, payload TEXT NOT NULL) WITHOUT ROWID;"""
    )
    with connection:
        connection.executemany("INSERT INTO meta VALUES (?, ?)", sorted(meta.items()))
        school_rows = ((code, school_as_json(schools[code])) for code in sorted(schools))
        connection.executemany("INSERT INTO school VALUES (?, ?)", school_rows)
        connection.executemany("INSERT INTO result VALUES (?, ?)", rows)


def _unreadable(path: Path) -> DataUnavailableError:
    return DataUnavailableError(
        Text("Không đọc được tệp kết quả đã công bố.", "The file of published results cannot be read."),
        hint=Text("Công bố lại đợt này.", "Publish the round again."),
        subject=path.name,
    )


def _written_under_another_secret(path: Path) -> DataUnavailableError:
    return DataUnavailableError(
        Text("Tệp kết quả được ghi bằng một khóa bí mật khác.", "These results were written under another secret."),
        hint=Text(
            "Đặt lại DIABAN_SECRET (hoặc tệp secret.key) như khi công bố, hoặc công bố lại.",
            "Restore DIABAN_SECRET (or the file secret.key) as it was on publishing, or publish again.",
        ),
        subject=path.name,
    )
