"""The ground out of the store: what is declared as covered, what is damaged, and what holds on a day."""

from collections.abc import Mapping
from datetime import UTC, date, datetime

import geopandas as gpd
import shapely
from ground_plots import CRS, EVERYWHERE, layers, parcel
from sqlalchemy import text

from basemap import store
from basemap.model import LayerName
from permits import service
from permits.answers import Cause, LayerStatus
from permits.facts import ParcelFacts
from spatial.db import Database

MOMENT = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
RIVER = LayerName.RIVER_CORRIDOR
BANK = {RIVER: [(shapely.box(-50, -50, 50, 2), {"name": "Rạch Sậy"})]}


def publish(
    database: Database, layer: LayerName, *, valid: tuple[date | None, date | None] = (None, None), **rows: Mapping
) -> int:
    frame = layers(rows.get("more"))[layer]
    assert isinstance(frame, gpd.GeoDataFrame)
    provenance = store.Provenance(
        imported_at=MOMENT,
        imported_by="test",
        source_file=f"{layer.value}.gpkg",
        source_sha256="0" * 64,
        source_crs=CRS,
        quarantined_count=0,
        valid_from=valid[0],
        valid_to=valid[1],
    )
    with database.transaction() as session:
        version = store.add_version(session, layer, as_stored(frame, layer), provenance=provenance)
        store.publish(session, version.version_id, published_at=MOMENT)
        return version.version_id


def as_stored(frame: gpd.GeoDataFrame, layer: LayerName) -> gpd.GeoDataFrame:
    gather = shapely.multilinestrings if layer is LayerName.STREET else shapely.multipolygons
    parts, owner = shapely.get_parts(frame.geometry.array, return_index=True)
    return frame.set_geometry(gather(parts, indices=owner) if len(parts) else frame.geometry, crs=CRS)


def facts(database: Database, *, valid_on: date | None = None) -> ParcelFacts:
    with database.transaction() as session:
        return service.facts_of_parcel(session, parcel(), valid_on=valid_on)


def test_without_a_declaration_a_layer_answers_inside_the_box_of_its_features(database: Database) -> None:
    """The plot reaches beyond the only corridor that was drawn: a hit is told, and the rest is not checked."""
    publish(database, RIVER, more=BANK)
    answer = facts(database).layers[RIVER]
    assert (answer.status, answer.cause) == (LayerStatus.NOT_CHECKED, Cause.OUT_OF_EXTENT)
    assert answer.area_inside_m2 > 0


def test_a_declared_coverage_makes_silence_an_answer(database: Database) -> None:
    publish(database, RIVER)
    assert facts(database).layers[RIVER].status is LayerStatus.NOT_CHECKED
    publish(database, LayerName.COVERAGE, more={LayerName.COVERAGE: [(EVERYWHERE, {"layer": RIVER.value})]})
    assert facts(database).layers[RIVER].status is LayerStatus.NOT_CONCERNED


def test_on_a_day_before_the_coverage_holds_nothing_reads_as_clear(database: Database) -> None:
    publish(database, RIVER, valid=(date(2020, 1, 1), None))
    rows = {LayerName.COVERAGE: [(EVERYWHERE, {"layer": RIVER.value})]}
    publish(database, LayerName.COVERAGE, valid=(date(2025, 1, 1), None), more=rows)
    assert facts(database, valid_on=date(2025, 6, 1)).layers[RIVER].status is LayerStatus.NOT_CONCERNED
    assert facts(database, valid_on=date(2024, 6, 1)).layers[RIVER].status is LayerStatus.NOT_CHECKED


def test_the_version_of_the_day_answers_and_is_named(database: Database) -> None:
    rows = {LayerName.COVERAGE: [(EVERYWHERE, {"layer": RIVER.value})]}
    publish(database, LayerName.COVERAGE, valid=(date(2000, 1, 1), None), more=rows)
    old = publish(database, RIVER, valid=(date(2015, 1, 1), date(2025, 4, 13)))
    new = publish(database, RIVER, valid=(date(2025, 4, 14), None), more=BANK)
    for day, version, status in (
        (date(2025, 4, 13), old, LayerStatus.NOT_CONCERNED),
        (date(2025, 4, 14), new, LayerStatus.CONCERNED),
    ):
        answer = facts(database, valid_on=day).layers[RIVER]
        assert answer.source is not None
        assert (answer.status, answer.source.version_id) == (status, version)


def test_a_damaged_layer_fails_alone(embedded_database: Database) -> None:
    publish(embedded_database, RIVER, more=BANK)
    publish(embedded_database, LayerName.ZONE)
    with embedded_database.transaction() as session:
        triggers = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'river_corridor'"
        for name in session.scalars(text(triggers)).all():
            session.execute(text(f'DROP TRIGGER "{name}"'))
        session.execute(text("UPDATE river_corridor SET geometry = X'00'"))
    found = facts(embedded_database)
    assert (found.layers[RIVER].status, found.layers[RIVER].cause) == (LayerStatus.NOT_CHECKED, Cause.FAILED)
    assert found.layers[LayerName.ZONE].status is LayerStatus.CONCERNED
