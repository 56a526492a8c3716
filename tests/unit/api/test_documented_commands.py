"""A command that a page shows can be typed: it exists, and so does every option beside it."""

import re
from collections.abc import Iterator
from pathlib import Path

import typer
from typer.core import TyperGroup
from typer.main import get_command

from api.cli import app

REPOSITORY = Path(__file__).resolve().parents[3]
SHOWN = re.compile(r"(?:(?<=`)|(?m:^\s*(?:\$ |echo.*\| )?))(?:\.venv/bin/)?diaban ([^`\n|#]+)")


def shown_commands() -> Iterator[tuple[str, list[str]]]:
    for document in (REPOSITORY / "README.md", REPOSITORY / "CHANGELOG.md", *(REPOSITORY / "docs").rglob("*.md")):
        text = re.sub(r"\\\n\s*", " ", document.read_text(encoding="utf-8"))
        for words in SHOWN.findall(text):
            yield document.name, words.split()


def faults_of(words: list[str]) -> list[str]:
    command = get_command(app)
    rest = list(words)
    while isinstance(command, TyperGroup) and rest and not rest[0].startswith("-"):
        inner = command.get_command(typer.Context(command), rest.pop(0))
        if inner is None:
            return ["no such command"]
        command = inner
    options = {"--help"}.union(*(set(one.opts) | set(one.secondary_opts) for one in command.params))
    named = [found[0] for word in rest if (found := re.match(r"--[\w-]+", word))]
    return [option for option in named if option not in options]


def test_every_command_that_a_page_shows_exists_with_its_options() -> None:
    shown = list(shown_commands())
    assert len(shown) > 100  # the pattern still finds them
    assert [(page, " ".join(words), faults_of(words)) for page, words in shown if faults_of(words)] == []


def test_a_wrong_option_and_a_wrong_command_would_be_noticed() -> None:
    assert faults_of(["permits", "find", "--shet", "10"]) == ["--shet"]
    assert faults_of(["basemap", "shout"]) == ["no such command"]
