"""Two real places in France, by the commands of docs/how-to/another-country.md: what goes in, and what comes out.

The oracle reads the files with pyogrio and measures with shapely in the files' own Lambert-93; none of the project's
own reading or measuring is in it. A building's outline is the one face of its body that is valid by itself: the floor.
"""

import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pyogrio
import pytest
import shapely

from basemap import service, store
from basemap.model import LayerName
from permits.answers import LayerStatus
from permits.check import check
from permits.facts import Ground, ParcelFacts, facts_in_bulk, facts_of
from permits.model import Facts, ParcelKey, Verdict
from permits.parcels import Parcel, parcels_of
from permits.proposal import Proposal
from permits.published_ground import published_ground
from permits.rulebook import Rulebook, load_rulebook
from permits.screening import Question, screen
from spatial.db import Database, open_database
from spatial.errors import InputError
from spatial.geometry import Located

pytestmark = pytest.mark.real

REPOSITORY = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("DIABAN_REAL_DATA") or REPOSITORY.parent / "shared" / "data")
PAGE = REPOSITORY / "docs" / "how-to" / "another-country.md"
LAMBERT_93 = "EPSG:2154"
DAY = date(2026, 11, 29)
APPROVED = date(2015, 2, 19)
LEAST_M, MOST_RATIO = 3.0, 0.6
STREET_ERROR_M, ZONE_ERROR_M = 0.15, 0.51  # 10 cm of a parcel with 10 cm of a street, and with 50 cm of a plan


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which the commands of the page ran, as they are typed there."""
    there = tmp_path_factory.mktemp("another_country")
    commands = re.findall(r"```bash\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "DIABAN_REAL_DATA": str(DATA), "DIABAN_LANGUAGE": "en"}
    done = subprocess.run(
        ["bash", "-euc", "\n".join(commands)], cwd=there, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    (there / "said.txt").write_text(done.stderr, encoding="utf-8")
    return there


@dataclass(frozen=True)
class Place:
    """What the files of france_demo say by themselves.

    Parameters
    ----------
    parcels
        With ``key``, in the order of the file.
    floors
        Ground of each building, of shape (117,).
    """

    parcels: gpd.GeoDataFrame
    zone: shapely.Geometry
    floors: np.ndarray
    streets: np.ndarray
    half_widths_m: np.ndarray

    def gap_m(self, shape: shapely.Geometry) -> float:
        return float(np.maximum(shapely.distance(self.streets, shape) - self.half_widths_m, 0).min())


@pytest.fixture(scope="module")
def place() -> Place:
    parcels, buildings, streets, zones = (
        pyogrio.read_dataframe(DATA / "france_demo" / name)
        for name in ("PARCELLE.SHP", "BATIMENT.shp", "TRONCON_ROUTE.shp", "ZONE_URBA.shp")
    )
    assert not buildings.geometry.is_valid.any()
    assert buildings.geometry.has_z.all()
    faces = [shapely.get_parts(shapely.force_2d(body)) for body in buildings.geometry]
    floors = [[face for face in each if face.is_valid and face.area > 0] for each in faces]
    assert {len(each) for each in floors} == {1}
    key = parcels["CODE_COM"] + "-" + parcels["SECTION"] + "-" + parcels["NUMERO"].str.lstrip("0")
    return Place(
        parcels=parcels.assign(key=key),
        zone=zones.geometry[0],
        floors=np.array([each[0] for each in floors], dtype=object),
        streets=np.asarray(streets.geometry.array, dtype=object),
        half_widths_m=streets["LARGEUR"].to_numpy(dtype=float) / 2,
    )


def opened(folder: Path, name: str) -> Database:
    return open_database(f"sqlite:///{folder / name / 'diaban.gpkg'}", crs=LAMBERT_93)


@dataclass(frozen=True)
class Stored:
    """What the store of a place holds and answers."""

    layers: Mapping[LayerName, gpd.GeoDataFrame]
    ground: Ground


def stored(folder: Path, name: str, *layers: LayerName) -> Stored:
    database = opened(folder, name)
    with database.transaction() as session:
        found = Stored(
            layers={layer: store.read_layer(session, layer) for layer in layers}, ground=published_ground(session)
        )
    database.close()
    return found


@pytest.fixture(scope="module")
def demo(folder: Path) -> Stored:
    return stored(folder, "place", LayerName.PARCEL, LayerName.BUILDING, LayerName.STREET, LayerName.ZONE)


@pytest.fixture(scope="module")
def facts(demo: Stored) -> dict[str, ParcelFacts]:
    found = facts_in_bulk(parcels_of(demo.layers[LayerName.PARCEL]), demo.ground)
    return {str(each.parcel.key): each for each in found}


@pytest.fixture(scope="module")
def rules(folder: Path) -> Rulebook:
    return load_rulebook(str(folder / "three-rules.yaml"))


def test_every_parcel_building_street_and_the_zone_are_stored_as_the_files_draw_them(
    demo: Stored, place: Place, folder: Path
) -> None:
    drawn = {
        LayerName.PARCEL: np.asarray(place.parcels.geometry.array, dtype=object),
        LayerName.BUILDING: place.floors,
        LayerName.STREET: shapely.force_2d(place.streets),
        LayerName.ZONE: np.array([place.zone], dtype=object),
    }
    assert {layer: len(shapes) for layer, shapes in drawn.items()} == {
        LayerName.PARCEL: 626,
        LayerName.BUILDING: 117,
        LayerName.STREET: 39,
        LayerName.ZONE: 1,
    }
    for layer, shapes in drawn.items():
        back = demo.layers[layer]
        assert back.geometry.is_valid.all()
        assert shapely.hausdorff_distance(back.geometry.array, shapes).max() < 0.001
    assert demo.layers[LayerName.PARCEL]["feature_id"].tolist() == place.parcels["key"].tolist()
    assert shapely.area(demo.layers[LayerName.BUILDING].geometry.array).sum() == pytest.approx(13_302.4, abs=0.1)
    raw = pyogrio.read_dataframe(DATA / "france_demo" / "BATIMENT.shp")
    assert demo.layers[LayerName.BUILDING]["height_m"].tolist() == raw["HAUTEUR"].tolist()
    assert demo.layers[LayerName.BUILDING]["building_use"].tolist() == raw["TYPE"].tolist()
    said = (folder / "said.txt").read_text(encoding="utf-8")
    assert "117 shapes are bodies of walls, roof and floor" in said
    assert "117 geometries carried heights (Z); only the plane was kept." in said


def test_the_zone_covers_some_parcels_cuts_others_and_misses_the_rest(
    facts: Mapping[str, ParcelFacts], place: Place
) -> None:
    inside_m2 = dict(
        zip(
            place.parcels["key"],
            shapely.area(shapely.intersection(place.parcels.geometry.array, place.zone)),
            strict=True,
        )
    )
    own_m2 = dict(zip(place.parcels["key"], place.parcels.area, strict=True))
    exact = Counter(
        "whole" if area >= own_m2[key] * (1 - 1e-6) else "cut" if area > own_m2[key] * 1e-6 else "missed"
        for key, area in inside_m2.items()
    )
    assert exact == {"whole": 48, "cut": 79, "missed": 499}
    cut_deeply = {key for key, area in inside_m2.items() if min(area, own_m2[key] - area) > 1}
    assert len(cut_deeply) == 2
    statuses = Counter(each.layers[LayerName.ZONE].status for each in facts.values())
    assert statuses == {LayerStatus.CONCERNED: 86, LayerStatus.NOT_CONCERNED: 107, LayerStatus.NOT_CHECKED: 433}
    for key, found in facts.items():
        answer = found.layers[LayerName.ZONE]
        assert sum(concern.area_m2 for concern in answer.concerns) == pytest.approx(inside_m2[key], abs=0.01)
        if answer.status is LayerStatus.CONCERNED:
            assert inside_m2[key] > 1
        if answer.status is LayerStatus.NOT_CONCERNED:
            assert inside_m2[key] < 1


def test_each_building_takes_of_each_parcel_what_is_drawn(facts: Mapping[str, ParcelFacts], place: Place) -> None:
    parcel, building = shapely.STRtree(place.floors).query(
        np.asarray(place.parcels.geometry.array, dtype=object), predicate="intersects"
    )
    areas_m2 = shapely.area(shapely.intersection(place.parcels.geometry.array[parcel], place.floors[building]))
    drawn = {
        (place.parcels["key"][one], str(other + 1)): area
        for one, other, area in zip(parcel, building, areas_m2, strict=True)
        if area > 0
    }
    told = {
        (key, concern.feature_id): concern.area_m2
        for key, found in facts.items()
        for concern in found.layers[LayerName.BUILDING].concerns
    }
    assert (len(drawn), told.keys()) == (127, drawn.keys())
    assert max(abs(told[pair] - drawn[pair]) for pair in drawn) < 0.01
    assert sum(told.values()) == pytest.approx(shapely.area(place.floors).sum(), abs=0.1)


@dataclass(frozen=True)
class Expected:
    """What must come out for a parcel; ``is_close``: too close to a figure for anybody to say by the drawing."""

    verdict: Verdict
    violated: frozenset[str]
    is_close: bool


def expected(parcel: shapely.Geometry, foot: shapely.Geometry, place: Place) -> Expected:
    """Judge by hand: three comparisons, and whether the parcel lies in the box of the zone's file."""
    reach = shapely.box(*place.zone.bounds)
    is_known = reach.buffer(ZONE_ERROR_M).covers(parcel)
    waiting = Verdict.NOT_APPLICABLE if is_known else Verdict.NEEDS_REVIEW
    if foot.area < 0.05:
        return Expected(waiting, frozenset(), is_close=False)
    coverage, gap_m, outside_m2 = foot.area / parcel.area, place.gap_m(foot), shapely.difference(foot, place.zone).area
    violated = {
        "example.coverage": coverage > MOST_RATIO,
        "example.street": gap_m < LEAST_M,
        "example.in_zone": is_known and outside_m2 > 1,
    }
    is_close = (
        foot.area < 25
        or abs(coverage - MOST_RATIO) < 0.01
        or abs(gap_m - LEAST_M) < 2 * STREET_ERROR_M
        or 0.5 < outside_m2 < 10
    )
    broken = frozenset(rule for rule, is_broken in violated.items() if is_broken)
    fine = Verdict.COMPLIES if is_known else Verdict.NEEDS_REVIEW
    return Expected(Verdict.VIOLATES if broken else fine, broken, is_close=is_close)


