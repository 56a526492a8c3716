from datetime import date

import pytest

from permits.competence import ISSUING_RULEBOOK
from permits.rulebook import load_rulebook
from permits.terms import revocation, terms
from permits.works import Owner, WorksClass, WorksKind, read_works
from spatial.errors import InputError
from spatial.office_years import office_calendar


def test_works_are_read_as_written() -> None:
    works = read_works({"kind": "house", "owner": "household", "works_classes": ["III"], "floors": 4})
    assert (works.kind, works.owner, works.works_classes) == (WorksKind.HOUSE, Owner.HOUSEHOLD, (WorksClass.III,))
    assert works.in_managed_zone is None


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ([], "A JSON object is needed"),
        ({"kinds": "house"}, "no kinds. Is kind meant"),
        ({"xyz": 1}, "no xyz"),
        ({"kind": "castle"}, "kind: the value cannot be used"),
        ({"floors": 0}, "floors: the value"),
        ({"floors": 300}, "floors: the value"),
        ({"gross_floor_area_m2": -1}, "gross_floor_area_m2: the value"),
        ({"gross_floor_area_m2": float("nan")}, "gross_floor_area_m2: the value"),
        ({"works_classes": ["V"]}, "works_classes: the value"),
        ({"commune_land_use_plan_on": "2026-02-30"}, "commune_land_use_plan_on: the value"),
        ({"commune_land_use_plan_on": "9999-12-31"}, "commune_land_use_plan_on: the value"),
        ({"owner": "state"}, "it has to be 'household' or 'organisation'. Leave out what is not known"),
    ],
)
def test_works_that_cannot_be_are_refused_by_name(given: object, says: str) -> None:
    with pytest.raises(InputError) as refused:
        read_works(given, subject="works.json")
    assert says in refused.value.sentence("en")


@pytest.mark.parametrize(
    ("extended", "says"),
    [
        ((date(2027, 8, 2), date(2028, 8, 1), date(2029, 8, 1)), "2 times at most"),
        ((date(2026, 8, 2),), "not in order"),
        ((date(2026, 8, 3),), "not in order"),
    ],
)
def test_extensions_that_cannot_be_are_refused(extended: tuple[date, ...], says: str) -> None:
    """NĐ 217/2026/NĐ-CP, Article 63.3.a: at most two."""
    calendar = office_calendar(2026, 2030)
    with pytest.raises(InputError, match=says):
        terms(date(2026, 8, 3), extended=extended, calendar=calendar, rulebook=load_rulebook(ISSUING_RULEBOOK))


def test_a_revocation_of_before_the_decree_gets_no_day() -> None:
    calendar, rulebook = office_calendar(2026, 2026), load_rulebook(ISSUING_RULEBOOK)
    steps = revocation(findings_received=date(2026, 6, 30), calendar=calendar, rulebook=rulebook)
    assert {step.due for step in steps} == {None}
