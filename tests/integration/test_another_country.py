"""A place in another country, drawn by hand, by the commands of docs/how-to/another-country.md.

Four parcels of 20 m by 30 m stand in a row along a street of 6 m whose line runs 10 m before them; a zone holds the
first two, cuts the third in half and ends before the fourth. The files have the names, columns, labels and faults of
the real ones: buildings are bodies in space, the plan's label names no datum, days are eight digits.
"""

import re
import shlex
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import geopandas as gpd
import pyarrow.parquet as pq
import pyogrio
import pytest
import shapely
from pyproj import CRS
from typer.testing import CliRunner

from api.cli import app
from api.settings import settings

PAGE = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "another-country.md"
EAST, NORTH = 352_000.0, 6_787_000.0
WITHOUT_DATUM = (
    'PROJCS["Lambert_Conformal_Conic",GEOGCS["GCS_Unknown",DATUM["D_GRS_80",SPHEROID["GRS_80",6378137,298.257222101]],'
    'PRIMEM["Greenwich",0],UNIT["Degree",0.0174532925199433]],PROJECTION["Lambert_Conformal_Conic_2SP"],'
    'PARAMETER["latitude_of_origin",46.5],PARAMETER["central_meridian",3],PARAMETER["standard_parallel_1",44],'
    'PARAMETER["standard_parallel_2",49.00000000001],PARAMETER["false_easting",700000],'
    'PARAMETER["false_northing",6600000],UNIT["Meter",1]]'
)
Run = Callable[..., Any]


def box(west: float, south: float, east: float, north: float) -> shapely.Polygon:
    return shapely.box(EAST + west, NORTH + south, EAST + east, NORTH + north)


def body(outline: shapely.Polygon, height_m: float) -> shapely.MultiPolygon:
    """Return walls, roof and floor of a house, as surveys deliver them."""
    corners = outline.exterior.coords
    walls = [
        shapely.Polygon([(*one, 0), (*one, height_m), (*other, height_m), (*other, 0)])
        for one, other in pairwise(corners)
    ]
    faces = [shapely.Polygon([(x, y, z) for x, y in corners]) for z in (height_m, 0)]
    return shapely.MultiPolygon([*walls, *faces])


HOUSES = {
    1: box(5, 10, 15, 22),  # 120 of 600 m2, 17 m from the street's edge: complies
    2: box(22, 1, 38, 29),  # 448 of 600 m2 are 75 %: too much
    3: box(55, 10, 59, 20),  # half of the zone ends at 50: outside
}


