"""What special areas and detailed plans settle for the rules: true and false only where the map said so clearly."""

from collections.abc import Iterable, Mapping
from datetime import date
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from basemap.model import ZoneLimits
from basemap.special_areas import SpecialKind
from permits.answers import Concern, LayerAnswer, LayerStatus, truth_of
from permits.zoning import Zoning, holds_on, is_sure

KINDS_OF_FACT: Mapping[str, tuple[SpecialKind, ...]] = MappingProxyType(
    {
        "in_special_area": (
            SpecialKind.CITY_CENTRE_930_HA,
            SpecialKind.THU_THIEM,
            SpecialKind.UNIVERSITY_VILLAGE,
            SpecialKind.METRO_1,
            SpecialKind.NORTH_WEST,
            SpecialKind.SOUTH,
        ),
        "central_area": (SpecialKind.CENTRAL_DISTRICT, SpecialKind.DISTRICT_CENTRE),
        "in_architecture_regulation_area": (SpecialKind.ARCHITECTURE_REGULATION,),
        "in_urban_development_area_general_plan": (SpecialKind.URBAN_DEVELOPMENT,),
        "in_rural_residential_area_general_plan": (SpecialKind.RURAL_RESIDENTIAL,),
        "in_commune_plan_built_area": (SpecialKind.COMMUNE_BUILT_AREA,),
        "in_functional_zone": (SpecialKind.FUNCTIONAL_ZONE,),
    }
)
"""Kinds of special areas of which any one makes a fact true; all of them have to say no to make it false."""


_KINDS_ASKED = tuple(kind for kinds in KINDS_OF_FACT.values() for kind in kinds)


def special_facts(answers: Mapping[SpecialKind, LayerAnswer]) -> Mapping[str, Any]:
    """Return the facts of `permits.model.Facts` that special areas settle; None where nobody can tell."""
    return _special_facts(tuple([answers[kind].status for kind in _KINDS_ASKED]))


@lru_cache(maxsize=4096)
def _special_facts(statuses: tuple[LayerStatus, ...]) -> Mapping[str, Any]:
    truths = dict(zip(_KINDS_ASKED, map(truth_of, statuses), strict=True))
    return {name: any_true(truths[kind] for kind in kinds) for name, kinds in KINDS_OF_FACT.items()}


def zone_facts(zoning: Zoning) -> Mapping[str, Any]:
    """Return the caps of the plans, the strictest of each if all say one, and the day of their approval.

    An empty cell of a plan is *unknown*, never *no cap*: ``zone_plan_known`` is true only where no cell is empty.
    """
    return _zone_facts(zoning.caps, zoning.is_covered)


@lru_cache(maxsize=4096)
def _zone_facts(caps: tuple[ZoneLimits, ...], is_covered: bool | None) -> Mapping[str, Any]:  # noqa: FBT001 - a cache knows no names
    zoning = Zoning(parts=(), caps=caps, is_covered=is_covered)
    floors = zoning.strictest("max_floors")
    return {
        "zone_plan_known": True if zoning.states_every_cap else None,
        "zone_plan_max_site_coverage_ratio": zoning.strictest("max_site_coverage_ratio"),
        "zone_plan_max_floors": None if floors is None else int(floors),
        "zone_plan_max_height_m": zoning.strictest("max_height_m"),
        "zone_plan_max_plot_ratio": zoning.strictest("max_plot_ratio"),
        "plan_approval_date": zoning.plan_approved_on,
    }


def plan_facts(answer: LayerAnswer, *, on: date | None) -> dict[str, Any]:
    """Return whether a detailed plan applies, and the front setback that it asks for.

    Parameters
    ----------
    answer
        Of the layer of detailed plans; a local adjustment of a zone plan is none.
    """
    plans = [each for each in answer.felt if each.detail.get("plan_kind") == "detailed_plan" and holds_on(each, on)]
    setbacks = [value for plan in plans if is_sure(plan) and (value := _setback_m(plan)) is not None]
    return {
        "detailed_plan_applies": _applies(plans, answer),
        "detailed_plan_front_setback_m": max(setbacks, default=None),
    }


def any_true(truths: Iterable[bool | None]) -> bool | None:
    """Return whether any is true; None where none is, and one is unknown."""
    known = list(truths)
    if True in known:
        return True
    return None if None in known else False


def _applies(plans: list[Concern], answer: LayerAnswer) -> bool | None:
    if any(is_sure(plan) for plan in plans):
        return True
    return None if plans or answer.status is LayerStatus.NOT_CHECKED else False


def _setback_m(plan: Concern) -> float | None:
    value = plan.detail.get("min_front_setback_m")
    return float(value) if isinstance(value, int | float) and value == value else None  # noqa: PLR0124 - not NaN
