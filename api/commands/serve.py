"""``diaban serve``: the server, with everything on one port."""

import logging
from typing import Annotated

import typer
import uvicorn

from api.app import create_app
from api.console import say
from api.logs import configure_logging
from api.settings import Settings, settings
from spatial.text import Text

_DRAIN_TIMEOUT_S = 20
_KEEP_ALIVE_S = 15
_ANY_ADDRESS = frozenset({"0.0.0.0", "::"})  # noqa: S104  compared with, not bound to


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 8000,
) -> None:
    """Serve pages, maps and the JSON interface until interrupted."""
    serve_with(settings(), host=host, port=port)


def serve_with(given: Settings, *, host: str, port: int, log_level: int = logging.INFO) -> None:
    """Serve with these settings until interrupted; the log says what is of ``log_level`` or worse."""
    chosen = _answering_for(given, host)
    app = create_app(chosen)
    configure_logging(level=log_level)
    say(
        Text(
            f"Đang phục vụ tại http://{host}:{port} (Ctrl+C để dừng).", f"Serving http://{host}:{port} (Ctrl+C stops)."
        )
    )
    uvicorn.run(
        app,
        host=host,
        port=port,
        loop="auto",
        http="auto",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(chosen.trusted_proxies),
        forwarded_allow_ips=chosen.trusted_proxies or None,
        timeout_keep_alive=_KEEP_ALIVE_S,
        timeout_graceful_shutdown=_DRAIN_TIMEOUT_S,
    )


def _answering_for(chosen: Settings, host: str) -> Settings:
    """Return the settings with the address itself among the names that the server answers for."""
    if host in _ANY_ADDRESS:
        return chosen
    name = f"[{host}]" if ":" in host else host
    return chosen.model_copy(update={"allowed_hosts": f"{chosen.allowed_hosts},{name}"})
