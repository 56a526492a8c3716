"""The rule of a round as data: a policy is a list of stages, each a solver with its limits."""

import hashlib
import json
from datetime import date
from importlib import resources
from pathlib import Path
from typing import Annotated, Self

import yaml
from pydantic import Field, PositiveInt, ValidationError, model_validator

from allocation.model import Level, NearBy
from allocation.policy_messages import ContradictionError, said
from allocation.policy_rules import (
    Citation,
    DeferredAcceptanceStage,
    Eligibility,
    Lottery,
    OrderKey,
    PreferenceSource,
    SeatGroup,
    Stage,
    Strict,
    TierRule,
    Title,
)
from allocation.quota_rules import TierQuota, TierSeats, must_agree, pools_of
from spatial.errors import InputError
from spatial.text import NO_TEXT, Text

DEFAULT_POLICY = "least-travel"
_STRAIGHT_LINES_COMPARE = Text(
    "straight_line chỉ dùng để so sánh: ghi is_comparison: true, và đợt xét đó không được công bố",
    "straight_line is for comparison alone: write is_comparison: true, and such a round is never published",
)
_TIERS_DO_NOT_RISE = Text(
    "các diện phải đánh số từ 1, không bỏ số, theo thứ tự của danh sách",
    "the tiers must be numbered from 1 without gaps, in the order of the list",
)
_GROUPS_AND_QUOTAS = Text(
    "tier_quotas và seat_groups không dùng chung trong một quy tắc",
    "tier_quotas and seat_groups do not go together in one policy",
)


class Policy(Strict):
    """A named, versioned rule.

    Parameters
    ----------
    citations
        Where the rule is written, and whether that was read.
    effective_from
        First day of the rule; None where it is an example or an instrument of comparison.
    near_by
        What a distance is; a straight line only with ``is_comparison``.
    is_comparison
        Whether the rule is an instrument of comparison alone: a round under it is never published.
    tiers
        Who is in which priority tier at which school; empty: the tier stated in the file of applicants.
    seat_groups
        Seats kept for some; each applicant's tag decides.
    tier_quotas
        Floors and ceilings on the seats of a school that go to some tiers; not beside ``seat_groups``.
    class_norm_count
        Children in a class of a level, where it differs from the legal norm.
    keep_together
        Whether those who name each other in ``together_with`` get one school.
    may_worsen_held_seats
        Whether a later run of the same round may give somebody a worse place than the one held.
    everybody_must_be_placed
        Whether a round that leaves a child without a seat is refused as infeasible.
    """

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
    version: str
    title: Title
    stages: Annotated[tuple[Stage, ...], Field(min_length=1)]
    citations: tuple[Citation, ...] = ()
    effective_from: date | None = None
    near_by: NearBy = NearBy.WALKING
    is_comparison: bool = False
    tiers: tuple[TierRule, ...] = ()
    seat_groups: tuple[SeatGroup, ...] = ()
    tier_quotas: tuple[TierQuota, ...] = ()
    class_norm_count: dict[Level, PositiveInt] = Field(default_factory=dict)
    eligibility: Eligibility | None = None
    lottery: Lottery = Lottery()
    keep_together: bool = True
    may_worsen_held_seats: bool = False
    everybody_must_be_placed: bool = False

    @model_validator(mode="after")
    def _straight_lines_only_compare(self) -> Self:
        if self.near_by is NearBy.STRAIGHT_LINE and not self.is_comparison:
            raise ContradictionError(_STRAIGHT_LINES_COMPARE)
        return self

    @model_validator(mode="after")
    def _tiers_rise(self) -> Self:
        numbers = [rule.tier for rule in self.tiers]
        if numbers != sorted(numbers) or {*numbers} != {*range(1, len({*numbers}) + 1)}:
            raise ContradictionError(_TIERS_DO_NOT_RISE)
        known = {*numbers}
        asked = {tier for stage in self.stages for tier in stage.tiers}
        asked |= {tier for group in self.seat_groups for tier in group.tiers_before_tag}
        asked |= {tier for quota in self.tier_quotas for tier in quota.tiers}
        if known and not asked <= known:
            tier = min(asked - known)
            raise ContradictionError(
                Text(
                    f"một giai đoạn, nhóm chỗ hoặc định mức nêu diện {tier}, mà không mục nào trong tiers có diện này",
                    f"a stage, seat group or quota names the tier {tier}, which no rule gives",
                )
            )
        codes = [group.code for group in self.seat_groups]
        if len({*codes}) < len(codes):
            raise ContradictionError(Text("hai nhóm chỗ cùng một mã", "two seat groups have the same code"))
        return self

    @model_validator(mode="after")
    def _quotas_agree(self) -> Self:
        if self.tier_quotas and self.seat_groups:
            raise ContradictionError(_GROUPS_AND_QUOTAS)
        must_agree(self.tier_quotas, self.stages)
        return self

    @property
    def kept_seats(self) -> tuple[SeatGroup | TierSeats, ...]:
        """The kinds of seats beside the open ones: those of groups, or those that the quotas make."""
        return self.seat_groups or pools_of(self.tier_quotas)

    @property
    def lifts_caps_at_times(self) -> bool:
        """Whether the cap of a quota does not hold in some stage."""
        return any(stage.lifts_caps for stage in self.stages)

    @property
    def has_deferred_acceptance(self) -> bool:
        """Whether any stage looks at preferences and priorities."""
        return any(isinstance(stage, DeferredAcceptanceStage) for stage in self.stages)

    @property
    def asks_for_preferences(self) -> bool:
        """Whether a stage looks at the preferences that families submitted."""
        return any(stage.preferences is not PreferenceSource.NEAREST for stage in self._orders)

    @property
    def needs_preferences(self) -> bool:
        """Whether a stage places nobody without the preferences that families submitted."""
        return any(stage.preferences is PreferenceSource.SUBMITTED for stage in self._orders)

    @property
    def asks_for_priorities(self) -> bool:
        """Whether a stage looks at the ranks that schools gave."""
        return any(OrderKey.GIVEN_PRIORITY in stage.order for stage in self._orders)

    @property
    def needs_strict_priorities(self) -> bool:
        """Whether a stage has nothing after the ranks of schools to tell two applicants apart."""
        return any(stage.order[-1] is OrderKey.GIVEN_PRIORITY for stage in self._orders)

    @property
    def _orders(self) -> tuple[DeferredAcceptanceStage, ...]:
        return tuple(stage for stage in self.stages if isinstance(stage, DeferredAcceptanceStage))

    @property
    def canonical_json(self) -> str:
        """The policy as JSON with sorted keys, the text that is hashed and kept beside a result."""
        return json.dumps(self.model_dump(mode="json"), ensure_ascii=False, indent=2, sort_keys=True) + "\n"

    @property
    def sha256(self) -> str:
        """SHA-256 of `canonical_json`."""
        return hashlib.sha256(self.canonical_json.encode()).hexdigest()


