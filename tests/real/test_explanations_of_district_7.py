"""The page of explanations: its commands run as they stand, and every text that it quotes is one that is told."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from allocation.explain import Explanation, explain_everybody

pytestmark = pytest.mark.real

REPOSITORY = Path(__file__).resolve().parents[2]
PAGE = REPOSITORY / "docs" / "how-to" / "explanations.md"


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> list[Explanation]:
    """Everybody's explanation in the round that the page makes."""
    folder = tmp_path_factory.mktemp("reasons")
    data = os.environ.get("DIABAN_REAL_DATA") or str(REPOSITORY.parent / "shared" / "data")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    for commands in re.findall(r"```bash\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL):
        environment = {**os.environ, "PATH": path, "DIABAN_REAL_DATA": data}
        done = subprocess.run(
            ["bash", "-euc", commands], cwd=folder, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
    return list(explain_everybody(folder / "d7" / "reasons"))


def quotes() -> list[list[str]]:
    """The quoted answers of the page, each as its lines without the marks of Markdown."""
    text = PAGE.read_text(encoding="utf-8")
    blocks = re.findall(r"(?:^> .*\n?)+", text, flags=re.MULTILINE)
    return [[line.removeprefix("> ").strip() for line in block.splitlines()] for block in blocks]


def answer(one: Explanation, language: str) -> list[str]:
    nearer = [f"*{school.name}*: {school.sentence.in_language(language)}" for school in one.nearer[:3]]
    return [*(sentence.in_language(language) for sentence in one.sentences), *nearer]


def test_every_answer_on_the_page_is_one_that_a_family_is_told(told: list[Explanation]) -> None:
    answers = {tuple(answer(one, language)) for one in told for language in ("vi", "en")}
    quoted = [tuple(lines[1:]) for lines in quotes()]
    assert len(quoted) == 12
    assert [lines for lines in quoted if lines not in answers] == []


def test_nobody_who_wished_for_a_nearer_school_goes_without_a_reason(told: list[Explanation]) -> None:
    assert sum(len(one.nearer) for one in told) > len(told)
    assert [one for one in told for school in one.nearer if not school.sentence.vi or not school.sentence.en] == []
    # Whoever is turned down by an order comes after the last one admitted: by tier, then metres, then the draw.
    compared = [(school.own, school.last) for one in told for school in one.nearer if school.own and school.last]
    ranks = [tuple((each.tier, each.distance_m, each.lottery_place) for each in pair) for pair in compared]
    assert len(ranks) > len(told)
    assert all(last < own for own, last in ranks)
