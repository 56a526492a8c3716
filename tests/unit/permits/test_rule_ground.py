"""Rules of a pack about the ground, with no program of their own; and checks under several packs."""

import json
from dataclasses import replace
from datetime import date
from typing import Any

import geopandas as gpd
import pytest
import shapely
import yaml
from shapely.geometry.base import BaseGeometry

from basemap.model import LAYERS, LayerName
from permits.check import Check, check
from permits.estimates import settled_facts
from permits.facts import CHECKED_LAYERS, Ground, facts_of
from permits.findings import Finding
from permits.model import Facts, ParcelKey, ReasonCode, Verdict
from permits.parcels import Parcel
from permits.proposal import Proposal
from permits.rulebook import Rulebook, load_rulebook, parse_rulebook, rulebooks_named
from spatial.geometry import Located

CRS = "EPSG:9210"
X, Y = 600_000.0, 1_190_000.0
PLOT = shapely.box(X, Y, X + 20, Y + 30)
TODAY = date(2026, 11, 21)
SAID = {"vi": "câu", "en": "sentence"}
INSTRUMENT: dict[str, Any] = {
    "id": "PLAN",
    "number": "Plan 1",
    "title": SAID,
    "issuer": "Office",
    "effective_from": date(2020, 1, 1),
    "basis_date": "dossier_date",
    "verification": "primary",
    "source": "read",
}
PLAIN = {"instrument": "PLAN", "clause": "1", "title": SAID, "requirement": SAID, "measured": SAID, "example": SAID}
NO_RIVER = {"id": "river", "kind": "overlap", "layer": "river_corridor", "unit": "ratio", "direction": "max", **PLAIN}
BOUNDARY = {"id": "edge", "kind": "distance", "layer": "parcel", "value": 3, "unit": "m", "direction": "min", **PLAIN}
GREEN = {**NO_RIVER, "id": "green", "layer": "zone", "subject": "parcel", "value": 0.25, "where": {"land_use": ["DKV"]}}


def pack(*rules: dict[str, Any]) -> Rulebook:
    whole = {"name": "own", "title": SAID, "instruments": [INSTRUMENT], "rules": list(rules)}
    return parse_rulebook(yaml.safe_dump(whole, allow_unicode=True).encode(), subject="own")


def layer(name: LayerName, shape: BaseGeometry | None, **row: object) -> gpd.GeoDataFrame:
    columns = {**dict.fromkeys(LAYERS[name].attribute_names), **row, "feature_id": "1"}
    frame = gpd.GeoDataFrame({key: [value] for key, value in columns.items()}, geometry=[shape or PLOT], crs=CRS)
    return frame if shape is not None else frame[:0]


def outcome(
    *rules: dict[str, Any],
    footprint: BaseGeometry | None = None,
    river: BaseGeometry | None = None,
    zone: BaseGeometry | None = None,
    without: tuple[LayerName, ...] = (),
) -> Check:
    frames: dict[LayerName, gpd.GeoDataFrame | None] = {name: layer(name, None) for name in CHECKED_LAYERS}
    frames[LayerName.RIVER_CORRIDOR] = layer(LayerName.RIVER_CORRIDOR, river)
    frames[LayerName.ZONE] = layer(LayerName.ZONE, zone, land_use="DKV")
    frames = {name: None if name in without else frame for name, frame in frames.items()}
    place = None if footprint is None else Located(geometry=footprint, crs=CRS)
    found = facts_of(the_parcel(), Ground(frames, crs=CRS))
    return check(found, Proposal(facts=Facts(), footprint=place), rulebook=pack(*rules), as_of=TODAY)


def the_parcel() -> Parcel:
    return Parcel(
        key=ParcelKey("26797-10-16"),
        ward_code="26797",
        map_sheet="10",
        parcel_no="16",
        place=Located(geometry=PLOT, crs=CRS),
        registered_area_m2=600.0,
    )


def only(checked: Check) -> Finding:
    (finding,) = checked.findings
    return finding


HOUSE = shapely.box(X + 5, Y + 5, X + 15, Y + 15)


def test_what_stands_in_a_layer_that_must_not_be_touched_violates() -> None:
    """The house stands from 5 to 15 m; a corridor from 10 m on takes half of it."""
    river = shapely.box(X - 50, Y + 10, X + 50, Y + 60)
    found = only(outcome(NO_RIVER, footprint=HOUSE, river=river))
    assert (found.verdict, found.value) == (Verdict.VIOLATES, 0)
    assert found.proposed == pytest.approx(0.5, abs=0.001)
    assert only(outcome(NO_RIVER, footprint=HOUSE)).verdict is Verdict.COMPLIES


