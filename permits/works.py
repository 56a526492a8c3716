"""The facts of works that decide on procedure: what is built, of which class, for whom, where; as read from JSON."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from difflib import get_close_matches
from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from spatial.errors import InputError
from spatial.text import Text

_MOST_FLOORS = 200
_LARGEST_AREA_M2 = 10_000_000

Floors = Annotated[int, Field(ge=1, le=_MOST_FLOORS)]
PlanDay = Annotated[date, Field(ge=date(2000, 1, 1), le=date(2098, 12, 31))]
AreaM2 = Annotated[float, Field(gt=0, le=_LARGEST_AREA_M2, allow_inf_nan=False)]


class WorksKind(StrEnum):
    """What is done."""

    HOUSE = "house"
    OTHER = "other"
    REPAIR_INSIDE = "repair_inside"
    REPAIR_OUTSIDE = "repair_outside"


class WorksClass(StrEnum):
    """Class of works, the highest first."""

    SPECIAL = "special"
    I = "I"  # noqa: E741 - the law's own name
    II = "II"
    III = "III"
    IV = "IV"


class Owner(StrEnum):
    """For whom it is built."""

    HOUSEHOLD = "household"
    ORGANISATION = "organisation"


class PlanLevel(StrEnum):
    """The most detailed plan of the place."""

    ZONE_PLAN = "zone_plan"
    DETAILED_PLAN = "detailed_plan"


class Claim(StrEnum):
    """What an exemption is claimed for; one that is not claimed is not granted (Article 43.2)."""

    STATE_SECRET = "state_secret"  # noqa: S105 - a kind of works
    EMERGENCY = "emergency"
    URGENT = "urgent"
    SPECIAL_INVESTMENT = "special_investment"
    TEMPORARY_WORKS = "temporary_works"
    DEFENCE_LAND = "defence_land"
    LISTED_PUBLIC_INVESTMENT = "listed_public_investment"
    LINEAR_TWO_PROVINCES = "linear_two_provinces"
    LINEAR_OUTSIDE_URBAN = "linear_outside_urban"
    OFFSHORE = "offshore"
    AIRPORT = "airport"
    ADVERT_EXEMPT = "advert_exempt"
    PASSIVE_TELECOM = "passive_telecom"
    APPRAISED_PROJECT = "appraised_project"


@dataclass(frozen=True, slots=True, kw_only=True)
class Works:
    """What is known of the works; None is *unknown*, never *no*.

    Parameters
    ----------
    is_house
        What is repaired is an individual house; ``kind`` says it of new works.
    works_classes
        Classes of all works of the project; one for a single building.
    claims
        Grounds of exemption that are claimed and can be shown.
    in_managed_zone
        Inside an industrial, export, high-tech or economic zone with a board.
    commune_shares_m2
        Area of the site in each commune, where it lies in several.
    issued_by_district
        The permit to be adjusted, extended or reissued was once issued by a district.
    on_controlled_street
        The front that is repaired faces a street under architectural control.
    plan_implemented, land_recovery_decision
        Whether the plan of the place was carried out, and whether the land is to be recovered.
    commune_land_use_plan_on
        Day on which a commune land-use plan with this land was approved.
    commune_land_use_plan_acted_on
        Recovery or conversion was decided, or the plan changed and that published, since.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid", hide_input_in_errors=True)

    kind: WorksKind | None = None
    is_house: bool | None = None
    owner: Owner | None = None
    works_classes: tuple[WorksClass, ...] = ()
    floors: Floors | None = None
    gross_floor_area_m2: AreaM2 | None = None
    in_functional_zone: bool | None = None
    in_urban_development_area_general_plan: bool | None = None
    in_rural_residential_area_general_plan: bool | None = None
    in_commune_plan_built_area: bool | None = None
    in_architecture_regulation_area: bool | None = None
    claims: tuple[Claim, ...] = ()
    changes_use: bool | None = None
    affects_structure: bool | None = None
    on_controlled_street: bool | None = None
    in_managed_zone: bool | None = None
    commune_shares_m2: Mapping[str, AreaM2] | None = None
    issued_by_district: bool | None = None
    plan_level: PlanLevel | None = None
    plan_implemented: bool | None = None
    land_recovery_decision: bool | None = None
    has_commune_land_use_plan: bool | None = None
    commune_land_use_plan_on: PlanDay | None = None
    commune_land_use_plan_acted_on: bool | None = None

    @property
    def is_repair(self) -> bool:
        """Whether something that stands is repaired or renovated."""
        return self.kind in (WorksKind.REPAIR_INSIDE, WorksKind.REPAIR_OUTSIDE)

    @property
    def concerns_house(self) -> bool | None:
        """Whether it is about an individual house; None is unknown."""
        return self.is_house if self.is_repair or self.kind is None else self.kind is WorksKind.HOUSE


_ADAPTER = TypeAdapter(Works)
_NAMES = tuple(each.name for each in fields(Works))


def read_works(given: object, *, subject: str = "") -> Works:
    """Return works from what JSON held.

    Raises
    ------
    InputError
        It is no object, has a name that is not known, or a value that cannot be; the message names it.
    """
    if not isinstance(given, Mapping):
        raise InputError(
            Text("Cần một đối tượng JSON.", "A JSON object is needed."),
            hint=Text('Ví dụ {"kind": "house"}.', 'For example {"kind": "house"}.'),
            subject=subject,
        )
    unknown = next((str(name) for name in given if name not in _NAMES), None)
    if unknown is not None:
        near = get_close_matches(unknown, _NAMES, n=1)
        raise InputError(
            Text(f"Không có mục {unknown}.", f"There is no {unknown}."),
            hint=Text(f"Có phải {near[0]}?", f"Is {near[0]} meant?") if near else None,
            subject=subject,
        )
    try:
        return _ADAPTER.validate_python(dict(given))
    except ValidationError as error:
        raise _refused(error, subject) from error


def _refused(error: ValidationError, subject: str) -> InputError:
    """Return the first fault in plain words: which value, and what may stand there."""
    first = error.errors()[0]
    name, allowed = str(first["loc"][0]), first.get("ctx", {}).get("expected")
    why = Text("sai kiểu hoặc ngoài khoảng cho phép", "of the wrong kind or out of range")
    if allowed is not None:
        why = Text(f"phải là {str(allowed).replace(' or ', ' hoặc ')}", f"it has to be {allowed}")
    return InputError(
        Text(f"{name}: giá trị không dùng được, {why.vi}.", f"{name}: the value cannot be used, {why.en}."),
        hint=Text("Bỏ trống mục chưa biết.", "Leave out what is not known."),
        subject=subject,
    )
