"""Does the verifier know every word of the policy? What it does not know it could not check, so it must not pass.

The words are written down here a second time on purpose: a rule that the solvers carry out and the verifier has never
heard of is a failure, not a claim that holds.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from spatial.text import Text

Shape = Callable[[object, str], Iterator[str]]
"""Yields the entries of a value that are not what they must be; the second argument names the value."""

_LARGEST = 10**9


def check_policy(policy: Mapping[str, Any]) -> Iterator[Text]:
    """Yield the entries of ``policy.json`` that the verifier does not know."""
    for entry in _POLICY(policy, ""):
        yield Text(
            f"policy.json: không biết kiểm mục {entry.lstrip('.')}.",
            f"policy.json: the entry {entry.lstrip('.')} is none that can be checked.",
        )


def _that(holds: Callable[[object], bool]) -> Shape:
    def faults(value: object, where: str) -> Iterator[str]:
        if not holds(value):
            yield where

    return faults


def _whole(least: int, most: int = _LARGEST) -> Shape:
    return _that(lambda value: type(value) is int and least <= value <= most)


def _one_of(*words: str) -> Shape:
    return _that(lambda value: type(value) is str and value in words)


def _or_none(shape: Shape) -> Shape:
    return lambda value, where: iter(()) if value is None else shape(value, where)


def _list_of(shape: Shape, least: int = 0) -> Shape:
    def faults(value: object, where: str) -> Iterator[str]:
        if not isinstance(value, list) or len(value) < least:
            yield where
            return
        for place, one in enumerate(value):
            yield from shape(one, f"{where}.{place}")

    return faults


def _map_of(shape: Shape) -> Shape:
    def faults(value: object, where: str) -> Iterator[str]:
        if not isinstance(value, dict):
            yield where
            return
        for name, one in value.items():
            yield from shape(one, f"{where}.{name}")

    return faults


def _record(**shapes: Shape) -> Shape:
    """Return the shape of an object with just these entries."""

    def faults(value: object, where: str) -> Iterator[str]:
        if not isinstance(value, dict):
            yield where
            return
        yield from (f"{where}.{name}" for name in value.keys() ^ shapes.keys())
        for name in value.keys() & shapes.keys():
            yield from shapes[name](value[name], f"{where}.{name}")

    return faults


def _by_kind(**records: Shape) -> Shape:
    def faults(value: object, where: str) -> Iterator[str]:
        kind = value.get("kind") if isinstance(value, dict) else None
        if not isinstance(kind, str) or kind not in records:
            yield f"{where}.kind"
            return
        yield from records[kind](value, where)

    return faults


def _no_code_twice(shape: Shape) -> Shape:
    def faults(value: object, where: str) -> Iterator[str]:
        wrong = list(shape(value, where))
        yield from wrong
        if not wrong and isinstance(value, list) and len({group["code"] for group in value}) < len(value):
            yield where

    return faults


_ANYTHING = _that(lambda _: True)
_TEXT = _that(lambda value: isinstance(value, str))
_WORD = _that(lambda value: isinstance(value, str) and value != "")
_YES_OR_NO = _that(lambda value: isinstance(value, bool))
_TITLE = _record(vi=_TEXT, en=_TEXT)
_CONDITION = _one_of(
    "everybody",
    "stated_tier",
    "areas_not_given",
    "lives_in_area",
    "attended_in_area",
    "parent_works_in_area",
    "attended_this_school",
    "parent_works_at_school",
    "sibling_at_school",
    "home_school",
)
_LIMITS: Mapping[str, Shape] = {
    "kind": _WORD,
    "max_distance_m": _map_of(_whole(1)),
    "tiers": _list_of(_whole(1)),
    "opens_reserved_seats": _YES_OR_NO,
    "lifts_caps": _YES_OR_NO,
}
_ORDER_KEY = _one_of("tier", "distance", "distance_band", "relative_distance", "given_priority", "lottery")
_STAGE = _by_kind(
    least_travel=_record(**_LIMITS),
    least_farthest=_record(**_LIMITS),
    deferred_acceptance=_record(
        **_LIMITS,
        order=_list_of(_ORDER_KEY, least=1),
        bands_m=_list_of(_whole(1)),
        preferences=_one_of("nearest", "submitted", "submitted_or_nearest", "submitted_then_nearest"),
        takes_only_ranked=_YES_OR_NO,
    ),
)
_POLICY = _record(
    name=_WORD,
    version=_TEXT,
    title=_TITLE,
    stages=_list_of(_STAGE, least=1),
    citations=_ANYTHING,
    effective_from=_ANYTHING,
    near_by=_one_of("walking", "riding", "straight_line"),
    is_comparison=_YES_OR_NO,
    tiers=_list_of(_record(tier=_whole(1), title=_TITLE, when=_list_of(_CONDITION, least=1), tag=_TEXT)),
    seat_groups=_no_code_twice(
        _list_of(
            _record(
                code=_WORD,
                title=_TITLE,
                for_tag=_WORD,
                share_percent=_or_none(_whole(1, 100)),
                only_here=_YES_OR_NO,
                others_may_take_left_over=_YES_OR_NO,
                is_asked_first=_YES_OR_NO,
                most_per_class=_or_none(_record(count=_whole(1), citation=_ANYTHING)),
                tiers_before_tag=_list_of(_whole(1)),
            )
        )
    ),
    tier_quotas=_no_code_twice(
        _list_of(
            _record(
                code=_WORD,
                title=_TITLE,
                tiers=_list_of(_whole(1), least=1),
                at_least_percent=_or_none(_whole(1, 100)),
                at_least_count=_or_none(_whole(1)),
                at_most_percent=_or_none(_whole(1, 100)),
                at_most_count=_or_none(_whole(1)),
            )
        )
    ),
    class_norm_count=_map_of(_whole(1)),
    eligibility=_or_none(
        _record(
            school_year=_whole(2000, 2100),
            age_years=_map_of(_whole(0)),
            late_entry=_list_of(
                _record(
                    code=_WORD, title=_TITLE, max_years=_whole(1), levels=_list_of(_WORD, least=1), citation=_ANYTHING
                )
            ),
            residence_by=_ANYTHING,
            citations=_ANYTHING,
        )
    ),
    lottery=_record(per=_one_of("applicant", "family"), next_round=_one_of("keep", "reverse")),
    keep_together=_YES_OR_NO,
    may_worsen_held_seats=_YES_OR_NO,
    everybody_must_be_placed=_YES_OR_NO,
)
