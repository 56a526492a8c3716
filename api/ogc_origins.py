"""Public layers are read by pages of other systems too (CORS); what asks for a signed-in officer is not.

The answer is always ``*``: with it a browser shows no cookie, and shows no page an answer that it asked for with one.

References
----------
WHATWG Fetch Standard, section 3.2 (CORS protocol).
"""

from collections.abc import Mapping

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.ogc_access import Readers
from api.ogc_answers import ROOT
from basemap.model import LayerName

_COLLECTIONS = f"{ROOT}/collections/"
_SHOWN = "Content-Crs, ETag, Link, OGC-Number-Matched"
_OPEN = {
    "access-control-allow-origin": "*",
    "access-control-expose-headers": _SHOWN,
    "cross-origin-resource-policy": "cross-origin",
}
_PREFLIGHT = {
    **_OPEN,
    "access-control-allow-methods": "GET, HEAD",
    "access-control-allow-headers": "Accept, Accept-Language, If-None-Match",
    "access-control-max-age": "86400",
}


class OpenData:
    """Lets pages of any origin read what everybody may read under ``/ogc``, refusals included."""

    def __init__(self, app: ASGIApp, *, access: Mapping[LayerName, Readers]) -> None:
        self._app = app
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and open the answer; answer the question that a browser asks before."""
        if scope["type"] != "http" or not self._is_open(scope["path"]):
            await self._app(scope, receive, send)
            return
        if scope["method"] == "OPTIONS" and "access-control-request-method" in Headers(scope=scope):
            await Response(status_code=204, headers=_PREFLIGHT)(scope, receive, send)
            return

        async def send_opened(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(_OPEN)
            await send(message)

        await self._app(scope, receive, send_opened)

    def _is_open(self, path: str) -> bool:
        if path.startswith(_COLLECTIONS):
            name = path.removeprefix(_COLLECTIONS).partition("/")[0]
            return name in LayerName.__members__.values() and self._access[LayerName(name)] is Readers.PUBLIC
        return path == ROOT or path.startswith(f"{ROOT}/")
