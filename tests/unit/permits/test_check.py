"""A proposal on a parcel: findings with article, margin and place, and one verdict that never flatters."""

import json
from datetime import date
from typing import Any

import geopandas as gpd
import pytest
import shapely
from shapely.geometry import mapping
from shapely.geometry.base import BaseGeometry

from basemap.model import LAYERS, LayerName
from permits.check import Check, check
from permits.estimates import is_settled
from permits.facts import CHECKED_LAYERS, Ground, facts_of
from permits.model import ParcelKey, ReasonCode, Verdict
from permits.parcels import Parcel
from permits.proposal import read_proposal
from permits.rulebook import load_rulebook
from spatial.crs import WGS84
from spatial.errors import InputError
from spatial.geometry import Located

CRS = "EPSG:9210"
X, Y = 600_000.0, 1_190_000.0
PLOT = shapely.box(X, Y, X + 5, Y + 20)
STREET = {"name": "Đường số 7", "street_class": "street", "width_m": 12.0, "sidewalk_width_m": 3.0}
ZONE = {"zone_code": "ODT-1", "land_use": "ODT", "max_site_coverage_ratio": 1.0, "max_floors": 6, "max_height_m": 30.0}
SOUND: dict[str, object] = {
    "building_type": "row_house",
    "area_type": "existing_urban",
    "central_area": False,
    "trade_axis": False,
    "frontage_m": 5,
    "depth_m": 20,
    "floors": 4,
    "building_height_m": 17,
}


def layer(row: dict[str, object], shape: BaseGeometry) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {name: [value] for name, value in {**row, "feature_id": "1"}.items()}, geometry=[shape], crs=CRS
    )


def layers(*, zone_use: str = "ODT", reserved_m: float = 0.0) -> dict[LayerName, gpd.GeoDataFrame | None]:
    around = shapely.box(X - 100, Y - 100, X + 100, Y + 100)
    road = shapely.LineString([(X - 100, Y - 6), (X + 100, Y - 6)])
    strip = shapely.box(X - 100, Y - 20, X + 100, Y + reserved_m if reserved_m else Y - 10)
    reservation: dict[str, object] = {"road_name": "Đường số 7", "planned_width_m": 12.0, "decision": "1/QĐ"}
    return {
        **{name: layer(dict.fromkeys(LAYERS[name].attribute_names), PLOT)[:0] for name in CHECKED_LAYERS},
        LayerName.COVERAGE: layer({"layer": "special_area", "kind": None}, around),
        LayerName.STREET: layer(dict(STREET), road),
        LayerName.ZONE: layer({**ZONE, "land_use": zone_use, "max_plot_ratio": 6.0}, around),
        LayerName.ROAD_RESERVATION: layer(reservation, strip),
    }


def outcome(
    proposal: dict[str, object] | None = None,
    *,
    land_use_code: str | None = "ODT",
    loaded: dict[LayerName, gpd.GeoDataFrame | None] | None = None,
    footprint: BaseGeometry | None = None,
    registered_area_m2: float = 100.0,
) -> Check:
    parcel = Parcel(
        key=ParcelKey("26797-10-16"),
        ward_code="26797",
        map_sheet="10",
        parcel_no="16",
        place=Located(geometry=PLOT, crs=CRS),
        registered_area_m2=registered_area_m2,
        land_use_code=land_use_code,
    )
    given: dict[str, Any] = {**SOUND, **(proposal or {})}
    given["footprint"] = mapping(shapely.box(X, Y, X + 5, Y + 18) if footprint is None else footprint)
    found = facts_of(parcel, Ground(layers() if loaded is None else loaded, crs=CRS))
    wanted = read_proposal({**given, "footprint_crs": CRS})
    return check(found, wanted, rulebook=load_rulebook(), as_of=date(2026, 11, 21))


def findings_of(found: Check, verdict: Verdict) -> set[str]:
    return {finding.name for finding in found.findings if finding.verdict is verdict}