def feet(place: Place) -> dict[str, shapely.Geometry]:
    """Return what of all buildings stands on each parcel."""
    tree, found = shapely.STRtree(place.floors), {}
    for key, parcel in zip(place.parcels["key"], place.parcels.geometry, strict=True):
        parts = shapely.get_parts(shapely.intersection(place.floors[tree.query(parcel)], parcel))
        found[key] = shapely.union_all(parts[shapely.area(parts) > 0])
    return found


def test_every_parcel_is_screened_and_618_verdicts_follow_from_three_comparisons(folder: Path, place: Place) -> None:
    """Eight parcels are within the errors of the drawings; the program calls no other one so or otherwise."""
    table = pq.read_table(folder / "screened.parquet").to_pandas().set_index("parcel")
    assert sorted(table.index) == sorted(place.parcels["key"])
    assert table["verdict"].value_counts().to_dict() == {
        "NEEDS_REVIEW": 436,
        "NOT_APPLICABLE": 114,
        "COMPLIES": 38,
        "VIOLATES": 38,
    }
    standing, close = feet(place), []
    for key, parcel in zip(place.parcels["key"], place.parcels.geometry, strict=True):
        wanted, row = expected(parcel, standing[key], place), table.loc[key]
        if wanted.is_close:
            close.append(key)
            continue
        assert (row["verdict"], set(row["violated"])) == (wanted.verdict.value, wanted.violated), key
    assert len(close) == 8
    silent = table[table["for_review"].map(lambda rules: "example.in_zone" in rules)]
    assert (len(silent), set(silent["reasons"].map(tuple))) == (433, {("LAYER_NOT_LOADED",)})


