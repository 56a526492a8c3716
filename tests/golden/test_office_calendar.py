"""The worked cases of office_calendar.yaml: swaps, days in lieu, Tết, and both ends of a count."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from spatial.office_years import office_calendar

SHEET = yaml.safe_load(Path(__file__).with_name("office_calendar.yaml").read_text(encoding="utf-8"))
CASES = {case["id"]: case for case in SHEET["cases"]}
CALENDAR = office_calendar(2024, 2027)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_period_ends_on_the_day_that_the_calendar_on_the_wall_gives(case: dict[str, Any]) -> None:
    assert CALENDAR.last_day(case["received"], working_days=case["working_days"]) == case["due"], case["why"]


def test_no_case_stands_twice() -> None:
    assert len(CASES) == len(SHEET["cases"])
