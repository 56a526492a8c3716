"""Whether a building needs the approval of its height for aviation, and how much room an obstacle surface leaves it.

References
----------
NĐ 222/2026/NĐ-CP, Articles 82, 86 and 139.1.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from permits.corridors import CORRIDOR_RULEBOOK
from permits.model import Citation, ReasonCode, Verdict, exact
from permits.rulebook import Rulebook, load_rulebook

_PARAGRAPHS: Mapping[str, int] = {
    "inside_obstacle_surfaces": 1,
    "in_agreed_space": 1,
    "in_area_2a": 2,
    "height_above_ground_m": 3,
    "special_object": 4,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Obstacle:
    """What is known of a building as an obstacle; None is unknown, never no.

    Parameters
    ----------
    inside_obstacle_surfaces
        Inside the outline of the published surfaces of an aerodrome.
    in_agreed_space
        Inside a space whose heights an authority agreed with the General Staff.
    in_area_2a, height_above_runway_m
        Inside area 2a, and how far the building rises above the nearest runway.
    special_object
        Lighting mast at a runway end, high-voltage line, cable car, radio station, wind power, works beside an
        aeronautical radio station.
    """

    inside_obstacle_surfaces: bool | None = None
    in_agreed_space: bool | None = None
    in_area_2a: bool | None = None
    height_above_runway_m: float | None = None
    height_above_ground_m: float | None = None
    special_object: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HeightApproval:
    """Whether approval is needed: None while facts are missing, which is no clearance.

    Parameters
    ----------
    paragraph
        Paragraph of Article 82 that asks for it; None where none does, or where that is open.
    """

    is_required: bool | None
    citation: Citation
    reason: ReasonCode | None = None
    missing: tuple[str, ...] = ()
    paragraph: int | None = None
    working_days: int | None = None

    def to_json(self) -> dict[str, object]:
        """Return the answer for programs."""
        return {
            "height_approval_required": self.is_required,
            "verdict": Verdict.NEEDS_REVIEW.value if self.is_required is None else None,
            "reason": None if self.reason is None else self.reason.value,
            "missing": list(self.missing),
            "paragraph": self.paragraph,
            "working_days": self.working_days,
            "citation": str(self.citation),
        }


def height_approval(obstacle: Obstacle, *, as_of: date, rulebook: Rulebook | None = None) -> HeightApproval:
    """Return whether Article 82 asks for the approval of the height.

    Before 1 July 2026 another decree applied, which was not read: the answer is open.
    """
    book = rulebook or load_rulebook(CORRIDOR_RULEBOOK)
    rule = book.rule("airport.height_approval", as_of=as_of)
    if not book.is_in_force(rule, as_of=as_of):
        return HeightApproval(is_required=None, citation=book.citation(rule), reason=ReasonCode.NOT_IN_FORCE)
    asked = {
        "inside_obstacle_surfaces": obstacle.inside_obstacle_surfaces,
        "in_agreed_space": obstacle.in_agreed_space,
        "in_area_2a": _in_2a(obstacle, float(rule.parameter("above_runway_from_m"))),
        "height_above_ground_m": _from(obstacle.height_above_ground_m, float(rule.parameter("above_ground_from_m"))),
        "special_object": obstacle.special_object,
    }
    binding = next((name for name, answer in asked.items() if answer), None)
    if binding is not None:
        paragraph = _PARAGRAPHS[binding]
        days = book.rule("airport.approval_days", as_of=as_of).parameter("housing_working_days")
        cited = Citation(instrument=book.citation(rule).instrument, clause=f"{rule.clause} khoản {paragraph}")
        return HeightApproval(is_required=True, citation=cited, paragraph=paragraph, working_days=int(days))
    missing = tuple(name for name, answer in asked.items() if answer is None)
    if not missing:
        return HeightApproval(is_required=False, citation=book.citation(rule))
    is_unmapped = "inside_obstacle_surfaces" in missing or "in_area_2a" in missing
    reason = ReasonCode.LAYER_NOT_LOADED if is_unmapped else ReasonCode.MISSING_INPUT
    return HeightApproval(is_required=None, citation=book.citation(rule), reason=reason, missing=missing)


def _from(height_m: float | None, least_m: float) -> bool | None:
    return None if height_m is None else exact(height_m) >= exact(least_m)


def _in_2a(obstacle: Obstacle, least_m: float) -> bool | None:
    """Tell whether both halves of paragraph 2 hold; one that fails settles it."""
    is_high = _from(obstacle.height_above_runway_m, least_m)
    if obstacle.in_area_2a is False or is_high is False:
        return False
    return True if obstacle.in_area_2a and is_high else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Headroom:
    """How far a building stays under a surface; negative: how far it rises above.

    Parameters
    ----------
    margin_m
        None while the elevation of the ground is unknown.
    """

    margin_m: float | None
    reason: ReasonCode | None = None
    missing: tuple[str, ...] = ()


def headroom(
    *,
    surface_height_m: float | None,
    reference_elevation_m: float | None,
    ground_elevation_m: float | None,
    building_height_m: float | None,
) -> Headroom:
    """Return the room between a building and an obstacle surface, all in metres.

    Parameters
    ----------
    surface_height_m
        Height of the surface above its reference.
    reference_elevation_m
        Elevation above sea level of the reference: the aerodrome, or the threshold.
    ground_elevation_m
        Elevation above sea level of the ground at the building; no layer gives it, so that it is often unknown.
    """
    known = {
        "surface_height_m": surface_height_m,
        "reference_elevation_m": reference_elevation_m,
        "ground_elevation_m": ground_elevation_m,
        "building_height_m": building_height_m,
    }
    if surface_height_m is None or reference_elevation_m is None:
        missing = tuple(name for name, value in known.items() if value is None)
        return Headroom(margin_m=None, reason=ReasonCode.LAYER_NOT_LOADED, missing=missing)
    if ground_elevation_m is None or building_height_m is None:
        missing = tuple(name for name, value in known.items() if value is None)
        return Headroom(margin_m=None, reason=ReasonCode.MISSING_INPUT, missing=missing)
    surface = exact(surface_height_m) + exact(reference_elevation_m)
    return Headroom(margin_m=float(surface - exact(ground_elevation_m) - exact(building_height_m)))
