"""Why a child did not get a school that was wished for: the stage that could have given it, and what decided there."""

from collections import Counter
from dataclasses import replace
from functools import cached_property

import numpy as np

from allocation import explain_sentences as sentences
from allocation.explain_model import Refusal, Standing, WhyNot
from allocation.explain_moves import LevelMoves, level_moves
from allocation.explain_quotas import with_quotas
from allocation.explain_round import FinishedRound
from allocation.model import UNPLACED, Integers
from allocation.policy_rules import OrderKey
from allocation.public_figures import is_small
from allocation.quota_rules import TierSeats
from allocation.seat_pools import HELD_TIER
from allocation.stage_markets import StageMarket
from spatial.text import NO_TEXT, Text


class Reasons:
    """The reasons of a finished round.

    Parameters
    ----------
    withholds_small_counts
        Whether metres and draw of a last one admitted are withheld where fewer than five of the tier were admitted.
    """

    def __init__(self, finished: FinishedRound, *, withholds_small_counts: bool) -> None:
        self._round = finished
        self._withholds = withholds_small_counts
        self._moves: dict[tuple[int, str], LevelMoves] = {}
        self._last: dict[int, Integers] = {}
        self._admitted: dict[int, Counter[tuple[int, int]]] = {}

    def why_not(self, row: int, fact: int) -> Refusal:
        """Return why the applicant in ``row`` did not get the school of the pair ``fact`` of the facts."""
        pairs = self._pairs_at(row, fact)
        if not pairs:
            return self._not_admissible(row)
        refusal = self._refusal(row, pairs)
        if not self._round.policy.tier_quotas:
            return refusal
        seen = None if refusal.stage is None else self._round.stages[refusal.stage - 1]
        last = None if seen is None or not seen.has_order else self._last_of(seen)
        return with_quotas(self._round, refusal, pair=pairs[0], last_of_pool=last)

    def _refusal(self, row: int, pairs: list[int]) -> Refusal:
        own_stage = int(self._round.allocation.stage[row]) or len(self._round.policy.stages)
        refusals = [
            refusal
            for number in range(own_stage, 0, -1)
            for refusal in [self._by_stage(row, pairs, number)]
            if refusal is not None
        ]
        decided = next((one for one in refusals if one.why_not is not WhyNot.NO_SEATS), None)
        if decided is not None:
            return self._with_reserved(row, pairs, decided)
        limited = self._by_limits(row, pairs)
        if limited is not None and not refusals:
            return limited
        if limited is not None and limited.why_not is WhyNot.BEYOND_LIMIT:
            late = sentences.taken_before(own_stage)
            return replace(limited, sentence=sentences.joined(limited.sentence, late))
        return self._without_seats(row, pairs)

    def _pairs_at(self, row: int, fact: int) -> list[int]:
        """Return the pairs of the problem with the seats of one school: the open ones and those of groups."""
        finished = self._round
        span = slice(finished.first_pair[row], finished.first_pair[row + 1])
        school = finished.problem.pair_pool[span] // finished.pools_a_school
        return [int(pair) for pair in np.flatnonzero(school == finished.facts.pair_pool[fact]) + span.start]

    def _not_admissible(self, row: int) -> Refusal:
        held = self._round.problem.held_pool[row] != UNPLACED
        own = self._round.allocation.pool[row]
        if held and own != UNPLACED and own // self._round.pools_a_school == self._round.facts.held_pool[row]:
            confirmed = bool(self._round.problem.is_confirmed[row])
            return Refusal(why_not=WhyNot.SEAT_KEPT, sentence=sentences.seat_kept(is_confirmed=confirmed))
        return Refusal(why_not=WhyNot.NOT_ENTITLED, sentence=sentences.not_entitled(None))

    def _by_stage(self, row: int, pairs: list[int], number: int) -> Refusal | None:
        """Return why a stage gave none of these seats; None where it did not consider them."""
        seen = self._round.stages[number - 1]
        at = np.searchsorted(seen.pairs, pairs)
        here = [
            int(one) for one, pair in zip(at, pairs, strict=True) if one < len(seen.pairs) and seen.pairs[one] == pair
        ]
        with_seats = [pair for pair in here if seen.market.pool_capacity[seen.market.pair_pool[pair]] > 0]
        if not here:
            return None
        if not with_seats:
            return Refusal(why_not=WhyNot.NO_SEATS, sentence=NO_TEXT, stage=number)
        open_first = min(with_seats, key=lambda pair: (self._group_of(seen, pair) != "", pair))
        if seen.has_order:
            return self._by_order(row, open_first, seen)
        return self._by_total(row, open_first, seen)

    def _group_of(self, seen: StageMarket, pair: int) -> str:
        return str(seen.market.pool_seat_group[seen.market.pair_pool[pair]])

    def _full(self, seen: StageMarket, pair: int) -> Text:
        group = self._titles.get(self._group_of(seen, pair))
        seats = int(self._round.problem.pool_capacity[seen.market.pair_pool[pair]])
        return sentences.full(seats, group, has_groups=bool(self._titles))

    @cached_property
    def _titles(self) -> dict[str, Text]:
        return {group.code: group.title.text for group in self._round.policy.kept_seats}

    def _by_order(self, row: int, pair: int, seen: StageMarket) -> Refusal:
        last = int(self._last_of(seen)[seen.market.pair_pool[pair]])
        in_family = self._round.problem.together[row] != UNPLACED
        has_seat = bool(self._round.allocation.pool[row] != UNPLACED)
        if last == UNPLACED:
            return Refusal(why_not=WhyNot.TOGETHER, sentence=sentences.together(has_seat=has_seat), stage=seen.number)
        mine, theirs = self._keys(seen, self._weakest(seen, pair)), self._keys(seen, self._weakest(seen, last))
        decided_by = next((name for name, own in mine.items() if own != theirs[name]), None)
        if decided_by is None or mine[decided_by] < theirs[decided_by]:
            why_not = WhyNot.TOGETHER if in_family else WhyNot.OTHERS_COME_FIRST
            sentence = sentences.together(has_seat=has_seat) if in_family else sentences.others_first()
            return Refusal(why_not=why_not, sentence=sentence, stage=seen.number)
        own, other = self._standing(seen, self._weakest(seen, pair)), self._standing(seen, self._weakest(seen, last))
        if self._is_withheld(seen, last):
            other = replace(other, distance_m=None, lottery_place=None, priority_rank=None, saved_m=None)
        told = sentences.compared(decided_by, own, other, with_tier=self._round.has_several_tiers)
        if decided_by == OrderKey.TIER:
            told = sentences.joined(told, sentences.tiers_meant(own.tier, other.tier, self._round.tier_titles))
        return Refusal(
            why_not=WhyNot.LOTTERY if decided_by == OrderKey.LOTTERY else WhyNot.OTHERS_COME_FIRST,
            sentence=sentences.joined(self._full(seen, pair), told),
            stage=seen.number,
            own=own,
            last=other,
            decided_by=decided_by,
        )

    def _last_of(self, seen: StageMarket) -> Integers:
        if seen.number not in self._last:
            last = seen.last_of(seen.market.pair_pool)
            self._last[seen.number] = np.append(last, np.full(seen.market.pool_count - len(last), UNPLACED))
        return self._last[seen.number]

    def _keys(self, seen: StageMarket, pair: int) -> dict[str, int]:
        return {name: int(key[pair]) for name, key in seen.keys.items()}

    def _weakest(self, seen: StageMarket, pair: int) -> int:
        """Return the pair by which a pair is judged: in a family that of the member who comes last."""
        market = seen.market
        group = int(market.together[market.pair_applicant[pair]])
        if group == UNPLACED:
            return pair
        rows = self._round.members[group]
        same = np.flatnonzero((market.pair_pool == market.pair_pool[pair]) & np.isin(market.pair_applicant, rows))
        return max(same.tolist(), key=lambda one: tuple(self._keys(seen, one).values()))

    def _standing(self, seen: StageMarket, pair: int) -> Standing:
        market = seen.market
        rank = int(market.pair_given_priority[pair])
        relative = seen.keys.get(OrderKey.RELATIVE_DISTANCE.value)
        return Standing(
            tier=int(market.pair_tier[pair]),
            distance_m=int(market.pair_distance_m[pair]),
            lottery_place=int(market.lottery_rank[market.pair_applicant[pair]]) + 1,
            priority_rank=rank or None,
            saved_m=None if relative is None else -int(relative[pair]),
        )

    def _is_withheld(self, seen: StageMarket, pair: int) -> bool:
        """Tell whether so few of the tier were admitted to these seats that the last one could be found out."""
        if not self._withholds:
            return False
        market = seen.market
        if seen.number not in self._admitted:
            placed = seen.own[seen.own != UNPLACED]
            pools, tiers = market.pair_pool[placed].tolist(), market.pair_tier[placed].tolist()
            self._admitted[seen.number] = Counter(zip(pools, tiers, strict=True))
        place = int(market.pair_pool[pair]), int(market.pair_tier[pair])
        return is_small(self._admitted[seen.number][place])

    def _by_total(self, row: int, pair: int, seen: StageMarket) -> Refusal:
        level = str(seen.market.applicant_level[row])
        if (seen.number, level) not in self._moves:
            self._moves[seen.number, level] = level_moves(self._round, seen, level)
        moves = self._moves[seen.number, level]
        extra_m = moves.extra_m(pair, seen=seen)
        full, farthest_m = self._full(seen, pair), moves.entry.get("farthest_m")
        has_seat = bool(self._round.allocation.pool[row] != UNPLACED)
        in_family = self._round.problem.together[row] != UNPLACED
        if extra_m < 0 or in_family:
            told = sentences.together(has_seat=has_seat) if in_family else sentences.siblings_decided()
            return Refusal(why_not=WhyNot.TOGETHER, sentence=told, stage=seen.number)
        if extra_m == 0:
            why_not, told = WhyNot.LOTTERY, sentences.lottery()
        elif 2 * extra_m <= moves.entry["unplaced_cost_m"]:
            why_not, told = WhyNot.WOULD_LENGTHEN_THE_TOTAL, sentences.longer(extra_m)
        elif farthest_m is None:
            why_not, told = WhyNot.WOULD_LEAVE_A_CHILD_WITHOUT, sentences.without(has_seat=has_seat)
        else:
            why_not, told = WhyNot.WOULD_LENGTHEN_THE_FARTHEST, sentences.farther_for_another(int(farthest_m))
        return Refusal(
            why_not=why_not,
            sentence=sentences.joined(full, told),
            stage=seen.number,
            extra_m=extra_m if why_not is WhyNot.WOULD_LENGTHEN_THE_TOTAL else None,
        )

    def _with_reserved(self, row: int, pairs: list[int], refusal: Refusal) -> Refusal:
        """Say of seats that stay empty for whom they are kept."""
        problem = self._round.problem
        school = int(problem.pair_pool[pairs[0]]) // self._round.pools_a_school
        pools = range(school * self._round.pools_a_school, (school + 1) * self._round.pools_a_school)
        kept = [self._titles[code] for pool in pools if self._round.free[pool] > 0
                for code in [str(problem.pool_seat_group[pool])]
                if code and not self._is_of_cap(code, int(problem.pair_tier[pairs[0]]))]  # fmt: skip
        if not kept or problem.together[row] != UNPLACED:
            return refusal
        titles = Text(", ".join(one.vi for one in kept), ", ".join(one.en for one in kept))
        sentence = sentences.joined(refusal.sentence, sentences.reserved(titles))
        return replace(refusal, why_not=WhyNot.RESERVED_SEATS, sentence=sentence)

    def _is_of_cap(self, code: str, tier: int) -> bool:
        """Tell whether seats are shut by a cap, of which `allocation.explain_quotas` tells, rather than reserved."""
        kinds = (one for one in self._round.policy.kept_seats if one.code == code)
        return any(isinstance(one, TierSeats) and (not one.first_tiers or tier in one.shut_to) for one in kinds)

    def _by_limits(self, row: int, pairs: list[int]) -> Refusal | None:
        """Return which limit of every stage shuts these seats; None where none does."""
        finished, problem = self._round, self._round.problem
        level, distance_m = str(problem.applicant_level[row]), int(problem.pair_distance_m[pairs[0]])
        limits = [stage.max_distance_m.get(level) for stage in finished.policy.stages]  # type: ignore[call-overload]
        reached = [
            one
            for one, limit in zip(finished.policy.stages, limits, strict=True)
            if limit is None or distance_m <= limit
        ]
        limit_m = max((limit for limit in limits if limit is not None), default=0)
        if len(reached) < len(limits) and all(one is None or one < distance_m for one in limits):
            return Refusal(why_not=WhyNot.BEYOND_LIMIT, sentence=sentences.beyond(limit_m), limit_m=limit_m)
        tier = int(problem.pair_tier[pairs[0]])
        if tier != HELD_TIER and not any(not one.tiers or tier in one.tiers for one in reached):
            return Refusal(why_not=WhyNot.NOT_ENTITLED, sentence=sentences.not_entitled(tier))
        return None

    def _without_seats(self, row: int, pairs: list[int]) -> Refusal:
        """Return what is to be said where no seat was open to the child in any stage."""
        problem = self._round.problem
        groups = {str(problem.pool_seat_group[problem.pair_pool[pair]]) for pair in pairs}
        school = int(problem.pair_pool[pairs[0]]) // self._round.pools_a_school
        seats = problem.pool_capacity[school * self._round.pools_a_school : (school + 1) * self._round.pools_a_school]
        if not seats.sum():
            return Refusal(why_not=WhyNot.NO_SEATS, sentence=sentences.no_seats(None))
        if groups and "" not in groups:
            title = self._titles[min(groups)]
            return Refusal(why_not=WhyNot.RESERVED_SEATS, sentence=sentences.no_seats(title))
        refusal = Refusal(why_not=WhyNot.RESERVED_SEATS, sentence=sentences.full(0, has_groups=True))
        return self._with_reserved(row, pairs, refusal)
