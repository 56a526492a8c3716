"""Laws of reading a round: no order of rows matters, and groups are the connected parts of who names whom."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from random import Random

import numpy as np
import pandas as pd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from allocation.intake import IntakeOptions, RoundInput, RoundPaths, read_files
from allocation.problem_files import build_problem
from allocation.ranked_pairs import with_ranks

CHILDREN = 7
SCHOOLS = "ABC"
few = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
names = st.lists(st.tuples(st.integers(0, CHILDREN - 1), st.integers(0, CHILDREN - 1)), max_size=8)
pairs = st.dictionaries(
    st.tuples(st.integers(0, CHILDREN - 1), st.sampled_from(SCHOOLS)), st.integers(0, 3), min_size=1, max_size=12
)


def read(applicants: Sequence[str], distances: Sequence[str], preferences: Sequence[str] = ()) -> RoundInput:
    tables = {
        "applicants": ["applicant_no,level,together_with", *applicants],
        "schools": ["school_code,level,capacity", *(f"{code},grade_1,2" for code in SCHOOLS)],
        "distances": ["applicant_no,school_code,distance_m", *distances],
        "preferences": ["applicant_no,school_code,rank", *preferences],
    }
    with tempfile.TemporaryDirectory() as folder:
        paths = {name: Path(folder) / f"{name}.csv" for name in tables}
        for name, lines in tables.items():
            paths[name].write_text("\n".join(lines) + "\n")
        return read_files(
            RoundPaths(
                applicants=(paths["applicants"],),
                schools=paths["schools"],
                distances=paths["distances"],
                preferences=paths["preferences"] if preferences else None,
            ),
            options=IntakeOptions(any_id=True),
        )


def rows_of(named: Sequence[tuple[int, int]]) -> list[str]:
    return [
        f"c{child},grade_1,{';'.join(f'c{other}' for one, other in named if one == child)}" for child in range(CHILDREN)
    ]


@few
@given(named=names)
def test_groups_are_the_connected_parts_of_who_names_whom(named: list[tuple[int, int]]) -> None:
    frame = read(rows_of(named), ["c0,A,1"]).applicants
    ends = np.array([*named, (0, 0)]).T
    _, part = connected_components(coo_array((np.ones(ends.shape[1]), tuple(ends)), shape=(CHILDREN, CHILDREN)))
    sizes = np.bincount(part)
    first = [int(np.flatnonzero(part == part[child])[0]) for child in range(CHILDREN)]
    expected = [f"c{first[child]}" if sizes[part[child]] > 1 else "" for child in range(CHILDREN)]
    found = frame["together"].tolist() if "together" in frame else [""] * CHILDREN
    assert found == expected


@few
@given(named=names, ways=pairs, wishes=pairs, order=st.randoms(use_true_random=False))
def test_no_order_of_rows_changes_the_problem(
    named: list[tuple[int, int]],
    ways: dict[tuple[int, str], int],
    wishes: dict[tuple[int, str], int],
    order: Random,
) -> None:
    tables = [
        rows_of(named),
        [f"c{child},{code},{metres}" for (child, code), metres in ways.items()],
        [f"c{child},{code},{rank}" for (child, code), rank in wishes.items()],
    ]

    def problem_sha256() -> tuple[str, list[tuple[str, str]]]:
        got = read(*tables)
        assert got.pairs is not None
        found = sorted((issue.code, issue.value) for issue in got.issues)
        return build_problem(got.applicants, got.schools, got.pairs, seed="s").problem_sha256, found

    before = problem_sha256()
    for table in tables:
        order.shuffle(table)
    assert problem_sha256() == before


@few
@given(ways=pairs, wishes=pairs)
def test_ranks_reach_their_pairs_and_the_others_are_named(
    ways: dict[tuple[int, str], int], wishes: dict[tuple[int, str], int]
) -> None:
    frames = []
    for column, table in (("distance_m", ways), ("rank", wishes)):
        rows = [(f"c{child}", code, number) for (child, code), number in table.items()]
        frames.append(_frame(rows, column))
    ranked, without = with_ranks(frames[0], "preference_rank", frames[1])
    assert ranked["preference_rank"].tolist() == [wishes.get(pair, 0) for pair in ways]
    assert [list(wishes)[at] for at in without] == [pair for pair in wishes if pair not in ways]


def _frame(rows: list[tuple[str, str, int]], column: str) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["applicant_no", "school_code", column])
