"""The problem of a round as three small files that anybody can read and hash.

``cat problem/*.csv | sha256sum`` gives the ``problem_sha256`` of the round.
"""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pa_csv

from allocation.distance_rows import indices_in
from allocation.lottery import lottery_ranks
from allocation.model import (
    APPLICANT_FACTS,
    HELD_SEAT_GROUP,
    SEATS_PREFIX,
    UNPLACED,
    AllocationProblem,
    Integers,
    Strings,
    sha256_of,
)
from allocation.round_files import RoundFiles

APPLICANTS_FILE = "applicants.csv"
DISTANCES_FILE = "distances.csv"
SCHOOLS_FILE = "schools.csv"
AREA = "area"


def build_problem(
    applicants: pd.DataFrame, schools: pd.DataFrame, pairs: pd.DataFrame, *, seed: str
) -> AllocationProblem:
    """Return the facts of a problem in canonical order, whatever the order of rows.

    Parameters
    ----------
    applicants
        applicant_no (distinct), level; and where there are any: priority_tier, the columns of
        `allocation.model.APPLICANT_FACTS`, together (applicant_no of the first of those who are placed together),
        held_school (school_code of the seat held from an earlier run), held_seat_group, is_confirmed.
    schools
        school_code, level (distinct together), capacity; and where there are any: area, ``seats_…``.
    pairs
        applicant_no, school_code, distance_m (whole metres), and where given preference_rank, priority_rank (from 1, 0
        where there is none); pairs of unknown names or of a level that the school does not have are left out.
    seed
        Seed of the lottery.
    """
    applicants = applicants.sort_values("applicant_no", kind="stable", ignore_index=True)
    schools = schools.sort_values(["school_code", "level"], kind="stable", ignore_index=True)
    applicant = indices_in(pairs["applicant_no"], applicants["applicant_no"])
    pool = _pools_of(pairs["school_code"], applicant, applicants["level"], schools)
    known = np.flatnonzero(pool >= 0)
    order = known[np.argsort(applicant[known] * len(schools) + pool[known])]
    numbers = applicants["applicant_no"].to_numpy(dtype=object)
    tiers = _whole_or(applicants, "priority_tier", 1)
    unhashed = AllocationProblem(
        applicant_no=numbers,
        applicant_level=applicants["level"].to_numpy(dtype=object),
        priority_tier=tiers,
        lottery_rank=lottery_ranks(numbers.tolist(), seed=seed),
        together=_groups(applicants),
        held_pool=_held_pools(applicants, schools),
        is_confirmed=_whole_or(applicants, "is_confirmed", 0) == 1,
        applicant_facts=_facts(applicants, [*APPLICANT_FACTS, HELD_SEAT_GROUP]),
        pool_school_code=schools["school_code"].to_numpy(dtype=object),
        pool_level=schools["level"].to_numpy(dtype=object),
        pool_seat_group=np.full(len(schools), "", dtype=object),
        pool_capacity=schools["capacity"].to_numpy(dtype=np.int64),
        pool_facts=_facts(schools, [name for name in schools if name == AREA or name.startswith(SEATS_PREFIX)]),
        pair_applicant=applicant[order],
        pair_pool=pool[order],
        pair_distance_m=pairs["distance_m"].to_numpy(dtype=np.int64)[order],
        pair_tier=tiers[applicant[order]],
        pair_preference=_whole_or(pairs, "preference_rank", 0)[order],
        pair_given_priority=_whole_or(pairs, "priority_rank", 0)[order],
    )
    return unhashed.with_hash(sha256_of([*problem_tables(unhashed).values()]))


def problem_of(files: RoundFiles, *, seed: str) -> AllocationProblem:
    """Return the facts of a round that was written; with its own seed the same problem that was solved."""
    applicants = pd.DataFrame(files.applicants)
    schools = pd.DataFrame(files.schools)
    pairs = pd.DataFrame(
        {
            "applicant_no": applicants["applicant_no"].to_numpy()[files.pair_applicant],
            "school_code": schools["school_code"].to_numpy()[files.pair_pool],
            "distance_m": files.pair_distance_m,
            **files.pair_extra,
        }
    )
    whole = {name: "int64" for name in ("priority_tier", "is_confirmed") if name in applicants}
    return build_problem(applicants.astype(whole), schools.astype({"capacity": "int64"}), pairs, seed=seed)


def _whole_or(frame: pd.DataFrame, column: str, default: int) -> Integers:
    if column not in frame:
        return np.full(len(frame), default, dtype=np.int64)
    return np.asarray(frame[column].to_numpy(), dtype=np.int64)


