"""A page, its version and its count from PostGIS in one statement: together right, at once new, and never torn."""

import asyncio
from datetime import UTC, datetime, timedelta

import geopandas as gpd
import numpy as np
import pytest
import shapely
from sqlalchemy import text

from basemap import feature_counts, feature_store, store
from basemap.feature_answers import Answer, answer_at_once
from basemap.feature_query import CRS84, FeatureQuery, crs_uris
from basemap.model import LayerName, LayerVersionId
from spatial import quick_reads
from spatial.crs import HCMC
from spatial.db import Database
from spatial.errors import DataUnavailableError

pytestmark = pytest.mark.postgis

NOON = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)
COLUMNS_COUNT = 50


def squares(count: int) -> gpd.GeoDataFrame:
    """Squares of 8 m, 10 m apart, in rows of fifty; stored in an order that has nothing to do with where they lie."""
    number = np.random.default_rng(5).permutation(count)
    x, y = 603_000 + 10.0 * (number % COLUMNS_COUNT), 1_191_000 + 10.0 * (number // COLUMNS_COUNT)
    columns = {"ward_code": "26797", "map_sheet": [str(each % 7) for each in number], "parcel_no": number.astype(str)}
    missing = ("registered_area_m2", "land_use_code", "national_parcel_id", "address")
    return gpd.GeoDataFrame(
        {"feature_id": number.astype(str), **columns, **dict.fromkeys(missing)},
        geometry=shapely.multipolygons([[each] for each in shapely.box(x, y, x + 8, y + 8)]),
        crs=HCMC,
    )


def published(database: Database, count: int, *, at: datetime = NOON) -> LayerVersionId:
    provenance = store.Provenance(
        imported_at=at,
        imported_by="surveyor",
        source_file="s.gpkg",
        source_sha256="0" * 64,
        source_crs=HCMC,
        quarantined_count=0,
    )
    with database.transaction() as session:
        version = store.add_version(session, LayerName.PARCEL, squares(count), provenance=provenance)
        store.publish(session, version.version_id, published_at=at)
    return version.version_id


def asked(database: Database, query: FeatureQuery) -> Answer:
    assert database.quick_reads is not None
    answer = asyncio.run(answer_at_once(database.quick_reads, LayerName.PARCEL, query, stored=database.crs))
    assert answer is not None
    return answer


def area(width_m: float, height_m: float) -> shapely.Geometry:
    return shapely.box(603_001, 1_191_001, 603_001 + width_m, 1_191_001 + height_m)


QUERIES = [
    FeatureQuery(limit_count=7),
    FeatureQuery(limit_count=7, offset_count=495),
    FeatureQuery(limit_count=7, offset_count=5000),
    FeatureQuery(limit_count=7, area=area(95, 45)),
    FeatureQuery(limit_count=7, area=area(95, 45), offset_count=45),
    FeatureQuery(limit_count=7, area=shapely.Point(603_001, 1_191_001)),
    FeatureQuery(limit_count=7, area=shapely.Point(603_009, 1_191_009)),
    FeatureQuery(
        limit_count=7, area=shapely.Polygon([(603_000, 1_191_000), (603_100, 1_191_000), (603_000, 1_191_100)])
    ),
    FeatureQuery(limit_count=7, area=area(95, 45), equals=(("map_sheet", "3"),)),
    FeatureQuery(limit_count=7, equals=(("map_sheet", "3"), ("ward_code", "26797"))),
    FeatureQuery(limit_count=7, equals=(("map_sheet", "' OR 1=1 --"),)),
    FeatureQuery(limit_count=7, area=shapely.Polygon()),
]


@pytest.mark.parametrize("query", QUERIES)
def test_one_statement_answers_as_the_session_does_in_every_coordinate_system(
    postgis_database: Database, query: FeatureQuery
) -> None:
    published(postgis_database, 20)
    published(postgis_database, 500, at=NOON + timedelta(hours=1))
    for crs in crs_uris(postgis_database.crs):
        question = FeatureQuery(
            limit_count=query.limit_count,
            offset_count=query.offset_count,
            area=query.area,
            equals=query.equals,
            crs=crs,
        )
        answer = asked(postgis_database, question)
        with postgis_database.transaction() as session:
            edition = feature_store.find_edition(session, LayerName.PARCEL)
            assert edition is not None
            page = feature_store.read_page(session, LayerName.PARCEL, edition, query=question)
            count = feature_counts.count_matches(session, LayerName.PARCEL, edition, query=question)
        assert (answer.edition, answer.page, answer.count) == (edition, page, count)


def test_what_is_published_is_seen_by_the_next_question_and_what_is_withdrawn_no_more(
    postgis_database: Database,
) -> None:
    first = published(postgis_database, 20)
    query = FeatureQuery(area=area(1000, 1000))
    assert asked(postgis_database, query).edition.version_id == first
    second = published(postgis_database, 60, at=NOON + timedelta(hours=1))
    answer = asked(postgis_database, query)
    assert (answer.edition.version_id, answer.count.count) == (second, 60)  # type: ignore[union-attr]
    with postgis_database.transaction() as session:
        store.rollback(session, LayerName.PARCEL, withdrawn_at=NOON + timedelta(hours=2))
    answer = asked(postgis_database, query)
    assert (answer.edition.version_id, answer.count.count) == (first, 20)  # type: ignore[union-attr]


def test_more_matches_than_are_counted_are_left_to_the_session(
    postgis_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    published(postgis_database, 100)
    monkeypatch.setattr(feature_counts, "EXACT_LIMIT_COUNT", 99)
    answer = asked(postgis_database, FeatureQuery(area=area(1000, 1000)))
    assert (answer.page, answer.count) == (None, None)
    monkeypatch.setattr(feature_counts, "EXACT_LIMIT_COUNT", 100)
    assert asked(postgis_database, FeatureQuery(area=area(1000, 1000))).count.count == 100  # type: ignore[union-attr]


def test_readers_go_on_after_the_server_dropped_every_connection(postgis_database: Database) -> None:
    published(postgis_database, 20)
    assert asked(postgis_database, FeatureQuery()).page
    with postgis_database.transaction() as session:
        others = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        session.execute(text(f"SELECT pg_terminate_backend(pid) {others}"))
    assert asked(postgis_database, FeatureQuery()).edition.feature_count == 20


def test_many_who_ask_at_once_each_get_their_own_answer(postgis_database: Database) -> None:
    reads = postgis_database.quick_reads
    assert reads is not None

    async def ask_all() -> list[quick_reads.Row | None]:
        return await asyncio.gather(*(reads.row("SELECT $1::int + 1", (number,)) for number in range(100)))

    assert [quick_reads.as_number(row[0]) for row in asyncio.run(ask_all()) if row] == [*range(1, 101)]


def test_a_question_given_up_halfway_spoils_no_later_answer(postgis_database: Database) -> None:
    reads = postgis_database.quick_reads
    assert reads is not None

    async def give_up_and_ask() -> quick_reads.Row | None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(reads.row("SELECT 'old' FROM pg_sleep($1)", (0.5,)), timeout=0.1)
        return await reads.row("SELECT $1::text", ("new",))

    assert asyncio.run(give_up_and_ask()) == (b"new",)


def test_no_connection_keeps_more_kinds_of_statements_than_it_may(
    postgis_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads = postgis_database.quick_reads
    assert reads is not None
    monkeypatch.setattr(quick_reads, "MOST_PREPARED_COUNT", 3)

    async def ask_in_turn() -> list[int]:
        kept = "SELECT count(*) FROM pg_prepared_statements WHERE $1::int"
        rows = [await reads.row(f"{kept} = {number}", (number,)) for number in range(10)]
        return [quick_reads.as_number(row[0]) for row in rows if row is not None]

    assert max(asyncio.run(ask_in_turn())) == 3


def test_a_store_without_tables_is_named_as_not_built(postgis_database: Database) -> None:
    assert postgis_database.quick_reads is not None
    with pytest.raises(DataUnavailableError, match="has not been built"):
        asyncio.run(postgis_database.quick_reads.row("SELECT * FROM no_such_table", ()))


def test_right_after_an_import_an_estimated_count_is_within_a_fifth_of_the_truth(
    postgis_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    published(postgis_database, 6000)
    monkeypatch.setattr(feature_counts, "EXACT_LIMIT_COUNT", 100)
    # Half of the columns, all of the rows.
    query = FeatureQuery(crs=CRS84, area=area(10 * COLUMNS_COUNT / 2 - 5, 10_000))
    with postgis_database.transaction() as session:
        edition = feature_store.find_edition(session, LayerName.PARCEL)
        assert edition is not None
        found = feature_counts.count_matches(session, LayerName.PARCEL, edition, query=query)
    assert not found.is_exact
    assert found.count == pytest.approx(3000, rel=0.2)