def test_all_117_buildings_are_checked_as_proposals_and_the_figures_are_those_of_the_drawing(
    demo: Stored, place: Place, rules: Rulebook
) -> None:
    """Each whole building on the parcel that holds most of it."""
    parcels = parcels_of(demo.layers[LayerName.PARCEL])
    shapes = np.asarray(place.parcels.geometry.array, dtype=object)
    asked: Counter[Verdict] = Counter()
    for floor in place.floors:
        own = parcels[int(np.argmax(shapely.area(shapely.intersection(shapes, floor))))]
        proposal = Proposal(facts=Facts(), footprint=Located(geometry=floor, crs=LAMBERT_93))
        outcome = check(facts_of(own, demo.ground), proposal, rulebook=rules, as_of=DAY)
        by_rule = {finding.rule: finding for finding in outcome.findings}
        assert set(by_rule) == {"example.coverage", "example.in_zone", "example.street"}
        assert by_rule["example.coverage"].proposed == pytest.approx(floor.area / own.place.geometry.area, abs=0.001)
        gap_m = by_rule["example.street"].proposed
        told_m = np.inf if gap_m is None else gap_m
        assert min(told_m, 23) == pytest.approx(min(place.gap_m(floor), 23), abs=0.001) or told_m > LEAST_M
        share = by_rule["example.in_zone"].proposed
        assert share is None or share == pytest.approx(
            shapely.intersection(floor, place.zone).area / floor.area, abs=0.001
        )
        asked[outcome.verdict] += 1
    assert sum(asked.values()) == 117
    assert set(asked) == {Verdict.COMPLIES, Verdict.VIOLATES, Verdict.NEEDS_REVIEW}


