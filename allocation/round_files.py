"""The files of a round's directory, read back as they stand, for whoever checks or explains it."""

import hashlib
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv

from spatial.errors import InputError
from spatial.text import Text

Integers = npt.NDArray[np.int64]
NONE = -1
"""No seat, or an empty cell."""

_WHOLE = re.compile("(0|-?[1-9][0-9]{0,17})?")
"""As numbers are written to files, and no other way of writing them."""

_RANKS = ("preference_rank", "priority_rank")
_WAITING = ("school_code", "level", "position", "applicant_no")
_CUT_OFFS = (
    "school_code",
    "level",
    "seat_group",
    "stage",
    "tier",
    "admitted",
    "last_distance_m",
    "last_lottery_place",
)
PROBLEM_FILES = ("applicants.csv", "distances.csv", "schools.csv")


class UnreadableError(Exception):
    """A file of the round is missing or is not what it must be; `text` says which."""

    def __init__(self, text: Text) -> None:
        super().__init__(text.en)
        self.text = text


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RoundFiles:
    """The content of a round's directory.

    Parameters
    ----------
    problem_sha256, policy_sha256
        SHA-256 of the files ``problem/*.csv``, in the order of their names one after the other, and of ``policy.json``.
    applicants, schools
        The tables of the problem as text.
    pair_applicant, pair_pool, pair_distance_m
        The distances, as indices into the tables of the problem; `NONE` where a name is unknown there.
    pair_extra
        The further columns of the distances, ``preference_rank`` and ``priority_rank``, where there are any.
    offers, school_results, lottery, cut_offs, waiting_lists
        The tables of the result as text.
    summary, certificate, policy
        The JSON files.
    """

    problem_sha256: str
    policy_sha256: str
    applicants: dict[str, list[str]]
    schools: dict[str, list[str]]
    pair_applicant: Integers
    pair_pool: Integers
    pair_distance_m: Integers
    pair_extra: dict[str, Integers]
    offers: dict[str, list[str]]
    school_results: dict[str, list[str]]
    lottery: dict[str, list[str]]
    cut_offs: dict[str, list[str]]
    waiting_lists: dict[str, list[str]]
    summary: dict[str, Any]
    certificate: dict[str, Any]
    policy: dict[str, Any]
    changes_bytes: bytes = b""
    """The log of what changed since the earlier run, ``changes.csv``; empty in a first run."""


def read_directory(directory: Path) -> RoundFiles:
    """Read the directory of a round.

    Raises
    ------
    InputError
        There is no such directory, or it holds no round.
    UnreadableError
        A file is missing or damaged.
    """
    if not (directory / "summary.json").is_file():
        raise InputError(
            Text("Thư mục này không chứa đợt xét nào.", "This directory holds no round."),
            hint=Text("Chỉ ra thư mục mà `diaban allocate --out` đã ghi.", "Name what `diaban allocate --out` wrote."),
            subject=str(directory),
        )
    policy_bytes = _bytes_of(directory / "policy.json")
    return RoundFiles(
        **_problem(directory / "problem"),
        policy_sha256=hashlib.sha256(policy_bytes).hexdigest(),
        offers=_columns(
            _bytes_of(directory / "offers.csv"),
            "offers.csv",
            ("applicant_no", "school_code", "distance_m", "stage", "reason"),
            others=True,
        ),
        school_results=_columns(
            _bytes_of(directory / "schools.csv"),
            "schools.csv",
            ("school_code", "level", "capacity", "placed", "cut_off_tier", "cut_off_distance_m", "seat_price_m"),
            others=True,
        ),
        lottery=_columns(_bytes_of(directory / "lottery.csv"), "lottery.csv", ("applicant_no", "lottery_number")),
        cut_offs=_columns(_bytes_of(directory / "cut_offs.csv"), "cut_offs.csv", _CUT_OFFS),
        waiting_lists=_columns(_bytes_of(directory / "waiting_lists.csv"), "waiting_lists.csv", _WAITING, others=True),
        summary=_json(_bytes_of(directory / "summary.json"), "summary.json"),
        certificate=_json(_bytes_of(directory / "certificate.json"), "certificate.json"),
        policy=_json(policy_bytes, "policy.json"),
        changes_bytes=_bytes_of(directory / "changes.csv") if (directory / "changes.csv").exists() else b"",
    )


def _problem(folder: Path) -> dict[str, Any]:
    """Return what the files of the problem say; millions of pairs come as numbers and never as text."""
    applicants_file, pairs_file, schools_file = (folder / name for name in PROBLEM_FILES)
    applicants_bytes, schools_bytes = _bytes_of(applicants_file), _bytes_of(schools_file)
    applicants = _columns(
        applicants_bytes, "problem/applicants.csv", ("applicant_no", "level", "priority_tier"), others=True
    )
    schools = _columns(schools_bytes, "problem/schools.csv", ("school_code", "level", "capacity"), others=True)
    digest = hashlib.sha256(applicants_bytes)
    pairs = _pairs_table(pairs_file, digest, names_are_quoted=b'"' in applicants_bytes + schools_bytes)
    digest.update(schools_bytes)
    pair_applicant, pair_pool = _rows_of_pairs(pairs, applicants, schools)
    return {
        "problem_sha256": digest.hexdigest(),
        "applicants": applicants,
        "schools": schools,
        "pair_applicant": pair_applicant,
        "pair_pool": pair_pool,
        "pair_distance_m": pairs["distance_m"].to_numpy(),
        "pair_extra": {name: pairs[name].to_numpy() for name in pairs.column_names if name in _RANKS},
    }


