"""A connection that records every statement of a call as a span, where traces are on.

A span is named by what a statement does and to which table, as `SELECT lessons`: its text and its
values are not told (semantic conventions of databases, db.query.summary).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cached_property, lru_cache
from typing import Any

import psycopg

from services.kit import call as calls
from services.kit import tracing
from services.kit.data.connection import Connection

_NAME = r"\"?([a-z_][a-z0-9_]*+)\"?(?!\s*\()"
# Of a statement with several parts that which writes says what it is for.
_WRITES = re.compile(
    rf"\b(?:(INSERT) INTO|(?<!DO )(?<!FOR )(UPDATE)(?: ONLY)?|(DELETE) FROM(?: ONLY)?)\s+{_NAME}",
    re.I,
)
_READS = re.compile(rf"\b(?:FROM|JOIN)\s+{_NAME}", re.I)
_CALLS = re.compile(r"([a-z_][a-z0-9_]*)\s*\(", re.I)


class _Spanned:
    """Records what a cursor executes."""

    def execute(self, query: Any, *args: Any, **kwargs: Any) -> Any:
        """As psycopg.Cursor.execute."""
        execute: Callable[..., Any] = super().execute  # type: ignore[misc]
        return _recorded(query, lambda: execute(query, *args, **kwargs))

    def executemany(self, query: Any, *args: Any, **kwargs: Any) -> Any:
        """As psycopg.Cursor.executemany."""
        execute: Callable[..., Any] = super().executemany  # type: ignore[misc]
        return _recorded(query, lambda: execute(query, *args, **kwargs))


class _Cursor(_Spanned, psycopg.Cursor[tuple[Any, ...]]):
    """Of SQLAlchemy's sessions."""


class _RawCursor(_Spanned, psycopg.RawCursor[tuple[Any, ...]]):
    """Of the kit's own statements."""


class RecordedConnection(Connection):
    """Records statements, and commits, which wait for the disk."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.cursor_factory = _Cursor

    @cached_property
    def cursor_at_hand(self) -> psycopg.RawCursor[tuple[Any, ...]]:
        """As Connection.cursor_at_hand."""
        return _RawCursor(self)

    def commit(self) -> None:
        """As psycopg.Connection.commit."""
        _recorded("COMMIT", super().commit)


def _recorded(query: Any, execute: Callable[[], Any]) -> Any:
    spans, call = tracing.on(), calls.current()
    if spans is None or call is None or call.span is None:
        return execute()
    name, attributes = summary(query if isinstance(query, str) else "")
    span = spans.begin(call, name, "CLIENT", attributes)
    try:
        result = execute()
    except BaseException as error:
        if span is not None:
            tracing.end(span, getattr(error, "sqlstate", None) or type(error).__name__)
        raise
    if span is not None:
        tracing.end(span)
    return result


@lru_cache(maxsize=1024)
def summary(query: str) -> tuple[str, dict[str, str]]:
    """The name of a statement's span, and its attributes."""
    operation, table = _operation(query)
    told = {"db.system.name": "postgresql", "db.operation.name": operation}
    if not table:
        return operation, told
    return f"{operation} {table}", {**told, "db.collection.name": table}


def _operation(query: str) -> tuple[str, str]:
    writes = _WRITES.search(query)
    if writes:
        *verbs, table = writes.groups()
        return "".join(filter(None, verbs)).upper(), table
    first = (query.split(maxsplit=1) or ["SQL"])[0].upper()
    found = _READS.search(query) or _CALLS.search(query)
    return "SELECT" if first == "WITH" else first, found[1] if found else ""


def connection_class() -> type[Connection]:
    """What pools are made of."""
    return Connection if tracing.on() is None else RecordedConnection
