"""Statements: written with SQLAlchemy Core or as text, compiled once, prepared by PostgreSQL.

A path that is walked all day pays for a statement what psycopg and PostgreSQL cost, and nothing
for building it. Rows come as the plain typed values that the statement names.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, TypeVar

import psycopg
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg

from services.kit.data.connection import Connection
from services.kit.waiting import waiting

Row = TypeVar("Row")

_DIALECT: Any = PGDialect_psycopg(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]


class Statement(Generic[Row]):
    """A statement that reads: `row(*columns)` makes each row.

    Text names its parameters as `:name`. Outside of a transaction it costs one round trip.
    """

    #: Whether the statement needs a transaction around it.
    needs_transaction = False

    def __init__(self, written: str | sa.Executable, row: Callable[..., Row]) -> None:
        compiled = _compiled(written)
        self._sql = compiled.string
        self._names: Sequence[str] = compiled.positiontup or ()
        self._fixed: Mapping[str, Any] = {
            name: value for name, value in compiled.params.items() if value is not None
        }
        self._row = row

    def all(self, connection: Connection, values: Mapping[str, Any]) -> list[Row]:
        """All rows. KeyError names a parameter that was not given."""
        return [self._row(*row) for row in self._executed(connection, values).fetchall()]

    def first(self, connection: Connection, values: Mapping[str, Any]) -> Row | None:
        """The first row, or None."""
        row = self._executed(connection, values).fetchone()
        return None if row is None else self._row(*row)

    def run(self, connection: Connection, values: Mapping[str, Any]) -> int:
        """How many rows were written."""
        return self._executed(connection, values).rowcount

    def _executed(
        self, connection: Connection, values: Mapping[str, Any]
    ) -> psycopg.RawCursor[tuple[Any, ...]]:
        given = {**self._fixed, **values} if self._fixed else values
        cursor = connection.cursor_at_hand
        with waiting:
            return cursor.execute(self._sql, [given[name] for name in self._names], prepare=True)


class Write(Statement[Row]):
    """A statement that writes, in the transaction of the request."""

    needs_transaction = True


class WholeWrite(Statement[Row]):
    """A statement that is all that its request writes: by itself it is a transaction.

    It joins a transaction that is open already, as where an Idempotency-Key was claimed.
    """


def scalar(value: Any) -> Any:
    """The row of a statement with one column."""
    return value


def nothing(*_: object) -> None:
    """The row of a statement whose rows do not matter."""


def _compiled(written: str | sa.Executable) -> Any:
    clause: Any = sa.text(written) if isinstance(written, str) else written
    return clause.compile(dialect=_DIALECT, compile_kwargs={"render_postcompile": True})
