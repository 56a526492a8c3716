"""A server in memory, a client without a network, and generated families."""

import secrets
import shutil
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import httpx
import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from fastapi import FastAPI

from allocation.personal_id import Sex, make_personal_id
from allocation.publication import publish_results, snapshot_name
from allocation.receipt import new_receipt_code
from allocation.snapshot import Happened, PublishedSchool, ResultRecord, RoundId, RoundInfo
from api.app import create_app
from api.migrations import upgrade
from api.settings import Settings
from basemap.demo_city import DemoCity, make_city, write_city
from basemap.model import LayerName
from basemap.service import import_layer
from spatial.db import open_database
from spatial.text import Text

Family = dict[str, str]
"""The three things that a family has: body of a look-up."""


class InMemory(httpx.BaseTransport):
    """Carries requests to a server in this process."""

    def __init__(self, app: FastAPI, portal: BlockingPortal, *, address: str = "127.0.0.1") -> None:
        self._portal = portal
        self._transport = httpx.ASGITransport(app, client=(address, 50_000))

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        async def ask() -> tuple[httpx.Response, bytes]:
            response = await self._transport.handle_async_request(request)
            return response, b"".join([part async for part in response.aiter_raw()])

        response, body = self._portal.call(ask)
        return httpx.Response(response.status_code, headers=response.headers, content=body)


@pytest.fixture(scope="session")
def built_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty store that the migrations have built, to be copied."""
    path = tmp_path_factory.mktemp("store") / "diaban.gpkg"
    database = open_database(f"sqlite:///{path}")
    upgrade(database)
    database.close()
    return path


@pytest.fixture(scope="session")
def city() -> DemoCity:
    """A generated city, small."""
    return make_city(households=500, seed=7)


@pytest.fixture(scope="session")
def city_store(city: DemoCity, built_store: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store in which the city's wards, streets, addresses and parcels are published, to be copied."""
    folder = tmp_path_factory.mktemp("city")
    shutil.copy(built_store, folder / "diaban.gpkg")
    files = write_city(city, folder)
    database = open_database(f"sqlite:///{folder / 'diaban.gpkg'}")
    for layer in (LayerName.WARD, LayerName.STREET, LayerName.ADDRESS, LayerName.PARCEL):
        moment = datetime(2026, 6, 1, tzinfo=UTC)
        import_layer(database, layer, files[layer], imported_at=moment, imported_by="test", publish=True)
    database.close()
    return folder / "diaban.gpkg"


@pytest.fixture
def settings(tmp_path: Path, built_store: Path) -> Settings:
    (tmp_path / "data").mkdir()
    shutil.copy(built_store, tmp_path / "data" / "diaban.gpkg")
    return Settings(data_dir=tmp_path / "data", database_url="", secret="", language="en")


@pytest.fixture
def families() -> list[Family]:
    """Three generated children with their receipts."""
    return [
        {
            "applicant_no": make_personal_id(province_code="079", sex=Sex.MALE, birth_year=2020, serial=serial),
            "date_of_birth": f"2020-05-{serial + 1:02d}",
            "receipt_code": new_receipt_code(secrets.token_bytes(8)),
        }
        for serial in range(3)
    ]


@pytest.fixture
def publish(app: FastAPI, settings: Settings) -> Callable[..., None]:
    """Publish a round in which all given families got one school, or none."""

    def publish(
        families: Sequence[Family],
        *,
        round_id: str = "grade-1-2026",
        school_code: str | None = "A",
        happened: Happened | None = None,
    ) -> None:
        publish_results(
            settings.published_dir / snapshot_name(RoundId(round_id)),
            round_info=RoundInfo(
                round_id=RoundId(round_id),
                title=Text("Tuyển sinh lớp 1", "Admission to grade 1"),
                policy="least-travel",
                problem_sha256="0" * 64,
                published_at=datetime(2026, 7, 1, tzinfo=UTC),
            ),
            schools=[
                PublishedSchool(school_code=code, name=f"Trường {code}", address="1 Đường số 7", lon=106.7, lat=10.8)
                for code in ("A", "B")
            ],
            records=[_record(family, school_code, happened) for family in families],
            secret=app.state.secret,
        )

    return publish


def _record(family: Family, school_code: str | None, happened: Happened | None) -> ResultRecord:
    return ResultRecord(
        applicant_no=family["applicant_no"],
        date_of_birth=date.fromisoformat(family["date_of_birth"]),
        receipt_code=family["receipt_code"],
        level="grade_1",
        school_code=school_code,
        distance_m=420 if school_code else None,
        reasons=() if happened else (Text("Trường gần nhất còn chỗ.", "The nearest school with a free seat."),),
        happened=happened,
    )


@pytest.fixture
def app(settings: Settings) -> Iterator[FastAPI]:
    app = create_app(settings)
    yield app
    app.state.published.close()
    app.state.database_door.close()


@pytest.fixture
def client_of() -> Iterator[Callable[..., httpx.Client]]:
    """Make a client of a server, coming from any address."""
    with start_blocking_portal() as portal:

        def client_of(app: FastAPI, *, address: str = "127.0.0.1") -> httpx.Client:
            transport = InMemory(app, portal, address=address)
            return httpx.Client(transport=transport, base_url="http://localhost")

        yield client_of


@pytest.fixture
def client(app: FastAPI, client_of: Callable[..., httpx.Client]) -> httpx.Client:
    return client_of(app)
