"""Quotas per tier: worked examples, what is refused, what a family reads, and what the verifier does not let pass."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from allocation.explain import explain
from allocation.explain_model import WhyNot
from allocation.held_seats import Standing, with_appeal
from allocation.intake import RoundInput
from allocation.policy import parse_policy
from allocation.problem_files import build_problem
from allocation.round import RoundSettings, run
from allocation.round_files import read_directory
from allocation.stages import decide
from allocation.verify import verify_directory
from allocation.verify_quota_claims import check_quotas
from allocation.verify_state import state_of
from spatial.errors import InputError
from spatial.issues import IssueReport

Allocate = Callable[..., Path]
HEAD = """
name: quotas
version: "1"
title: {vi: Định mức, en: Quotas}
"""
BY_DISTANCE = "stages: [{kind: deferred_acceptance, order: [distance, lottery]}]\n"
CAP_OF_ONE = """
tier_quotas:
  - {code: late, title: {vi: Diện 3, en: Group 3}, tiers: [3], at_most_count: 1}
"""
RESERVE_OF_ONE = """
tier_quotas:
  - {code: late, title: {vi: Diện 3, en: Group 3}, tiers: [3], at_least_count: 1}
"""
WAYS = {"a": {"S": 300}, "b": {"S": 100}, "c": {"S": 200}}


@pytest.fixture
def allocate(tmp_path: Path, frames: Callable[..., tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]]) -> Allocate:
    """Run a round of one level under a policy, with a tier for each applicant."""

    def make(quotas: str, tiers: Mapping[str, int], *, seats: int = 2, stages: str = BY_DISTANCE) -> Path:
        applicants, schools, pairs = frames({"S": seats}, WAYS)
        applicants["priority_tier"] = applicants["applicant_no"].map(tiers)
        given = RoundInput(applicants=applicants, schools=schools, pairs=pairs, issues=IssueReport())
        policy = parse_policy(HEAD + quotas + stages, subject="rule.yaml")
        settings = RoundSettings(policy=policy, seed="s", any_id=True)
        return run(given, settings=settings, directory=tmp_path / "round").directory

    return make


def given_to(directory: Path) -> dict[str, str]:
    table = pd.read_csv(directory / "offers.csv", dtype=str, keep_default_na=False)
    return dict(zip(table["applicant_no"], table["school_code"] + "/" + table["seat_group"], strict=True))


def test_a_cap_passes_over_a_nearer_child_once_its_tiers_have_their_number(allocate: Allocate) -> None:
    """b (tier 3, 100 m) has the one seat that tier 3 may have; c (tier 3, 200 m) is passed over for a (300 m)."""
    directory = allocate(CAP_OF_ONE, {"a": 1, "b": 3, "c": 3})
    assert given_to(directory) == {"a": "S/not_late", "b": "S/", "c": "/"}
    assert verify_directory(directory).failures == ()


def test_a_cap_leaves_a_seat_empty_rather_than_be_broken_unless_a_stage_lifts_it(allocate: Allocate) -> None:
    assert given_to(allocate(CAP_OF_ONE, {"a": 3, "b": 3, "c": 3})) == {"a": "/", "b": "S/", "c": "/"}
    lifted = BY_DISTANCE.replace("}]", "}, {kind: least_travel, lifts_caps: true}]")
    directory = allocate(CAP_OF_ONE, {"a": 3, "b": 3, "c": 3}, stages=lifted)
    assert given_to(directory) == {"a": "/", "b": "S/", "c": "S/not_late"}
    assert verify_directory(directory).failures == ()


def test_a_reserve_goes_to_its_tiers_before_nearer_children_and_falls_back_without_them(allocate: Allocate) -> None:
    """Of two seats one is a's (tier 3, 300 m), though b and c are nearer; with nobody of tier 3 both get one."""
    directory = allocate(RESERVE_OF_ONE, {"a": 3, "b": 1, "c": 1})
    assert given_to(directory) == {"a": "S/late", "b": "S/", "c": "/"}
    assert verify_directory(directory).failures == ()
    directory = allocate(RESERVE_OF_ONE, {"a": 1, "b": 1, "c": 1})
    assert given_to(directory) == {"a": "/", "b": "S/", "c": "S/late"}
    assert verify_directory(directory).failures == ()


