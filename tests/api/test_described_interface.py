"""The interface keeps to its own description, whatever it is asked: a machine invents the questions."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import geopandas as gpd
import pytest
import schemathesis
import shapely
from hypothesis import HealthCheck, Phase, given, settings
from parcels_published import publish_parcels
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks

from api.app import GUESSABLE_PATHS, create_app
from api.rate_limit import Budget
from api.settings import Settings
from spatial.crs import HCMC
from spatial.db import Database

PLENTY = Budget(request_count=10**6, miss_count=10**6, all_miss_count=10**6)
QUESTION_COUNT = 40
PREFIX = "/api/v1/"
IMPORTED = datetime(2026, 6, 1, tzinfo=UTC)
KEPT = (
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
    checks.allow_header_conformance,
)


def publish_one_parcel(database: Database) -> None:
    row = {"feature_id": "26800-10-16", "ward_code": "26800", "map_sheet": "10", "parcel_no": "16"}
    shape = shapely.MultiPolygon([shapely.box(603_000, 1_192_000, 603_020, 1_192_020)])
    publish_parcels(database, gpd.GeoDataFrame([row], geometry=[shape], crs=HCMC))


@pytest.fixture(scope="module")
def described(tmp_path_factory: pytest.TempPathFactory, city_store: Path) -> Iterator[schemathesis.BaseSchema]:
    folder = tmp_path_factory.mktemp("described")
    shutil.copy(city_store, folder / "diaban.gpkg")
    chosen = Settings(data_dir=folder, database_url="", secret="", language="en", allowed_hosts="*")
    budgets = {path: replace(PLENTY, counts_reading=each.counts_reading) for path, each in GUESSABLE_PATHS.items()}
    app = create_app(chosen, budgets=budgets)
    publish_one_parcel(app.state.database_door.open())
    yield schemathesis.openapi.from_asgi("/api/v1/openapi.json", app)
    app.state.published.close()
    app.state.database_door.close()


def described_operations() -> list[str]:
    app = create_app(Settings(data_dir=Path("nowhere"), database_url="", secret="of a server that never runs " * 2))
    paths = app.openapi()["paths"]
    return [f"{method.upper()} {path}" for path in paths if path.startswith(PREFIX) for method in paths[path]]


@pytest.mark.parametrize("operation", described_operations())
def test_every_answer_to_an_invented_question_is_one_that_is_described(
    described: schemathesis.BaseSchema, operation: str
) -> None:
    method, path = operation.split()

    @given(case=described[path][method].as_strategy())
    @settings(
        max_examples=QUESTION_COUNT,
        deadline=None,
        derandomize=True,
        database=None,
        phases=(Phase.explicit, Phase.generate),
        suppress_health_check=list(HealthCheck),
    )
    def ask(case: schemathesis.Case) -> None:
        case.validate_response(case.call(), checks=list(KEPT))

    ask()


def test_the_methods_of_a_whole_path_are_named_when_another_one_is_used(described: schemathesis.BaseSchema) -> None:
    answer = described["/api/v1/session"]["GET"].Case().call(method="PUT")
    assert answer.status_code == 405
    assert answer.headers["allow"] == ["DELETE, GET, POST"]


def test_every_operation_describes_its_refusals_as_problems(described: schemathesis.BaseSchema) -> None:
    described_paths = described.raw_schema["paths"]
    for path, operations in described_paths.items():
        if not path.startswith(PREFIX):
            continue
        for operation in operations.values():
            refusals = {status: each for status, each in operation["responses"].items() if status >= "400"}
            assert {"400", "422", "500", "503"} <= set(refusals)
            assert all(set(each["content"]) == {"application/problem+json"} for each in refusals.values()), path
    look_up = described_paths["/api/v1/admissions/lookup"]["post"]["responses"]
    assert {"403", "404", "429"} <= set(look_up)
    for path, method in (
        ("addresses", "get"),
        ("addresses", "post"),
        ("addresses/reverse", "get"),
        ("addresses/batch", "post"),
    ):
        assert {"403", "404", "429"} <= set(described_paths[f"{PREFIX}{path}"][method]["responses"]), path
