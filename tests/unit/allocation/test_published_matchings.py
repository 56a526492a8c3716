"""Stable matchings that the literature prints, under the shipped policy `deferred-acceptance`, each with its proof."""

from collections.abc import Callable, Mapping, Sequence
from itertools import count, permutations
from pathlib import Path

import pandas as pd
import pytest

from allocation.policy import load_policy
from allocation.problem_files import build_problem
from allocation.result_files import write_round
from allocation.stages import decide
from allocation.verify import verify_directory
from spatial.issues import IssueReport

Lists = Mapping[str, Sequence[str]]
Match = Callable[..., dict[str, str]]


@pytest.fixture
def match(tmp_path: Path) -> Match:
    """Place applicants by lists of names, best first, have the round verified, and say who is in which school."""
    numbers = count()

    def make(wishes: Lists, priorities: Lists, *, seats: Mapping[str, int]) -> dict[str, str]:
        applicants = pd.DataFrame({"applicant_no": [*wishes], "level": "grade_1"})
        schools = pd.DataFrame({"school_code": [*seats], "level": "grade_1", "capacity": [*seats.values()]})
        rows = [
            (who, code, 0, wished.index(code) + 1, priorities[code].index(who) + 1 if who in priorities[code] else 0)
            for who, wished in wishes.items()
            for code in wished
        ]
        columns = ["applicant_no", "school_code", "distance_m", "preference_rank", "priority_rank"]
        facts = build_problem(applicants, schools, pd.DataFrame(rows, columns=columns), seed="s")
        decision = decide(facts, load_policy("deferred-acceptance"))
        folder = tmp_path / f"round{next(numbers)}"
        folder.mkdir()
        write_round(folder, decision, seed="s", any_id=True, issues=IssueReport())
        assert verify_directory(folder).failures == ()
        codes = [decision.problem.pool_school_code[pool] if pool >= 0 else "" for pool in decision.allocation.pool]
        return dict(zip(decision.problem.applicant_no, codes, strict=True))

    return make


def stable_matchings(wishes: Lists, priorities: Lists) -> list[dict[str, str]]:
    """Return all stable matchings of a market of single seats and complete lists, by trying every one."""
    people = [*wishes]
    found = []
    for order in permutations(priorities):
        held = dict(zip(people, order, strict=True))
        holder = {code: who for who, code in held.items()}
        blocked = any(
            wishes[who].index(code) < wishes[who].index(held[who])
            and priorities[code].index(who) < priorities[code].index(holder[code])
            for who in people
            for code in order
        )
        if not blocked:
            found.append(held)
    return found


def test_gale_and_shapley_s_first_example_everybody_who_asks_gets_the_first_choice(match: Match) -> None:
    """Gale, Shapley 1962, example 1: three stable sets; the men's first choices, αA βB γC, are one of them."""
    wishes = {"α": "ABC", "β": "BCA", "γ": "CAB"}
    priorities = {"A": "βγα", "B": "γαβ", "C": "αβγ"}
    assert len(stable_matchings(wishes, priorities)) == 3
    assert match(wishes, priorities, seats=dict.fromkeys("ABC", 1)) == {"α": "A", "β": "B", "γ": "C"}


def test_gale_and_shapley_s_second_example_has_one_stable_set_and_nobody_the_first_choice(match: Match) -> None:
    """Gale, Shapley 1962, example 2: the only stable set is αC βD γA δB, and none of it is anybody's first choice."""
    wishes = {"α": "ABCD", "β": "ADCB", "γ": "BACD", "δ": "DBCA"}
    priorities = {"A": "δγαβ", "B": "βδαγ", "C": "δαβγ", "D": "γβαδ"}
    stable = {"α": "C", "β": "D", "γ": "A", "δ": "B"}
    assert stable_matchings(wishes, priorities) == [stable]
    assert match(wishes, priorities, seats=dict.fromkeys("ABCD", 1)) == stable


def test_the_stable_matching_may_be_one_that_all_whom_it_concerns_would_exchange(match: Match) -> None:
    """Abdulkadiroğlu, Sönmez, American Economic Review 93(3), 2003, example 1, after Roth, Math. of OR 7(4), 1982.

    The one stable matching is 1a 2b 3c; 1b 2a 3c would be better for 1 and 2 and no worse for 3, but 3 could contest a.
    """
    wishes = {"1": "bac", "2": "abc", "3": "abc"}
    priorities = {"a": "132", "b": "213", "c": "213"}
    stable = {"1": "a", "2": "b", "3": "c"}
    assert stable_matchings(wishes, priorities) == [stable]
    assert match(wishes, priorities, seats=dict.fromkeys("abc", 1)) == stable


def test_the_worked_traces_of_a_course_on_algorithms(match: Match) -> None:
    """University of Washington, CSEP 521, winter 2021, p1_sample.txt: preferences M, W and the output, of 3 and 4."""
    traces = [
        (["201", "201", "210"], ["201", "021", "201"], [0, 1, 2]),
        (["3102", "3012", "3120", "0321"], ["3021", "3120", "0132", "3021"], [3, 1, 2, 0]),
        (["1302", "3021", "2310", "2031"], ["1203", "0321", "1230", "0123"], [1, 3, 2, 0]),
    ]
    for men, women, output in traces:
        wishes = {f"m{k}": [f"w{name}" for name in row] for k, row in enumerate(men)}
        priorities = {f"w{k}": [f"m{name}" for name in row] for k, row in enumerate(women)}
        expected = {f"m{k}": f"w{wife}" for k, wife in enumerate(output)}
        assert match(wishes, priorities, seats=dict.fromkeys(priorities, 1)) == expected


def test_a_school_that_ranks_its_applicants_takes_nobody_whom_it_did_not_rank(match: Match) -> None:
    """In the theory an applicant left out of a list is not acceptable, even when the seat stays empty."""
    assert match({"1": "a", "2": "a"}, {"a": "1"}, seats={"a": 2}) == {"1": "a", "2": ""}
