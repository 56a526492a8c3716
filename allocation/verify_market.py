"""What the policy makes of the facts, worked out again from the files for the verifier, pair by pair.

Nothing here is shared with `allocation.priority` or `allocation.orders`, which work out the same for the solvers; that
both agree is what a verified round shows.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from allocation.round_files import NONE, Integers, RoundFiles, UnreadableError, whole_numbers
from allocation.verify_quotas import is_given_to_all, reserve_of, seats_of, shut_of
from spatial.text import Text

Truths = npt.NDArray[np.bool_]

HELD = 0
"""Tier at a seat held from an earlier run."""

_NEVER = 2**50
_NO_WISH = 2**30
_FARTHEST = 2**30
_OF_PAIRS = ("applicant", "pool", "distance_m", "tier", "wish", "given")
_AREA_OF = {"lives_in_area": "area", "attended_in_area": "attended_area", "parent_works_in_area": "parent_work_area"}
_SCHOOL_OF = {
    "attended_this_school": "attended_school",
    "parent_works_at_school": "parent_work_school",
    "sibling_at_school": "sibling_school",
    "home_school": "home_school",
}


@dataclass(frozen=True, kw_only=True, eq=False)
class Market:
    """The seats and pairs of a round under its policy.

    Parameters
    ----------
    school_row, seat_group, capacity
        One entry for each pool: row of ``problem/schools.csv``, seat group ("" for open seats), seats.
    applicant, pool, distance_m, tier, wish, given
        One entry for each admissible pair, by applicant, then pool (if the problem is sorted, which is checked first);
        ``wish`` and ``given`` are the submitted and the school's rank, 0 for none.
    ranking
        Rows of the schools that gave a rank to anybody.
    draw
        Each applicant's place in the draw, 0 first.
    family
        Number of the group that is placed together, `NONE` for those alone.
    """

    files: RoundFiles
    school_row: Integers
    seat_group: list[str]
    capacity: Integers
    applicant: Integers
    pool: Integers
    distance_m: Integers
    tier: Integers
    wish: Integers
    given: Integers
    ranking: Integers
    draw: Integers
    family: Integers
    is_confirmed: Truths

    @cached_property
    def is_stranger(self) -> Truths:
        """For each pair whether the seat is kept for a tag or for tiers that the applicant lacks."""
        codes = np.array(self.seat_group, dtype=object)
        stranger = np.zeros(len(self.pool), dtype=bool)
        for code, tiers in reserve_of(self.files.policy).items():
            stranger |= (codes == code)[self.pool] & ~np.isin(self.tier, [*tiers])
        for group in self.files.policy["seat_groups"]:
            kept = codes == group["code"]
            if kept.any():
                stranger |= kept[self.pool] & ~_tagged(self.files, group["for_tag"])[self.applicant]
        return stranger

    @cached_property
    def waits_for_tag(self) -> Truths:
        """For each pair whether those come first for whom the seat is kept; tiers that precede a tag need not wait."""
        waits = self.is_stranger.copy()
        for group in self.files.policy["seat_groups"]:
            in_group = np.array([code == group["code"] for code in self.seat_group], dtype=bool)[self.pool]
            waits &= ~(in_group & np.isin(self.tier, group["tiers_before_tag"]))
        return waits

    @cached_property
    def _is_shut(self) -> Truths:
        """For each pair whether the cap of a quota shuts the seat to the applicant's tier."""
        codes = np.array(self.seat_group, dtype=object)
        shut = np.zeros(len(self.pool), dtype=bool)
        for code, tiers in shut_of(self.files.policy).items():
            shut |= (codes == code)[self.pool] & np.isin(self.tier, [*tiers])
        return shut

    def only(self, pairs: Truths | Integers) -> "Market":
        """Return the market that has left only some pairs: a truth for each, or ascending positions."""
        if pairs.all() if pairs.dtype == bool else len(pairs) == len(self.pool):
            return self
        columns = {name: getattr(self, name)[pairs] for name in _OF_PAIRS}
        return replace(self, **columns)

    @cached_property
    def best_tier(self) -> Integers:
        """The best tier of each applicant, the stated one without any pair."""
        best = np.full(len(self.draw), _NEVER, dtype=np.int64)
        np.minimum.at(best, self.applicant, self.tier)
        return np.where(best == _NEVER, _stated_tier(self.files), best)

    def allowed_in(self, stage: Mapping[str, Any]) -> Truths:
        """Return for each pair whether a stage of the policy may use it."""
        levels = self.files.schools["level"]
        limits = stage["max_distance_m"]
        allowed = np.ones(len(self.pool), dtype=bool)
        if limits:
            most_m = np.array([limits.get(levels[row], _NEVER) for row in self.school_row], dtype=np.int64)
            allowed = self.distance_m <= most_m[self.pool]
        if stage["tiers"]:
            allowed &= np.isin(self.tier, stage["tiers"])
        if stage.get("takes_only_ranked", False):
            allowed &= (self.given > 0) | ~np.isin(self.school_row, self.ranking)[self.pool]
        if shut_of(self.files.policy) and not stage["lifts_caps"]:
            allowed &= ~self._is_shut
        allowed |= self.tier == HELD
        if stage["opens_reserved_seats"]:
            return allowed
        shared = is_given_to_all(self.files.policy, stage)
        if stage["kind"] == "deferred_acceptance":
            groups = self.files.policy["seat_groups"]
            shared |= {group["code"] for group in groups if group["others_may_take_left_over"]}
        closed = np.array([code not in shared for code in self.seat_group], dtype=bool)
        return np.asarray(allowed & ~(self.is_stranger & closed[self.pool] & (self.tier != HELD)))


