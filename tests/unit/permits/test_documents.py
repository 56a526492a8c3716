from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from permits.documents import PaperState, checklist, packaged_checklists
from spatial.errors import InputError

TODAY = date(2026, 11, 21)
LISTS = packaged_checklists()[0]


def states(kind: str = "house", **known: Any) -> dict[str, PaperState]:  # noqa: ANN401 - what checklist takes
    return {paper.name: paper.state for paper in checklist(kind, as_of=TODAY, **known).papers}


def test_a_paper_on_file_is_not_asked_for_again() -> None:
    """NĐ 217/2026/NĐ-CP, Articles 7.3 and 56.2."""
    assert states()["land_paper"] is PaperState.ASKED
    assert states(on_file=["land_paper"])["land_paper"] is PaperState.ON_FILE
    assert states(on_file=["land_paper"], received=["land_paper"])["land_paper"] is PaperState.ON_FILE


@given(st.data())
def test_no_paper_that_is_held_is_ever_asked_for(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(sorted(LISTS.dossiers)))
    reusable = [name for name in LISTS.dossiers[kind].papers if LISTS.papers[name].reusable]
    held = data.draw(st.sets(st.sampled_from(reusable)))
    decided = {name: True for name in reusable if LISTS.papers[name].needed == "if_required"}
    found = states(kind, on_file=held, required=decided)
    assert {name for name in held if found[name] is not PaperState.ON_FILE} == set()


def test_what_another_law_asks_for_is_undecided_until_somebody_says() -> None:
    assert states()["fire_safety"] is PaperState.UNDECIDED
    assert states(required={"fire_safety": True})["fire_safety"] is PaperState.ASKED
    assert states(required={"fire_safety": False})["fire_safety"] is PaperState.NOT_REQUIRED


def test_a_dossier_is_complete_when_nothing_is_asked_for_and_nothing_undecided() -> None:
    no = dict.fromkeys(("culture_opinion", "fire_safety", "design_review"), False)
    known: dict[str, Any] = {
        "on_file": ["land_paper"],
        "received": ["form_01", "house_drawings", "neighbour_undertaking"],
    }
    assert checklist("house", as_of=TODAY, required=no, **known).is_complete
    assert not checklist("house", as_of=TODAY, required=no | {"fire_safety": True}, **known).is_complete
    assert not checklist("house", as_of=TODAY, **known).is_complete


def test_the_older_decree_has_no_list_here() -> None:
    found = checklist("house", as_of=date(2026, 6, 30))
    assert (found.papers, found.reason, found.is_complete) == ((), "NOT_IN_FORCE", False)


@pytest.mark.parametrize(
    ("known", "says"),
    [
        ({"on_file": ["house_drawings"]}, "never on file"),
        ({"on_file": ["works_drawings"]}, "no paper works_drawings"),
        ({"received": ["letter"]}, "no paper letter"),
        ({"required": {"form_01": False}}, "needed in any case"),
    ],
)
def test_what_cannot_be_said_of_a_paper_is_refused(known: dict[str, Any], says: str) -> None:
    with pytest.raises(InputError, match=says):
        states(**known)


def test_a_dossier_that_is_none_is_refused_and_the_others_are_named() -> None:
    with pytest.raises(InputError) as missing:
        states("castle")
    assert "house_of_organisation" in missing.value.sentence("en")
