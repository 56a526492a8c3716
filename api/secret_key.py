"""The one secret of an installation: from the environment, or a file made once and readable by its owner alone."""

import hmac
import os
import secrets
from pathlib import Path

from api.settings import Settings
from spatial.errors import DataUnavailableError, InputError
from spatial.text import Text

_SECRET_BYTE_COUNT = 32
_FILE_NAME = "secret.key"


def load_secret(settings: Settings) -> bytes:
    """Return the secret, making ``data_dir/secret.key`` at first use.

    Raises
    ------
    InputError
        ``DIABAN_SECRET`` is too short to keep anything secret.
    DataUnavailableError
        The file can be neither read nor made.
    """
    given = settings.secret.get_secret_value().encode()
    if given:
        return _long_enough(given, "DIABAN_SECRET")
    path = settings.data_dir / _FILE_NAME
    try:
        if not path.exists():
            _make(path)
        return _long_enough(path.read_bytes().strip(), str(path))
    except OSError as error:
        raise DataUnavailableError(
            Text("Không đọc hoặc tạo được tệp khóa bí mật.", "The secret can be neither read nor made."),
            hint=Text(
                "Đặt DIABAN_SECRET, hoặc cấp quyền ghi thư mục.", "Set DIABAN_SECRET, or let us write the folder."
            ),
            subject=str(path),
        ) from error


def purpose_key(secret: bytes, purpose: str) -> bytes:
    """Return the key that serves ``purpose`` alone: what leaks of one opens nothing else."""
    return hmac.digest(secret, purpose.encode(), "sha256")


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}-{os.getpid()}-{secrets.token_hex(4)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as stream:
        stream.write(secrets.token_hex(_SECRET_BYTE_COUNT))
    try:
        # A link never replaces: of two workers that start at once one wins and both then read the same secret.
        path.hardlink_to(temporary)
    except FileExistsError:
        return
    finally:
        temporary.unlink()


def _long_enough(secret: bytes, where: str) -> bytes:
    if len(secret) < _SECRET_BYTE_COUNT:
        raise InputError(
            Text("Khóa bí mật quá ngắn.", "The secret is too short."),
            hint=Text(
                f"Cần ít nhất {_SECRET_BYTE_COUNT} ký tự ngẫu nhiên.",
                f"At least {_SECRET_BYTE_COUNT} random characters are needed.",
            ),
            subject=where,
        )
    return secret
