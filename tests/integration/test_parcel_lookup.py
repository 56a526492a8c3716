"""A parcel found in every way on both stores; what is not found says why, with what may have been meant."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely

from basemap import store
from basemap.geocode import Grade
from basemap.model import LAYERS, LayerName
from permits import service
from permits.area_lookup import parcels_within
from permits.history import EventKind, EventPart, ParcelEvent
from permits.history_store import RegisterOrigin, add_register
from permits.lookup import Desk, Found, desk_of
from permits.model import ParcelKey
from permits.parcels import parcels_of
from spatial.crs import HCMC, WGS84, transformer
from spatial.db import Database
from spatial.errors import DataUnavailableError, InputError
from spatial.text import Text

MOMENT = datetime(2026, 11, 21, tzinfo=UTC)
X_M, Y_M = 603_000.0, 1_192_000.0
ROWS = [
    ("26740-10-16", 0, "w3gv7cp47ee1"),
    ("26740-10-16~2", 100, None),
    ("26734-10-16", 200, "w3gv7cp47ee1"),
    ("26734-10-17", 210, "w3gv7cp47g8e"),
    ("26740-10-120", 300, None),
    ("26734-11-5", 400, None),
]


def parcels() -> gpd.GeoDataFrame:
    """Squares of 20 m at the given eastings; the fourth overlaps the third by half."""
    records = []
    for key, east_m, national_id in ROWS:
        ward_code, map_sheet, parcel_no = key.partition("~")[0].split("-")
        shape = shapely.box(X_M + east_m, Y_M, X_M + east_m + 20, Y_M + 20)
        record = dict.fromkeys(LAYERS[LayerName.PARCEL].attribute_names) | {
            "feature_id": key,
            "ward_code": ward_code,
            "map_sheet": map_sheet,
            "parcel_no": parcel_no,
            "national_parcel_id": national_id,
            "geometry": shapely.MultiPolygon([shape]),
        }
        records.append(record)
    return gpd.GeoDataFrame(records, crs=HCMC).astype({"registered_area_m2": "float64"})


@pytest.fixture
def desk(database: Database) -> Iterator[Desk]:
    provenance = store.Provenance(
        imported_at=MOMENT,
        imported_by="test",
        source_file="generated",
        source_sha256="0" * 64,
        source_crs=HCMC,
        quarantined_count=0,
    )
    split = ParcelEvent(
        happened_on=date(2019, 5, 2),
        kind=EventKind.SPLIT,
        parents=(EventPart(key=ParcelKey("26740-10-12")),),
        children=(EventPart(key=ParcelKey("26740-10-120")), EventPart(key=ParcelKey("26740-10-121"))),
    )
    origin = RegisterOrigin(
        imported_at=MOMENT, imported_by="test", source_file="h", source_sha256="0" * 64, quarantined_count=0
    )
    with database.transaction() as session:
        version = store.add_version(session, LayerName.PARCEL, parcels(), provenance=provenance)
        store.publish(session, version.version_id, published_at=MOMENT)
        add_register(session, [split], origin=origin)
    with database.transaction() as session:
        yield desk_of(session, geocode=geocode)


def geocode(text: str) -> Any:  # noqa: ANN401  stands for the answer of a geocoder
    """Two houses of one number, one house, a street: as the geocoder grades them."""
    house = SimpleNamespace(x=X_M + 5, y=Y_M + 5)
    other = SimpleNamespace(x=X_M + 105, y=Y_M + 5)
    found = {
        "1 Lê Lợi": (Grade.EXACT, house, [(Grade.EXACT, house)]),
        "2 Lê Lợi": (Grade.STREET, other, [(Grade.EXACT, house), (Grade.EXACT, other)]),
        "Lê Lợi": (Grade.STREET, house, [(Grade.STREET, house)]),
    }
    grade, place, candidates = found[text]
    listed = tuple(SimpleNamespace(grade=one, place=where) for one, where in candidates)
    return SimpleNamespace(grade=grade, place=place, reason=Text("vì", "because"), candidates=listed)


def keys(found: Found) -> list[str]:
    return [parcel.key for parcel in found.parcels]


def missed(found: Found) -> tuple[str, list[str]]:
    assert found.parcels == ()
    assert found.miss is not None
    return found.miss.code, [parcel.key for parcel in found.suggestions]


def test_key_and_twelve_digits_give_all_of_a_number_and_a_copy_gives_one(desk: Desk) -> None:
    both = ["26740-10-16", "26740-10-16~2"]
    assert keys(desk.by_key("26740-010-0016")) == both
    assert keys(desk.by_key("26740" + "010" + "0016")) == both
    assert keys(desk.by_key("26740-10-16~2")) == both[1:]
    assert keys(desk.by_key("26740-10-16~1")) == both[:1]


def test_the_quick_way_to_few_parcels_gives_what_the_frame_of_the_layer_gives(desk: Desk) -> None:
    """Records and frames are two ways to read: every number, and a grid of points, corners and edges among them."""
    session = desk.session
    names: list[dict[str, str | None]] = [
        {"ward_code": ward, "map_sheet": sheet, "parcel_no": number}
        for ward in ("26740", "26734", None)
        for sheet in ("10", "11", None)
        for number in ("16", "17", "5")
    ]
    assert any(service.find(session, **asked) for asked in names)
    for asked in names:
        assert service.find(session, **asked) == parcels_of(store.find_parcels(session, **asked))
    for x in np.arange(-5, 240, 5.0):
        by_frame = store.read_at_point(session, LayerName.PARCEL, X_M + x, Y_M + 20)
        assert service.find_at(session, X_M + x, Y_M + 20) == parcels_of(by_frame)
        around = (X_M + x - 30, Y_M - 10, X_M + x + 30, Y_M + 50)
        frame = store.read_layer(session, LayerName.PARCEL, bounds=around)
        away_m = frame.distance(shapely.Point(X_M + x, Y_M + 20))
        frame = frame.assign(away_m=away_m)[away_m <= 30].sort_values("away_m", kind="stable")
        assert list(service.find_near(session, X_M + x, Y_M + 20, distance_m=30)) == parcels_of(frame)


def test_a_ward_is_named_by_code_or_by_name_and_the_reading_is_said(desk: Desk) -> None:
    assert keys(desk.by_number(ward="26734", map_sheet="10", parcel_no="17")) == ["26734-10-17"]
    by_name = desk.by_number(ward="Tân Định", map_sheet="10", parcel_no="17")
    assert keys(by_name) == ["26734-10-17"]
    assert "26734" in by_name.notes[0].en
    assert len(desk.by_number(ward=None, map_sheet="10", parcel_no="16").parcels) == 3


def test_a_national_id_is_compared_as_it_is_stored_and_all_that_bear_it_are_given(desk: Desk) -> None:
    assert keys(desk.by_national_id(" W3GV7CP47G8E ")) == ["26734-10-17"]
    assert keys(desk.by_national_id("w3gv7cp47ee1")) == ["26740-10-16", "26734-10-16"]
    assert missed(desk.by_national_id("w3gv7cp47ee2")) == ("no_such_national_id", [])


def test_a_number_that_is_no_more_says_what_became_of_it(desk: Desk) -> None:
    found = desk.by_key("26740-10-12")
    assert missed(found) == ("parcel_gone", ["26740-10-120"])
    assert found.miss is not None
    assert "2019-05-02" in found.miss.message.en
    assert "26740-10-121" in str(found.miss.hint)


def test_a_wrong_old_ward_names_the_wards_in_which_the_number_stands(desk: Desk) -> None:
    found = desk.by_key("26740-11-5")
    assert missed(found) == ("in_another_ward", ["26734-11-5"])
    assert found.miss is not None
    assert "Tân Định" in str(found.miss.hint)


def test_the_code_of_a_ward_of_today_is_told_from_a_slip(desk: Desk) -> None:
    """26737 is Phường Tân Định since July 2025, made of Tân Định (26734) and part of Đa Kao."""
    found = desk.by_number(ward="26737", map_sheet="10", parcel_no="16")
    assert missed(found) == ("ward_is_new", ["26734-10-16"])
    assert missed(desk.by_number(ward="99999", map_sheet="77", parcel_no="16")) == ("ward_unknown", [])
    assert missed(desk.by_key("26740-99-99")) == ("no_such_parcel", [])


@pytest.mark.parametrize("words", [{"map_sheet": "mười", "parcel_no": "16"}, {"map_sheet": "10", "parcel_no": "abc"}])
def test_a_sheet_of_letters_is_refused(desk: Desk, words: dict[str, str]) -> None:
    with pytest.raises(InputError, match="needs a digit"):
        desk.by_number(ward=None, **words)


def test_a_point_is_found_in_metres_and_degrees_in_either_order(desk: Desk) -> None:
    x_m, y_m = X_M + 215, Y_M + 5
    lon, lat = transformer(HCMC, WGS84)(np.array([[x_m, y_m]]))[0].tolist()
    for first, second in ((x_m, y_m), (y_m, x_m), (lon, lat), (lat, lon)):
        found = desk.by_point((first, second))
        assert keys(found) == ["26734-10-16", "26734-10-17"]
        assert ("first" in found.notes[0].en) is True


def test_a_point_between_parcels_names_those_nearby_and_one_outside_names_none(desk: Desk) -> None:
    assert missed(desk.by_point((X_M + 25, Y_M + 5))) == ("no_parcel_here", ["26740-10-16"])
    assert missed(desk.by_point((105.85, 21.03))) == ("outside_city", [])
    with pytest.raises(InputError, match="outside Vietnam"):
        desk.by_point((2.35, 48.85))


def test_only_a_house_stands_on_a_parcel(desk: Desk) -> None:
    assert keys(desk.by_address("1 Lê Lợi")) == ["26740-10-16"]
    assert missed(desk.by_address("Lê Lợi")) == ("address_no_house", [])
    assert missed(desk.by_address("2 Lê Lợi")) == ("address_uncertain", ["26740-10-16", "26740-10-16~2"])


def test_without_the_address_layers_an_address_is_unavailable_and_never_not_found(desk: Desk) -> None:
    without = Desk(session=desk.session, wards=desk.wards)
    with pytest.raises(DataUnavailableError):
        without.by_address("1 Lê Lợi")


def drawn(*corners: tuple[float, float]) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": [[*corners, corners[0]]]}


def strip(to_m: float) -> dict[str, Any]:
    """From the first parcel's left edge to ``to_m``, the lower half."""
    return drawn((X_M, Y_M), (X_M + to_m, Y_M), (X_M + to_m, Y_M + 10), (X_M, Y_M + 10))


