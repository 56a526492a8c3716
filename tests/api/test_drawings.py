"""A proposal whose outline is a DXF drawing, on the page and for programs: read, or one clear message."""

import json
import re
import threading
from collections.abc import Iterator

import geopandas as gpd
import httpx
import pytest
import shapely
from fastapi import FastAPI
from parcels_published import publish_parcels

from api import drawing_upload
from api.drawing_upload import LARGEST_DRAWING_BYTES
from api.security import MAX_FILE_BODY_BYTE_COUNT
from spatial.confined import Bounds
from spatial.crs import HCMC

X, Y = 603_000.0, 1_192_000.0
KEY = "26800-10-16"
PAGE, CHECK = f"/parcels/{KEY}/check", "/api/v1/permits/check-drawing"
HOUSE = {"building_type": "row_house", "area_type": "existing_urban", "floors": "3"}
Corners = list[tuple[float, float]]


def rectangle(x: float = X, y: float = Y, *, unit_m: float = 1.0) -> Corners:
    """Return a house of 5 m by 8 m."""
    return [(a / unit_m, b / unit_m) for a, b in ((x, y), (x + 5, y), (x + 5, y + 8), (x, y + 8))]


def dxf(*outlines: tuple[str, Corners], is_closed: bool = True) -> bytes:
    """Return a drawing of light polylines, each on a layer."""
    lines = ["0", "SECTION", "2", "ENTITIES"]
    for layer, corners in outlines:
        lines += ["0", "LWPOLYLINE", "8", layer, "90", str(len(corners)), "70", str(int(is_closed))]
        lines += [part for x, y in corners for part in ("10", str(x), "20", str(y))]
    return "\n".join([*lines, "0", "ENDSEC", "0", "EOF", ""]).encode()


@pytest.fixture(autouse=True)
def _parcel(app: FastAPI) -> None:
    """A plot of 20 m by 20 m."""
    shape = shapely.MultiPolygon([shapely.box(X, Y, X + 20, Y + 20)])
    row = dict(zip(("feature_id", "ward_code", "map_sheet", "parcel_no"), (KEY, *KEY.split("-")), strict=True))
    publish_parcels(app.state.database_door.open(), gpd.GeoDataFrame([row], geometry=[shape], crs=HCMC))


def on_page(client: httpx.Client, drawing: bytes, **typed: str) -> httpx.Response:
    sent = {"drawing": ("Nhà của tôi.dxf", drawing)}
    return client.post(f"{PAGE}?lang=en", data={**HOUSE, **typed}, files=sent, headers={"accept": "text/html"})


def by_program(client: httpx.Client, drawing: bytes, **fields: str) -> httpx.Response:
    question = {"parcel": KEY, "proposal": {"building_type": "row_house", "floors": 3}, "as_of": "2026-11-21"}
    return client.post(CHECK, data={"question": json.dumps(question), **fields}, files={"drawing": drawing})


def test_the_page_draws_the_outline_of_the_file_and_keeps_it_in_the_form(client: httpx.Client) -> None:
    """It takes the place of what was typed, and what the form then holds is checked the same again."""
    answer = on_page(client, dxf(("NHA", rectangle())), outline="1 2\n3 4")
    assert answer.status_code == 200
    assert 'class="plan-proposal"' in answer.text
    kept = re.search(r'<textarea[^>]* id="outline"[^>]*>([^<]*)</textarea>', answer.text)
    assert kept is not None
    assert [tuple(map(float, line.split())) for line in kept[1].splitlines()] == rectangle()
    again = client.post(f"{PAGE}?lang=en", data={**HOUSE, "outline": kept[1]})
    assert again.text.partition('id="result"')[2] == answer.text.partition('id="result"')[2]


def test_two_houses_on_one_layer_are_kept_as_one_outline(client: httpx.Client) -> None:
    answer = on_page(client, dxf(("NHA", rectangle()), ("NHA", rectangle(X + 10))))
    assert answer.status_code == 200
    assert "MultiPolygon" in answer.text


