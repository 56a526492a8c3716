"""Why each child has this school, and why not a nearer one: in sentences and as data."""

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.csv as pa_csv

from allocation.model import Reason
from allocation.personal_id import mask, normalise
from allocation.round_files import RoundFiles, UnreadableError, read_directory
from spatial.errors import InputError, NotFoundError
from spatial.text import Text, to_nfc


class WhyNot(StrEnum):
    """Why a nearer school was not given."""

    WOULD_LENGTHEN_THE_TOTAL = "would_lengthen_the_total"
    WOULD_LEAVE_A_CHILD_WITHOUT = "would_leave_a_child_without"
    LOTTERY = "lottery"
    BEYOND_LIMIT = "beyond_limit"


@dataclass(frozen=True, slots=True, kw_only=True)
class NearerSchool:
    """A school nearer than the one given.

    Parameters
    ----------
    extra_m
        By how many metres at least all ways together would be longer with the child here; None where that is not
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
    for row in range(len(book.files.applicants["applicant_no"])):
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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RoundBook:
    """A round's files, indexed so that single applications are found quickly."""

    files: RoundFiles
    names: dict[tuple[str, str], str]
    first_pair: np.ndarray[tuple[int], np.dtype[np.int64]]
    pair_order: np.ndarray[tuple[int], np.dtype[np.int64]]
    offer_of: dict[str, int]
    placed: list[int]
    entries: dict[tuple[int, str], dict[str, Any]] = field(default_factory=dict)

    @classmethod
    def read(cls, directory: Path) -> "RoundBook":
        """Read a round. Raises InputError when the directory holds no readable one."""
        try:
            files = read_directory(directory)
        except UnreadableError as error:
            raise InputError(error.text, subject=str(directory)) from error
        order = np.lexsort([files.pair_pool, files.pair_distance_m, files.pair_applicant])
        count = len(files.applicants["applicant_no"])
        return cls(
            files=files,
            names=_names_of(directory),
            first_pair=np.searchsorted(files.pair_applicant[order], np.arange(count + 1)),
            pair_order=order,
            offer_of={number: row for row, number in enumerate(files.offers["applicant_no"])},
            placed=[int(count) for count in files.school_results["placed"]],
            entries={(entry["stage"], entry["level"]): entry for entry in files.certificate["levels"]},
        )

    def row_of(self, applicant_no: str) -> int | None:
        """Return the row of an applicant in the problem, or None."""
        numbers = self.files.applicants["applicant_no"]
        return numbers.index(applicant_no) if applicant_no in self.offer_of else None

    def explain(self, row: int) -> Explanation:
        """Explain the application in this row of the problem."""
        files = self.files
        number, level = files.applicants["applicant_no"][row], files.applicants["level"][row]
        offer = {name: column[self.offer_of[number]] for name, column in files.offers.items()}
        code = offer["school_code"]
        distance_m = int(offer["distance_m"]) if code else None
        stage = int(offer["stage"]) if code else len(files.policy["stages"])
        entry = self.entries[stage, level]
        own_cost_m = distance_m + entry["price_m"][code] if distance_m is not None else entry["unplaced_cost_m"]
        nearer = []
        for pair in self.pair_order[self.first_pair[row] : self.first_pair[row + 1]]:
            if distance_m is not None and files.pair_distance_m[pair] >= distance_m:
                break
            nearer.append(self._nearer(int(pair), entry, own_cost_m))
        reason = Reason(offer["reason"])
        return Explanation(
            applicant_no=number,
            shown_as=number if files.summary.get("any_id") is True else mask(number),
            level=level,
            school_code=code,
            school_name=self.names.get((code, level), code),
            distance_m=distance_m,
            reason=reason,
            sentences=(_sentence(reason, distance_m, len(nearer)),),
            nearer=tuple(nearer),
        )

    def _nearer(self, pair: int, entry: dict[str, Any], own_cost_m: int) -> NearerSchool:
        files, pool = self.files, int(self.files.pair_pool[pair])
        code, level = files.schools["school_code"][pool], files.schools["level"][pool]
        distance_m = int(files.pair_distance_m[pair])
        extra_m = distance_m + entry["price_m"][code] - own_cost_m
        capacity = int(files.schools["capacity"][pool])
        limit_m = self._limit_m(level)
        if limit_m is not None and distance_m > limit_m:
            why_not, sentence = WhyNot.BEYOND_LIMIT, _beyond(limit_m)
        elif extra_m == 0:
            why_not, sentence = WhyNot.LOTTERY, _lottery(capacity)
        elif 2 * extra_m > entry["unplaced_cost_m"]:
            why_not, sentence = WhyNot.WOULD_LEAVE_A_CHILD_WITHOUT, _without(capacity)
        else:
            why_not, sentence = WhyNot.WOULD_LENGTHEN_THE_TOTAL, _longer(capacity, extra_m)
        return NearerSchool(
            school_code=code,
            name=self.names.get((code, level), code),
            distance_m=distance_m,
            capacity=capacity,
            placed=self.placed[pool],
            why_not=why_not,
            extra_m=extra_m if why_not is WhyNot.WOULD_LENGTHEN_THE_TOTAL else None,
            sentence=sentence,
        )

    def _limit_m(self, level: str) -> int | None:
        limits = [stage.get("max_distance_m", {}).get(level) for stage in self.files.policy["stages"]]
        return None if any(limit is None for limit in limits) else int(max(limits))


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