def test_a_polygon_gives_every_parcel_with_its_share(desk: Desk) -> None:
    """Half of two parcels, and a quarter of one of which 5 of 20 m lie inside: 0.5 · 0.25."""
    page = parcels_within(desk, strip(205), crs=HCMC)
    assert [(one.parcel.key, round(one.overlap_m2, 3), round(one.share_ratio, 6)) for one in page.overlaps] == [
        ("26734-10-16", 50.0, 0.125),
        ("26740-10-16", 200.0, 0.5),
        ("26740-10-16~2", 200.0, 0.5),
    ]
    assert (page.total_count, round(page.area_m2, 3)) == (3, 2050.0)


def test_a_polygon_is_answered_page_by_page_without_loss_or_repeat(desk: Desk) -> None:
    every = [one.parcel.key for one in parcels_within(desk, strip(500), crs=HCMC).overlaps]
    pages = [parcels_within(desk, strip(500), crs=HCMC, limit_count=2, offset_count=at) for at in (0, 2, 4, 6)]
    assert [one.parcel.key for page in pages for one in page.overlaps] == every
    assert {page.total_count for page in pages} == {len(ROWS)}
    with pytest.raises(InputError, match="A page has 1 to"):
        parcels_within(desk, strip(500), crs=HCMC, limit_count=0)


def test_a_polygon_in_degrees_meets_the_same_parcels(desk: Desk) -> None:
    corners = np.array(strip(205)["coordinates"][0][:-1])
    degrees = transformer(HCMC, WGS84)(corners)
    for turned in (degrees, degrees[:, ::-1]):
        page = parcels_within(desk, drawn(*(tuple(corner) for corner in turned.tolist())))
        assert [one.parcel.key for one in page.overlaps] == ["26734-10-16", "26740-10-16", "26740-10-16~2"]
        assert page.overlaps[0].overlap_m2 == pytest.approx(50.0, abs=0.01)
