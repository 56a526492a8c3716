"""What no command foresees by itself: a full or locked disk, and a setting that cannot be used."""

import errno
import sys

import pytest

from api import cli
from api.console import say_issues
from api.settings import settings
from spatial.errors import InputError
from spatial.issues import Issue, IssueReport, Severity
from spatial.text import Text


def ending_of(monkeypatch: pytest.MonkeyPatch, error: Exception) -> int | str | None:
    def fail(**_: object) -> None:
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


@pytest.mark.parametrize(
    ("words", "vi", "en"),
    [
        ("allocate --foo", "Không có tùy chọn --foo.", "There is no option --foo."),
        ("verify --jsn x", "Có phải --json?", "Is --json meant?"),
        ("verify", "Còn thiếu DIRECTORY.", "DIRECTORY is missing."),
        ("allocate", "Còn thiếu --out.", "--out is missing."),
        ("basemap show nothing", "chọn một trong: ward, street,", "choose one of: ward, street,"),
        ("basemap list-all", "Không có lệnh list-all. Có phải list?", "There is no command list-all. Is list meant?"),
        ("nothing", "Không có lệnh nothing.", "There is no command nothing."),
        ("serve --port abc", "cần số từ 1 đến 65535", "a number from 1 to 65535"),
        ("serve --port", "Sau --port phải có giá trị.", "--port needs a value"),
        ("basemap list --json=3", "--json không nhận giá trị.", "--json takes no value."),
        ("basemap list ward street", "Thừa từ trên dòng lệnh: street.", "Too many words: street."),
        ("basemap show ward --nothing", "diaban basemap show --help", "diaban basemap show --help"),
    ],
)
def test_what_is_typed_wrong_is_one_line_in_the_language_of_the_terminal_and_exit_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: str, vi: str, en: str
) -> None:
    for language, said in (("vi", vi), ("en", en)):
        monkeypatch.setenv("DIABAN_LANGUAGE", language)
        monkeypatch.setattr(sys, "argv", ["diaban", *words.split()])
        settings.cache_clear()
        with pytest.raises(SystemExit) as ended:
            cli.main()
        told = capsys.readouterr()
        assert (ended.value.code, told.out) == (2, "")
        assert len(told.err.strip().splitlines()) == 1, told.err
        assert said in told.err
        assert "--help" in told.err
    settings.cache_clear()


def test_the_list_of_commands_speaks_the_language_of_the_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["diaban", "--help"])
    monkeypatch.setenv("LC_ALL", "vi_VN.UTF-8")
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 0
    assert "Xếp học sinh của một đợt vào trường." in capsys.readouterr().out


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
