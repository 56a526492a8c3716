"""What a policy can say and what the verifier can check are the same words, written down twice on purpose."""

import json

import pytest

from allocation.model import APPLICANT_FACTS
from allocation.policy import load_policy, shipped_policies
from allocation.policy_rules import Condition, OrderKey, PreferenceSource, SeatGroup, Title
from allocation.quota_rules import TierQuota
from allocation.verify_files import APPLICANT_COLUMNS
from allocation.verify_policy import check_policy

TITLE = Title(vi="x", en="x")


def faults(name: str, **changes: object) -> list[str]:
    policy = json.loads(load_policy(name).canonical_json)
    return [fault.en for fault in check_policy(policy | changes)]


@pytest.mark.parametrize("name", shipped_policies())
def test_every_shipped_policy_can_be_checked(name: str) -> None:
    assert faults(name) == []


@pytest.mark.parametrize("condition", [*Condition])
def test_every_condition_can_be_checked(condition: Condition) -> None:
    rule = {"tier": 1, "title": {"vi": "x", "en": "x"}, "when": [condition.value], "tag": ""}
    assert faults("deferred-acceptance", tiers=[rule]) == []


@pytest.mark.parametrize("key", [*OrderKey])
@pytest.mark.parametrize("source", [*PreferenceSource])
def test_every_order_and_every_source_of_preferences_can_be_checked(key: OrderKey, source: PreferenceSource) -> None:
    stage = json.loads(load_policy("deferred-acceptance").canonical_json)["stages"][0]
    assert faults("deferred-acceptance", stages=[stage | {"order": [key.value], "preferences": source.value}]) == []


def test_every_entry_of_a_seat_group_can_be_checked_and_no_code_is_there_twice() -> None:
    group = SeatGroup(code="needs", title=TITLE, for_tag="needs").model_dump(mode="json")
    assert faults("deferred-acceptance", seat_groups=[group]) == []
    assert faults("deferred-acceptance", seat_groups=[group, group]) == [
        "policy.json: the entry seat_groups is none that can be checked."
    ]


def test_every_entry_of_a_tier_quota_can_be_checked_and_no_code_is_there_twice() -> None:
    quota = TierQuota(code="late", title=TITLE, tiers=(3,), at_least_count=2, at_most_percent=40).model_dump(
        mode="json"
    )
    assert faults("deferred-acceptance", tier_quotas=[quota]) == []
    assert faults("deferred-acceptance", tier_quotas=[quota, quota]) == [
        "policy.json: the entry tier_quotas is none that can be checked."
    ]


def test_every_fact_that_a_policy_may_look_at_is_a_column_that_the_verifier_knows() -> None:
    assert set(APPLICANT_FACTS) <= APPLICANT_COLUMNS