def test_a_sound_house_complies_with_every_article_that_was_checked() -> None:
    found = outcome()
    assert found.verdict is Verdict.COMPLIES
    assert findings_of(found, Verdict.COMPLIES) == {
        "max_site_coverage_ratio",
        "max_floors",
        "max_roof_height_m",
        "min_rear_setback_m",
        "house.land_use",
        "house.inside_parcel",
        "river.corridor",
        "power.corridor",
        "power.half_width",
        "railway.corridor",
        "heritage.area",
        "airport.surface",
        "airport.height_approval",
    }


def test_the_footprint_gives_area_and_rear_setback() -> None:
    found = outcome()
    assert found.facts.footprint_m2 == pytest.approx(90.0)
    assert found.facts.rear_setback_m == pytest.approx(2.0)


@pytest.mark.parametrize(
    ("proposal", "name", "margin"),
    [({"floors": 5}, "max_floors", -1), ({"building_height_m": 19.5}, "max_roof_height_m", -0.5)],
)
def test_one_violation_makes_the_whole_violate(proposal: dict[str, object], name: str, margin: float) -> None:
    found = outcome(proposal)
    assert found.verdict is Verdict.VIOLATES
    (finding,) = [finding for finding in found.findings if finding.verdict is Verdict.VIOLATES]
    assert (finding.name, finding.margin) == (name, margin)
    assert "QĐ 56/2021/QĐ-UBND, Phụ lục 18, mục 4" in finding.citation
    assert "không phù hợp" in finding.sentence.vi
    assert "violates" in finding.sentence.en


def test_a_house_that_reaches_into_the_reservation_violates_there_and_on_the_smaller_plot() -> None:
    """2 m of the plot are reserved: 90 m² are left, of which 92 % may be built, 82.8 m²."""
    found = outcome(loaded=layers(reserved_m=2.0))
    assert findings_of(found, Verdict.VIOLATES) == {"house.outside_reservation", "max_site_coverage_ratio"}
    place = next(finding.place for finding in found.findings if finding.name == "house.outside_reservation")
    assert place is not None
    assert place.geometry.area == pytest.approx(10.0)
    assert found.facts.plot_area_m2 == pytest.approx(90.0)
    behind = outcome(loaded=layers(reserved_m=2.0), footprint=shapely.box(X, Y + 2, X + 5, Y + 18))
    assert behind.verdict is Verdict.COMPLIES


def test_a_house_over_the_boundary_violates_and_one_within_the_error_of_drawing_does_not() -> None:
    over = outcome(footprint=shapely.box(X, Y, X + 6, Y + 18))
    assert "house.inside_parcel" in findings_of(over, Verdict.VIOLATES)
    nearly = outcome(footprint=shapely.box(X, Y, X + 5.05, Y + 18), registered_area_m2=100.9)
    assert "house.inside_parcel" in findings_of(nearly, Verdict.COMPLIES)


@pytest.mark.parametrize(
    ("code", "verdict"),
    [
        ("ODT", "COMPLIES"),
        ("ONT", "COMPLIES"),
        ("CLN", "VIOLATES"),
        ("ODT+CLN", "NEEDS_REVIEW"),
        ("ODT 60; CLN 40", "NEEDS_REVIEW"),
        ("ODT 60; ONT 40", "COMPLIES"),
        ("CLN 60; NTS 40", "VIOLATES"),
        ("T", "NEEDS_REVIEW"),
        ("CLN 60; T 40", "NEEDS_REVIEW"),
        (None, "NEEDS_REVIEW"),
    ],
)
def test_a_house_stands_on_residential_land(code: str | None, verdict: str) -> None:
    found = outcome(land_use_code=code)
    assert next(finding for finding in found.findings if finding.name == "house.land_use").verdict == verdict
    assert found.verdict == verdict