def shipped_policies() -> tuple[str, ...]:
    """Return the names of the policies that come with the product."""
    folder = resources.files("allocation") / "policies"
    return tuple(sorted(entry.name.removesuffix(".yaml") for entry in folder.iterdir() if entry.name.endswith(".yaml")))


def load_policy(name: str) -> Policy:
    """Return a shipped policy by its name, or the one in a YAML file.

    Raises
    ------
    InputError
        There is no such policy, or the file is not a valid one; the message names the entry that is wrong.
    """
    if name in shipped_policies():
        return parse_policy((resources.files("allocation") / "policies" / f"{name}.yaml").read_text(), subject=name)
    path = Path(name)
    if not path.is_file():
        known = ", ".join(shipped_policies())
        raise InputError(
            Text(f"Không có quy tắc {name!r}.", f"There is no policy {name!r}."),
            hint=Text(f"Có sẵn: {known}; hoặc chỉ ra một tệp YAML.", f"Shipped: {known}; or name a YAML file."),
        )
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise InputError(
            Text("Tệp quy tắc không phải văn bản UTF-8.", "The policy file is no UTF-8 text."),
            hint=Text("Lưu lại với bảng mã UTF-8.", "Save it again as UTF-8."),
            subject=path.name,
        ) from error
    return parse_policy(text, subject=path.name)


def parse_policy(text: str, *, subject: str) -> Policy:
    """Return the policy that a YAML text describes.

    Raises
    ------
    InputError
        The text is no YAML, or no valid policy.
    """
    try:
        return Policy.model_validate(yaml.safe_load(text))
    except yaml.YAMLError as error:
        raise InputError(
            Text(f"Không phải YAML hợp lệ{_line(error).vi}.", f"This is no valid YAML{_line(error).en}."),
            hint=Text("Kiểm tra dấu ngoặc, dấu hai chấm và thụt dòng.", "Look at brackets, colons and indentation."),
            subject=subject,
        ) from error
    except ValidationError as error:
        raise _wrong(error, subject=subject) from error


def _line(error: yaml.YAMLError) -> Text:
    """Return where the reader stopped, if it says so."""
    mark = getattr(error, "problem_mark", None)
    return NO_TEXT if mark is None else Text(f" (dòng {mark.line + 1})", f" (line {mark.line + 1})")


def _wrong(error: ValidationError, *, subject: str) -> InputError:
    """Return the refusal of a policy: the first entry that is wrong, and where the others stand."""
    (where, what), *others = (said(one) for one in error.errors())
    # A list of which an entry is wrong is reported as too short in addition: that says nothing new.
    rest = ", ".join(entry for entry, _ in others if not where.startswith(f"{entry}."))
    hint = Text("Xem docs/how-to/choose-a-policy.md.", "See docs/how-to/choose-a-policy.md.")
    if rest:
        hint = Text(f"Cũng sai ở: {rest}. {hint.vi}", f"Also wrong: {rest}. {hint.en}")
    return InputError(
        Text(f"Quy tắc sai ở {where}: {what.vi}.", f"The policy is wrong at {where}: {what.en}."),
        hint=hint,
        subject=subject,
    )