def test_in_an_earlier_stage_for_other_tiers_a_reserve_waits_for_its_own(allocate: Allocate) -> None:
    """Stage 1 asks tier 1 alone: b gets the open seat, c not the reserved one, which a of tier 3 gets in stage 2."""
    stages = "stages: [{kind: deferred_acceptance, tiers: [1]}, {kind: deferred_acceptance}]\n"
    directory = allocate(RESERVE_OF_ONE, {"a": 3, "b": 1, "c": 1}, stages=stages)
    assert given_to(directory) == {"a": "S/late", "b": "S/", "c": "/"}
    assert verify_directory(directory).failures == ()


@pytest.mark.parametrize(
    ("quotas", "tiers", "why_not", "told"),
    [
        (CAP_OF_ONE, {"a": 1, "b": 3, "c": 3}, WhyNot.CAP_REACHED, "nhiều nhất 1 em thuộc “Diện 3”"),
        (RESERVE_OF_ONE, {"a": 3, "b": 1, "c": 1}, WhyNot.RESERVED_SEATS, "1 chỗ của trường được xếp trước cho"),
    ],
)  # fmt: skip
def test_a_family_reads_that_a_quota_and_not_its_place_in_the_order_decided(
    allocate: Allocate, quotas: str, tiers: dict[str, int], why_not: WhyNot, told: str
) -> None:
    (school,) = explain(allocate(quotas, tiers), "c").nearer
    assert school.why_not is why_not
    assert told in school.sentence.vi
    assert "Group 3" in school.sentence.en


def test_a_family_reads_that_a_free_seat_is_shut_by_the_cap(allocate: Allocate) -> None:
    """Three of tier 3, a cap of one: the second seat stays empty, and c may not have it."""
    (school,) = explain(allocate(CAP_OF_ONE, {"a": 3, "b": 3, "c": 3}), "c").nearer
    assert school.why_not is WhyNot.CAP_REACHED
    assert "còn 1 chỗ trống" in school.sentence.vi
    assert "dành riêng" not in school.sentence.vi


def test_the_verifier_names_the_claim_of_quotas_only_where_there_are_any(allocate: Allocate) -> None:
    with_quotas, without = (
        [claim.en for claim in verify_directory(allocate(quotas, {"a": 1, "b": 1, "c": 3})).claims]
        for quotas in (CAP_OF_ONE, "")
    )
    assert len(with_quotas) == len(without) + 1
    assert any("Quotas per tier are kept" in claim for claim in with_quotas)


def test_a_family_that_would_have_lost_anyway_is_told_of_the_order(allocate: Allocate) -> None:
    """a is the farthest of three in tier 1 for two seats: the reserve is named, but others came first."""
    (school,) = explain(allocate(RESERVE_OF_ONE, {"a": 1, "b": 1, "c": 1}), "a").nearer
    assert school.why_not is WhyNot.OTHERS_COME_FIRST