def test_a_zone_of_another_use_calls_for_review() -> None:
    found = outcome(loaded=layers(zone_use="DKV"))
    assert findings_of(found, Verdict.NEEDS_REVIEW) == {"house.zone_use"}
    assert found.verdict is Verdict.NEEDS_REVIEW


@pytest.mark.parametrize("missing", [LayerName.ZONE, LayerName.ROAD_RESERVATION, LayerName.STREET])
def test_a_layer_that_is_not_loaded_never_lets_a_house_comply(missing: LayerName) -> None:
    found = outcome(loaded={**layers(), missing: None})
    assert found.verdict is Verdict.NEEDS_REVIEW
    assert missing in found.not_checked


def test_areas_that_contradict_each_other_are_settled_first() -> None:
    found = outcome(registered_area_m2=103.0)
    assert findings_of(found, Verdict.NEEDS_REVIEW) == {"parcel.area_agrees"}


@pytest.mark.parametrize("silent", ["floors", "building_height_m"])
def test_a_proposal_that_keeps_silent_on_floors_or_height_cannot_comply(silent: str) -> None:
    found = outcome({silent: None})
    assert found.verdict is Verdict.NEEDS_REVIEW
    assert ReasonCode.NOTHING_PROPOSED in {finding.reason for finding in found.findings}


def test_rules_that_do_not_apply_at_all_are_no_approval() -> None:
    assert outcome({"building_type": "apartment"}).verdict is Verdict.NOT_APPLICABLE


def test_an_estimate_near_a_threshold_decides_nothing() -> None:
    assert is_settled(5.0, (3.0, 4.0, 8.0))
    assert not is_settled(4.3, (3.0, 4.0, 8.0))
    assert outcome({"frontage_m": None, "depth_m": None}).facts.frontage_m == pytest.approx(5.0)
    stretched = outcome({"depth_m": None}, registered_area_m2=100.0, loaded=layers(reserved_m=3.0))
    assert stretched.facts.depth_m is None


def test_what_a_person_states_goes_before_the_map() -> None:
    assert outcome({"road_width_m": 16}).limits["max_floors"].value == 5


def test_the_json_of_a_check_is_plain_and_its_places_are_longitude_and_latitude() -> None:
    found = json.loads(json.dumps(outcome({"floors": 5}, loaded={**layers(), LayerName.BUILDING: None}).to_json()))
    assert (found["parcel"], found["verdict"]) == ("26797-10-16", "VIOLATES")
    broken = next(finding for finding in found["findings"] if finding["verdict"] == "VIOLATES")
    ring = broken["geometry"]["coordinates"][0]
    assert broken["area_m2"] == 90.0
    assert all(106 < lon < 107 and 10 < lat < 11 for lon, lat in ring)
    assert found["layers"]["building"] == "NOT_CHECKED"


@pytest.mark.parametrize(
    "outline",
    [
        "POLYGON",
        {"type": "Point", "coordinates": [106.7, 10.7]},
        {"type": "Polygon", "coordinates": []},
        {"type": "Polygon", "coordinates": [[[0, 0], [1, 1]]]},
        {"type": "Polygon", "coordinates": [[["a", 0], [1, 1], [1, 0], ["a", 0]]]},
        {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]},
    ],
)
def test_a_footprint_that_is_no_area_is_refused(outline: object) -> None:
    with pytest.raises(InputError, match="footprint"):
        read_proposal({"footprint": outline})


def test_a_footprint_is_in_wgs84_unless_it_says_otherwise() -> None:
    outline = mapping(shapely.box(106.70, 10.77, 106.71, 10.78))
    footprint = read_proposal({"footprint": {"type": "Feature", "geometry": outline}}).footprint
    assert footprint is not None
    assert footprint.crs == WGS84
    with pytest.raises(InputError):
        read_proposal({"footprint": outline, "footprint_crs": "EPSG:99999999"})
