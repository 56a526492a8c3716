"""Screening: many parcels against all rules at once, one row each. Pure.

A row says what the layers answer, which figures limit the parcel and which rule sets each, and what the rules say of
the building that stands on it. Where nothing stands, only the ground is judged.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
import pyarrow as pa
import shapely

from permits.answers import LayerStatus
from permits.check import facts_for_rules
from permits.facts import ParcelFacts, facts_in_bulk
from permits.findings import Said, overall
from permits.ground import Ground
from permits.ground_findings import findings_on_ground
from permits.limit_fields import LIMIT_FIELDS
from permits.limits_of_many import LimitColumn, LimitsOfMany
from permits.model import Direction, Facts, ReasonCode, Verdict
from permits.parcels import Parcel
from permits.proposal import Proposal
from permits.rulebook import Rulebook, ground_rules_beside
from permits.setbacks_drawn import DrawnSetbacks, drawn_setbacks
from permits.standing import standing_building

SCREENED_LIMITS = tuple(
    name
    for name, field in LIMIT_FIELDS.items()
    if field.direction is not Direction.INFORMATION or name == "governing_road_width_m"
)
"""Limits that have a column of their own, and one with ``_rule`` behind it."""

_DECIMALS = 6
"""Of a figure in a screening: floats that were reckoned in another order agree so far."""

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


@dataclass(frozen=True, kw_only=True)  # no slots: what it remembers is made once
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

    @cached_property
    def limits(self) -> LimitsOfMany:
        """Every limit, asked of many plots at once; it remembers from one call to the next."""
        return LimitsOfMany(self.rulebooks, as_of=self.as_of)

    @cached_property
    def ground_rules(self) -> Rulebook | None:
        """Pack about the ground that goes with the others."""
        return ground_rules_beside(self.rulebooks)


def screen(parcels: Sequence[Parcel], ground: Ground, question: Question) -> pa.Table:
    """Return one row for each parcel, in the same order, by `SCREENING_SCHEMA`.

    Raises
    ------
    InputError
        A parcel is in another coordinate system than the layers.
    """
    if not parcels:
        return SCREENING_SCHEMA.empty_table()
    cases = [_case(found, question) for found in facts_in_bulk(parcels, ground, on=question.on)]
    limits = question.limits.columns([case.facts for case in cases], [case.drawn for case in cases])
    columns = {
        **_about_parcels(cases),
        **_judged(cases, limits),
        **_layers(cases),
        **_figures(limits),
        "geometry": shapely.to_wkb([case.found.parcel.place.geometry for case in cases]),
    }
    return pa.table(
        [pa.array(columns[each.name], type=each.type, from_pandas=True) for each in SCREENING_SCHEMA],
        schema=SCREENING_SCHEMA,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """A parcel, the building on it as if it were proposed, and what the ground says of it."""

    found: ParcelFacts
    has_building: bool
    facts: Facts
    drawn: DrawnSetbacks
    on_ground: frozenset[Said]


def _case(found: ParcelFacts, question: Question) -> _Case:
    building = standing_building(found, supposed=question.supposed)
    proposal = building or Proposal(facts=question.supposed)
    footprint, books, as_of = proposal.footprint, question.rulebooks, question.as_of
    drawn = drawn_setbacks(found, footprint, stated=proposal.facts)
    facts = facts_for_rules(found, proposal, footprint=footprint, drawn=drawn, rulebooks=books, as_of=as_of)
    findings = findings_on_ground(
        found, footprint, [facts], rulebooks=books, ground_rules=question.ground_rules, as_of=as_of
    )
    return _Case(
        found=found,
        has_building=building is not None,
        facts=facts,
        drawn=drawn,
        on_ground=frozenset(map(Said.by, findings)),
    )


def _about_parcels(cases: Sequence[_Case]) -> Mapping[str, Sequence[object]]:
    parcels = [case.found.parcel for case in cases]
    return {
        "parcel": [parcel.key for parcel in parcels],
        "ward_code": [parcel.ward_code for parcel in parcels],
        **{name: [getattr(case.found, name) for case in cases] for name in _NUMBERS},
        "has_building": [case.has_building for case in cases],
    }


def _judged(cases: Sequence[_Case], limits: Mapping[str, LimitColumn]) -> Mapping[str, Sequence[object]]:
    """Return what was found of each parcel, but for limits that wait for a proposal; many parcels share an answer."""
    numbers: dict[frozenset[Said], int] = {}
    on_ground = np.array([numbers.setdefault(case.on_ground, len(numbers)) for case in cases], dtype=np.int32)
    which = np.column_stack([*(column.which for column in limits.values()), on_ground])
    kinds, kind_of = np.unique(which, axis=0, return_inverse=True)
    said_by_limit = [[outcome and outcome.said for outcome in column.outcomes] for column in limits.values()]
    said_on_ground = list(numbers)
    answers = [
        _answer({*said_on_ground[kind[-1]], *(said[number] for said, number in zip(said_by_limit, kind, strict=False))})
        for kind in kinds
    ]
    return {name: [answers[kind][name] for kind in kind_of.ravel()] for name in answers[0]}


def _answer(said: Iterable[Said | None]) -> Mapping[str, object]:
    heard = [each for each in said if each is not None and each.reason is not ReasonCode.NOTHING_PROPOSED]
    doubtful = [each for each in heard if each.verdict is Verdict.NEEDS_REVIEW]
    return {
        "verdict": overall(heard).value,
        "violated": sorted({each.rule for each in heard if each.verdict is Verdict.VIOLATES}),
        "for_review": sorted({each.rule for each in doubtful}),
        "reasons": sorted({each.reason.value for each in doubtful if each.reason is not None}),
    }


def _layers(cases: Sequence[_Case]) -> Mapping[str, Sequence[object]]:
    def having(status: LayerStatus) -> list[list[str]]:
        return [
            sorted([name.value for name, answer in case.found.layers.items() if answer.status is status])
            for case in cases
        ]

    return {
        "concerned": having(LayerStatus.CONCERNED),
        "in_doubt": having(LayerStatus.REVIEW),
        "not_checked": having(LayerStatus.NOT_CHECKED),
    }


def _figures(limits: Mapping[str, LimitColumn]) -> Mapping[str, object]:
    """Return the figure of each limit and the rule that sets it; neither where no figure is determined."""
    columns: dict[str, object] = {}
    for name in SCREENED_LIMITS:
        limit = limits[name]
        rules = np.array([outcome and outcome.rule for outcome in limit.outcomes], dtype=object)
        columns[name] = np.round(limit.figures, _DECIMALS)
        setting = rules[limit.which]
        setting[np.isnan(limit.figures)] = None
        columns[f"{name}_rule"] = setting
    return columns
