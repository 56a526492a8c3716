"""``/metrics``: figures for a monitoring system, for this machine alone unless the setting says otherwise."""

from fastapi import APIRouter, Request, Response

from api.metrics import metrics_of
from api.routes.health import database_answers
from spatial.errors import DiabanError, ForbiddenError
from spatial.text import Text

METRICS_PATH = "/metrics"
EVERYBODY = "*"
_TEXT_FORMAT = "text/plain; version=0.0.4; charset=utf-8"
_SIGNS_OF_A_PROXY = ("x-forwarded-for", "forwarded", "x-real-ip")

router = APIRouter(include_in_schema=False)


def parse_addresses(text: str) -> frozenset[str]:
    """Return the addresses of a setting, e.g. ``127.0.0.1,::1``."""
    return frozenset(filter(None, (part.strip() for part in text.split(","))))


@router.get(METRICS_PATH)
def metrics(request: Request) -> Response:
    """Return the figures of this process.

    Raises
    ------
    ForbiddenError
        The caller is none of the readers, or stands behind a proxy: then its address is not its own.
    """
    readers: frozenset[str] = request.app.state.metrics_readers
    address = "" if request.client is None else request.client.host
    is_forwarded = any(name in request.headers for name in _SIGNS_OF_A_PROXY)
    if EVERYBODY not in readers and (is_forwarded or address not in readers):
        raise ForbiddenError(
            Text("Chỉ máy được phép mới đọc được số liệu vận hành.", "Only named machines read these figures."),
            hint=Text("Xem DIABAN_METRICS_READERS.", "See DIABAN_METRICS_READERS."),
        )
    return Response(metrics_of(request.app).as_text(database_is_up=_database_is_up(request)), media_type=_TEXT_FORMAT)


def _database_is_up(request: Request) -> bool:
    try:
        database_answers(request.app.state.database_door)
    except DiabanError:
        return False
    return True