def market_of(files: RoundFiles, lottery: Integers) -> Market:
    """Return the market of a round; ``lottery`` is each applicant's own place in the draw.

    Raises
    ------
    UnreadableError
        A fact is not what it must be.
    """
    known = (files.pair_applicant != NONE) & (files.pair_pool != NONE)
    none = np.broadcast_to(np.int64(0), len(known))
    wish, given = (files.pair_extra.get(name, none) for name in ("preference_rank", "priority_rank"))
    columns = (files.pair_applicant, files.pair_pool, files.pair_distance_m, wish, given)
    who, where, far, wish, given = _those(known, columns)
    held = _held(files)
    tier = _tiers_with_held_seats(files, held, who=who, where=where, ways=(far, wish), tier=_tiers(files, who, where))
    who, where, far, wish, given, tier = _those(tier != NONE, (who, where, far, wish, given, tier))
    family = _families(files)
    school_row, seat_group, capacity, pool_at = _pools(files)
    ranking = np.unique(where[given > 0])
    if files.policy["seat_groups"] or files.policy["tier_quotas"]:
        pair, pool = _pairs_and_pools(files, who, where, tier=tier, pool_at=pool_at)
        who, far, wish, given, tier = (column[pair] for column in (who, far, wish, given, tier))
    else:
        pool = where
    return Market(
        files=files,
        school_row=school_row,
        seat_group=seat_group,
        capacity=capacity,
        applicant=who,
        pool=pool,
        distance_m=far,
        tier=tier,
        wish=wish,
        given=given,
        ranking=ranking,
        draw=_draw(files, lottery, family, is_later_run=bool((held != NONE).any())),
        family=family if files.policy["keep_together"] else np.full_like(family, NONE),
        is_confirmed=_is_confirmed(files),
    )


def _those(chosen: Truths, columns: tuple[Integers, ...]) -> tuple[Integers, ...]:
    """Return the chosen entries of each column; all of a city's pairs are not copied to leave out none."""
    return columns if chosen.all() else tuple(column[chosen] for column in columns)


def _stated_tier(files: RoundFiles) -> Integers:
    return whole_numbers(files.applicants["priority_tier"], "problem/applicants.csv", "priority_tier")


def _words(text: str) -> set[str]:
    return {word.strip() for word in text.split(";")} - {""}


def _tagged(files: RoundFiles, tag: str) -> Truths:
    tags = files.applicants.get("tags", [""] * len(files.applicants["applicant_no"]))
    return np.array([tag in _words(text) for text in tags], dtype=bool)


def _tiers(files: RoundFiles, who: Integers, where: Integers) -> Integers:
    """Return the tier of each pair: of the first rule that fits, `NONE` where none does."""
    rules = files.policy["tiers"]
    if not rules:
        return _stated_tier(files)[who]
    tier = np.full(len(who), NONE, dtype=np.int64)
    for rule in rules:
        conditions = [_fits(files, condition, rule["tier"]) for condition in rule["when"]]
        fitting = [fits for fits in conditions if fits is not None]
        if len(fitting) < len(conditions):
            continue
        pairs = np.flatnonzero(tier == NONE)
        for fits in fitting:
            pairs = pairs[fits(who[pairs], where, pairs)]
        if rule["tag"]:
            pairs = pairs[_tagged(files, rule["tag"])[who[pairs]]]
        tier[pairs] = rule["tier"]
    return tier


