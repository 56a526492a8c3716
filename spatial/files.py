"""Writing that cannot be cut in half: write beside the target, then rename."""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_READ_BLOCK_BYTES = 1 << 20


@contextmanager
def whole_file(target: Path) -> Iterator[Path]:
    """Give a temporary path beside ``target`` that takes its name only when the block succeeds.

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
        temporary.chmod(0o644)
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def whole_directory(target: Path, *, is_private: bool = False) -> Iterator[Path]:
    """Give a temporary directory beside ``target`` that takes its place only when the block succeeds.

    An earlier ``target`` stays as it was until the last moment, and is then replaced as a whole.

    Parameters
    ----------
    is_private
        Nobody but the owner may look into it: for whatever holds personal data.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
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
        shutil.rmtree(temporary, ignore_errors=True)


def sha256_of_file(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(_READ_BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()
