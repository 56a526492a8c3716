"""Parcels and checks out of the store, on a small generated city; the commands as typed."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest

from basemap import store
from basemap.demo_city import make_city
from basemap.model import LAYERS, LayerName
from permits import service
from permits.facts import Ground, LayerStatus
from permits.model import Facts, Verdict
from permits.parcels import parse_parcel_key
from permits.proposal import Proposal
from permits.rulebook import load_rulebook
from spatial.crs import WGS84
from spatial.db import Database
from spatial.errors import ConflictError, DataUnavailableError, InputError, NotFoundError

MOMENT = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
NEEDED = (LayerName.PARCEL, LayerName.STREET, LayerName.ZONE, LayerName.ROAD_RESERVATION, LayerName.BUILDING)
PROVENANCE = store.Provenance(
    imported_at=MOMENT,
    imported_by="test",
    source_file="generated",
    source_sha256="0" * 64,
    source_crs="EPSG:9210",
    quarantined_count=0,
)


def with_ids(layer: LayerName, frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Give feature ids as the import does: a repeated key gets ``~2`` behind it."""
    key = list(LAYERS[layer].key)
    ids = frame[key].astype(str).agg("-".join, axis=1) if key else (frame.index + 1).astype(str).to_series()
    ids = ids.reset_index(drop=True)
    copy = ids.groupby(ids).cumcount() + 1
    return frame.reset_index(drop=True).assign(feature_id=ids.where(copy == 1, ids + "~" + copy.astype(str)))


@pytest.fixture(scope="module")
def city() -> dict[LayerName, gpd.GeoDataFrame]:
    layers = make_city(households=500, seed=3).layers
    return {layer: with_ids(layer, layers[layer]) for layer in NEEDED}


def fill(database: Database, layers: dict[LayerName, gpd.GeoDataFrame]) -> None:
    with database.transaction() as session:
        for layer, frame in layers.items():
            version = store.add_version(session, layer, frame, provenance=PROVENANCE)
            store.publish(session, version.version_id, published_at=MOMENT)


@pytest.fixture
def filled(database: Database, city: dict[LayerName, gpd.GeoDataFrame]) -> Database:
    fill(database, city)
    return database


def test_a_plot_is_found_and_looked_at_as_the_map_held_on_a_day(
    filled: Database, city: dict[LayerName, gpd.GeoDataFrame]
) -> None:
    """In 2025 the first plot was a quarter wider; of other layers nobody says how they were then: not checked."""
    plot = city[LayerName.PARCEL].iloc[[0]]
    wider = plot.set_geometry(plot.geometry.scale(1.25, 1.0))
    with filled.transaction() as session:
        past = replace(PROVENANCE, valid_to=date(2025, 12, 31))
        version = store.add_version(session, LayerName.PARCEL, wider, provenance=past)
        store.publish(session, version.version_id, published_at=MOMENT)
        name = parse_parcel_key(str(plot["feature_id"].iloc[0]))
        now = service.parcel_named(session, name)
        then = service.parcel_named(session, name, valid_on=date(2025, 12, 31))
        answers = service.facts_of_parcel(session, then, valid_on=date(2025, 12, 31)).layers
        place = plot.geometry.iloc[0].representative_point()
        at = service.find_at(session, place.x, place.y, valid_on=date(2025, 12, 31))
    assert then.place.area_m2 == pytest.approx(1.25 * now.place.area_m2)
    assert at == [then]
    assert {answer.status for answer in answers.values()} == {LayerStatus.NOT_CHECKED}


def test_a_parcel_is_found_by_number_with_or_without_leading_zeros(
    filled: Database, city: dict[LayerName, gpd.GeoDataFrame]
) -> None:
    row = city[LayerName.PARCEL].iloc[5]
    with filled.transaction() as session:
        found = service.find(
            session,
            ward_code=row["ward_code"],
            map_sheet=str(row["map_sheet"]).zfill(3),
            parcel_no=str(row["parcel_no"]).zfill(4),
        )
    assert row["feature_id"] in {parcel.key for parcel in found}
    assert {(one.ward_code, one.map_sheet, one.parcel_no) for one in found} == {
        (row["ward_code"], row["map_sheet"], row["parcel_no"])
    }


