"""A question asked of one plot with notes and replayed for many: the same answers, and nothing passes unnoted."""

from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from permits.model import exact
from permits.noted import NotedFact, NotedFigure, Notes, NotNotableError, Slot
from permits.replay import Answer, Columns, PlotFacts, Replay

MEASURED = frozenset({"area_m2", "front_m"})
tenths = st.integers(0, 60).map(lambda number: number / 10)


def coverage(facts: PlotFacts) -> Answer[str]:
    """Half of the area from 3 m² on, on a corner a third; on the step itself, nothing."""
    area_m2, front_m = facts.area_m2, facts.front_m
    if area_m2 is None:
        return Answer("unknown")
    if exact(area_m2) == 3:
        return Answer("on the step", 0)
    if facts.is_corner:
        return Answer("corner", exact(area_m2) / 3)
    is_wide = front_m is not None and exact(front_m) * 2 > exact(area_m2)
    return Answer("wide" if is_wide else "plain", exact(area_m2) / 2 if area_m2 >= 3 else Fraction(1))


def asked(replay: Replay[str], rows: list[tuple[float | None, float | None, bool]]) -> list[tuple[str, float]]:
    values = dict(zip(("area_m2", "front_m", "is_corner"), zip(*rows, strict=True), strict=True))
    outcomes, which, figures = replay.answers(Columns(values, measured=MEASURED))
    return [(outcomes[number], figure) for number, figure in zip(which, figures, strict=True)]


@given(
    st.lists(
        st.lists(st.tuples(st.none() | tenths, st.none() | tenths, st.booleans()), min_size=1, max_size=30),
        min_size=1,
        max_size=3,
    )
)
def test_the_answers_are_those_of_each_row_alone(batches: list[list[tuple[float | None, float | None, bool]]]) -> None:
    replay = Replay(coverage)
    for rows in batches:
        for (area_m2, front_m, is_corner), (outcome, figure) in zip(rows, asked(replay, rows), strict=True):
            alone = coverage(PlotFacts(columns_of(area_m2, front_m, is_corner=is_corner), 0, None))
            assert outcome == alone.outcome
            assert np.isnan(figure) if alone.figure is None else figure == pytest.approx(float(alone.figure))


def columns_of(area_m2: float | None, front_m: float | None, *, is_corner: bool) -> Columns:
    return Columns({"area_m2": [area_m2], "front_m": [front_m], "is_corner": [is_corner]}, measured=MEASURED)


def test_rows_that_go_the_same_way_are_asked_once() -> None:
    asks = []

    def counting(facts: PlotFacts) -> Answer[str]:
        asks.append(1)
        return coverage(facts)

    replay = Replay(counting)
    rows = [(area / 7, 0.1, False) for area in range(30, 130)]
    assert {outcome for outcome, _ in asked(replay, rows)} == {"plain"}
    assert len(asks) == 1
    asked(replay, rows)
    assert len(asks) == 1


def test_what_floats_cannot_tell_apart_is_asked_exactly() -> None:
    """Twice 1.65 is 3.3 and not more; three times 1.1 is as floats 3.3000000000000003."""

    def thrice(facts: PlotFacts) -> Answer[bool]:
        return Answer(exact(facts.front_m) * 3 > exact(facts.area_m2))

    values = {"front_m": [1.2, 1.1, 1.1], "area_m2": [3.3, 3.3, 3.4]}
    outcomes, which, _ = Replay(thrice).answers(Columns(values, measured=MEASURED))
    assert [outcomes[number] for number in which] == [True, False, False]


def test_several_numbers_of_one_fact_are_told_apart_by_how_many_they_are() -> None:
    def widest(facts: PlotFacts) -> Answer[str]:
        widths = facts.widths_m
        if widths is None:
            return Answer("none")
        return Answer("wide" if max(widths) >= 12 else "narrow", exact(max(widths)))

    values = {"widths_m": [(3.0, 13.0), (12.0,), None, (4.0, 5.0), (5.0, 4.0), (14.0, 3.5)]}
    outcomes, which, figures = Replay(widest).answers(Columns(values, measured=frozenset({"widths_m"})))
    assert [outcomes[number] for number in which] == ["wide", "wide", "none", "narrow", "narrow", "wide"]
    assert figures.tolist()[:2] == [13.0, 12.0]
    assert figures.tolist()[3:] == [5.0, 5.0, 14.0]


def noted() -> NotedFact:
    return Notes().fact("area_m2", 0, 3.5)


@pytest.mark.parametrize(
    "use",
    [
        float,
        round,
        lambda fact: {fact},
        lambda fact: f"{fact}",
        lambda fact: 2.0 * fact,
        lambda fact: sum([fact, 1.0]),
        Fraction,
        lambda fact: float(fact.figure),
        lambda fact: int(fact.figure),
        lambda fact: {fact.figure},
        lambda fact: Fraction(fact.figure),
        lambda fact: fact.figure**2,
        lambda fact: Fraction(7) // fact.figure,
        lambda fact: fact.figure.numerator,
        lambda fact: -fact.figure,
    ],
)
def test_a_use_that_cannot_be_noted_is_refused(use: Callable[[NotedFact], object]) -> None:
    with pytest.raises(NotNotableError):
        use(noted())


def test_a_question_that_cannot_be_noted_is_asked_of_each() -> None:
    replay = Replay(lambda facts: Answer(round(facts.area_m2)))
    outcomes, which, _ = replay.answers(Columns({"area_m2": [1.2, 2.9, 3.1]}, measured=MEASURED))
    assert [outcomes[number] for number in which] == [1, 3, 3]


def test_a_comparison_is_noted_whichever_side_it_stands_on() -> None:
    notes = Notes()
    figure = notes.fact("area_m2", 0, 3.5).figure
    assert isinstance(figure, NotedFigure)
    assert (figure > 3, Fraction(4) > figure, figure == Fraction(7, 2), max(Fraction(9), figure)) == (
        True,
        True,
        True,
        9,
    )
    assert set(notes.comparisons) == {
        ("gt", Slot(0), Fraction(3)),
        ("lt", Slot(0), Fraction(4)),
        ("eq", Slot(0), Fraction(7, 2)),
        ("gt", Slot(0), Fraction(9)),
    }


def test_the_constant_one_is_not_the_second_figure() -> None:
    """The share of 1 and the figure in slot 1 are different steps, though the numbers are equal."""
    notes = Notes()
    area, cap = notes.fact("area_m2", 0, 7.9).figure, notes.fact("cap_ratio", 0, 0.7).figure
    assert Fraction(1) * area > cap * area
    assert len(notes.steps) == 4
