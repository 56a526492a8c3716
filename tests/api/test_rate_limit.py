import time
from collections.abc import Callable

import httpx
import pytest

from api.app import create_app
from api.rate_limit import Budget, address_of
from api.settings import Settings

LOOK_UP = "/api/v1/admissions/lookup"
Family = dict[str, str]


class Clock:
    """Stands still at the start of a minute until it is told to go on."""

    def __init__(self) -> None:
        self.now_s = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(time, "time", clock)
    return clock


@pytest.fixture
def at(
    clock: Clock, settings: Settings, client_of: Callable[..., httpx.Client], families: list[Family]
) -> Callable[..., int]:
    """Look up from an address under a small budget: three misses, five requests, six misses of all in a minute."""
    budget = Budget(request_count=5, miss_count=3, all_miss_count=6, miss_window_s=60)
    assert clock() == budget.miss_window_s * (clock() // budget.miss_window_s)
    app = create_app(settings, budgets={LOOK_UP: budget})

    def at(address: str, **headers: str) -> int:
        return client_of(app, address=address).post(LOOK_UP, json=families[0], headers=headers).status_code

    return at


def test_an_address_that_keeps_missing_waits_and_is_let_in_again(at: Callable[..., int], clock: Clock) -> None:
    assert [at("192.0.2.1") for _ in range(4)] == [404, 404, 404, 429]
    clock.now_s += 10
    assert at("192.0.2.1") == 429
    clock.now_s += 120
    assert at("192.0.2.1") == 404


def test_one_address_does_not_spend_the_budget_of_another(at: Callable[..., int]) -> None:
    assert [at("192.0.2.1") for _ in range(4)][-1] == 429
    assert at("192.0.2.2") == 404


def test_while_the_breaker_is_open_each_address_has_one_miss(at: Callable[..., int]) -> None:
    """A guesser with many addresses gets no further; a family that has not missed is still answered."""
    guesses = [at(f"192.0.2.{host}") for host in range(1, 4) for _ in range(2)]
    assert guesses == [404] * 6
    assert at("192.0.2.1") == 429
    assert [at("198.51.100.1") for _ in range(2)] == [404, 429]


def test_an_invented_forwarding_header_buys_no_budget(at: Callable[..., int]) -> None:
    statuses = [
        at("192.0.2.1", **{"x-forwarded-for": f"203.0.113.{n}", "forwarded": f"for=203.0.113.{n}"}) for n in range(4)
    ]
    assert statuses[-1] == 429


@pytest.mark.usefixtures("clock")
def test_the_refusal_says_when_to_come_back(
    settings: Settings, client_of: Callable[..., httpx.Client], families: list[Family]
) -> None:
    budget = Budget(request_count=1, miss_count=3, all_miss_count=6, request_window_s=60)
    client = client_of(create_app(settings, budgets={LOOK_UP: budget}))
    client.post(LOOK_UP, json=families[0])
    answer = client.post(LOOK_UP, json=families[0])
    assert answer.status_code == 429
    assert answer.headers["retry-after"] == "60"
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "too_many_requests"
    assert "x-content-type-options" in answer.headers


@pytest.mark.usefixtures("clock")
def test_finding_costs_no_misses(
    settings: Settings, client_of: Callable[..., httpx.Client], families: list[Family]
) -> None:
    budget = Budget(request_count=100, miss_count=1, all_miss_count=1)
    app = create_app(settings, budgets={"/healthz": budget, LOOK_UP: budget})
    client = client_of(app)
    assert [client.post(LOOK_UP, json={}).status_code for _ in range(5)] == [422] * 5
    assert [client.get("/healthz").status_code for _ in range(5)] == [200] * 5
    assert [client.post(LOOK_UP, json=families[0]).status_code for _ in range(2)] == [404, 429]


@pytest.mark.parametrize(
    ("client", "address"),
    [
        (("192.0.2.7", 1), "192.0.2.7"),
        (("2001:db8:1:2:aaaa::1", 1), "2001:db8:1:2::/64"),
        (("2001:db8:1:2:bbbb::9", 1), "2001:db8:1:2::/64"),
        (("/run/diaban.sock", 0), "/run/diaban.sock"),
        (None, "unknown"),
    ],
)
def test_the_many_addresses_of_one_ipv6_home_are_one(client: tuple[str, int] | None, address: str) -> None:
    assert address_of({"type": "http", "client": client}) == address