def _facts(frame: pd.DataFrame, names: list[str]) -> Mapping[str, Strings]:
    """Return the columns in which anything stands, in the order of their names."""
    given = (name for name in sorted(names) if name in frame)
    columns = {name: frame[name].fillna("").astype(str).to_numpy(dtype=object) for name in given}
    return MappingProxyType({name: column for name, column in columns.items() if (column != "").any()})


def _groups(applicants: pd.DataFrame) -> Integers:
    """Return the number of each applicant's group, by the order of the first members; `UNPLACED` for those alone."""
    if "together" not in applicants:
        return np.full(len(applicants), UNPLACED, dtype=np.int64)
    first = indices_in(applicants["together"].fillna("").astype(str), applicants["applicant_no"])
    members = np.bincount(first[first >= 0], minlength=len(applicants))
    grouped = (first >= 0) & (members[first] > 1)
    numbers = np.full(len(applicants), UNPLACED, dtype=np.int64)
    numbers[grouped] = np.unique(first[grouped], return_inverse=True)[1]
    return numbers


def _held_pools(applicants: pd.DataFrame, schools: pd.DataFrame) -> Integers:
    if "held_school" not in applicants:
        return np.full(len(applicants), UNPLACED, dtype=np.int64)
    held = applicants["held_school"].fillna("").astype(str)
    return _pools_of(held, np.arange(len(applicants)), applicants["level"], schools)


def _pools_of(school_codes: pd.Series, applicant: Integers, levels: pd.Series, schools: pd.DataFrame) -> Integers:
    """Return the seat pool of each pair: the one of the school that has the applicant's level, or -1."""
    if not len(levels) or not len(schools):
        return np.full(len(school_codes), -1, dtype=np.int64)
    codes = schools["school_code"].drop_duplicates().reset_index(drop=True)
    known_levels = pd.Index(pd.concat([levels, schools["level"]]).unique())
    pool_at = np.full((len(codes), len(known_levels)), -1, dtype=np.int64)
    pool_at[indices_in(schools["school_code"], codes), known_levels.get_indexer(schools["level"])] = schools.index
    school = indices_in(school_codes, codes)
    pool = pool_at[school, known_levels.get_indexer(levels)[applicant]]
    return np.where((school >= 0) & (applicant >= 0), pool, -1)


def problem_tables(problem: AllocationProblem) -> Mapping[str, bytes]:
    """Return name and bytes of the files of a problem's facts, in the order of their names.

    Columns in which nothing stands are left out.
    """
    numbers, codes = pa.array(problem.applicant_no), pa.array(problem.pool_school_code)
    applicants = {
        "applicant_no": problem.applicant_no,
        "level": problem.applicant_level,
        "priority_tier": problem.priority_tier,
        **problem.applicant_facts,
    }
    if (problem.together != UNPLACED).any():
        applicants["together"] = _first_members(problem)
    if (problem.held_pool != UNPLACED).any():
        applicants["held_school"] = np.append(problem.pool_school_code, "")[problem.held_pool]
        applicants["is_confirmed"] = problem.is_confirmed.astype(np.int64)
    distances = {
        "applicant_no": numbers.take(pa.array(problem.pair_applicant)),
        "school_code": codes.take(pa.array(problem.pair_pool)),
        "distance_m": problem.pair_distance_m,
    }
    if problem.pair_preference.any():
        distances["preference_rank"] = problem.pair_preference
    if problem.pair_given_priority.any():
        distances["priority_rank"] = problem.pair_given_priority
    schools = {
        "school_code": problem.pool_school_code,
        "level": problem.pool_level,
        "capacity": problem.pool_capacity,
        **problem.pool_facts,
    }
    return {
        APPLICANTS_FILE: csv_bytes(applicants),
        DISTANCES_FILE: csv_bytes(distances),
        SCHOOLS_FILE: csv_bytes(schools),
    }


def _first_members(problem: AllocationProblem) -> Strings:
    """Return for each applicant of a group the number of its first member, else an empty text."""
    group, first = np.unique(problem.together, return_index=True)
    named = np.full(problem.together.max() + 2, "", dtype=object)
    named[group] = problem.applicant_no[first]
    return np.where(problem.together == UNPLACED, "", named[problem.together])


def csv_bytes(columns: Mapping[str, object]) -> bytes:
    """Return columns as CSV: UTF-8, commas, Unix line ends, quotation marks only where a table needs them."""
    table = pa.table(dict(columns))
    target = pa.BufferOutputStream()
    target.write((",".join(columns) + "\n").encode())
    plain = pa_csv.WriteOptions(include_header=False, quoting_style="none")
    try:
        pa_csv.write_csv(table, target, plain)
    except pa.ArrowInvalid:
        return str(table.to_pandas().to_csv(index=False, lineterminator="\n")).encode()
    data: bytes = target.getvalue().to_pybytes()
    return data