def test_a_sheet_alone_is_answered_with_all_its_parcels(
    filled: Database, city: dict[LayerName, gpd.GeoDataFrame]
) -> None:
    parcels = city[LayerName.PARCEL]
    sheet = parcels.iloc[0]["map_sheet"]
    with filled.transaction() as session:
        found = service.find(session, map_sheet=sheet)
        with pytest.raises(InputError):
            service.find(session)
    assert len(found) == int((parcels["map_sheet"] == sheet).sum())


def test_a_parcel_is_found_by_a_point_in_metres_and_in_degrees(
    filled: Database, city: dict[LayerName, gpd.GeoDataFrame]
) -> None:
    row = city[LayerName.PARCEL].iloc[7]
    with filled.transaction() as session:
        (parcel,) = service.parcels_of(city[LayerName.PARCEL].iloc[[7]])
        inside = parcel.place.geometry.representative_point()
        in_degrees = type(parcel.place)(geometry=inside, crs=parcel.place.crs).to(WGS84).geometry
        by_metres = service.find_at(session, inside.x, inside.y)
        by_degrees = service.find_at(session, in_degrees.x, in_degrees.y, crs=WGS84)
    assert [one.key for one in by_metres] == [one.key for one in by_degrees] == [row["feature_id"]]


def test_a_number_that_stands_twice_must_be_told_apart(
    database: Database, city: dict[LayerName, gpd.GeoDataFrame]
) -> None:
    twice = city[LayerName.PARCEL].iloc[[0, 1]].copy()
    twice[["map_sheet", "parcel_no"]] = twice[["map_sheet", "parcel_no"]].iloc[0].to_numpy()
    twice["ward_code"] = "26797"
    fill(database, {LayerName.PARCEL: with_ids(LayerName.PARCEL, twice)})
    bare = parse_parcel_key(f"26797-{twice.iloc[0]['map_sheet']}-{twice.iloc[0]['parcel_no']}")
    with database.transaction() as session:
        with pytest.raises(ConflictError, match="2 parcels have this number"):
            service.parcel_named(session, bare)
        second = service.parcel_named(session, parse_parcel_key(f"{bare.key}~2"))
    assert second.place.area_m2 == pytest.approx(twice.iloc[1].geometry.area)


def test_an_unknown_parcel_is_not_found(filled: Database) -> None:
    with filled.transaction() as session, pytest.raises(NotFoundError):
        service.parcel_named(session, parse_parcel_key("99999-1-1"))


def test_without_published_parcels_nothing_is_answered(database: Database) -> None:
    with database.transaction() as session, pytest.raises(DataUnavailableError):
        service.find(session, map_sheet="1")


def test_a_layer_that_is_not_published_is_not_checked(
    database: Database, city: dict[LayerName, gpd.GeoDataFrame]
) -> None:
    fill(database, {LayerName.PARCEL: city[LayerName.PARCEL]})
    parcels = city[LayerName.PARCEL]
    key = str(parcels.loc[parcels["land_use_code"] == "ODT", "feature_id"].iloc[0])
    proposal = Proposal(facts=Facts(floors=2, building_height_m=7.0, footprint_m2=30.0))
    with database.transaction() as session:
        found = service.check_parcel(
            session, parse_parcel_key(key), proposal, rulebook=load_rulebook(), as_of=date(2026, 11, 21)
        )
    assert {answer.status for answer in found.parcel.layers.values()} == {LayerStatus.NOT_CHECKED}
    assert found.verdict is Verdict.NEEDS_REVIEW


def test_facts_from_the_store_are_those_from_the_frames(
    filled: Database, city: dict[LayerName, gpd.GeoDataFrame]
) -> None:
    (parcel,) = service.parcels_of(city[LayerName.PARCEL].iloc[[11]])
    whole_city = Ground(dict(city), crs="EPSG:9210")
    with filled.transaction() as session:
        stored = service.facts_of_parcel(session, parcel)
    assert stored.facts == service.facts_of(parcel, whole_city).facts


def test_every_standing_building_gets_one_verdict(filled: Database, city: dict[LayerName, gpd.GeoDataFrame]) -> None:
    seen: list[int] = []
    found = service.check_buildings(
        filled, rulebook=load_rulebook(), as_of=date(2026, 11, 21), on_progress=seen.append, most=100
    )
    assert found.parcel_count == sum(found.verdict_counts.values()) == 100
    assert seen == list(range(1, 101))
    assert found.verdict_counts[Verdict.VIOLATES] > 0
    keys = set(city[LayerName.PARCEL]["feature_id"])
    assert all(key in keys for keys_of in found.examples.values() for key in keys_of)


