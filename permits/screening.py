"""Screening: many parcels against all rules at once, one row each. Pure.

A row says what the layers answer, which figures limit the parcel and which rule sets each, and what the rules say of
the building that stands on it. Where nothing stands, only the ground is judged.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import pyarrow as pa
import shapely

from permits.answers import LayerStatus
from permits.assess import Assess
from permits.assess_many import Assessors
from permits.check import Check, check
from permits.facts import ParcelFacts, facts_in_bulk
from permits.findings import overall
from permits.ground import Ground
from permits.limit_fields import LIMIT_FIELDS
from permits.model import Direction, Facts, ReasonCode, Verdict
from permits.parcels import Parcel
from permits.proposal import Proposal
from permits.rulebook import Rulebook
from permits.standing import standing_building

SCREENED_LIMITS = tuple(
    name
    for name, field in LIMIT_FIELDS.items()
    if field.direction is not Direction.INFORMATION or name == "governing_road_width_m"
)
"""Limits that have a column of their own, and one with ``_rule`` behind it."""

_WORDS, _WORD = pa.list_(pa.string()), pa.dictionary(pa.int32(), pa.string())
_NUMBERS = (
    "registered_area_m2",
    "measured_area_m2",
    "area_left_m2",
    "frontage_m",
    "depth_m",
)

SCREENING_SCHEMA = pa.schema(
    [
        ("parcel", pa.string()),
        ("ward_code", _WORD),
        *((name, pa.float64()) for name in _NUMBERS),
        ("has_building", pa.bool_()),
        ("verdict", _WORD),
        ("violated", _WORDS),
        ("for_review", _WORDS),
        ("reasons", _WORDS),
        ("concerned", _WORDS),
        ("in_doubt", _WORDS),
        ("not_checked", _WORDS),
        *((name, pa.float64()) for name in SCREENED_LIMITS),
        *((f"{name}_rule", _WORD) for name in SCREENED_LIMITS),
        ("geometry", pa.binary()),
    ]
)
"""Columns of a screening; lists are sorted, geometry is WKB in the coordinate system of the parcels.

``violated`` and ``for_review`` name rules, ``reasons`` the codes of what is in doubt, ``concerned``, ``in_doubt`` and
``not_checked`` layers.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked of every parcel.

    Parameters
    ----------
    rulebooks
        Packs that speak together: the smallest of all limits counts.
    as_of
        Day of the law.
    supposed
        What is taken for granted of every parcel and building, e.g. that it is a row house.
    on
        Day of the plans; None is today.
    """

    rulebooks: tuple[Rulebook, ...]
    as_of: date
    supposed: Facts
    on: date | None = None
    assess_by: Assess = field(default_factory=Assessors, repr=False, compare=False)


def screen(parcels: Sequence[Parcel], ground: Ground, question: Question) -> pa.Table:
    """Return one row for each parcel, in the same order, by `SCREENING_SCHEMA`.

    Raises
    ------
    InputError
        A parcel is in another coordinate system than the layers.
    """
    rows = [_row(found, question) for found in facts_in_bulk(parcels, ground, on=question.on)]
    return pa.Table.from_pylist(rows, schema=SCREENING_SCHEMA)


def _row(found: ParcelFacts, question: Question) -> Mapping[str, object]:
    building = standing_building(found, supposed=question.supposed)
    proposal = building or Proposal(facts=question.supposed)
    book, *beside = question.rulebooks
    outcome = check(found, proposal, rulebook=book, beside=beside, as_of=question.as_of, assess_by=question.assess_by)
    return {
        "parcel": found.parcel.key,
        "ward_code": found.parcel.ward_code,
        **{name: getattr(found, name) for name in _NUMBERS},
        "has_building": building is not None,
        **_judged(outcome),
        **_layers(found),
        **dict(_limits(outcome)),
        "geometry": shapely.to_wkb(found.parcel.place.geometry),
    }


def _judged(outcome: Check) -> Mapping[str, object]:
    """Return what was found, but for limits that wait for a proposal."""
    findings = [each for each in outcome.findings if each.reason is not ReasonCode.NOTHING_PROPOSED]
    doubtful = [each for each in findings if each.verdict is Verdict.NEEDS_REVIEW]
    return {
        "verdict": overall(findings).value,
        "violated": sorted({each.rule for each in findings if each.verdict is Verdict.VIOLATES}),
        "for_review": sorted({each.rule for each in doubtful}),
        "reasons": sorted({each.reason.value for each in doubtful if each.reason is not None}),
    }


def _layers(found: ParcelFacts) -> Mapping[str, object]:
    def having(status: LayerStatus) -> list[str]:
        return sorted(name.value for name, answer in found.layers.items() if answer.status is status)

    return {
        "concerned": having(LayerStatus.CONCERNED),
        "in_doubt": having(LayerStatus.REVIEW),
        "not_checked": having(LayerStatus.NOT_CHECKED),
    }


def _limits(outcome: Check) -> Iterator[tuple[str, object]]:
    for name in SCREENED_LIMITS:
        limit = outcome.limits.by_name.get(name)
        if limit is not None and limit.value is not None:
            yield name, float(limit.value)
            yield f"{name}_rule", limit.binding or limit.rule
