"""SQLAlchemy's session on connections of the kit's pool."""

from __future__ import annotations

from contextvars import ContextVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

from services.kit.data.connection import Connection

_handed: ContextVar[Connection] = ContextVar("stellr_handed_connection")


class OwnSession(Session):
    """A session that also ends what SQLAlchemy holds of its connection."""

    def close(self) -> None:
        """Roll back what was not committed, and let go of the connection."""
        super().close()
        if isinstance(self.bind, sa.Connection):
            self.bind.close()


class Orm:
    """Makes sessions. An engine asks the server some questions once; `learn` lets it."""

    def __init__(self) -> None:
        self.ready = False
        self._engine = sa.create_engine(
            "postgresql+psycopg://",
            creator=_handed.get,
            poolclass=sa.NullPool,
            use_native_hstore=False,
            hide_parameters=True,
        )

    def learn(self, connection: Connection) -> None:
        """Let the engine ask what it asks, on a connection where nothing is under way."""
        self._connected(connection).close()
        self.ready = True

    def session(self, connection: Connection) -> Session:
        """A session on the connection, in the transaction that is open there or begins there."""
        return OwnSession(self._connected(connection), expire_on_commit=False, autoflush=False)

    def _connected(self, connection: Connection) -> sa.Connection:
        connection.lent = True
        token = _handed.set(connection)
        try:
            return self._engine.connect()
        finally:
            _handed.reset(token)
