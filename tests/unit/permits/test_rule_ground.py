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
from permits.estimates import Use, loose_estimates
from permits.facts import CHECKED_LAYERS, Ground, facts_in_bulk, facts_of
from permits.findings import Finding
from permits.model import Facts, ParcelKey, ReasonCode, Verdict
from permits.parcels import Parcel
from permits.proposal import Proposal
from permits.rulebook import Rulebook, load_rulebook, parse_rulebook, rulebooks_named
from spatial.errors import InputError
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


def pack(*rules: dict[str, Any], **said: object) -> Rulebook:
    whole = {"name": "own", "title": SAID, "instruments": [INSTRUMENT], "rules": list(rules), **said}
    return parse_rulebook(yaml.safe_dump(whole, allow_unicode=True).encode(), subject="own")


def layer(name: LayerName, shape: BaseGeometry | None, /, **row: object) -> gpd.GeoDataFrame:
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


HOLDS = {**NO_RIVER, "id": "holds", "layer": "zone", "direction": "min", "where": {"land_use": ["DKV"]}}
STREET = {"id": "street", "kind": "distance", "layer": "street", "value": 3, "unit": "m", "direction": "min", **PLAIN}


@pytest.mark.parametrize(
    ("beyond_m", "verdict", "share"),
    [
        (-1, Verdict.COMPLIES, 1.0),
        (0, Verdict.COMPLIES, 1.0),
        (0.05, Verdict.COMPLIES, 0.995),
        (0.4, Verdict.NEEDS_REVIEW, 0.96),
        (2, Verdict.VIOLATES, 0.8),
        (30, Verdict.VIOLATES, 0.0),
    ],
)
def test_a_layer_that_must_hold_the_building_does_so_within_the_error_of_its_drawing(
    beyond_m: float, verdict: Verdict, share: float
) -> None:
    """A house of 10 m by 10 m; a plan at 1:2000 is drawn to 0.5 m, so that 0.4 m beyond its edge prove nothing;
    5 cm on 10 m, half a square metre, are less than a drawing tells."""
    zone = shapely.box(X - 50, Y - 50, X + 15 - beyond_m, Y + 50)
    found = only(outcome(HOLDS, footprint=HOUSE, zone=zone))
    assert (found.verdict, found.value) == (verdict, 1)
    assert found.proposed == pytest.approx(share)
    assert found.margin == pytest.approx(share - 1)
    if beyond_m == 2:
        assert found.place is not None
        assert found.place.geometry.area == pytest.approx(20)


def test_a_layer_that_must_hold_the_building_waits_for_one_and_is_never_clear_while_it_is_silent() -> None:
    zone = shapely.box(X - 50, Y - 50, X + 50, Y + 50)
    assert only(outcome(HOLDS, zone=zone)).reason is ReasonCode.NOTHING_PROPOSED
    silent = only(outcome(HOLDS, footprint=HOUSE, without=(LayerName.ZONE,)))
    assert (silent.verdict, silent.reason) == (Verdict.NEEDS_REVIEW, ReasonCode.LAYER_NOT_LOADED)
    assert silent.layers == (LayerName.ZONE,)


def test_an_outline_with_a_stray_edge_is_judged_by_its_area() -> None:
    """Cut out of a larger building, a part may trail an edge along which the two merely touch."""
    stray = shapely.GeometryCollection([HOUSE, shapely.LineString([(X, Y), (X, Y + 5)])])
    zone = shapely.box(X - 50, Y - 50, X + 50, Y + 50)
    assert only(outcome(HOLDS, footprint=stray, zone=zone)).verdict is Verdict.COMPLIES
    assert only(outcome(HOLDS, footprint=stray, zone=shapely.box(X + 90, Y, X + 99, Y + 9))).verdict is Verdict.VIOLATES


def test_zones_of_another_kind_hold_nothing() -> None:
    zone = shapely.box(X - 50, Y - 50, X + 50, Y + 50)
    other = {**HOLDS, "where": {"land_use": ["ODT"]}}
    assert only(outcome(other, footprint=HOUSE, zone=zone)).verdict is Verdict.VIOLATES


@pytest.mark.parametrize(
    ("away_m", "width_m", "verdict", "measured_m"),
    [
        (7, 6, Verdict.COMPLIES, 4),
        (6, 6, Verdict.NEEDS_REVIEW, 3),
        (5.9, 6, Verdict.NEEDS_REVIEW, 2.9),
        (5, 6, Verdict.VIOLATES, 2),
        (2, 6, Verdict.VIOLATES, 0),
        (50, 6, Verdict.COMPLIES, None),
        (7, None, Verdict.NEEDS_REVIEW, 7),
        (13.5, None, Verdict.COMPLIES, 13.5),
        (2, None, Verdict.VIOLATES, 2),
    ],
)
@pytest.mark.parametrize("turned", [0, 37])
def test_the_distance_to_a_street_runs_to_its_edge(
    away_m: float, width_m: float | None, verdict: Verdict, measured_m: float | None, turned: float
) -> None:
    """Half of 6 m lie beside the line; a street of unknown width has its edge anywhere up to 10 m beside it."""
    street = shapely.LineString([(X + 5 - away_m, Y - 100), (X + 5 - away_m, Y + 100)])
    plot, house, line = (shapely.affinity.rotate(shape, turned, origin=(X, Y)) for shape in (PLOT, HOUSE, street))
    frames = {name: layer(name, None) for name in CHECKED_LAYERS}
    frames[LayerName.STREET] = layer(LayerName.STREET, line, width_m=width_m)
    parcel = replace(the_parcel(), place=Located(geometry=plot, crs=CRS))
    for found in (facts_of(parcel, Ground(frames, crs=CRS)), *facts_in_bulk([parcel], Ground(frames, crs=CRS))):
        proposal = Proposal(facts=Facts(), footprint=Located(geometry=house, crs=CRS))
        finding = only(check(found, proposal, rulebook=pack(STREET), as_of=TODAY))
        assert finding.verdict is verdict
        assert finding.proposed == (None if measured_m is None else pytest.approx(measured_m))


