"""Screening a small generated city out of both stores: the file, the processes, the difference, the command."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyproj
import pytest
import shapely
from hypothesis import example, given
from hypothesis import strategies as st

from basemap import store
from basemap.demo_city import make_city
from basemap.model import LayerName
from permits import service
from permits.check import check
from permits.facts import facts_of
from permits.model import ReasonCode, Verdict
from permits.parcels import parcels_of
from permits.published_ground import published_ground
from permits.rulebook import load_rulebook
from permits.screening_diff import compare_screenings
from permits.screening_file import read_screening
from permits.screening_service import Order, cells, screen_published
from permits.standing import standing_building
from spatial.db import Database
from spatial.errors import DataUnavailableError, InputError, NotFoundError

Run = Callable[..., Any]

CRS = "EPSG:9210"
MOMENT = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
DAY = date(2026, 11, 21)
PROVENANCE = store.Provenance(
    imported_at=MOMENT,
    imported_by="test",
    source_file="generated",
    source_sha256="0" * 64,
    source_crs=CRS,
    quarantined_count=0,
)


@pytest.fixture(scope="module")
def city() -> dict[LayerName, gpd.GeoDataFrame]:
    layers = make_city(households=500, seed=3).layers
    return {name: frame.assign(feature_id=[str(n) for n in range(len(frame))]) for name, frame in layers.items()}


def publish(database: Database, layer: LayerName, frame: gpd.GeoDataFrame) -> None:
    with database.transaction() as session:
        version = store.add_version(session, layer, frame, provenance=PROVENANCE)
        store.publish(session, version.version_id, published_at=MOMENT)


@pytest.fixture
def embedded(embedded_database: Database, city: dict[LayerName, gpd.GeoDataFrame]) -> Database:
    for layer, frame in city.items():
        publish(embedded_database, layer, frame)
    return embedded_database


@pytest.fixture
def filled(database: Database, city: dict[LayerName, gpd.GeoDataFrame]) -> Database:
    for layer, frame in city.items():
        publish(database, layer, frame)
    return database


def order_of(database: Database) -> Order:
    return Order(
        url=database.engine.url.render_as_string(hide_password=False),
        crs=CRS,
        rulebook="hcmc-row-houses",
        as_of=DAY,
        supposed=service.DEMONSTRATION_FACTS,
    )


def test_every_parcel_has_one_row_that_says_what_its_own_check_says(
    filled: Database, city: dict[LayerName, gpd.GeoDataFrame], tmp_path: Path
) -> None:
    out = tmp_path / "city.parquet"
    seen: list[tuple[int, int]] = []
    screened = screen_published(filled, order_of(filled), out, on_progress=lambda *counts: seen.append(counts))
    rows = gpd.read_parquet(out).set_index("parcel")
    parcels = city[LayerName.PARCEL]
    assert sorted(rows.index) == sorted(parcels["feature_id"])
    assert screened.parcel_count == len(parcels) == seen[-1][0] == seen[-1][1]
    assert rows.crs == pyproj.CRS(CRS)
    book = load_rulebook("hcmc-row-houses")
    with filled.transaction() as session:
        ground = published_ground(session)
    for parcel in parcels_of(parcels)[::40]:
        found, row = facts_of(parcel, ground), rows.loc[parcel.key]
        proposal = standing_building(found, supposed=service.DEMONSTRATION_FACTS)
        assert row["has_building"] == (proposal is not None)
        assert row.geometry.equals(parcel.place.geometry)
        if proposal is None:
            continue
        outcome = check(found, proposal, rulebook=book, as_of=DAY)
        told = [each for each in outcome.findings if each.reason is not ReasonCode.NOTHING_PROPOSED]
        assert list(row["violated"]) == sorted({each.rule for each in told if each.verdict is Verdict.VIOLATES})
        assert row["max_floors"] == pytest.approx(outcome.limits["max_floors"].value, nan_ok=True)


def test_two_processes_write_the_bytes_that_one_writes(embedded: Database, tmp_path: Path) -> None:
    one, two = tmp_path / "one.parquet", tmp_path / "two.parquet"
    screen_published(embedded, order_of(embedded), one)
    screen_published(embedded, order_of(embedded), two, process_count=2)
    assert one.read_bytes() == two.read_bytes()


def test_a_changed_layer_changes_the_parcels_that_it_touches_and_no_other(
    embedded: Database, city: dict[LayerName, gpd.GeoDataFrame], tmp_path: Path
) -> None:
    """One new river corridor over a parcel far from any: those that it does not reach are told what they were told."""
    before, after = tmp_path / "before.parquet", tmp_path / "after.parquet"
    screen_published(embedded, order_of(embedded), before)
    parcels, drawn = city[LayerName.PARCEL], city[LayerName.RIVER_CORRIDOR]
    farthest = parcels.geometry.distance(drawn.union_all()).argmax()
    corridor = shapely.MultiPolygon([parcels.geometry.iloc[farthest].convex_hull])
    added = drawn.iloc[[0]].assign(feature_id="new").set_geometry([corridor], crs=CRS)
    publish(embedded, LayerName.RIVER_CORRIDOR, pd.concat([drawn, added], ignore_index=True))
    screen_published(embedded, order_of(embedded), after)
    (old, old_about), (new, new_about) = read_screening(before), read_screening(after)
    found = compare_screenings(old, new, about=(old_about, new_about))
    reached = set(parcels["feature_id"][parcels.geometry.distance(corridor) <= 2.0])
    assert (found.added, found.removed) == ((), ())
    assert parcels["feature_id"].iloc[farthest] in set(found.changed["parcel"])
    assert set(found.changed["parcel"]) <= reached
    assert list(found.causes) == ["layer_versions.river_corridor"]


def test_without_parcels_nothing_is_written(database: Database, tmp_path: Path) -> None:
    with pytest.raises(DataUnavailableError):
        screen_published(database, order_of(database), tmp_path / "none.parquet")
    assert list(tmp_path.glob("*.parquet")) == []


@example(1_588, 3570.6474180560126, 3570.6474180560126, 1.0, 1.0)  # the edge beyond it rounds to the point itself
@given(st.integers(1, 3_000_000), st.floats(0.0, 50_000.0), st.floats(0.0, 50_000.0), st.floats(0, 1), st.floats(0, 1))
def test_every_point_of_the_city_lies_in_exactly_one_cell(
    count: int, width_m: float, height_m: float, along: float, up: float
) -> None:
    x, y = 600_000 + along * width_m, 1_190_000 + up * height_m
    boxes = cells((600_000, 1_190_000, 600_000 + width_m, 1_190_000 + height_m), feature_count=count)
    holding = [box for box in boxes if box[0] <= x < box[2] and box[1] <= y < box[3]]
    assert len(holding) == 1


def test_a_file_that_is_no_screening_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "other.parquet"
    pd.DataFrame({"parcel": ["1"]}).to_parquet(other)
    with pytest.raises(InputError, match="no screening"):
        read_screening(other)
    other.write_text("nothing of the kind")
    with pytest.raises(InputError, match="no screening"):
        read_screening(other)
    with pytest.raises(NotFoundError):
        read_screening(tmp_path / "absent.parquet")


def test_the_command_counts_verdicts_and_tells_what_the_law_changed(
    embedded: Database,
    city: dict[LayerName, gpd.GeoDataFrame],
    tmp_path: Path,
    typed: Run,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DIABAN_DATABASE_URL", embedded.url)
    old, new = tmp_path / "2021.parquet", tmp_path / "2026.parquet"
    words = ("permits", "screen", "--processes", "1")
    first = typed(*words, "--out", old, "--as-of", "2021-06-01", "--json")
    assert first.exit_code == 0
    assert json.loads(first.stdout)["parcel_count"] == len(city[LayerName.PARCEL])
    second = typed(*words, "--out", new, "--as-of", "2026-11-21", "--before", old)
    assert second.exit_code == 0
    assert "as_of: 2021-06-01 → 2026-11-21" in second.stdout
    assert new.exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--out", "city.csv"), ".parquet"),
        (("--out", "city.parquet", "--before", "absent.parquet"), "no such file"),
        (("--out", "city.parquet", "--rulebook", "nothing"), "no rule-pack"),
    ],
)
def test_bad_words_end_with_one_line_and_exit_code_2(typed: Run, words: tuple[str, ...], said: str) -> None:
    ended = typed("permits", "screen", *words)
    assert ended.exit_code == 2
    assert said in ended.stderr
    assert len(ended.stderr.strip().splitlines()) <= 2
