"""Seats for those who are placed together: CP-SAT on the part of a stage that such groups touch.

The stage without the rule has been solved and has prices. By them every pair has an *excess*: what its use adds to the
least sum. A placement whose sum is ``x`` above the least uses no pair with a larger excess than ``x``, so that pairs
of small excess are the part that matters; everybody else stays. One worker, a fixed seed and a limit of steps instead
of seconds make the answer the same on every machine.

References
----------
Nemhauser, Wolsey, Integer and Combinatorial Optimization (1988), II.5.2: reduced cost fixing.
"""

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
from ortools.sat.python import cp_model

from allocation.model import UNPLACED, AllocationProblem, Integers, Truths
from allocation.priority import schools_of
from spatial.errors import SolverError
from spatial.text import Text

_EFFORTS = ((3_000, 4.0), (30_000, 16.0))
"""How many pairs of children alone may be free, and the limit in seconds of CP-SAT's deterministic time."""

_SCHOOLS_OF_GROUP = 30
_NOWHERE = -1
_NOTHING_OMITTED_M = int(np.iinfo(np.int64).max)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Priced:
    """A stage with the prices of its relaxation.

    Parameters
    ----------
    price_m
        One entry for each pool.
    excess_m, unplaced_excess_m
        For each pair, and for each applicant without a seat, what it adds to the least sum.
    relaxed_pool
        Where each applicant sits in the relaxation, or `UNPLACED`.
    """

    problem: AllocationProblem
    price_m: Integers
    excess_m: Integers
    unplaced_excess_m: Integers
    relaxed_pool: Integers


def seats_of_groups(priced: Priced) -> tuple[Integers, bool]:
    """Return for each applicant who is placed with others the pool, or `UNPLACED`; `UNPLACED` for all others too.

    Returns
    -------
    (Integers, bool)
        The pools, and whether no placement with whole groups is better. That is so in two cases. Every tier has as many
        seats as in the relaxation, CP-SAT has proven the least sum, and every pair and school left out would add more
        to it. Or nothing was left out, and CP-SAT has proven seats by tier and then metres, one after the other.
    """
    alone = priced.problem.together[priced.problem.pair_applicant] == UNPLACED
    excess_m = np.sort(priced.excess_m[alone & (priced.excess_m > 0)])
    best: dict[tuple[int, int], bool] = {}
    is_optimal = False
    gap_m = _NOTHING_OMITTED_M
    for most_pairs, effort_s in _EFFORTS:
        limit_m = min(gap_m, int(excess_m[most_pairs]) - 1 if len(excess_m) > most_pairs else gap_m)
        model = _Model(priced, limit_m=limit_m)
        gap_m = max(0, model.solve(effort_s, hint=best))
        best = model.chosen
        is_optimal = model.is_proven and gap_m <= min(model.omitted_m, limit_m if model.keeps_tiers else 0)
        is_optimal |= model.is_proven and min(model.omitted_m, limit_m) == _NOTHING_OMITTED_M
        if gap_m <= limit_m:
            break
    pool = np.full(priced.problem.applicant_count, UNPLACED, dtype=np.int64)
    for (applicant, place), is_chosen in best.items():
        if is_chosen and place != _NOWHERE and priced.problem.together[applicant] != UNPLACED:
            pool[applicant] = place
    return pool, is_optimal


