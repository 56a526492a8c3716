"""How long 100,000 parcels take from a file into the embedded store, quality report included.

It may take 60 s and 1.5 GB. The parcels are those of the demonstration city, as a GeoPackage; its wards are published
first, as in an office. Only the import is timed, and the file is read in a process of its own, as the command does.
Memory is the peak of the whole process and that of the other, which has ended when the larger part begins.
"""

import resource
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from api import migrations
from basemap import demo_city, service
from basemap.model import LayerName
from spatial.confined import Bounds
from spatial.db import open_database

HOUSEHOLD_COUNT, SEED = 100_000, 1
ALLOWED_S, ALLOWED_KB = 60.0, 1_500_000
BOUNDS = Bounds(memory_bytes=4_000_000_000, time_s=600.0)


def main() -> int:
    """Measure, print, and return 1 when it took too long or too much memory."""
    with tempfile.TemporaryDirectory(prefix="diaban-bench-") as folder:
        paths = demo_city.write_city(demo_city.make_city(households=HOUSEHOLD_COUNT, seed=SEED), Path(folder))
        database = open_database(f"sqlite:///{folder}/diaban.gpkg")
        migrations.upgrade(database)
        moment = datetime(2026, 1, 1, tzinfo=UTC)
        who = {"imported_at": moment, "imported_by": "benchmark", "publish": True}
        service.import_layer(database, LayerName.WARD, paths[LayerName.WARD], **who)
        begin_s, begin_cpu_s = time.perf_counter(), time.process_time()
        report = service.import_layer(
            database,
            LayerName.PARCEL,
            paths[LayerName.PARCEL],
            report_dir=Path(folder) / "report",
            reading_bounds=BOUNDS,
            **who,
        )
        wall_s, cpu_s = time.perf_counter() - begin_s, time.process_time() - begin_cpu_s
        page_kb = (Path(folder) / "report" / "report.html").stat().st_size / 1_000
        database.close()
    peak_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    reader = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s += reader.ru_utime + reader.ru_stime
    print(f"{report.accepted_count} parcels in {wall_s:.1f} s ({cpu_s:.1f} s of one processor), {peak_kb / 1e6:.2f} GB")
    print(f"of which {reader.ru_utime + reader.ru_stime:.1f} s in the reader, {reader.ru_maxrss / 1e6:.2f} GB")
    peak_kb += reader.ru_maxrss
    print(f"report.html {page_kb:.0f} kB")
    outcomes = () if report.quality is None else report.quality.outcomes
    for outcome in outcomes:
        print(f"  {outcome.sentence().en}")
    is_whole = all(outcome.is_checked for outcome in outcomes)
    return int(wall_s > ALLOWED_S or peak_kb > ALLOWED_KB or not is_whole)


if __name__ == "__main__":
    sys.exit(main())
