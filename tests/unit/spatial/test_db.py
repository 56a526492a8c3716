"""Opening a store: what is refused, with which words, and what a transaction promises."""

import sys
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import geopandas as gpd
import pyogrio
import pytest
import shapely
from sqlalchemy import text
from sqlalchemy.dialects import postgresql, sqlite

from api.migrations import upgrade
from spatial.db import Database, UtcInstant, intersects_box, open_database
from spatial.errors import ConflictError, DataUnavailableError, InputError


def url_in(folder: Path) -> str:
    return f"sqlite:///{folder / 'store.gpkg'}"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "diaban.gpkg",
        "sqlite://",
        "sqlite:///store.db",
        "mysql://h/d",
        "postgresql+psycopg2://h/d",
        "postgresql://h",
    ],
)
def test_a_url_that_names_no_store_of_ours_is_refused(url: str) -> None:
    with pytest.raises(InputError, match="URL") as refused:
        open_database(url)
    assert refused.value.subject == "DIABAN_DATABASE_URL"


def test_a_refused_url_does_not_show_its_password() -> None:
    with pytest.raises(InputError) as refused:
        open_database("mysql://office:geheim@host/base")
    assert "geheim" not in refused.value.sentence("en")


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:4756"])
def test_a_storage_system_in_degrees_is_refused(tmp_path: Path, crs: str) -> None:
    with pytest.raises(InputError, match="not metric"):
        open_database(url_in(tmp_path), crs=crs)


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "store.gpkg").write_bytes(b"This is a letter, not a database. " * 100)
    with pytest.raises(DataUnavailableError, match="cannot be opened") as refused:
        open_database(url_in(tmp_path))
    assert refused.value.hint is not None
    assert "not a database" in refused.value.hint.en


def test_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "store.gpkg").mkdir()
    with pytest.raises(DataUnavailableError, match="cannot be opened"):
        open_database(url_in(tmp_path))


def test_a_geopackage_of_another_program_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "store.gpkg"
    frame = gpd.GeoDataFrame({"name": ["A"]}, geometry=[shapely.Point(1, 2)], crs="EPSG:9210")
    pyogrio.write_dataframe(frame, path, layer="parcel")
    with pytest.raises(InputError, match="another program"):
        open_database(url_in(tmp_path))
    assert pyogrio.list_layers(path).tolist() == [["parcel", "Point"]]


def test_a_store_in_another_coordinate_system_is_refused(tmp_path: Path) -> None:
    database = open_database(url_in(tmp_path), crs="EPSG:5899")
    upgrade(database)
    database.close()
    with pytest.raises(InputError, match="EPSG:5899, not in EPSG:9210") as refused:
        open_database(url_in(tmp_path))
    assert "DIABAN_CRS=EPSG:5899" in refused.value.sentence("en")


def test_a_server_that_does_not_answer_is_named() -> None:
    with pytest.raises(DataUnavailableError, match="does not answer") as refused:
        open_database("postgresql+psycopg://nobody:geheim@127.0.0.1:1/diaban")
    assert refused.value.subject == "postgresql+psycopg://nobody:***@127.0.0.1:1/diaban"
    assert "geheim" not in refused.value.sentence("vi")


def test_a_missing_driver_is_named_with_the_command_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(DataUnavailableError, match="psycopg") as refused:
        open_database("postgresql+psycopg://postgres@127.0.0.1/diaban")
    assert "diaban[postgis]" in refused.value.sentence("en")


def test_opening_makes_no_file_and_asking_an_unbuilt_store_says_how_to_build_it(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'new' / 'store.gpkg'}")
    with pytest.raises(DataUnavailableError, match="has not been built yet, or is of an earlier release") as refused:
        database.transaction().__enter__()
    assert "diaban db upgrade" in refused.value.sentence("en")
    assert not (tmp_path / "new" / "store.gpkg").exists()
    database.close()


def test_a_missing_table_says_how_to_build_it(tmp_path: Path) -> None:
    database = open_database(url_in(tmp_path))
    upgrade(database)
    with pytest.raises(DataUnavailableError, match="has not been built"), database.transaction() as session:
        session.execute(text("SELECT * FROM pond"))
    database.close()


def dig_a_pond_and_fail(database: Database) -> None:
    with database.transaction() as session:
        session.execute(text("CREATE TABLE pond (id INTEGER)"))
        session.execute(text("UPDATE alembic_version SET version_num = 'lost'"))
        raise ZeroDivisionError


def test_a_transaction_that_raises_leaves_nothing_behind(tmp_path: Path) -> None:
    database = open_database(url_in(tmp_path))
    upgrade(database)
    with pytest.raises(ZeroDivisionError):
        dig_a_pond_and_fail(database)
    with database.transaction() as session:
        assert session.scalar(text("SELECT count(*) FROM sqlite_master WHERE name = 'pond'")) == 0
        assert session.scalar(text("SELECT version_num FROM alembic_version")) != "lost"
    database.close()


def test_a_row_that_contradicts_another_is_a_conflict(tmp_path: Path) -> None:
    database = open_database(url_in(tmp_path))
    upgrade(database)
    orphan = text("INSERT INTO layer_publication (layer, version_id, published_at, withdrawn) VALUES ('ward', 9, 0, 0)")
    with pytest.raises(ConflictError, match="contradicts"), database.transaction() as session:
        session.execute(orphan)
    database.close()


def write_without_patience(database: Database) -> None:
    with database.transaction() as session:
        session.execute(text("PRAGMA busy_timeout = 0"))
        session.execute(text("UPDATE alembic_version SET version_num = 'lost'"))


def test_who_reads_before_writing_has_the_turn_from_the_start(tmp_path: Path) -> None:
    database, other = open_database(url_in(tmp_path)), open_database(url_in(tmp_path))
    upgrade(database)
    with database.transaction(writing=True) as session:
        before = session.scalar(text("SELECT version_num FROM alembic_version"))
        with pytest.raises(DataUnavailableError) as refused:
            write_without_patience(other)
        assert "locked" in refused.value.sentence("en")
        session.execute(text("UPDATE alembic_version SET version_num = 'kept'"))
    with other.transaction() as session:
        assert session.scalar(text("SELECT version_num FROM alembic_version")) == "kept" != before
    database.close()
    other.close()


def test_a_moment_without_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        UtcInstant().process_bind_param(datetime(2026, 11, 22, 8, 0), sqlite.dialect())  # noqa: DTZ001  the point of the test


def test_a_moment_is_kept_in_utc_to_the_millisecond_in_the_form_of_the_standard() -> None:
    moment = datetime(2026, 11, 22, 8, 0, 1, 234567, tzinfo=timezone(timedelta(hours=7)))
    kept = UtcInstant().process_bind_param(moment, sqlite.dialect())
    assert kept == "2026-11-22T01:00:01.234Z"
    back = UtcInstant().process_result_value(kept, sqlite.dialect())
    assert back == datetime(2026, 11, 22, 1, 0, 1, 234000, tzinfo=UTC)
    assert UtcInstant().process_bind_param(moment, postgresql.dialect()) == back


def test_a_box_condition_asks_the_index_of_the_store_at_hand() -> None:
    from basemap.tables import ParcelRow  # noqa: PLC0415  a mapped class to speak of

    condition = intersects_box(ParcelRow.geometry, (1, 2, 3, 4))
    assert "FROM rtree_parcel_geometry WHERE minx <= " in str(condition.compile(dialect=sqlite.dialect()))
    assert "parcel.geometry && ST_MakeEnvelope(" in str(condition.compile(dialect=postgresql.dialect()))