def test_without_a_chosen_file_the_form_works_as_before(client: httpx.Client) -> None:
    """A browser sends the file field all the same: empty, and without a name."""
    typed = {**HOUSE, "outline": "\n".join(f"{x} {y}" for x, y in rectangle())}
    boundary = "----form"
    parts = [f'--{boundary}\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n' for k, v in typed.items()]
    parts.append(
        f'--{boundary}\r\nContent-Disposition: form-data; name="drawing"; filename=""\r\n'
        f"Content-Type: application/octet-stream\r\n\r\n\r\n--{boundary}--\r\n"
    )
    headers = {"content-type": f"multipart/form-data; boundary={boundary}"}
    answer = client.post(f"{PAGE}?lang=en", content="".join(parts).encode(), headers=headers)
    assert answer.status_code == 200
    assert 'class="plan-proposal"' in answer.text


def test_a_program_gets_the_answer_that_the_same_outline_as_geojson_gets(client: httpx.Client) -> None:
    """House of 40 m²: sent as a drawing, and as a polygon of the same system."""
    drawn = by_program(client, dxf(("NHA", rectangle()), ("TRUC", rectangle(X + 5))), layer="NHA")
    assert drawn.status_code == 200
    ring = [[x, y] for x, y in [*rectangle(), rectangle()[0]]]
    proposal = {
        "building_type": "row_house",
        "floors": 3,
        "footprint": {"type": "Polygon", "coordinates": [ring]},
        "footprint_crs": HCMC,
    }
    question = {"parcel": KEY, "proposal": proposal, "as_of": "2026-11-21"}
    assert drawn.json() == client.post("/api/v1/permits/check", json=question).json()
    assert drawn.json()["facts"]["footprint_m2"] == 40


def test_a_drawing_in_another_system_is_read_in_the_one_that_is_named(client: httpx.Client) -> None:
    moved = gpd.GeoSeries([shapely.Polygon(rectangle())], crs=HCMC).to_crs("EPSG:32648").iloc[0]
    answer = by_program(client, dxf(("NHA", list(moved.exterior.coords)[:-1])), crs="EPSG:32648")
    assert answer.status_code == 200
    # A metre of UTM zone 48N is longer by up to 4 in 10,000 than one of the 3 degree zone.
    assert answer.json()["facts"]["footprint_m2"] == pytest.approx(40, rel=1e-3)


