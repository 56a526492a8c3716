"""The map of a whole layer: a small document over pictures of our own, which can be asked what stands where."""

import io
import re
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import geopandas as gpd
import httpx
import numpy as np
import pytest
import shapely
from fastapi import FastAPI
from PIL import Image

from api import accounts
from api.accounts import Role
from api.app import create_app
from api.map_tickets import TICKET_MAX_AGE_S
from api.sessions import Session
from api.settings import Settings
from basemap import store
from basemap.model import LAYERS, LayerName
from basemap.tile_grid import tiles_over
from spatial.crs import WGS84
from spatial.db import open_database
from spatial.geometry import reproject

CRS = "EPSG:9210"
PASSWORD = "một câu dễ nhớ"  # noqa: S105  of an account that lives for one test
HERE = (603_701.192, 1_191_178.748)
HOSTILE = "</script><img src=x onerror=alert(1)>`${1}`"


def publish(settings: Settings, layer: LayerName, **columns: list[object]) -> int:
    """Publish features and return the number of the version."""
    database = open_database(settings.resolved_database_url)
    count = len(columns["geometry"])
    unsaid: dict[str, list[object]] = {name: [None] * count for name in LAYERS[layer].attribute_names}
    frame = gpd.GeoDataFrame(unsaid | columns | {"feature_id": [str(n) for n in range(count)]}, crs=CRS)
    moment = datetime(2026, 6, 1, tzinfo=UTC)
    provenance = store.Provenance(
        imported_at=moment,
        imported_by="surveyor",
        source_file="f.gpkg",
        source_sha256="0" * 64,
        source_crs=CRS,
        quarantined_count=0,
    )
    with database.transaction() as session:
        version = store.add_version(session, layer, frame, provenance=provenance)
        store.publish(session, version.version_id, published_at=moment)
    database.close()
    return version.version_id


def squares(count_a_side: int, *, side_m: float = 10.0) -> list[object]:
    x, y = np.meshgrid(np.arange(count_a_side) * side_m, np.arange(count_a_side) * side_m)
    west, south = HERE[0] + x.ravel(), HERE[1] + y.ravel()
    return [shapely.multipolygons([each]) for each in shapely.box(west, south, west + side_m - 1, south + side_m - 1)]


def parcels(settings: Settings, count_a_side: int = 3, address: str = "12 Lê Lợi") -> int:
    shapes = squares(count_a_side)
    numbers = [str(n + 1) for n in range(len(shapes))]
    count = len(shapes)
    return publish(
        settings,
        LayerName.PARCEL,
        ward_code=["26800"] * count,
        map_sheet=["7"] * count,
        parcel_no=numbers,
        registered_area_m2=[81.5] * count,
        address=[address] * count,
        geometry=shapes,
    )


def degrees(x: float, y: float) -> tuple[float, float]:
    point = reproject(shapely.Point(x, y), source=CRS, target=WGS84)
    return point.x, point.y


def ask(client: httpx.Client, layer: str, x: float, y: float, **also: object) -> httpx.Response:
    longitude, latitude = degrees(x, y)
    return client.get(f"/maps/layers/{layer}/features", params={"lon": longitude, "lat": latitude, **also})


def tile_path(client: httpx.Client, layer: str, zoom: int) -> str:
    """Return the address of the picture over the first corner, as the map's own document gives it."""
    template = re.search(rf'"(/tiles/layers/{layer}/[^"]+)"', client.get(f"/maps/layers/{layer}").text)
    assert template is not None
    longitude, latitude = degrees(HERE[0] + 5, HERE[1] + 5)
    columns, rows = tiles_over((longitude, latitude, longitude, latitude), zoom)
    address = template.group(1).encode().decode("unicode_escape")
    return address.replace("{z}", str(zoom)).replace("{x}", str(columns.start)).replace("{y}", str(rows.start))


class TestDocument:
    def test_ten_thousand_parcels_make_no_larger_a_page_than_nine(
        self, client: httpx.Client, app: FastAPI, settings: Settings
    ) -> None:
        app.state.tiles.versions.fresh_for_s = 0.0
        parcels(settings)
        few = client.get("/maps/layers/parcel")
        parcels(settings, count_a_side=100)
        many = client.get("/maps/layers/parcel")
        assert few.status_code == many.status_code == 200
        assert abs(len(many.content) - len(few.content)) < 200
        assert len(many.content) < 12_000
        assert "coordinates" not in many.text

    def test_it_has_legend_scale_north_source_and_version(self, client: httpx.Client, settings: Settings) -> None:
        version_id = parcels(settings)
        document = client.get("/maps/layers/parcel?lang=en").text
        assert "Parcels</li>" in document
        assert "L.control.scale" in document
        assert "map-north" in document
        assert re.search(rf'class="map-source">Source: .*Parcels version {version_id} ', document)

    def test_it_asks_no_foreign_host(self, client: httpx.Client, settings: Settings) -> None:
        parcels(settings)
        assert not re.findall(r"https?://", client.get("/maps/layers/parcel").text)

    def test_a_new_version_has_pictures_of_a_new_address(self, client: httpx.Client, settings: Settings) -> None:
        parcels(settings)
        before = client.get("/maps/layers/parcel").text
        version_id = parcels(settings)
        after = client.get("/maps/layers/parcel").text
        assert before != after
        assert f"?v={version_id}" in after

    @pytest.mark.parametrize("name", ["nothing", "parcel", "../ward", "PARCEL"])
    def test_what_does_not_exist_or_is_not_published_is_not_found(self, client: httpx.Client, name: str) -> None:
        assert client.get(f"/maps/layers/{name}").status_code == 404


