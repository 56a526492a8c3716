"""What no command foresees by itself: a full or locked disk, and a setting that cannot be used."""

import errno

import pytest

from api import cli
from api.console import say_issues
from api.settings import settings
from spatial.errors import InputError
from spatial.issues import Issue, IssueReport, Severity
from spatial.text import Text


def ending_of(monkeypatch: pytest.MonkeyPatch, error: Exception) -> int | str | None:
    def fail() -> None:
        raise error

    monkeypatch.setattr(cli, "app", fail)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    return ended.value.code


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.ENOSPC, "The disk is full. Make room"),
        (errno.EROFS, "can only be read"),
        (errno.EACCES, "not permitted"),
        (errno.EIO, "The system says: Input/output error"),
    ],
)
def test_what_the_disk_refuses_is_one_line_and_exit_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], number: int, said: str
) -> None:
    fault = cli.fault_of_system(OSError(number, "Input/output error", "/full/offers.csv"))
    assert said in fault.sentence("en")
    assert fault.sentence("en").startswith("/full/offers.csv: ")
    unfinished = cli.fault_of_system(OSError(number, "", "/full/.round-ab12cd_9/problem/offers.csv"))
    assert unfinished.subject == "/full"
    assert ending_of(monkeypatch, OSError(number, "Input/output error", "/full/offers.csv")) == 1
    assert len(capsys.readouterr().err.strip().splitlines()) == 1


def test_a_setting_that_cannot_be_used_is_named_and_its_value_is_not_shown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DIABAN_LANGUAGE", "klingon")
    settings.cache_clear()
    with pytest.raises(InputError) as refused:
        settings()
    assert refused.value.subject == "DIABAN_LANGUAGE"
    assert "klingon" not in refused.value.sentence("vi")
    assert ending_of(monkeypatch, refused.value) == 2
    assert "DIABAN_LANGUAGE" in capsys.readouterr().err
    settings.cache_clear()


@pytest.mark.parametrize(("language", "words"), [("vi", "lỗi: a.csv, dòng 3: "), ("en", "error: a.csv, row 3: ")])
def test_findings_are_told_in_one_language(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], language: str, words: str
) -> None:
    monkeypatch.setenv("DIABAN_LANGUAGE", language)
    settings.cache_clear()
    finding = Issue(severity=Severity.ERROR, code="x", file="a.csv", row=3, message=Text("Sai.", "Wrong."))
    say_issues(IssueReport([finding]), written_to="issues.csv")
    assert capsys.readouterr().err.startswith(words)
    settings.cache_clear()
