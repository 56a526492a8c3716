"""What the server writes about itself: one JSON object a line, and never anybody's personal ID."""

import json
import logging
import re
import sys
from datetime import UTC, datetime

_LONG_NUMBER = re.compile(r"\d{9,}")


def masked(text: str) -> str:
    """Return ``text`` with every number as long as an old or a new personal ID (9, 12 digits) hidden."""
    return _LONG_NUMBER.sub("•••", text)


class JsonFormatter(logging.Formatter):
    """One line a record: time in UTC, level, logger, message, and the traceback if there is one."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one line."""
        line = {
            "time": datetime.fromtimestamp(record.created, tz=UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": masked(record.getMessage()),
        }
        if record.exc_info:
            line["traceback"] = masked(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False)


def configure_logging(*, level: int = logging.INFO) -> None:
    """Send what the server and its libraries have to say to stderr, from ``level`` upwards.

    Uvicorn's own access log stays off: it has queries in it.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for name in ("uvicorn", "uvicorn.error"):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [], True
    logging.getLogger("uvicorn.access").disabled = True
