"""A rule-pack that is not cited, dated or ordered is refused, with the rule and the fault by name."""

from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import yaml

from permits.rule_tables import StepTable
from permits.rulebook import Rule, available_rulebooks, load_rulebook, parse_rulebook
from spatial.errors import InputError, NotFoundError

WORDS = ("one", "three", "one")
PACKAGED = Path(__file__).resolve().parents[3] / "permits" / "rulebooks" / "hcmc-row-houses.yaml"


def pack() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(PACKAGED.read_text(encoding="utf-8"))
    return found


def refusal(changed: object) -> str:
    with pytest.raises(InputError) as caught:
        parse_rulebook(yaml.safe_dump(changed, allow_unicode=True).encode(), subject="pack.yaml")
    return caught.value.sentence("en")


def rule_of(changed: dict[str, Any], rule_id: str) -> dict[str, Any]:
    found: dict[str, Any] = next(rule for rule in changed["rules"] if rule["id"] == rule_id)
    return found


@pytest.mark.parametrize("name", available_rulebooks())
def test_every_rulebook_that_is_shipped_loads(name: str) -> None:
    assert load_rulebook(name).name == name


@pytest.mark.parametrize("fault", ["absent", "blank"])
def test_a_rule_without_its_clause_is_refused(fault: str) -> None:
    changed = pack()
    rule = rule_of(changed, "row_house.site_coverage")
    if fault == "absent":
        del rule["clause"]
    else:
        rule["clause"] = ""
    said = refusal(changed)
    assert "rule row_house.site_coverage clause: citation is missing" in said


def test_a_rule_of_an_instrument_that_is_not_in_the_file_is_refused() -> None:
    changed = pack()
    rule_of(changed, "row_house.floors")["instrument"] = "QD-999"
    assert "rule row_house.floors instrument: the instrument QD-999 is not in the file" in refusal(changed)


def test_two_versions_of_a_rule_may_follow_but_not_overlap() -> None:
    changed = pack()
    first = rule_of(changed, "row_house.floors")
    first["valid"] = {"from": date(2022, 1, 1), "to": date(2025, 1, 1)}
    second = {**first, "valid": {"from": date(2024, 12, 31), "to": None}}
    changed["rules"].append(second)
    assert "rule row_house.floors: two periods of it overlap" in refusal(changed)
    second["valid"] = {"from": date(2025, 1, 1), "to": None}
    content = yaml.safe_dump(changed, allow_unicode=True).encode()
    book = parse_rulebook(content, subject="pack.yaml")
    assert book.rule("row_house.floors", as_of=date(2024, 12, 31)).valid.to == date(2025, 1, 1)
    assert book.rule("row_house.floors", as_of=date(2025, 1, 1)).valid.to is None


def test_rows_out_of_order_are_refused() -> None:
    changed = pack()
    rows = rule_of(changed, "row_house.heights")["table"]["rows"]
    rows[0], rows[1] = rows[1], rows[0]
    assert "rows must be sorted by their threshold" in refusal(changed)


def test_a_threshold_given_twice_is_refused() -> None:
    changed = pack()
    nodes = rule_of(changed, "row_house.site_coverage")["nodes"]
    nodes.insert(1, nodes[0])
    assert "each threshold once" in refusal(changed)


def test_a_period_that_ends_before_it_begins_is_refused() -> None:
    changed = pack()
    rule_of(changed, "row_house.floors")["valid"] = {"from": date(2025, 1, 1), "to": date(2024, 1, 1)}
    assert "a period must end after it begins" in refusal(changed)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"kind": "step_table", "table": None}, "a step_table needs table"),
        ({"colour": "red"}, "colour"),
        ({"unit": None}, "unit"),
    ],
)
def test_a_rule_that_is_no_rule_is_refused(change: dict[str, object], said: str) -> None:
    changed = pack()
    rule_of(changed, "row_house.heights").update(change)
    assert said in refusal(changed)


@pytest.mark.parametrize("content", [b"[1, 2", b"- just\n- a list", b"", b"\xff\xfe\x00"])
def test_a_file_that_is_no_rulebook_is_refused_in_one_sentence(content: bytes) -> None:
    with pytest.raises(InputError):
        parse_rulebook(content, subject="pack.yaml")


def test_a_rulebook_that_does_not_exist_is_answered_with_those_that_do() -> None:
    with pytest.raises(NotFoundError) as caught:
        load_rulebook("hanoi")
    assert "hcmc-row-houses" in caught.value.sentence("en")
    with pytest.raises(NotFoundError):
        load_rulebook("/nowhere/pack.yaml")


def test_a_rulebook_may_be_a_file_of_ones_own(tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_bytes(PACKAGED.read_bytes())
    assert load_rulebook(str(own)).sha256 == load_rulebook().sha256


@pytest.mark.parametrize(("inclusive", "figure"), [(True, 2), (False, 1)])
def test_on_which_side_a_boundary_belongs_is_data(figure: int, *, inclusive: bool) -> None:
    table = StepTable.model_validate(
        {"axis": "x", "lower_inclusive": inclusive, "columns": ["y"], "rows": [[0, 1], [10, 2]]}
    )
    assert table.figure(Fraction(10), "y") == figure
    assert (table.figure(Fraction(9), "y"), table.figure(Fraction(11), "y")) == (1, 2)
    assert table.figure(Fraction(-1), "y") is None


def test_figures_are_exact_decimals() -> None:
    rule: Rule = load_rulebook().rule("row_house.site_coverage", as_of=date(2026, 1, 1))
    assert rule.interpolated(Fraction(83)) == Fraction(934, 1000)
    assert rule.interpolated(Fraction(501)) is None


def test_what_follows_from_a_pack_is_worked_out_once_for_each_key() -> None:
    book, asked = load_rulebook().as_known_on(date(2026, 1, 1)), []
    answers = [book.remembered(("length", word), lambda word=word: asked.append(word) or len(word)) for word in WORDS]
    assert answers == [3, 5, 3]
    assert asked == ["one", "three"]


def test_a_pack_as_known_on_another_day_remembers_nothing_of_this_one() -> None:
    book = load_rulebook().as_known_on(date(2026, 1, 1))
    assert book.remembered(("day",), lambda: 1) == 1
    assert book.as_known_on(date(2025, 1, 1)).remembered(("day",), lambda: 2) == 2


def test_the_memory_of_a_pack_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("permits.rulebook._MOST_REMEMBERED_COUNT", 10)
    book, asked = load_rulebook().as_known_on(date(2026, 1, 1)), []
    for number in (*range(1, 12), 1):
        assert book.remembered(("square", number), lambda number=number: asked.append(number) or number**2) == number**2
    assert asked == [*range(1, 12), 1]
