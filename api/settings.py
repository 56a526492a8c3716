"""Every setting of the product, in one place; each is an environment variable ``DIABAN_…``."""

import os
from functools import lru_cache
from pathlib import Path

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from spatial.crs import HCMC
from spatial.errors import InputError
from spatial.text import Text


def language_of_terminal() -> str:
    """Return ``vi`` where the terminal is Vietnamese, else ``en``."""
    locale = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return "vi" if locale.startswith("vi") else "en"


class Settings(BaseSettings):
    """The settings, read once from the environment.

    Parameters
    ----------
    database_url
        ``sqlite:///….gpkg`` (embedded) or ``postgresql+psycopg://…``. Empty: a file in ``data_dir``.
    data_dir
        Folder of the embedded database, the published results and the secret.
    secret
        Key of the hashes that find a person's result, and of the sign-in cookie. Empty: ``data_dir/secret.key``,
        made at first use and readable by its owner alone.
    crs
        Storage coordinate system, metric.
    language
        Language of the command line: ``vi`` or ``en``. Pages choose by themselves.
    allowed_hosts
        Host names that the server answers for, with commas between; ``*`` for any.
    largest_import_mb
        A larger file, or archive when unpacked, is not imported; millions of bytes.
    import_memory_mb, import_time_s
        What reading one file may use; millions of bytes, and seconds.
    https
        Whether people reach the server through HTTPS: cookies then never travel without it.
    layer_access
        Who may read a layer under ``/ogc`` and what is drawn from it, e.g. ``parcel=officers,address=nobody``; public
        where nothing is said.
    office_calendar
        YAML file of the office's own days: closures, and years announced since. None: the country's calendar alone.
    metrics_readers
        Addresses that may read ``/metrics``, with commas between; ``*`` for any. Default: this machine.
    trusted_proxies
        Addresses of proxies whose ``X-Forwarded-For`` is believed, with commas between. Empty: none.
    """

    model_config = SettingsConfigDict(env_prefix="DIABAN_", frozen=True)

    database_url: str = ""
    data_dir: Path = Path("diaban-data")
    secret: SecretStr = SecretStr("")
    crs: str = HCMC
    language: str = Field(default_factory=language_of_terminal, pattern="^(vi|en)$")
    allowed_hosts: str = "127.0.0.1,localhost,[::1]"
    largest_import_mb: int = Field(default=2_000, ge=1)
    import_memory_mb: int = Field(default=4_000, ge=100)
    import_time_s: int = Field(default=600, ge=1)
    https: bool = False
    layer_access: str = ""
    office_calendar: Path | None = None
    metrics_readers: str = "127.0.0.1,::1"
    trusted_proxies: str = ""

    @property
    def resolved_database_url(self) -> str:
        """The database URL, or that of the embedded file in ``data_dir``."""
        return self.database_url or f"sqlite:///{(self.data_dir / 'diaban.gpkg').resolve()}"

    @property
    def published_dir(self) -> Path:
        """Folder of the published results, one snapshot a round."""
        return self.data_dir / "published"

    @property
    def tiles_dir(self) -> Path:
        """Folder of the vector tiles, one archive for each published layer."""
        return self.data_dir / "tiles"


@lru_cache(maxsize=1)
def settings() -> Settings:
    """Return the settings of this process.

    Raises
    ------
    InputError
        The environment holds a value that cannot be used; the message names the variable, not the value.
    """
    try:
        return Settings()
    except ValidationError as error:
        names = sorted({f"DIABAN_{fault['loc'][0]}".upper() for fault in error.errors()})
        raise InputError(
            Text("Giá trị của biến này không dùng được.", "The value of this variable cannot be used."),
            hint=Text("Xem docs/how-to/settings.md.", "See docs/how-to/settings.md."),
            subject=", ".join(names),
        ) from None
