"""What can be wrong with a store, found when it is opened and said so that a person can mend it."""

import sqlite3
from pathlib import Path

from sqlalchemy import URL, Engine, exc, text

from spatial.errors import DataUnavailableError, InputError
from spatial.text import Text

_MIGRATIONS_TABLE = "alembic_version"
_UNDEFINED_TABLE = "42P01"
_STORED_SRID = "SELECT srid FROM geometry_columns WHERE f_table_name = 'parcel' AND f_geometry_column = 'geometry'"


def check_embedded(engine: Engine, *, srid: int) -> None:
    """Refuse a file that is damaged, that another program made, or that stores another coordinate system.

    Raises
    ------
    InputError
        The file is somebody else's, or in another coordinate system.
    DataUnavailableError
        The file is no SQLite file, or cannot be read or made.
    """
    path = Path(str(engine.url.database))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        names, stored = _tables_of(engine) if path.exists() else (set(), None)
    except (exc.DBAPIError, sqlite3.Error, OSError) as error:
        detail = getattr(error, "orig", error)
        raise DataUnavailableError(
            Text("Không mở được tệp dữ liệu.", "The store cannot be opened."),
            hint=Text(
                f"Chi tiết: {detail}. Kiểm tra quyền ghi; nếu tệp hỏng, khôi phục từ bản sao lưu.",
                f"Detail: {detail}. Check the permissions; if the file is damaged, restore it from a backup.",
            ),
            subject=str(path),
        ) from error
    if names and _MIGRATIONS_TABLE not in names:
        raise InputError(
            Text("Tệp này do chương trình khác tạo ra.", "This file was made by another program."),
            hint=Text(
                "Nạp tệp bằng diaban basemap import; chọn tên khác cho cơ sở dữ liệu.",
                "Bring it in with diaban basemap import; give the store another name.",
            ),
            subject=str(path),
        )
    _must_match(stored, srid=srid, subject=str(path))


def _tables_of(engine: Engine) -> tuple[set[str], int | None]:
    with engine.connect() as connection:
        names = set(connection.scalars(text("SELECT name FROM sqlite_master WHERE type = 'table'")))
        if "gpkg_geometry_columns" not in names:
            return names, None
        return names, connection.scalar(text("SELECT srs_id FROM gpkg_geometry_columns LIMIT 1"))


def check_postgresql(engine: Engine, *, srid: int) -> None:
    """Refuse a server that does not answer, lacks PostGIS, or stores another coordinate system.

    Raises
    ------
    InputError
        The store is in another coordinate system.
    DataUnavailableError
        No answer, or no PostGIS.
    """
    subject = engine.url.render_as_string(hide_password=True)
    try:
        with engine.connect() as connection:
            offered = connection.scalar(text("SELECT count(*) FROM pg_available_extensions WHERE name = 'postgis'"))
            stored = None
            if connection.scalar(text("SELECT to_regclass('geometry_columns')")) is not None:
                stored = connection.scalar(text(_STORED_SRID))
    except exc.DBAPIError as error:
        detail = str(error.orig).partition("\n")[0]
        raise DataUnavailableError(
            Text("Máy chủ PostgreSQL không trả lời.", "PostgreSQL does not answer."),
            hint=Text(
                f"Chi tiết: {detail}. Kiểm tra địa chỉ, mật khẩu và dịch vụ.",
                f"Detail: {detail}. Check the address, the password and the service.",
            ),
            subject=subject,
        ) from error
    if not offered:
        raise DataUnavailableError(
            Text("Máy chủ PostgreSQL chưa cài PostGIS.", "PostGIS is not installed on the PostgreSQL server."),
            hint=Text("Cài gói postgresql-15-postgis-3.", "Install the package postgresql-15-postgis-3."),
            subject=subject,
        )
    _must_match(stored, srid=srid, subject=subject)


def not_built(url: URL) -> DataUnavailableError:
    """Return the error of a store in which a table is missing: none stands yet, or a later release added it."""
    return DataUnavailableError(
        Text(
            "Cơ sở dữ liệu chưa được tạo, hoặc thuộc phiên bản phần mềm cũ hơn.",
            "The store has not been built yet, or is of an earlier release.",
        ),
        hint=Text("Chạy: diaban db upgrade.", "Run: diaban db upgrade."),
        subject=url.render_as_string(hide_password=True),
    )


def unavailable(error: exc.DBAPIError, url: URL) -> DataUnavailableError | None:
    """Return what a failed statement means for people: no table yet, or no answer; None for a mistake of ours."""
    detail = str(error.orig).partition("\n")[0]
    if "no such table" in detail or getattr(error.orig, "sqlstate", None) == _UNDEFINED_TABLE:
        return not_built(url)
    # A damaged SQLite file raises the bare DatabaseError; what is more particular, is a wrong statement or value.
    if not isinstance(error, exc.OperationalError | exc.InternalError) and type(error) is not exc.DatabaseError:
        return None
    return DataUnavailableError(
        Text("Cơ sở dữ liệu không trả lời.", "The store does not answer."),
        hint=Text(f"Chi tiết: {detail}", f"Detail: {detail}"),
        subject=url.render_as_string(hide_password=True),
    )


def _must_match(stored: int | None, *, srid: int, subject: str) -> None:
    if stored is not None and stored != srid:
        raise InputError(
            Text(
                f"Cơ sở dữ liệu lưu ở EPSG:{stored}, không phải EPSG:{srid}.",
                f"The store is in EPSG:{stored}, not in EPSG:{srid}.",
            ),
            hint=Text(f"Đặt DIABAN_CRS=EPSG:{stored}.", f"Set DIABAN_CRS=EPSG:{stored}."),
            subject=subject,
        )
