"""Tiles as clients ask for them, politely and otherwise, on a small published city."""

import io
import json
import re
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import anyio
import httpx
import mapbox_vector_tile
import pyogrio
import pytest
import shapely
from fastapi import FastAPI
from PIL import Image

from api.app import create_app
from api.settings import Settings
from basemap import store
from basemap.demo_city import make_city
from basemap.model import LAYERS, LayerName
from basemap.tile_archive import TileArchive, archive_path, find_archives
from basemap.tile_grid import Tile, tiles_over
from basemap.tiles import ZOOMS, build_tiles
from spatial.crs import HCMC, WEB_MERCATOR, transformer
from spatial.db import open_database
from spatial.errors import DataUnavailableError
from spatial.text import Text

IMPORTED = datetime(2026, 6, 1, tzinfo=UTC)
GRID = "tiles/WebMercatorQuad"
DRAWN = (LayerName.WARD, LayerName.ZONE, LayerName.STREET, LayerName.BUILDING, LayerName.PARCEL)
ANYWHERE = re.compile(r"https?://(?!localhost|www\.opengis\.net)")


def publish_city(settings: Settings, layers: tuple[LayerName, ...] = DRAWN, *, with_archives: bool = True) -> None:
    city = make_city(households=600, seed=7)
    database = open_database(settings.resolved_database_url)
    for layer in layers:
        frame = city.layers[layer]
        frame = frame.assign(feature_id=[str(number) for number in range(len(frame))])
        provenance = store.Provenance(
            imported_at=IMPORTED,
            imported_by="surveyor",
            source_file="city.gpkg",
            source_sha256="0" * 64,
            source_crs="EPSG:9210",
            quarantined_count=0,
        )
        with database.transaction() as session:
            version = store.add_version(session, layer, frame, provenance=provenance)
            store.publish(session, version.version_id, published_at=IMPORTED)
        if with_archives:
            build_tiles(database, layer, directory=settings.tiles_dir)
    database.close()


@pytest.fixture(scope="session")
def published_city(tmp_path_factory: pytest.TempPathFactory, built_store: Path) -> Path:
    """A data folder with a small city, published, to be copied."""
    folder = tmp_path_factory.mktemp("city")
    shutil.copy(built_store, folder / "diaban.gpkg")
    publish_city(Settings(data_dir=folder, database_url="", secret="", language="en"))
    return folder


@pytest.fixture
def city_folder(settings: Settings, published_city: Path) -> Path:
    shutil.copytree(published_city, settings.data_dir, dirs_exist_ok=True)
    return settings.data_dir


@pytest.fixture
def city(app: FastAPI, city_folder: Path) -> None:
    assert city_folder.is_dir()
    app.state.tiles.versions.fresh_for_s = app.state.tiles.versions.forgotten_after_s = 0.0


def archive_of(settings: Settings, layer: LayerName) -> TileArchive:
    (version_id,) = find_archives(settings.tiles_dir, layer)
    return TileArchive(archive_path(settings.tiles_dir, layer, version_id))


def middle(settings: Settings, zoom: int) -> tuple[int, int]:
    """Column and row of the tile in the middle of the city."""
    west, south, east, north = archive_of(settings, LayerName.WARD).bounds_degrees
    lon, lat = (west + east) / 2, (south + north) / 2
    columns, rows = tiles_over((lon, lat, lon, lat), zoom)
    return columns.start, rows.start


def vector_path(settings: Settings, layer: LayerName, zoom: int) -> str:
    column, row = middle(settings, zoom)
    return f"/ogc/collections/{layer.value}/{GRID}/{zoom}/{row}/{column}"


def assert_problem(answer: httpx.Response, status: int) -> None:
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == status


