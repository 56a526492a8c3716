"""How long 100,000 parcels take from a file into the store, quality report included.

It may take 60 s and 1.5 GB. The parcels are those of the demonstration city, as a GeoPackage; its wards and streets are
published first, as in an office. Only the import is timed, and the file is read in a process of its own, as the command
does. Memory is the most that both held at a time, what was left of making the city included.

The store is the embedded file, or with ``DIABAN_TEST_POSTGRES_URL`` PostGIS, where triggers write each feature as text
and in Mercator: then the time of the processor in PostgreSQL is told too, and its memory, which is that server's own,
is not counted.
"""

import resource
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from processor import spent_s, watched_memory
from sqlalchemy.engine import make_url
from stand import empty_store

from api import migrations
from basemap import demo_city, service
from basemap.import_report import ImportReport
from basemap.model import LayerName
from spatial.confined import Bounds
from spatial.db import open_database

HOUSEHOLD_COUNT, SEED = 100_000, 1
ALLOWED_S, ALLOWED_KB = 60.0, 1_500_000
BOUNDS = Bounds(memory_bytes=4_000_000_000, time_s=600.0)


def main() -> int:
    """Measure, print, and return 1 when it took too long or too much memory."""
    with tempfile.TemporaryDirectory(prefix="diaban-bench-") as name, empty_store(Path(name)) as url:
        report, wall_s, peak_kb = measured(url, folder=Path(name))
        page_kb = (Path(name) / "report" / "report.html").stat().st_size / 1_000
    print(f"{peak_kb / 1e6:.2f} GB at most; report.html {page_kb:.0f} kB")
    outcomes = () if report.quality is None else report.quality.outcomes
    for outcome in outcomes:
        print(f"  {outcome.sentence().en}")
    is_whole = all(outcome.is_checked for outcome in outcomes)
    return int(wall_s > ALLOWED_S or peak_kb > ALLOWED_KB or not is_whole)


def measured(url: str, *, folder: Path) -> tuple[ImportReport, float, int]:
    """Import the parcels into an empty store; return the report, the seconds, and the most kB held."""
    paths = demo_city.write_city(demo_city.make_city(households=HOUSEHOLD_COUNT, seed=SEED), folder)
    database = open_database(url)
    migrations.upgrade(database)
    who = {"imported_at": datetime(2026, 1, 1, tzinfo=UTC), "imported_by": "benchmark", "publish": True}
    for layer in (LayerName.WARD, LayerName.STREET):
        service.import_layer(database, layer, paths[layer], **who)
    name = "" if database.is_embedded else make_url(url).database or ""
    begin_s, begin_cpu_s, begin_store_s = time.perf_counter(), _spent_here_s(), spent_s(None, name)
    with watched_memory() as most_kb:
        report = service.import_layer(
            database,
            LayerName.PARCEL,
            paths[LayerName.PARCEL],
            report_dir=folder / "report",
            reading_bounds=BOUNDS,
            **who,
        )
    wall_s, cpu_s, store_s = (
        end - begin
        for end, begin in (
            (time.perf_counter(), begin_s),
            (_spent_here_s(), begin_cpu_s),
            (spent_s(None, name), begin_store_s),
        )
    )
    database.close()
    beside = f" and {store_s:.1f} s in PostgreSQL" if name else ""
    print(f"{report.accepted_count} parcels in {wall_s:.1f} s: {cpu_s:.1f} s of the processor in our programs{beside}")
    return report, wall_s, most_kb[0]


def _spent_here_s() -> float:
    """Return the time of the processor of this process and of those of its own that have ended."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + ended.ru_utime + ended.ru_stime


if __name__ == "__main__":
    sys.exit(main())
