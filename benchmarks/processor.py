"""What work costs: time of the processor, which other programs change less than a rate, and memory.

Read from ``/proc``: the server's processes, and the processes of PostgreSQL that serve its database, where they run on
this machine and may be seen.
"""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_KB_PER_PAGE = os.sysconf("SC_PAGE_SIZE") // 1024
_LOOK_EVERY_S = 0.1
_PARENT, _USER, _SYSTEM, _PAGES = 1, 11, 12, 21
"""Fields of ``/proc/PID/stat`` after the name of the program (proc(5))."""


def spent_s(server_pid: int | None, database_name: str) -> float:
    """Return the seconds, user's and system's, that a server and its database have spent up to now.

    Parameters
    ----------
    server_pid
        The server's first process; None counts the database alone.
    database_name
        Its name in PostgreSQL; empty where there is none.
    """
    stats = dict(_stats())
    return sum(
        (int(fields[_USER]) + int(fields[_SYSTEM])) / _TICKS_PER_S
        for pid, fields in stats.items()
        if _belongs(pid, server_pid, stats) or _serves(pid, database_name)
    )


@contextmanager
def watched_memory() -> Iterator[list[int]]:
    """Give a list whose one number is the most memory, in kB, that this process and its children held at a time."""
    most_kb, is_over = [0], threading.Event()

    def watch() -> None:
        while not is_over.wait(_LOOK_EVERY_S):
            stats = dict(_stats())
            pages = (int(each[_PAGES]) for pid, each in stats.items() if _belongs(pid, os.getpid(), stats))
            most_kb[0] = max(most_kb[0], sum(pages) * _KB_PER_PAGE)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield most_kb
    finally:
        is_over.set()
        watcher.join()


def _stats() -> list[tuple[int, list[str]]]:
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            try:
                text = (folder / "stat").read_text(encoding="utf-8", errors="replace")
            except OSError:
                continue
            found.append((int(folder.name), text.rpartition(")")[2].split()))
    return found


def _belongs(pid: int, server_pid: int | None, stats: dict[int, list[str]]) -> bool:
    while pid in stats and pid != server_pid:
        pid = int(stats[pid][_PARENT])
    return pid == server_pid


def _serves(pid: int, database_name: str) -> bool:
    try:
        words = (Path("/proc") / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return False
    return bool(database_name) and words.startswith("postgres:") and f" {database_name} " in words