_Fits = Callable[[Integers, Integers, Integers], Truths]
"""Of the applicants of some pairs, the schools of all pairs, and those pairs: which fit."""


def _fits(files: RoundFiles, condition: str, tier: int) -> _Fits | None:
    """Return which pairs meet a condition; None where none can, because nobody gave the facts."""
    if condition == "everybody":
        return lambda who, *_: np.ones(len(who), dtype=bool)
    if condition == "stated_tier":
        is_of_tier = _stated_tier(files) == tier
        return lambda who, *_: np.asarray(is_of_tier[who])
    if condition == "areas_not_given":
        says_areas = [any(any(files.applicants.get(name, [])) for name in _AREA_OF.values())]
        says_areas.append(any(files.schools.get("area", [])))
        return None if all(says_areas) else lambda who, *_: np.ones(len(who), dtype=bool)
    by_area = condition in _AREA_OF
    stated = files.applicants.get(_AREA_OF[condition] if by_area else _SCHOOL_OF[condition])
    named = files.schools.get("area") if by_area else files.schools["school_code"]
    if stated is None or named is None:
        return None
    # Every word gets a number, every applicant and school the set of its words.
    rows_with: dict[str, list[int]] = {}
    for row, text in enumerate(named):
        for word in _words(text):
            rows_with.setdefault(word, []).append(row)
    table: dict[str, Truths] = {}
    for text in set(stated):
        table[text] = np.zeros(len(named), dtype=bool)
        table[text][[row for word in _words(text) for row in rows_with.get(word, [])]] = True
    texts = list(table)
    number = {text: at for at, text in enumerate(texts)}
    of_applicant = np.array([number[text] for text in stated], dtype=np.int64)
    meets = np.array([table[text] for text in texts], dtype=bool).reshape(len(texts), len(named))
    return lambda who, where, pairs: np.asarray(meets[of_applicant[who], where[pairs]])


def _held(files: RoundFiles) -> Integers:
    """Return for each applicant the row of the school and level held from an earlier run, or `NONE`."""
    codes = files.applicants.get("held_school")
    if codes is None:
        return np.full(len(files.applicants["applicant_no"]), NONE, dtype=np.int64)
    rows = {key: row for row, key in enumerate(zip(files.schools["school_code"], files.schools["level"], strict=True))}
    held = zip(codes, files.applicants["level"], strict=True)
    return np.array([rows.get(key, NONE) for key in held], dtype=np.int64)


def _is_confirmed(files: RoundFiles) -> Truths:
    stated = files.applicants.get("is_confirmed")
    if stated is None:
        return np.zeros(len(files.applicants["applicant_no"]), dtype=bool)
    return np.array([text == "1" for text in stated], dtype=bool)


def _tiers_with_held_seats(
    files: RoundFiles,
    held: Integers,
    *,
    who: Integers,
    where: Integers,
    ways: tuple[Integers, Integers],
    tier: Integers,
) -> Integers:
    """Put held seats before everybody, and take away what would be no better than them."""
    if not (held != NONE).any():
        return tier
    own = held[who]
    at_held = (own == where) & (own != NONE)
    if not at_held.any():
        return tier
    far, wish = ways
    asks = any(rule.get("preferences", "nearest") != "nearest" for rule in files.policy["stages"])
    worth = np.where(wish > 0, wish, _NO_WISH) * _FARTHEST if asks else np.zeros_like(far)
    worth = worth + far
    held_worth = np.full(len(held), NONE, dtype=np.int64)
    held_worth[who[at_held]] = worth[at_held]
    holds = held_worth[who] != NONE
    settled = _is_confirmed(files)[who] & holds
    is_free = bool(files.policy["may_worsen_held_seats"])
    gone = holds & ~at_held & (settled | ((worth >= held_worth[who]) & (not is_free)))
    changed = np.where(at_held & (settled | (not is_free)), HELD, tier)
    return np.where(gone, NONE, changed)


