"""Map tiles: vector tiles of every layer (OGC API – Tiles), and the pictures behind our maps.

Tiles are asked for by the thousand. The endpoints are async and find a tile of an archive, or a picture that was
drawn before, without a thread and without the store; what must be drawn waits in a short queue of its own, so that
a flood of tiles keeps nobody else waiting.
"""

import gzip
from typing import Any

from anyio import to_thread
from fastapi import APIRouter, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.routing import Route

from api.errors import Problem, problem_response
from api.layer_pictures import layer_pictures_of
from api.map_tickets import TICKET, is_open_to_all, layer_for_map
from api.ogc_access import Readers, find_readable_layer, readers_of
from api.tile_source import Busy, TileSource, tiles_of
from basemap import tile_documents as documents
from basemap.model import LayerName, LayerVersionId
from basemap.tile_grid import DEEPEST_ZOOM, TILE_MATRIX_SET, Tile
from basemap.tiles import ZOOMS
from spatial.errors import DataUnavailableError, NotFoundError
from spatial.text import Text

router = APIRouter(include_in_schema=False)

BACKGROUND_PATH = "/tiles/background"
LAYER_PICTURES_PATH = "/tiles/layers"
_TILESETS = "/ogc/collections/{layer}/tiles"
_TILESET = f"{_TILESETS}/{TILE_MATRIX_SET}"
_VERSION = "v"
_FOR_A_YEAR = "public, max-age=31536000, immutable"
_FOR_THE_HOLDER = "private, max-age=600"
_ASK_AGAIN_SOON = "public, max-age=60"
# Maps stand in sandboxed frames without an origin of their own, and other offices' maps in pages of their own.
_FOR_EVERYBODY = {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}
_MOST_DIGITS = 8


@router.get("/ogc/tileMatrixSets")
async def list_grids(request: Request) -> Response:
    """List the grids that tiles are cut by."""
    _only_parameters(request)
    return _json(documents.tile_matrix_sets(root=_root(request)))


@router.get(f"/ogc/tileMatrixSets/{TILE_MATRIX_SET}")
async def show_grid(request: Request) -> Response:
    """Define the one grid."""
    _only_parameters(request)
    return _json(documents.tile_matrix_set())


@router.get(_TILESETS)
async def list_tilesets(request: Request) -> Response:
    """List the tilesets of a layer."""
    layer, _ = await _published(request)
    return _json(documents.tileset_list(layer, root=_root(request)))


@router.get(_TILESET)
async def show_tileset(request: Request) -> Response:
    """Describe the tiles of a layer."""
    layer, version_id = await _published(request)
    archive = tiles_of(request).archives.get(layer, version_id)
    return _json(documents.tileset(layer, root=_root(request), bounds=archive.bounds_degrees if archive else None))


@router.get(f"{_TILESET}/metadata")
async def show_tile_json(request: Request) -> Response:
    """Describe the tiles of a layer as TileJSON."""
    layer, version_id = await _published(request)
    archive = tiles_of(request).archives.get(layer, version_id)
    bounds = archive.bounds_degrees if archive else None
    return _json(documents.tile_json(layer, root=_root(request), version_id=version_id, bounds=bounds))


@router.get(f"{_TILESET}/style.json")
async def show_style(request: Request) -> Response:
    """Give a MapLibre style for a layer."""
    layer, version_id = await _published(request)
    archive = tiles_of(request).archives.get(layer, version_id)
    bounds = archive.bounds_degrees if archive else None
    return _json(documents.map_style(layer, root=_root(request), version_id=version_id, bounds=bounds))


