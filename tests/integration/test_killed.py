"""A process that is killed in the middle of an import or a publishing leaves the store as it was."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from datetime import UTC, date, datetime
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
import shapely

from api.settings import Settings
from basemap import service, store
from basemap.model import LayerName
from basemap.tile_archive import TileArchive, find_archives
from basemap.tiles import ZOOMS, build_tiles
from spatial.db import Database
from spatial.errors import DataUnavailableError

NOON = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)
OLD_COUNT, NEW_COUNT = 50, 4_000

ACT = """
import sys, time
from datetime import UTC, date, datetime
from pathlib import Path

from sqlalchemy import Engine, event

import spatial.bulk
from basemap import service, store
from basemap.model import LayerName
from spatial.db import open_database

url, path, stop_at, ready = sys.argv[1:]
moment = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)


def wait_to_be_killed(*_, **__):
    Path(ready).touch()
    time.sleep(120)


@event.listens_for(Engine, "connect")
def spill(connection, _record):
    # Ten pages of memory: what is written goes to the disk long before the commit, as with a large layer.
    if "sqlite" in url:
        connection.execute("PRAGMA cache_size = 10")


if stop_at == "features":
    spatial.bulk._extend_index = wait_to_be_killed
    spatial.bulk._copy = lambda *call, write=spatial.bulk._copy: (write(*call), wait_to_be_killed())
if stop_at in ("report", "past"):
    service._write = wait_to_be_killed
database = open_database(url)
if stop_at == "publishing":
    with database.transaction() as session:
        (newest, *_) = store.list_versions(session, LayerName.SCHOOL)
        store.publish(session, newest.version_id, published_at=moment)
        wait_to_be_killed()
if stop_at == "rollback":
    with database.transaction() as session:
        store.rollback(session, LayerName.SCHOOL, withdrawn_at=moment)
        wait_to_be_killed()
valid_to = date(2025, 6, 30) if stop_at == "past" else None
report = Path(path).with_suffix(".report") if stop_at == "report" else None
service.import_layer(
    database, LayerName.SCHOOL, Path(path), imported_at=moment, imported_by="", publish=True, report_dir=report,
    valid_to=valid_to,
)
Path(ready).touch()
"""
"""What the process does that is going to be killed; with ``stop_at`` empty nobody stops it."""

PUBLISH = """
import sys, threading, time
from pathlib import Path

import basemap.tiles
from api.cli import main

stop_at, ready = sys.argv[1:]
write = basemap.tiles.write_archive


def write_and_wait(frame, layer, path):
    writing = threading.Thread(target=write, args=(frame, layer, path), daemon=True)
    writing.start()
    while stop_at == "begun" and not any(path.parent.iterdir()):
        time.sleep(0.001)
    if stop_at == "written":
        writing.join()
    Path(ready).touch()
    time.sleep(120)


