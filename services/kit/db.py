"""The service's own database: one pool a process, one transaction a request."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import psycopg
import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

# A statement that takes longer has gone wrong; it must not hold its connection for ever.
STATEMENT_TIMEOUT_MS = 15_000
POOL_WAIT_SECONDS = 5


def sqlalchemy_url(url: str) -> str:
    """A libpq URL as SQLAlchemy names it, with the psycopg driver."""
    return url.replace("postgresql://", "postgresql+psycopg://", 1)


class UnitOfWork:
    """A transaction that begins with the first use of its session."""

    __slots__ = ("_factory", "_session")

    def __init__(self, factory: sessionmaker[Session]) -> None:
        self._factory = factory
        self._session: Session | None = None

    @property
    def session(self) -> Session:
        """The session, opened at first use."""
        if self._session is None:
            self._session = self._factory()
        return self._session

    def commit(self) -> None:
        """Keep what was written, and give the connection back."""
        if self._session is not None:
            self._session.commit()
            self.close()

    def close(self) -> None:
        """Roll back what was not committed, and give the connection back."""
        if self._session is not None:
            self._session.close()
            self._session = None


_unit: ContextVar[UnitOfWork | None] = ContextVar("stellr_unit", default=None)


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
        self._sessions = sessionmaker(self.engine, expire_on_commit=False, autoflush=False)

    @property
    def session(self) -> Session:
        """The session of the transaction this thread is in; RuntimeError outside of one."""
        unit = _unit.get()
        if unit is None:
            raise RuntimeError("no transaction: an RPC, a job or Database.transaction() opens one")
        return unit.session

    @contextmanager
    def transaction(self) -> Iterator[UnitOfWork]:
        """A transaction of its own: committed at the end, rolled back by an exception."""
        unit = UnitOfWork(self._sessions)
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
