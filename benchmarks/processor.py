"""How much time of the processor an answer costs: other programs on the machine change it less than the rate.

Read from ``/proc``: the server's processes, and the processes of PostgreSQL that serve its database, where they run on
this machine and may be seen.
"""

import os
from pathlib import Path

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_PARENT, _USER, _SYSTEM = 1, 11, 12
"""Fields of ``/proc/PID/stat`` after the name of the program (proc(5))."""


def spent_s(server_pid: int, database_name: str) -> float:
    """Return the seconds, user's and system's, that a server and its database have spent up to now."""
    stats = dict(_stats())
    return sum(
        (int(fields[_USER]) + int(fields[_SYSTEM])) / _TICKS_PER_S
        for pid, fields in stats.items()
        if _belongs(pid, server_pid, stats) or _serves(pid, database_name)
    )


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


def _belongs(pid: int, server_pid: int, stats: dict[int, list[str]]) -> bool:
    while pid in stats and pid != server_pid:
        pid = int(stats[pid][_PARENT])
    return pid == server_pid


def _serves(pid: int, database_name: str) -> bool:
    try:
        words = (Path("/proc") / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return False
    return words.startswith("postgres:") and f" {database_name} " in words
