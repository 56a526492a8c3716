"""What the benchmarks of the server share: a store with a generated city, a server with its workers, and wrk."""

import os
import re
import subprocess
import sys
import time
import urllib.request
import uuid
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psycopg
from fastapi import FastAPI
from sqlalchemy.engine import make_url

from api import tile_source
from api.app import create_app
from api.settings import Settings
from basemap import store
from basemap.demo_city import DemoCity, make_city
from basemap.model import LayerName
from spatial.db import Database

SEED = 1
WORKER_COUNT, CONNECTION_COUNT = 2, 16
_FORGETS_TILES = "BENCH_FORGETS_TILES"
POSTGRES_URL = os.environ.get("DIABAN_TEST_POSTGRES_URL", "")
_WRK_SCRIPT = """
local paths, count = {}, 0
for line in io.lines("%s") do count = count + 1; paths[count] = line end
math.randomseed(7)
request = function() return wrk.format("GET", paths[math.random(count)], {["%s"] = "%s"}) end
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Driven:
    """What wrk counted.

    Parameters
    ----------
    slowest_hundredth
        Time within which 99 of 100 answers came, as wrk writes it.
    """

    rate_per_s: float
    slowest_hundredth: str
    refused_count: int


def served() -> FastAPI:
    """Return the server of the environment's settings; uvicorn calls this in every worker."""
    if _FORGETS_TILES in os.environ:
        tile_source.MOST_BYTES_IN_MEMORY = 0
    return create_app(Settings())


@contextmanager
def empty_store(folder: Path) -> Iterator[str]:
    """Give the URL of a store in which nothing stands yet."""
    if not POSTGRES_URL:
        yield f"sqlite:///{folder / 'diaban.gpkg'}"
        return
    url, name = make_url(POSTGRES_URL), f"diaban_bench_{uuid.uuid4().hex[:8]}"
    plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")  # type: ignore[arg-type]
        try:
            yield url.set(database=name).render_as_string(hide_password=False)
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")  # type: ignore[arg-type]


def city(household_count: int) -> DemoCity:
    """Return the generated city that everything is measured on."""
    return make_city(households=household_count, seed=SEED)


def fill(database: Database, made: DemoCity, layers: Sequence[LayerName]) -> None:
    """Publish layers of a generated city."""
    moment = datetime.now(UTC)
    for layer in layers:
        frame = made.layers[layer]
        frame = frame.assign(feature_id=[str(number) for number in range(len(frame))])
        provenance = store.Provenance(
            imported_at=moment,
            imported_by="bench",
            source_file="city.gpkg",
            source_sha256="0" * 64,
            source_crs="EPSG:9210",
            quarantined_count=0,
        )
        with database.transaction() as session:
            version = store.add_version(session, layer, frame, provenance=provenance)
            store.publish(session, version.version_id, published_at=moment)
        print(f"  {layer.value}: {len(frame)} features", file=sys.stderr)


@contextmanager
def server(settings: Settings, *, port: int, forgets_tiles: bool = False) -> Iterator[int]:
    """Run our server with its workers, and give the number of its first process.

    Parameters
    ----------
    forgets_tiles
        Keep no tile that the store has drawn, so that each one asked for is drawn.
    """
    environment = os.environ | {
        "DIABAN_DATABASE_URL": settings.database_url,
        "DIABAN_DATA_DIR": str(settings.data_dir),
        "DIABAN_LAYER_ACCESS": "",
        **({_FORGETS_TILES: "1"} if forgets_tiles else {}),
    }
    with uvicorn(
        "stand:served", "--factory", "--app-dir", str(Path(__file__).parent), port=port, given=environment
    ) as pid:
        yield pid


@contextmanager
def uvicorn(
    *application: str, port: int, given: Mapping[str, str], python: str = sys.executable, alive: str = "/healthz"
) -> Iterator[int]:
    """Run a server with its workers, wait until it answers, and give the number of its first process.

    Parameters
    ----------
    given
        Its environment.
    python
        The interpreter that has it.
    """
    command = [python, "-m", "uvicorn", *application, "--port", str(port), "--no-access-log"]
    command += ["--workers", str(WORKER_COUNT), "--log-level", "error"]
    with subprocess.Popen(command, env=dict(given)) as process:  # noqa: S603 - our own command
        try:
            wait_until_alive(f"http://127.0.0.1:{port}{alive}")
            yield process.pid
        finally:
            process.terminate()


def wait_until_alive(url: str) -> None:
    """Return when a server answers, within a minute."""
    for _ in range(300):
        try:
            with urllib.request.urlopen(url, timeout=2):  # noqa: S310 - our own server
                return
        except OSError:
            time.sleep(0.2)
    message = "the server did not start"
    raise RuntimeError(message)


def drive(
    paths: Sequence[str],
    *,
    folder: Path,
    port: int,
    seconds: int,
    connections: int = CONNECTION_COUNT,
    header: tuple[str, str] = ("Accept-Encoding", "identity"),
) -> Driven:
    """Let wrk ask for random ones of ``paths`` and return what it counted."""
    (folder / "paths.txt").write_text("\n".join(paths) + "\n", encoding="utf-8")
    (folder / "ask.lua").write_text(_WRK_SCRIPT % (folder / "paths.txt", *header), encoding="utf-8")
    command = [
        "wrk",
        "-t1",
        f"-c{connections}",
        f"-d{seconds}s",
        "--timeout",
        "30s",
        "--latency",
        "-s",
        str(folder / "ask.lua"),
    ]
    address = f"http://127.0.0.1:{port}"
    said = subprocess.run([*command, address], check=True, capture_output=True, text=True).stdout  # noqa: S603 - wrk
    slow = re.search(r"^\s+99%\s+(\S+)", said, re.MULTILINE)
    faults = re.search(r"Non-2xx or 3xx responses: (\d+)", said)
    return Driven(
        rate_per_s=float(re.search(r"Requests/sec:\s+([\d.]+)", said)[1]),  # type: ignore[index]
        slowest_hundredth=slow[1] if slow else "?",
        refused_count=int(faults[1]) if faults else 0,
    )


def ask_once(paths: Sequence[str], *, port: int, connections: int = CONNECTION_COUNT) -> tuple[float, list[int]]:
    """Ask for each path once; return the answers a second, and their sizes in bytes."""

    def ask(path: str) -> int:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=60) as answer:
            return len(answer.read())

    started = time.perf_counter()
    with ThreadPoolExecutor(connections) as pool:
        sizes = list(pool.map(ask, paths))
    return len(paths) / (time.perf_counter() - started), sizes
