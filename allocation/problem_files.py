"""The problem of a round as three small files that anybody can read and hash.

``cat problem/*.csv | sha256sum`` gives the ``problem_sha256`` of the round.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pa_csv

from allocation.distance_rows import indices_in
from allocation.lottery import lottery_ranks
from allocation.model import AllocationProblem, Integers, sha256_of

APPLICANTS_FILE = "applicants.csv"
DISTANCES_FILE = "distances.csv"
SCHOOLS_FILE = "schools.csv"


def build_problem(
    applicants: pd.DataFrame, schools: pd.DataFrame, pairs: pd.DataFrame, *, seed: str
) -> AllocationProblem:
    """Return the problem in canonical order, whatever the order of rows.

    Parameters
    ----------
    applicants
        applicant_no (distinct), level, and priority_tier if there are any tiers.
    schools
        school_code, level (distinct together), capacity.
    pairs
        applicant_no, school_code, distance_m (whole metres); pairs of unknown names or of a level that the school
        does not have are left out.
    seed
        Seed of the lottery.
    """
    applicants = applicants.sort_values("applicant_no", kind="stable", ignore_index=True)
    schools = schools.sort_values(["school_code", "level"], kind="stable", ignore_index=True)
    applicant = indices_in(pairs["applicant_no"], applicants["applicant_no"])
    pool = _pools_of(pairs, applicant, applicants["level"], schools)
    known = np.flatnonzero(pool >= 0)
    order = known[np.argsort(applicant[known] * len(schools) + pool[known])]
    numbers = applicants["applicant_no"].to_numpy(dtype=object)
    tiers = applicants["priority_tier"] if "priority_tier" in applicants else pd.Series(1, index=applicants.index)
    unhashed = AllocationProblem(
        applicant_no=numbers,
        applicant_level=applicants["level"].to_numpy(dtype=object),
        priority_tier=tiers.to_numpy(dtype=np.int64),
        lottery_rank=lottery_ranks(numbers.tolist(), seed=seed),
        pool_school_code=schools["school_code"].to_numpy(dtype=object),
        pool_level=schools["level"].to_numpy(dtype=object),
        pool_capacity=schools["capacity"].to_numpy(dtype=np.int64),
        pair_applicant=applicant[order],
        pair_pool=pool[order],
        pair_distance_m=pairs["distance_m"].to_numpy(dtype=np.int64)[order],
    )
    return unhashed.with_hash(sha256_of([*problem_tables(unhashed).values()]))


def _pools_of(pairs: pd.DataFrame, applicant: Integers, levels: pd.Series, schools: pd.DataFrame) -> Integers:
    """Return the seat pool of each pair: the one of the school that has the applicant's level, or -1."""
    if not len(levels) or not len(schools):
        return np.full(len(pairs), -1, dtype=np.int64)
    codes = schools["school_code"].drop_duplicates().reset_index(drop=True)
    known_levels = pd.Index(pd.concat([levels, schools["level"]]).unique())
    pool_at = np.full((len(codes), len(known_levels)), -1, dtype=np.int64)
    pool_at[indices_in(schools["school_code"], codes), known_levels.get_indexer(schools["level"])] = schools.index
    school = indices_in(pairs["school_code"], codes)
    pool = pool_at[school, known_levels.get_indexer(levels)[applicant]]
    return np.where((school >= 0) & (applicant >= 0), pool, -1)


def problem_tables(problem: AllocationProblem) -> Mapping[str, bytes]:
    """Return name and bytes of the problem's files, in the order of their names."""
    applicants = {
        "applicant_no": problem.applicant_no,
        "level": problem.applicant_level,
        "priority_tier": problem.priority_tier,
    }
    numbers, codes = pa.array(problem.applicant_no), pa.array(problem.pool_school_code)
    distances = {
        "applicant_no": numbers.take(pa.array(problem.pair_applicant)),
        "school_code": codes.take(pa.array(problem.pair_pool)),
        "distance_m": problem.pair_distance_m,
    }
    schools = {
        "school_code": problem.pool_school_code,
        "level": problem.pool_level,
        "capacity": problem.pool_capacity,
    }
    return {
        APPLICANTS_FILE: csv_bytes(applicants),
        DISTANCES_FILE: csv_bytes(distances),
        SCHOOLS_FILE: csv_bytes(schools),
    }


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
