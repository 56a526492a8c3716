"""The files of a round's directory, read back as they stand, for whoever checks or explains it."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
    problem_bytes
        The files ``problem/*.csv``, in the order of their names.
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

    problem_bytes: tuple[bytes, ...]
    policy_bytes: bytes
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
    problem_bytes = tuple(_bytes_of(directory / "problem" / name) for name in PROBLEM_FILES)
    policy_bytes = _bytes_of(directory / "policy.json")
    applicants = _columns(
        problem_bytes[0], "problem/applicants.csv", ("applicant_no", "level", "priority_tier"), others=True
    )
    schools = _columns(problem_bytes[2], "problem/schools.csv", ("school_code", "level", "capacity"), others=True)
    pairs = _table(problem_bytes[1], "problem/distances.csv", ("applicant_no", "school_code", "distance_m"), _RANKS)
    pair_applicant = _positions(pairs["applicant_no"], applicants["applicant_no"])
    return RoundFiles(
        problem_bytes=problem_bytes,
        policy_bytes=policy_bytes,
        applicants=applicants,
        schools=schools,
        pair_applicant=pair_applicant,
        pair_pool=_pair_pools(pairs["school_code"], pair_applicant, applicants, schools),
        pair_distance_m=_whole(pairs["distance_m"], "problem/distances.csv"),
        pair_extra={name: _whole(pairs[name], "problem/distances.csv") for name in pairs.column_names[3:]},
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


def whole_numbers(texts: list[str], file: str, column: str) -> Integers:
    """Return a column as whole numbers, `NONE` for an empty cell. Raises UnreadableError for anything else."""
    if all(map(_WHOLE.fullmatch, texts)):
        return np.array([int(text) if text else NONE for text in texts], dtype=np.int64)
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
        raise UnreadableError(Text(f"Thiếu tệp {path.name}.", f"The file {path.name} is missing.")) from error


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
        table = pa_csv.read_csv(
            pa.BufferReader(data),
            parse_options=pa_csv.ParseOptions(newlines_in_values=b'"' in data),
            convert_options=pa_csv.ConvertOptions(
                column_types=dict.fromkeys(wanted, pa.string()), strings_can_be_null=False, include_columns=wanted
            ),
        )
    except (pa.ArrowException, KeyError) as error:
        raise UnreadableError(Text(f"{file} không đọc được.", f"{file} cannot be read.")) from error
    return table


def _columns(data: bytes, file: str, names: tuple[str, ...], *, others: bool = False) -> dict[str, list[str]]:
    """Return the named columns; with ``others`` all that the header has."""
    header = _header(data)
    table: dict[str, list[str]] = _table(data, file, names, tuple(header) if others else ()).to_pydict()
    return table


def _positions(values: pa.ChunkedArray, known: list[str]) -> Integers:
    found = pc.index_in(values, value_set=pa.array(known, type=pa.string()))
    return np.asarray(found.fill_null(NONE).to_numpy(), dtype=np.int64)


def _pair_pools(
    codes: pa.ChunkedArray, pair_applicant: Integers, applicants: dict[str, list[str]], schools: dict[str, list[str]]
) -> Integers:
    """Return the row in the table of schools that has the pair's school and the applicant's level."""
    known_codes = sorted(set(schools["school_code"]))
    levels = sorted({*applicants["level"], *schools["level"]})
    code_at = {code: position for position, code in enumerate(known_codes)}
    level_at = {level: position for position, level in enumerate(levels)}
    pool_at = np.full((len(known_codes) + 1, len(levels) + 1), NONE, dtype=np.int64)
    for pool, (code, level) in enumerate(zip(schools["school_code"], schools["level"], strict=True)):
        pool_at[code_at[code], level_at[level]] = pool
    applicant_level = np.array([*(level_at[level] for level in applicants["level"]), len(levels)], dtype=np.int64)
    return np.asarray(pool_at[_positions(codes, known_codes), applicant_level[pair_applicant]])


def _whole(column: pa.ChunkedArray, file: str) -> Integers:
    try:
        return np.asarray(pc.cast(column, pa.int64()).to_numpy(), dtype=np.int64)
    except pa.ArrowInvalid as error:
        raise UnreadableError(
            Text(f"{file}: có khoảng cách không phải số nguyên.", f"{file}: a distance is no whole number.")
        ) from error