Run = Callable[..., Any]


@pytest.fixture
def diaban(typed: Run) -> Run:
    """Run ``diaban permits …``."""
    return partial(typed, "permits")


def facts_file(folder: Path, **facts: object) -> Path:
    path = folder / "facts.json"
    path.write_text(json.dumps(facts), encoding="utf-8")
    return path


def test_limits_are_json_on_stdout_and_need_no_store(tmp_path: Path, diaban: Run) -> None:
    path = facts_file(tmp_path, building_type="row_house", area_type="existing_urban", plot_area_m2=120)
    ended = diaban("limits", "--facts", path, "--as-of", "2026-11-21")
    assert (ended.exit_code, ended.stderr) == (0, "")
    answer = json.loads(ended.stdout)
    assert answer["as_of"] == "2026-11-21"
    assert answer["limits"]["max_footprint_m2"]["value"] == 103.2
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"plot_area": 100}, "There is no fact 'plot_area'; near: plot_area_m2"),
        ({"floors": 300}, "floors = 300: should be at most 120."),
    ],
)
def test_bad_facts_end_with_one_line_and_exit_code_2(
    tmp_path: Path, diaban: Run, facts: dict[str, object], said: str
) -> None:
    ended = diaban("limits", "--facts", facts_file(tmp_path, **facts))
    assert (ended.exit_code, ended.stdout) == (2, "")
    assert said in ended.stderr
    assert ended.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--as-of", "21/11/2026"), "is not a date"),
        (("--rulebook", "hanoi"), "There is no rule-pack hanoi"),
    ],
)
def test_a_bad_option_ends_with_exit_code_2(tmp_path: Path, diaban: Run, words: tuple[str, ...], said: str) -> None:
    ended = diaban("limits", "--facts", facts_file(tmp_path, floors=3), *words)
    assert ended.exit_code == 2
    assert said in ended.stderr


@pytest.mark.parametrize(
    ("content", "said"), [(b"{", "Not JSON: line 1"), (b"\xff\xfe", "not UTF-8"), (b"[]", "object")]
)
def test_a_file_that_is_no_sheet_of_facts_is_named(tmp_path: Path, diaban: Run, content: bytes, said: str) -> None:
    path = tmp_path / "facts.json"
    path.write_bytes(content)
    ended = diaban("limits", "--facts", path)
    assert ended.exit_code == 2
    assert "facts.json" in ended.stderr
    assert said in ended.stderr
    assert diaban("limits", "--facts", tmp_path / "none.json").exit_code == 2


def test_find_and_check_speak_of_the_same_parcel(
    tmp_path: Path,
    diaban: Run,
    embedded_database: Database,
    city: dict[LayerName, gpd.GeoDataFrame],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fill(embedded_database, city)
    monkeypatch.setenv("DIABAN_DATABASE_URL", embedded_database.url)
    row = city[LayerName.PARCEL].iloc[9]
    found = diaban(
        "find", "--ward", row["ward_code"], "--sheet", row["map_sheet"], "--number", row["parcel_no"], "--json"
    )
    assert found.exit_code == 0, found.stderr
    assert [parcel["key"] for parcel in json.loads(found.stdout)] == [row["feature_id"]]
    proposal = facts_file(
        tmp_path, building_type="row_house", area_type="existing_urban", floors=9, building_height_m=32, footprint_m2=20
    )
    asked = ("check", "--parcel", row["feature_id"], "--proposal", proposal, "--as-of", "2026-11-21")
    checked = diaban(*asked, "--rulebook", "hcmc-row-houses")
    assert checked.exit_code == 0, checked.stderr
    assert diaban(*asked).stdout.startswith(f"{row['feature_id']}: VIOLATES\n")
    assert checked.stdout.startswith(f"{row['feature_id']}: VIOLATES\n")
    assert "Phụ lục 18, mục 4.1" in checked.stdout
    assert "Then: VIOLATES" in checked.stdout  # no house stands on land for crops, whatever is changed about it
    plot = diaban("envelope", "--parcel", row["feature_id"], "--as-of", "2026-11-21")
    assert plot.exit_code == 0, plot.stderr
    assert "Footprint: " in plot.stdout
    assert "Would be narrower with: " in plot.stdout
    nobody = diaban("find", "--ward", "99999")
    assert (nobody.exit_code, nobody.stdout) == (2, "")
    assert "No parcel lies in a ward" in nobody.stderr
