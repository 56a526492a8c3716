"""Laws of later runs, on small rounds with tiers, reserved seats, wishes, families and every kind of change."""

import random
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
import pytest

from allocation.changes import Change, ChangeRow
from allocation.former_round import read_former_round
from allocation.intake import RoundInput
from allocation.later_round import News, next_round
from allocation.policy import Policy
from allocation.round import RoundSettings, run
from allocation.verify_chain import check_chain
from spatial.issues import IssueReport

LEVELS = ("grade_1", "grade_6")
TAGS = ("", "", "poor", "needs", "needs;poor")
BLANK_PLACE: dict[str, object] = {"x": float("nan"), "y": float("nan")}
BLANK = BLANK_PLACE | dict.fromkeys(("date_of_birth", "sex", "together_with", "home_school"), "")
TITLE = {"vi": "a", "en": "a"}
TIERS = [
    {"tier": 1, "title": TITLE, "when": ["everybody"], "tag": "lost_seat"},
    {"tier": 2, "title": TITLE, "when": ["lives_in_area"]},
    {"tier": 3, "title": TITLE, "when": ["sibling_at_school"]},
]
GROUPS = [
    {"code": "needs", "title": TITLE, "for_tag": "needs", "only_here": True, "others_may_take_left_over": False},
    {"code": "quota", "title": TITLE, "for_tag": "poor", "share_percent": 30},
]
OPENING = {"kind": "deferred_acceptance", "opens_reserved_seats": True}


def policy_from(chance: random.Random) -> Policy:
    """Deferred acceptance with whatever else a policy may have, or a flow; families together in all of them."""
    wishes = chance.choice(["nearest", "submitted", "submitted_then_nearest"])
    order = chance.choice([["tier", "distance", "lottery"], ["tier", "lottery"]])
    accepting = {"kind": "deferred_acceptance", "preferences": wishes, "order": order}
    stages: list[dict[str, object]] = [accepting, OPENING] if chance.random() < 0.4 else [accepting]
    is_flow = chance.random() < 0.4
    flow = chance.choice(["least_travel", "least_farthest"])
    return Policy.model_validate(
        {
            "name": "random",
            "version": "1",
            "title": TITLE,
            "stages": [{"kind": flow}] if is_flow else stages,
            "tiers": TIERS if chance.random() < 0.5 else [],
            "seat_groups": GROUPS if chance.random() < 0.5 else [],
            "lottery": {"per": "applicant", "next_round": chance.choice(["keep", "reverse"])},
            "keep_together": chance.random() < 0.7,
        }
    )


def child(chance: random.Random, number: str) -> dict[str, object]:
    return BLANK | {
        "applicant_no": number,
        "level": chance.choice(LEVELS),
        "priority_tier": chance.randint(1, 3),
        "area": chance.choice(["p1", "p2"]),
        "tags": chance.choice(TAGS),
        "sibling_school": chance.choice(["s0", "s1", ""]),
    }


def ways(chance: random.Random, numbers: list[str]) -> pd.DataFrame:
    rows = [
        (number, f"s{school}", chance.choice([100, 200, 300, chance.randrange(2000)]), chance.randint(0, 3), 0)
        for number in numbers
        for school in range(4)
        if chance.random() < 0.85
    ]
    columns = ["applicant_no", "school_code", "distance_m", "preference_rank", "priority_rank"]
    return pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(columns[2:], "int64"))


def seats(chance: random.Random) -> pd.DataFrame:
    rows = [
        BLANK_PLACE
        | {"school_code": f"s{number}", "level": level, "name": f"s{number}"}
        | {
            "capacity": chance.randint(0, 4),
            "area": chance.choice(["p1", "p2"]),
            "seats_needs": str(chance.randint(0, 2)),
        }
        for number in range(4)
        for level in LEVELS
    ]
    return pd.DataFrame(rows)


def changes_from(chance: random.Random, people: pd.DataFrame, late: list[str]) -> list[ChangeRow]:
    rows = [ChangeRow(applicant_no=number, change=Change.LATE) for number in late]
    for number, held in zip(people["applicant_no"], people["held_school"], strict=True):
        kind = chance.choice([None, None, *Change])
        if kind in {Change.CONFIRMED, Change.DECLINED, Change.LAPSED} and not held:
            continue
        if kind is Change.APPEAL_UPHELD:
            rows.append(ChangeRow(applicant_no=number, change=kind, school_code=f"s{chance.randrange(4)}"))
        elif kind not in {None, Change.LATE}:
            again = kind in {Change.DECLINED, Change.LAPSED} and chance.random() < 0.5
            rows.append(ChangeRow(applicant_no=number, change=Change(kind), takes_part_again=again))
    return rows


