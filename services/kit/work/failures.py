"""What went wrong in the background, in one line: nobody waits for an answer there."""

from __future__ import annotations

import errno
from types import TracebackType

import grpc
import psycopg

from services.kit.errors import DomainError, reason_name


def describe(error: BaseException) -> str:
    """What an error is and where it arose, in one line, for logs and for those who operate.

    The texts of errors that are not ours are left out: they may hold what is secret or personal.
    """
    if isinstance(error, BaseExceptionGroup):
        return ", ".join(describe(part) for part in error.exceptions)
    if isinstance(error, DomainError):
        return f"{error.code.name} {reason_name(error.reason)}: {error.message}"
    if isinstance(error, grpc.RpcError):
        return f"{_place(error)} {getattr(error, 'code', lambda: grpc.StatusCode.UNKNOWN)().name}"
    if isinstance(error, psycopg.Error) and error.sqlstate is not None:
        return f"{_place(error)} {error.sqlstate}"
    if isinstance(error, OSError) and error.errno is not None:
        return f"{_place(error)} {errno.errorcode.get(error.errno, error.errno)}"
    return _place(error)


def _place(error: BaseException) -> str:
    """The kind of the error, and the line of ours that it came through last."""
    kind = type(error).__qualname__
    place = ""
    trace: TracebackType | None = error.__traceback__
    while trace is not None:
        module = str(trace.tb_frame.f_globals.get("__name__", ""))
        if module.startswith("services."):
            place = f" at {module}:{trace.tb_lineno}"
        trace = trace.tb_next
    return kind + place
