"""May rounds stand side by side: of one problem, or of one in which nothing but the measure of the ways differs.

Ways on foot, by vehicle and in a straight line make three problems of the same children and seats. Who gets which
school under each is worth seeing together; their metres are not: 900 m in a straight line and 900 m on foot are two
things.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from allocation.model import NearBy
from allocation.round_files import Integers, RoundFiles
from spatial.errors import InputError
from spatial.text import Text

_RANKS = ("preference_rank", "priority_rank")


def measure_of(files: RoundFiles) -> NearBy | None:
    """Return how the ways of a round were measured; None where its summary does not say."""
    stated = files.summary.get("measured_by")
    return NearBy(stated) if isinstance(stated, str) and stated in {*NearBy} else None


def must_be_comparable(names: Sequence[str], read: Sequence[RoundFiles]) -> None:
    """Refuse rounds that differ in more than rule and measure.

    Raises
    ------
    InputError
        Applicants, schools, seats or ranks differ from those of the first round; or ways differ although both rounds
        say, or one leaves open, that they were measured alike.
    """
    first = read[0]
    for name, files in zip(names, read, strict=True):
        if files.summary["problem_sha256"] == first.summary["problem_sha256"]:
            continue
        differing = _first_difference(first, files)
        if differing is not None:
            raise _another_problem(name, names[0], differing)
        measures = measure_of(first), measure_of(files)
        if None in measures or measures[0] is measures[1]:
            raise _another_problem(name, names[0], Text("khoảng cách khác nhau", "the distances differ"))


def _first_difference(one: RoundFiles, other: RoundFiles) -> Text | None:
    if one.applicants != other.applicants:
        return Text("hồ sơ khác nhau", "the applicants differ")
    if one.schools != other.schools:
        return Text("trường hoặc số chỗ khác nhau", "the schools or their seats differ")
    if not _ranks_agree(one, other):
        return Text("nguyện vọng hoặc thứ hạng khác nhau", "the preferences or ranks differ")
    return None


def _ranks_agree(one: RoundFiles, other: RoundFiles) -> bool:
    """Tell whether the ranks are the same at every pair that both rounds have; applicants and schools are the same."""
    width = len(one.schools["school_code"])
    here, there = (files.pair_applicant * width + files.pair_pool for files in (one, other))
    _, at_one, at_other = np.intersect1d(here, there, return_indices=True)
    return all(
        np.array_equal(_rank(one.pair_extra, name, len(here))[at_one],
                       _rank(other.pair_extra, name, len(there))[at_other])
        for name in _RANKS
    )  # fmt: skip


def _rank(extra: Mapping[str, Integers], name: str, count: int) -> Integers:
    return extra.get(name, np.zeros(count, dtype=np.int64))


def _another_problem(name: str, first: str, why: Text) -> InputError:
    return InputError(
        Text(
            f"{name} là đợt của một bài toán khác với {first}: {why.vi}.",
            f"{name} is a round of another problem than {first}: {why.en}.",
        ),
        hint=Text(
            "Chỉ so sánh các đợt cùng hồ sơ, trường và chỗ học; quãng đường chỉ được khác do cách đo ghi ở từng đợt.",
            "Compare rounds of the same applicants, schools and seats; ways may differ by the measure each states.",
        ),
        subject=name,
    )
