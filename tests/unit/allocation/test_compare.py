"""Policies side by side: figures that a person can add up, and one more seat as the difference of two solves."""

from collections.abc import Callable
from pathlib import Path

import pytest

from allocation.compare import as_data, compare_directories
from allocation.compare_report import render_comparison
from allocation.intake import RoundInput
from allocation.model import NearBy
from allocation.policy import load_policy
from allocation.problem_files import problem_of
from allocation.round import RoundSettings, run
from allocation.round_files import read_directory
from allocation.seat_prices import most_wanted, solve_with_one_more
from spatial.errors import InputError, VerificationError
from spatial.issues import IssueReport

Write = Callable[..., Path]

# Least travel: a far (400), b near (100): 500 m; a could claim near (90 m before b's 100 m).
# By distance and tier: a near (90), b far (900): 990 m, and nobody has a claim. c has no school left.
SEATS = {"near": 1, "far": 1}
WAYS = {"a": {"near": 90, "far": 400}, "b": {"near": 100, "far": 900}, "c": {"far": 2500}}


@pytest.fixture
def rounds(write: Write) -> list[Path]:
    return [write(SEATS, WAYS, name=name, policy=name) for name in ("least-travel", "deferred-acceptance")]


def test_the_price_of_each_policy_stands_beside_the_other(rounds: list[Path]) -> None:
    shortest, ordered = compare_directories(rounds).rounds
    assert (shortest.whole.placed, shortest.whole.total_distance_m) == (2, 500)
    assert (ordered.whole.placed, ordered.whole.total_distance_m) == (2, 990)
    assert (shortest.whole.median_distance_m, ordered.whole.median_distance_m) == (250, 495)
    assert (shortest.whole.p95_distance_m, ordered.whole.p95_distance_m) == (400, 900)
    assert (shortest.whole.share_within_1000_m, shortest.whole.share_nearest) == (1.0, 0.5)
    assert (shortest.claims_by_tier_and_distance, ordered.claims_by_tier_and_distance) == (1, 0)
    assert [*ordered.placed_by_school.items()] == [(("far", "grade_1"), 1), (("near", "grade_1"), 1)]


def test_one_more_seat_is_what_a_second_solve_says_and_what_the_certificate_proves(rounds: list[Path]) -> None:
    """One more seat near: a 90, b 100, c 2,500 are all placed. One more far: c is placed and nothing else moves."""
    files = read_directory(rounds[0])
    facts = problem_of(files, seed="s")
    assert facts.problem_sha256 == files.summary["problem_sha256"]
    gains = solve_with_one_more(facts, load_policy("least-travel"), [0, 1])
    assert [(one.school_code, one.more_placed, one.saved_m) for one in gains] == [
        ("far", 1, 500 - (500 + 2500)),
        ("near", 1, 500 - (90 + 100 + 2500)),
    ]
    proven = dict(zip(files.school_results["school_code"], files.school_results["seat_price_m"], strict=True))
    assert {one.school_code: str(one.saved_m) for one in gains} == proven


def test_the_most_wanted_school_is_the_nearest_of_most_children_for_each_seat(rounds: list[Path]) -> None:
    facts = problem_of(read_directory(rounds[0]), seed="s")
    assert most_wanted(facts, 1) == [1]


def test_rounds_of_different_problems_are_not_compared(write: Write, rounds: list[Path]) -> None:
    other = write({"near": 2, "far": 1}, WAYS, name="other")
    with pytest.raises(InputError, match="another problem"):
        compare_directories([rounds[0], other])
    with pytest.raises(InputError, match="Two rounds"):
        compare_directories(rounds[:1])


def test_what_is_not_proven_is_not_compared(rounds: list[Path]) -> None:
    offers = rounds[1] / "offers.csv"
    offers.write_text(offers.read_text().replace("near", "far"))
    with pytest.raises(VerificationError):
        compare_directories(rounds)


def test_the_page_says_every_figure_in_words_and_no_applicant(rounds: list[Path]) -> None:
    comparison = compare_directories(rounds)
    gains = [solve_with_one_more(comparison.problem, one.policy, [0]) for one in comparison.rounds]
    page = render_comparison(comparison, gains=gains, places=None, crs="", is_for_office=True)
    assert '<td class="n">990</td>' in page
    assert "Justified envy by tier, then distance" in page
    assert "+1 em" in page
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert as_data(comparison)["rounds"][0]["by_level"]["grade_1"]["placed"] == 2