async def show_vector_tile(request: Request) -> Response:
    """Give one vector tile; 204 where the layer has nothing."""
    layer, version_id = await _published(request)
    tile = _tile(request)
    if tile.zoom not in ZOOMS[layer]:
        raise _no_tile(tile)
    source = tiles_of(request)
    headers = _headers(request, f"{layer.value}-{version_id}", tile=tile, version=str(version_id))
    if readers_of(request, layer) is not Readers.PUBLIC:
        headers = {"ETag": headers["ETag"], "Cache-Control": "private, no-cache", "Vary": "Accept-Encoding, Cookie"}
    if _is_known(request, headers):
        return Response(status_code=304, headers=headers)
    archive = source.archives.get(layer, version_id)
    if archive is None:
        return await _drawn_by_store(request, source, layer, version_id=version_id, tile=tile, headers=headers)
    zipped = archive.tile(tile) or b""
    is_zipped = _takes_gzip(request)
    content = zipped if is_zipped or not zipped else gzip.decompress(zipped)
    return _vector_response(content, headers, is_zipped=is_zipped)


async def show_background(request: Request) -> Response:
    """Give one picture of the ground, 256 x 256 pixels."""
    _only_parameters(request, _VERSION)
    tile, source = _tile(request), tiles_of(request)
    ground = await source.ground()
    version = source.ground_version(ground)
    headers = _headers(request, version, tile=tile, version=version)
    try:
        if not await source.has_background(ground, tile):
            raise _no_tile(tile)
        if _is_known(request, headers):
            return Response(status_code=304, headers=headers)
        picture = await source.background(ground, tile)
    except Busy:
        return _busy(request)
    return Response(picture, headers=headers, media_type="image/png")


async def show_layer_picture(request: Request) -> Response:
    """Give one picture of a layer, clear where nothing lies; of one for officers to whoever has a ticket."""
    _only_parameters(request, _VERSION, TICKET)
    name = request.path_params["layer"]
    seen = None if is_open_to_all(request, name) else await to_thread.run_sync(layer_for_map, request, name)
    layer = LayerName(name)
    version_id = await _version_of(request, layer)
    tile = _tile(request)
    headers = _headers(request, f"{layer.value}-picture-{version_id}", tile=tile, version=str(version_id))
    if seen is not None:
        headers |= {"Cache-Control": _FOR_THE_HOLDER, "Vary": "Cookie"}
    if _is_known(request, headers):
        return Response(status_code=304, headers=headers)
    try:
        picture = await layer_pictures_of(request).picture(layer, version_id, tile=tile)
    except Busy:
        return _busy(request)
    if picture is None:
        raise _no_tile(tile)
    return Response(picture, headers=headers, media_type="image/png")


PLAIN_ROUTES = tuple(
    Route(path, endpoint, methods=["GET"], include_in_schema=False)
    for path, endpoint in (
        (f"{_TILESET}/{{z}}/{{y}}/{{x}}", show_vector_tile),
        (f"{BACKGROUND_PATH}/{{z}}/{{x}}/{{y}}.png", show_background),
        (f"{LAYER_PICTURES_PATH}/{{layer}}/{{z}}/{{x}}/{{y}}.png", show_layer_picture),
    )
)
"""What FastAPI does beside plain routes would cost a third of the tiles a second."""


async def _published(request: Request) -> tuple[LayerName, LayerVersionId]:
    """Return the layer that was asked for and its published version.

    Raises
    ------
    NotFoundError
        There is no such layer, or nothing of it is published.
    DataUnavailableError
        The store has not yet said what is published.
    NotSignedInError
        It is for officers.
    """
    _only_parameters(request, _VERSION)
    layer = await find_readable_layer(request, request.path_params["layer"])
    return layer, await _version_of(request, layer)


async def _version_of(request: Request, layer: LayerName) -> LayerVersionId:
    versions = tiles_of(request).versions
    version_id = (await versions.all()).get(layer)
    if version_id is None and not versions.is_known:
        raise DataUnavailableError(
            Text("Cơ sở dữ liệu chưa trả lời.", "The store has not answered yet."),
            hint=Text("Xin thử lại sau vài giây.", "Please try again in a few seconds."),
            subject=layer.value,
        )
    if version_id is None:
        raise NotFoundError(
            Text("Lớp này chưa được công bố.", "This layer is not published."),
            hint=Text("Công bố: diaban basemap publish.", "Publish it: diaban basemap publish."),
            subject=layer.value,
        )
    return version_id


