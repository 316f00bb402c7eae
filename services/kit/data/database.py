"""The service's own database: one pool a process, one transaction a request."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import psycopg
import sqlalchemy as sa
from sqlalchemy.orm import Session

# A statement that takes longer has gone wrong; it must not hold its connection for ever.
STATEMENT_TIMEOUT_MS = 15_000
POOL_WAIT_SECONDS = 5


def sqlalchemy_url(url: str) -> str:
    """A libpq URL as SQLAlchemy names it, with the psycopg driver."""
    return url.replace("postgresql://", "postgresql+psycopg://", 1)


class UnitOfWork:
    """A transaction that begins with the first use of its session or its connection."""

    __slots__ = ("_connection", "_engine", "_session")

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._connection: sa.Connection | None = None
        self._session: Session | None = None

    @property
    def session(self) -> Session:
        """The session, opened at first use; on the connection, where that was used before."""
        if self._session is None:
            self._session = Session(
                self._connection or self._engine,
                expire_on_commit=False,
                autoflush=False,
                join_transaction_mode="control_fully",
            )
        return self._session

    @property
    def connection(self) -> sa.Connection:
        """The connection below the session: a hot statement alone costs half without one."""
        if self._session is not None:
            return self._session.connection()
        if self._connection is None:
            self._connection = self._engine.connect()
            self._connection.begin()
        return self._connection

    def commit(self) -> None:
        """Keep what was written, and give the connection back."""
        transaction = self._session or self._connection
        if transaction is not None:
            transaction.commit()
            self.close()

    def close(self) -> None:
        """Roll back what was not committed, and give the connection back."""
        for part in (self._session, self._connection):
            if part is not None:
                part.close()
        self._session = self._connection = None


_unit: ContextVar[UnitOfWork | None] = ContextVar("stellr_unit", default=None)


def _this_unit() -> UnitOfWork:
    unit = _unit.get()
    if unit is None:
        raise RuntimeError("no transaction: an RPC, a job or Database.transaction() opens one")
    return unit


class Database:
    """The pool of a process. It connects when first used."""

    def __init__(self, url: str, pool_size: int, name: str = "stellr") -> None:
        self.url = url
        timeouts = f"-c statement_timeout={STATEMENT_TIMEOUT_MS} -c timezone=UTC"
        self.engine = sa.create_engine(
            sqlalchemy_url(url),
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=POOL_WAIT_SECONDS,
            pool_use_lifo=True,
            connect_args={"application_name": name, "options": timeouts, "prepare_threshold": 3},
        )

    @property
    def session(self) -> Session:
        """The session of the transaction this thread is in; RuntimeError outside of one."""
        return _this_unit().session

    @property
    def connection(self) -> sa.Connection:
        """The connection of that transaction, for a hot path's single statement."""
        return _this_unit().connection

    @contextmanager
    def transaction(self) -> Iterator[UnitOfWork]:
        """A transaction of its own: committed at the end, rolled back by an exception."""
        unit = UnitOfWork(self.engine)
        token = _unit.set(unit)
        try:
            yield unit
            unit.commit()
        finally:
            _unit.reset(token)
            unit.close()

    def listen(self) -> psycopg.Connection[Any]:
        """A connection of its own for LISTEN, in autocommit mode."""
        return psycopg.connect(self.url, autocommit=True, application_name="listen")

    def ping(self) -> None:
        """SELECT 1; SQLAlchemyError where the database does not answer."""
        with self.engine.connect() as connection:
            connection.execute(sa.text("SELECT 1"))

    def close(self) -> None:
        """Close the pool."""
        self.engine.dispose()


def raw_connection(session: Session) -> psycopg.Connection[Any]:
    """The psycopg connection that the session's transaction runs on."""
    driver: psycopg.Connection[Any] = session.connection().connection.driver_connection  # type: ignore[assignment]
    return driver
