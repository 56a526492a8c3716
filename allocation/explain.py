"""Why each child has this school, and why not a nearer one: in sentences and as data."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.csv as pa_csv

from allocation import explain_sentences as sentences
from allocation.distance_rows import FARTHEST_M
from allocation.model import Integers, Reason
from allocation.move_costs import MoveCosts, Placement, move_costs
from allocation.personal_id import mask, normalise
from allocation.round_files import NONE, RoundFiles, UnreadableError, read_directory, whole_numbers
from spatial.errors import InputError, NotFoundError
from spatial.text import Text, to_nfc


class WhyNot(StrEnum):
    """Why a nearer school was not given."""

    WOULD_LENGTHEN_THE_TOTAL = "would_lengthen_the_total"
    WOULD_LEAVE_A_CHILD_WITHOUT = "would_leave_a_child_without"
    LOTTERY = "lottery"
    BEYOND_LIMIT = "beyond_limit"
    OTHERS_COME_FIRST = "others_come_first"


@dataclass(frozen=True, slots=True, kw_only=True)
class NearerSchool:
    """A school nearer than the one given.

    Parameters
    ----------
    extra_m
        By how many metres all ways together would be longer with the child here; None where that is not
        the reason.
    """

    school_code: str
    name: str
    distance_m: int
    capacity: int
    placed: int
    why_not: WhyNot
    extra_m: int | None
    sentence: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """What a family or an officer is told about one application.

    Parameters
    ----------
    shown_as
        The number as others may see it: a personal ID masked.
    school_code, school_name
        Empty where there is no seat.
    distance_m
        None where there is no seat.
    nearer
        The nearer schools, or without a seat all in reach; nearest first.
    """

    applicant_no: str
    shown_as: str
    level: str
    school_code: str
    school_name: str
    distance_m: int | None
    reason: Reason
    sentences: tuple[Text, ...]
    nearer: tuple[NearerSchool, ...]


def explain(directory: Path, applicant_no: str) -> Explanation:
    """Explain one application of a round.

    Raises
    ------
    InputError
        The directory holds no readable round.
    NotFoundError
        The round has no such applicant.
    """
    book = RoundBook.read(directory)
    row = book.row_of(to_nfc(applicant_no))
    if row is None:
        row = book.row_of(normalise(applicant_no))
    if row is None:
        raise NotFoundError(
            Text("Đợt này không có hồ sơ đó.", "This round has no such applicant."),
            hint=Text("Kiểm tra lại số, và tệp issues.csv.", "Check the number, and issues.csv."),
            subject=directory.name,
        )
    return book.explain(row)


def explain_everybody(directory: Path) -> Iterator[Explanation]:
    """Explain every application of a round, in the order of the numbers. Raises InputError as `explain` does."""
    book = RoundBook.read(directory)
    for row in range(book.applicant_count):
        yield book.explain(row)


def as_data(explanation: Explanation) -> dict[str, Any]:
    """Return an explanation as plain data for JSON; sentences as ``{"vi": …, "en": …}``."""
    data = {one.name: getattr(explanation, one.name) for one in fields(explanation)}
    data["sentences"] = [sentence._asdict() for sentence in explanation.sentences]
    data["nearer"] = [
        {**{one.name: getattr(school, one.name) for one in fields(school)}, "sentence": school.sentence._asdict()}
        for school in explanation.nearer
    ]
    return data


class RoundBook:
    """A round's files, indexed so that single applications are found and reckoned quickly.

    Parameters
    ----------
    files
        The files of a round that was verified.
    names
        Names of the schools by school_code and level.
    """

    def __init__(self, files: RoundFiles, *, names: dict[tuple[str, str], str]) -> None:
        self.files, self.names = files, names
        stage = whole_numbers(files.offers["stage"], "offers.csv", "stage")
        distance_m = whole_numbers(files.offers["distance_m"], "offers.csv", "distance_m")
        self._row_of = {number: row for row, number in enumerate(files.applicants["applicant_no"])}
        offer_of = {number: row for row, number in enumerate(files.offers["applicant_no"])}
        self._offer = np.array([offer_of[number] for number in self._row_of], dtype=np.int64)
        self._stage, self._distance_m = stage[self._offer], distance_m[self._offer]
        pools = zip(files.schools["school_code"], files.schools["level"], strict=True)
        self._pool_of = {key: pool for pool, key in enumerate(pools)}
        offered = (files.offers["school_code"][row] for row in self._offer)
        levels = files.applicants["level"]
        self._pool = np.array([self._pool_of.get(key, NONE) for key in zip(offered, levels, strict=True)])
        self._nearest_first = np.lexsort([files.pair_pool, files.pair_distance_m, files.pair_applicant])
        ordered = files.pair_applicant[self._nearest_first]
        self._first_pair = np.searchsorted(ordered, np.arange(self.applicant_count + 1))
        self._entries = {(entry["stage"], entry["level"]): entry for entry in files.certificate["levels"]}
        self._costs: dict[tuple[int, str], MoveCosts] = {}

    @classmethod
    def read(cls, directory: Path) -> "RoundBook":
        """Read the round in a directory. Raises InputError when it holds no readable one."""
        try:
            return cls(read_directory(directory), names=_names_of(directory))
        except UnreadableError as error:
            raise InputError(error.text, subject=str(directory)) from error
        except (LookupError, TypeError, ValueError) as error:
            raise InputError(
                Text("Một tệp của đợt này sai cấu trúc.", "A file of this round is malformed."),
                hint=Text("Tìm tệp sai bằng: diaban verify.", "Find out which with: diaban verify."),
                subject=str(directory),
            ) from error

    @property
    def applicant_count(self) -> int:
        """Number of applicants of the round."""
        return len(self._row_of)

    def row_of(self, applicant_no: str) -> int | None:
        """Return the row of an applicant in the problem, or None."""
        return self._row_of.get(applicant_no)

    def explain(self, row: int) -> Explanation:
        """Explain the application in this row of the problem."""
        files = self.files
        number, level = files.applicants["applicant_no"][row], files.applicants["level"][row]
        is_placed = self._pool[row] != NONE
        code = files.schools["school_code"][self._pool[row]] if is_placed else ""
        distance_m = int(self._distance_m[row]) if is_placed else None
        nearer = []
        for pair in self._nearest_first[self._first_pair[row] : self._first_pair[row + 1]].tolist():
            if distance_m is not None and files.pair_distance_m[pair] >= distance_m:
                break
            nearer.append(self._nearer(row, pair))
        reason = Reason(files.offers["reason"][self._offer[row]])
        return Explanation(
            applicant_no=number,
            shown_as=number if files.summary.get("any_id") is True else mask(number),
            level=level,
            school_code=code,
            school_name=self.names.get((code, level), code),
            distance_m=distance_m,
            reason=reason,
            sentences=(sentences.summary_sentence(reason, distance_m, len(nearer)),),
            nearer=tuple(nearer),
        )

    def _nearer(self, row: int, pair: int) -> NearerSchool:
        files, pool = self.files, int(self.files.pair_pool[pair])
        code, level = files.schools["school_code"][pool], files.schools["level"][pool]
        distance_m, capacity = int(files.pair_distance_m[pair]), int(files.schools["capacity"][pool])
        limit_m = self._limit_m(level)
        extra_m = None
        if limit_m is not None and distance_m > limit_m:
            why_not, sentence = WhyNot.BEYOND_LIMIT, sentences.beyond(limit_m)
        elif "price_m" not in self._entries[stage := self._stage_of(row), level]:
            why_not, sentence = WhyNot.OTHERS_COME_FIRST, sentences.others_first(capacity)
        else:
            costs, none_m = self._costs_of(stage, level), self._entries[stage, level]["unplaced_cost_m"]
            local = self._local_of(level)
            own = int(local[self._pool[row]])
            own_m = self._distance_m[row] if self._pool[row] != NONE else self._unplaced_m(stage, level)[row]
            extra_m = costs.extra_m(own=own, own_m=int(own_m), pool=int(local[pool]), distance_m=distance_m)
            why_not, sentence = _why_not(extra_m, capacity, none_m)
        return NearerSchool(
            school_code=code,
            name=self.names.get((code, level), code),
            distance_m=distance_m,
            capacity=capacity,
            placed=int(files.school_results["placed"][pool]),
            why_not=why_not,
            extra_m=extra_m if why_not is WhyNot.WOULD_LENGTHEN_THE_TOTAL else None,
            sentence=sentence,
        )

    def _stage_of(self, row: int) -> int:
        """Return the stage that placed the applicant in this row, or the last."""
        return int(self._stage[row]) if self._pool[row] != NONE else len(self.files.policy["stages"])

    def _limit_m(self, level: str) -> int | None:
        limits = [stage.get("max_distance_m", {}).get(level) for stage in self.files.policy["stages"]]
        return None if any(limit is None for limit in limits) else int(max(limits))

    def _costs_of(self, stage: int, level: str) -> MoveCosts:
        """Return the chains of moves of one stage and level."""
        if (stage, level) not in self._costs:
            self._costs[stage, level] = move_costs(self._placement(stage, level))
        return self._costs[stage, level]

    def _unplaced_m(self, stage: int, level: str) -> Integers:
        """Return for each applicant what having no seat counts, by the stated tier."""
        entry = self._entries[stage, level]
        tier = np.array(self.files.applicants["priority_tier"], dtype=np.int64)
        last = entry.get("last_tier", 1)
        return np.asarray(entry["unplaced_cost_m"] * (1 + last - np.minimum(tier, last)))

    def _local_of(self, level: str) -> Integers:
        """Return for each pool its number within the level, and in the last place (`NONE`) that of no seat."""
        is_of_level = np.array([one == level for one in self.files.schools["level"]], dtype=bool)
        return np.append(np.where(is_of_level, np.cumsum(is_of_level) - 1, NONE), is_of_level.sum())

    def _placement(self, stage: int, level: str) -> Placement:
        files, entry, local = self.files, self._entries[stage, level], self._local_of(level)
        is_of_level = local[:-1] != NONE
        is_placed = self._pool != NONE
        is_open = np.array([one == level for one in files.applicants["level"]]) & (~is_placed | (self._stage >= stage))
        at_stage = is_open & is_placed & (self._stage == stage)
        taken = np.bincount(self._pool[is_placed & (self._stage <= stage)], minlength=len(is_of_level))
        limit_m = files.policy["stages"][stage - 1].get("max_distance_m", {}).get(level, FARTHEST_M)
        pairs = is_open[files.pair_applicant] & (files.pair_distance_m <= limit_m)
        codes = [code for code, here in zip(files.schools["school_code"], is_of_level, strict=True) if here]
        return Placement(
            own=local[np.where(at_stage, self._pool, NONE)],
            own_m=np.where(at_stage, self._distance_m, self._unplaced_m(stage, level)),
            free=(np.array(files.schools["capacity"], dtype=np.int64) - taken)[is_of_level],
            price_m=np.array([entry["price_m"][code] for code in codes], dtype=np.int64),
            unplaced_m=self._unplaced_m(stage, level),
            is_open=is_open,
            pair_applicant=files.pair_applicant[pairs],
            pair_pool=local[files.pair_pool[pairs]],
            pair_m=files.pair_distance_m[pairs],
        )


def _why_not(extra_m: int, capacity: int, unplaced_cost_m: int) -> tuple[WhyNot, Text]:
    if extra_m == 0:
        return WhyNot.LOTTERY, sentences.lottery(capacity)
    if 2 * extra_m > unplaced_cost_m:
        return WhyNot.WOULD_LEAVE_A_CHILD_WITHOUT, sentences.without(capacity)
    return WhyNot.WOULD_LENGTHEN_THE_TOTAL, sentences.longer(capacity, extra_m)


def _names_of(directory: Path) -> dict[tuple[str, str], str]:
    path = directory / "school_places.csv"
    if not path.is_file():
        return {}
    columns = {"school_code": "string", "level": "string", "name": "string"}
    options = pa_csv.ConvertOptions(column_types=columns, include_columns=list(columns))
    table = pa_csv.read_csv(path, convert_options=options).to_pydict()
    return {
        (code, level or ""): name
        for code, level, name in zip(table["school_code"], table["level"], table["name"], strict=True)
    }