async def _drawn_by_store(
    request: Request,
    source: TileSource,
    layer: LayerName,
    *,
    version_id: LayerVersionId,
    tile: Tile,
    headers: dict[str, str],
) -> Response:
    is_zipped = _takes_gzip(request)
    try:
        drawn = await source.draw_vector_tile(layer, version_id, tile=tile, is_zipped=is_zipped)
    except Busy:
        return _busy(request)
    if drawn is None:
        raise NotFoundError(
            Text("Ô bản đồ của lớp này chưa được dựng.", "The tiles of this layer have not been made yet."),
            hint=Text("Dựng: diaban basemap tiles.", "Make them: diaban basemap tiles."),
            subject=layer.value,
        )
    return _vector_response(drawn, headers, is_zipped=is_zipped)


def _takes_gzip(request: Request) -> bool:
    return "gzip" in request.headers.get("accept-encoding", "")


def _vector_response(content: bytes, headers: dict[str, str], *, is_zipped: bool) -> Response:
    if not content:
        return Response(status_code=204, headers=headers)
    if is_zipped:
        headers = headers | {"Content-Encoding": "gzip"}
    return Response(content, headers=headers, media_type=documents.VECTOR_TILE)


def _tile(request: Request) -> Tile:
    """Return the tile in the address.

    Raises
    ------
    RequestValidationError
        A number is none.
    NotFoundError
        The grid has no such tile.
    """
    numbers = {name: request.path_params[name] for name in ("z", "x", "y")}
    wrong = [
        name for name, text in numbers.items() if not (text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS)
    ]
    if wrong:
        raise RequestValidationError([{"type": "int_parsing", "loc": ("path", name)} for name in wrong])
    tile = Tile(zoom=int(numbers["z"]), column=int(numbers["x"]), row=int(numbers["y"]))
    if not tile.exists:
        raise _no_tile(tile)
    return tile


def _no_tile(tile: Tile) -> NotFoundError:
    return NotFoundError(
        Text("Không có ô bản đồ này.", "There is no such tile."),
        hint=Text(
            f"Mức thu phóng từ 0 đến {DEEPEST_ZOOM}, trong phạm vi mà siêu dữ liệu của lớp đã ghi.",
            f"Zoom levels go from 0 to {DEEPEST_ZOOM}, within what the layer's metadata say.",
        ),
        subject=f"{tile.zoom}/{tile.column}/{tile.row}",
    )


def _only_parameters(request: Request, *known: str) -> None:
    unknown = [name for name in request.query_params if name not in known]
    if unknown:
        raise RequestValidationError([{"type": "extra_forbidden", "loc": ("query", name)} for name in unknown])


def _headers(request: Request, content: str, *, tile: Tile, version: str) -> dict[str, str]:
    """Return what tells caches how long this may be kept: for ever under the address of its version."""
    is_named = request.query_params.get(_VERSION) == version
    return {
        "ETag": f'"{content}-{tile.zoom}-{tile.column}-{tile.row}"',
        "Cache-Control": _FOR_A_YEAR if is_named else _ASK_AGAIN_SOON,
        "Vary": "Accept-Encoding",
        **_FOR_EVERYBODY,
    }


def _is_known(request: Request, headers: dict[str, str]) -> bool:
    known = request.headers.get("if-none-match", "")
    tags = {tag.strip().removeprefix("W/") for tag in known.split(",")}
    return known == "*" or headers["ETag"] in tags


def _json(document: dict[str, Any]) -> Response:
    return JSONResponse(document, headers={"Cache-Control": _ASK_AGAIN_SOON, **_FOR_EVERYBODY})


def _busy(request: Request) -> Response:
    said = Text("Máy chủ đang vẽ nhiều ô bản đồ; xin thử lại.", "Many tiles are being drawn; please try again.")
    return problem_response(request, Problem(status=503, code="busy", message=said, headers={"Retry-After": "1"}))


def _root(request: Request) -> str:
    return str(request.base_url)
