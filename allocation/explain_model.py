"""An explanation as data: where, how far, by which stage, and for each school that was wished for why not."""

from dataclasses import dataclass, fields, is_dataclass
from enum import StrEnum
from typing import Any

from allocation.model import Reason
from spatial.text import Text


class WhyNot(StrEnum):
    """Why a school that is nearer, or stands higher in the list, was not given."""

    OTHERS_COME_FIRST = "others_come_first"
    LOTTERY = "lottery"
    WOULD_LENGTHEN_THE_TOTAL = "would_lengthen_the_total"
    WOULD_LENGTHEN_THE_FARTHEST = "would_lengthen_the_farthest"
    WOULD_LEAVE_A_CHILD_WITHOUT = "would_leave_a_child_without"
    BEYOND_LIMIT = "beyond_limit"
    RESERVED_SEATS = "reserved_seats"
    CAP_REACHED = "cap_reached"
    NO_SEATS = "no_seats"
    NOT_ENTITLED = "not_entitled"
    TOGETHER = "together"
    SEAT_KEPT = "seat_kept"
    NOT_OF_LEVEL = "not_of_level"
    NOT_REACHABLE = "not_reachable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """By what a child stands in the order of a school.

    Parameters
    ----------
    distance_m, lottery_place
        None where they are withheld, because so few were admitted that they would point at one child.
        The place in the draw is counted from 1.
    priority_rank
        The rank that the school gave; None where it gave none.
    saved_m
        How much farther the nearest other school is; None where the rule does not look at it.
    """

    tier: int
    distance_m: int | None
    lottery_place: int | None
    priority_rank: int | None = None
    saved_m: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why not, as `NearerSchool` tells it."""

    why_not: WhyNot
    sentence: Text
    stage: int | None = None
    own: Standing | None = None
    last: Standing | None = None
    decided_by: str | None = None
    extra_m: int | None = None
    limit_m: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NearerSchool:
    """A school that is nearer than the one given, or stands higher in the list that the family submitted.

    Parameters
    ----------
    preference_rank
        Rank in the submitted list; None where the school is not in it.
    stage
        The stage of the rule that turned the child down; None where no stage considered the school.
    own, last
        Child and last one admitted in the order of the school; None where no order decided.
    decided_by
        What made the difference between the two: tier, distance, lottery, ….
    extra_m
        By how many metres all ways together would be longer with the child here; None where that is not
        the reason.
    limit_m
        The longest way that the rule allows; None where that is not the reason.
    waiting_position
        Position in the waiting list of the school; None where the child does not wait there.
    """

    school_code: str
    name: str
    distance_m: int
    capacity: int
    placed: int
    why_not: WhyNot
    sentence: Text
    preference_rank: int | None = None
    stage: int | None = None
    own: Standing | None = None
    last: Standing | None = None
    decided_by: str | None = None
    extra_m: int | None = None
    limit_m: int | None = None
    waiting_position: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedSchool:
    """A school that the application names and that could not be considered at all."""

    school_code: str
    name: str
    why_not: WhyNot
    sentence: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """What a family or an officer is told about one application.

    Parameters
    ----------
    shown_as
        The number as others may see it: a personal ID masked.
    school_code, school_name, seat_group
        Empty where there is no seat; the group also for open seats.
    distance_m, stage, tier, preference_rank
        None where there is no seat; the rank also where the family submitted none for this school.
    nearer
        The schools before the one given in the child's list, or without a seat all that were considered; best first.
    named
        Schools that the application names and that could not be considered.
    """

    applicant_no: str
    shown_as: str
    level: str
    school_code: str
    school_name: str
    seat_group: str
    distance_m: int | None
    stage: int | None
    tier: int | None
    preference_rank: int | None
    reason: Reason
    sentences: tuple[Text, ...]
    nearer: tuple[NearerSchool, ...]
    named: tuple[NamedSchool, ...]


def as_data(explanation: Explanation) -> dict[str, Any]:
    """Return an explanation as plain data for JSON; sentences as ``{"vi": …, "en": …}``."""
    data: dict[str, Any] = _plain(explanation)
    return data


def _plain(value: object) -> Any:  # noqa: ANN401 - plain data is whatever JSON holds
    if isinstance(value, Text):
        return value._asdict()
    if is_dataclass(value):
        return {one.name: _plain(getattr(value, one.name)) for one in fields(value)}
    return [_plain(one) for one in value] if isinstance(value, tuple) else value
