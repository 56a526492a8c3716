"""Several rule-packs on one plot: the smallest limit, the rule that binds, precedence, dates, conflicts."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from permits.combined_limits import combined_limits, limits_under
from permits.fact_sheet import read_facts
from permits.model import Limit, Limits, ReasonCode, Verdict
from permits.rulebook import Rulebook, parse_rulebook
from spatial.errors import InputError, NotFoundError

TODAY = date(2026, 11, 21)
SAID = {"vi": "câu", "en": "sentence"}
ROW_HOUSE: dict[str, object] = {
    "building_type": "row_house",
    "area_type": "existing_urban",
    "former_province": "hcmc",
    "in_special_area": False,
    "plot_area_m2": 100,
    "frontage_m": 5,
    "depth_m": 20,
    "road_width_m": 12,
    "sidewalk_width_m": 3,
    "central_area": False,
    "trade_axis": False,
    "row_has_setback": False,
    "zone_plan_known": True,
    "building_height_m": 17,
    "plan_approval_date": "2023-05-01",
}
APARTMENT: dict[str, object] = {
    "building_type": "apartment",
    "area_type": "new_development",
    "former_province": "hcmc",
    "in_special_area": False,
    "plot_area_m2": 10000,
    "building_height_m": 25,
    "zone_plan_known": True,
    "plan_approval_date": "2023-05-01",
}


def together(facts: dict[str, object], *, as_of: date = TODAY, **more: object) -> Limits:
    return limits_under(read_facts({**facts, **more}), rulebook="all", as_of=as_of)


def told(limit: Limit) -> tuple[object, Verdict | None, str | None]:
    return limit.value, limit.verdict, limit.binding


def pack(name: str, rank: int | None, *rules: dict[str, Any]) -> Rulebook:
    return parse_rulebook(file_of(name, rank, *rules).encode(), subject=name)


def file_of(name: str, rank: int | None, *rules: dict[str, Any]) -> str:
    instrument = {
        "id": "LAW",
        "number": f"Law of {name}",
        "title": SAID,
        "issuer": "Office",
        "effective_from": date(2020, 1, 1),
        "basis_date": "dossier_date",
        "verification": "primary",
        "source": "read",
        "rank": rank,
    }
    plain = {"instrument": "LAW", "clause": "1", "title": SAID, "requirement": SAID, "measured": SAID, "example": SAID}
    whole = {"name": name, "title": SAID, "instruments": [instrument], "rules": [{**plain, **rule} for rule in rules]}
    return str(yaml.safe_dump(whole, allow_unicode=True))


def coverage(rule_id: str, **more: object) -> dict[str, Any]:
    plain = {"id": rule_id, "limit": "max_site_coverage_ratio", "kind": "constant", "unit": "ratio", "direction": "max"}
    return {**plain, **more}


def of(*books: Rulebook, name: str = "max_site_coverage_ratio", **facts: object) -> Limit:
    return combined_limits(read_facts(facts), rulebooks=books, as_of=TODAY)[name]


def test_the_smallest_of_two_packs_is_the_limit_and_its_pack_is_named() -> None:
    limit = of(pack("one", 5, coverage("a", value=0.6)), pack("two", 7, coverage("b", value=0.5)))
    assert (limit.value, limit.binding, limit.rulebook) == (0.5, "b", "two")
    assert str(limit.citation) == "Law of two, 1"


def test_of_equal_figures_the_higher_rank_is_named() -> None:
    limit = of(pack("low", 7, coverage("b", value=0.5)), pack("high", 5, coverage("a", value=0.5)))
    assert limit.rulebook == "high"


def test_an_unread_text_raises_no_doubt_where_a_higher_one_gives_the_figure() -> None:
    unread = coverage("b", kind="review", reason="RULE_UNVERIFIED")
    read = pack("read", 5, coverage("a", value=0.6))
    assert told(of(read, pack("low", 7, unread))) == (0.6, None, "a")
    limit = of(read, pack("high", 4, unread), plot_area_m2=100, footprint_m2=50)
    assert (limit.verdict, limit.reason) == (Verdict.NEEDS_REVIEW, ReasonCode.RULE_UNVERIFIED)
    assert of(read, pack("high", 4, unread), plot_area_m2=100, footprint_m2=61).verdict is Verdict.VIOLATES


@pytest.mark.parametrize("ended", [None, date(2025, 1, 1)])
@pytest.mark.parametrize(
    ("footprint_m2", "verdict"), [(50, Verdict.COMPLIES), (55, Verdict.NEEDS_REVIEW), (61, Verdict.VIOLATES)]
)
def test_an_edition_that_may_govern_a_plan_of_unknown_day_counts_beside_a_settled_figure(
    ended: date | None, footprint_m2: int, verdict: Verdict
) -> None:
    """60 % is settled; 50 % may hold: 50 m2 of 100 meet both, 55 m2 one of them, 61 m2 neither."""
    edition = coverage("b", value=0.5, basis_date="plan_approval_date", valid={"from": None, "to": ended})
    both = pack("settled", 5, coverage("a", value=0.6)), pack("standard", 7, edition)
    limit = of(*both, plot_area_m2=100, footprint_m2=footprint_m2)
    assert limit.verdict is verdict
    assert limit.value == (0.6 if ended else 0.5), "an edition that has ended has no figure to show"


def needed(rule_id: str, *, yes: bool) -> dict[str, Any]:
    kind = {"limit": "permit_required", "kind": "constant", "unit": "yes_no", "direction": "information"}
    return {"id": rule_id, "value": int(yes), **kind}


def test_a_figure_above_all_that_another_pack_can_allow_is_cut_to_it_and_that_rule_is_named() -> None:
    """QCVN 01:2021, table 2.10: commercial buildings cover 80 % at most, whatever the area that is not known."""
    shop = {**APARTMENT, "building_type": "commercial", "plot_area_m2": None, "zone_plan_max_site_coverage_ratio": 0.9}
    limit = together(shop)["max_site_coverage_ratio"]
    assert told(limit) == (0.8, Verdict.NEEDS_REVIEW, "qcvn.coverage_commercial")
    assert (limit.rulebook, limit.highest, limit.missing) == ("qcvn-01-2021", 0.8, ("plot_area_m2",))


def test_a_demand_below_all_that_another_pack_can_ask_is_raised_to_it_and_that_rule_is_named() -> None:
    demand: dict[str, object] = {"limit": "min_front_setback_m", "unit": "m", "direction": "min"}
    steps = {"axis": "road_width_m", "lower_inclusive": True, "columns": ["m"], "rows": [[0, 3], [20, 6]]}
    plain = pack("plain", 5, {**demand, "id": "a.front", "kind": "constant", "value": 2})
    by_road = pack(
        "by-road", 5, {**demand, "id": "b.front", "kind": "step_table", "inputs": ["road_width_m"], "table": steps}
    )
    found = combined_limits(read_facts({}), rulebooks=(plain, by_road), as_of=TODAY)["min_front_setback_m"]
    assert told(found) == (3.0, Verdict.NEEDS_REVIEW, "b.front")
    assert (found.lowest, found.highest) == (3.0, 6.0)


@pytest.mark.parametrize("rank", [None, 5])
def test_two_rules_that_say_different_things_and_no_text_ranks_are_a_conflict(rank: int | None) -> None:
    limit = of(
        pack("one", rank, needed("a", yes=True)), pack("two", rank, needed("b", yes=False)), name="permit_required"
    )
    assert told(limit) == (None, Verdict.NEEDS_REVIEW, None)
    assert limit.reason is ReasonCode.CONFLICT_OF_RULES


def test_of_two_ranked_statements_the_higher_counts() -> None:
    limit = of(pack("one", 7, needed("a", yes=True)), pack("two", 5, needed("b", yes=False)), name="permit_required")
    assert (limit.value, limit.reason) == (False, ReasonCode.INFORMATION)


def test_a_row_house_follows_the_annex_where_the_national_standard_asks_for_no_less() -> None:
    found = together(ROW_HOUSE)
    assert told(found["max_site_coverage_ratio"]) == (0.9, None, "row_house.site_coverage")
    assert told(found["max_floors"]) == (4, None, "row_house.floors")
    assert found["max_floors"].rulebook == "hcmc-row-houses"


def test_the_national_standard_binds_where_the_annex_is_silent() -> None:
    """95 m2: Annex 18 gives 91 % in an existing area, Table 2.8 gives 95 % and alone speaks of a new one."""
    found = together(ROW_HOUSE, plot_area_m2=95, building_height_m=26)
    assert told(found["max_site_coverage_ratio"])[0] == 0.91
    new = together(ROW_HOUSE, area_type="new_development", plot_area_m2=95)
    assert told(new["max_site_coverage_ratio"]) == (0.95, None, "qcvn.coverage_house")


def test_an_apartment_takes_the_smaller_of_the_zone_plan_and_the_national_standard() -> None:
    assert told(together(APARTMENT)["max_site_coverage_ratio"]) == (0.53, None, "qcvn.coverage_apartment")
    planned = together(APARTMENT, zone_plan_max_site_coverage_ratio=0.4, zone_plan_max_floors=7)
    assert told(planned["max_site_coverage_ratio"]) == (0.4, None, "plan.coverage")
    assert told(planned["max_floors"]) == (7, None, "plan.floors")


@pytest.mark.parametrize(
    ("change", "missing"),
    [
        ({"plan_approval_date": None}, "plan_approval_date"),
        ({"in_special_area": None}, "in_special_area"),
        ({"former_province": None}, "former_province"),
    ],
)
def test_what_decides_which_rules_apply_has_to_be_known(change: dict[str, object], missing: str) -> None:
    limit = together(APARTMENT, **change)["max_site_coverage_ratio"]
    assert limit.verdict is Verdict.NEEDS_REVIEW
    assert missing in limit.missing


@pytest.mark.parametrize(
    ("approved", "reason"),
    [("2013-06-01", "RULE_UNVERIFIED"), ("2021-07-04", "RULE_UNVERIFIED"), ("2021-07-05", None), ("2026-11-21", None)],
)
def test_the_edition_of_the_day_on_which_the_plan_was_approved_governs(approved: str, reason: str | None) -> None:
    limit = together(APARTMENT, plan_approval_date=approved)["max_site_coverage_ratio"]
    if reason is None:
        assert told(limit) == (0.53, None, "qcvn.coverage_apartment")
    else:
        assert (limit.value, limit.verdict, limit.reason) == (None, Verdict.NEEDS_REVIEW, reason)


def test_a_plan_of_2024_keeps_its_edition_in_2027_and_a_plan_of_2027_has_no_figures() -> None:
    day = date(2027, 3, 1)
    assert told(together(APARTMENT, as_of=day)["max_site_coverage_ratio"])[0] == 0.53
    limit = together(APARTMENT, as_of=day, plan_approval_date="2027-01-01")["max_site_coverage_ratio"]
    assert (limit.value, limit.verdict, limit.rulebook) == (None, Verdict.NEEDS_REVIEW, "qcvn-01-2026")


DAYS = {
    date(2021, 6, 1): (0.884, "row_house_2007.coverage_inner", ReasonCode.NOTHING_PROPOSED),
    date(2022, 1, 15): (0.884, "row_house_2007.coverage_inner", ReasonCode.RULE_UNVERIFIED),
    date(2025, 12, 31): (0.934, "row_house.site_coverage", ReasonCode.NOTHING_PROPOSED),
    date(2026, 6, 30): (0.934, "row_house.site_coverage", ReasonCode.NOTHING_PROPOSED),
    date(2026, 7, 1): (0.934, "row_house.site_coverage", ReasonCode.NOTHING_PROPOSED),
    date(2027, 1, 1): (0.934, "row_house.site_coverage", ReasonCode.NOTHING_PROPOSED),
}


@pytest.mark.parametrize("day", DAYS)
def test_the_same_row_house_is_answered_by_the_law_of_each_day(day: date) -> None:
    """83 m2 in an inner district: 88.4 % by the rules of 2007, 93.4 % by Annex 18, in doubt between them."""
    asked = {**ROW_HOUSE, "plot_area_m2": 83, "old_district_kind": "inner", "plan_approval_date": None}
    limit = together(asked, as_of=day)["max_site_coverage_ratio"]
    assert (limit.value, limit.binding, limit.reason) == DAYS[day]


@pytest.mark.parametrize(
    ("day", "verdict"),
    [
        (date(2021, 6, 1), Verdict.NEEDS_REVIEW),
        (date(2025, 12, 31), Verdict.NEEDS_REVIEW),
        (date(2026, 6, 30), Verdict.NEEDS_REVIEW),
        (date(2026, 7, 1), None),
        (date(2027, 1, 1), None),
    ],
)
def test_the_same_apartment_is_answered_by_the_law_of_each_day(day: date, verdict: Verdict | None) -> None:
    """Conformity with the zone plan is read in the law of 2025 alone, in force since 1 July 2026."""
    asked = {**APARTMENT, "plan_approval_date": "2021-01-01" if day.year < 2022 else "2023-05-01"}
    limit = together(asked, as_of=day, zone_plan_max_floors=7)["max_floors"]
    assert limit.verdict is verdict


def test_whether_a_permit_is_needed_was_another_law_s_question_before_2026() -> None:
    facts = {**ROW_HOUSE, "floors": 7, "gross_floor_area_m2": 450}
    assert together(facts, as_of=date(2026, 1, 1))["permit_required"].value is True
    assert together(facts, as_of=date(2025, 12, 31))["permit_required"].verdict is Verdict.NEEDS_REVIEW


def test_a_day_before_every_law_is_refused_in_one_sentence() -> None:
    with pytest.raises(InputError) as caught:
        together(ROW_HOUSE, as_of=date(1999, 1, 1), plan_approval_date=None)
    assert caught.value.sentence("en").startswith("as_of: 1999-01-01 lies before every law that is loaded")


def test_a_plan_approved_after_the_day_is_refused_in_one_sentence() -> None:
    with pytest.raises(InputError) as caught:
        together(ROW_HOUSE, plan_approval_date="2027-05-01")
    assert "The plan was approved on 2027-05-01, after the day that is asked, 2026-11-21." in caught.value.sentence(
        "en"
    )


def test_one_pack_is_asked_by_its_name_and_no_other_exists() -> None:
    one = limits_under(read_facts(APARTMENT), rulebook="qcvn-01-2021", as_of=TODAY)
    assert (one.rulebook, one["max_site_coverage_ratio"].value) == ("qcvn-01-2021", 0.53)
    assert "rulebooks" not in one.to_json()
    with pytest.raises(NotFoundError):
        limits_under(read_facts(APARTMENT), rulebook="nowhere", as_of=TODAY)


def test_a_pack_of_one_s_own_answers_with_what_it_had_recorded_on_a_day(tmp_path: Path) -> None:
    wrong = {**coverage("a", value=0.6), "recorded": {"from": None, "to": date(2026, 3, 1)}}
    right = {**coverage("a", value=0.5), "recorded": {"from": date(2026, 3, 1), "to": None}}
    own = tmp_path / "own.yaml"
    own.write_text(file_of("own", None, wrong, right), encoding="utf-8")
    for day, value in ((None, 0.5), (date(2026, 2, 28), 0.6), (date(2026, 3, 1), 0.5)):
        found = limits_under(read_facts({}), rulebook=str(own), as_of=TODAY, known_on=day)
        assert found["max_site_coverage_ratio"].value == value


def test_the_answer_names_every_pack_that_was_asked_with_its_hash() -> None:
    asked = together(APARTMENT).to_json()["rulebooks"]
    assert isinstance(asked, dict)
    assert {"hcmc-row-houses", "qcvn-01-2021", "qcvn-01-2026", "zone-plan"} <= set(asked)
    assert all(len(digest) == 64 for digest in asked.values())
