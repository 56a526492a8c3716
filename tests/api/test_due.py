import json
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from api.cli import app

DUE = "/api/v1/permits/due"
QUESTION = {"procedure": "house_new", "received": "2026-11-20"}


def test_the_server_and_the_command_give_the_same_answer(client: httpx.Client) -> None:
    words = ["permits", "due", "--procedure", "house_new", "--received", "2026-11-20", "--json"]
    told: dict[str, Any] = client.get(DUE, params=QUESTION).json()
    assert told["due"] == "2026-12-02"
    assert told == json.loads(CliRunner().invoke(app, words).stdout)


def test_the_supplement_is_counted_as_asked(client: httpx.Client) -> None:
    days = {"received": "2026-07-06", "notice_sent": "2026-07-08", "supplement_received": "2026-07-10"}
    told = [
        client.get(DUE, params=QUESTION | days | {"supplement_clock": clock}).json()["due"]
        for clock in ("paused", "running")
    ]
    assert told == ["2026-07-17", "2026-07-15"]


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"procedure": "castle"}, 400),
        ({"received": "2026-02-30"}, 400),
        ({"received": "1899-01-01"}, 400),
        ({"received": ""}, 400),
        ({"lodged": "2026-11-21"}, 422),
        ({"supplement_received": "2026-11-24"}, 422),
        ({"colour": "blue"}, 400),
    ],
)
def test_a_question_that_cannot_be_meant_is_refused(client: httpx.Client, wrong: dict[str, str], status: int) -> None:
    answer = client.get(DUE, params=QUESTION | wrong)
    assert answer.status_code == status
    assert answer.json()["code"] == {400: "bad_parameters", 422: "bad_input"}[status]
