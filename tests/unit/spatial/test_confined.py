"""What runs in a process of its own ends there, whatever it does."""

import os
import tempfile
import time
from pathlib import Path

import pytest

from spatial.confined import Bounds, ConfinedError, Excess, confined
from spatial.errors import InputError
from spatial.text import Text

BOUNDS = Bounds(memory_bytes=200_000_000, time_s=30.0)


def product(a: int, *, b: int) -> int:
    return a * b


def refuse() -> None:
    raise InputError(Text("Sai.", "Wrong."), hint=Text("Sửa.", "Mend."), subject="a.csv", code="file_damaged")


def gluttony() -> int:
    return len(bytearray(1_000_000_000))


def sleep() -> None:
    time.sleep(60)


def break_down() -> None:
    Path(tempfile.mkdtemp(), "left").write_text("x", encoding="utf-8")
    os.abort()


def folder_of_temporary_files() -> str:
    return tempfile.mkdtemp()


def test_the_answer_comes_back() -> None:
    assert confined(product, BOUNDS, 6, b=7) == 42


def test_a_refusal_comes_back_whole() -> None:
    with pytest.raises(InputError) as caught:
        confined(refuse, BOUNDS)
    assert (caught.value.code, caught.value.sentence("vi")) == ("file_damaged", "a.csv: Sai. Sửa.")


@pytest.mark.parametrize(
    ("function", "excess"), [(gluttony, Excess.MEMORY), (sleep, Excess.TIME), (break_down, Excess.CRASH)]
)
def test_too_much_memory_too_much_time_and_a_crash_are_told_apart(function: object, excess: Excess) -> None:
    bounds = Bounds(memory_bytes=200_000_000, time_s=3.0 if excess is Excess.TIME else 30.0)
    with pytest.raises(ConfinedError) as caught:
        confined(function, bounds)  # type: ignore[arg-type]  # one of three functions
    assert caught.value.excess is excess


def test_nothing_that_it_wrote_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert confined(folder_of_temporary_files, BOUNDS).startswith(str(tmp_path))
    with pytest.raises(ConfinedError):
        confined(break_down, BOUNDS)
    assert list(tmp_path.iterdir()) == []