def whole_numbers(texts: list[str], file: str, column: str) -> Integers:
    """Return a column as whole numbers, `NONE` for an empty cell. Raises UnreadableError for anything else."""
    distinct = set(texts)
    if all(map(_WHOLE.fullmatch, distinct)):
        number = {text: int(text) if text else NONE for text in distinct}
        return np.fromiter(map(number.__getitem__, texts), dtype=np.int64, count=len(texts))
    raise UnreadableError(
        Text(
            f"{file}: cột {column} có ô không phải số nguyên.",
            f"{file}: {column} has a cell that is no whole number.",
        )
    )


def _bytes_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise _missing(path) from error


def _missing(path: Path) -> UnreadableError:
    return UnreadableError(Text(f"Thiếu tệp {path.name}.", f"The file {path.name} is missing."))


def _json(data: bytes, file: str) -> dict[str, Any]:
    try:
        content = json.loads(data)
    except ValueError as error:
        raise UnreadableError(Text(f"{file} không phải JSON.", f"{file} is no JSON.")) from error
    if not isinstance(content, dict):
        raise UnreadableError(Text(f"{file} không phải một đối tượng.", f"{file} is no JSON object."))
    return content


def _header(data: bytes) -> list[str]:
    end = data.find(b"\n")
    return data[: end if end >= 0 else len(data)].decode(errors="replace").strip().split(",")


def _table(data: bytes, file: str, names: tuple[str, ...], optional: tuple[str, ...] = ()) -> pa.Table:
    """Return the named columns as text, and of the optional ones those that the header has."""
    header = _header(data)
    wanted = [*names, *(name for name in optional if name in header and name not in names)]
    try:
        return _parsed(pa.BufferReader(data), dict.fromkeys(wanted, pa.string()), is_quoted=b'"' in data)
    except (pa.ArrowException, KeyError) as error:
        raise UnreadableError(Text(f"{file} không đọc được.", f"{file} cannot be read.")) from error


class _Hashing(io.RawIOBase):
    """A file that is hashed while it is read, so that what is parsed is what was hashed."""

    def __init__(self, file: BinaryIO, digest: "hashlib._Hash") -> None:
        super().__init__()
        self._file, self._digest = file, digest

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self._digest.update(data)
        return data


def _pairs_table(path: Path, digest: "hashlib._Hash", *, names_are_quoted: bool) -> pa.Table:
    """Return the pairs, and add the file to a hash; each block of the file names its few applicants and schools once.

    Parameters
    ----------
    names_are_quoted
        Whether some name is written in quotation marks in its own table, as it then is here.
    """
    try:
        with path.open("rb") as file:
            header = _header(file.readline())
            file.seek(0)
            numbers = ("distance_m", *(name for name in _RANKS if name in header))
            name_kind = pa.dictionary(pa.int32(), pa.string())
            kinds = {"applicant_no": name_kind, "school_code": name_kind, **dict.fromkeys(numbers, pa.int64())}
            return _parsed(_Hashing(file, digest), kinds, is_quoted=names_are_quoted)
    except OSError as error:
        raise _missing(path) from error
    except (pa.ArrowException, KeyError) as error:
        raise UnreadableError(
            Text(
                "problem/distances.csv không đọc được, hoặc có khoảng cách không phải số nguyên.",
                "problem/distances.csv cannot be read, or a distance is no whole number.",
            )
        ) from error


def _parsed(source: object, kinds: dict[str, pa.DataType], *, is_quoted: bool) -> pa.Table:
    return pa_csv.read_csv(
        source,
        parse_options=pa_csv.ParseOptions(newlines_in_values=is_quoted),
        convert_options=pa_csv.ConvertOptions(
            column_types=kinds, null_values=[], strings_can_be_null=False, include_columns=[*kinds]
        ),
    )


def _columns(data: bytes, file: str, names: tuple[str, ...], *, others: bool = False) -> dict[str, list[str]]:
    """Return the named columns; with ``others`` all that the header has."""
    header = _header(data)
    table: dict[str, list[str]] = _table(data, file, names, tuple(header) if others else ()).to_pydict()
    return table


def _rows_of_pairs(
    pairs: pa.Table, applicants: dict[str, list[str]], schools: dict[str, list[str]]
) -> tuple[Integers, Integers]:
    """Return the applicant of each pair, and the row in the table of schools with its school at the applicant's level.

    `NONE` where a name is unknown. Block by block of the file, for less memory.
    """
    codes, levels = sorted(set(schools["school_code"])), sorted({*applicants["level"], *schools["level"]})
    code_at, level_at = ({name: place for place, name in enumerate(names)} for names in (codes, levels))
    pool_at = np.full((len(codes) + 1, len(levels) + 1), NONE, dtype=np.int64)
    for pool, (code, level) in enumerate(zip(schools["school_code"], schools["level"], strict=True)):
        pool_at[code_at[code], level_at[level]] = pool
    level_of = np.array([*(level_at[level] for level in applicants["level"]), len(levels)], dtype=np.int64)
    who, where = (np.empty(pairs.num_rows, dtype=np.int64) for _ in range(2))
    end = 0
    blocks = zip(
        _places(pairs["applicant_no"], applicants["applicant_no"]), _places(pairs["school_code"], codes), strict=True
    )
    for applicant, school in blocks:
        start, end = end, end + len(applicant)
        who[start:end] = applicant
        where[start:end] = pool_at[school, level_of[applicant]]
    return who, where


def _places(names: pa.ChunkedArray, known: list[str]) -> Iterator[Integers]:
    """Yield for each block of a column with dictionaries where its names stand among the known ones, or `NONE`."""
    blocks = names.unify_dictionaries().chunks
    if blocks:
        found = pc.index_in(blocks[0].dictionary, value_set=pa.array(known, type=pa.string()))
        place = np.asarray(found.fill_null(NONE).to_numpy(), dtype=np.int64)
    for block in blocks:
        yield place[block.indices.to_numpy()]
