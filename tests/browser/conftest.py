"""A real server on a generated city, and a real Chromium that may talk to nobody else."""

import re
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Route

from api.app import create_app
from api.demo import DemoSize, DemoSummary, build_demo, demo_settings
from api.settings import Settings

HOUSEHOLDS = 600
SHOTS = Path("test-results") / "pages"


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A running server and what can be tried on it."""

    address: str
    demo: DemoSummary


@dataclass(slots=True)
class Visit:
    """One browser page, with everything that it did."""

    page: Page
    address: str
    foreign: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def go(self, path: str) -> None:
        """Open a path of the server and wait for its frames."""
        self.page.goto(self.address + path, wait_until="networkidle")

    def look_up(self, demo: DemoSummary) -> None:
        """Ask for the result of the generated child, as a family does."""
        self.go("/admissions/result")
        year, month, day = demo.date_of_birth.split("-")
        answers = {
            "applicant_no": demo.applicant_no,
            "day": day,
            "month": month,
            "year": year,
            "receipt_code": demo.receipt_code,
        }
        for name, value in answers.items():
            self.page.fill(f"#{name}", value)
        self.page.click("main form button")
        self.page.wait_for_load_state("networkidle")

    def too_wide_px(self) -> int:
        """Return by how much the page is wider than the screen."""
        return int(self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))

    def faults(self) -> str:
        """Return what axe-core finds wrong, empty when nothing is."""
        result = Axe().run(self.page)
        return "" if result.violations_count == 0 else str(result.generate_report())

    def shot(self, name: str) -> None:
        """Keep a picture of the whole page."""
        SHOTS.mkdir(parents=True, exist_ok=True)
        for frame in self.page.locator("iframe").all():
            frame.scroll_into_view_if_needed()
        self.page.wait_for_load_state("networkidle")
        width = self.page.viewport_size["width"] if self.page.viewport_size else 0
        self.page.screenshot(path=SHOTS / f"{name}-{width}.png", full_page=True)


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("city") / "demo"
    given = Settings(data_dir=folder, database_url="", secret="", language="en")
    demo = build_demo(folder, size=DemoSize(households=HOUSEHOLDS, seed=11), settings=given, built_at=datetime.now(UTC))
    app = create_app(demo_settings(folder, given))
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False, ws="none"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        yield Served(address=f"http://127.0.0.1:{listener.getsockname()[1]}", demo=demo)
        server.should_exit = True
        thread.join(timeout=20)


@pytest.fixture
def visit(served: Served, chromium: Browser) -> Iterator[Callable[..., Visit]]:
    """Open a browser page of some width; at the end, nothing may have gone abroad and nothing been complained of."""
    opened: list[tuple[BrowserContext, Visit]] = []

    def visit(width: int, *, javascript: bool = True) -> Visit:
        context = chromium.new_context(viewport={"width": width, "height": 844}, java_script_enabled=javascript)
        new = Visit(context.new_page(), served.address)

        def guard(route: Route) -> None:
            if route.request.url.startswith((served.address, "data:", "about:")):
                route.continue_()
            else:
                new.foreign.append(route.request.url)
                route.abort()

        def listen(message: ConsoleMessage) -> None:
            # Chromium itself notes that a page was answered with an error status; those are asked for on purpose.
            if message.type in {"error", "warning"} and not re.search(r"status of 4\d\d", message.text):
                new.said.append(message.text)

        context.route("**/*", guard)
        new.page.on("console", listen)
        new.page.on("pageerror", lambda error: new.said.append(str(error)))
        opened.append((context, new))
        return new

    yield visit
    for context, each in opened:
        context.close()
        assert each.foreign == [], "a page asked another host for something"
        assert each.said == [], "the browser complained"
