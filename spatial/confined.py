"""A function carried out in a process of its own, within bounds of memory and time.

Libraries that read foreign files are written in C++: what they ask of memory cannot be counted from Python, what they
do cannot be stopped, and a fault in one ends the process. In a process of its own all three cost one file.
"""

import contextlib
import os
import resource
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import ParamSpec, TypeVar, cast

from spatial.errors import DiabanError

P = ParamSpec("P")
R = TypeVar("R")

_SECONDS_TO_TELL_S = 5
_PAGE_BYTES = resource.getpagesize()


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What a function may use.

    Parameters
    ----------
    memory_bytes
        Beside what the libraries themselves take when they are loaded.
    time_s
        By the clock.
    """

    memory_bytes: int
    time_s: float


class Excess(StrEnum):
    """Why a confined function gave no answer."""

    MEMORY = "memory"
    TIME = "time"
    CRASH = "crash"


class ConfinedError(Exception):
    """A confined function gave no answer."""

    def __init__(self, excess: Excess) -> None:
        super().__init__(excess.value)
        self.excess = excess


def confined(function: Callable[P, R], bounds: Bounds, /, *args: P.args, **kwargs: P.kwargs) -> R:
    """Return ``function(*args, **kwargs)`` out of a process of its own.

    Its temporary files go when the process ends, also when it is stopped.

    Parameters
    ----------
    function
        Of a module; it, its arguments and its answer travel as pickles.

    Raises
    ------
    ConfinedError
        It took more than it may, or the process broke down.
    DiabanError
        As ``function`` raised it.
    """
    scratch = Path(tempfile.mkdtemp(prefix="diaban-confined-"))
    context = get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_carry_out, args=(sender, scratch, bounds, function, args, kwargs), daemon=True)
    try:
        process.start()
        sender.close()
        return cast("R", _answer(receiver, bounds))
    finally:
        process.kill()
        process.join()
        receiver.close()
        shutil.rmtree(scratch, ignore_errors=True)


def _answer(receiver: Connection, bounds: Bounds) -> object:
    if not receiver.poll(bounds.time_s):
        raise ConfinedError(Excess.TIME)
    try:
        kind, content = receiver.recv()
    except EOFError as error:
        raise ConfinedError(Excess.CRASH) from error
    if kind is None:
        return content
    if kind is ConfinedError:
        raise ConfinedError(content)
    message, hint, subject, code = content
    raise kind(message, hint=hint, subject=subject, code=code)


def _carry_out(
    sender: Connection,
    scratch: Path,
    bounds: Bounds,
    function: Callable[..., object],
    args: tuple[object, ...],
    kwargs: dict[str, object],
) -> None:
    tempfile.tempdir = str(scratch)
    _limit(bounds)
    # What a library says with its last breath helps nobody at the terminal.
    with Path(os.devnull).open("wb") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        answer: tuple[object, object] = (None, function(*args, **kwargs))
    except DiabanError as error:
        answer = (type(error), (error.message, error.hint, error.subject, error.code))
    except MemoryError:
        answer = (ConfinedError, Excess.MEMORY)
    try:
        sender.send(answer)
    except MemoryError:
        with contextlib.suppress(MemoryError):
            del answer
            sender.send((ConfinedError, Excess.MEMORY))


def _limit(bounds: Bounds) -> None:
    taken_bytes = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * _PAGE_BYTES
    largest_bytes = taken_bytes + bounds.memory_bytes
    resource.setrlimit(resource.RLIMIT_AS, (largest_bytes, largest_bytes))
    # For the case that nobody is left to stop it.
    processor_s = int(bounds.time_s * (os.cpu_count() or 1)) + _SECONDS_TO_TELL_S
    resource.setrlimit(resource.RLIMIT_CPU, (processor_s, processor_s))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
