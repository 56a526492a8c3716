"""Each family is told where, how far, and why not nearer."""

from collections.abc import Callable
from pathlib import Path

import pytest

from allocation.explain import WhyNot, as_data, explain, explain_everybody
from allocation.explain_sentences import metres
from allocation.personal_id import Sex, make_personal_id
from spatial.errors import InputError, NotFoundError

Write = Callable[..., Path]

SEATS = {"near": 1, "far": 1}


def test_the_nearest_school_needs_no_excuse(write: Write) -> None:
    told = explain(write(SEATS, {"a": {"near": 350, "far": 900}}), "a")
    assert (told.school_code, told.school_name, told.distance_m) == ("near", "Trường near", 350)
    assert told.nearer == ()
    assert "350 m" in told.sentences[0].vi


def test_a_nearer_school_comes_with_the_metres_that_it_would_cost_everybody(write: Write) -> None:
    # a to near and b to far would be 10 + 400 = 410 m, 360 m more than 20 + 30.
    directory = write(SEATS, {"a": {"near": 10, "far": 20}, "b": {"near": 30, "far": 400}})
    (nearer,) = explain(directory, "a").nearer
    assert (nearer.school_code, nearer.capacity, nearer.placed, nearer.distance_m) == ("near", 1, 1, 10)
    assert nearer.why_not is WhyNot.WOULD_LENGTHEN_THE_TOTAL
    assert nearer.extra_m == 360


def test_an_equally_good_claim_is_told_that_the_lottery_decided(write: Write) -> None:
    ways = {name: {"near": 100, "far": 200} for name in "ab"}
    directory = write(SEATS, ways)
    (loser,) = [told for told in explain_everybody(directory) if told.school_code == "far"]
    assert loser.nearer[0].why_not is WhyNot.LOTTERY
    assert "bốc thăm" in loser.nearer[0].sentence.vi


def test_who_must_go_far_so_that_another_has_a_place_is_told_so(write: Write) -> None:
    directory = write(SEATS, {"a": {"near": 1, "far": 9000}, "b": {"near": 2}})
    (nearer,) = explain(directory, "a").nearer
    assert nearer.why_not is WhyNot.WOULD_LEAVE_A_CHILD_WITHOUT


def test_who_has_no_place_sees_every_school_that_was_considered(write: Write) -> None:
    told = explain(write({"near": 1, "far": 0}, {"a": {"near": 5}, "b": {"near": 9, "far": 20}}), "b")
    assert told.distance_m is None
    assert [school.school_code for school in told.nearer] == ["near", "far"]
    assert "chưa được xếp chỗ" in told.sentences[0].vi


def test_who_has_no_school_in_reach_is_told_so(write: Write) -> None:
    told = explain(write(SEATS, {"a": {"near": 5}, "b": {}}), "b")
    assert told.nearer == ()
    assert "within reach" in told.sentences[0].en


def test_a_school_beyond_the_limit_of_the_policy_is_named_as_such(write: Write, tmp_path: Path) -> None:
    policy = tmp_path / "limited.yaml"
    policy.write_text(
        "{name: limited, version: '1', title: {vi: a, en: b}, "
        "stages: [{kind: least_travel, max_distance_m: {grade_1: 4000}}]}",
        encoding="utf-8",
    )
    told = explain(write({"far": 3}, {"a": {"far": 4001}}, policy=str(policy)), "a")
    assert told.nearer[0].why_not is WhyNot.BEYOND_LIMIT
    assert "4.000 m" in told.nearer[0].sentence.vi


def test_an_id_may_be_asked_for_as_it_is_written_and_is_shown_masked(write: Write) -> None:
    number = make_personal_id(province_code="079", sex=Sex.FEMALE, birth_year=2020, serial=56)
    told = explain(write(SEATS, {number: {"near": 5}}, any_id=False), f" {number[:4]} {number[4:]}")
    assert told.applicant_no == number
    assert told.shown_as == "079320••••56"


def test_the_same_as_data_has_both_languages(write: Write) -> None:
    data = as_data(explain(write(SEATS, {"a": {"near": 10, "far": 20}, "b": {"near": 30, "far": 400}}), "a"))
    assert set(data["sentences"][0]) == set(data["nearer"][0]["sentence"]) == {"vi", "en"}


def test_a_stranger_and_a_folder_that_is_no_round_are_refused(write: Write, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        explain(write(SEATS, {"a": {"near": 5}}), "z")
    with pytest.raises(InputError):
        explain(tmp_path / "nothing", "a")


def test_thousands_are_written_as_each_language_does() -> None:
    assert metres(12345) == ("12.345 m", "12,345 m")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("school_places.csv", ""),
        ("school_places.csv", "a,b\n1"),
        ("certificate.json", "{}"),
        ("certificate.json", '{"levels": [1]}'),
    ],
)
def test_a_malformed_file_of_a_round_is_bad_input(write: Write, name: str, content: str) -> None:
    directory = write(SEATS, {"a": {"near": 350, "far": 900}})
    (directory / name).write_text(content)
    with pytest.raises(InputError, match="malformed"):
        explain(directory, "a")


def test_under_deferred_acceptance_a_nearer_school_is_full_of_those_who_come_first(write: Callable[..., Path]) -> None:
    ways = {"a": {"near": 100, "far": 900}, "b": {"near": 200, "far": 300}}
    found = explain(write({"near": 1, "far": 1}, ways, policy="deferred-acceptance"), "b")
    assert (found.school_code, found.distance_m) == ("far", 300)
    assert [(one.school_code, one.why_not.value) for one in found.nearer] == [("near", "others_come_first")]
