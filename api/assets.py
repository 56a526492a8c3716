"""Styles, scripts, fonts and pictures, all our own, under addresses that change with their content.

Every address holds a part of the file's SHA-256, so that a browser may keep it for a year and never sees an old one.
Map documents stand in sandboxed frames without an origin: fonts and scripts must be allowed to them by name.
"""

import gzip
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Final

import fontpkg_be_vietnam_pro
from fastapi import APIRouter, Request, Response

from basemap.preview import MapAssets, asset_files
from spatial.errors import NotFoundError
from spatial.text import Text

router = APIRouter(include_in_schema=False)

_CACHE_FOR_A_YEAR: Final = "public, max-age=31536000, immutable"
_HASH_LETTERS: Final = 10
_MEDIA_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".ttf": "font/ttf",
}
_FONT_WEIGHTS: Final = {"Regular": 400, "SemiBold": 600, "Bold": 700}
_REFERENCE: Final = re.compile(r"url\(\"?([\w./-]+\.(?:png|svg|ttf))\"?\)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """One file as it is served.

    Parameters
    ----------
    url
        Path below the host, with a part of the content's hash.
    """

    url: str
    media_type: str
    body: bytes
    zipped_body: bytes


def asset_url(name: str) -> str:
    """Return the address of an asset by its plain name, e.g. ``diaban.css``.

    Raises
    ------
    KeyError
        No such asset: a mistake in a template.
    """
    return _assets()[name].url


def map_assets() -> MapAssets:
    """Return where served map documents find their scripts and styles."""
    return MapAssets(
        urls={name: asset_url(name) for name in asset_files() if not name.startswith("images/")},
        font_urls={weight: asset_url(f"BeVietnamPro-{face}.ttf") for face, weight in _FONT_WEIGHTS.items()},
    )


@router.get("/static/{path:path}", name="static")
async def serve_asset(request: Request, path: str) -> Response:
    """Hand out one asset; an address whose hash is not the current one does not exist."""
    asset = _by_url().get(f"/static/{path}")
    if asset is None:
        raise NotFoundError(Text("Không có tệp này.", "There is no such file."), subject=path)
    headers = {
        "Cache-Control": _CACHE_FOR_A_YEAR,
        "Access-Control-Allow-Origin": "*",
        "Cross-Origin-Resource-Policy": "cross-origin",
        "Vary": "Accept-Encoding",
    }
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(asset.zipped_body, headers=headers | {"Content-Encoding": "gzip"}, media_type=asset.media_type)
    return Response(asset.body, headers=headers, media_type=asset.media_type)


@router.get("/favicon.ico")
async def serve_favicon() -> Response:
    """Answer browsers that ask for an icon by its old name."""
    asset = _assets()["favicon.svg"]
    return Response(asset.body, media_type=asset.media_type, headers={"Cache-Control": "public, max-age=86400"})


@lru_cache(maxsize=1)
def _by_url() -> Mapping[str, Asset]:
    return {asset.url: asset for asset in _assets().values()}


@lru_cache(maxsize=1)
def _assets() -> Mapping[str, Asset]:
    made: dict[str, Asset] = {}
    for name, (folder, path) in sorted(_sources().items(), key=lambda item: item[1][1].suffix == ".css"):
        body = path.read_bytes()
        if path.suffix == ".css":
            body = _with_hashed_references(body.decode("utf-8"), made).encode("utf-8")
        made[name] = _asset(name, folder=folder, body=body)
    return made


def _sources() -> Mapping[str, tuple[str, Path]]:
    fonts = Path(fontpkg_be_vietnam_pro.ROOT) / "files"
    own = Path(str(resources.files("api") / "static"))
    return {
        **{name: ("vendor", path) for name, path in asset_files().items()},
        **{f"BeVietnamPro-{face}.ttf": ("fonts", fonts / f"BeVietnamPro-{face}.ttf") for face in _FONT_WEIGHTS},
        **{path.name: ("own", path) for path in sorted(own.iterdir()) if path.suffix in _MEDIA_TYPES},
    }


def _with_hashed_references(css: str, made: Mapping[str, Asset]) -> str:
    def replace(found: re.Match[str]) -> str:
        asset = made.get(found.group(1))
        return f'url("{asset.url}")' if asset else found.group(0)

    return _REFERENCE.sub(replace, css)


def _asset(name: str, *, folder: str, body: bytes) -> Asset:
    stem, dot, suffix = Path(name).name.rpartition(".")
    digest = hashlib.sha256(body).hexdigest()[:_HASH_LETTERS]
    return Asset(
        url=f"/static/{folder}/{stem}.{digest}{dot}{suffix}",
        media_type=_MEDIA_TYPES[f".{suffix}"],
        body=body,
        zipped_body=gzip.compress(body, compresslevel=9, mtime=0),
    )
