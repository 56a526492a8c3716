"""A wrong figure in a rule-pack is noticed: each number is changed, one at a time, and a sheet has to object."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from limit_sheets import answer, cases_of, differences
from pydantic import BaseModel, ValidationError
from qcvn_tables import claims

from permits.fact_sheet import read_facts
from permits.limits import limits
from permits.model import exact
from permits.rule_schema import Rule
from permits.rulebook import Rulebook, load_rulebook

ROW_HOUSES = [
    {**case, "verdicts": {name: ("NEEDS_REVIEW", reason) for name, reason in case.get("verdicts", {}).items()}}
    for case in cases_of("hcmc_row_houses.yaml")
]
SHEETS = [*cases_of("qcvn_01_2021.yaml"), *cases_of("limits_of_other_packs.yaml")]
PACKS = ("qcvn-01-2021", "hcmc-row-houses-2007", "hcmc-row-houses")
CLAIMS = [(claim.limit, read_facts(claim.facts), claim.value) for claim in claims()]
Path = tuple[str | int, ...]
MOST_COUNTED = 10
"""Small whole numbers may count something, and grow by one."""
SAME_ANSWERS = {
    f"qcvn.{rule} ('grid', '{axis}', 0)": "nothing is narrower or lower than the first range"
    for rule in ("front_setback", "tower_front_setback")
    for axis in ("rows", "columns")
} | {
    "qcvn.spacing_long_sides ('applies_when', 'taller_building_height_m', 'under')": "from 46 m on 25 m is more",
    "qcvn.frontage_narrow_road ('applies_when', 'road_width_m', 'under')": "from 19 m on 5 m is more",
}
"""Changes that no plot could notice."""
SAME_ANSWERS |= {
    f"row_house.{what}": why
    for why, places in {
        "no road, depth or number of floors is below the first range": (
            "small_plot ('table', 'rows', 1, 0)",
            "standard_height ('table', 'rows', 4, 0)",
            "rear_setback ('table', 'rows', 2, 0)",
            "balcony ('table', 'rows', 0, 0)",
        ),
        "the bound before it says the same": ("small_plot ('parameters', 'from_area_m2')",),
        "a ground for an extra floor counts as one, whatever its figure": tuple(
            f"floors ('table', 'rows', {row}, {column})"
            for row, column in ((1, 2), (1, 3), (1, 4), (2, 2), (2, 4), (3, 2), (3, 4))
        ),
        "without a ground there is no most": ("floors ('table', 'rows', 0, 5)", "floors ('table', 'rows', 4, 5)"),
    }.items()
    for what in places
}
SAME_ANSWERS["parcel.area_agrees ('parameters', 'difference_ratio')"] = "no limit: tests of checks hold it"


def plain(part: object) -> object:
    """Return a rule as the mappings and lists that its file holds, its numbers still exact."""
    if isinstance(part, BaseModel):
        fields = type(part).model_fields
        return {field.alias or name: plain(getattr(part, name)) for name, field in fields.items()}
    if isinstance(part, Mapping):
        return {key: plain(value) for key, value in part.items()}
    return [plain(value) for value in part] if isinstance(part, tuple) else part


def numbers(part: object, way: Path = ()) -> Iterator[Path]:
    """Yield the way to every number of a rule."""
    if isinstance(part, Fraction):
        yield way
    elif isinstance(part, dict):
        for key, value in part.items():
            yield from numbers(value, (*way, key))
    elif isinstance(part, tuple | list):
        for index, value in enumerate(part):
            yield from numbers(value, (*way, index))


def changed(part: Any, way: Path) -> Any:  # noqa: ANN401 - whatever a rule holds
    """Return a copy with the number at the end of the way a little larger."""
    if not way:
        return part + (1 if part.denominator == 1 and part <= MOST_COUNTED else part / 50)
    if isinstance(part, dict):
        return {**part, way[0]: changed(part[way[0]], way[1:])}
    return [changed(value, way[1:]) if index == way[0] else value for index, value in enumerate(part)]


def mutants(book: Rulebook) -> Iterator[tuple[str, str | None, Rulebook]]:
    """Yield the pack with one number changed, kept to the rules of one limit."""
    for rule in book.rules:
        whole = plain(rule)
        for way in numbers(whole):
            try:
                mutant = Rule.model_validate(changed(whole, way))
            except ValidationError:
                continue
            kept = [other for other in book.rules if other.limit == rule.limit or book.binding == "row_house"]
            rules = tuple(mutant if other is rule else other for other in kept)
            yield f"{rule.id} {way}", rule.limit, replace(book, rules=rules)


def is_noticed(book: Rulebook, limit: str | None) -> bool:
    if book.binding == "row_house":
        return any(any(differences(case, answer(case, book))) for case in ROW_HOUSES)
    for case in SHEETS:
        asked = {*case.get("expected", {}), *case.get("verdicts", {})}
        if case["rulebook"] == book.name and limit in asked:
            narrow = {
                key: {n: v for n, v in case.get(key, {}).items() if n == limit} for key in ("expected", "verdicts")
            }
            if any(differences({**case, **narrow}, answer(case, book))):
                return True
    if book.name != "qcvn-01-2021":
        return False
    day = date(2026, 11, 21)
    return any(
        abs(exact(limits(facts, rulebook=book, as_of=day)[name].value or 0) - value) > Fraction(1, 10**12)
        for name, facts, value in CLAIMS
        if name == limit
    )


@pytest.mark.parametrize("name", PACKS)
def test_every_number_of_the_pack_is_held_by_a_sheet(name: str) -> None:
    tried = [(what, is_noticed(mutant, limit)) for what, limit, mutant in mutants(load_rulebook(name))]
    assert len(tried) > 20
    assert {what for what, noticed in tried if not noticed} <= set(SAME_ANSWERS)


@pytest.mark.parametrize("name", PACKS)
def test_the_pack_as_it_is_meets_no_objection(name: str) -> None:
    book = load_rulebook(name)
    assert not any(is_noticed(book, limit) for limit in {rule.limit for rule in book.rules})
