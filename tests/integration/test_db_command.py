"""``diaban db upgrade``, on both stores."""

from collections.abc import Iterator

import pytest
from typer.testing import CliRunner

from api import migrations
from api.commands.db import app
from api.settings import settings
from spatial.db import open_database


@pytest.fixture(autouse=True)
def _settings_of_this_test(monkeypatch: pytest.MonkeyPatch, empty_url: str) -> Iterator[None]:
    monkeypatch.setenv("DIABAN_DATABASE_URL", empty_url)
    monkeypatch.setenv("DIABAN_LANGUAGE", "en")
    settings.cache_clear()
    yield
    settings.cache_clear()


def test_the_command_builds_the_store_and_says_so_once(empty_url: str) -> None:
    first = CliRunner().invoke(app, ["upgrade"])
    second = CliRunner().invoke(app, ["upgrade"])
    assert (first.exit_code, second.exit_code) == (0, 0)
    assert "is now at" in first.stderr
    assert "up to date already" in second.stderr
    assert first.stdout == ""
    database = open_database(empty_url)
    assert migrations.is_up_to_date(database)
    database.close()