def test_the_part_that_breaks_the_rule_is_drawn_and_measured() -> None:
    river = shapely.box(X - 50, Y + 10, X + 50, Y + 60)
    found = only(outcome(NO_RIVER, footprint=HOUSE, river=river))
    assert found.place is not None
    assert found.place.geometry.area == pytest.approx(50, abs=0.01)


def test_a_layer_that_is_not_loaded_is_not_clear() -> None:
    found = only(outcome(NO_RIVER, footprint=HOUSE, without=(LayerName.RIVER_CORRIDOR,)))
    assert (found.verdict, found.reason) == (Verdict.NEEDS_REVIEW, ReasonCode.LAYER_NOT_LOADED)


def test_a_layer_that_reaches_the_parcel_waits_for_a_footprint() -> None:
    river = shapely.box(X - 50, Y + 20, X + 50, Y + 60)
    assert only(outcome(NO_RIVER, river=river)).reason is ReasonCode.NOTHING_PROPOSED
    assert only(outcome(NO_RIVER, river=river, footprint=HOUSE)).verdict is Verdict.COMPLIES


@pytest.mark.parametrize(("depth_m", "verdict"), [(7, Verdict.COMPLIES), (10, Verdict.VIOLATES)])
def test_a_share_of_the_parcel_may_be_allowed(depth_m: float, verdict: Verdict) -> None:
    """7 m of 30 m are 23 %, 10 m are 33 %; the rule allows 25 % in a zone of that use."""
    zone = shapely.box(X - 50, Y - 50, X + 50, Y + depth_m)
    assert only(outcome(GREEN, zone=zone)).verdict is verdict


@pytest.mark.parametrize(
    ("gap_m", "verdict"), [(3, Verdict.COMPLIES), (2.9, Verdict.NEEDS_REVIEW), (2, Verdict.VIOLATES)]
)
def test_the_distance_to_the_boundary_is_measured_with_the_error_of_the_drawing(gap_m: float, verdict: Verdict) -> None:
    house = shapely.box(X + gap_m, Y + 10, X + 10, Y + 20)
    found = only(outcome(BOUNDARY, footprint=house))
    assert found.verdict is verdict
    assert found.proposed == pytest.approx(gap_m)


def test_a_pack_of_ground_rules_alone_gives_a_verdict() -> None:
    assert outcome(NO_RIVER, BOUNDARY, footprint=HOUSE).verdict is Verdict.COMPLIES
    assert outcome(NO_RIVER, BOUNDARY, footprint=PLOT).verdict is Verdict.VIOLATES


def test_under_all_packs_a_proposal_meets_the_smallest_limit_and_the_ground() -> None:
    frames = {name: layer(name, None) for name in CHECKED_LAYERS}
    found = facts_of(the_parcel(), Ground(frames, crs=CRS))
    facts = Facts(building_type=None, plan_approval_date=date(2023, 5, 1), floors=9)
    book, *beside = rulebooks_named("all")
    checked = check(found, Proposal(facts=facts), rulebook=book, beside=beside, as_of=TODAY)
    assert checked.limits.rulebook == "all"
    assert checked.verdict is Verdict.NEEDS_REVIEW
    assert {finding.name for finding in checked.findings} >= {"max_site_coverage_ratio", "house.land_use"}
    told = json.loads(json.dumps(checked.to_json()))
    assert told["facts"]["plan_approval_date"] == "2023-05-01"


def test_under_another_shipped_pack_the_rules_about_the_ground_still_hold() -> None:
    frames = {name: layer(name, None) for name in CHECKED_LAYERS}
    found = facts_of(the_parcel(), Ground(frames, crs=CRS))
    outside = Located(geometry=shapely.box(X + 10, Y, X + 40, Y + 20), crs=CRS)
    checked = check(
        found,
        Proposal(facts=Facts(), footprint=outside),
        rulebook=load_rulebook("qcvn-01-2021"),
        as_of=TODAY,
        ground_rules=load_rulebook("ground"),
    )
    assert checked.verdict is Verdict.VIOLATES


@pytest.mark.parametrize(("width_m", "is_told"), [(4.8, False), (8.0, True)])
def test_a_frontage_that_is_estimated_near_the_figure_of_any_pack_decides_nothing(
    width_m: float, *, is_told: bool
) -> None:
    """QCVN 01:2021, 2.6.6 asks for 5 m on wide roads: 4.8 m from a drawing may well be 5."""
    found = facts_of(the_parcel(), Ground({name: layer(name, None) for name in CHECKED_LAYERS}, crs=CRS))
    facts = settled_facts(
        replace(found.facts, frontage_m=width_m),
        rulebooks=[load_rulebook("qcvn-01-2021")],
        as_of=TODAY,
    )
    assert (facts.frontage_m == width_m) is is_told
