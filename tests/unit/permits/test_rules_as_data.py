"""A rule-pack needs no program of its own: what each kind of rule says, knowing everything and knowing less."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from permits.fact_sheet import read_facts
from permits.limits import limits
from permits.model import Limit, ReasonCode, Verdict
from permits.rule_file import read_pack
from permits.rule_schema import CoverageEntry, Instrument, Pack, Rule
from permits.rule_tables import Grid, StepTable
from permits.rulebook import Rulebook, parse_rulebook
from spatial.errors import InputError

TODAY = date(2026, 11, 21)
SAID = {"vi": "câu", "en": "sentence"}
INSTRUMENT: dict[str, Any] = {
    "id": "LAW",
    "number": "Law 1",
    "title": SAID,
    "issuer": "Office",
    "effective_from": date(2020, 1, 1),
    "basis_date": "dossier_date",
    "verification": "primary",
    "source": "read",
}
COVERAGE: dict[str, Any] = {
    "id": "coverage",
    "limit": "max_site_coverage_ratio",
    "kind": "constant",
    "value": 0.5,
    "unit": "ratio",
    "direction": "max",
}
SETBACK: dict[str, Any] = {
    "id": "setback",
    "limit": "min_front_setback_m",
    "kind": "constant",
    "value": 3,
    "unit": "m",
    "direction": "min",
}


def rule(base: dict[str, Any], **more: object) -> dict[str, Any]:
    plain = {"instrument": "LAW", "clause": "1", "title": SAID, "requirement": SAID, "measured": SAID, "example": SAID}
    return {**plain, **base, **more}


def text_of(*rules: dict[str, Any], **pack: object) -> bytes:
    whole = {"name": "own", "title": SAID, "instruments": [INSTRUMENT], "rules": list(rules), **pack}
    return yaml.safe_dump(whole, allow_unicode=True, sort_keys=False).encode()


def book(*rules: dict[str, Any], **pack: object) -> Rulebook:
    return parse_rulebook(text_of(*rules, **pack), subject="own.yaml")


def refusal(*rules: dict[str, Any], **pack: object) -> str:
    with pytest.raises(InputError) as caught:
        book(*rules, **pack)
    return caught.value.sentence("en")


def limit_of(pack: Rulebook, name: str, *, as_of: date = TODAY, **facts: object) -> Limit:
    return limits(read_facts(facts), rulebook=pack, as_of=as_of)[name]


def told(limit: Limit) -> tuple[Verdict | None, ReasonCode | None, tuple[str, ...]]:
    return limit.verdict, limit.reason, limit.missing


def test_the_smallest_of_several_rules_is_the_limit_and_binding_says_which() -> None:
    pack = book(rule(COVERAGE), rule(COVERAGE, id="stricter", value=0.4))
    limit = limit_of(pack, "max_site_coverage_ratio")
    assert (limit.value, limit.binding) == (0.4, "stricter")


def test_the_largest_demand_is_the_limit() -> None:
    pack = book(rule(SETBACK), rule(SETBACK, id="stricter", value=6))
    limit = limit_of(pack, "min_front_setback_m", front_setback_m=4)
    assert (limit.value, limit.binding, limit.verdict, limit.margin) == (6, "stricter", Verdict.VIOLATES, -2)


def test_what_follows_from_a_share_of_the_plot_is_worked_out() -> None:
    limit = limit_of(book(rule(COVERAGE)), "max_footprint_m2", plot_area_m2=120, footprint_m2=60)
    assert (limit.value, limit.verdict) == (60, Verdict.COMPLIES)
    assert told(limit_of(book(rule(COVERAGE)), "max_footprint_m2"))[2] == ("plot_area_m2",)


@pytest.mark.parametrize(
    ("condition", "facts", "reaches"),
    [
        ({"building_type": ["apartment", "commercial"]}, {"building_type": "commercial"}, True),
        ({"building_type": ["apartment", "commercial"]}, {"building_type": "row_house"}, False),
        ({"trade_axis": True}, {"trade_axis": False}, False),
        ({"area_type": "existing_urban"}, {"area_type": "existing_urban"}, True),
        ({"building_height_m": {"over": 46}}, {"building_height_m": 46}, False),
        ({"building_height_m": {"at_least": 46}}, {"building_height_m": 46}, True),
        ({"building_height_m": {"under": 46}}, {"building_height_m": 46}, False),
        ({"building_height_m": {"at_most": 46}}, {"building_height_m": 46}, True),
        ({"road_width_m": {"at_least": 19}}, {"road_widths_m": [5, 20]}, True),
        ({"podium_height_m": {"stated": False}}, {}, True),
        ({"podium_height_m": {"stated": False}}, {"podium_height_m": 12}, False),
        ({"trade_axis": True, "central_area": True}, {"trade_axis": False}, False),
    ],
)
def test_a_rule_reaches_what_its_conditions_say(
    condition: dict[str, object], facts: dict[str, object], *, reaches: bool
) -> None:
    limit = limit_of(book(rule(COVERAGE, applies_when=condition)), "max_site_coverage_ratio", **facts)
    assert limit.value == (0.5 if reaches else None)
    assert (limit.verdict is Verdict.NOT_APPLICABLE) is not reaches


def test_a_rule_that_perhaps_applies_is_shown_and_decides_only_what_it_cannot_change() -> None:
    pack = book(rule(COVERAGE, applies_when={"trade_axis": True}))
    limit = limit_of(pack, "max_site_coverage_ratio")
    assert (limit.value, limit.lowest, limit.highest) == (0.5, 0.5, None)
    assert told(limit) == (Verdict.NEEDS_REVIEW, ReasonCode.MISSING_INPUT, ("trade_axis",))
    proposals = {50: Verdict.COMPLIES, 51: Verdict.NEEDS_REVIEW}
    for area, verdict in proposals.items():
        limit = limit_of(pack, "max_site_coverage_ratio", plot_area_m2=100, footprint_m2=area)
        assert limit.verdict is verdict


def test_a_demand_that_perhaps_applies_is_shown_too() -> None:
    pack = book(rule(SETBACK, applies_when={"trade_axis": True}))
    assert limit_of(pack, "min_front_setback_m").value == 3
    assert limit_of(pack, "min_front_setback_m", front_setback_m=2).verdict is Verdict.NEEDS_REVIEW
    assert limit_of(pack, "min_front_setback_m", front_setback_m=3).verdict is Verdict.COMPLIES


RELIEF = rule(COVERAGE, id="relief", value=1, exception_to="coverage", applies_when={"area_type": "existing_urban"})


@pytest.mark.parametrize(
    ("facts", "value", "highest"),
    [
        ({"area_type": "existing_urban"}, 1, 1),
        ({"area_type": "new_development"}, 0.5, 0.5),
        ({}, 0.5, 1),
    ],
)
def test_an_exception_relieves_where_it_is_certain_and_not_before(
    facts: dict[str, object], value: float, highest: float
) -> None:
    limit = limit_of(book(rule(COVERAGE), RELIEF), "max_site_coverage_ratio", **facts)
    assert (limit.value, limit.highest) == (value, highest)


def test_an_authority_that_may_relieve_leaves_the_figure_and_opens_its_mild_side() -> None:
    may = rule(SETBACK, id="plan", kind="review", reason="DISCRETION_OF_AUTHORITY", exception_to="setback")
    pack = book(rule(SETBACK), may)
    verdicts = [limit_of(pack, "min_front_setback_m", front_setback_m=m).verdict for m in (2.9, 3)]
    assert verdicts == [Verdict.NEEDS_REVIEW, Verdict.COMPLIES]
    limit = limit_of(pack, "min_front_setback_m")
    assert (limit.value, limit.reason) == (3, ReasonCode.DISCRETION_OF_AUTHORITY)


def test_a_share_of_a_height_is_no_less_than_its_least_figure() -> None:
    gable = rule(
        SETBACK,
        limit="min_spacing_gable_m",
        kind="share_of",
        value=None,
        fact="taller_building_height_m",
        ratio="1/3",
        at_least=4,
    )
    pack = book(gable)
    assert limit_of(pack, "min_spacing_gable_m", taller_building_height_m=12).value == 4
    assert limit_of(pack, "min_spacing_gable_m", taller_building_height_m=30).value == 10
    limit = limit_of(pack, "min_spacing_gable_m", spacing_gable_m=3.9)
    assert (limit.value, limit.verdict) == (None, Verdict.VIOLATES)


CAP = rule(
    COVERAGE, id="plan", kind="cap", value=None, fact="zone_plan_max_site_coverage_ratio", consulted="zone_plan_known"
)


@pytest.mark.parametrize(
    ("facts", "value", "verdict"),
    [
        ({"zone_plan_max_site_coverage_ratio": 0.3}, 0.3, None),
        ({"zone_plan_known": True}, 0.5, None),
        ({}, 0.5, Verdict.NEEDS_REVIEW),
    ],
)
def test_a_plan_that_was_not_consulted_may_still_ask_for_less(
    facts: dict[str, object], value: float, verdict: Verdict | None
) -> None:
    limit = limit_of(book(rule(COVERAGE), CAP), "max_site_coverage_ratio", **facts)
    assert (limit.value, limit.verdict) == (value, verdict)


NEEDED = rule(
    {"id": "needed", "limit": "permit_required", "kind": "predicate", "unit": "yes_no", "direction": "information"},
    any_of={"floors": {"at_least": 7}, "in_functional_zone": True},
)


@pytest.mark.parametrize(
    ("facts", "value", "verdict"),
    [
        ({"floors": 7}, True, None),
        ({"floors": 6, "in_functional_zone": False}, False, None),
        ({"floors": 6}, True, Verdict.NEEDS_REVIEW),
    ],
)
def test_a_question_is_settled_by_one_yes_and_shown_strictly_while_it_is_open(
    facts: dict[str, object], verdict: Verdict | None, *, value: bool
) -> None:
    limit = limit_of(book(NEEDED), "permit_required", **facts)
    assert (limit.value, limit.verdict) == (value, verdict)


def test_what_was_not_verified_decides_nothing() -> None:
    pack = book(rule(COVERAGE, verification="unverified"))
    for area in (1, 99):
        limit = limit_of(pack, "max_site_coverage_ratio", plot_area_m2=100, footprint_m2=area)
        assert told(limit)[:2] == (Verdict.NEEDS_REVIEW, ReasonCode.RULE_UNVERIFIED)


def test_figures_that_were_not_found_are_a_doubt_beside_those_that_were() -> None:
    unknown = rule(COVERAGE, id="annex", kind="review", value=None, reason="RULE_UNVERIFIED")
    limit = limit_of(book(rule(COVERAGE), unknown), "max_site_coverage_ratio", plot_area_m2=100, footprint_m2=40)
    assert told(limit)[:2] == (Verdict.NEEDS_REVIEW, ReasonCode.RULE_UNVERIFIED)
    limit = limit_of(book(rule(COVERAGE), unknown), "max_site_coverage_ratio", plot_area_m2=100, footprint_m2=60)
    assert limit.verdict is Verdict.VIOLATES


def test_a_rule_answers_by_the_version_of_the_day_that_decides() -> None:
    old = rule(COVERAGE, valid={"from": None, "to": date(2025, 1, 1)})
    new = rule(COVERAGE, value=0.4, valid={"from": date(2025, 1, 1), "to": None})
    pack = book(old, new)
    assert limit_of(pack, "max_site_coverage_ratio", as_of=date(2024, 12, 31)).value == 0.5
    assert limit_of(pack, "max_site_coverage_ratio", as_of=date(2025, 1, 1)).value == 0.4
    by_plan = book({**old, "basis_date": "plan_approval_date"}, {**new, "basis_date": "plan_approval_date"})
    assert limit_of(by_plan, "max_site_coverage_ratio", plan_approval_date="2024-05-01").value == 0.5
    assert limit_of(by_plan, "max_site_coverage_ratio", plan_approval_date="2025-05-01").value == 0.4


def test_before_the_instrument_and_after_it_there_is_no_figure() -> None:
    ends = {**INSTRUMENT, "effective_to": date(2027, 1, 1)}
    pack = book(rule(COVERAGE), instruments=[ends])
    for day, known in ((date(2019, 12, 31), False), (date(2026, 12, 31), True), (date(2027, 1, 1), False)):
        limit = limit_of(pack, "max_site_coverage_ratio", as_of=day)
        assert limit.value == (0.5 if known else None)
        assert (limit.reason is ReasonCode.NOT_IN_FORCE) is not known


def test_an_answer_of_an_earlier_day_comes_out_again() -> None:
    """What was recorded wrongly until 1 March is kept beside its correction."""
    wrong = rule(COVERAGE, value=0.6, recorded={"from": None, "to": date(2026, 3, 1)})
    right = rule(COVERAGE, value=0.5, recorded={"from": date(2026, 3, 1), "to": None})
    pack = book(wrong, right)
    assert limit_of(pack, "max_site_coverage_ratio").value == 0.5
    assert limit_of(pack.as_known_on(date(2026, 2, 28)), "max_site_coverage_ratio").value == 0.6
    assert limit_of(pack.as_known_on(date(2026, 3, 1)), "max_site_coverage_ratio").value == 0.5


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"limit": "max_colour"}, "rule coverage limit: there is no limit max_colour"),
        ({"limit": "max_footprint_m2"}, "max_footprint_m2 follows from max_site_coverage_ratio"),
        ({"unit": "m"}, "rule coverage unit: max_site_coverage_ratio is in ratio, not in m"),
        ({"direction": "min"}, "rule coverage direction: max_site_coverage_ratio is max"),
        ({"applies_when": {"colour": "red"}}, "rule coverage applies_when colour: there is no fact colour"),
        ({"applies_when": {"area_type": "rural"}}, "rule coverage applies_when area_type: rural is no value"),
        ({"applies_when": {"floors": {}}}, "a condition needs values"),
        ({"kind": "overlap", "limit": None, "layer": "clouds"}, "rule coverage layer: there is no layer clouds"),
        ({"kind": "review"}, "a review needs reason"),
        ({"kind": "parameters"}, "a rule of the kind parameters sets no limit"),
        ({"value": None}, "a constant needs value"),
        ({"exception_to": "nothing"}, "rule coverage exception_to: there is no rule nothing in the file"),
        ({"clause": ""}, "rule coverage clause: citation is missing"),
        ({"references": ["coverage"]}, "its references go in a circle: coverage → coverage"),
        ({"basis_date": "birthday"}, "rule coverage basis_date"),
    ],
)
def test_a_rule_that_cannot_be_meant_is_refused_with_its_line(changed: dict[str, object], said: str) -> None:
    sentence = refusal(rule(COVERAGE, **changed))
    assert said in sentence
    assert sentence.startswith("own.yaml: The rule-pack is refused: line ")


def test_the_line_is_that_of_the_fault() -> None:
    faulty = rule(COVERAGE, applies_when={"colour": "red"})
    line = next(n for n, text in enumerate(text_of(faulty).decode().splitlines(), start=1) if "colour" in text)
    assert f"line {line}, rule coverage applies_when colour" in refusal(faulty)


def test_a_circle_of_references_is_refused_however_long() -> None:
    rules = [rule(COVERAGE, id=f"r{n}", references=[f"r{(n + 1) % 4}"]) for n in range(4)]
    assert "r0 → r1 → r2 → r3 → r0" in refusal(*rules)
    assert book(*[rule(COVERAGE, id=f"r{n}", references=[f"r{n + 1}"] if n < 3 else []) for n in range(4)])


def test_two_versions_may_share_their_days_only_if_they_were_known_at_different_times() -> None:
    assert "rule coverage: two periods of it overlap" in refusal(rule(COVERAGE), rule(COVERAGE))


GRID: dict[str, Any] = {
    "rows_by": ["building_height_m"],
    "columns_by": ["plot_area_m2"],
    "rows": [16, 19],
    "columns": [3000, 10000],
    "values": [[0.75, 0.65], [0.75, 0.6]],
}


@pytest.mark.parametrize(
    ("changed", "marker", "said"),
    [
        ({"kind": "bilinear", "value": None, "grid": {**GRID, "rows": [19, 16]}}, "grid:", "sorted by their threshold"),
        (
            {"kind": "bilinear", "value": None, "grid": {**GRID, "values": [[1, 2]]}},
            "grid:",
            "one line of values per row",
        ),
        (
            {"kind": "bilinear", "value": None, "grid": {**GRID, "rows_by": ["altitude_m"]}},
            "grid:",
            "no fact altitude_m",
        ),
        ({"clause": ""}, "clause:", "citation is missing"),
        ({"instrument": "OTHER"}, "instrument: OTHER", "the instrument OTHER is not in the file"),
        ({"limit": "max_colour"}, "limit:", "there is no limit max_colour"),
        ({"valid": {"from": date(2025, 1, 1), "to": date(2024, 1, 1)}}, "valid:", "a period must end after it begins"),
        ({"references": ["coverage"]}, "- id: coverage", "its references go in a circle"),
        ({"kind": "step_grid", "value": None}, "- id: coverage", "a step_grid needs grid"),
    ],
)
def test_every_fault_names_its_line_and_its_rule(changed: dict[str, object], marker: str, said: str) -> None:
    faulty = rule({"id": "coverage", **COVERAGE}, **changed)
    faulty = {"id": faulty.pop("id"), **faulty}
    lines = text_of(faulty).decode().splitlines()
    first_rule = lines.index("rules:")
    line = next(n for n, text in enumerate(lines, start=1) if n > first_rule and marker in text)
    sentence = refusal(faulty)
    assert f"line {line}, rule coverage" in sentence
    assert said in sentence


def test_a_second_version_that_overlaps_is_named_with_its_own_line() -> None:
    lines = text_of(rule(COVERAGE), rule(COVERAGE)).decode().splitlines()
    second = [n for n, text in enumerate(lines, start=1) if "id: coverage" in text][1]
    told_at = int(refusal(rule(COVERAGE), rule(COVERAGE)).split("line ")[1].split(",")[0])
    assert lines[told_at - 1].startswith("- ")
    assert told_at <= second < told_at + len(rule(COVERAGE))


def test_every_word_of_a_rule_pack_is_explained() -> None:
    guide = (Path(__file__).resolve().parents[3] / "docs" / "how-to" / "write-a-rule-pack.md").read_text(
        encoding="utf-8"
    )
    parts = (Pack, Instrument, Rule, Grid, StepTable, CoverageEntry)
    words = {field.alias or name for part in parts for name, field in part.model_fields.items()}
    words -= {"binding", "inputs", "rounding", "on_missing"}  # of the packs that a program reads by itself
    assert sorted(word for word in words if word not in guide) == []


@pytest.mark.parametrize(
    ("content", "vi", "en"),
    [
        (text_of(rule(COVERAGE), rule(COVERAGE)), "hai thời kỳ hiệu lực chồng nhau", "two periods of it overlap"),
        (text_of(rule(COVERAGE, references=["coverage"])), "dẫn chiếu thành vòng", "its references go in a circle"),
        (text_of(rule(COVERAGE, clause="")), "clause: thiếu căn cứ. Sửa", "clause: citation is missing. Correct"),
        (b"", "dòng 1, file: tệp không có các mục", "line 1, file: the file has none of the entries"),
        (b"name: a\n\t- [", "Không phải YAML: dòng 2, cột 1.", "Not YAML: line 2, column 1."),
    ],
)
def test_a_faulty_pack_is_refused_in_one_language_at_a_time(content: bytes, vi: str, en: str) -> None:
    """No words of the YAML reader or the schema in the Vietnamese sentence, and no fault that another caused."""
    with pytest.raises(InputError) as refused:
        read_pack(content, subject="")
    assert vi in refused.value.sentence("vi")
    assert en in refused.value.sentence("en")