class _Model:
    """CP-SAT's view: who sits where, each group in one school, no pool over its seats."""

    def __init__(self, priced: Priced, *, limit_m: int) -> None:
        self._priced = priced
        self._model = cp_model.CpModel()
        self._seat: dict[tuple[int, int], cp_model.IntVar] = {}
        self._users: dict[int, list[cp_model.IntVar]] = defaultdict(list)
        self._costs: list[tuple[int, cp_model.IntVar]] = []
        self._fixed = np.zeros(priced.problem.pool_count, dtype=np.int64)
        self._ways: list[tuple[int, cp_model.IntVar]] = []
        self._sum_m: cp_model.LinearExprT = 0
        self._excess_m = 0
        self.chosen: dict[tuple[int, int], bool] = {}
        self.is_proven = True
        self.keeps_tiers = True
        self.omitted_m = _NOTHING_OMITTED_M
        is_near = priced.excess_m <= limit_m
        self._add_alone(is_near, limit_m=limit_m)
        self._add_groups()
        self._add_capacities()

    def solve(self, effort_s: float, *, hint: dict[tuple[int, int], bool]) -> int:
        """Find the least sum, and return by how much it exceeds the sum without groups.

        Where that leaves more of a tier without a seat than the relaxation, seats by tier come first, then metres.
        """
        for key, is_chosen in hint.items():
            if key in self._seat:
                self._model.add_hint(self._seat[key], is_chosen)
        without = self._without_seat()
        self._least(self._sum_m, effort_s)
        if any(sum(self.chosen[key] for key in keys) > most for keys, most in without):
            self.keeps_tiers = False
            for keys, _ in without:
                count = sum(self._seat[key] for key in keys)
                self._model.add(count <= self._least(count, effort_s))
            self._least(sum(metres * variable for metres, variable in self._ways), effort_s)
        return self._excess_m

    def _without_seat(self) -> list[tuple[list[tuple[int, int]], int]]:
        """Return for each tier who might have no seat, and how many of them have none in the relaxation."""
        tier = self._priced.problem.priority_tier
        open_to = defaultdict(list)
        for applicant, pool in self._seat:
            if pool == _NOWHERE:
                open_to[int(tier[applicant])].append((applicant, pool))
        no_seat = self._priced.relaxed_pool == UNPLACED
        return [(keys, sum(bool(no_seat[who]) for who, _ in keys)) for _, keys in sorted(open_to.items())]

    def _least(self, objective: cp_model.LinearExprT, effort_s: float) -> int:
        """Make the objective as small as the effort allows, note who sits where, and return the objective."""
        self._model.minimize(objective)
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = 1
        solver.parameters.random_seed = 0
        solver.parameters.max_deterministic_time = effort_s
        status = solver.solve(self._model)
        if status not in {cp_model.OPTIMAL, cp_model.FEASIBLE}:
            name = solver.status_name(status)
            raise SolverError(Text(f"CP-SAT dừng với trạng thái {name}.", f"CP-SAT stopped with status {name}."))
        self.is_proven &= status == cp_model.OPTIMAL
        self.chosen = {key: bool(solver.boolean_value(variable)) for key, variable in self._seat.items()}
        self._excess_m = int(solver.value(self._sum_m))
        return round(solver.objective_value)

    def _no_seat(self, applicant: int) -> cp_model.IntVar:
        variable = self._model.new_bool_var("")
        self._seat[applicant, _NOWHERE] = variable
        self._costs.append((int(self._priced.unplaced_excess_m[applicant]), variable))
        return variable

    def _seat_of(self, pair: int) -> tuple[int, cp_model.IntVar]:
        """Return the applicant of a pair, and a variable that says whether the pair is chosen."""
        problem, variable = self._priced.problem, self._model.new_bool_var("")
        applicant, pool = int(problem.pair_applicant[pair]), int(problem.pair_pool[pair])
        self._seat[applicant, pool] = variable
        self._users[pool].append(variable)
        self._costs.append((int(self._priced.excess_m[pair]), variable))
        self._ways.append((int(problem.pair_distance_m[pair]), variable))
        return applicant, variable

    def _add_alone(self, is_near: Truths, *, limit_m: int) -> None:
        problem = self._priced.problem
        alone = problem.together == UNPLACED
        pairs = np.flatnonzero(is_near & alone[problem.pair_applicant])
        or_none = self._priced.unplaced_excess_m <= limit_m
        has_pair = np.zeros_like(alone)
        has_pair[problem.pair_applicant] = True
        option_count = np.bincount(problem.pair_applicant[pairs], minlength=len(alone)) + or_none
        settled = option_count[problem.pair_applicant[pairs]] == 1
        np.add.at(self._fixed, problem.pair_pool[pairs[settled]], 1)
        options: dict[int, list[cp_model.IntVar]] = defaultdict(list)
        for pair in pairs[~settled].tolist():
            applicant, variable = self._seat_of(pair)
            options[applicant].append(variable)
        for applicant in np.flatnonzero(alone & has_pair & or_none & (option_count > 1)).tolist():
            options[applicant].append(self._no_seat(applicant))
        for variables in options.values():
            self._model.add_exactly_one(variables)

    def _add_groups(self) -> None:
        problem = self._priced.problem
        school = schools_of(problem)
        pairs_at: dict[tuple[int, int], list[int]] = defaultdict(list)
        for pair in np.flatnonzero(problem.together[problem.pair_applicant] != UNPLACED).tolist():
            group = int(problem.together[problem.pair_applicant[pair]])
            pairs_at[group, int(school[problem.pair_pool[pair]])].append(pair)
        places: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for (group, where), pairs in pairs_at.items():
            places[group].append((self._least_excess_m(pairs), where))
        for group, options in places.items():
            members = np.flatnonzero(problem.together == group).tolist()
            nowhere = self._model.new_bool_var("")
            for applicant in members:
                self._model.add(self._no_seat(applicant) == nowhere)
            heres = [nowhere]
            for excess_m, _ in sorted(options)[_SCHOOLS_OF_GROUP : _SCHOOLS_OF_GROUP + 1]:
                self.omitted_m = min(self.omitted_m, excess_m)
            for _, where in sorted(options)[:_SCHOOLS_OF_GROUP]:
                heres.append(self._add_school(members, pairs_at[group, where]))
            self._model.add_exactly_one(heres)

    def _least_excess_m(self, pairs: list[int]) -> int:
        """Return what a group adds at least to the sum at a school: of each member the pair of least excess."""
        least_m: dict[int, int] = {}
        for pair in pairs:
            applicant, excess_m = int(self._priced.problem.pair_applicant[pair]), int(self._priced.excess_m[pair])
            least_m[applicant] = min(excess_m, least_m.get(applicant, excess_m))
        return sum(least_m.values())

    def _add_school(self, members: list[int], pairs: list[int]) -> cp_model.IntVar:
        here = self._model.new_bool_var("")
        seats: dict[int, list[cp_model.IntVar]] = {applicant: [] for applicant in members}
        for pair in pairs:
            applicant, variable = self._seat_of(pair)
            seats[applicant].append(variable)
        for variables in seats.values():
            self._model.add(sum(variables) == here)
        return here

    def _add_capacities(self) -> None:
        """Hold every pool to its seats; an empty seat that has a price adds it."""
        price_m, capacity = self._priced.price_m, self._priced.problem.pool_capacity
        constant = int((price_m * (capacity - self._fixed)).sum())
        for pool, users in self._users.items():
            self._model.add(sum(users) <= int(capacity[pool] - self._fixed[pool]))
            self._costs.extend((-int(price_m[pool]), user) for user in users)
        self._sum_m = sum(cost * variable for cost, variable in self._costs) + constant
