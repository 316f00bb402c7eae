"""The connection that pools hand out."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import psycopg


class Connection(psycopg.Connection[tuple[Any, ...]]):
    """A connection that keeps one cursor for short statements: a new one each time costs more."""

    # SQLAlchemy closes what it was given; a connection that is lent to it stays open.
    lent = False

    def close(self) -> None:
        """Close the connection, or nothing while it is lent."""
        if not self.lent:
            super().close()

    @cached_property
    def cursor_at_hand(self) -> psycopg.RawCursor[tuple[Any, ...]]:
        """The cursor of the statement at work; its parameters are $1, $2 and so on."""
        return psycopg.RawCursor(self)
