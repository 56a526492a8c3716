"""Facts and points as people type them: each slip is one sentence, and no traceback."""

import io
from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.cli import app
from api.commands.json_files import read_json
from spatial.errors import DiabanError, InputError


@pytest.mark.parametrize("content", ["[" * 100_000, '{"floors": ' + "9" * 5000 + "}", '{"floors": 3, "floors": 4}'])
def test_json_that_cannot_be_used_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "facts.json"
    path.write_text(content)
    with pytest.raises(InputError, match="cannot be used"):
        read_json(path)


@pytest.mark.parametrize("is_piped", [True, False])
def test_a_byte_order_mark_is_no_part_of_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_piped: bool) -> None:  # noqa: FBT001 - a case of pytest
    data = '\ufeff{"floors": 3}'.encode()
    (tmp_path / "facts.json").write_bytes(data)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data), encoding="utf-8"))
    assert read_json(Path("-") if is_piped else tmp_path / "facts.json") == {"floors": 3}


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("--lon 106.66", "two numbers"),
        ("--lon 106.66 --y 10.77", "two numbers"),
        ("--lon 106.66 --lat 10.77 --x 1 --y 1", "one way"),
        ("--lon 106.66 --lat 10.77 --ward 26797", "one way"),
        ("--lon 2.3 --lat 48.8", "outside Vietnam"),
        ("--lon nan --lat 10.77", "no coordinates"),
        ("--x 6.66 --y 10.77", "outside Vietnam"),
    ],
)
def test_a_point_that_is_none_is_refused_before_anything_is_searched(words: str, says: str) -> None:
    done = CliRunner().invoke(app, ["permits", "find", *words.split()])
    assert isinstance(done.exception, DiabanError), done.exception
    assert says in done.exception.sentence("en")