class TestPictures:
    def test_a_picture_shows_the_layer_and_may_be_kept_for_ever(self, client: httpx.Client, settings: Settings) -> None:
        parcels(settings)
        answer = client.get(tile_path(client, "parcel", 17))
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "image/png"
        assert "immutable" in answer.headers["cache-control"]
        assert answer.headers["access-control-allow-origin"] == "*"
        picture = Image.open(io.BytesIO(answer.content)).convert("RGBA")
        assert picture.size == (256, 256)
        assert picture.getextrema()[3] == (0, 255)

    def test_it_is_known_again_by_its_tag(self, client: httpx.Client, settings: Settings) -> None:
        parcels(settings)
        path = tile_path(client, "parcel", 16)
        tag = client.get(path).headers["etag"]
        assert client.get(path, headers={"if-none-match": tag}).status_code == 304

    @pytest.mark.parametrize("place", ["17/0/0", "5/25/15", "23/6680634/3942964", "17/-1/3", "17/a/b", "99/1/1"])
    def test_the_rest_of_the_world_is_not_drawn(self, client: httpx.Client, settings: Settings, place: str) -> None:
        parcels(settings)
        assert client.get(f"/tiles/layers/parcel/{place}.png").status_code in {400, 404}

    def test_unknown_parameters_are_refused(self, client: httpx.Client, settings: Settings) -> None:
        parcels(settings)
        assert client.get(tile_path(client, "parcel", 17) + "&style=x").status_code == 400


class TestAnswers:
    def test_the_parcel_at_a_point_is_told_in_both_languages(self, client: httpx.Client, settings: Settings) -> None:
        parcels(settings)
        answer = ask(client, "parcel", HERE[0] + 14, HERE[1] + 4)
        assert answer.headers["access-control-allow-origin"] == "*"
        (feature,) = answer.json()["features"]
        assert {"label": "Số thửa", "value": "2"} in feature["attributes"]
        assert {"label": "Diện tích trên giấy (m²)", "value": "81,5"} in feature["attributes"]
        (english,) = ask(client, "parcel", HERE[0] + 14, HERE[1] + 4, lang="en").json()["features"]
        assert {"label": "Registered area (m²)", "value": "81.5"} in english["attributes"]

    def test_between_parcels_there_is_nothing(self, client: httpx.Client, settings: Settings) -> None:
        parcels(settings)
        assert ask(client, "parcel", HERE[0] + 9.5, HERE[1] + 4).json() == {"features": [], "has_more": False}

    def test_of_points_the_nearest_within_a_finger_comes_first(self, client: httpx.Client, settings: Settings) -> None:
        """At zoom 18 a pixel is 0.59 m here: eight of them are 4.7 m, so that 6 m is out of reach."""
        places = [shapely.Point(HERE[0] + shift, HERE[1]) for shift in (0, 3, 9)]
        publish(settings, LayerName.ADDRESS, address=["1 Lê Lợi", "3 Lê Lợi", "9 Lê Lợi"], geometry=places)
        told = ask(client, "address", HERE[0] + 3, HERE[1], zoom=18).json()["features"]
        assert [each["title"] for each in told] == ["Địa chỉ: 3 Lê Lợi", "Địa chỉ: 1 Lê Lợi"]

    def test_many_features_at_one_point_are_cut_off_and_said_so(self, client: httpx.Client, settings: Settings) -> None:
        names = [f"{n} Lê Lợi" for n in range(8)]
        publish(settings, LayerName.ADDRESS, address=names, geometry=[shapely.Point(*HERE)] * 8)
        told = ask(client, "address", *HERE).json()
        assert len(told["features"]) == 5
        assert told["has_more"]

    def test_markup_in_an_attribute_comes_as_json_and_never_in_the_document(
        self, client: httpx.Client, settings: Settings
    ) -> None:
        parcels(settings, address=HOSTILE)
        assert HOSTILE not in client.get("/maps/layers/parcel").text
        answer = ask(client, "parcel", HERE[0] + 4, HERE[1] + 4)
        assert answer.headers["content-type"] == "application/json"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert any(each["value"] == HOSTILE for each in answer.json()["features"][0]["attributes"])

    @pytest.mark.parametrize(
        "query",
        ["", "lon=1", "lon=nan&lat=1", "lon=181&lat=1", "lon=1&lat=89", "lon=1&lat=1&zoom=99", "lon=1&lat=1&x=1"],
    )
    def test_a_bad_question_is_refused(self, client: httpx.Client, settings: Settings, query: str) -> None:
        parcels(settings)
        assert client.get(f"/maps/layers/parcel/features?{query}").status_code == 400


