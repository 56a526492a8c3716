import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from api.cli import app

PROCEDURE = "/api/v1/permits/procedure"
TERMS = "/api/v1/permits/terms"
WORKS = {"kind": "house", "owner": "household", "works_classes": ["II"], "in_architecture_regulation_area": True}


def test_the_server_and_the_command_give_the_same_answer(client: httpx.Client, tmp_path: Path) -> None:
    path = tmp_path / "works.json"
    path.write_text(json.dumps(WORKS), encoding="utf-8")
    words = ["permits", "procedure", "--works", str(path), "--as-of", "2026-11-21", "--json"]
    told: dict[str, Any] = client.post(PROCEDURE, json={"works": WORKS, "as_of": "2026-11-21"}).json()
    assert told == json.loads(CliRunner().invoke(app, words).stdout)
    assert told["exemption"]["permit_required"] is True
    assert [reading["authority"] for reading in told["competence"]["conflict"]] == ["commune", "department"]
    assert told["temporary_permit"] is None


def test_the_terms_of_a_permit_are_told(client: httpx.Client) -> None:
    """NĐ 217/2026/NĐ-CP, Articles 49.10, 63.3.a and 66.1."""
    told = client.get(TERMS, params={"issued": "2026-08-03"}).json()
    assert (told["start_by"], told["publish_online_at_least_until"]) == ("2027-08-03", "2027-08-03")
    assert (told["extensions_left"], told["extension_months"]) == (2, 12)
    words = ["permits", "terms", "--issued", "2026-08-03", "--json"]
    assert told == json.loads(CliRunner().invoke(app, words).stdout)


@pytest.mark.parametrize(
    "wrong",
    [
        {"works": []},
        {"works": {"kinds": "house"}},
        {"works": {"kind": "castle"}},
        {"works": {"floors": 300}},
        {"works": {f"fact_{n}": 1 for n in range(101)}},
        {"as_of": "tomorrow"},
        {"surprise": 1},
    ],
)
def test_works_that_cannot_be_meant_are_refused(client: httpx.Client, wrong: dict[str, object]) -> None:
    answer = client.post(PROCEDURE, json={"works": WORKS} | wrong)
    assert answer.status_code == 422
    assert answer.json()["code"] == "bad_input"


@pytest.mark.parametrize(
    ("params", "status"),
    [
        ({"issued": "2026-02-30"}, 400),
        ({"issued": "2026-08-03", "extended": "2026-08-01"}, 422),
        ({}, 400),
    ],
)
def test_terms_that_cannot_be_meant_are_refused(client: httpx.Client, params: dict[str, str], status: int) -> None:
    assert client.get(TERMS, params=params).status_code == status


def test_the_papers_of_a_dossier_are_told_and_what_is_on_file_is_not_asked_for(client: httpx.Client) -> None:
    params = {"kind": "house", "on_file": "land_paper", "required": ["fire_safety"], "as_of": "2026-11-21"}
    told = client.get("/api/v1/permits/dossier", params=params).json()
    found = {paper["paper"]: paper["state"] for paper in told["papers"]}
    assert (found["land_paper"], found["fire_safety"], found["form_01"]) == ("on_file", "asked", "asked")
    words = ["permits", "dossier", "--kind", "house", "--on-file", "land_paper", "--required", "fire_safety"]
    assert told == json.loads(CliRunner().invoke(app, [*words, "--as-of", "2026-11-21", "--json"]).stdout)


@pytest.mark.parametrize(("kind", "status"), [("castle", 422), ("x" * 41, 400)])
def test_a_dossier_that_is_none_is_refused(client: httpx.Client, kind: str, status: int) -> None:
    assert client.get("/api/v1/permits/dossier", params={"kind": kind}).status_code == status