def _families(files: RoundFiles) -> Integers:
    first = files.applicants.get("together")
    numbers = files.applicants["applicant_no"]
    family = np.full(len(numbers), NONE, dtype=np.int64)
    if first is None:
        return family
    seen: dict[str, int] = {}
    for row, name in enumerate(first):
        if name:
            family[row] = seen.setdefault(name, len(seen))
    return family


def _draw(files: RoundFiles, lottery: Integers, family: Integers, *, is_later_run: bool) -> Integers:
    rule = files.policy["lottery"]
    turned = len(lottery) - 1 - lottery if is_later_run and rule["next_round"] == "reverse" else lottery
    if rule["per"] == "applicant" or not (family != NONE).any():
        return turned
    # The first of a family is the first by number, and numbers are sorted.
    of_first: dict[int, int] = {}
    for row, group in enumerate(family.tolist()):
        if group != NONE:
            of_first.setdefault(group, int(turned[row]))
    shared = [of_first.get(group, int(own)) for group, own in zip(family.tolist(), turned.tolist(), strict=True)]
    places = np.empty(len(lottery), dtype=np.int64)
    places[sorted(range(len(shared)), key=lambda row: (shared[row], row))] = np.arange(len(shared))
    return places


def _pools(files: RoundFiles) -> tuple[Integers, list[str], Integers, dict[tuple[int, str], int]]:
    """Return school row, seat group and seats of each pool, and where each is."""
    capacity = whole_numbers(files.schools["capacity"], "problem/schools.csv", "capacity")
    groups = files.policy["seat_groups"]
    rows, codes, seats = [], [], []
    for row, whole in enumerate(capacity.tolist()):
        left, kept = whole, {}
        for group in groups:
            kept[group["code"]] = min(_wanted_seats(files, group, row=row, capacity=whole), left)
            left -= kept[group["code"]]
        if files.policy["tier_quotas"]:
            kept = seats_of(files.policy, whole)
            left = whole - sum(kept.values())
        for code, count in sorted({"": left, **kept}.items()):
            rows.append(row)
            codes.append(code)
            seats.append(count)
    at = {key: pool for pool, key in enumerate(zip(rows, codes, strict=True))}
    return np.array(rows, dtype=np.int64), codes, np.array(seats, dtype=np.int64), at


def _wanted_seats(files: RoundFiles, group: Mapping[str, Any], *, row: int, capacity: int) -> int:
    if group["share_percent"] is not None:
        return (capacity * int(group["share_percent"]) + 99) // 100
    stated = files.schools.get(f"seats_{group['code']}")
    text = stated[row] if stated else ""
    if text and not (text.isascii() and text.isdecimal()):
        message = Text("problem/schools.csv: số chỗ dành riêng sai.", "problem/schools.csv: reserved seats are wrong.")
        raise UnreadableError(message)
    return int(text or 0)


def _pairs_and_pools(
    files: RoundFiles, who: Integers, where: Integers, *, tier: Integers, pool_at: Mapping[tuple[int, str], int]
) -> tuple[Integers, Integers]:
    """Return which pairs there are with which pools: one for each group of seats that the applicant may sit in."""
    groups = files.policy["seat_groups"]
    is_lifted = any(stage["lifts_caps"] for stage in files.policy["stages"])
    shut = {} if is_lifted else shut_of(files.policy)
    of_quotas = {*reserve_of(files.policy), *shut_of(files.policy)}
    tagged = {group["code"]: _tagged(files, group["for_tag"]) for group in groups}
    bound = {group["code"] for group in groups if group["only_here"]}
    in_open_seats = [""] * len(files.applicants["applicant_no"])
    sits_in = np.array(files.applicants.get("held_seat_group", in_open_seats), dtype=object)
    pairs, pools = [], []
    for code in ["", *tagged, *sorted(of_quotas)]:
        elsewhere = np.zeros(len(files.applicants["applicant_no"]), dtype=bool)
        for other in bound - {code}:
            elsewhere |= tagged[other]
        may = ~elsewhere | tagged.get(code, np.zeros_like(elsewhere))
        is_open = may[who] & ~np.isin(tier, [*shut.get(code, ())])
        chosen = np.flatnonzero(np.where(tier == HELD, sits_in[who] == code, is_open))
        pairs.append(chosen)
        pools.append(np.array([pool_at[row, code] for row in where[chosen].tolist()], dtype=np.int64))
    pair, pool = np.concatenate(pairs), np.concatenate(pools)
    order = np.lexsort([pool, pair])
    return pair[order], pool[order]