def shuffled(chance: random.Random, frame: pd.DataFrame) -> pd.DataFrame:
    return frame.sample(frac=1, random_state=chance.randrange(2**31)).reset_index(drop=True)


def first_run(chance: random.Random, directory: Path) -> RoundSettings:
    numbers = [f"a{number:02d}" for number in range(chance.randint(1, 12))]
    people = pd.DataFrame([child(chance, number) for number in numbers])
    people["together"] = [numbers[at // 2 * 2] if at < len(numbers) // 2 else "" for at in range(len(numbers))]
    settings = RoundSettings(policy=policy_from(chance), seed="7", any_id=True)
    given = RoundInput(applicants=people, schools=seats(chance), pairs=ways(chance, numbers), issues=IssueReport())
    run(given, settings=settings, directory=directory)
    return settings


def later_run(chance: random.Random, former: Path, directory: Path, settings: RoundSettings) -> dict[str, int]:
    """A later run with random changes, made twice with rows in another order: the same bytes."""
    before = read_former_round(former)
    late = [f"{directory.name}{number}" for number in range(chance.randint(0, 2))]
    rows = changes_from(chance, before.applicants, late)
    moved = [row.applicant_no for row in rows if row.change is Change.MOVED]
    names = [*before.applicants["applicant_no"], ""]
    arriving = pd.DataFrame(
        [child(chance, number) | {"together_with": chance.choice(names)} for number in late],
        columns=[*child(chance, "")],
    )
    pairs = ways(chance, [*late, *moved])
    fewer = seats(chance).sample(frac=0.4, random_state=1) if chance.random() < 0.6 else None
    made = []
    for place in (directory, directory.with_suffix(".again")):
        arrivals = RoundInput(
            applicants=arriving, schools=before.schools, pairs=shuffled(chance, pairs), issues=IssueReport()
        )
        schools = None if fewer is None else shuffled(chance, fewer)
        news = News(changes=rows, arrivals=arrivals, schools=schools)
        later = next_round(before, news, policy=settings.policy, seed=settings.seed)
        result = run(later.given, settings=settings, directory=place, later=later)
        names_of_files = ("offers.csv", "summary.json", "changes.csv", "certificate.json", "problem/distances.csv")
        made.append([(place / name).read_bytes() for name in names_of_files])
    assert made[0] == made[1]
    return dict(result.summary["after"])


def held_of(directory: Path) -> pd.DataFrame:
    problem = pd.read_csv(directory / "problem" / "applicants.csv", dtype=str, keep_default_na=False)
    offers = pd.read_csv(directory / "offers.csv", dtype=str, keep_default_na=False)
    blank = {name: "" for name in ("held_school", "is_confirmed") if name not in problem}
    return problem.assign(**blank).merge(offers[["applicant_no", "school_code"]], on="applicant_no")


@pytest.mark.parametrize("seed", range(12))
def test_in_any_later_run_confirmed_seats_stay_nobody_gets_worse_and_the_log_explains_every_difference(
    seed: int,
) -> None:
    chance = random.Random(seed)  # noqa: S311 - a test case, no secret
    with TemporaryDirectory() as folder:
        settings = first_run(chance, Path(folder) / "r1")
        for number in (2, 3):
            former, directory = Path(folder) / f"r{number - 1}", Path(folder) / f"r{number}"
            after = later_run(chance, former, directory, settings)
            assert check_chain(directory, former) == []
            people = held_of(directory)
            confirmed = people[people["is_confirmed"] == "1"]
            assert confirmed["held_school"].tolist() == confirmed["school_code"].tolist()
            assert (people.loc[people["held_school"] != "", "school_code"] != "").all()
            assert after["worse"] == 0
            assert sum(after[name] for name in ("kept", "better", "newly_placed", "still_without")) == len(people)


@pytest.mark.parametrize("seed", range(100, 115))
def test_with_nothing_changed_the_next_run_places_everybody_as_the_first(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - a test case, no secret
    with TemporaryDirectory() as folder:
        former, directory = Path(folder) / "r1", Path(folder) / "r2"
        settings = first_run(chance, former)
        before = read_former_round(former)
        later = next_round(before, News(changes=[]), policy=settings.policy, seed=settings.seed)
        after = run(later.given, settings=settings, directory=directory, later=later).summary["after"]
        assert (after["better"], after["worse"], after["newly_placed"]) == (0, 0, 0)
        first, second = (pd.read_csv(place / "offers.csv", dtype=str)["school_code"] for place in (former, directory))
        assert first.equals(second)