def metres(distance_m: int) -> Text:
    """Return a distance as people write it: 1.250 m in Vietnamese, 1,250 m in English."""
    return Text(f"{distance_m:,} m".replace(",", "."), f"{distance_m:,} m")


def _sentence(reason: Reason, distance_m: int | None, nearer_count: int) -> Text:
    far = metres(distance_m or 0)
    if reason is Reason.NEAREST_SCHOOL:
        return Text(
            f"Đây là trường gần nhất trong các trường được xét, cách nhà {far.vi}.",
            f"This is the nearest of the schools considered, {far.en} from home.",
        )
    if reason is Reason.NEARER_SCHOOLS_FULL:
        schools = "1 nearer school is" if nearer_count == 1 else f"{nearer_count} nearer schools are"
        return Text(
            f"Trường này cách nhà {far.vi}; {nearer_count} trường gần hơn đã đủ chỗ.",
            f"This school is {far.en} from home; {schools} full.",
        )
    if reason is Reason.ALL_SCHOOLS_FULL:
        return Text(
            f"Chưa xếp được chỗ học: {nearer_count} trường được xét đều đã đủ chỗ.",
            f"No place yet: the schools considered ({nearer_count}) are all full.",
        )
    return Text(
        "Chưa xếp được chỗ học: không có trường nào của cấp này trong phạm vi được xét.",
        "No place yet: there is no school of this level within reach.",
    )


def _longer(capacity: int, extra_m: int) -> Text:
    more = metres(extra_m)
    return Text(
        f"Trường đã đủ {capacity} chỗ. Nhận em vào đây thì tổng quãng đường của mọi em dài thêm ít nhất {more.vi}.",
        f"The school is full ({capacity}). With this child here, all ways together would be at least {more.en} longer.",
    )


def _lottery(capacity: int) -> Text:
    return Text(
        f"Trường đã đủ {capacity} chỗ. Nhận em vào đây thì tổng quãng đường không đổi; bốc thăm đã quyết định.",
        f"The school is full ({capacity}). With the child here the total would be the same; the lottery decided.",
    )


def _without(capacity: int) -> Text:
    return Text(
        f"Trường đã đủ {capacity} chỗ. Nhận em vào đây thì thêm một em khác không có chỗ học.",
        f"The school is full ({capacity}). With the child here, one more child would have no place.",
    )


def _beyond(limit_m: int) -> Text:
    limit = metres(limit_m)
    return Text(f"Xa hơn giới hạn {limit.vi}.", f"Farther than the limit of {limit.en}.")
