"""The worked cases of corridors.yaml: every cell, both sides of every boundary, and the days on which laws change."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from permits.corridors import (
    DesignGroup,
    Figure,
    approach_half_width_m,
    approach_surface_height_m,
    design_group,
    half_width_m,
    horizontal_surface_height_m,
    house_clearance_m,
    vertical_clearance_m,
)
from permits.height_approval import Obstacle, height_approval

SHEET = yaml.safe_load(Path(__file__).with_name("corridors.yaml").read_text(encoding="utf-8"))
TODAY = SHEET["cases"][-1]["as_of"]
ASK: dict[str, Callable[..., Figure]] = {
    "half_width": half_width_m,
    "house_clearance": house_clearance_m,
    "vertical_clearance": vertical_clearance_m,
    "horizontal": horizontal_surface_height_m,
    "approach": approach_surface_height_m,
    "approach_half_width": approach_half_width_m,
}


def of(name: str) -> Any:  # noqa: ANN401 - what pytest takes
    return pytest.mark.parametrize("case", SHEET[name], ids=lambda case: case["id"])


@of("cases")
def test_the_text_gives_this_figure_or_says_why_it_decides_nothing(case: dict[str, Any]) -> None:
    given = [DesignGroup(value) if value in set(DesignGroup) else value for value in case["given"]]
    found = ASK[case["ask"]](*given, as_of=case["as_of"])
    assert (found.value_m, found.reason) == (case.get("value"), case.get("reason"))
    assert found.is_certain == ("reason" not in case)


@of("design_groups")
def test_the_design_group_is_the_higher_of_speed_and_wingspan(case: dict[str, Any]) -> None:
    assert design_group(speed_km_per_h=case["speed_km_per_h"], wingspan_m=case["wingspan_m"]) == case["group"]


@of("approvals")
def test_article_82_asks_for_approval_by_this_paragraph_or_the_answer_is_open(case: dict[str, Any]) -> None:
    found = height_approval(Obstacle(**case["given"]), as_of=case.get("as_of", TODAY))
    assert (found.is_required, found.paragraph) == (case["required"], case.get("paragraph"))
    assert found.reason == case.get("reason")


def test_no_case_stands_twice() -> None:
    ids = [case["id"] for name in ("cases", "design_groups", "approvals") for case in SHEET[name]]
    assert len(ids) == len(set(ids))
