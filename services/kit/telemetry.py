"""Structured logs."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, MutableMapping
from contextlib import suppress
from typing import Any, TextIO, cast

import structlog


def configure_logs(service: str, level: str) -> None:
    """Log JSON lines to standard error, each with the service's name."""
    number = logging.getLevelNamesMapping().get(level.upper(), logging.INFO)
    stamp = structlog.processors.TimeStamper(fmt="iso", utc=True)
    structlog.configure(
        processors=[
            _naming(service),
            structlog.processors.add_log_level,
            stamp,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(file=cast("TextIO", _Lossy(sys.stderr))),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=max(number, logging.WARNING), stream=sys.stderr)


class _Lossy:
    """A file in which a line that cannot be written is lost: a full disk must stop no work."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def write(self, text: str) -> None:
        """Write the text, where there is room for it."""
        with suppress(OSError):
            self._file.write(text)

    def flush(self) -> None:
        """Write what was held back, where there is room for it."""
        with suppress(OSError):
            self._file.flush()


def _naming(service: str) -> Callable[..., MutableMapping[str, Any]]:
    def name(_: object, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        event["service"] = service
        return event

    return name
