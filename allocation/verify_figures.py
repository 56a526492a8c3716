"""Do the reasons, the table of schools and the summary say what the offers say? Reckoned again from the offers."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from allocation.round_files import NONE, Integers, whole_numbers
from allocation.verify_state import Checked, name_of_school
from spatial.text import Text

_FAR = np.iinfo(np.int64).max
_TOLERANCE_MEAN_M = 0.001
_TOLERANCE_RATIO = 0.000_001


def check_reasons(state: Checked) -> Iterator[Text]:
    """Yield the offers whose reason is not the true one."""
    files = state.files
    nearest = _nearest_m(state)
    in_reach = np.zeros(len(state.shown), dtype=bool)
    for stage in range(1, state.stage_count + 1):
        limit_m = state.limit_m(np.full(len(state.shown), stage))
        in_reach[files.pair_applicant[files.pair_distance_m <= limit_m[files.pair_applicant]]] = True
    for index, row in enumerate(state.offer_row):
        if state.pool[index] != NONE:
            expected = "nearest_school" if state.distance_m[index] == nearest[index] else "nearer_schools_full"
        else:
            expected = "all_schools_full" if in_reach[index] else "no_school_in_reach"
        if files.offers["reason"][row] != expected:
            yield Text(
                f"Hồ sơ {state.shown[index]}: lý do phải là {expected}.",
                f"Applicant {state.shown[index]}: the reason should be {expected}.",
            )


def _nearest_m(state: Checked) -> Integers:
    nearest = np.full(len(state.shown), _FAR, dtype=np.int64)
    np.minimum.at(nearest, state.files.pair_applicant, state.files.pair_distance_m)
    return nearest


def check_school_table(state: Checked) -> Iterator[Text]:
    """Yield the cells of ``schools.csv`` that do not follow from the offers and the certificate."""
    table = state.files.school_results
    names = [*zip(table["school_code"], table["level"], strict=True)]
    if names != [*zip(state.files.schools["school_code"], state.files.schools["level"], strict=True)]:
        yield Text("schools.csv không có đúng các trường của bài toán.", "schools.csv has not the problem's schools.")
        return
    for column, expected in _expected_school_columns(state).items():
        stated = _signed(table[column], column)
        for pool in np.flatnonzero(stated != expected):
            yield Text(
                f"schools.csv, trường {name_of_school(state, int(pool))}: {column} phải {_vi(expected[pool])}.",
                f"schools.csv, school {name_of_school(state, int(pool))}: {column} should be {_en(expected[pool])}.",
            )


def _vi(expected: int) -> str:
    return "để trống" if expected == -_FAR else f"là {expected}"


def _en(expected: int) -> str:
    return "empty" if expected == -_FAR else str(expected)


def _signed(texts: list[str], column: str) -> Integers:
    """Return a column as whole numbers; an empty cell is the smallest, which no true value is."""
    empty = np.array([not text for text in texts], dtype=bool)
    return np.where(empty, -_FAR, whole_numbers(texts, "schools.csv", column))


def _expected_school_columns(state: Checked) -> dict[str, Integers]:
    tier, distance_m, _ = _last_placed(state)
    nobody = tier == NONE
    return {
        "capacity": state.capacity,
        "placed": state.placed_counts(),
        "cut_off_tier": np.where(nobody, -_FAR, tier),
        "cut_off_distance_m": np.where(nobody, -_FAR, distance_m),
        "seat_price_m": _seat_prices_m(state),
    }


def _seat_prices_m(state: Checked) -> Integers:
    """Return what one more seat at the last stage changes in the total, whether or not it places one more child."""
    last = {entry["level"]: entry for entry in state.files.certificate["levels"] if entry["stage"] == state.stage_count}
    prices = []
    for code, level in zip(state.files.schools["school_code"], state.files.schools["level"], strict=True):
        price, none_m = last[level]["price_m"][code], last[level]["unplaced_cost_m"]
        prices.append(price - none_m if 2 * price > none_m else price)
    return np.array(prices, dtype=np.int64)


def _last_placed(state: Checked) -> tuple[Integers, Integers, Integers]:
    """Return tier, distance and draw of the last by priority in each pool; `NONE` where nobody is placed."""
    placed = np.flatnonzero(state.pool != NONE)
    last = tuple(np.full(len(state.capacity), NONE, dtype=np.int64) for _ in range(3))
    keys = (state.tier[placed], state.distance_m[placed], state.lottery[placed])
    order = np.lexsort([keys[2], keys[1], keys[0]])
    for column, key in zip(last, keys, strict=True):
        column[state.pool[placed][order]] = key[order]
    return last[0], last[1], last[2]


def check_summary(state: Checked) -> Iterator[Text]:
    """Yield the figures of ``summary.json`` that do not follow from the offers."""
    summary = state.files.summary
    everybody = np.ones(len(state.shown), dtype=bool)
    all_schools = np.ones(len(state.capacity), dtype=bool)
    yield from _differences(_figures(state, everybody, all_schools), summary, where="summary.json")
    envy = _envy_count(state)
    if summary["justified_envy_pairs"] != envy:
        yield Text(
            f"summary.json: justified_envy_pairs phải là {envy}.",
            f"summary.json: justified_envy_pairs should be {envy}.",
        )
    levels = sorted({*state.files.applicants["level"], *state.files.schools["level"]})
    if [entry["level"] for entry in summary["levels"]] != levels:
        yield Text("summary.json: danh sách cấp sai.", "summary.json: the list of levels is wrong.")
        return
    for entry in summary["levels"]:
        applicants = np.array(state.files.applicants["level"], dtype=object) == entry["level"]
        schools = np.array(state.files.schools["level"], dtype=object) == entry["level"]
        where = f"summary.json, levels {entry['level'] or 1}"
        yield from _differences(_figures(state, applicants, schools), entry, where=where)


def _figures(
    state: Checked, applicants: npt.NDArray[np.bool_], schools: npt.NDArray[np.bool_]
) -> dict[str, float | None]:
    placed = applicants & (state.pool != NONE)
    ways_m = state.distance_m[placed]
    count = len(ways_m)
    at_nearest = int((ways_m == _nearest_m(state)[placed]).sum())
    return {
        "applicants": int(applicants.sum()),
        "seats": int(state.capacity[schools].sum()),
        "placed": count,
        "unplaced": int(applicants.sum()) - count,
        "total_distance_m": int(ways_m.sum()),
        "max_distance_m": int(ways_m.max()) if count else None,
        "mean_distance_m": int(ways_m.sum()) / count if count else None,
        "share_nearest": at_nearest / count if count else None,
    }


_TOLERANCES = {"mean_distance_m": _TOLERANCE_MEAN_M, "share_nearest": _TOLERANCE_RATIO}


def _differences(expected: dict[str, float | None], stated: dict[str, Any], *, where: str) -> Iterator[Text]:
    for name, value in expected.items():
        said = stated[name]
        neither_known = value is None and said is None
        same = neither_known or (None not in (value, said) and abs((value or 0) - said) <= _TOLERANCES.get(name, 0))
        if not same:
            yield Text(f"{where}: {name} phải là {value}, ghi {said}.", f"{where}: {name} is {value}, stated {said}.")


def _envy_count(state: Checked) -> int:
    """Count pairs of applicant and strictly nearer school where somebody of lower priority is placed."""
    files = state.files
    tier, distance_m, draw = _last_placed(state)
    who, where, way_m = files.pair_applicant, files.pair_pool, files.pair_distance_m
    own_m = np.where(state.pool == NONE, _FAR, state.distance_m)
    claims = way_m < own_m[who]
    who, where, way_m = who[claims], where[claims], way_m[claims]
    mine = np.column_stack([state.tier[who], way_m, state.lottery[who]])
    theirs = np.column_stack([tier[where], distance_m[where], draw[where]])
    first_difference = np.argmax(mine != theirs, axis=1)
    rows = np.arange(len(who))
    return int((mine[rows, first_difference] < theirs[rows, first_difference]).sum())