def test_parts_and_schools_of_a_few_are_withheld_unless_the_office_asks(
    frames: Callable[..., object], tmp_path: Path
) -> None:
    """Areas of 8, 7 and 2 children: the 2 are withheld, and the 7 from which they could be reckoned; the 8 are told."""
    applicants, schools, pairs = frames(
        {"big": 15, "few": 2}, {f"{n:02}": {"big": 100, "few": 200} if n < 15 else {"few": 300} for n in range(17)}
    )
    applicants["area"] = ["east"] * 8 + ["west"] * 7 + ["isle"] * 2
    given = RoundInput(applicants=applicants, schools=schools, pairs=pairs, issues=IssueReport())
    names = ("least-travel", "deferred-acceptance")
    for name in names:
        run(given, settings=RoundSettings(policy=load_policy(name), seed="s", any_id=True), directory=tmp_path / name)
    comparison = compare_directories([tmp_path / name for name in names])
    shown, internal = (
        render_comparison(comparison, gains=[], places=None, crs="", is_for_office=office) for office in (False, True)
    )
    assert "8/8" in shown
    assert "8/8" in internal
    for told in ("2/2", "7/7"):
        assert told in internal
        assert told not in shown
    assert "1 to 4 children" in shown
    assert "Bản nội bộ" in internal
    assert '<td class="n">15</td>' in internal
    # Of the small school the seats alone are told.
    assert shown.split("Every school")[1].count('<td class="n">2</td>') == 1


# On foot b is nearest to near; across the river, in a straight line, a is.
ON_FOOT = {"a": {"near": 1200, "far": 300}, "b": {"near": 100, "far": 900}}
IN_STRAIGHT_LINES = {"a": {"near": 80, "far": 250}, "b": {"near": 90, "far": 700}}


@pytest.fixture
def measured_twice(write: Write) -> list[Path]:
    return [
        write(SEATS, ON_FOOT, name="walked", policy="deferred-acceptance", measured_by=NearBy.WALKING),
        write(SEATS, IN_STRAIGHT_LINES, name="flown", policy="deferred-acceptance", measured_by=NearBy.STRAIGHT_LINE),
    ]


def test_ways_measured_differently_stand_side_by_side_each_under_its_own_measure(measured_twice: list[Path]) -> None:
    """Walking: a far (300), b near (100). Straight: a near (80), b far (700). Both children go elsewhere."""
    comparison = compare_directories(measured_twice)
    walked, flown = comparison.rounds
    assert not comparison.has_one_measure
    assert (walked.measured_by, flown.measured_by) == (NearBy.WALKING, NearBy.STRAIGHT_LINE)
    assert (walked.whole.total_distance_m, flown.whole.total_distance_m) == (400, 780)
    assert (walked.elsewhere_count, flown.elsewhere_count) == (0, 2)
    assert flown.claims_by_tier_and_distance is None
    assert as_data(comparison)["problem_sha256"] is None


def test_the_page_of_two_measures_warns_and_leaves_out_what_needs_one(measured_twice: list[Path]) -> None:
    page = render_comparison(compare_directories(measured_twice), gains=[], places=None, crs="", is_for_office=True)
    assert "do not set metres against metres" in page
    for left_out in ("<polyline", "by tier, then distance", "· 100 m"):
        assert left_out not in page
    head_of_metres = page.split("Each round's metres, under its own measure")[1].split("</thead>")[0]
    assert "walked: theo đường đi bộ" in head_of_metres
    assert "flown: theo đường chim bay" in head_of_metres


@pytest.mark.parametrize(
    ("seats", "ways", "measure", "why"),
    [
        ({"near": 2, "far": 1}, ON_FOOT, NearBy.RIDING, "seats differ"),
        (SEATS, {**ON_FOOT, "c": {"far": 5}}, NearBy.RIDING, "applicants differ"),
        (SEATS, IN_STRAIGHT_LINES, NearBy.WALKING, "distances differ"),
        (SEATS, IN_STRAIGHT_LINES, None, "distances differ"),
    ],
)
def test_nothing_but_the_measure_may_differ(
    write: Write, measured_twice: list[Path], seats: dict[str, int], ways: dict[str, dict[str, int]],
    measure: NearBy | None, why: str,
) -> None:  # fmt: skip
    """Other seats, other children, other ways by one measure, or by an unknown one: another problem."""
    other = write(seats, ways, name="other", measured_by=measure)
    with pytest.raises(InputError, match=why):
        compare_directories([measured_twice[0], other])
