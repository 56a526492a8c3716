"""Writing that cannot be cut in half: write beside the target, then rename."""

import fcntl
import glob
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_READ_BLOCK_BYTES = 1 << 20
_RANDOM_LETTERS_COUNT = 8
"""How many letters `tempfile` adds to a name."""


@contextmanager
def whole_file(target: Path, *, is_private: bool = False) -> Iterator[Path]:
    """Give a temporary path beside ``target`` that takes its name only when the block succeeds.

    Parameters
    ----------
    is_private
        Nobody but the owner may read it: for whatever holds personal data.

    Raises
    ------
    OSError
        The folder cannot be written; ``target`` is then untouched.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{target.stem}-", suffix=target.suffix, dir=target.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        temporary.chmod(0o600 if is_private else 0o644)
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def whole_directory(target: Path, *, is_private: bool = False) -> Iterator[Path]:
    """Give a temporary directory beside ``target`` that takes its place only when the block succeeds.

    An earlier ``target`` stays as it was until the last moment, and is then replaced as a whole. What a killed
    process left of its own attempt at the same ``target`` is swept away.

    Parameters
    ----------
    is_private
        Nobody but the owner may look into it: for whatever holds personal data.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    _sweep(target)
    temporary = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    lock = os.open(temporary, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield temporary
        temporary.chmod(0o700 if is_private else 0o755)
        if target.exists():
            discarded = Path(tempfile.mkdtemp(prefix=f".{target.name}-old-", dir=target.parent))
            target.replace(discarded / target.name)
            temporary.replace(target)
            shutil.rmtree(discarded, ignore_errors=True)
        else:
            temporary.replace(target)
    finally:
        os.close(lock)
        shutil.rmtree(temporary, ignore_errors=True)


def _sweep(target: Path) -> None:
    """Remove the temporary directories of attempts at ``target`` whose process is gone: its lock went with it."""
    for left in target.parent.glob(f".{glob.escape(target.name)}-{'[a-z0-9_]' * _RANDOM_LETTERS_COUNT}"):
        try:
            handle = os.open(left, os.O_RDONLY | os.O_DIRECTORY)
        except OSError:  # a file, another's, or gone by now: not for us to judge
            continue
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            continue
        else:
            shutil.rmtree(left, ignore_errors=True)
        finally:
            os.close(handle)


def sha256_of_file(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(_READ_BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()
