"""Structured logs, one JSON object a line on stderr; never personal data, only identifiers."""

import logging
import sys

import structlog


def configure_logs(*, quiet: bool) -> None:
    """Set up once, at the start; `quiet` leaves out what is merely informative (a person watches the terminal)."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING if quiet else logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
    )
