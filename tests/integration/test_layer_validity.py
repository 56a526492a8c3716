"""Versions that hold on other days live side by side: the same claims on the embedded file and on PostGIS."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import geopandas as gpd
import pytest
import shapely
from sqlalchemy import func, select, table

from basemap import feature_store, store
from basemap.feature_query import Period
from basemap.model import LayerName, LayerVersion, LayerVersionId
from spatial.db import Database
from spatial.errors import ConflictError, DataUnavailableError, InputError

NOON = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)
LAST_OLD, FIRST_NEW = date(2025, 6, 30), date(2025, 7, 1)
WEST_M, SOUTH_M = 600_000.0, 1_190_000.0
EVER = (date(2024, 1, 1), LAST_OLD, FIRST_NEW, date(2026, 11, 22))

PROVENANCE = store.Provenance(
    imported_at=NOON,
    imported_by="văn thư",
    source_file="phường.gpkg",
    source_sha256="ab" * 32,
    source_crs="EPSG:9210",
    quarantined_count=0,
)


def wards(*names: str) -> gpd.GeoDataFrame:
    """Strips side by side, which share a square of one kilometre evenly."""
    width_m = 1000 / len(names)
    boxes = [
        shapely.MultiPolygon([shapely.box(WEST_M + n * width_m, SOUTH_M, WEST_M + (n + 1) * width_m, SOUTH_M + 1000)])
        for n in range(len(names))
    ]
    codes = [f"{26700 + number}" for number in range(len(names))]
    return gpd.GeoDataFrame({"feature_id": codes, "ward_code": codes, "name": names}, geometry=boxes, crs="EPSG:9210")


def add(
    database: Database, *names: str, valid_from: date | None = None, valid_to: date | None = None
) -> LayerVersionId:
    provenance = replace(PROVENANCE, valid_from=valid_from, valid_to=valid_to)
    with database.transaction() as session:
        return store.add_version(session, LayerName.WARD, wards(*names), provenance=provenance).version_id


def publish(database: Database, version_id: LayerVersionId, *, hours: int = 0) -> LayerVersion:
    with database.transaction() as session:
        return store.publish(session, version_id, published_at=NOON + timedelta(hours=hours))


def publish_all(database: Database, *versions: LayerVersionId) -> None:
    """Publish one each hour, from noon on."""
    for hours, version in enumerate(versions):
        publish(database, version, hours=hours)


def rollback(database: Database, *, valid_on: date | None = None) -> LayerVersionId:
    with database.transaction() as session:
        at = NOON + timedelta(hours=10)
        return store.rollback(session, LayerName.WARD, withdrawn_at=at, valid_on=valid_on).version_id


def names_on(database: Database, day: date | None = None, *, as_of: datetime | None = None) -> list[str]:
    with database.transaction() as session:
        return list(store.read_layer(session, LayerName.WARD, valid_on=day, as_of=as_of)["name"])


def counts(database: Database) -> list[int]:
    return [len(names_on(database, day)) for day in EVER]


def acts(database: Database) -> list[LayerVersionId]:
    with database.transaction() as session:
        return [act.version_id for act in store.publications(session, LayerName.WARD)]


@pytest.fixture
def old(database: Database) -> LayerVersionId:
    """Two wards that ended with June 2025: version 1."""
    return add(database, "Cũ 1", "Cũ 2", valid_to=LAST_OLD)


@pytest.fixture
def new(database: Database, old: LayerVersionId) -> LayerVersionId:
    """The one ward that took over in July 2025: version 2."""
    assert old == 1
    return add(database, "Mới", valid_from=FIRST_NEW)


@pytest.mark.parametrize("first", ["old", "new"])
def test_old_and_new_wards_are_both_published_and_each_day_has_its_own(
    database: Database, old: LayerVersionId, new: LayerVersionId, first: str
) -> None:
    publish_all(database, *((old, new) if first == "old" else (new, old)))
    assert counts(database) == [2, 2, 1, 1]
    assert names_on(database) == ["Mới"]
    with database.transaction() as session:
        versions = store.list_versions(session, LayerName.WARD)
        current = store.current_version(session, LayerName.WARD)
        assert session.scalar(select(func.count()).select_from(table(store.published_view(LayerName.WARD)))) == 1
        editions = [
            feature_store.find_edition(session, LayerName.WARD),
            feature_store.find_edition(session, LayerName.WARD, Period(start=None, end=NOON + timedelta(hours=5))),
        ]
    assert current is not None
    assert current.version_id == new
    assert {(one.version_id, one.is_current, one.is_published) for one in versions} == {
        (old, False, True),
        (new, True, True),
    }
    assert [one.version_id for one in editions if one is not None] == [new, new]


def test_of_several_versions_that_hold_on_a_day_the_last_published_answers(
    database: Database, old: LayerVersionId, new: LayerVersionId
) -> None:
    corrected = add(database, "Cũ 1", "Cũ 2", "Cũ 3", valid_to=LAST_OLD)
    publish_all(database, old, new, corrected)
    assert counts(database) == [3, 3, 1, 1]
    assert names_on(database, LAST_OLD, as_of=NOON + timedelta(hours=1)) == ["Cũ 1", "Cũ 2"]
    with database.transaction() as session:
        seen = {one.version_id for one in store.list_versions(session, LayerName.WARD) if one.is_published}
    assert seen == {new, corrected}


def test_a_version_of_times_to_come_waits_for_its_day(database: Database, new: LayerVersionId) -> None:
    coming = add(database, "Sau này 1", "Sau này 2", valid_from=date(2999, 1, 1))
    publish(database, new)
    assert not publish(database, coming, hours=1).is_current
    assert names_on(database) == ["Mới"]
    assert len(names_on(database, date(2999, 1, 1))) == 2


def test_what_only_holds_on_other_days_is_not_shown_to_readers_of_today(
    database: Database, old: LayerVersionId
) -> None:
    version = publish(database, old)
    assert (version.is_published, version.is_current) == (True, False)
    with pytest.raises(DataUnavailableError, match="No published version of the layer “Wards” holds today"):
        names_on(database)
    with pytest.raises(DataUnavailableError, match="holds on 2025-07-01"):
        names_on(database, FIRST_NEW)


def test_without_dates_a_version_holds_since_it_was_published(database: Database) -> None:
    publish(database, add(database, "Không ngày"))
    assert names_on(database) == names_on(database, date(2026, 11, 22)) == ["Không ngày"]
    with pytest.raises(DataUnavailableError, match="holds on 2026-11-21"):
        names_on(database, date(2026, 11, 21))


def test_a_point_has_the_ward_of_its_day(database: Database, old: LayerVersionId, new: LayerVersionId) -> None:
    publish_all(database, new, old)

    def ward_at(x: float, **time: Any) -> list[str]:  # noqa: ANN401  a day, a moment or both
        with database.transaction() as session:
            return list(store.read_at_point(session, LayerName.WARD, WEST_M + x, SOUTH_M + 500, **time)["name"])

    assert ward_at(900) == ["Mới"]
    assert ward_at(900, valid_on=LAST_OLD) == ["Cũ 2"]
    assert ward_at(100, valid_on=LAST_OLD) == ["Cũ 1"]
    assert ward_at(500, valid_on=LAST_OLD) == ["Cũ 1", "Cũ 2"], "on the edge both"
    assert ward_at(900, as_of=NOON) == ["Mới"]
    assert ward_at(1100, valid_on=LAST_OLD) == []
    with pytest.raises(DataUnavailableError):
        ward_at(900, valid_on=LAST_OLD, as_of=NOON)


def test_parcels_are_found_as_they_were(database: Database) -> None:
    """Plot 7 was divided in 2026: its number means another area before, and 7a nothing."""

    def parcels(*numbers: str) -> gpd.GeoDataFrame:
        frame = wards(*numbers).rename(columns={"name": "parcel_no"}).assign(map_sheet="1", ward_code="26797")
        others = ["registered_area_m2", "land_use_code", "national_parcel_id", "address"]
        return frame.assign(feature_id=[f"26797-1-{one}" for one in numbers], **dict.fromkeys(others))

    for hours, (numbers, first, last) in enumerate(
        [(("7", "7a"), date(2026, 1, 1), None), (("7",), None, date(2025, 12, 31))]
    ):
        provenance = replace(PROVENANCE, valid_from=first, valid_to=last)
        with database.transaction() as session:
            version = store.add_version(session, LayerName.PARCEL, parcels(*numbers), provenance=provenance)
            store.publish(session, version.version_id, published_at=NOON + timedelta(hours=hours))

    def area_m2(number: str, **time: Any) -> list[float]:  # noqa: ANN401  a day, a moment or both
        with database.transaction() as session:
            found = store.find_parcels(session, ward_code="26797", map_sheet="1", parcel_no=number, **time)
        return [round(area) for area in found.area]

    assert area_m2("7") == area_m2("7", valid_on=date(2026, 1, 1)) == area_m2("7", as_of=NOON) == [500_000]
    assert area_m2("7", valid_on=date(2025, 12, 31)) == [1_000_000]
    assert area_m2("7a", valid_on=date(2025, 12, 31)) == []
    with pytest.raises(DataUnavailableError):
        area_m2("7", valid_on=date(2025, 12, 31), as_of=NOON)


def test_publishing_again_changes_nothing_unless_another_answers_for_one_of_its_days(
    database: Database, old: LayerVersionId, new: LayerVersionId
) -> None:
    publish_all(database, old, new, old, new)
    assert acts(database) == [old, new]
    other = add(database, "Cũ 1", valid_to=date(2020, 12, 31))
    publish_all(database, other, old)
    assert acts(database) == [old, new, other, old]


def test_a_rollback_takes_back_what_readers_of_today_see_and_leaves_other_days_alone(
    database: Database, old: LayerVersionId, new: LayerVersionId
) -> None:
    corrected = add(database, "Mới A", "Mới B", "Mới C", valid_from=FIRST_NEW)
    publish_all(database, new, old, corrected)
    assert counts(database) == [2, 2, 3, 3]
    assert rollback(database) == new
    assert counts(database) == [2, 2, 1, 1]
    assert len(names_on(database, as_of=NOON + timedelta(hours=3))) == 3


def test_nobody_guesses_which_publishing_was_meant(
    database: Database, old: LayerVersionId, new: LayerVersionId
) -> None:
    """The old wards were published last, for other days: neither they nor the new ones go without a word."""
    earlier, corrected = add(database, "Mới A", "Mới B", valid_from=FIRST_NEW), add(database, "Cũ", valid_to=LAST_OLD)
    publish_all(database, old, earlier, new, corrected)
    with pytest.raises(ConflictError, match=r"version 4.* is for other days; readers of today see version 2") as caught:
        rollback(database)
    assert "--valid-on: 2025-06-30 takes back version 4" in caught.value.sentence("en")
    assert rollback(database, valid_on=LAST_OLD) == old
    assert counts(database) == [2, 2, 1, 1]


def test_by_its_day_the_publishing_of_today_goes_even_when_another_came_later(
    database: Database, old: LayerVersionId, new: LayerVersionId
) -> None:
    earlier = add(database, "Mới A", "Mới B", valid_from=FIRST_NEW)
    publish_all(database, earlier, new, old)
    assert rollback(database, valid_on=date(2026, 11, 22)) == earlier
    assert counts(database) == [2, 2, 2, 2]


def test_the_only_version_of_past_days_can_be_taken_back_but_not_the_only_one_of_today(
    database: Database, old: LayerVersionId, new: LayerVersionId
) -> None:
    publish_all(database, new, old)
    for day in (None, FIRST_NEW):
        with pytest.raises(ConflictError):
            rollback(database, valid_on=day)
    assert counts(database) == [2, 2, 1, 1]
    assert rollback(database, valid_on=LAST_OLD) == new, "what readers of today see, as before"
    for ask in (names_on, lambda base, day: rollback(base, valid_on=day)):
        with pytest.raises(DataUnavailableError, match="holds on 2025-06-30"):
            ask(database, LAST_OLD)
    assert names_on(database) == ["Mới"]


def test_a_validity_that_ends_before_it_begins_is_refused(database: Database) -> None:
    backwards = replace(PROVENANCE, valid_from=date(2025, 7, 1), valid_to=date(2025, 6, 30))
    with pytest.raises(InputError, match="lies before the first"), database.transaction() as session:
        store.add_version(session, LayerName.WARD, wards("Mới"), provenance=backwards)
    with database.transaction() as session:
        assert store.list_versions(session) == []
