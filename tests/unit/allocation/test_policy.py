"""A policy is data, and a wrong one says where."""

import hashlib
from pathlib import Path

import pytest

from allocation.policy import load_policy, parse_policy, shipped_policies
from spatial.errors import InputError

TEXT = """
name: trial
version: "1"
title: {vi: Thử, en: Trial}
stages:
  - {kind: least_travel, max_distance_m: {grade_1: 4000, grade_6: 7000}}
"""


def test_least_travel_is_shipped() -> None:
    assert "least-travel" in shipped_policies()
    assert [stage.kind for stage in load_policy("least-travel").stages] == ["least_travel"]


def test_a_file_is_a_policy_too(tmp_path: Path) -> None:
    path = tmp_path / "trial.yaml"
    path.write_text(TEXT, encoding="utf-8")
    assert load_policy(str(path)) == parse_policy(TEXT, subject="trial")


def test_limits_are_read_by_level() -> None:
    (stage,) = parse_policy(TEXT, subject="trial").stages
    assert stage.max_distance_m == {"grade_1": 4000, "grade_6": 7000}


def test_the_hash_is_that_of_the_text_kept_beside_a_result_and_ignores_comments() -> None:
    policy = parse_policy(TEXT, subject="trial")
    assert policy.sha256 == hashlib.sha256(policy.canonical_json.encode()).hexdigest()
    assert policy.sha256 == parse_policy("# a remark\n" + TEXT, subject="trial").sha256
    assert policy.sha256 != parse_policy(TEXT.replace("4000", "4001"), subject="trial").sha256


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        (TEXT.replace("least_travel", "quickest"), "stages.0.kind"),
        (TEXT.replace("4000", "-1"), "stages.0.max_distance_m.grade_1"),
        (TEXT.replace("grade_6", "grade_7"), "stages.0.max_distance_m.grade_7"),
        (TEXT + "colour: red", "colour"),
        (TEXT.split("stages", maxsplit=1)[0] + "stages: []", "stages"),
        ("just text", "policy"),
    ],
)
def test_a_wrong_entry_is_named(wrong: str, where: str) -> None:
    with pytest.raises(InputError) as refused:
        parse_policy(wrong, subject="trial.yaml")
    assert where in refused.value.message.en


def test_what_is_no_yaml_is_refused() -> None:
    with pytest.raises(InputError, match="YAML"):
        parse_policy("a: [", subject="trial.yaml")


def test_an_unknown_name_tells_the_known_ones() -> None:
    with pytest.raises(InputError) as refused:
        load_policy("fairest")
    assert "least-travel" in refused.value.sentence("en")


ORDERED = TEXT.replace("least_travel,", "deferred_acceptance, order: [tier],")


@pytest.mark.parametrize(
    ("wrong", "vi", "en"),
    [
        (TEXT.replace("least_travel", "quickest"), "không có loại giai đoạn 'quickest'", "no kind of stage 'quickest'"),
        (TEXT.replace("kind: least_travel, ", ""), "thiếu loại giai đoạn", "kind of the stage is missing"),
        (TEXT.replace("4000", "0"), "phải lớn hơn 0, ở đây là 0", "must be above 0 and is 0"),
        (TEXT.replace("4000", "4.5"), "phải là số nguyên", "must be a whole number"),
        (TEXT.replace("grade_6", "grade_7"), "không có 'grade_7'; có: 'kindergarten_3'", "there is no 'grade_7'"),
        (TEXT.replace('version: "1"', ""), "version: thiếu mục này", "version: the entry is missing"),
        (TEXT + "colour: red", "quy tắc không có mục này", "no such entry"),
        (TEXT.replace("trial", "Trial One"), "không đúng dạng", "does not have the form"),
        (TEXT + "near_by: flying", "không có 'flying'; có: 'walking', 'riding'", "there is no 'flying'"),
        (TEXT.split("stages", maxsplit=1)[0] + "stages: []", "cần ít nhất một mục", "at least one"),
        (ORDERED, "để không ai ngang ai", "so that nobody is equal"),
        (
            TEXT + "tiers: [{tier: 2, title: {vi: a, en: b}, when: [everybody]}]",
            "đánh số từ 1",
            "numbered from 1",
        ),
        ("just text", "các cặp tên: giá trị", "pairs of name: value"),
    ],
)
def test_what_is_wrong_is_said_in_both_languages(wrong: str, vi: str, en: str) -> None:
    with pytest.raises(InputError) as refused:
        parse_policy(wrong, subject="trial.yaml")
    assert vi in refused.value.message.vi
    assert en in refused.value.message.en
    assert "should" not in refused.value.message.vi


def test_every_wrong_entry_of_a_policy_is_named_at_once() -> None:
    with pytest.raises(InputError) as refused:
        parse_policy(TEXT.replace("4000", "0") + "colour: red", subject="trial.yaml")
    assert "stages.0.max_distance_m.grade_1" in refused.value.message.vi
    assert "colour" in (refused.value.hint or ("", ""))[0]