def write(path: Path, *, crs: object, **columns: object) -> None:
    pyogrio.write_dataframe(gpd.GeoDataFrame(columns, crs=crs), path, driver="ESRI Shapefile", encoding="ISO-8859-1")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The two folders, with four parcels, three houses, a street, a zone, and a plan of another place."""
    data = tmp_path_factory.mktemp("data")
    demo, plan = data / "france_demo", data / "france_44118"
    demo.mkdir(parents=True)
    plan.mkdir()
    known = CRS("EPSG:2154")
    plots = [box(20 * n, 0, 20 * n + 20, 30) for n in range(4)]
    write(
        demo / "PARCELLE.shp",
        crs=known,
        geometry=plots,
        NUMERO=["0951", "0952", "0953", "0954"],
        SECTION=["BW"] * 4,
        CODE_COM=["238"] * 4,
    )
    for suffix in (".shp", ".shx", ".dbf", ".prj"):
        (demo / f"PARCELLE{suffix}").rename(demo / f"PARCELLE{suffix.upper()}")
    write(
        demo / "BATIMENT.shp",
        crs=known,
        geometry=[body(outline, 6.0) for outline in HOUSES.values()],
        TYPE=["Bâtiment en dur"] * 3,
        HAUTEUR=[6, 6, 6],
    )
    street = shapely.LineString([(EAST - 50, NORTH - 10), (EAST + 130, NORTH - 10)])
    write(demo / "TRONCON_ROUTE.shp", crs=known, geometry=[street], NOM_VOIE_G=["R DE L ESSAI"], LARGEUR=[6.0])
    write(demo / "ZONE_URBA.shp", crs=known, geometry=[box(0, 0, 50, 30)], TYPE=["UB2"])
    said = {"LIBELLE": ["Essai"], "NOMFIC": ["essai_20150219.pdf"], "DATAPPRO": ["20150219"]}
    write(plan / "ZONE_URBA.shp", crs=WITHOUT_DATUM, geometry=[box(0, 0, 100, 100)], TYPEZONE=["U"], **said)
    shapes = {"SURF": box(10, 10, 20, 20), "LIN": street, "PCT": shapely.Point(EAST + 5, NORTH + 5)}
    for name, shape in shapes.items():
        write(plan / f"PRESCRIPTION_{name}.shp", crs=WITHOUT_DATUM, geometry=[shape], TYPEPSC=["07"], **said)
    return data


def commands_of_the_page(data: Path) -> list[list[str]]:
    """Return the words of each ``diaban`` command and of each setting, the loop over the prescriptions unrolled."""
    text = "\n".join(re.findall(r"```bash\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL))
    text = re.sub(r"cat > .*?\nYAML\n", "", text, flags=re.DOTALL).replace("\\\n", " ")
    text = text.replace("$DIABAN_REAL_DATA", str(data))
    (kinds, repeated), *_ = re.findall(r"for kind in (.*?); do\n(.*?)\ndone", text, flags=re.DOTALL)
    unrolled = [
        repeated.replace("${kind%:*}", kind.split(":")[0]).replace("${kind#*:}", kind.split(":")[1])
        for kind in kinds.split()
    ]
    text = re.sub(r"for kind in .*?\ndone", "\n".join(unrolled), text, flags=re.DOTALL)
    return [shlex.split(line) for line in text.splitlines() if line.strip()]


def run(*words: object) -> None:
    settings.cache_clear()
    done = CliRunner().invoke(app, [str(word) for word in words])
    assert done.exit_code == 0, (words, done.output, done.exception)


@pytest.fixture(scope="module")
def folder(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder in which every command of the page ran."""
    folder = tmp_path_factory.mktemp("another_country")
    (pack,) = re.findall(r"<<'YAML'\n(.*?)YAML\n", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)
    (folder / "three-rules.yaml").write_text(pack, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patched:
        patched.chdir(folder)
        patched.delenv("DIABAN_DATABASE_URL", raising=False)
        for words in commands_of_the_page(data):
            if words[0] == "export":
                for name, value in (setting.split("=", 1) for setting in words[1:]):
                    patched.setenv(name, value)
                continue
            if words[1:3] == ["permits", "find"]:
                words[-1] = "951"
            run(*words[1:], *(("--processes", "1") if "screen" in words else ()))
        yield folder
    settings.cache_clear()


def test_three_rules_judge_four_parcels_as_a_person_would(folder: Path) -> None:
    """The first house keeps all rules; the second covers 75 %; the third stands beyond the zone, where the map of the
    zone ends too, so that nobody knows; nothing stands on the fourth, and the zone is not known there either."""
    table = pq.read_table(folder / "screened.parquet").to_pandas().set_index("parcel")
    rows = {
        key: (row["verdict"], list(row["violated"]), list(row["for_review"]), bool(row["has_building"]))
        for key, row in table.iterrows()
    }
    assert rows == {
        "238-BW-951": ("COMPLIES", [], [], True),
        "238-BW-952": ("VIOLATES", ["example.coverage"], [], True),
        "238-BW-953": ("NEEDS_REVIEW", [], ["example.in_zone"], True),
        "238-BW-954": ("NEEDS_REVIEW", [], ["example.in_zone"], False),
    }


def test_once_it_is_declared_how_far_the_plan_goes_a_house_beyond_the_zone_violates(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A street of 28 m, 15 m south of the parcels, now has its edge 1 m from them and 2 m from the second house."""
    reach, wide, out = folder / "reach.gpkg", folder / "wide.gpkg", folder / "again.parquet"
    pyogrio.write_dataframe(
        gpd.GeoDataFrame({"layer": ["zone"]}, geometry=[box(-200, -200, 300, 300)], crs=2154), reach
    )
    line = shapely.LineString([(EAST - 50, NORTH - 15), (EAST + 130, NORTH - 15)])
    pyogrio.write_dataframe(gpd.GeoDataFrame({"name": ["R"], "width_m": [28.0]}, geometry=[line], crs=2154), wide)
    monkeypatch.setenv("DIABAN_DATA_DIR", "place")
    run("basemap", "import", "coverage", reach, "--publish")
    run("basemap", "import", "street", wide, "--publish")
    asked = ("--rulebook", "three-rules.yaml", "--as-of", "2026-11-29", "--processes", "1")
    run("permits", "screen", *asked, "--out", out, "--before", "screened.parquet")
    table = pq.read_table(out).to_pandas().set_index("parcel")
    assert {key: (row["verdict"], list(row["violated"])) for key, row in table.iterrows()} == {
        "238-BW-951": ("COMPLIES", []),
        "238-BW-952": ("VIOLATES", ["example.coverage", "example.street"]),
        "238-BW-953": ("VIOLATES", ["example.in_zone"]),
        "238-BW-954": ("NOT_APPLICABLE", []),
    }


def test_buildings_become_their_ground_and_the_plan_keeps_its_date_and_document(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIABAN_DATA_DIR", "place")
    run("basemap", "export", "building", folder / "buildings.gpkg")
    buildings = pyogrio.read_dataframe(folder / "buildings.gpkg")
    assert [round(area) for area in buildings.area] == [120, 448, 40]
    assert set(buildings["building_use"]) == {"Bâtiment en dur"}
    monkeypatch.setenv("DIABAN_DATA_DIR", "plan")
    for layer in ("zone", "prescription_area", "prescription_line", "prescription_point"):
        run("basemap", "export", layer, folder / f"{layer}.gpkg")
        (row,) = pyogrio.read_dataframe(folder / f"{layer}.gpkg").to_dict("records")
        document = row["plan_name" if layer == "zone" else "document"]
        assert (row["plan_approved_on"], document) == ("2015-02-19", "essai_20150219.pdf")


def test_a_plan_without_datum_and_a_place_elsewhere_are_refused(
    data: Path, typed: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = data / "france_44118" / "ZONE_URBA.shp"
    monkeypatch.setenv("DIABAN_CRS", "EPSG:2154")
    refused = typed("basemap", "import", "zone", plan, "--map", "LIBELLE=zone_code")
    assert (refused.exit_code, "does not say its datum" in refused.stderr) == (2, True)
    monkeypatch.delenv("DIABAN_CRS")
    monkeypatch.setenv("DIABAN_DATA_DIR", "city")
    elsewhere = typed("basemap", "import", "zone", plan, "--map", "LIBELLE=zone_code", "--crs", "EPSG:2154")
    assert (elsewhere.exit_code, "lies outside Vietnam" in elsewhere.stderr) == (2, True)