@pytest.mark.parametrize(
    ("key", "figures", "violated"),
    [
        ("238-BW-952", (306.5, 139.3, 3.97), set()),  # 45 %
        ("238-BW-405", (253.0, 181.0, 2.32), {"example.coverage", "example.street"}),  # 72 %
        ("238-BW-402", (239.9, 89.6, 4.25), set()),  # 37 %
        ("238-BW-555", (154.3, 154.3, 8.15), {"example.coverage"}),  # all of it
        ("238-CD-332", (404.2, 347.6, 6.87), {"example.coverage"}),  # 86 %
    ],
)
def test_some_parcels_by_hand(
    key: str, figures: tuple[float, float, float], violated: set[str], place: Place, folder: Path
) -> None:
    """60 % of each parcel may be built on, and 3 m are kept from streets: judged by looking at the figures."""
    (parcel_m2, foot_m2, gap_m), foot = figures, feet(place)[key]
    assert place.parcels.set_index("key").area[key] == pytest.approx(parcel_m2, abs=0.05)
    assert (foot.area, place.gap_m(foot)) == (pytest.approx(foot_m2, abs=0.05), pytest.approx(gap_m, abs=0.005))
    table = pq.read_table(folder / "screened.parquet").to_pandas().set_index("parcel")
    assert set(table.loc[key, "violated"]) == violated


def test_once_the_office_declares_how_far_its_plan_goes_no_parcel_is_left_unchecked(
    demo: Stored, place: Place, rules: Rulebook
) -> None:
    """The declaration is an assumption of this test: the plan is taken to reach as far as the parcels do."""
    reach = shapely.box(*place.parcels.total_bounds)
    coverage = gpd.GeoDataFrame(
        {"feature_id": ["1"], "layer": ["zone"], "kind": [None], "source": ["test"]}, geometry=[reach], crs=LAMBERT_93
    )
    ground = Ground({**demo.layers, LayerName.COVERAGE: coverage}, crs=LAMBERT_93)
    parcels = parcels_of(demo.layers[LayerName.PARCEL])
    table = screen(parcels, ground, Question(rulebooks=(rules,), as_of=DAY, supposed=Facts())).to_pandas()
    assert not table["not_checked"].map(lambda layers: "zone" in layers).any()
    assert table["verdict"].value_counts().to_dict() == {
        "NOT_APPLICABLE": 114 + 433,
        "COMPLIES": 38,
        "VIOLATES": 38,
        "NEEDS_REVIEW": 3,
    }


PLAN = {
    LayerName.ZONE: ("ZONE_URBA", {"zone_code": "LIBELLE", "land_use": "TYPEZONE", "plan_name": "NOMFIC"}),
    LayerName.PRESCRIPTION_AREA: (
        "PRESCRIPTION_SURF",
        {"prescription_code": "TYPEPSC", "name": "LIBELLE", "document": "NOMFIC"},
    ),
    LayerName.PRESCRIPTION_LINE: (
        "PRESCRIPTION_LIN",
        {"prescription_code": "TYPEPSC", "name": "LIBELLE", "document": "NOMFIC"},
    ),
    LayerName.PRESCRIPTION_POINT: (
        "PRESCRIPTION_PCT",
        {"prescription_code": "TYPEPSC", "name": "LIBELLE", "document": "NOMFIC"},
    ),
}


