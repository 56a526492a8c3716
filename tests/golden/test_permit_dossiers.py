"""The papers of permit_dossiers.yaml: every kind of dossier, as its article lists them."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from permits.documents import PaperState, checklist, packaged_checklists

SHEET = yaml.safe_load(Path(__file__).with_name("permit_dossiers.yaml").read_text(encoding="utf-8"))
CASES = {case["id"]: case for case in SHEET["cases"]}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_article_asks_for_these_papers_and_leaves_those_to_other_laws(case: dict[str, Any]) -> None:
    found = checklist(case["kind"], as_of=date(2026, 11, 21))
    by_state = {
        state: {paper.name for paper in found.papers if paper.state is state}
        for state in (PaperState.ASKED, PaperState.UNDECIDED)
    }
    assert by_state[PaperState.ASKED] == set(case["asked"])
    assert by_state[PaperState.UNDECIDED] == set(case["undecided"])
    assert found.citation.clause == case["clause"]


def test_every_kind_of_dossier_has_its_case() -> None:
    assert {case["kind"] for case in CASES.values()} == set(packaged_checklists()[0].dossiers)
