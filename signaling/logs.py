"""Structured logs, one JSON object a line on stderr; identifiers only, never names or what people say.

The standard library's own logging: this process must be back within moments when it is started again, and every
import counts.
"""

import json
import logging
import sys
import time
from datetime import UTC, datetime

LIMITED_SECONDS = 10.0
ENCODED = json.JSONEncoder(ensure_ascii=False, default=str).encode


class _Json(logging.Formatter):
    def __init__(self, worker: int | None) -> None:
        super().__init__()
        self._more = {} if worker is None else {"worker": worker}

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one line."""
        line: dict[str, object] = {
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
            **self._more,
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return ENCODED(line)


class Log:
    """A logger whose messages are an event's name and fields."""

    def __init__(self, name: str) -> None:
        self._logger = logging.getLogger(f"signaling.{name}")
        self._limited: dict[str, tuple[float, int]] = {}  # event -> when it was last written, how many were not since

    def info(self, event: str, **fields: object) -> None:
        """Say what happened."""
        self._logger.info(event, extra={"fields": fields})

    def warning(self, event: str, **fields: object) -> None:
        """Say what somebody else did wrong."""
        self._logger.warning(event, extra={"fields": fields})

    def limited(self, event: str, *, now: float | None = None, **fields: object) -> None:
        """Say what strangers can cause as often as they like: one line in ten seconds, with how many were left out."""
        now = time.monotonic() if now is None else now
        said_at, left_out = self._limited.get(event, (float("-inf"), 0))
        if now - said_at < LIMITED_SECONDS:
            self._limited[event] = said_at, left_out + 1
            return
        self._limited[event] = now, 0
        self.warning(event, **fields, left_out=left_out)

    def exception(self, event: str, *, cause: BaseException | None, **fields: object) -> None:
        """Say what we did wrong, and where."""
        self._logger.error(event, extra={"fields": fields}, exc_info=cause)

    def error(self, event: str, *, cause: BaseException | None = None, **fields: object) -> None:
        """Say what could not be done."""
        self._logger.error(event, extra={"fields": fields}, exc_info=cause)


def configure(level: str = "INFO", *, worker: int | None = None) -> None:
    """Write to stderr from now on; a worker process says which it is.

    What no line shows is not found out for each: who called, in which thread and process.
    """
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    logging._srcfile = None  # noqa: SLF001  the documented way (Optimization, in the manual of logging)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Json(worker))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("signaling").setLevel(level)
    # A peer's packets are the peer's business: what aiortc warns about does not concern whoever runs this.
    logging.getLogger("aiortc").setLevel(logging.ERROR)