BAD = {
    "text": (b"hello world\n" * 20, "drawing", "is no DXF drawing"),
    "a PDF": (b"%PDF-1.4\n%%EOF", "drawing", "is no DXF drawing"),
    "empty": (b"", "drawing", "The file is empty"),
    "cut": (dxf(("NHA", rectangle()))[:90], "drawing", "cannot be read; it may be damaged"),
    "nothing drawn": (dxf(), "drawing", "The file holds no feature"),
    "open": (dxf(("NHA", rectangle()), is_closed=False), "drawing", "no closed outline"),
    "two layers": (dxf(("NHA", rectangle()), ("SAN", rectangle())), "drawing_layer", "Name one layer: NHA, SAN."),
    "millimetres": (dxf(("NHA", rectangle(unit_m=0.001))), "drawing", "counted in millimetres"),
    "own origin": (dxf(("NHA", rectangle(0, 0))), "drawing", "lies outside Vietnam"),
    "axes": (dxf(("NHA", [(y, x) for x, y in rectangle()])), "drawing", "with the axes swapped"),
    "far": (dxf(("NHA", rectangle(X + 30_000))), "drawing", "lies 30.0 km from the parcel"),
    "too large": (b"0\n" * (LARGEST_DRAWING_BYTES // 2 + 1), "drawing", "over the limit of 5 MB"),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_drawing_that_cannot_be_used_is_one_message_in_the_form_and_for_programs(
    client: httpx.Client, kind: str
) -> None:
    drawing, field, said = BAD[kind]
    page = on_page(client, drawing)
    assert page.status_code == 422
    errors = re.findall(rf'<a href="#{field}">([^<]*)</a>', page.text)
    assert len(errors) == 1
    assert said in errors[0].replace("\N{NO-BREAK SPACE}", " ")
    assert "--" not in errors[0], "an option of the command helps nobody here"
    assert "Nhà của tôi" not in page.text
    answer = by_program(client, drawing)
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    problem = answer.json()
    assert said in f"{problem['message']['en']} {problem['hint']['en']}"
    assert problem["code"] not in {"bad_input", "error"}


def multiplying(depth: int) -> bytes:
    """Return a drawing whose blocks insert ten of the next, ``depth`` deep."""
    blocks = ["0", "BLOCK", "8", "0", "2", "B0", "70", "0", "10", "0", "20", "0"]
    blocks += [
        "0",
        "LINE",
        "8",
        "0",
        "10",
        f"{X}",
        "20",
        f"{Y}",
        "11",
        f"{X + 9}",
        "21",
        f"{Y + 9}",
        "0",
        "ENDBLK",
        "8",
        "0",
    ]
    for level in range(1, depth):
        blocks += ["0", "BLOCK", "8", "0", "2", f"B{level}", "70", "0", "10", "0", "20", "0"]
        blocks += ["0", "INSERT", "8", "0", "2", f"B{level - 1}", "10", "0", "20", "0"] * 10 + ["0", "ENDBLK", "8", "0"]
    insert = ["0", "INSERT", "8", "0", "2", f"B{depth - 1}", "10", "0", "20", "0"]
    header = ["0", "SECTION", "2", "HEADER", "0", "ENDSEC", "0", "SECTION", "2", "BLOCKS"]
    sections = [*header, *blocks, "0", "ENDSEC", "0", "SECTION", "2", "ENTITIES", *insert]
    return "\n".join([*sections, "0", "ENDSEC", "0", "EOF", ""]).encode()


def test_a_drawing_whose_blocks_multiply_is_stopped_at_its_bounds(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hundred million lines out of a few kilobytes; three deep they are a hundred, and are read."""
    assert by_program(client, multiplying(3)).json()["code"] == "outline_missing"
    monkeypatch.setattr(drawing_upload, "_BOUNDS", Bounds(memory_bytes=500_000_000, time_s=4.0))
    assert by_program(client, multiplying(9)).json()["code"] in {"file_takes_time", "file_takes_memory"}


def test_a_body_larger_than_any_drawing_is_refused_unread_and_a_drawing_is_taken_nowhere_else(
    client: httpx.Client,
) -> None:
    huge = b"0" * (MAX_FILE_BODY_BYTE_COUNT + 1)
    assert on_page(client, huge).status_code == 413
    assert by_program(client, huge).json()["code"] == "too_large"
    assert client.post("/api/v1/permits/check", content=huge[:300_000]).status_code == 413


def test_a_footprint_and_a_drawing_together_are_refused(client: httpx.Client) -> None:
    question = {"parcel": KEY, "proposal": {"footprint": {"type": "Polygon", "coordinates": []}}}
    for asked in (question, {"parcel": KEY, "proposal": {"flors": 1}}, {"proposal": {}}, "x"):
        sent = {"question": json.dumps(asked)}
        answer = client.post(CHECK, data=sent, files={"drawing": dxf(("NHA", rectangle()))})
        assert answer.status_code == 422


@pytest.fixture
def _busy(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Somebody else's drawings are being read, as many as may be at once."""
    monkeypatch.setattr(drawing_upload, "_readers", threading.BoundedSemaphore(1))
    drawing_upload._readers.acquire()  # noqa: SLF001 - what a reader in another thread holds
    yield
    drawing_upload._readers.release()  # noqa: SLF001


@pytest.mark.usefixtures("_busy")
def test_while_others_are_read_a_drawing_waits_and_everything_else_goes_on(client: httpx.Client) -> None:
    drawing = dxf(("NHA", rectangle()))
    assert on_page(client, drawing).status_code == 503
    assert by_program(client, drawing).json()["code"] == "drawings_busy"
    assert client.post(PAGE, data=HOUSE).status_code == 200


def test_another_site_cannot_send_a_drawing_for_a_visitor(client: httpx.Client) -> None:
    answer = client.post(PAGE, files={"drawing": dxf()}, headers={"origin": "https://elsewhere.example"})
    assert answer.status_code == 403
