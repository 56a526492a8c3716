"""Who may see the map of a layer, where the map itself cannot say who looks.

A map stands in a sandboxed frame without an origin, so no cookie goes along when it asks for its pictures. The map of a
layer for officers therefore carries a ticket: signed, for that layer alone, valid for an hour and no longer than the
sign-in of the officer who got it. To everybody else such a layer does not exist.
"""

from dataclasses import dataclass

from itsdangerous import BadSignature, URLSafeTimedSerializer
from starlette.requests import Request

from api.dependencies import account_of_session, get_account
from api.ogc_access import Readers, no_such_collection, readers_of
from api.secret_key import purpose_key
from api.sessions import Session
from basemap.model import LayerName

TICKET = "ticket"
TICKET_MAX_AGE_S = 60 * 60


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenLayer:
    """A layer whose map the caller may see; the ticket is empty where everybody may."""

    layer: LayerName
    ticket: str = ""


class MapTickets:
    """Writes and reads the tickets of one installation; kept in ``app.state.map_tickets``."""

    def __init__(self, secret: bytes) -> None:
        self._serializer = URLSafeTimedSerializer(purpose_key(secret, "map ticket"), salt="map")

    def write(self, layer: LayerName, holder: Session) -> str:
        """Return a ticket for the pictures of ``layer``."""
        return str(self._serializer.dumps([layer.value, holder.username, holder.sign_in_version]))

    def read(self, text: str, *, layer: LayerName) -> Session | None:
        """Return who holds a ticket; None when it is forged, too old, or for another layer."""
        try:
            name, username, sign_in_version = self._serializer.loads(text, max_age=TICKET_MAX_AGE_S)
        except BadSignature:
            return None
        if name != layer.value:
            return None
        return Session(username=username, sign_in_version=sign_in_version)


def layer_for_map(request: Request, name: str) -> SeenLayer:
    """Return the layer called ``name`` if the caller may see its map, with a ticket for its pictures.

    Raises
    ------
    NotFoundError
        There is no such layer, or not for the caller: the two look alike.
    """
    layer = _known(name)
    if readers_of(request, layer) is Readers.PUBLIC:
        return SeenLayer(layer=layer)
    if readers_of(request, layer) is not Readers.OFFICERS:
        raise no_such_collection()
    tickets: MapTickets = request.app.state.map_tickets
    given = request.query_params.get(TICKET, "")
    holder = tickets.read(given, layer=layer) if given else None
    account = account_of_session(request, holder) if holder else get_account(request)
    if account is None:
        raise no_such_collection()
    own = Session(username=account.username, sign_in_version=account.sign_in_version)
    return SeenLayer(layer=layer, ticket=given if holder else tickets.write(layer, own))


def is_open_to_all(request: Request, name: str) -> bool:
    """Tell whether everybody may see the map of the layer called ``name``; needs no store."""
    return name in LayerName.__members__.values() and readers_of(request, LayerName(name)) is Readers.PUBLIC


def _known(name: str) -> LayerName:
    if name not in LayerName.__members__.values():
        raise no_such_collection()
    return LayerName(name)