basemap.tiles.write_archive = write_and_wait
sys.argv = ["diaban", "basemap", "publish", "school"]
main()
"""
"""``diaban basemap publish``, held where GDAL has begun to write the tiles, or has written all of them."""


def schools(count: int) -> gpd.GeoDataFrame:
    numbers = np.arange(count)
    columns = {
        "school_code": [f"T{number}" for number in numbers],
        "name": [f"Trường Tiểu học số {number}" for number in numbers],
        "school_type": "primary",
    }
    points = shapely.points(600_000 + 7.0 * numbers, 1_190_000 + 5.0 * numbers)
    return gpd.GeoDataFrame(columns, geometry=points, crs="EPSG:9210")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "schools.gpkg"
    pyogrio.write_dataframe(schools(NEW_COUNT), path)
    return path


def import_schools(database: Database, path: Path, *, publish: bool) -> None:
    service.import_layer(
        database, LayerName.SCHOOL, path, imported_at=NOON, imported_by="", publish=publish, report_dir=None
    )


@pytest.fixture
def served(database: Database, tmp_path: Path) -> Database:
    """A store whose readers see fifty schools."""
    path = tmp_path / "old.gpkg"
    pyogrio.write_dataframe(schools(OLD_COUNT), path)
    import_schools(database, path, publish=True)
    return database


def begin(database: Database, path: Path, *, stop_at: str, ready: Path) -> subprocess.Popen[bytes]:
    database.close()
    url = database.engine.url.render_as_string(hide_password=False)
    return subprocess.Popen([sys.executable, "-c", ACT, url, str(path), stop_at, str(ready)])


def begin_publishing(database: Database, data_dir: Path, *, stop_at: str, ready: Path) -> subprocess.Popen[bytes]:
    database.close()
    url = database.engine.url.render_as_string(hide_password=False)
    environment = os.environ | {"DIABAN_DATABASE_URL": url, "DIABAN_DATA_DIR": str(data_dir)}
    return subprocess.Popen([sys.executable, "-c", PUBLISH, stop_at, str(ready)], env=environment)


def kill(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    assert process.wait(30) in {-signal.SIGKILL, 0}


def kill_when_ready(database: Database, path: Path, *, stop_at: str, ready: Path) -> None:
    await_and_kill(begin(database, path, stop_at=stop_at, ready=ready), ready)


def await_and_kill(process: subprocess.Popen[bytes], ready: Path) -> None:
    try:
        for _ in range(600):
            if ready.exists() or process.poll() is not None:
                break
            time.sleep(0.1)
        assert ready.exists(), f"it ended with {process.returncode} before it could be killed"
        assert process.poll() is None
    finally:
        kill(process)


def seen(database: Database) -> int:
    with database.transaction() as session:
        return len(store.read_layer(session, LayerName.SCHOOL))


def is_sound(database: Database) -> bool:
    """Whether the file is whole, its index in step with its features; PostgreSQL answers for itself."""
    if not database.is_embedded:
        return True
    with sqlite3.connect(str(database.engine.url.database)) as connection:
        (verdict,) = connection.execute("PRAGMA integrity_check").fetchone()
        counts = [
            connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608  two fixed names
            for table in ("school", "rtree_school_geometry")
        ]
        trigger = "SELECT count(*) FROM sqlite_master WHERE name = 'rtree_school_geometry_insert'"
        return bool(verdict == "ok" and counts[0] == counts[1] and connection.execute(trigger).fetchone()[0] == 1)


@pytest.mark.parametrize("stop_at", ["features", "report"])
def test_an_import_that_was_killed_left_nothing_and_can_be_repeated(
    served: Database, file: Path, tmp_path: Path, stop_at: str
) -> None:
    """Killed with all rows written but not indexed, and with everything done but the commit."""
    kill_when_ready(served, file, stop_at=stop_at, ready=tmp_path / "ready")
    if served.is_embedded and stop_at == "features":
        journal = Path(f"{served.engine.url.database}-journal")
        assert journal.exists(), "the rows had not reached the disk: this would prove nothing"
    assert seen(served) == OLD_COUNT
    assert is_sound(served)
    with served.transaction() as session:
        assert len(store.list_versions(session, LayerName.SCHOOL)) == 1
    import_schools(served, file, publish=True)
    assert seen(served) == NEW_COUNT
    assert is_sound(served)


def test_a_publishing_that_was_killed_never_happened_and_can_be_repeated(
    served: Database, file: Path, tmp_path: Path
) -> None:
    import_schools(served, file, publish=False)
    kill_when_ready(served, file, stop_at="publishing", ready=tmp_path / "ready")
    assert seen(served) == OLD_COUNT
    assert is_sound(served)
    service.publish_version(served, LayerName.SCHOOL, published_at=NOON)
    assert seen(served) == NEW_COUNT


@pytest.mark.parametrize("stop_at", ["begun", "written"])
def test_a_publishing_killed_while_its_tiles_are_made_leaves_the_old_ones_whole_and_can_be_repeated(
    served: Database, file: Path, tmp_path: Path, stop_at: str
) -> None:
    """Readers see the old version with its own tiles; the half-made ones are no archive that anybody finds."""
    folder = Settings(data_dir=tmp_path).tiles_dir
    old = build_tiles(served, LayerName.SCHOOL, directory=folder)
    before = old.path.read_bytes()
    import_schools(served, file, publish=False)
    ready = tmp_path / "ready"
    await_and_kill(begin_publishing(served, tmp_path, stop_at=stop_at, ready=ready), ready)
    assert seen(served) == OLD_COUNT
    assert is_sound(served)
    assert find_archives(folder, LayerName.SCHOOL) == {old.version_id: old.path}
    assert old.path.read_bytes() == before
    service.publish_version(served, LayerName.SCHOOL, published_at=NOON)
    again = build_tiles(served, LayerName.SCHOOL, directory=folder)
    assert (again.version_id, again.feature_count) == (old.version_id + 1, NEW_COUNT)
    assert find_archives(folder, LayerName.SCHOOL)[again.version_id] == again.path
    assert TileArchive(again.path).zooms == ZOOMS[LayerName.SCHOOL]


def test_a_rollback_that_was_killed_never_happened_and_can_be_repeated(
    served: Database, file: Path, tmp_path: Path
) -> None:
    import_schools(served, file, publish=True)
    kill_when_ready(served, file, stop_at="rollback", ready=tmp_path / "ready")
    assert seen(served) == NEW_COUNT
    assert is_sound(served)
    with served.transaction() as session:
        assert not any(act.is_withdrawn for act in store.publications(session, LayerName.SCHOOL))
        store.rollback(session, LayerName.SCHOOL, withdrawn_at=NOON)
    assert seen(served) == OLD_COUNT


def test_killed_while_a_version_of_past_days_comes_in_no_day_is_answered_by_half_of_it(
    served: Database, file: Path, tmp_path: Path
) -> None:
    last = date(2025, 6, 30)
    kill_when_ready(served, file, stop_at="past", ready=tmp_path / "ready")
    assert seen(served) == OLD_COUNT
    assert is_sound(served)
    with served.transaction() as session, pytest.raises(DataUnavailableError):
        store.read_layer(session, LayerName.SCHOOL, valid_on=last)
    service.import_layer(served, LayerName.SCHOOL, file, imported_at=NOON, imported_by="", publish=True, valid_to=last)
    assert seen(served) == OLD_COUNT
    with served.transaction() as session:
        assert len(store.read_layer(session, LayerName.SCHOOL, valid_on=last)) == NEW_COUNT


def test_killed_at_any_moment_readers_see_the_old_version_or_the_new_one_whole(
    embedded_database: Database, file: Path, tmp_path: Path
) -> None:
    """The moments lie around the commit, that is when rows go from the journal into the file."""
    old = tmp_path / "old.gpkg"
    pyogrio.write_dataframe(schools(OLD_COUNT), old)
    import_schools(embedded_database, old, publish=True)
    journal = Path(f"{embedded_database.engine.url.database}-journal")
    for number, delay_s in enumerate((0.0, 0.01, 0.03, 0.06, 0.1)):
        before = seen(embedded_database)
        ready = tmp_path / f"ready-{number}"
        process = begin(embedded_database, file, stop_at="", ready=ready)
        while not journal.exists() and process.poll() is None:
            time.sleep(0.001)
        time.sleep(delay_s)
        kill(process)
        assert seen(embedded_database) in {before, NEW_COUNT}
        assert is_sound(embedded_database)
    import_schools(embedded_database, file, publish=True)
    assert seen(embedded_database) == NEW_COUNT
