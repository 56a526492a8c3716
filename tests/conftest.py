"""Groups of tests that a machine may be unable to run: named loudly, never skipped silently.

With ``DIABAN_REQUIRE_ALL=1`` a skip is a failure. The group ``real`` is the exception while nobody has named a
folder: the data may not be published with the project, so a machine without it is complete.
"""

import os
import shutil
from collections import Counter
from collections.abc import Generator, Iterator
from functools import cache
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

REPOSITORY = Path(__file__).resolve().parents[1]
REQUIRE_ALL = os.environ.get("DIABAN_REQUIRE_ALL") == "1"
POSTGRES_URL = os.environ.get("DIABAN_TEST_POSTGRES_URL", "postgresql+psycopg://postgres@127.0.0.1:5432/postgres")
CHROMIUM = os.environ.get("DIABAN_TEST_CHROMIUM") or shutil.which("chromium")

_not_run: Counter[str] = Counter()


def real_data_folder() -> Path:
    """The folder of real data: DIABAN_REAL_DATA, or shared/data beside the repository."""
    return Path(os.environ.get("DIABAN_REAL_DATA") or REPOSITORY.parent / "shared" / "data")


@cache
def _missing_postgis() -> str | None:
    import psycopg  # noqa: PLC0415 - only the group that needs it pays for it

    enable = "apt-get install postgresql postgresql-postgis, then set DIABAN_TEST_POSTGRES_URL"
    try:
        with psycopg.connect(POSTGRES_URL.replace("+psycopg", ""), connect_timeout=3) as connection:
            found = connection.execute("SELECT 1 FROM pg_available_extensions WHERE name = 'postgis'").fetchone()
    except psycopg.OperationalError as error:
        return f"no PostgreSQL answers ({str(error).splitlines()[0]}); enable with: {enable}"
    return None if found else f"PostgreSQL answers but has no PostGIS; enable with: {enable}"


@cache
def _missing_chromium() -> str | None:
    return None if CHROMIUM else "no Chromium; enable with: apt-get install chromium"


@cache
def _missing_real_data() -> str | None:
    folder = real_data_folder()
    return None if folder.is_dir() else "no folder of real data; enable with: DIABAN_REAL_DATA=<folder> make test"


GROUPS = {"postgis": _missing_postgis, "browser": _missing_chromium, "real": _missing_real_data}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the browser last: while it is open its event loop runs in this thread, and no test can start another.

    Several processes share the suite file by file (``pytest -n 2 --dist loadgroup``): a file stays whole, so that what
    its tests share is made once, but for its browser tests, which come last here too.
    """
    items.sort(key=_needs_browser)
    for item in items:
        kind = "browser" if _needs_browser(item) else "plain"
        item.add_marker(pytest.mark.xdist_group(f"{kind} {item.nodeid.partition('::')[0]}"))


def _needs_browser(item: pytest.Item) -> bool:
    return item.get_closest_marker("browser") is not None


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand what this process could not run to the one that sums up, where there are several."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["not_run"] = dict(_not_run)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: object) -> None:
    """Take over what another process could not run."""
    _not_run.update(getattr(node, "workeroutput", {}).get("not_run", {}))


def pytest_runtest_setup(item: pytest.Item) -> None:
    for group, missing in GROUPS.items():
        if item.get_closest_marker(group) is None:
            continue
        reason = missing()
        if reason is None:
            continue
        _not_run[f"{group}: {reason}"] += 1
        required = REQUIRE_ALL and (group != "real" or "DIABAN_REAL_DATA" in os.environ)
        (pytest.fail if required else pytest.skip)(f"group {group}: {reason}")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    is_known_gap = hasattr(report, "wasxfail")
    if REQUIRE_ALL and report.skipped and not is_known_gap and item.get_closest_marker("real") is None:
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped, and DIABAN_REQUIRE_ALL=1: {report.longrepr}"
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not _not_run:
        return
    terminalreporter.section("GROUPS THAT THIS MACHINE COULD NOT RUN", sep="!", red=True, bold=True)
    for reason, count in sorted(_not_run.items()):
        terminalreporter.line(f"{count} tests of group {reason}", red=True)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The one browser of a run; tests open contexts of their own in it."""
    quiet = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-background-networking", "--disable-component-update"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=quiet)
        yield browser
        browser.close()
