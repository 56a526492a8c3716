"""Do the reasons, the table of schools and the summary say what the offers say? Reckoned again from the offers."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from allocation.round_files import NONE, Integers, whole_numbers
from allocation.verify_ages import ages_are_known
from allocation.verify_market import HELD
from allocation.verify_orders import USUAL_ORDER, named_a_school, orders_of
from allocation.verify_state import Checked, name_of_school, places_among
from allocation.verify_together import check_told
from spatial.text import Text

_FAR = np.iinfo(np.int64).max
_TOLERANCE_MEAN_M = 0.000_51
_TOLERANCE_RATIO = 0.000_000_51


_FOR_READING = ("issues.csv", "report.html", "school_places.csv")
_PROVEN_OF_ROUND = frozenset(
    [
        "applicants",
        "seats",
        "placed",
        "unplaced",
        "total_distance_m",
        "max_distance_m",
        "mean_distance_m",
        "share_nearest",
        "levels",
        "justified_envy_pairs",
        "problem_sha256",
        "policy",
        "policy_version",
        "policy_sha256",
        "seed",
        "seed_sha256",
        "any_id",
        "together",
        "after",
    ]
)


_POLICY_NOT_CHECKED = ("citations", "class_norm_count", "effective_from", "is_comparison", "near_by")


def not_checked(state: Checked) -> tuple[str, ...]:
    """Return the files and fields that say more than the files of the round can prove."""
    fields = [f"summary.json: {name}" for name in state.files.summary if name not in _PROVEN_OF_ROUND]
    if "is_optimal" in (state.files.summary.get("together") or {}):
        fields.append("summary.json: together.is_optimal")
    rules = [f"policy.json: {name}" for name in _POLICY_NOT_CHECKED if state.files.policy[name]]
    if state.files.policy["eligibility"] is not None:
        rules.append("policy.json: eligibility" + (".late_entry" if ages_are_known(state) else ""))
    return (*fields, *rules, *_FOR_READING)


def check_reasons(state: Checked) -> Iterator[Text]:
    """Yield the offers whose reason is not the true one."""
    market = state.market
    in_reach = np.zeros(len(state.shown), dtype=bool)
    for allowed in state.allowed:
        in_reach[market.applicant[allowed]] = True
    at_held = (np.append(market.tier, NONE)[state.own_pair] == HELD) & market.is_confirmed
    if_none = np.where(in_reach, "all_schools_full", "no_school_in_reach")
    if_placed = np.where(at_held, "seat_confirmed", _why_here(state))
    expected = np.where(state.pool == NONE, if_none, if_placed)
    stated = np.array(state.files.offers["reason"], dtype=str)[state.offer_row]
    for index in np.flatnonzero(stated != expected):
        yield Text(
            f"Hồ sơ {state.shown[index]}: lý do phải là {expected[index]}.",
            f"Applicant {state.shown[index]}: the reason should be {expected[index]}.",
        )


def _why_here(state: Checked) -> npt.NDArray[np.str_]:
    """Return the reason of each applicant with a seat: of the wishes of those who have any, else of nearness."""
    of_nearness = np.where(state.distance_m == _nearest_m(state), "nearest_school", "nearer_schools_full")
    wishes = _wishes_rule(state)
    if wishes is None:
        return of_nearness
    allowed = state.market.allowed_in(wishes)
    orders = orders_of(state.market.only(allowed), wishes)
    market, own = orders.market, places_among(allowed, state.own_pair)
    own_wish = np.where(np.append(orders.listed, False)[own], np.append(orders.wish, NONE)[own], NONE)
    best = np.full(len(state.shown), _FAR, dtype=np.int64)
    np.minimum.at(best, market.applicant[orders.listed], orders.wish[orders.listed])
    of_wishes = np.where(own_wish == best, "first_preference", "preferred_schools_full")
    return np.where(np.isin(np.arange(len(best)), named_a_school(market)), of_wishes, of_nearness)


def _wishes_rule(state: Checked) -> Mapping[str, Any] | None:
    """Return the first stage that looks at submitted wishes, or None."""
    asked = (rule for rule in state.stages if rule.get("preferences", "nearest") != "nearest")
    return next(asked, None)


def _nearest_m(state: Checked) -> Integers:
    nearest = np.full(len(state.shown), _FAR, dtype=np.int64)
    np.minimum.at(nearest, state.market.applicant, state.market.distance_m)
    return nearest


def check_school_table(state: Checked) -> Iterator[Text]:
    """Yield the cells of ``schools.csv`` that do not follow from the offers and the certificate."""
    table = state.files.school_results
    groups = table.get("seat_group", [""] * len(table["school_code"]))
    named = zip(table["school_code"], table["level"], groups, strict=True)
    rows, schools = state.market.school_row.tolist(), state.files.schools
    pools = zip((schools["school_code"][row] for row in rows), state.pool_level, state.market.seat_group, strict=True)
    if [*named] != [*pools]:
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
    tier, distance_m = _last_placed(state)
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
    for name, level in zip(state.pool_name, state.pool_level, strict=True):
        if "price_m" not in last[level]:
            prices.append(-_FAR)
            continue
        price, none_m = last[level]["price_m"][name], last[level]["unplaced_cost_m"]
        # A seat that places one more child saves the metres of having no seat, once for each tier up to the last.
        rest = price % none_m
        prices.append(rest if 2 * rest <= none_m else rest - none_m)
    return np.array(prices, dtype=np.int64)


def _last_placed(state: Checked) -> tuple[Integers, Integers]:
    """Return the last tier placed in each pool and the farthest metres in it; `NONE` where nobody is placed."""
    placed = np.flatnonzero(state.pool != NONE)
    pool, tier = state.pool[placed], np.append(state.market.tier, NONE)[state.own_pair[placed]]
    last_tier, farthest_m = (np.full(len(state.capacity), NONE, dtype=np.int64) for _ in range(2))
    np.maximum.at(last_tier, pool, tier)
    in_last = tier == last_tier[pool]
    np.maximum.at(farthest_m, pool[in_last], state.distance_m[placed[in_last]])
    return last_tier, farthest_m


def check_summary(state: Checked) -> Iterator[Text]:
    """Yield the figures of ``summary.json`` that do not follow from the offers."""
    summary = state.files.summary
    everybody = np.ones(len(state.shown), dtype=bool)
    all_schools = np.ones(len(state.capacity), dtype=bool)
    yield from _differences(_figures(state, everybody, all_schools), summary, where="summary.json")
    yield from check_told(state)
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
        schools = np.array(state.pool_level, dtype=object) == entry["level"]
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
    """Count pairs of applicant and school that is rather wished for, where somebody who comes later is placed."""
    rule = next((one for one in state.stages if one["kind"] == "deferred_acceptance"), USUAL_ORDER)
    allowed = state.market.allowed_in(rule)
    everything = orders_of(state.market.only(allowed), rule)
    own = places_among(allowed, state.own_pair)
    matters = everything.wished_for(own)
    orders, own = everything.only(matters), places_among(matters, own)
    market, placed = orders.market, own[own != NONE]
    last = np.full(len(state.capacity), -1, dtype=np.int64)
    np.maximum.at(last, market.pool[placed], orders.standing[placed])
    claims = orders.listed & (orders.standing < last[market.pool])
    return int((claims & (orders.worth < np.append(orders.worth, _FAR)[own][market.applicant])).sum())