@pytest.fixture(scope="module")
def plan(folder: Path) -> Stored:
    return stored(folder, "plan", *PLAN)


def test_124_zones_and_695_prescriptions_are_there_with_dates_and_documents(plan: Stored) -> None:
    counts, documents = {}, {}
    for layer, (name, columns) in PLAN.items():
        given, back = pyogrio.read_dataframe(DATA / "france_44118" / f"{name}.shp"), plan.layers[layer]
        counts[layer] = len(back)
        assert len(given) == len(back)
        assert set(pd.to_datetime(given["DATAPPRO"], format="%Y%m%d").dt.date) == {APPROVED}
        assert set(back["plan_approved_on"]) == {APPROVED}
        for attribute, column in columns.items():
            assert (
                back[attribute].astype("string").fillna("").tolist()
                == given[column].astype("string").fillna("").tolist()
            )
        assert shapely.hausdorff_distance(back.geometry.array, given.geometry.array).max() < 0.001
        documents[layer] = int(back["plan_name" if layer is LayerName.ZONE else "document"].notna().sum())
    assert list(counts.values()) == [124, 172, 466, 57]
    assert sum(list(counts.values())[1:]) == 695
    assert list(documents.values()) == [124, 9, 3, 22]


def test_a_plot_there_is_told_its_zones_and_prescriptions_with_date_and_document(plan: Stored) -> None:
    """Plots of 30 m by 30 m on the first areas that name a document, and on the first points that do."""
    areas, points = plan.layers[LayerName.PRESCRIPTION_AREA], plan.layers[LayerName.PRESCRIPTION_POINT]
    documented = [frame[frame["document"].notna()] for frame in (areas, points)]
    middles = []
    for frame, whole_layer in zip(documented, (areas, points), strict=True):
        inner = shapely.box(*whole_layer.total_bounds).buffer(-30)  # beyond the box of a layer nothing is known of it
        middles += [at for at in shapely.point_on_surface(frame.geometry.array) if inner.contains(at)][:5]
    zones = np.asarray(plan.layers[LayerName.ZONE].geometry.array, dtype=object)
    for number, middle in enumerate(middles):
        plot = shapely.buffer(middle, 15, cap_style="square")
        parcel = Parcel(
            key=ParcelKey(f"44118-A-{number + 1}"),
            ward_code="44118",
            map_sheet="A",
            parcel_no=str(number + 1),
            place=Located(geometry=plot, crs=LAMBERT_93),
        )
        found = facts_of(parcel, plan.ground)
        whole = shapely.area(shapely.intersection(zones, plot))
        assert {zone.name for zone in found.zones} == set(plan.layers[LayerName.ZONE]["zone_code"][whole > 5])
        assert all(zone.detail["plan_approved_on"] == APPROVED for zone in found.zones)
        assert found.zoning.plan_approved_on in (APPROVED, None)
        layer = LayerName.PRESCRIPTION_AREA if number < 5 else LayerName.PRESCRIPTION_POINT
        answer = found.layers[layer]
        assert answer.status is LayerStatus.CONCERNED
        told = {(str(each.detail["document"]), each.detail["plan_approved_on"]) for each in answer.felt}
        file = "44118_orientations_amenagement_1" if number < 5 else "44118_prescription_pct_16_1"
        assert (f"{file}_20150219.pdf", APPROVED) in told


@pytest.mark.parametrize(
    ("path", "layer", "why"),
    [
        ("hcmc/wards_2025.gpkg", LayerName.WARD, "lies outside France"),
        ("france_demo/DOC_URBA.shp", LayerName.ADDRESS, "does not say its coordinate system"),
        ("france_44118/ZONE_URBA.shp", LayerName.ZONE, "does not say its datum"),
    ],
)
def test_a_store_in_france_still_refuses_what_lies_elsewhere_or_does_not_say_where(
    path: str, layer: LayerName, why: str, folder: Path
) -> None:
    columns = {"code": "ward_code", "fullName": "name", "LIBELLE": "zone_code"}
    given = {name: columns[name] for name in pyogrio.read_info(DATA / path)["fields"] if name in columns}
    database = opened(folder, "place")
    with pytest.raises(InputError, match=why):
        service.import_layer(
            database,
            layer,
            DATA / path,
            imported_at=datetime(2026, 11, 29, tzinfo=UTC),
            imported_by="",
            column_map=given,
        )
    database.close()
