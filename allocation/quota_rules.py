"""Quotas per tier as data: at least so many seats of a school are reserved for some tiers, at most so many go to them.

The reserve is a soft floor, the cap a hard ceiling, as they are called in the literature. A school takes first, up to
the reserve, the best of the tiers that it is for; then everybody in its order, passing over the capped tiers once they
have as many as the cap. What the reserve's tiers do not fill goes to the others.

The same, said with seats: some seats are for the reserve's tiers before others, some shut to the capped tiers, and the
rest is open to all. `pools_of` names these seats; that both ways of saying it choose the same children is a test.

References
----------
Hafalir, Yenmez, Yildirim, Effective Affirmative Action in School Choice, Theoretical Economics 8(2), 2013: reserves.
Abdulkadiroglu, Sönmez, School Choice: A Mechanism Design Approach, American Economic Review 93(3), 2003: caps.
Ehlers, Hafalir, Yenmez, Yildirim, School Choice with Controlled Choice Constraints, J. of Economic Theory 153, 2014.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Self

from pydantic import Field, PositiveInt, model_validator

from allocation.policy_messages import ContradictionError
from allocation.policy_rules import DeferredAcceptanceStage, Stage, Strict, Title
from spatial.text import Text

_WHOLE_PERCENT = 100
Percent = Annotated[int, Field(ge=1, le=_WHOLE_PERCENT)]


class TierQuota(Strict):
    """A floor, a ceiling or both on the seats of each school and level that go to some tiers.

    Parameters
    ----------
    code
        Name of the reserved seats in ``schools.csv`` and ``offers.csv``.
    tiers
        The tiers that are counted together.
    at_least_percent, at_least_count
        The reserve: a share of the capacity, rounded up, or a number. None of them: no reserve.
    at_most_percent, at_most_count
        The cap: a share of the capacity, rounded down, or a number. None of them: no cap.
    """

    code: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    title: Title
    tiers: Annotated[tuple[PositiveInt, ...], Field(min_length=1)]
    at_least_percent: Percent | None = None
    at_least_count: PositiveInt | None = None
    at_most_percent: Percent | None = None
    at_most_count: PositiveInt | None = None

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        least, most = (self.at_least_percent, self.at_least_count), (self.at_most_percent, self.at_most_count)
        if None not in least or None not in most:
            raise ContradictionError(
                Text("ghi tỷ lệ hoặc số chỗ, không ghi cả hai", "give a share or a number of seats, not both")
            )
        if not self.has_reserve and not self.has_cap:
            raise ContradictionError(
                Text("thiếu at_least_… hoặc at_most_…", "at_least_… or at_most_… is missing"),
            )
        for floor, ceiling in zip(least, most, strict=True):
            if floor is not None and ceiling is not None and ceiling < floor:
                raise ContradictionError(
                    Text(
                        f"mức tối đa {ceiling} thấp hơn mức dành riêng {floor}",
                        f"the cap of {ceiling} is below the reserve of {floor}",
                    )
                )
        return self

    @property
    def has_reserve(self) -> bool:
        """Whether seats are reserved."""
        return self.at_least_percent is not None or self.at_least_count is not None

    @property
    def has_cap(self) -> bool:
        """Whether there is a most."""
        return self.at_most_percent is not None or self.at_most_count is not None

    @property
    def shut_code(self) -> str:
        """Name of the seats that are shut to the tiers because of the cap."""
        return f"not_{self.code}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TierSeats:
    """A kind of seats that quotas make.

    Parameters
    ----------
    first_tiers
        These come before all others here; empty: nobody does.
    shut_to
        These may not sit here.
    turn
        When they are asked for among the seats of one school, by those for whom they are not reserved.
    """

    code: str
    title: Title
    first_tiers: tuple[int, ...]
    shut_to: tuple[int, ...]
    turn: int


OWN_TURN, _SHUT_TURN, _RESERVE_SHUT_TURN, OPEN_TURN, _RESERVE_TURN = 0, 1, 2, 3, 4
"""Own reserve, then seats shut to the capped, so that the open ones stay for these; left-over reserves come last."""


def pools_of(quotas: Sequence[TierQuota]) -> tuple[TierSeats, ...]:
    """Return the kinds of seats beside the open ones."""
    capped = capped_of(quotas)
    kinds = []
    for quota in quotas:
        is_shut = capped is not None and quota is not capped
        if quota.has_reserve:
            kinds.append(
                TierSeats(
                    code=quota.code,
                    title=quota.title,
                    first_tiers=quota.tiers,
                    shut_to=capped.tiers if capped is not None and is_shut else (),
                    turn=_RESERVE_SHUT_TURN if is_shut else _RESERVE_TURN,
                )
            )
    if capped is not None:
        title = Title(
            vi=f"Chỗ ngoài mức tối đa của: {capped.title.vi}", en=f"Seats beyond the cap of: {capped.title.en}"
        )
        kinds.append(
            TierSeats(code=capped.shut_code, title=title, first_tiers=(), shut_to=capped.tiers, turn=_SHUT_TURN)
        )
    return tuple(kinds)


def capped_of(quotas: Sequence[TierQuota]) -> TierQuota | None:
    """Return the quota with a cap, of which a policy has one at most."""
    return next((quota for quota in quotas if quota.has_cap), None)


def falls_back(seats: TierSeats, stage: Stage) -> bool:
    """Tell whether a stage gives to others what the reserve's tiers left: all of them must have been asked in it."""
    if not seats.first_tiers or stage.opens_reserved_seats:
        return True
    asks_all = not stage.tiers or {*seats.first_tiers} <= {*stage.tiers}
    return isinstance(stage, DeferredAcceptanceStage) and asks_all