@pytest.mark.usefixtures("city")
class TestVectorTiles:
    def test_a_tile_is_given_as_it_is_stored(self, client: httpx.Client, settings: Settings) -> None:
        answer = client.get(vector_path(settings, LayerName.PARCEL, 16))
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "application/vnd.mapbox-vector-tile"
        assert answer.headers["content-encoding"] == "gzip"
        (layer,) = mapbox_vector_tile.decode(answer.content).values()
        assert {"feature_id", "map_sheet", "parcel_no"} <= set(layer["features"][0]["properties"])

    def test_a_client_that_knows_no_gzip_gets_the_same_tile_plain(
        self, client: httpx.Client, settings: Settings
    ) -> None:
        path = vector_path(settings, LayerName.STREET, 15)
        plain = client.get(path, headers={"accept-encoding": "identity"})
        assert "content-encoding" not in plain.headers
        assert plain.content == client.get(path).content

    def test_a_tile_may_be_kept_for_ever_under_the_address_of_its_version(
        self, client: httpx.Client, settings: Settings
    ) -> None:
        path = vector_path(settings, LayerName.WARD, 14)
        version = next(iter(find_archives(settings.tiles_dir, LayerName.WARD)))
        assert "immutable" in client.get(f"{path}?v={version}").headers["cache-control"]
        assert client.get(path).headers["cache-control"] == "public, max-age=60"
        assert client.get(f"{path}?v={version + 1}").headers["cache-control"] == "public, max-age=60"

    def test_a_tile_that_the_caller_has_is_not_sent_again(self, client: httpx.Client, settings: Settings) -> None:
        path = vector_path(settings, LayerName.WARD, 14)
        tag = client.get(path).headers["etag"]
        again = client.get(path, headers={"if-none-match": tag})
        assert (again.status_code, again.content) == (304, b"")
        assert client.get(path, headers={"if-none-match": '"other"'}).status_code == 200

    def test_where_nothing_lies_the_answer_is_empty(self, client: httpx.Client) -> None:
        answer = client.get(f"/ogc/collections/parcel/{GRID}/16/0/0")
        assert (answer.status_code, answer.content) == (204, b"")

    @pytest.mark.parametrize("place", ["30/0/0", "24/0/99999999", "16/65536/0", "16/0/65536", "7/0/0", "25/1/1"])
    def test_a_tile_outside_the_grid_or_the_zooms_of_the_layer_does_not_exist(
        self, client: httpx.Client, place: str
    ) -> None:
        assert_problem(client.get(f"/ogc/collections/parcel/{GRID}/{place}"), 404)

    @pytest.mark.parametrize(
        "place",
        ["x/0/0", "16/-1/0", "16/0/1.5", "16/0/1e3", "16/٣/0", "16/１/0", "16/0/" + "9" * 40, "16/0/%20", "16/0/NaN"],
    )
    def test_what_is_no_number_is_refused(self, client: httpx.Client, place: str) -> None:
        assert_problem(client.get(f"/ogc/collections/parcel/{GRID}/{place}"), 400)

    @pytest.mark.parametrize("layer", ["nothing", "..%2F..%2Fetc", "PARCEL", "layer_version"])
    def test_a_layer_that_is_none_does_not_exist(self, client: httpx.Client, layer: str) -> None:
        assert client.get(f"/ogc/collections/{layer}/{GRID}/16/0/0").status_code == 404

    def test_a_layer_that_is_not_published_has_no_tiles(self, client: httpx.Client) -> None:
        assert_problem(client.get(f"/ogc/collections/school/{GRID}/15/0/0"), 404)

    def test_an_unknown_parameter_is_refused(self, client: httpx.Client, settings: Settings) -> None:
        assert_problem(client.get(f"{vector_path(settings, LayerName.WARD, 14)}?key=1"), 400)

    def test_a_damaged_archive_is_no_empty_tile(self, client: httpx.Client, settings: Settings) -> None:
        path = vector_path(settings, LayerName.WARD, 14)
        (archive,) = find_archives(settings.tiles_dir, LayerName.WARD).values()
        archive.write_bytes(archive.read_bytes()[:500])
        assert_problem(client.get(path), 503)

    def test_without_an_archive_the_embedded_store_says_how_to_make_one(
        self, client: httpx.Client, settings: Settings
    ) -> None:
        path = vector_path(settings, LayerName.PARCEL, 16)
        (archive,) = find_archives(settings.tiles_dir, LayerName.PARCEL).values()
        archive.unlink()
        answer = client.get(path)
        assert_problem(answer, 404)
        assert "diaban basemap tiles" in answer.json()["hint"]["en"]

    def test_tiles_go_on_when_the_store_is_away(
        self, app: FastAPI, client: httpx.Client, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def away() -> None:
            raise DataUnavailableError(Text("Cơ sở dữ liệu không trả lời.", "The store does not answer."))

        monkeypatch.setattr(app.state.database_door, "open", away)
        assert client.get(vector_path(settings, LayerName.PARCEL, 16)).status_code == 200

    def test_a_store_that_has_never_answered_makes_no_layer_unpublished(
        self, app: FastAPI, client: httpx.Client, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What is not known is not said to be absent: 503 rather than 404."""
        path = vector_path(settings, LayerName.PARCEL, 16)
        (archive,) = find_archives(settings.tiles_dir, LayerName.PARCEL).values()
        archive.unlink()

        def away() -> None:
            raise DataUnavailableError(Text("Cơ sở dữ liệu không trả lời.", "The store does not answer."))

        monkeypatch.setattr(app.state.database_door, "open", away)
        assert_problem(client.get(path), 503)

    def test_a_withdrawn_version_is_not_served_on(self, client: httpx.Client, settings: Settings) -> None:
        path = vector_path(settings, LayerName.WARD, 14)
        first = client.get(path).headers["etag"]
        publish_city(settings, (LayerName.WARD,), with_archives=False)
        assert client.get(path).status_code == 404
        database = open_database(settings.resolved_database_url)
        build_tiles(database, LayerName.WARD, directory=settings.tiles_dir)
        database.close()
        assert client.get(path).headers["etag"] not in {first, None}


@pytest.mark.usefixtures("city")
class TestDocuments:
    def test_the_documents_lead_to_the_tiles(self, client: httpx.Client) -> None:
        (head,) = client.get("/ogc/collections/street/tiles").json()["tilesets"]
        links = {link["rel"]: link["href"] for link in head["links"]}
        tileset = client.get(links["self"]).json()
        assert tileset["layers"][0]["id"] == "street"
        assert tileset["boundingBox"]["lowerLeft"][0] == pytest.approx(106.66, abs=0.05)
        assert (
            client.get(links["http://www.opengis.net/def/rel/ogc/1.0/tiling-scheme"]).json()["id"] == "WebMercatorQuad"
        )
        assert client.get(links["describedby"]).json()["tilejson"] == "3.0.0"
        assert client.get(links["stylesheet"]).json()["version"] == 8
        assert {"{tileMatrix}", "{tileRow}", "{tileCol}"} <= set(re.findall(r"{\w+}", links["item"]))

    def test_the_collection_leads_to_its_tilesets(self, client: httpx.Client) -> None:
        links = client.get("/ogc/collections/street", headers={"accept": "application/json"}).json()["links"]
        (address,) = [link["href"] for link in links if link["rel"].endswith("/tilesets-vector")]
        assert client.get(address).json()["tilesets"][0]["dataType"] == "vector"

    @pytest.mark.parametrize("layer", DRAWN)
    def test_the_tile_json_says_where_tiles_are_and_what_is_in_them(
        self, client: httpx.Client, settings: Settings, layer: LayerName
    ) -> None:
        said = client.get(f"/ogc/collections/{layer.value}/{GRID}/metadata").json()
        assert (said["minzoom"], said["maxzoom"]) == (ZOOMS[layer].start, ZOOMS[layer].stop - 1)
        assert set(said["vector_layers"][0]["fields"]) == {"feature_id", *LAYERS[layer].attribute_names}
        column, row = middle(settings, said["maxzoom"])
        address = said["tiles"][0].format(z=said["maxzoom"], x=column, y=row)
        answer = client.get(address)
        assert answer.status_code in {200, 204}
        assert "immutable" in answer.headers["cache-control"]

    @pytest.mark.parametrize("layer", DRAWN)
    def test_no_document_names_another_host_nor_asks_for_glyphs_or_sprites(
        self, client: httpx.Client, layer: LayerName
    ) -> None:
        for name in ("metadata", "style.json"):
            body = client.get(f"/ogc/collections/{layer.value}/{GRID}/{name}").text
            assert ANYWHERE.findall(body) == []
            assert {"glyphs", "sprite"}.isdisjoint(json.loads(body))

    def test_the_grid_is_that_of_the_standard(self, client: httpx.Client) -> None:
        """OGC 17-083r4, table D.1: scale denominators of levels 0 and 18."""
        grid = client.get("/ogc/tileMatrixSets/WebMercatorQuad").json()
        denominators = {each["id"]: each["scaleDenominator"] for each in grid["tileMatrices"]}
        assert denominators["0"] == pytest.approx(559_082_264.028717, rel=1e-9)
        assert denominators["18"] == pytest.approx(2132.72958384978, rel=1e-9)
        (listed,) = client.get("/ogc/tileMatrixSets").json()["tileMatrixSets"]
        assert client.get(listed["links"][0]["href"]).json() == grid


@pytest.mark.usefixtures("city")
class TestBackgrounds:
    @pytest.mark.parametrize("zoom", range(10, 20))
    def test_the_city_has_a_picture_at_every_zoom(self, client: httpx.Client, settings: Settings, zoom: int) -> None:
        column, row = middle(settings, zoom)
        answer = client.get(f"/tiles/background/{zoom}/{column}/{row}.png")
        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
        picture = Image.open(io.BytesIO(answer.content)).convert("RGB")
        assert len(picture.getcolors(65_536) or []) > 2

    def test_sandboxed_maps_may_show_it(self, client: httpx.Client, settings: Settings) -> None:
        column, row = middle(settings, 15)
        answer = client.get(f"/tiles/background/15/{column}/{row}.png")
        assert answer.headers["cross-origin-resource-policy"] == "cross-origin"

    def test_it_is_drawn_once_for_each_state_of_the_ground(self, client: httpx.Client, settings: Settings) -> None:
        column, row = middle(settings, 15)
        path = f"/tiles/background/15/{column}/{row}.png"
        first = client.get(path)
        (kept,) = (settings.data_dir / "background").rglob("*.png")
        assert kept.read_bytes() == first.content
        assert client.get(path, headers={"if-none-match": first.headers["etag"]}).status_code == 304
        publish_city(settings, (LayerName.WARD,), with_archives=False)
        assert client.get(path).headers["etag"] != first.headers["etag"]
        (kept_now,) = (settings.data_dir / "background").rglob("*.png")
        assert kept_now != kept

    @pytest.mark.parametrize("place", ["9/407/240", "20/0/0", "16/0/0", "16/65535/65535", "30/0/0", "16/65536/0"])
    def test_nothing_is_drawn_outside_the_city_or_its_zooms(
        self, client: httpx.Client, settings: Settings, place: str
    ) -> None:
        assert_problem(client.get(f"/tiles/background/{place}.png"), 404)
        assert not (settings.data_dir / "background").exists()

    @pytest.mark.parametrize("place", ["x/0/0", "16/-1/0", "16/0/..%2f..%2fsecret", "16/1e3/0"])
    def test_what_is_no_number_is_refused(self, client: httpx.Client, place: str) -> None:
        assert client.get(f"/tiles/background/{place}.png").status_code in {400, 404}

    def test_the_disk_holds_no_more_than_is_allowed(
        self, app: FastAPI, client: httpx.Client, settings: Settings
    ) -> None:
        app.state.tiles.backgrounds.most_bytes = 40_000
        column, row = middle(settings, 17)
        for east in range(-2, 3):
            for south in range(-2, 2):
                client.get(f"/tiles/background/17/{column + east}/{row + south}.png")
        kept = [path.stat().st_size for path in (settings.data_dir / "background").rglob("*.png")]
        assert 0 < sum(kept) <= 40_000


@pytest.mark.usefixtures("city_folder")
def test_a_thousand_random_tiles_at_once_are_answered_and_none_with_a_fault(app: FastAPI, settings: Settings) -> None:
    """Item 30 of the hostile list; benchmarks/bench_tiles.py asks for 10,000."""
    paths = [
        f"/tiles/background/{number % 32}/{number * 7919 % 70_000}/{number * 104_729 % 70_000}.png"
        for number in range(700)
    ]
    column, row = middle(settings, 18)
    paths += [f"/tiles/background/18/{column + number % 20 - 10}/{row + number // 20 - 7}.png" for number in range(300)]
    statuses: dict[int, int] = {}

    async def ask() -> None:
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://localhost", timeout=60
        ) as client:

            async def one(path: str) -> None:
                status = (await client.get(path)).status_code
                statuses[status] = statuses.get(status, 0) + 1

            async with anyio.create_task_group() as group:
                for path in paths:
                    group.start_soon(one, path)

    anyio.run(ask)
    assert sum(statuses.values()) == 1000
    assert set(statuses) <= {200, 404, 503}
    assert statuses[200] >= 50
    assert app.state.tiles.waiting_count == 0


@pytest.fixture
def restricted(settings: Settings, city_folder: Path) -> Iterator[FastAPI]:
    assert city_folder == settings.data_dir
    restricted = settings.model_copy(update={"layer_access": "parcel=officers,building=nobody"})
    app = create_app(restricted)
    yield app
    app.state.published.close()
    app.state.database_door.close()


def test_a_layer_that_is_not_public_has_no_public_tiles_and_stands_on_no_background(
    restricted: FastAPI, settings: Settings, client_of: Callable[..., httpx.Client]
) -> None:
    client = client_of(restricted)
    assert_problem(client.get(vector_path(settings, LayerName.PARCEL, 16)), 403)
    assert_problem(client.get(vector_path(settings, LayerName.BUILDING, 16)), 404)
    assert client.get(vector_path(settings, LayerName.STREET, 16)).status_code == 200
    column, row = middle(settings, 18)
    assert client.get(f"/tiles/background/18/{column}/{row}.png").status_code == 200
    (ground,) = (settings.data_dir / "background").iterdir()
    assert "ward" in ground.name
    assert "parcel" not in ground.name
    assert "building" not in ground.name


# OGC 20-057, annex A: the abstract tests of the classes that are declared.
REL = "http://www.opengis.net/def/rel/ogc/1.0/"


def linked(document: dict, rel: str) -> dict:
    (found,) = [link for link in document["links"] if link["rel"] == rel]
    return found


def tileset_of(client: httpx.Client, layer: LayerName) -> dict:
    return client.get(f"/ogc/collections/{layer.value}/{GRID}").json()


def tile_address(client: httpx.Client, layer: LayerName, *, zoom: int, row: int, column: int) -> str:
    template = linked(tileset_of(client, layer), "item")["href"]
    return template.replace("{tileMatrix}", str(zoom)).replace("{tileRow}", str(row)).replace("{tileCol}", str(column))


@pytest.mark.usefixtures("city")
def test_tiles_conformance_success_each_class_is_declared(client: httpx.Client) -> None:
    declared = client.get("/ogc/conformance").json()["conformsTo"]
    spec = "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/"
    assert {each.removeprefix(spec) for each in declared if each.startswith(spec)} == {
        "core",
        "tileset",
        "tilesets-list",
        "geodata-tilesets",
        "mvt",
    }


@pytest.mark.usefixtures("city")
@pytest.mark.parametrize("layer", DRAWN)
def test_tiles_core_tc_success_a_tile_holds_what_lies_in_it(
    client: httpx.Client, settings: Settings, layer: LayerName
) -> None:
    """tc-op, tc-success: the address is the template of the metadata with its three numbers put in."""
    zoom = ZOOMS[layer].stop - 1
    column, row = middle(settings, zoom)
    answer = client.get(tile_address(client, layer, zoom=zoom, row=row, column=column))
    assert answer.status_code in {200, 204}
    around = [(row + down, column + right) for down in (-1, 0, 1) for right in (-1, 0, 1)]
    drawn = [client.get(tile_address(client, layer, zoom=zoom, row=down, column=right)) for down, right in around]
    assert any(each.status_code == 200 for each in drawn)
    for each in drawn:
        if each.status_code == 200:
            assert each.headers["content-type"] == linked(tileset_of(client, layer), "item")["type"]
            (name,) = mapbox_vector_tile.decode(each.content)
            assert name == layer.value


@pytest.mark.usefixtures("city")
def test_tiles_core_tc_error_out_of_range_is_404_and_an_empty_tile_is_204(client: httpx.Client) -> None:
    assert client.get(tile_address(client, LayerName.PARCEL, zoom=16, row=65_536, column=0)).status_code == 404
    assert client.get(tile_address(client, LayerName.PARCEL, zoom=30, row=0, column=0)).status_code == 404
    assert client.get(tile_address(client, LayerName.PARCEL, zoom=16, row=0, column=0)).status_code == 204


@pytest.mark.usefixtures("city")
@pytest.mark.parametrize("layer", DRAWN)
def test_tiles_tileset_description_says_grid_system_and_a_template_for_tiles(
    client: httpx.Client, layer: LayerName
) -> None:
    answer = client.get(f"/ogc/collections/{layer.value}/{GRID}", headers={"accept": "application/json"})
    assert answer.headers["content-type"] == "application/json"
    document = answer.json()
    assert document["tileMatrixSetURI"] == "http://www.opengis.net/def/tilematrixset/OGC/1.0/WebMercatorQuad"
    assert document["crs"] == "http://www.opengis.net/def/crs/EPSG/0/3857"
    scheme = client.get(linked(document, f"{REL}tiling-scheme")["href"]).json()
    assert [matrix["matrixWidth"] for matrix in scheme["tileMatrices"][:4]] == [1, 2, 4, 8]
    item = linked(document, "item")
    assert item["templated"] is True
    assert all(name in item["href"] for name in ("{tileMatrix}", "{tileRow}", "{tileCol}"))


@pytest.mark.usefixtures("city")
@pytest.mark.parametrize("layer", DRAWN)
def test_tiles_tilesets_list_leads_from_each_collection_to_its_tileset(client: httpx.Client, layer: LayerName) -> None:
    """geodata-tilesets/desc-links and operation, tilesets-list/tileset-links."""
    home = f"/ogc/collections/{layer.value}"
    href = linked(client.get(f"{home}?f=json").json(), f"{REL}tilesets-vector")["href"]
    assert href.endswith(f"{home}/tiles")
    (head,) = client.get(href, headers={"accept": "application/json"}).json()["tilesets"]
    assert (head["dataType"], head["crs"]) == ("vector", "http://www.opengis.net/def/crs/EPSG/0/3857")
    assert linked(head, f"{REL}tiling-scheme")
    own = linked(head, "self")["href"]
    assert own.endswith(f"{home}/tiles/WebMercatorQuad")
    assert client.get(own).json()["tileMatrixSetURI"] == head["tileMatrixSetURI"]


@pytest.mark.usefixtures("city")
def test_tiles_mvt_content_has_type_and_geometry_on_a_grid_from_the_upper_left_corner(
    client: httpx.Client, settings: Settings
) -> None:
    """A ward's corner in the tile, moved by the grid to Mercator, is a corner of the ward to one unit."""
    zoom = 14
    column, row = middle(settings, zoom)
    tile = Tile(zoom=zoom, column=column, row=row)
    answer = client.get(tile_address(client, LayerName.WARD, zoom=zoom, row=row, column=column))
    (layer,) = mapbox_vector_tile.decode(answer.content, default_options={"y_coord_down": True}).values()
    west, _, _, north = tile.bounds_mercator
    unit_m = tile.side_m / layer["extent"]
    wards = make_city(households=600, seed=7).layers[LayerName.WARD]
    in_mercator = shapely.transform(wards.geometry.to_numpy(), transformer(HCMC, WEB_MERCATOR))
    outlines = shapely.union_all(shapely.boundary(in_mercator))
    reach = shapely.box(*tile.bounds_mercator).buffer(-unit_m)
    for feature in layer["features"]:
        assert feature["geometry"]["type"] in {"Polygon", "MultiPolygon"}
        shape = shapely.geometry.shape(feature["geometry"])
        corners = [(west + x * unit_m, north - y * unit_m) for x, y in shapely.get_coordinates(shape).tolist()]
        inside = [point for point in map(shapely.Point, corners) if reach.contains(point)]
        assert all(outlines.distance(point) <= 1.5 * unit_m for point in inside)


@pytest.mark.usefixtures("city")
def test_gdal_reads_a_tile_as_it_comes_over_http(client: httpx.Client, settings: Settings) -> None:
    column, row = middle(settings, 16)
    plain = client.get(
        tile_address(client, LayerName.PARCEL, zoom=16, row=row, column=column), headers={"accept-encoding": "identity"}
    ).content
    (decoded,) = mapbox_vector_tile.decode(plain).values()
    read = pyogrio.read_dataframe(plain)
    # GDAL leaves out what lies in the margin alone, beyond the edge of the tile.
    frame = shapely.box(0, 0, decoded["extent"], decoded["extent"])
    shapes = [
        (each["properties"]["feature_id"], shapely.geometry.shape(each["geometry"])) for each in decoded["features"]
    ]
    assert set(read["feature_id"]) == {name for name, shape in shapes if shape.intersection(frame).area}
