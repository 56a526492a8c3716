import httpx
import pytest

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