@pytest.mark.parametrize(
    ("quotas", "tiers", "offers", "claim"),
    [
        # c (tier 3) in the place of a: two of tier 3.
        (CAP_OF_ONE, {"a": 1, "b": 3, "c": 3}, {"a": "", "c": "S"}, "its cap is 1"),
        # c (tier 3, 200 m) in the place of b (tier 3, 100 m): the cap protects nobody from a child of the own tier.
        (CAP_OF_ONE, {"a": 1, "b": 3, "c": 3}, {"b": "", "c": "S"}, "Applicant b has, under the quotas, a just claim"),
        # c (tier 1) in the reserved place of a (tier 3).
        (RESERVE_OF_ONE, {"a": 3, "b": 1, "c": 1}, {"a": "", "c": "S"}, "Applicant a has, under the quotas"),
        # c (200 m) in the open place of b (100 m), both of tier 1.
        (RESERVE_OF_ONE, {"a": 3, "b": 1, "c": 1}, {"b": "", "c": "S"}, "Applicant b has, under the quotas"),
        # A free seat that nobody is barred from.
        (RESERVE_OF_ONE, {"a": 3, "b": 1, "c": 1}, {"b": ""}, "Applicant b has, under the quotas"),
    ],
)
def test_the_verifier_finds_from_counts_alone_what_breaks_a_quota_and_whose_claim_is_just(
    allocate: Allocate, quotas: str, tiers: dict[str, int], offers: dict[str, str], claim: str
) -> None:
    files = read_directory(allocate(quotas, tiers))
    assert [*check_quotas(state_of(files))] == []
    number = {name: row for row, name in enumerate(files.offers["applicant_no"])}
    table = {name: [*column] for name, column in files.offers.items()}
    free = next((table["seat_group"][number[who]] for who, code in offers.items() if not code), "")
    for who, code in offers.items():
        ways = WAYS[who]["S"] if code else ""
        # A seat that the tier may sit in at all, so that the offer itself is not what is found.
        group = "" if code and free == "not_late" else free if code else ""
        for name, cell in (("school_code", code), ("distance_m", str(ways)), ("seat_group", group),
                           ("stage", "1" if code else "")):  # fmt: skip
            table[name][number[who]] = cell
    found = [fault.en for fault in check_quotas(state_of(replace(files, offers=table)))]
    assert any(claim in fault for fault in found), found


QUOTA = "  - {{code: {code}, title: {{vi: x, en: x}}, tiers: {tiers}, {words}}}\n"


def rule(*quotas: tuple[str, str, str], stages: str = BY_DISTANCE, more: str = "") -> str:
    told = "".join(QUOTA.format(code=code, tiers=tiers, words=words) for code, tiers, words in quotas)
    return HEAD + "tier_quotas:\n" + told + stages + more


GROUP = "seat_groups: [{code: g, title: {vi: x, en: x}, for_tag: g}]\n"
FLOW = "stages: [{kind: least_travel}]\n"
OPENS_AT_ONCE = "stages: [{kind: least_travel, opens_reserved_seats: true}]\n"
LIFTS = "stages: [{kind: deferred_acceptance, lifts_caps: true}]\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (rule(("a", "[1]", "at_least_percent: 60"), ("b", "[2]", "at_least_percent: 50")), "add up to 110%"),
        (rule(("a", "[1]", "at_least_percent: 60, at_most_percent: 50")), "cap of 50 is below the reserve of 60"),
        (rule(("a", "[1]", "at_least_count: 6, at_most_count: 5")), "cap of 5 is below the reserve of 6"),
        (rule(("a", "[1]", "at_least_percent: 60"), ("b", "[2]", "at_most_percent: 50")), "others reserve 60%"),
        (rule(("a", "[1]", "at_most_percent: 6"), ("b", "[2]", "at_most_percent: 5")), "only one quota"),
        (rule(("a", "[1]", "at_least_percent: 6"), ("b", "[1]", "at_least_percent: 5")), "a tier is in two quotas"),
        (rule(("a", "[1]", "at_least_percent: 6"), ("a", "[2]", "at_least_percent: 5")), "the same code"),
        (rule(("a", "[1]", "at_least_percent: 6, at_least_count: 1")), "not both"),
        (HEAD + "tier_quotas: [{code: a, title: {vi: x, en: x}, tiers: [1]}]\n" + BY_DISTANCE, "is missing"),
        (rule(("a", "[1]", "at_most_count: 0")), "tier_quotas.0.at_most_count"),
        (rule(("a", "[1]", "at_least_percent: 101")), "tier_quotas.0.at_least_percent"),
        (rule(("a", "[1]", "at_least_percent: 6"), more=GROUP), "do not go together"),
        (rule(("a", "[1]", "at_least_percent: 6"), stages=FLOW), "no stage opens to others what is left of a"),
        (rule(("a", "[1]", "at_least_percent: 6"), stages=OPENS_AT_ONCE), "before these tiers were asked"),
        (rule(("a", "[1]", "at_least_percent: 6"), stages=LIFTS), "no quota has at_most"),
    ],
)
def test_quotas_that_contradict_are_refused_with_file_and_word(text: str, words: str) -> None:
    with pytest.raises(InputError) as refusal:
        parse_policy(text, subject="rule.yaml")
    assert refusal.value.subject == "rule.yaml"
    assert words in refusal.value.message.en