def test_a_corridor_that_is_near_but_not_met_keeps_its_distance_also_in_bulk() -> None:
    """10 m from the house, 5 m beyond the plot: 12 m are asked, 8 m are kept; no answer hangs on how it was asked."""
    river = shapely.box(X + 25, Y - 50, X + 60, Y + 60)
    near = {**STREET, "id": "near", "layer": "river_corridor", "value": 12}
    frames = {name: layer(name, None) for name in CHECKED_LAYERS}
    frames[LayerName.RIVER_CORRIDOR] = layer(LayerName.RIVER_CORRIDOR, river)
    ground = Ground(frames, crs=CRS)
    proposal = Proposal(facts=Facts(), footprint=Located(geometry=HOUSE, crs=CRS))
    for found in (facts_of(the_parcel(), ground), *facts_in_bulk([the_parcel()], ground)):
        finding = only(check(found, proposal, rulebook=pack(near), as_of=TODAY))
        assert (finding.verdict, finding.proposed) == (Verdict.VIOLATES, pytest.approx(10))
        assert (
            only(check(found, proposal, rulebook=pack({**near, "value": 8}), as_of=TODAY)).verdict is Verdict.COMPLIES
        )


def test_what_may_lie_beyond_the_end_of_a_map_is_not_clear() -> None:
    """The map ends 5 m beyond the house; whether a river flows within 12 m of it, it cannot say."""
    frames = {name: layer(name, None) for name in CHECKED_LAYERS}
    extents = {LayerName.RIVER_CORRIDOR: (X - 100, Y - 100, X + 20, Y + 100)}
    ground = Ground(frames, crs=CRS, extents=extents)
    near = {**STREET, "id": "near", "layer": "river_corridor", "value": 12}
    proposal = Proposal(facts=Facts(), footprint=Located(geometry=HOUSE, crs=CRS))
    finding = only(check(facts_of(the_parcel(), ground), proposal, rulebook=pack(near), as_of=TODAY))
    assert (finding.verdict, finding.reason) == (Verdict.NEEDS_REVIEW, ReasonCode.LAYER_NOT_LOADED)


@pytest.mark.parametrize(
    ("x_m", "verdict"), [(10, Verdict.VIOLATES), (5.3, Verdict.NEEDS_REVIEW), (0, Verdict.COMPLIES)]
)
def test_a_line_that_must_not_be_built_over_is_a_matter_of_yes_perhaps_and_no(x_m: float, verdict: Verdict) -> None:
    wall = shapely.LineString([(X + x_m, Y), (X + x_m, Y + 30)])
    frames = {name: layer(name, None) for name in CHECKED_LAYERS}
    frames[LayerName.PRESCRIPTION_LINE] = layer(LayerName.PRESCRIPTION_LINE, wall, name="wall")
    rule = {**NO_RIVER, "id": "wall", "layer": "prescription_line"}
    proposal = Proposal(facts=Facts(), footprint=Located(geometry=HOUSE, crs=CRS))
    found = facts_of(the_parcel(), Ground(frames, crs=CRS))
    assert only(check(found, proposal, rulebook=pack(rule), as_of=TODAY)).verdict is verdict


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({**STREET, "value": 41}, "a distance of more than 40 m is not looked for"),
        ({**HOLDS, "value": 1.2}, "a share from 0 to 1"),
        ({**HOLDS, "where": {"colour": ["red"]}}, "the layer zone has no colour"),
        ({**HOLDS, "layer": "street", "where": {}}, "a share needs a layer of areas"),
    ],
)
def test_a_rule_that_cannot_be_measured_is_refused_at_load(changed: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        pack(changed)


def test_shares_of_the_plot_are_of_the_whole_of_it_where_the_pack_says_so() -> None:
    """100 m2 on 600 m2 are a sixth. While reservations are not known, nobody knows what the city leaves of a plot."""
    coverage = {
        **PLAIN, "id": "coverage", "kind": "constant", "limit": "max_site_coverage_ratio", "value": 0.2,
        "unit": "ratio", "direction": "max",
    }  # fmt: skip
    frames: dict[LayerName, gpd.GeoDataFrame | None] = {name: layer(name, None) for name in CHECKED_LAYERS}
    frames[LayerName.ROAD_RESERVATION] = None
    found = facts_of(the_parcel(), Ground(frames, crs=CRS))
    proposal = Proposal(facts=Facts(), footprint=Located(geometry=HOUSE, crs=CRS))
    usual = only(check(found, proposal, rulebook=pack(coverage), as_of=TODAY))
    whole = only(check(found, proposal, rulebook=pack(coverage, plot_area="whole"), as_of=TODAY))
    assert (usual.verdict, whole.verdict) == (Verdict.NEEDS_REVIEW, Verdict.COMPLIES)
    assert whole.proposed == pytest.approx(1 / 6)


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
    facts = replace(found.facts, frontage_m=width_m)
    loose = loose_estimates(facts, use=Use(), rulebooks=[load_rulebook("qcvn-01-2021")], as_of=TODAY)
    assert ("frontage_m" not in loose) is is_told
