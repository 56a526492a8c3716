import json
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from api.cli import app

LIMITS = "/api/v1/permits/limits"
PLOT = {
    "building_type": "row_house",
    "area_type": "existing_urban",
    "plot_area_m2": 50,
    "frontage_m": 4,
    "road_width_m": 12,
}


def ask(client: httpx.Client, **question: object) -> httpx.Response:
    return client.post(LIMITS, json={"facts": PLOT, "as_of": "2026-11-21"} | question)


def test_each_limit_comes_with_value_unit_verdict_and_article(client: httpx.Client) -> None:
    body = ask(client).json()
    assert body["facts"] == PLOT
    assert body["as_of"] == "2026-11-21"
    assert {"value", "unit", "verdict", "reason", "rule", "citation", "binding"} <= set(
        body["limits"]["max_site_coverage_ratio"]
    )


def test_a_plot_of_50_square_metres_may_be_built_over_entirely(client: httpx.Client) -> None:
    """QĐ 56/2021/QĐ-UBND, annex 18, table 1: 100 % below 50 m2, from there linear to 90 % at 100 m2."""
    assert ask(client).json()["limits"]["max_site_coverage_ratio"]["value"] == 1.0


def test_the_bare_facts_of_the_command_line_are_a_question_too(client: httpx.Client) -> None:
    bare = client.post(LIMITS, json=PLOT | {"as_of": "2026-11-21"}).json()
    assert bare == ask(client).json()


@pytest.mark.parametrize(
    "question",
    [
        {"facts": []},
        {"facts": {"plot_aera_m2": 50}},
        {"facts": {"plot_area_m2": -1}},
        {"facts": {"plot_area_m2": "much"}},
        {"facts": {f"fact_{n}": 1 for n in range(101)}},
        {"as_of": "tomorrow"},
        {"rulebook": "../../etc/passwd"},
        {"rulebook": "/tmp/rules.yaml"},  # noqa: S108  is refused, not opened
        {"surprise": 1},
    ],
)
def test_a_question_that_cannot_be_meant_is_refused(client: httpx.Client, question: dict[str, object]) -> None:
    answer = ask(client, **question)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "bad_input"


def test_a_rule_pack_that_does_not_exist_is_not_found(client: httpx.Client) -> None:
    assert ask(client, rulebook="nowhere").json()["code"] == "not_found"


def test_numbers_that_json_does_not_know_are_refused(client: httpx.Client) -> None:
    body = b'{"facts": {"plot_area_m2": NaN}}'
    answer = client.post(LIMITS, content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 422


APARTMENT = {
    "building_type": "apartment",
    "area_type": "new_development",
    "plot_area_m2": 14000,
    "building_height_m": 31,
    "plan_approval_date": "2023-05-01",
    "former_province": "hcmc",
    "in_special_area": False,
    "zone_plan_known": True,
}


@pytest.mark.parametrize("rulebook", ["qcvn-01-2021", "all"])
def test_an_apartment_is_answered_by_the_national_standard(client: httpx.Client, rulebook: str) -> None:
    """QCVN 01:2021/BXD, Table 2.9: 48 % and 46 % on both sides of 14,000 m2."""
    limit = ask(client, facts=APARTMENT, rulebook=rulebook).json()["limits"]["max_site_coverage_ratio"]
    assert (limit["value"], limit["citation"]) == (0.47, "QCVN 01:2021/BXD, mục 2.6.3, Bảng 2.9")


def test_under_all_packs_each_limit_names_the_pack_that_binds(client: httpx.Client) -> None:
    body = ask(client, facts=APARTMENT, rulebook="all").json()
    assert body["limits"]["max_site_coverage_ratio"]["rulebook"] == "qcvn-01-2021"
    assert "hcmc-row-houses" in body["rulebooks"]


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ({"facts": {**APARTMENT, "floors": 0}}, "floors = 0"),
        ({"facts": {**APARTMENT, "floors": 300}}, "floors = 300"),
        ({"facts": {**APARTMENT, "building_height_m": 3100}}, "centimetres"),
        ({"facts": APARTMENT, "as_of": "1999-01-01"}, "before every law"),
        ({"facts": {**APARTMENT, "plan_approval_date": "2027-05-01"}}, "after the day"),
        ({"facts": {**APARTMENT, "plan_approval_date": "soon"}}, "a day like"),
    ],
)
def test_facts_that_cannot_be_are_refused_in_one_sentence(
    client: httpx.Client, question: dict[str, object], said: str
) -> None:
    answer = client.post(LIMITS, json={"as_of": "2026-11-21", **question}, headers={"accept-language": "en"})
    assert answer.status_code == 422
    assert said in str(answer.json())


def test_the_command_answers_as_the_interface_does(client: httpx.Client, tmp_path: Path) -> None:
    sheet = tmp_path / "facts.json"
    sheet.write_text(json.dumps(APARTMENT), encoding="utf-8")
    words = ["permits", "limits", "--facts", str(sheet), "--as-of", "2026-11-21", "--rulebook", "all"]
    assert json.loads(CliRunner().invoke(app, words).stdout) == ask(client, facts=APARTMENT, rulebook="all").json()


def test_the_command_prints_what_is_checked_and_what_is_not() -> None:
    assert "QCVN 01:2026" in CliRunner().invoke(app, ["permits", "coverage"]).stdout
    rows = json.loads(CliRunner().invoke(app, ["permits", "coverage", "--json"]).stdout)
    assert {row["status"] for row in rows} == {"program", "officer", "out_of_scope"}
