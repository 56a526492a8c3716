"""A later run of a round: does it keep its word to those who held a seat, and count truly who moved.

Worked out from the files of the later run alone; what the earlier run said is checked by `allocation.verify_chain`.
"""

import csv
import hashlib
import io
from collections.abc import Iterator

import numpy as np

from allocation.round_files import NONE, Integers, UnreadableError
from allocation.verify_state import Checked
from spatial.text import Text

_UNLISTED = 2**30
_FARTHEST = 2**30
_NOWHERE = 2**62
_FORERUNNER = ("problem_sha256", "offers_sha256", "policy_sha256")
OF_FORERUNNER = "summary.json: after."
"""What stands so among the unproven is proven by `allocation.verify_chain`."""

LOG_COLUMNS = ("applicant_no", "change", "school_code", "level", "before", "after", "reason", "changed_on")
_WITHOUT_DAY = LOG_COLUMNS[:-1]
"""The header of logs that were written before days were."""


def not_checked_of_after(state: Checked) -> tuple[str, ...]:
    """Return what is said of the earlier run, which the files of this one cannot prove."""
    stated = state.files.summary.get("after")
    return tuple(f"{OF_FORERUNNER}{name}" for name in _FORERUNNER) if isinstance(stated, dict) else ()


def check_held_seats(state: Checked) -> Iterator[Text]:
    """Yield those who held a seat and have no better one, nor the same; and confirmed ones who are elsewhere.

    Strict for runs that state which run they follow: their families are such that nobody has to give way.
    """
    held = _held_codes(state)
    is_free = bool(state.files.policy.get("may_worsen_held_seats", False))
    group = state.files.applicants.get("held_seat_group", [])
    groups = state.files.offers.get("seat_group", [])
    own, before = _worth(state, state.offered_code), _worth(state, held)
    for index in np.flatnonzero(np.array([bool(code) for code in held], dtype=bool)).tolist():
        who, code = state.shown[index], held[index]
        is_same = state.offered_code[index] == code
        if is_same and group and groups and state.market.is_confirmed[index]:
            is_same = groups[int(state.offer_row[index])] == group[index]
        if before[index] == _NOWHERE:
            yield Text(
                f"Hồ sơ {who}: không có khoảng cách tới trường {code} đang giữ chỗ.",
                f"Applicant {who}: there is no distance to the held school {code}.",
            )
        elif state.market.is_confirmed[index] and not is_same:
            yield Text(
                f"Hồ sơ {who}: chỗ đã xác nhận ở trường {code} không được giữ.",
                f"Applicant {who}: the confirmed seat in school {code} was not kept.",
            )
        elif not is_same and not is_free and own[index] >= before[index]:
            yield Text(
                f"Hồ sơ {who}: chỗ mới không tốt hơn chỗ đang giữ ở trường {code}.",
                f"Applicant {who}: the new place is no better than the one held in school {code}.",
            )


def check_counts_of_moves(state: Checked) -> Iterator[Text]:
    """Yield the counts of who moved that do not follow from offers, held seats and the log of changes."""
    stated = state.files.summary["after"]
    data = state.files.changes_bytes
    if hashlib.sha256(data).hexdigest() != stated["changes_sha256"]:
        yield Text("changes.csv đã bị thay đổi.", "changes.csv was changed.")
        return
    for name, value in _expected(state, read_log(data)).items():
        if stated[name] != value:
            yield Text(
                f"summary.json: after.{name} phải là {value}, ghi {stated[name]}.",
                f"summary.json: after.{name} is {value}, stated {stated[name]}.",
            )


def read_log(data: bytes) -> list[dict[str, str]]:
    """Return the rows of ``changes.csv``. Raises UnreadableError when it is no such table."""
    rows = list(csv.DictReader(io.StringIO(data.decode(errors="replace"), newline="")))
    header = data.partition(b"\n")[0].decode(errors="replace").strip().split(",")
    if header not in ([*LOG_COLUMNS], [*_WITHOUT_DAY]) or any(None in row or None in row.values() for row in rows):
        raise UnreadableError(Text("changes.csv không đọc được.", "changes.csv cannot be read."))
    return rows


def _expected(state: Checked, log: list[dict[str, str]]) -> dict[str, int]:
    held = np.array(_held_codes(state), dtype=object)
    offered = np.array(state.offered_code, dtype=object)
    holds, placed, same = held != "", offered != "", held == offered
    before, own = (_worth(state, list(codes)) for codes in (held, offered))
    better = holds & placed & ~same & (own < before)
    way_m = np.append(state.files.pair_distance_m, 0)
    saved_m = way_m[_pairs_to(state, list(held))[better]] - way_m[_pairs_to(state, list(offered))[better]]
    numbers = set(state.files.applicants["applicant_no"])
    lost = {row["applicant_no"] for row in log if row["change"] == "seat_lost"}
    given_up = {row["applicant_no"] for row in log if row["before"] and not row["after"]} - {""} - lost
    with_seat = set(np.array(state.files.applicants["applicant_no"], dtype=object)[placed])
    return {
        "confirmed": int(state.market.is_confirmed.sum()),
        "kept": int((holds & same).sum()),
        "better": int(better.sum()),
        "metres_saved": int(saved_m.sum()),
        "worse": int((holds & ~same & ~better).sum()),
        "newly_placed": int((placed & ~holds).sum()),
        "still_without": int((~placed & ~holds).sum()),
        "left": len({row["applicant_no"] for row in log} - numbers - {""}),
        "gave_up": len(given_up & numbers),
        "lost": len(lost),
        "placed_again": len(lost & with_seat),
        "late": sum(row["change"] == "late" for row in log),
    }


def _held_codes(state: Checked) -> list[str]:
    return state.files.applicants.get("held_school") or [""] * len(state.shown)


def _pairs_to(state: Checked, codes: list[str]) -> Integers:
    """Return for each applicant the pair of the problem with a school of the own level, or `NONE`."""
    files = state.files
    rows = {key: row for row, key in enumerate(zip(files.schools["school_code"], files.schools["level"], strict=True))}
    wanted = np.array(
        [rows.get(key, NONE) for key in zip(codes, files.applicants["level"], strict=True)], dtype=np.int64
    )
    found = np.full(len(codes), NONE, dtype=np.int64)
    meets = (files.pair_pool == wanted[files.pair_applicant]) & (files.pair_pool != NONE)
    found[files.pair_applicant[meets]] = np.flatnonzero(meets)
    return found


def _worth(state: Checked, codes: list[str]) -> Integers:
    """Return the place of a school in each applicant's own order, the smaller the better; `_NOWHERE` without a way."""
    files = state.files
    worth = files.pair_distance_m.astype(np.int64)
    asks = any(rule.get("preferences", "nearest") != "nearest" for rule in files.policy["stages"])
    rank = files.pair_extra.get("preference_rank")
    if asks:
        ranks = np.zeros_like(worth) if rank is None else rank
        worth = worth + np.where(ranks > 0, ranks, _UNLISTED) * _FARTHEST
    return np.asarray(np.append(worth, _NOWHERE)[_pairs_to(state, codes)])