def test_a_school_too_small_for_the_numbers_is_named_with_its_seats(allocate: Allocate) -> None:
    three = RESERVE_OF_ONE.replace("at_least_count: 1", "at_least_count: 3")
    with pytest.raises(InputError, match=r"School S grade_1 has 2 seats .* late 3"):
        allocate(three, {"a": 1, "b": 1, "c": 1})
    assert given_to(allocate(three, {"a": 1, "b": 1, "c": 1}, seats=0)) == {"a": "/", "b": "/", "c": "/"}


def test_the_report_counts_reserve_cap_and_placed_of_each_quota(allocate: Allocate) -> None:
    """Two seats: at most one of tier 3, who is b."""
    page = (allocate(CAP_OF_ONE, {"a": 1, "b": 3, "c": 3}) / "report.html").read_text(encoding="utf-8")
    row = page.split("Quotas per tier")[1].split("<tbody>")[1].split("</tr>")[0]
    assert "Diện 3" in row
    assert 'data-label="Dành riêng · Reserved">–<' in row
    assert 'data-label="Tối đa · At most">1<' in row
    assert 'data-label="Đã xếp · Placed">1<' in row
    assert "Quotas per tier" not in (allocate("", {"a": 1, "b": 1, "c": 1}) / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("words", "tier", "raised", "group"),
    [
        # a holds the one seat for tier 3; the other is free but shut to it: an appeal opens it.
        ("at_most_count: 1", 3, 0, "not_late"),
        ("at_most_percent: 50", 3, 0, "not_late"),
        # a and b sit in the reserve that nobody of tier 3 took: one seat more, of the kind that becomes more.
        ("at_least_percent: 100", 1, 1, "late"),
        ("at_least_count: 2", 3, 1, ""),
    ],
)
def test_an_upheld_appeal_stands_above_a_quota_and_raises_the_school_only_when_it_is_full(
    frames: Callable[..., tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]],
    words: str,
    tier: int,
    raised: int,
    group: str,
) -> None:
    quota = f"tier_quotas: [{{code: late, title: {{vi: x, en: x}}, tiers: [3], {words}}}]\n"
    policy = parse_policy(HEAD + quota + BY_DISTANCE, subject="rule.yaml")
    people, schools, pairs = frames({"S": 2}, {"a": {"S": 1}, "b": {"S": 2}, "c": {"S": 3}})
    people = people.assign(priority_tier=tier, together="")
    first = decide(build_problem(people, schools, pairs, seed="s"), policy)
    pools = first.allocation.pool
    people = people.assign(
        held_school=["S" if pool >= 0 else "" for pool in pools],
        held_seat_group=np.append(first.problem.pool_seat_group, "")[pools],
        is_confirmed=0,
    )
    standing = Standing(people=people, schools=schools, pairs=pairs, policy=policy, seed="s")
    after, more = with_appeal(standing, "c", "S")
    assert more == raised
    assert after.people["held_seat_group"].iloc[2] == group
    next_run = decide(after.facts(), policy)
    assert next_run.allocation.pool[2] >= 0
    assert [bool(pool >= 0) for pool in next_run.allocation.pool[:2]] == [bool(pool >= 0) for pool in pools[:2]]
