"""Preferences and priorities brought to the admissible pairs."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from allocation.distance_rows import indices_in
from allocation.model import Integers
from allocation.personal_id import shown
from spatial.issues import Issue, Severity
from spatial.text import Text

Note = Callable[[Issue], None]


def pairs_of_preferences(preferences: pd.DataFrame, applicants: pd.DataFrame) -> pd.DataFrame:
    """Return the pairs of a round in which nothing was measured: the schools that families list, at 0 m."""
    levels = pd.Series(applicants["level"].to_numpy(), index=applicants["applicant_no"])
    return pd.DataFrame(
        {
            "applicant_no": preferences["applicant_no"],
            "level": levels.reindex(preferences["applicant_no"]).to_numpy(),
            "school_code": preferences["school_code"],
            "distance_m": np.zeros(len(preferences), dtype=np.int64),
        }
    )


def nothing_measured(file: str) -> Issue:
    """Return the warning that all distances are 0 because none were given."""
    return Issue(
        severity=Severity.WARNING,
        code="nothing_measured",
        file=file,
        message=Text(
            "Không có khoảng cách: các trường trong nguyện vọng là các cặp được xét, mọi quãng đường ghi 0 m.",
            "No distances were given: the schools of the preferences are the admissible pairs, every way is 0 m.",
        ),
        hint=Text("Thêm --distances hoặc --network nếu cần quãng đường.", "Add --distances or --network to have ways."),
    )


def with_ranks(pairs: pd.DataFrame, column: str, ranks: pd.DataFrame) -> tuple[pd.DataFrame, Integers]:
    """Return the pairs with a column of ranks (0 where there is none), and the ranks (index) that fit no pair."""
    people = pd.Series(pd.unique(ranks["applicant_no"]))
    schools = pd.Series(pd.unique(ranks["school_code"]))
    of_pair, of_rank = (
        _keys(indices_in(frame["applicant_no"], people), indices_in(frame["school_code"], schools), len(schools))
        for frame in (pairs, ranks)
    )
    order = np.argsort(of_rank, kind="stable")
    at = np.searchsorted(of_rank[order], of_pair).clip(max=len(order) - 1) if len(order) else of_pair[:0]
    values = np.zeros(len(pairs), dtype=np.int64)
    if len(order):
        fits = (of_pair >= 0) & (of_rank[order[at]] == of_pair)
        values[fits] = ranks["rank"].to_numpy()[order[at[fits]]]
    without = np.flatnonzero(~np.isin(of_rank, of_pair))
    return pairs.assign(**{column: values}), without


def _keys(person: Integers, school: Integers, width: int) -> Integers:
    return np.where((person >= 0) & (school >= 0), person * width + school, -1)


def note_wishes_without_pair(note: Note, preferences: pd.DataFrame, *, file: str, any_id: bool) -> None:
    """Note each preference for a school that is no admissible one of the child."""
    for number, code, row in preferences[["applicant_no", "school_code", "row"]].itertuples(index=False):
        child = shown(number, any_id=any_id)
        note(
            Issue(
                severity=Severity.WARNING,
                code="preference_without_distance",
                file=file,
                row=int(row),
                field="school_code",
                value=code,
                message=Text(
                    f"Không có khoảng cách từ em {child} tới trường này; nguyện vọng không được xét.",
                    f"There is no distance from {child} to this school; the preference is not considered.",
                ),
                hint=Text("Bổ sung khoảng cách, hoặc kiểm tra mã trường.", "Add the distance, or check the school."),
            )
        )


def note_priorities(note: Note, pairs: pd.DataFrame, *, unused_count: int, file: str) -> None:
    """Note how many priorities fit no admissible pair, and how many pairs have none."""
    missing_count = int((pairs["priority_rank"] == 0).sum())
    if unused_count:
        note(
            Issue(
                severity=Severity.INFO,
                code="priority_without_pair",
                file=file,
                message=Text(
                    f"{unused_count} thứ tự là của em không xét vào trường đó; không dùng đến.",
                    f"{unused_count} priorities are of children who are not considered there; they were not used.",
                ),
            )
        )
    if missing_count:
        note(
            Issue(
                severity=Severity.WARNING,
                code="priority_missing",
                file=file,
                message=Text(
                    f"{missing_count} cặp học sinh và trường không có thứ tự; các em này đứng sau, hoặc không được xét "
                    "nếu quy tắc chỉ nhận em có thứ tự.",
                    f"{missing_count} pairs have no priority; these children come after those who have one, or are not "
                    "considered where the policy takes only ranked ones.",
                ),
                hint=Text("Bổ sung vào tệp thứ tự.", "Add them to the file of priorities."),
            )
        )
