"""Whether a later run follows from the earlier one: every seat and way is the same, or its log explains why not."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from allocation.personal_id import mask
from allocation.round_files import NONE, Integers, RoundFiles, UnreadableError, read_directory
from allocation.verify_after import read_log
from spatial.files import sha256_of_file
from spatial.text import Text

CHAIN_CLAIM = Text(
    "Đợt này nối tiếp đúng đợt trước, mọi khác biệt có lý do trong changes.csv",
    "The run follows the earlier one, and changes.csv explains every difference",
)
_SCHOOL_CHANGES = ("school_added", "capacity_changed", "capacity_raised_on_appeal")
_LEAVING = {"declined", "lapsed", "withdrawn"}
_RUNNING = {"applicant_no", "together", "held_school", "held_seat_group", "is_confirmed"}
_ADDED_TAGS = {"lost_seat": "seat_lost", "declined": "declined"}


@dataclass(frozen=True, kw_only=True, eq=False)
class _Link:
    """Two runs and the log between them."""

    old: RoundFiles
    new: RoundFiles
    log: list[dict[str, str]]

    @cached_property
    def kinds(self) -> Mapping[str, Mapping[str, dict[str, str]]]:
        """For each applicant the rows of the log by their change."""
        found: dict[str, dict[str, dict[str, str]]] = {}
        for row in self.log:
            if row["applicant_no"]:
                found.setdefault(row["applicant_no"], {})[row["change"]] = row
        return found

    def shown(self, number: str) -> str:
        """Return the number as messages may show it."""
        return number if self.new.summary.get("any_id") is True else mask(number)


def check_chain(directory: Path, former: Path) -> list[Text]:
    """Return what in the run in ``directory`` does not follow from the one in ``former``.

    Raises
    ------
    InputError
        One of the directories holds no round.
    """
    try:
        new, old = read_directory(directory), read_directory(former)
        stated = new.summary.get("after")
        if not isinstance(stated, dict):
            return [Text("Đợt này không nối tiếp đợt nào.", "This run does not name an earlier one.")]
        link = _Link(old=old, new=new, log=read_log(new.changes_bytes))
        checks = (_hashes(link, former), _people(link), _held(link), _schools(link), _facts(link), _ways(link))
        return [failure for found in checks for failure in found]
    except UnreadableError as error:
        return [error.text]
    except (LookupError, TypeError, ValueError, AttributeError):
        return [Text("Một tệp sai cấu trúc.", "A file is malformed.")]


def _hashes(link: _Link, former: Path) -> Iterator[Text]:
    stated = link.new.summary["after"]
    actual = {
        "problem_sha256": link.old.summary["problem_sha256"],
        "offers_sha256": sha256_of_file(former / "offers.csv"),
        "policy_sha256": link.old.summary["policy_sha256"],
    }
    for name, value in actual.items():
        if stated[name] != value:
            yield Text(f"after.{name} không phải của đợt trước.", f"after.{name} is not that of the earlier run.")


def _people(link: _Link) -> Iterator[Text]:
    old, new = (set(files.applicants["applicant_no"]) for files in (link.old, link.new))
    for number in sorted(old - new):
        if not _LEAVING & set(link.kinds.get(number, {})):
            who = link.shown(number)
            yield Text(f"Hồ sơ {who} biến mất không lý do.", f"Applicant {who} is gone without a reason.")
    for number in sorted(new - old):
        if "late" not in link.kinds.get(number, {}):
            who = link.shown(number)
            yield Text(f"Hồ sơ {who} xuất hiện không lý do.", f"Applicant {who} appears without a reason.")


def _held(link: _Link) -> Iterator[Text]:
    """Yield those whose held seat is not that of the earlier run, and no row says why."""
    offers = dict(zip(link.old.offers["applicant_no"], link.old.offers["school_code"], strict=True))
    numbers = link.new.applicants["applicant_no"]
    nothing = [""] * len(numbers)
    was = dict(zip(link.old.applicants["applicant_no"], _column(link.old, "is_confirmed"), strict=True))
    held, confirmed = (link.new.applicants.get(name, nothing) for name in ("held_school", "is_confirmed"))
    for number, code, is_sure in zip(numbers, held, confirmed, strict=True):
        kinds = link.kinds.get(number, {})
        expected, sure = _expected(kinds, offers.get(number, ""), was_sure=was.get(number) == "1")
        if code != expected or (is_sure == "1") != (sure and bool(expected)):
            who = link.shown(number)
            yield Text(
                f"Hồ sơ {who}: chỗ đang giữ không phải của đợt trước, và changes.csv không nói vì sao.",
                f"Applicant {who}: the held seat is not that of the earlier run, and changes.csv does not say why.",
            )


def _expected(kinds: Mapping[str, dict[str, str]], held: str, *, was_sure: bool) -> tuple[str, bool]:
    """Return the school that is held when the run begins, and whether it is confirmed."""
    sure = was_sure or "confirmed" in kinds
    if "moved" in kinds:
        held, sure = kinds["moved"]["after"] and held, False
    if _LEAVING & set(kinds) or "seat_lost" in kinds:
        held, sure = "", False
    if "appeal_upheld" in kinds:
        held, sure = kinds["appeal_upheld"]["school_code"], True
    return held, sure


def _column(files: RoundFiles, name: str) -> list[str]:
    return files.applicants.get(name) or [""] * len(files.applicants["applicant_no"])


def _schools(link: _Link) -> Iterator[Text]:
    old, new = (
        dict(zip(zip(files.schools["school_code"], files.schools["level"], strict=True),
                 files.schools["capacity"], strict=True))
        for files in (link.old, link.new)
    )  # fmt: skip
    said = sorted(
        (row for row in link.log if not row["applicant_no"]),
        key=lambda row: (_SCHOOL_CHANGES.index(row["change"]), int(row["after"])),
    )
    steps: dict[tuple[str, str], list[dict[str, str]]] = {}
    for row in said:
        steps.setdefault((row["school_code"], row["level"]), []).append(row)
    for code, level in sorted({*old, *new, *steps}):
        expected = old.get((code, level))
        for row in steps.get((code, level), []):
            expected = row["after"] if row["before"] == (expected or "") else "?"
        if new.get((code, level)) != expected:
            yield Text(
                f"Trường {code} {level}: số chỗ khác đợt trước, không có lý do.",
                f"School {code} {level}: the seats differ from the earlier run without a reason.",
            )


def _facts(link: _Link) -> Iterator[Text]:
    """Yield those about whom other facts are stated than in the earlier run, without having moved or come late."""
    old_row = {number: row for row, number in enumerate(link.old.applicants["applicant_no"])}
    names = sorted(({*link.old.applicants} | {*link.new.applicants}) - _RUNNING)
    columns = [(name, _column(link.old, name), _column(link.new, name)) for name in names]
    for row, number in enumerate(link.new.applicants["applicant_no"]):
        kinds = link.kinds.get(number, {})
        if number not in old_row or "moved" in kinds:
            continue
        for name, old, new in columns:
            if not _may_differ(name, old[old_row[number]], new[row], kinds):
                who = link.shown(number)
                yield Text(f"Hồ sơ {who}: {name} khác đợt trước.", f"Applicant {who}: {name} differs from before.")


def _may_differ(name: str, old: str, new: str, kinds: Mapping[str, dict[str, str]]) -> bool:
    if old == new:
        return True
    before, after = set(old.split(";")) - {""}, set(new.split(";")) - {""}
    if name == "tags":
        added = {tag for tag, kind in _ADDED_TAGS.items() if kind in kinds or (tag == "declined" and "lapsed" in kinds)}
        return before <= after <= before | added
    if name == "sibling_school":
        return "placed_apart" in kinds and before <= after
    return name == "priority_tier" and bool(_LEAVING & set(kinds))


def _ways(link: _Link) -> Iterator[Text]:
    """Yield the number of pairs that appeared, vanished or changed for those who neither moved nor came late."""
    changed = {number for number, kinds in link.kinds.items() if {"moved", "late"} & set(kinds)}
    added = {row["school_code"] for row in link.log if row["change"] == "school_added"}
    stay = set(link.old.applicants["applicant_no"]) & set(link.new.applicants["applicant_no"]) - changed
    names = sorted({*link.old.pair_extra, *link.new.pair_extra})
    old, new = (_pairs(files, stay, added, extra=names) for files in (link.old, link.new))
    if not all(np.array_equal(one, other) for one, other in zip(old, new, strict=True)):
        yield Text(
            "problem/distances.csv khác đợt trước ở những em không chuyển nơi ở.",
            "problem/distances.csv differs from before for children who did not move.",
        )


def _pairs(files: RoundFiles, stay: set[str], added: set[str], *, extra: list[str]) -> Iterator[Integers]:
    """Yield columns of the pairs of those who stay, with schools of both runs: applicant and school, metres, ranks."""
    numbers, codes = (sorted(names) for names in (stay, {*files.schools["school_code"]} - added))
    at_number, at_code = ({name: place for place, name in enumerate(names)} for names in (numbers, codes))
    who = np.array([at_number.get(number, NONE) for number in files.applicants["applicant_no"]], dtype=np.int64)
    where = np.array([at_code.get(code, NONE) for code in files.schools["school_code"]], dtype=np.int64)
    applicant, school = who[files.pair_applicant], where[files.pair_pool]
    kept = np.flatnonzero((applicant != NONE) & (school != NONE))
    key = applicant[kept] * (len(codes) + 1) + school[kept]
    if (key[1:] < key[:-1]).any():
        order = np.argsort(key, kind="stable")
        key, kept = key[order], kept[order]
    yield key
    yield files.pair_distance_m[kept]
    for name in extra:
        yield files.pair_extra[name][kept] if name in files.pair_extra else np.zeros_like(key)
