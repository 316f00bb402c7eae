"""Logs: one line for each thing that happened, JSON or, for people, in columns.

A line never holds what a person wrote or is let in with: no text of an error that is not ours, as
it may quote what was written; no address, no token, no code.
"""

from __future__ import annotations

import json
import logging
import sys
import threading
import traceback
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import suppress
from typing import Any, TextIO, cast

import structlog

from services.kit import call as calls

Line = MutableMapping[str, Any]
# Libraries that see nothing of a person: what they say is told as they say it.
KNOW_NO_PERSON = ("opentelemetry.",)
AUTO, JSON, CONSOLE = "auto", "json", "console"


def configure_logs(service: str, level: str, form: str = AUTO) -> None:
    """Log to standard error, each line with the service's name, at this level and above.

    `form` is json, console (columns, in colours on a terminal) or auto: console on a terminal.
    What libraries say, from WARNING on, comes in the same form.
    """
    number = logging.getLevelNamesMapping().get(level.upper(), logging.INFO)
    is_terminal = sys.stderr.isatty()
    for_people = form == CONSOLE or (form == AUTO and is_terminal)
    processors: list[Any] = [
        add_call,
        tell_error,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=not for_people, key="time"),
        _columns(is_terminal) if for_people else _json(service),
    ]
    file = cast("TextIO", Lossy(sys.stderr))
    structlog.configure(
        processors=processors,
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(file=file),
        cache_logger_on_first_use=True,
    )
    sys.excepthook = _tell_uncaught
    threading.excepthook = lambda told: _tell_uncaught(
        told.exc_type, told.exc_value, told.exc_traceback
    )
    root = logging.getLogger()
    root.handlers[:] = [Foreign()]
    root.setLevel(max(number, logging.WARNING))


class Lossy:
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


class Foreign(logging.Handler):
    """Logs what libraries say, by the words they chose beforehand: what these are filled with may
    be secret or personal. Words that nothing is left to fill may have been filled already, so of
    these it tells only where they stand."""

    def emit(self, record: logging.LogRecord) -> None:
        """Log one line."""
        told: dict[str, Any] = {"logger": record.name}
        if record.name.startswith(KNOW_NO_PERSON):
            told["text"] = record.getMessage()
        elif record.args:
            told["text"] = str(record.msg)
        else:
            told["at"] = f"{record.pathname}:{record.lineno}"
        if record.exc_info:
            told["exc_info"] = record.exc_info
        log = structlog.get_logger("stellr.libraries")
        log.log(record.levelno, "library", **told)


def add_call(_: object, __: str, line: Line) -> Line:
    """Say in which request, and in which trace, it happened."""
    call = calls.current()
    if call is not None:
        line.setdefault("request_id", call.request_id)
        if call.traceparent:
            line.setdefault("trace_id", call.trace_id)
    return line


def tell_error(_: object, __: str, line: Line) -> Line:
    """Where an exception came from and of which kind it is, without its text."""
    error = line.pop("exc_info", None)
    if error is True:
        error = sys.exc_info()
    if isinstance(error, tuple):
        error = error[1]
    if isinstance(error, BaseException):
        line["exception"] = "\n".join(_chain(error))
    return line


def _chain(error: BaseException | None, told: frozenset[int] = frozenset()) -> Iterator[str]:
    """An exception and what caused it, the cause first; one may be its own cause."""
    if error is None or id(error) in told:
        return
    told |= {id(error)}
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    yield from _chain(cause, told)
    yield "".join(traceback.format_tb(error.__traceback__)) + type(error).__qualname__
    if isinstance(error, BaseExceptionGroup):
        for part in error.exceptions:
            yield from _chain(part, told)


def _tell_uncaught(kind: object, error: BaseException | None, trace: object) -> None:
    structlog.get_logger("stellr.process").error("uncaught", exc_info=error)


def _columns(colors: bool) -> Any:
    return structlog.dev.ConsoleRenderer(colors=colors, timestamp_key="time", pad_event_to=12)


def _json(service: str) -> Callable[[Any, str, Line], str]:
    # Kept: json.dumps would make an encoder for each line.
    encode = json.JSONEncoder(default=str).encode

    def render(_: object, __: str, line: Line) -> str:
        first = {"time": line.pop("time"), "level": line.pop("level"), "service": service}
        return encode({**first, "event": line.pop("event"), **line})

    return render
