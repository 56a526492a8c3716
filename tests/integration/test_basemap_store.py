"""What the shared basemap remembers: the same claims on the embedded file and on PostGIS."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from sqlalchemy import func, select, table, text

from basemap import store
from basemap.model import LAYERS, Kind, LayerName, LayerVersion, LayerVersionId, Shape
from basemap.tables import FEATURE_ROWS, ParcelRow
from spatial.db import Database, intersects_box
from spatial.errors import ConflictError, DataUnavailableError, InputError, NotFoundError

NOON = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)
WEST_M, SOUTH_M = 600_000.0, 1_190_000.0
LAYER_NAMES = [pytest.param(layer, id=layer.value) for layer in LayerName]

PROVENANCE = store.Provenance(
    imported_at=NOON,
    imported_by="văn thư",
    source_file="thửa.gpkg",
    source_sha256="ab" * 32,
    source_crs="EPSG:5899",
    quarantined_count=3,
)


def shapes_of(shape: Shape, count: int, *, seed: int) -> np.ndarray:
    chance = np.random.default_rng(seed)
    corners = chance.uniform((WEST_M, SOUTH_M), (WEST_M + 2000, SOUTH_M + 2000), (count, 2))
    sizes = chance.uniform(3, 30, (count, 2))
    if shape is Shape.POINT:
        return np.asarray(shapely.points(corners), dtype=object)
    made = np.empty(count, dtype=object)
    for index, ((x, y), (width, depth)) in enumerate(zip(corners, sizes, strict=True)):
        line = [(x, y), (x + width, y + depth / 3), (x + width / 2, y + depth)]
        made[index] = shapely.MultiLineString([line]) if shape is Shape.LINE else shapely.MultiPolygon([(line, [])])
    return made


def values_of(kind: Kind, count: int, *, missing: bool) -> list[object]:
    made: dict[Kind, list[object]] = {
        Kind.TEXT: [f"Đường số {index}" for index in range(count)],
        Kind.INTEGER: list(range(count)),
        Kind.REAL: [index / 7 for index in range(count)],
        Kind.BOOLEAN: [index % 2 == 0 for index in range(count)],
        Kind.DATE: [date(2025, 7, 1 + index % 28) for index in range(count)],
    }
    return [None if missing and index % 5 == 4 else value for index, value in enumerate(made[kind])]


def frame_of(layer: LayerName, count: int = 12, *, seed: int = 1) -> gpd.GeoDataFrame:
    schema = LAYERS[layer]
    columns: dict[str, Sequence[object]] = {"feature_id": [f"{layer.value}-{index}" for index in range(count)]}
    for attribute in schema.attributes:
        columns[attribute.name] = values_of(attribute.kind, count, missing=not attribute.required)
    return gpd.GeoDataFrame(columns, geometry=shapes_of(schema.shape, count, seed=seed), crs="EPSG:9210")


def parcels_of(keys: Sequence[tuple[str, str, str]]) -> gpd.GeoDataFrame:
    frame = frame_of(LayerName.PARCEL, len(keys))
    frame[["ward_code", "map_sheet", "parcel_no"]] = list(keys)
    return frame


def add(database: Database, frame: gpd.GeoDataFrame, layer: LayerName = LayerName.PARCEL) -> LayerVersionId:
    with database.transaction() as session:
        return store.add_version(session, layer, frame, provenance=PROVENANCE).version_id


def publish(database: Database, version_id: LayerVersionId, *, at: datetime = NOON) -> LayerVersion:
    with database.transaction() as session:
        return store.publish(session, version_id, published_at=at)


def published(database: Database, layer: LayerName = LayerName.PARCEL) -> gpd.GeoDataFrame:
    with database.transaction() as session:
        return store.read_layer(session, layer)


def count_of(database: Database, table: str) -> int:
    with database.transaction() as session:
        return int(session.scalar(text(f"SELECT count(*) FROM {table}")) or 0)  # noqa: S608  constant of the test


@pytest.mark.parametrize("layer", LAYER_NAMES)
def test_every_layer_comes_back_as_it_went_in_within_a_millimetre(database: Database, layer: LayerName) -> None:
    frame = frame_of(layer)
    publish(database, add(database, frame, layer))
    back = published(database, layer)
    assert back.crs == "EPSG:9210"
    assert list(back.columns) == ["feature_id", *LAYERS[layer].attribute_names, "geometry"]
    assert back["feature_id"].tolist() == frame["feature_id"].tolist()
    for attribute in LAYERS[layer].attributes:
        given = [None if pd.isna(value) else value for value in frame[attribute.name]]
        assert [None if pd.isna(value) else value for value in back[attribute.name]] == given, attribute.name
    assert shapely.hausdorff_distance(back.geometry.array, frame.geometry.array).max() < 0.001
    assert (back.geom_type == LAYERS[layer].shape.value).all()


def test_columns_come_as_the_types_that_the_store_promises(database: Database) -> None:
    publish(database, add(database, frame_of(LayerName.ZONE), LayerName.ZONE))
    zones = published(database, LayerName.ZONE)
    assert str(zones["max_floors"].dtype) == "Int64"
    assert str(zones["max_height_m"].dtype) == "float64"
    assert str(zones["plan_name"].dtype) == "object"
    assert zones["plan_name"][4] is None
    assert zones["plan_approved_on"][0] == date(2025, 7, 1)


def test_an_empty_version_is_published_and_read_as_empty(database: Database) -> None:
    publish(database, add(database, frame_of(LayerName.PARCEL, 0)))
    assert len(published(database)) == 0
    assert published(database).crs == "EPSG:9210"


def test_what_is_stored_is_not_seen_before_it_is_published(database: Database) -> None:
    version = add(database, frame_of(LayerName.PARCEL))
    with pytest.raises(DataUnavailableError, match="not published") as refused:
        published(database)
    assert refused.value.subject == "parcel"
    with database.transaction() as session:
        assert store.current_version(session, LayerName.PARCEL) is None
        assert len(store.read_layer(session, LayerName.PARCEL, version_id=version)) == 12
        for ask in (lambda: store.find_parcels(session), lambda: store.read_at_point(session, LayerName.PARCEL, 0, 0)):
            with pytest.raises(DataUnavailableError):
                ask()


def test_a_version_keeps_where_it_came_from(database: Database) -> None:
    version = publish(database, add(database, frame_of(LayerName.WARD), LayerName.WARD))
    assert version == LayerVersion(
        version_id=version.version_id,
        layer=LayerName.WARD,
        imported_at=NOON,
        imported_by="văn thư",
        source_file="thửa.gpkg",
        source_sha256="ab" * 32,
        source_crs="EPSG:5899",
        feature_count=12,
        quarantined_count=3,
        published_at=NOON,
        is_current=True,
        is_published=True,
    )


def test_publishing_moves_the_pointer_and_rolling_back_moves_it_to_the_version_before(database: Database) -> None:
    first, second, third = (add(database, frame_of(LayerName.PARCEL, count)) for count in (3, 4, 5))
    for version in (first, second, third):
        publish(database, version)
        assert len(published(database)) == {first: 3, second: 4, third: 5}[version]
    for expected in (second, first):
        with database.transaction() as session:
            assert store.rollback(session, LayerName.PARCEL, withdrawn_at=NOON).version_id == expected
        with database.transaction() as session:
            current = store.current_version(session, LayerName.PARCEL)
        assert current is not None
        assert current.version_id == expected
        assert current.is_current
    with pytest.raises(ConflictError, match="No version was published before"), database.transaction() as session:
        store.rollback(session, LayerName.PARCEL, withdrawn_at=NOON)
    assert len(published(database)) == 3


def test_after_a_rollback_the_next_publishing_goes_back_to_what_was_seen_before_it(database: Database) -> None:
    first, second, third = (add(database, frame_of(LayerName.PARCEL, count)) for count in (3, 4, 5))
    publish(database, first)
    publish(database, second)
    with database.transaction() as session:
        store.rollback(session, LayerName.PARCEL, withdrawn_at=NOON)
    publish(database, third)
    with database.transaction() as session:
        assert store.rollback(session, LayerName.PARCEL, withdrawn_at=NOON).version_id == first


def test_an_older_version_may_be_published_again(database: Database) -> None:
    first, second = (add(database, frame_of(LayerName.PARCEL, count)) for count in (3, 4))
    for version in (first, second, first):
        publish(database, version)
    assert len(published(database)) == 3
    with database.transaction() as session:
        assert store.rollback(session, LayerName.PARCEL, withdrawn_at=NOON).version_id == second


def test_publishing_twice_is_publishing_once(database: Database) -> None:
    first, second = (add(database, frame_of(LayerName.PARCEL, count)) for count in (3, 4))
    for version in (first, second, second):
        publish(database, version)
    with database.transaction() as session:
        assert store.rollback(session, LayerName.PARCEL, withdrawn_at=NOON).version_id == first


def test_a_version_keeps_the_moment_of_its_first_publishing(database: Database) -> None:
    later = datetime(2027, 1, 1, tzinfo=UTC)
    first, second = (add(database, frame_of(LayerName.PARCEL, count)) for count in (3, 4))
    publish(database, first)
    publish(database, second, at=later)
    assert publish(database, first, at=later).published_at == NOON


def test_a_version_keeps_its_validity_its_licence_and_its_source(database: Database) -> None:
    origin = {
        "valid_from": date(2025, 7, 1),
        "valid_to": date(2026, 6, 30),
        "licence": "MIT",
        "source": "Sở Nông nghiệp và Môi trường",
    }
    with database.transaction() as session:
        provenance = replace(PROVENANCE, **origin)  # type: ignore[arg-type]  # each of its own kind
        number = store.add_version(session, LayerName.WARD, frame_of(LayerName.WARD), provenance=provenance).version_id
    with database.transaction() as session:
        (version,) = store.list_versions(session, LayerName.WARD)
    assert version.version_id == number
    assert {name: getattr(version, name) for name in origin} == origin


def test_what_readers_saw_at_any_moment_can_be_read_again(database: Database) -> None:
    """Three versions of 3, 4 and 5 parcels; the third was taken back after a quarter of an hour."""
    first, second, third = (add(database, frame_of(LayerName.PARCEL, count)) for count in (3, 4, 5))
    for number, version in enumerate((first, second, third)):
        publish(database, version, at=NOON + timedelta(hours=number))
    with database.transaction() as session:
        store.rollback(session, LayerName.PARCEL, withdrawn_at=NOON + timedelta(hours=2, minutes=15))
    seen = {
        NOON: 3,
        NOON + timedelta(minutes=59, seconds=59): 3,
        NOON + timedelta(hours=1): 4,
        NOON + timedelta(hours=2): 5,
        NOON + timedelta(hours=2, minutes=14): 5,
        NOON + timedelta(hours=2, minutes=15): 4,
        NOON + timedelta(days=365): 4,
    }
    with database.transaction() as session:
        counts = {at: len(store.read_layer(session, LayerName.PARCEL, as_of=at)) for at in seen}
        history = store.publications(session, LayerName.PARCEL)
        with pytest.raises(DataUnavailableError, match=r"had no published version at .*, Vietnam time"):
            store.read_layer(session, LayerName.PARCEL, as_of=NOON - timedelta(seconds=1))
    assert counts == seen
    assert [act.version_id for act in history] == [first, second, third]
    assert [act.withdrawn_at for act in history] == [None, None, NOON + timedelta(hours=2, minutes=15)]


def test_the_view_of_a_layer_shows_what_is_published_and_nothing_else(database: Database) -> None:
    first, second = (add(database, frame_of(LayerName.PARCEL, count)) for count in (3, 4))
    view = select(func.count()).select_from(table(store.published_view(LayerName.PARCEL)))

    def counted() -> int:
        with database.transaction() as session:
            return int(session.scalar(view) or 0)

    assert counted() == 0
    publish(database, first)
    assert counted() == 3
    publish(database, second)
    assert counted() == 4
    with database.transaction() as session:
        store.rollback(session, LayerName.PARCEL, withdrawn_at=NOON)
    assert counted() == 3


def test_nothing_can_be_rolled_back_before_anything_was_published(database: Database) -> None:
    add(database, frame_of(LayerName.PARCEL))
    with pytest.raises(ConflictError), database.transaction() as session:
        store.rollback(session, LayerName.PARCEL, withdrawn_at=NOON)


def test_layers_do_not_interfere(database: Database) -> None:
    wards = add(database, frame_of(LayerName.WARD, 2), LayerName.WARD)
    zones = [add(database, frame_of(LayerName.ZONE, count), LayerName.ZONE) for count in (3, 4)]
    for version in (wards, *zones):
        publish(database, version)
    with database.transaction() as session:
        store.rollback(session, LayerName.ZONE, withdrawn_at=NOON)
    assert len(published(database, LayerName.WARD)) == 2
    assert len(published(database, LayerName.ZONE)) == 3
    with pytest.raises(ConflictError), database.transaction() as session:
        store.rollback(session, LayerName.WARD, withdrawn_at=NOON)
    with database.transaction() as session:
        current = [version for version in store.list_versions(session) if version.is_current]
    assert {(version.layer, version.version_id) for version in current} == {
        (LayerName.WARD, wards),
        (LayerName.ZONE, zones[0]),
    }


def test_versions_are_listed_newest_first(database: Database) -> None:
    added = [add(database, frame_of(layer), layer) for layer in (LayerName.WARD, LayerName.ZONE, LayerName.WARD)]
    with database.transaction() as session:
        assert [version.version_id for version in store.list_versions(session)] == added[::-1]
        wards = store.list_versions(session, LayerName.WARD)
    assert [version.version_id for version in wards] == [added[2], added[0]]


def test_a_version_that_does_not_exist_is_not_found(database: Database) -> None:
    wards = add(database, frame_of(LayerName.WARD), LayerName.WARD)
    with pytest.raises(NotFoundError):
        publish(database, LayerVersionId(999))
    with pytest.raises(NotFoundError), database.transaction() as session:
        store.read_layer(session, LayerName.PARCEL, version_id=wards)


def spoiled(frame: gpd.GeoDataFrame, what: str) -> gpd.GeoDataFrame:
    if what == "repeated":
        frame.loc[5, "feature_id"] = frame.loc[4, "feature_id"]
    elif what == "column":
        frame = frame.drop(columns="map_sheet")
    elif what == "system":
        frame = frame.set_crs("EPSG:5899", allow_override=True)
    elif what == "shape":
        frame.loc[3, "geometry"] = shapely.Point(WEST_M, SOUTH_M)
    elif what == "missing shape":
        frame.loc[3, "geometry"] = None
    elif what == "empty":
        frame.loc[3, "ward_code"] = None
    return frame


@pytest.mark.parametrize(
    ("what", "message"),
    [
        ("repeated", "feature_id given twice: parcel-4"),
        ("column", "Missing columns: map_sheet"),
        ("system", "not in EPSG:9210"),
        ("shape", "No MultiPolygon at 3"),
        ("missing shape", "No MultiPolygon at 3"),
        ("empty", "ward_code has empty values"),
    ],
)
def test_a_frame_that_does_not_fit_is_refused_and_leaves_nothing(database: Database, what: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        add(database, spoiled(frame_of(LayerName.PARCEL), what))
    assert count_of(database, "layer_version") == 0
    assert count_of(database, "parcel") == 0


def test_half_a_floor_is_refused(database: Database) -> None:
    frame = frame_of(LayerName.BUILDING)
    frame["floors"] = 2.5
    with pytest.raises(InputError, match="floors must be whole numbers"):
        add(database, frame, LayerName.BUILDING)


def test_a_version_that_fails_half_way_leaves_nothing_even_if_the_transaction_goes_on(database: Database) -> None:
    broken = frame_of(LayerName.PARCEL, 8)
    broken["address"] = broken["address"].astype(object)
    broken.at[6, "address"] = object()  # noqa: PD008  loc would look into the object
    with database.transaction() as session:
        good = store.add_version(session, LayerName.PARCEL, frame_of(LayerName.PARCEL, 3), provenance=PROVENANCE)
        with pytest.raises(Exception, match=r"type 'object'|adapt"):
            store.add_version(session, LayerName.PARCEL, broken, provenance=PROVENANCE)
    assert count_of(database, "layer_version") == 1
    assert count_of(database, "parcel") == 3
    publish(database, good.version_id)
    with database.transaction() as session:
        box = (WEST_M, SOUTH_M, WEST_M + 3000, SOUTH_M + 3000)
        assert len(store.read_layer(session, LayerName.PARCEL, bounds=box)) == 3


def test_the_same_feature_may_stand_in_two_versions(database: Database) -> None:
    add(database, frame_of(LayerName.PARCEL))
    add(database, frame_of(LayerName.PARCEL))
    assert count_of(database, "parcel") == 24


def boxes(*, seed: int) -> list[tuple[float, float, float, float]]:
    chance = np.random.default_rng(seed)
    corners = chance.uniform((WEST_M, SOUTH_M), (WEST_M + 2000, SOUTH_M + 2000), (40, 2))
    sizes = chance.uniform(0.5, 400, 40)
    return [(x, y, x + size, y + size) for (x, y), size in zip(corners.tolist(), sizes.tolist(), strict=True)]


def test_a_box_gives_what_a_search_without_index_gives(database: Database) -> None:
    frame = frame_of(LayerName.PARCEL, 1500, seed=7)
    add(database, frame_of(LayerName.PARCEL, 800, seed=8))
    publish(database, add(database, frame))
    with database.transaction() as session:
        for bounds in boxes(seed=11):
            expected = frame["feature_id"][shapely.intersects(frame.geometry.array, shapely.box(*bounds))]
            found = store.read_layer(session, LayerName.PARCEL, bounds=bounds)
            assert set(found["feature_id"]) == set(expected)


def test_the_index_misses_no_box_and_brings_none_from_afar(database: Database) -> None:
    frame = frame_of(LayerName.PARCEL, 1500, seed=7)
    add(database, frame)
    edges = shapely.bounds(frame.geometry.array)
    with database.transaction() as session:
        for bounds in boxes(seed=12):
            condition = intersects_box(ParcelRow.geometry, bounds)
            found = set(session.scalars(select(ParcelRow.feature_id).where(condition)))
            assert set(frame["feature_id"][_meeting(edges, bounds, slack_m=0)]) <= found
            assert found <= set(frame["feature_id"][_meeting(edges, bounds, slack_m=0.25)])


def _meeting(edges: np.ndarray, bounds: tuple[float, ...], *, slack_m: float) -> np.ndarray:
    west, south, east, north = bounds
    return np.asarray(
        (edges[:, 0] <= east + slack_m)
        & (edges[:, 2] >= west - slack_m)
        & (edges[:, 1] <= north + slack_m)
        & (edges[:, 3] >= south - slack_m)
    )


def test_a_point_finds_the_parcel_it_lies_in_and_on_an_edge_both(database: Database) -> None:
    frame = frame_of(LayerName.PARCEL, 3)
    squares = [shapely.box(WEST_M + west, SOUTH_M, WEST_M + west + 20, SOUTH_M + 20) for west in (0, 20, 60)]
    frame = frame.set_geometry(gpd.GeoSeries([shapely.MultiPolygon([square]) for square in squares], crs=frame.crs))
    publish(database, add(database, frame))

    def at(x: float, y: float) -> list[str]:
        with database.transaction() as session:
            return store.read_at_point(session, LayerName.PARCEL, WEST_M + x, SOUTH_M + y)["feature_id"].tolist()

    assert at(10, 10) == ["parcel-0"]
    assert at(20, 10) == ["parcel-0", "parcel-1"]
    assert at(50, 10) == []
    assert at(80.001, 10) == []


def test_parcels_are_found_by_ward_sheet_and_number_and_all_candidates_come(database: Database) -> None:
    keys = [("26797", "10", "16"), ("26797", "10", "17"), ("26800", "10", "16"), ("26797", "11", "16")]
    add(database, parcels_of([("26797", "10", "16")]))
    publish(database, add(database, parcels_of(keys)))

    def found(**asked: str) -> list[str]:
        with database.transaction() as session:
            return store.find_parcels(session, **asked)["feature_id"].tolist()

    assert found(ward_code="26797", map_sheet="10", parcel_no="16") == ["parcel-0"]
    assert found(map_sheet="10", parcel_no="16") == ["parcel-0", "parcel-2"]
    assert found(ward_code="26797") == ["parcel-0", "parcel-1", "parcel-3"]
    assert found(ward_code="26797", map_sheet="99") == []
    assert found(map_sheet="10' OR '1'='1") == []
    assert len(found()) == 4


@pytest.mark.parametrize("layer", LAYER_NAMES)
def test_mapped_classes_read_the_same_geometry(database: Database, layer: LayerName) -> None:
    from geoalchemy2.shape import to_shape  # noqa: PLC0415  only this test goes through mapped objects

    frame = frame_of(layer, 2)
    add(database, frame, layer)
    with database.transaction() as session:
        row = session.scalars(select(FEATURE_ROWS[layer]).limit(1)).one()
        geometry = row.geometry  # type: ignore[attr-defined]  # every layer has one
    assert geometry.srid == 9210
    assert to_shape(geometry).equals_exact(frame.geometry[0], tolerance=0)
