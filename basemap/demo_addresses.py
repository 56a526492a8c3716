"""House numbers of the demonstration city: odd to the left, even to the right, alleys numbered as houses are.

An alley takes the number of its mouth; the houses in it are ``45/1``, ``45/2`` …, those in its sub-alleys
``45/12/7``. Where one plot has become two, the second is ``7A``.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from basemap.demo_ground import Floats, Integers
from basemap.demo_names import BANK_NAMES, BRIDGE_NAMES, STREET_NAMES, unique_names
from basemap.demo_plots import Plots

_SPLIT_PLOT_SHARE_RATIO = 0.05
_SUFFIXES = ("", *"ABCDEFGHIKLMNPQRSTUVXY")


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbering:
    """House number and street of every plot (empty without a street), and the name of every line."""

    house_number: list[str]
    street_name: list[str]
    line_name: list[str]


def name_axes(
    axes: pd.DataFrame, *, ward_of_quarter: Integers, river_column: int, rng: np.random.Generator
) -> list[str]:
    """Return the name of each axis: persons for through streets, ``Đường số 7`` counted anew in each ward."""
    through = axes["role"].isin(["column", "row"]).to_numpy()
    persons = iter(unique_names([str(name) for name in rng.permutation(STREET_NAMES)], int(through.sum())))
    banks = dict(zip((river_column, river_column + 1), BANK_NAMES, strict=True))
    bridges = iter(BRIDGE_NAMES)
    counted: dict[int, int] = {}
    names = []
    for role, column, row in axes.itertuples(index=False):
        if role == "bridge":
            names.append(next(bridges))
        elif role == "column" and column in banks:
            names.append(banks[column])
        elif role in ("column", "row"):
            names.append(next(persons))
        else:
            ward = int(ward_of_quarter[column, row])
            counted[ward] = counted.get(ward, 0) + 1
            names.append(f"Đường số {counted[ward]}")
    return names


def number_houses(plots: Plots, *, axis_names: list[str], rng: np.random.Generator) -> Numbering:
    """Return the addresses of all plots and the names of all lines."""
    lines, frame = plots.lines, plots.frame
    alley = np.flatnonzero(lines["parent"].to_numpy() >= 0)
    line = np.concatenate([frame["line"].to_numpy(), lines["parent"].to_numpy()[alley]])
    position_m = np.concatenate([frame["position_m"].to_numpy(), lines["parent_position_m"].to_numpy()[alley]])
    is_left = np.concatenate([frame["is_left"].to_numpy(bool), lines["is_left"].to_numpy(bool)[alley]])
    is_mouth = np.arange(len(line)) >= len(frame)
    axis = np.where(line >= 0, lines["axis"].to_numpy()[line], -1)
    numbers = _numbers(2 * axis + is_left, position_m, is_left=is_left, is_mouth=is_mouth, rng=rng)
    prefix, root = _alley_prefixes(lines, dict(zip(alley.tolist(), numbers[len(frame) :], strict=True)))
    streets = [axis_names[at] if at < len(axis_names) else "" for at in lines["axis"]]
    line_name = [f"Hẻm {prefix[k]} {streets[root[k]]}" if k in prefix else streets[k] for k in range(len(lines))]
    house_number, street_name = [], []
    for at, number in zip(frame["line"].tolist(), numbers, strict=False):
        house_number.append("" if at < 0 else f"{prefix[at]}/{number}" if at in prefix else number)
        street_name.append("" if at < 0 else streets[root.get(at, at)])
    return Numbering(house_number=house_number, street_name=street_name, line_name=line_name)


def _numbers(
    group: Integers,
    position_m: Floats,
    *,
    is_left: npt.NDArray[np.bool_],
    is_mouth: npt.NDArray[np.bool_],
    rng: np.random.Generator,
) -> list[str]:
    """Return the numbers of the items of each group (one hand of one axis) by their position."""
    order = np.lexsort([position_m, group])
    ordered, mouth = group[order], is_mouth[order]
    is_first = np.concatenate([[True], ordered[1:] != ordered[:-1]])
    shares = (rng.random(len(order)) < _SPLIT_PLOT_SHARE_RATIO) & ~is_first & ~mouth
    shares &= ~np.concatenate([[False], mouth[:-1]])
    count = np.cumsum(~shares)
    start = np.maximum.accumulate(np.where(is_first, np.arange(len(order)), 0))
    rank = count - count[start] + 1
    leader = np.maximum.accumulate(np.where(shares, 0, np.arange(len(order))))
    letter = np.arange(len(order)) - leader
    number = np.where(is_left[order], 2 * rank - 1, 2 * rank)
    texts = np.empty(len(order), dtype=object)
    texts[order] = [f"{n}{_SUFFIXES[k]}" for n, k in zip(number.tolist(), letter.tolist(), strict=True)]
    return [str(text) for text in texts]


def _alley_prefixes(lines: pd.DataFrame, number: dict[int, str]) -> tuple[dict[int, str], dict[int, int]]:
    """Return the number path of each alley from its street on, and the line of that street."""
    parents = lines["parent"].tolist()
    prefix: dict[int, str] = {}
    root: dict[int, int] = {}
    for line in sorted(number, key=lambda alley: parents[alley] in number):
        parent = parents[line]
        prefix[line] = f"{prefix[parent]}/{number[line]}" if parent in prefix else number[line]
        root[line] = root.get(parent, parent)
    return prefix, root
