"""Other programs on one problem: ``peer_solvers.py NAME PROBLEM.npz`` prints seconds, number placed and total metres.

Needs NumPy and the one peer alone, so that it runs in an environment of the peers (`bench_peers.py` says how).
"""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

Numbers = np.ndarray
DEAR_M = 10_000_000
_DEARER_M = 10**12
"""More than any total, so that the cost tells how many have no seat."""

_MOST_CELLS = 150_000_000


class Problem:
    """Applicants, pools and pairs, numbered from 0."""

    def __init__(self, file: Path) -> None:
        stored = np.load(file)
        self.applicant, self.pool, self.metres = (stored[name] for name in ("applicant", "pool", "metres"))
        self.seats: Numbers = stored["seats"]
        self.people = int(stored["people"])

    def dense(self, column_of: Numbers) -> Numbers:
        """Return a matrix of metres, `DEAR_M` where there is no pair; a column may stand for a single seat."""
        if self.people * len(column_of) > _MOST_CELLS:
            sys.exit("too large for a matrix")
        metres = np.full((self.people, len(self.seats)), float(DEAR_M))
        metres[self.applicant, self.pool] = self.metres
        return metres[:, column_of]


def networkx(problem: Problem) -> tuple[float, int, int]:
    """Network simplex; whoever has no seat goes to a node of that name."""
    import networkx as nx  # noqa: PLC0415 - only this peer needs it

    graph = nx.DiGraph()
    graph.add_node("sink", demand=problem.people)
    for number in range(problem.people):
        graph.add_node(("a", number), demand=-1)
        graph.add_edge(("a", number), "sink", weight=_DEARER_M, capacity=1)
    for pool, seats in enumerate(problem.seats.tolist()):
        graph.add_edge(("s", pool), "sink", weight=0, capacity=seats)
    for one, pool, metres in zip(
        *(part.tolist() for part in (problem.applicant, problem.pool, problem.metres)), strict=True
    ):
        graph.add_edge(("a", one), ("s", pool), weight=metres, capacity=1)
    start = time.process_time()
    cost, _ = nx.network_simplex(graph)
    return _of_cost(time.process_time() - start, cost, problem.people)


def highs(problem: Problem) -> tuple[float, int, int]:
    """SciPy's linear programme with HiGHS."""
    from scipy.optimize import linprog  # noqa: PLC0415 - only these peers need it
    from scipy.sparse import csr_array  # noqa: PLC0415

    count = len(problem.applicant)
    rows = np.concatenate([problem.applicant, problem.people + problem.pool])
    shape = (problem.people + len(problem.seats), count)
    within = csr_array((np.ones(2 * count), (rows, np.tile(np.arange(count), 2))), shape=shape)
    most = np.concatenate([np.ones(problem.people), problem.seats])
    start = time.process_time()
    answer = linprog(problem.metres - float(DEAR_M), A_ub=within, b_ub=most, bounds=(0, 1), method="highs")
    seconds = time.process_time() - start
    return seconds, round(answer.x.sum()), round(answer.x @ problem.metres)


def assignment(problem: Problem) -> tuple[float, int, int]:
    """SciPy's assignment, each seat a column of its own."""
    from scipy.optimize import linear_sum_assignment  # noqa: PLC0415 - only these peers need it

    cost = problem.dense(np.repeat(np.arange(len(problem.seats)), problem.seats))
    start = time.process_time()
    chosen = cost[linear_sum_assignment(cost)]
    seconds = time.process_time() - start
    return seconds, int((chosen < DEAR_M).sum()), int(chosen[chosen < DEAR_M].sum())


def pot(problem: Problem) -> tuple[float, int, int]:
    """POT's earth mover's distance; one more source fills empty seats, one more column is having no seat."""
    import ot  # noqa: PLC0415 - only this peer needs it

    metres = problem.dense(np.arange(len(problem.seats)))
    cost = np.zeros((problem.people + 1, len(problem.seats) + 1))
    cost[:-1, :-1], cost[:-1, -1] = metres, DEAR_M
    seats = float(problem.seats.sum())
    sources, sinks = np.append(np.ones(problem.people), seats), np.append(problem.seats, float(problem.people))
    start = time.process_time()
    plan = ot.emd(sources, sinks, cost, numItermax=10**9)
    seconds = time.process_time() - start
    taken = plan[:-1, :-1] * (metres < DEAR_M)
    return seconds, round(taken.sum()), round((taken * metres).sum())


def matching(problem: Problem) -> tuple[float, int, int]:
    """Hospitals and residents of `matching`: nearest first on both sides, at equal metres the first by number."""
    from matching.games import HospitalResident  # noqa: PLC0415 - only this peer needs it

    wishes: dict[str, list[str]] = {}
    orders: dict[str, list[str]] = {}
    for index in np.lexsort([problem.pool, problem.metres, problem.applicant]).tolist():
        wishes.setdefault(f"a{problem.applicant[index]}", []).append(f"s{problem.pool[index]}")
    for index in np.lexsort([problem.applicant, problem.metres, problem.pool]).tolist():
        orders.setdefault(f"s{problem.pool[index]}", []).append(f"a{problem.applicant[index]}")
    seats = {name: int(problem.seats[int(name[1:])]) for name in orders}
    ways = {
        (one, pool): metres
        for one, pool, metres in zip(
            problem.applicant.tolist(), problem.pool.tolist(), problem.metres.tolist(), strict=True
        )
    }
    start = time.process_time()
    found = HospitalResident.create_from_dictionaries(wishes, orders, seats).solve()
    seconds = time.process_time() - start
    placed = [(int(one.name[1:]), int(school.name[1:])) for school, ones in found.items() for one in ones]
    return seconds, len(placed), sum(ways[pair] for pair in placed)


def _of_cost(seconds: float, cost: int, people: int) -> tuple[float, int, int]:
    unplaced = cost // _DEARER_M
    return seconds, people - unplaced, cost - unplaced * _DEARER_M


PEERS: dict[str, Callable[[Problem], tuple[float, int, int]]] = {
    "NetworkX network_simplex": networkx,
    "SciPy linprog (HiGHS)": highs,
    "SciPy linear_sum_assignment": assignment,
    "POT emd": pot,
    "matching HospitalResident": matching,
}

if __name__ == "__main__":
    sys.stdout.write(json.dumps(PEERS[sys.argv[1]](Problem(Path(sys.argv[2])))))
