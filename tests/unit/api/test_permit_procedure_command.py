"""``diaban permits procedure`` and ``terms`` as people read them."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.cli import app
from api.settings import settings


@pytest.fixture(params=["vi", "en"])
def language(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("DIABAN_LANGUAGE", request.param)
    settings.cache_clear()
    yield str(request.param)
    settings.cache_clear()


def said(folder: Path, works: dict[str, object]) -> list[str]:
    path = folder / "works.json"
    path.write_text(json.dumps(works), encoding="utf-8")
    words = ["permits", "procedure", "--works", str(path), "--as-of", "2026-11-21"]
    return CliRunner().invoke(app, words).stdout.splitlines()


def test_a_conflict_of_two_texts_names_both(tmp_path: Path, language: str) -> None:
    lines = said(tmp_path, {"kind": "house", "owner": "household", "works_classes": ["II"]})
    assert any("NĐ 217/2026/NĐ-CP, Điều 53 khoản 1" in line for line in lines)
    assert any("QĐ 29/2025/QĐ-UBND, Điều 2 khoản 1 điểm a" in line for line in lines)
    assert any({"vi": "cần xem xét", "en": "review"}[language] in line for line in lines)


def test_an_exempt_repair_tells_its_conditions_and_what_is_owed(tmp_path: Path, language: str) -> None:
    works = {"kind": "repair_inside", "is_house": False, "changes_use": False, "affects_structure": False}
    lines = said(tmp_path, {**works, "works_classes": ["III"]})
    assert {"vi": "được miễn giấy phép", "en": "no permit is needed"}[language] in lines[0]
    assert {"vi": "kèm hồ sơ", "en": "with the dossier"}[language] in lines[1]
    assert {"vi": "phòng cháy", "en": "Fire safety"}[language] in lines[2]


def test_a_temporary_permit_tells_floors_basements_and_years(tmp_path: Path, language: str) -> None:
    plan = {"plan_level": "zone_plan", "plan_implemented": False, "land_recovery_decision": False}
    lines = said(tmp_path, {"kind": "house", "has_commune_land_use_plan": False, **plan})
    figures = [line.split()[0] for line in lines if line.startswith("  ") and line.split()[0].isdigit()]
    assert figures == ["3", "1", "5"]
    assert any({"vi": "tầng hầm tối đa", "en": "basements at most"}[language] in line for line in lines)


def test_a_permit_of_the_older_law_asks_for_review(language: str) -> None:
    lines = CliRunner().invoke(app, ["permits", "terms", "--issued", "2026-06-30"]).stdout.splitlines()
    assert lines[0].startswith({"vi": "cần xem xét", "en": "review"}[language])


def test_each_time_limit_of_a_revocation_runs_from_what_starts_it(language: str) -> None:
    """NĐ 217/2026/NĐ-CP, Article 65: 10 working days from the findings; the rest has not begun."""
    words = ["permits", "revocation", "--findings-received", "2026-07-06"]
    lines = CliRunner().invoke(app, words).stdout.splitlines()
    assert [line for line in lines if "/2026" in line.split(" (")[0]] == lines[:1]
    assert "20/07/2026" in lines[0]
    assert len(lines) == 4
    told = json.loads(CliRunner().invoke(app, ["permits", "revocation", "--json"]).stdout)
    assert [(step["working_days"], step["due"]) for step in told] == [(10, None), (5, None), (5, None), (10, None)]
    assert {"vi": "10 ngày làm việc", "en": "10 working days"}[language] in lines[0]