def must_agree(quotas: Sequence[TierQuota], stages: Sequence[Stage]) -> None:
    """Refuse quotas that contradict each other or the stages.

    Raises
    ------
    ContradictionError
        The first contradiction, in words.
    """
    wrong = next(iter([*_among_themselves(quotas), *_with_stages(quotas, stages)]), None)
    if wrong is not None:
        raise ContradictionError(wrong)


def _among_themselves(quotas: Sequence[TierQuota]) -> Iterator[Text]:
    codes = [code for quota in quotas for code in (quota.code, quota.shut_code)]
    if len({*codes}) < len(codes):
        yield Text("tier_quotas: hai mục cùng một mã", "tier_quotas: two quotas have the same code")
    tiers = [tier for quota in quotas for tier in {*quota.tiers}]
    if len({*tiers}) < len(tiers):
        yield Text("tier_quotas: một diện nằm trong hai mục", "tier_quotas: a tier is in two quotas")
    capped = [quota for quota in quotas if quota.has_cap]
    if len(capped) > 1:
        yield Text(
            "tier_quotas: chỉ một mục được có at_most_… (gộp các diện vào một mục)",
            "tier_quotas: only one quota may have at_most_… (count the tiers together in one)",
        )
    reserved = sum(quota.at_least_percent or 0 for quota in quotas)
    if reserved > _WHOLE_PERCENT:
        yield Text(
            f"tier_quotas: các at_least_percent cộng lại là {reserved}%, hơn số chỗ của trường",
            f"tier_quotas: the at_least_percent add up to {reserved}%, more than a school has",
        )
    for quota in capped:
        others = sum(other.at_least_percent or 0 for other in quotas if other is not quota)
        most = quota.at_most_percent
        if most is not None and most + others > _WHOLE_PERCENT:
            yield Text(
                f"tier_quotas: {quota.code} có at_most_percent {most}%, các mục khác đã dành {others}%: hơn 100%",
                f"tier_quotas: {quota.code} has at_most_percent {most}%, others reserve {others}%: more than 100%",
            )


def _with_stages(quotas: Sequence[TierQuota], stages: Sequence[Stage]) -> Iterator[Text]:
    if any(stage.lifts_caps for stage in stages) and capped_of(quotas) is None:
        yield Text("lifts_caps: không mục nào trong tier_quotas có at_most_…", "lifts_caps: no quota has at_most_…")
    for seats in pools_of(quotas):
        opening = next((place for place, stage in enumerate(stages) if falls_back(seats, stage)), None)
        if opening is None:
            yield Text(
                f"tier_quotas: không giai đoạn nào mở chỗ còn thừa của {seats.code} cho các em khác; "
                "thêm opens_reserved_seats: true ở giai đoạn cuối",
                f"tier_quotas: no stage opens to others what is left of {seats.code}; "
                "add opens_reserved_seats: true to a last stage",
            )
        elif seats.first_tiers and not _asked_by_then(seats, stages[: opening + 1]):
            yield Text(
                f"tier_quotas: giai đoạn {opening + 1} mở chỗ của {seats.code} trước khi các diện đó được xét; "
                "cần một giai đoạn trước đó, hoặc deferred_acceptance",
                f"tier_quotas: stage {opening + 1} opens the seats of {seats.code} before these tiers were asked; "
                "put a stage before it, or deferred_acceptance",
            )


def _asked_by_then(seats: TierSeats, stages: Sequence[Stage]) -> bool:
    """Tell whether the reserve is given to its tiers first: by an order, or by a stage before the one that opens it."""
    *before, opening = stages
    asking = [*before, opening] if isinstance(opening, DeferredAcceptanceStage) else before
    asked = [{*seats.first_tiers} if not stage.tiers else {*stage.tiers} for stage in asking]
    return {*seats.first_tiers} <= {tier for tiers in asked for tier in tiers}
