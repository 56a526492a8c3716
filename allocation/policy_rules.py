"""The parts of a policy: tiers, reserved seats, stages, lottery, ages; text from outside, checked as it is read.

Everything here is data that a department can choose and a reader can check; how it is carried out stands in
`allocation.priority`, `allocation.stages` and `allocation.eligibility`.
"""

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, NonNegativeInt, PositiveInt, model_validator

from allocation.model import Level
from allocation.policy_messages import ContradictionError
from spatial.text import Text


class Strict(BaseModel):
    """A part of a policy: nothing unknown is passed over, nothing changes after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Title(Strict):
    """A name or sentence as people read it."""

    vi: str
    en: str

    @property
    def text(self) -> Text:
        """The same as a text of the house."""
        return Text(self.vi, self.en)


class Citation(Strict):
    """Where a rule is written.

    Parameters
    ----------
    is_verified
        Whether the source itself was read. What rests on hearsay says so.
    """

    source: str
    article: str = ""
    dated: date | None = None
    is_verified: bool


class Condition(StrEnum):
    """What may make an applicant belong to a tier at a school; each compares a column of applicants with schools.

    ``stated_tier``: the column ``priority_tier`` has the number of the rule's tier. ``areas_not_given``: no applicant
    of the round states an area (of home, former school or a parent's work), or no school does, so that nothing can be
    compared; where areas are given it holds for nobody, also not for those who leave theirs empty.
    """

    EVERYBODY = "everybody"
    STATED_TIER = "stated_tier"
    AREAS_NOT_GIVEN = "areas_not_given"
    LIVES_IN_AREA = "lives_in_area"
    ATTENDED_IN_AREA = "attended_in_area"
    PARENT_WORKS_IN_AREA = "parent_works_in_area"
    ATTENDED_THIS_SCHOOL = "attended_this_school"
    PARENT_WORKS_AT_SCHOOL = "parent_works_at_school"
    SIBLING_AT_SCHOOL = "sibling_at_school"
    HOME_SCHOOL = "home_school"


class TierRule(Strict):
    """Who is in a priority tier at a school: everybody for whom all conditions hold.

    Parameters
    ----------
    tier
        1 is served first. Several rules may give the same tier; for a pair of applicant and school the first rule
        of the list that fits decides, and a pair that none fits is not admissible.
    tag
        A word that must stand in the applicant's column ``tags``, e.g. ``looked_after``; empty: none is asked for.
    """

    tier: PositiveInt
    title: Title
    when: Annotated[tuple[Condition, ...], Field(min_length=1)]
    tag: str = ""


class ClassCap(Strict):
    """How many children of a group a class may have: a figure of the law, which warns and decides nothing.

    Parameters
    ----------
    citation
        Where the figure is written, of which day, and whether that was read.
    """

    count: PositiveInt
    citation: Citation


class SeatGroup(Strict):
    """Seats of every school that are kept for some applicants.

    Parameters
    ----------
    code
        Name of the group, in ``schools.csv`` and ``offers.csv``.
    for_tag
        Applicants who have this word in the column ``tags`` may sit here.
    share_percent
        Share of the capacity, rounded up (12 seats, 15%: 2). None: the column ``seats_`` and the code in the file of
        schools has the number; these seats are part of ``capacity``.
    only_here
        Those with the tag may sit in no other seats (places in inclusive classes).
    others_may_take_left_over
        In deferred acceptance everybody may sit here too, after all those with the tag; else a seat that none of them
        takes stays empty, unless a later stage opens it.
    is_asked_first
        An applicant with the tag is considered for the group before the open seats of the same school.
    most_per_class
        How many of these seats a class may have; more in the file of schools is a warning.
    tiers_before_tag
        Applicants of these tiers come before those with the tag, also here (in Chile siblings before poor pupils).
    """

    code: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    title: Title
    for_tag: Annotated[str, Field(min_length=1)]
    share_percent: Annotated[int, Field(ge=1, le=100)] | None = None
    only_here: bool = False
    others_may_take_left_over: bool = True
    is_asked_first: bool = True
    most_per_class: ClassCap | None = None
    tiers_before_tag: tuple[PositiveInt, ...] = ()

    @property
    def column(self) -> str:
        """Column of the file of schools with the number of seats."""
        return f"seats_{self.code}"


class OrderKey(StrEnum):
    """By what a school puts applicants in order; whole numbers, the smaller first."""

    TIER = "tier"
    DISTANCE = "distance"
    DISTANCE_BAND = "distance_band"
    RELATIVE_DISTANCE = "relative_distance"
    GIVEN_PRIORITY = "given_priority"
    LOTTERY = "lottery"


class PreferenceSource(StrEnum):
    """By what an applicant puts schools in order.

    ``submitted``: those named, and no other. ``submitted_or_nearest``: the same, but whoever named none of the schools
    that take part prefers the nearest. ``submitted_then_nearest``: after those named the others, the nearest first.
    """

    NEAREST = "nearest"
    SUBMITTED = "submitted"
    SUBMITTED_OR_NEAREST = "submitted_or_nearest"
    SUBMITTED_THEN_NEAREST = "submitted_then_nearest"


class StageLimits(Strict):
    """What every kind of stage may limit.

    Parameters
    ----------
    max_distance_m
        Longest way that the stage may give to a child of a level, in metres; no limit where a level is not named.
    tiers
        Only pairs of these tiers take part; empty: all.
    opens_reserved_seats
        Whether everybody may sit in the seats of every group or quota that are still empty; a cap holds all the same.
    lifts_caps
        Whether the cap of `tier_quotas` does not hold in this stage.
    """

    max_distance_m: dict[Level, PositiveInt] = Field(default_factory=dict)
    tiers: tuple[PositiveInt, ...] = ()
    opens_reserved_seats: bool = False
    lifts_caps: bool = False


class LeastTravelStage(StageLimits):
    """Most children placed, first tier first, then the least total distance, then the lottery."""

    kind: Literal["least_travel"]


class LeastFarthestStage(StageLimits):
    """Most children placed, first tier first, then the farthest way as short as can be, then as `LeastTravelStage`."""

    kind: Literal["least_farthest"]


class DeferredAcceptanceStage(StageLimits):
    """Applicants ask in the order of their preferences; schools keep the first in their order and turn down the rest.

    Parameters
    ----------
    order
        How schools put applicants in order; ends with what leaves no ties.
    bands_m
        Upper bounds of the distance bands, rising: ``[1000, 2000]`` are up to 1 km, up to 2 km, farther.
    takes_only_ranked
        A school that gave ranks to applicants takes only those to whom it gave one; a school that gave none takes all.
    """

    kind: Literal["deferred_acceptance"]
    order: tuple[OrderKey, ...] = (OrderKey.TIER, OrderKey.DISTANCE, OrderKey.LOTTERY)
    bands_m: tuple[PositiveInt, ...] = ()
    preferences: PreferenceSource = PreferenceSource.NEAREST
    takes_only_ranked: bool = False

    @model_validator(mode="after")
    def _is_a_strict_order(self) -> Self:
        if not self.order or self.order[-1] not in {OrderKey.LOTTERY, OrderKey.GIVEN_PRIORITY}:
            raise ContradictionError(
                Text(
                    "order phải kết thúc bằng lottery hoặc given_priority, để không ai ngang ai",
                    "order must end with lottery or given_priority, so that nobody is equal",
                )
            )
        if len(set(self.order)) != len(self.order):
            raise ContradictionError(Text("order nêu một tiêu chí hai lần", "order names a key twice"))
        if (OrderKey.DISTANCE_BAND in self.order) != bool(self.bands_m):
            raise ContradictionError(
                Text(
                    "bands_m đi cùng distance_band: có cái này phải có cái kia",
                    "bands_m belongs to distance_band, and distance_band needs it",
                )
            )
        if list(self.bands_m) != sorted(set(self.bands_m)):
            raise ContradictionError(Text("bands_m phải tăng dần", "bands_m must rise"))
        return self


Stage = Annotated[
    LeastTravelStage | LeastFarthestStage | DeferredAcceptanceStage,
    Field(discriminator="kind"),
]
"""One stage of a policy, told apart by ``kind``."""


class Lottery(Strict):
    """How ties are broken.

    Parameters
    ----------
    per
        ``family``: those who are placed together share the number of the first of them by ``applicant_no``.
    next_round
        Whether a later run of the same round keeps the draw or turns it round (Feigenbaum, Kanoria, Lo, Sethuraman,
        Management Science 66(10), 2020: turning it round moves the fewest).
    """

    per: Literal["applicant", "family"] = "applicant"
    next_round: Literal["keep", "reverse"] = "keep"


class LateEntry(Strict):
    """A reason for which a child may enter a level later than by the year of birth.

    Parameters
    ----------
    code
        Word in the applicant's column ``late_entry``.
    """

    code: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    title: Title
    max_years: PositiveInt
    levels: Annotated[tuple[Level, ...], Field(min_length=1)]
    citation: Citation


class Eligibility(Strict):
    """Who may enter which level in a school year.

    Parameters
    ----------
    school_year
        Calendar year in which the school year begins.
    age_years
        For each level the age, counted by calendar year: birth year = ``school_year`` - age.
    residence_by
        Last day on which a residence counts (column ``resident_since``); None: not looked at.
    """

    school_year: Annotated[int, Field(ge=2000, le=2100)]
    age_years: dict[Level, NonNegativeInt]
    late_entry: tuple[LateEntry, ...] = ()
    residence_by: date | None = None
    citations: tuple[Citation, ...] = ()