class TestForOfficersAlone:
    """Parcels are for officers here: their map is there for who is signed in, and nobody else learns of it."""

    @pytest.fixture
    def closed(self, settings: Settings) -> Iterator[FastAPI]:
        parcels(settings)
        app = create_app(settings.model_copy(update={"layer_access": "parcel=officers,address=nobody"}))
        with app.state.database_door.open().transaction() as session:
            moment = datetime(2026, 6, 1, tzinfo=UTC)
            accounts.add_account(session, "lan", password=PASSWORD, role=Role.OFFICER, created_at=moment)
        yield app
        app.state.published.close()
        app.state.database_door.close()

    @pytest.fixture
    def visitor(self, closed: FastAPI, client_of: Callable[..., httpx.Client]) -> httpx.Client:
        return client_of(closed)

    @pytest.fixture
    def officer(self, closed: FastAPI, client_of: Callable[..., httpx.Client]) -> httpx.Client:
        made = client_of(closed)
        assert made.post("/api/v1/session", json={"username": "lan", "password": PASSWORD}).status_code == 200
        return made

    def test_the_officer_sees_map_pictures_and_answers_and_no_cache_keeps_them(
        self, officer: httpx.Client, visitor: httpx.Client
    ) -> None:
        document = officer.get("/maps/layers/parcel")
        assert (document.status_code, document.headers["cache-control"]) == (200, "no-store")
        path = tile_path(officer, "parcel", 17)
        # The frame of a map sends no cookie: the visitor's client stands for it.
        picture = visitor.get(path)
        assert (picture.status_code, picture.headers["content-type"]) == (200, "image/png")
        assert picture.headers["cache-control"].startswith("private")
        assert picture.headers["cross-origin-resource-policy"] == "cross-origin"
        answer = ask(visitor, "parcel", HERE[0] + 4, HERE[1] + 4, ticket=ticket_in(path))
        assert answer.json()["features"][0]["title"] == "Thửa đất: 12 Lê Lợi"
        assert answer.headers["cache-control"] == "no-store"
        assert ask(officer, "parcel", HERE[0] + 4, HERE[1] + 4).status_code == 200

    def test_to_everybody_else_the_map_looks_as_one_of_no_layer_at_all(
        self, officer: httpx.Client, visitor: httpx.Client
    ) -> None:
        officer.get("/maps/layers/parcel")
        for path in ("/maps/layers/{}", "/maps/layers/{}/features?lon=106.7&lat=10.77", "/tiles/layers/{}/17/1/1.png"):
            closed, unknown = visitor.get(path.format("parcel")), visitor.get(path.format("nonsense"))
            assert closed.status_code == unknown.status_code == 404
            assert {**closed.json(), "instance": ""} == {**unknown.json(), "instance": ""}
            assert "Thửa" not in closed.text
        assert "parcel" not in visitor.get("/ogc/collections").text
        assert "Thửa" not in visitor.get("/maps/layers/ward").text

    def test_a_ticket_opens_its_layer_alone_and_ends_with_the_sign_in(
        self, officer: httpx.Client, visitor: httpx.Client, closed: FastAPI
    ) -> None:
        path = tile_path(officer, "parcel", 17)
        ticket = ticket_in(path)
        assert visitor.get(path).status_code == 200
        body, _, signature = ticket.rpartition(".")
        assert visitor.get(path.replace(ticket, f"{body}.{signature[::-1]}")).status_code == 404
        assert visitor.get(path.partition("&ticket=")[0]).status_code == 404
        other = closed.state.map_tickets.write(LayerName.STREET, Session(username="lan", sign_in_version=0))
        assert visitor.get(path.replace(ticket, other)).status_code == 404
        assert visitor.get(path.replace("/layers/parcel/", "/layers/address/")).status_code == 404
        assert officer.delete("/api/v1/session").status_code == 204
        assert visitor.get(path).status_code == 404
        assert officer.get("/maps/layers/parcel").status_code == 404

    def test_a_ticket_is_void_after_an_hour(
        self, officer: httpx.Client, visitor: httpx.Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = tile_path(officer, "parcel", 17)
        now_s = time.time()
        monkeypatch.setattr(time, "time", lambda: now_s + TICKET_MAX_AGE_S + 2)
        assert visitor.get(path).status_code == 404

    def test_the_page_of_the_collection_shows_the_map_to_the_officer(
        self, officer: httpx.Client, visitor: httpx.Client
    ) -> None:
        assert '"/maps/layers/parcel"' in officer.get("/ogc/collections/parcel?f=html").text
        assert visitor.get("/ogc/collections/parcel?f=html").status_code == 403

    def test_nobody_sees_what_is_for_nobody(self, officer: httpx.Client) -> None:
        assert officer.get("/maps/layers/address").status_code == 404
        assert officer.get("/tiles/layers/address/17/1/1.png").status_code == 404


def ticket_in(path: str) -> str:
    return path.partition("ticket=")[2]
