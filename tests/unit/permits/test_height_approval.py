from datetime import date

import pytest

from permits.corridors import half_width_m
from permits.height_approval import Headroom, Obstacle, headroom, height_approval
from permits.model import ReasonCode

TODAY = date(2026, 11, 21)


def test_room_is_surface_less_ground_less_building() -> None:
    """A surface 45 m above an aerodrome of 10 m; ground at 12 m; a house of 15 m: 45 + 10 − 12 − 15 = 28."""
    room = headroom(surface_height_m=45, reference_elevation_m=10, ground_elevation_m=12, building_height_m=15)
    assert room == Headroom(margin_m=28)


@pytest.mark.parametrize(
    ("known", "reason", "missing"),
    [
        ({"ground_elevation_m": None}, ReasonCode.MISSING_INPUT, ("ground_elevation_m",)),
        ({"surface_height_m": None}, ReasonCode.LAYER_NOT_LOADED, ("surface_height_m",)),
        ({"reference_elevation_m": None}, ReasonCode.LAYER_NOT_LOADED, ("reference_elevation_m",)),
    ],
)
def test_with_the_elevation_of_the_ground_unknown_there_is_no_room_to_speak_of(
    known: dict[str, float | None], reason: ReasonCode, missing: tuple[str, ...]
) -> None:
    given: dict[str, float | None] = {
        "surface_height_m": 45,
        "reference_elevation_m": 10,
        "ground_elevation_m": 12,
        "building_height_m": 15,
    }
    assert headroom(**(given | known)) == Headroom(margin_m=None, reason=reason, missing=missing)


@pytest.mark.parametrize("forgotten", ["inside_obstacle_surfaces", "in_agreed_space", "in_area_2a", "special_object"])
def test_forgetting_a_fact_never_frees_from_approval(forgotten: str) -> None:
    known = {"inside_obstacle_surfaces": False, "in_agreed_space": False, "in_area_2a": False, "special_object": False}
    full = height_approval(Obstacle(height_above_ground_m=20, **known), as_of=TODAY)
    partial = height_approval(Obstacle(height_above_ground_m=20, **(known | {forgotten: None})), as_of=TODAY)
    assert full.is_required is False
    assert partial.is_required is None
    assert partial.missing == (forgotten,)
    assert partial.to_json()["verdict"] == "NEEDS_REVIEW"


def test_the_approval_of_a_house_takes_10_working_days() -> None:
    """NĐ 222/2026/NĐ-CP, Article 86.4, point a."""
    assert height_approval(Obstacle(inside_obstacle_surfaces=True), as_of=TODAY).working_days == 10


def test_a_conductor_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="rope"):
        half_width_m(22, "rope", as_of=TODAY)
