"""``diaban permits due`` as people type it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.cli import app
from api.settings import settings
from spatial.errors import DiabanError

WORDS = ["permits", "due", "--procedure", "house_new"]


@pytest.fixture(params=["vi", "en"])
def language(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("DIABAN_LANGUAGE", request.param)
    settings.cache_clear()
    yield str(request.param)
    settings.cache_clear()


def test_the_table_is_read_in_the_language_of_the_terminal(language: str) -> None:
    said = CliRunner().invoke(app, [*WORDS, "--received", "2026-11-20"]).stdout
    first = {"vi": "hạn cuối: 02/12/2026", "en": "due: 02/12/2026"}[language]
    assert said.startswith(first)
    assert {"vi": "thứ Ba", "en": "Tuesday"}[language] in said


def test_an_old_dossier_gets_no_day(language: str) -> None:
    said = CliRunner().invoke(app, [*WORDS, "--received", "2026-07-02", "--lodged", "2026-06-25"]).stdout
    assert {"vi": "cần xem xét", "en": "needs review"}[language] in said
    assert "NĐ 175/2024/NĐ-CP" in said
    assert "Điều 76 khoản 19" in said


def test_a_storm_day_of_the_office_moves_the_deadline(tmp_path: Path) -> None:
    own = tmp_path / "office.yaml"
    storm = "{date: 2026-07-08, cause: closure, vi: Bão, en: Storm, document: Công điện 12/CĐ-UBND}"
    own.write_text(f"days: [{storm}]", encoding="utf-8")
    said = CliRunner().invoke(app, [*WORDS, "--received", "2026-07-06", "--calendar", str(own)]).stdout
    assert "16/07/2026" in said.splitlines()[0]
    assert "Công điện 12/CĐ-UBND" in said


@pytest.mark.parametrize("received", ["2026-02-30", "20/11/2026", "tomorrow", ""])
def test_a_day_that_is_none_is_refused_in_one_sentence(received: str) -> None:
    error = CliRunner().invoke(app, [*WORDS, "--received", received]).exception
    assert isinstance(error, DiabanError)
    assert "2026-11-22" in error.sentence("en")
