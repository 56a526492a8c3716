"""Guessing costs time: a budget for each address, and a breaker on the misses of all.

A family behind a shared address looks up often and nearly always finds; a guesser nearly always misses. So hits
are cheap and misses are dear. While the breaker is open, an address that has missed lately waits; one that has
not is still answered, so that an attack does not close the counter for everybody.
"""

import ipaddress
import threading
from collections.abc import Mapping
from dataclasses import dataclass

from limits import RateLimitItemPerSecond
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import Problem, problem_response
from spatial.text import Text

_MISSES = frozenset({401, 403, 404})
_IPV6_HOME_PREFIX_BITS = 64
_FORGET_AFTER_S = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """How often a door may be knocked at.

    Parameters
    ----------
    request_count
        Requests of one address in ``request_window_s`` seconds.
    miss_count
        Misses of one address in ``miss_window_s`` seconds.
    all_miss_count
        Misses of everybody together in ``all_miss_window_s`` seconds; then the breaker opens.
    counts_reading
        Whether a GET knocks too: so it is where each answer costs, and a guess is not the danger.
    """

    request_count: int
    miss_count: int
    all_miss_count: int
    request_window_s: int = 60
    miss_window_s: int = 600
    all_miss_window_s: int = 60
    counts_reading: bool = False


LOOK_UP_BUDGET = Budget(request_count=300, miss_count=10, all_miss_count=1000)
SIGN_IN_BUDGET = Budget(request_count=20, miss_count=10, all_miss_count=200)
ADDRESS_BUDGET = Budget(request_count=600, miss_count=600, all_miss_count=10_000, counts_reading=True)
ADDRESS_BATCH_BUDGET = Budget(request_count=30, miss_count=30, all_miss_count=1000)


class RateLimit:
    """Holds the budgets of paths that can be guessed at or that cost much; posts count, reading where it says so."""

    def __init__(self, app: ASGIApp, *, budgets: Mapping[str, Budget]) -> None:
        self._app = app
        # One door for each budget, however many paths lead to it: a guess costs the same through page and JSON.
        doors = {budget: _Door(budget) for budget in set(budgets.values())}
        self._doors = {
            (method, path): doors[budget]
            for path, budget in budgets.items()
            for method in (("POST", "GET", "HEAD") if budget.counts_reading else ("POST",))
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and count how it ended, or say how long to wait."""
        door = self._doors.get((scope["method"], scope["path"])) if scope["type"] == "http" else None
        if door is None:
            await self._app(scope, receive, send)
            return
        address = address_of(scope)
        wait_s = door.wait_s(address)
        if wait_s is not None:
            await problem_response(Request(scope), _too_many(wait_s))(scope, receive, send)
            return

        async def send_counted(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] in _MISSES:
                door.count_miss(address)
            await send(message)

        await self._app(scope, receive, send_counted)


class _CalmStorage(MemoryStorage):
    """Counts in memory, and forgets what is over once in a while.

    The library's own starts a thread every 10 ms to look at every address: on results day that costs more than
    the look-ups. Should it rename the method, its own way is used again.
    """

    def _MemoryStorage__schedule_expiry(self) -> None:  # noqa: N802  the library's private name
        if not self.timer.is_alive():
            expire = self._MemoryStorage__expire_events  # type: ignore[attr-defined]  # private to the library
            self.timer = threading.Timer(_FORGET_AFTER_S, expire)
            self.timer.daemon = True
            self.timer.start()


class _Door:
    def __init__(self, budget: Budget) -> None:
        self._limiter = SlidingWindowCounterRateLimiter(_CalmStorage())
        self._requests = RateLimitItemPerSecond(budget.request_count, budget.request_window_s, "requests")
        self._misses = RateLimitItemPerSecond(budget.miss_count, budget.miss_window_s, "misses")
        self._all_misses = RateLimitItemPerSecond(budget.all_miss_count, budget.all_miss_window_s, "all")

    def wait_s(self, address: str) -> int | None:
        """Return the seconds to wait; None lets the request in and counts it."""
        limiter = self._limiter
        if not limiter.hit(self._requests, address):
            return self._requests.multiples
        misses = limiter.get_window_stats(self._misses, address)
        if misses.remaining <= 0:
            return self._misses.multiples
        breaker_is_open = not limiter.test(self._all_misses, "everybody")
        if breaker_is_open and misses.remaining < self._misses.amount:
            return self._all_misses.multiples
        return None

    def count_miss(self, address: str) -> None:
        self._limiter.hit(self._misses, address)
        self._limiter.hit(self._all_misses, "everybody")


def address_of(scope: Scope) -> str:
    """Return the address that a request is counted under; the 2^64 addresses of one IPv6 home are one."""
    client = scope.get("client")
    if client is None:
        return "unknown"
    try:
        address = ipaddress.ip_address(client[0])
    except ValueError:
        return str(client[0])
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((address, _IPV6_HOME_PREFIX_BITS), strict=False))
    return str(address)


def _too_many(wait_s: int) -> Problem:
    minutes_count = -(-wait_s // 60)
    return Problem(
        status=429,
        code="too_many_requests",
        message=Text("Quá nhiều lần thử từ kết nối này.", "Too many tries from this connection."),
        hint=Text(
            f"Vui lòng thử lại sau {minutes_count} phút; kết quả không mất đi.",
            f"Please try again in {minutes_count} min; your result stays where it is.",
        ),
        headers={"Retry-After": str(wait_s)},
    )
