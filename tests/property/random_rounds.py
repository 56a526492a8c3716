"""Small rounds under random policies: tiers, seat groups, orders, families, limits, levels, a run after the first."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd

from allocation.model import UNPLACED
from allocation.policy import Policy
from allocation.policy_rules import PreferenceSource
from allocation.problem_files import build_problem
from allocation.result_files import write_round
from allocation.stages import Decision, decide
from spatial.issues import IssueReport

TITLE = {"vi": "x", "en": "x"}
AREAS = ("p1", "p2", "p3")
TAGS = ("", "", "poor", "needs", "poor;needs")
ORDERS = (
    ["tier", "distance", "lottery"],
    ["tier", "lottery"],
    ["distance_band", "lottery"],
    ["tier", "relative_distance", "lottery"],
    ["given_priority"],
    ["given_priority", "lottery"],
)


@dataclass(frozen=True, kw_only=True)
class RandomRound:
    """What a round is made of."""

    applicants: pd.DataFrame
    schools: pd.DataFrame
    pairs: pd.DataFrame
    policy: Policy
    seed: str

    def decided(self) -> Decision:
        return decide(build_problem(self.applicants, self.schools, self.pairs, seed=self.seed), self.policy)

    def shuffled(self, chance: random.Random) -> "RandomRound":
        """The same files with their rows in another order."""

        def rows(frame: pd.DataFrame) -> pd.DataFrame:
            order = list(range(len(frame)))
            chance.shuffle(order)
            return frame.iloc[order].reset_index(drop=True)

        return replace(self, applicants=rows(self.applicants), schools=rows(self.schools), pairs=rows(self.pairs))

    def after(self, decision: Decision, chance: random.Random) -> "RandomRound":
        """The next run: everybody holds what was got, some have confirmed it, and a school without anybody lost a seat.

        Who loses a seat where those held no longer fit is decided before (`allocation.held_seats`), not by the solvers.
        """
        problem, allocation = decision.problem, decision.allocation
        codes = [*problem.pool_school_code.tolist(), ""]
        groups = [*problem.pool_seat_group.tolist(), ""]
        pools = dict(zip(problem.applicant_no.tolist(), allocation.pool.tolist(), strict=True))
        held = [codes[pools[name]] for name in self.applicants["applicant_no"]]
        applicants = self.applicants.assign(
            held_school=held,
            held_seat_group=[groups[pools[name]] for name in self.applicants["applicant_no"]],
            is_confirmed=[int(bool(code) and chance.random() < 0.3) for code in held],
        )
        schools = self.schools.copy()
        empty = schools.index[~schools["school_code"].isin(held)]
        if len(empty) and chance.random() < 0.3:
            schools.loc[empty[0], "capacity"] = max(0, int(schools.loc[empty[0], "capacity"]) - 1)
        return replace(self, applicants=applicants, schools=schools)


@contextmanager
def written(decision: Decision, *, seed: str) -> Iterator[Path]:
    """The directory of a decided round, for as long as it is looked at."""
    with TemporaryDirectory() as folder:
        directory = Path(folder)
        write_round(directory, decision, seed=seed, any_id=True, issues=IssueReport())
        yield directory


def random_round(seed: int, *, families: bool = True, flows: bool = True) -> RandomRound:
    """A round with ties, empty schools and applicants who can go nowhere; the same for the same seed.

    Parameters
    ----------
    families
        Whether some are placed together. Then no stage is a flow.
    flows
        Whether a stage may be ``least_travel``.
    """
    chance = random.Random(seed)  # noqa: S311 - a test case, no secret
    names = [f"a{number:02d}" for number in range(chance.randint(0, 14))]
    codes = [f"s{number}" for number in range(chance.randint(1, 5))]
    has_families = families and chance.random() < 0.5
    return RandomRound(
        applicants=_applicants(chance, names, codes, families=has_families),
        schools=_schools(chance, codes),
        pairs=_pairs(chance, names, codes),
        policy=Policy.model_validate(_policy(chance, flows=flows and not has_families)),
        seed=str(seed),
    )


def _applicants(chance: random.Random, names: list[str], codes: list[str], *, families: bool) -> pd.DataFrame:
    areas = [""] if chance.random() < 0.2 else AREAS
    frame = pd.DataFrame(
        {
            "applicant_no": names,
            "level": [chance.choice(["grade_1", "grade_6"]) for _ in names],
            "priority_tier": [chance.randint(1, 3) for _ in names],
            "area": [chance.choice(areas) for _ in names],
            "tags": [chance.choice(TAGS) for _ in names],
            "sibling_school": [chance.choice([*codes, "", ""]) for _ in names],
        }
    )
    if families:
        frame["together"] = [names[at // 2 * 2] if at < len(names) // 2 else "" for at in range(len(names))]
    return frame


def _schools(chance: random.Random, codes: list[str]) -> pd.DataFrame:
    rows = [
        (code, level, chance.randint(0, 4), chance.choice([*AREAS, "p1;p2"]), str(chance.randint(0, 2)))
        for code in codes
        for level in ("grade_1", "grade_6")
        if chance.random() < 0.9
    ]
    return pd.DataFrame(rows, columns=["school_code", "level", "capacity", "area", "seats_needs"])


def _pairs(chance: random.Random, names: list[str], codes: list[str]) -> pd.DataFrame:
    rows = [
        (name, code, chance.choice([100, 200, 300, chance.randrange(2000)]))
        for name in names
        for code in codes
        if chance.random() < 0.85
    ]
    frame = pd.DataFrame(rows, columns=["applicant_no", "school_code", "distance_m"])
    if chance.random() < 0.5:
        frame["preference_rank"] = [chance.randint(0, 5) for _ in rows]
    if chance.random() < 0.3:
        frame["priority_rank"] = [chance.randint(0, 5) for _ in rows]
    return frame


def _policy(chance: random.Random, *, flows: bool) -> dict[str, Any]:
    tiers = _tiers(chance) if chance.random() < 0.5 else []
    groups = _seat_groups(chance) if chance.random() < 0.5 else []
    stages = _stages(chance, flows=flows)
    highest = max((rule["tier"] for rule in tiers), default=3)
    quotas = _tier_quotas(chance, stages, highest=highest) if not groups and chance.random() < 0.6 else []
    return {
        "name": "random",
        "version": "1",
        "title": TITLE,
        "tiers": tiers,
        "seat_groups": groups,
        "tier_quotas": quotas,
        "stages": stages,
        "lottery": {"per": chance.choice(["applicant", "family"]), "next_round": chance.choice(["keep", "reverse"])},
        "keep_together": chance.random() < 0.7,
        "may_worsen_held_seats": chance.random() < 0.3,
    }


def _tiers(chance: random.Random) -> list[dict[str, Any]]:
    rules = [(1, ["lives_in_area"], ""), (1, ["areas_not_given", "stated_tier"], "")]
    rules += [(1, ["sibling_at_school"], ""), (2, ["everybody"], "poor")]
    rules += [(3, ["everybody"], "")] if chance.random() < 0.5 else []
    return [{"tier": tier, "title": TITLE, "when": when, "tag": tag} for tier, when, tag in rules]


def _seat_groups(chance: random.Random) -> list[dict[str, Any]]:
    needs = {
        "code": "needs",
        "for_tag": "needs",
        "only_here": chance.random() < 0.5,
        "others_may_take_left_over": chance.random() < 0.5,
    }
    quota = {"code": "quota", "for_tag": "poor", "share_percent": 30, "is_asked_first": chance.random() < 0.5}
    quota["tiers_before_tag"] = chance.choice([[], [1]])
    return [{"title": TITLE, **group} for group in (needs, quota)]


def _tier_quotas(chance: random.Random, stages: list[dict[str, Any]], *, highest: int) -> list[dict[str, Any]]:
    """Reserves and a cap for two of the tiers; a reserve only where the first stage gives to others what is left."""
    first = {"code": "first", "tiers": [1], "at_least_percent": chance.choice([10, 34, 50])}
    last = {"code": "last", "tiers": [*range(2, highest + 1)], "at_most_percent": chance.choice([10, 34, 50])}
    if chance.random() < 0.5:
        last["at_least_percent"] = 10
    if chance.random() < 0.3:
        del last["at_most_percent"]
        last["at_least_percent"] = chance.choice([20, 50])
    elif stages[0]["kind"] != "deferred_acceptance":
        last.pop("at_least_percent", None)
        return [{"title": TITLE, **last}]
    if stages[0]["kind"] != "deferred_acceptance":
        return []
    return [{"title": TITLE, **quota} for quota in chance.sample([first, last], chance.randint(1, 2))]


def _stages(chance: random.Random, *, flows: bool) -> list[dict[str, Any]]:
    order = chance.choice(ORDERS)
    accepted = {
        "kind": "deferred_acceptance",
        "order": order,
        "bands_m": [150, 500] if "distance_band" in order else [],
        "preferences": chance.choice([*PreferenceSource]).value,
        "takes_only_ranked": chance.random() < 0.3,
        "max_distance_m": chance.choice([{}, {"grade_1": 500}]),
    }
    others: list[dict[str, Any]] = [{"kind": "deferred_acceptance", "opens_reserved_seats": True}]
    others += [{"kind": "least_travel"}] if flows else []
    stages = [accepted, chance.choice(others)] if chance.random() < 0.4 else [accepted]
    return [{"kind": "least_travel"}] if flows and chance.random() < 0.2 else stages


def offered(decision: Decision) -> dict[str, tuple[str, str]]:
    """School and seat group of everybody who has a seat."""
    problem = decision.problem
    at = zip(problem.applicant_no.tolist(), decision.allocation.pool.tolist(), strict=True)
    return {
        name: (str(problem.pool_school_code[pool]), str(problem.pool_seat_group[pool]))
        for name, pool in at
        if pool != UNPLACED
    }
