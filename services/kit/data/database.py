"""The service's own database: a read is one round trip, a write one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

from psycopg_pool import ConnectionPool, PoolTimeout
from sqlalchemy.orm import Session

from services.kit import call as calls
from services.kit.data.connection import Connection
from services.kit.data.orm import Orm
from services.kit.data.spans import connection_class
from services.kit.data.statements import Statement
from services.kit.errors import DeadlineExceeded

Row = TypeVar("Row")
Result = TypeVar("Result")
# A statement that takes longer has gone wrong; it must not hold its connection for ever.
STATEMENT_TIMEOUT_MS = 15_000
# A transaction that a hanging process forgot holds up every event written after it.
IDLE_TRANSACTION_MS = 300_000
SESSION = (
    f"-c statement_timeout={STATEMENT_TIMEOUT_MS} "
    f"-c idle_in_transaction_session_timeout={IDLE_TRANSACTION_MS} "
    "-c timezone=UTC"
)
# A pooler has each transaction done by another session: nothing is prepared there, and what holds
# for a session the pooler sets (deploy/pgbouncer/pgbouncer.ini).
OF_A_SESSION: dict[str, Any] = {"options": SESSION}
THROUGH_A_POOLER: dict[str, Any] = {"prepare_threshold": None}
POOL_WAIT_SECONDS = 5.0
# A connection that is free takes no time, also for whoever has none left.
SHORTEST_WAIT_SECONDS = 0.01
# A peer that is gone without a word is noticed within half a minute (tcp(7)).
KEEPALIVES: dict[str, Any] = {
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
}


def sqlalchemy_url(url: str) -> str:
    """A libpq URL as SQLAlchemy names it, with the psycopg driver."""
    return f"postgresql+psycopg://{url.partition('://')[2]}"


class UnitOfWork:
    """A transaction that begins with the first use of its connection or its session."""

    __slots__ = ("_after_commit", "_connection", "_database", "_session")

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection: Connection | None = None
        self._session: Session | None = None
        self._after_commit: dict[object, Callable[[], None]] = {}

    @property
    def is_open(self) -> bool:
        """Whether the transaction has begun."""
        return self._connection is not None

    @property
    def connection(self) -> Connection:
        """The connection that the transaction runs on."""
        if self._connection is None:
            self._connection = self._database.borrow(autocommit=False)
        return self._connection

    @property
    def session(self) -> Session:
        """SQLAlchemy's session on that connection, for writes that are rare."""
        if self._session is None:
            self._session = self._database.session_on(self.connection)
        return self._session

    def after_commit(self, callback: Callable[[], None], key: object = None) -> None:
        """Have something done once what was written is kept; of those with a key the last alone."""
        key = object() if key is None else key
        self._after_commit.pop(key, None)
        self._after_commit[key] = callback

    def commit(self) -> None:
        """Keep what was written, and give the connection back."""
        callbacks = self._after_commit
        if self._session is not None:
            self._session.commit()
        if self._connection is not None:
            self._connection.commit()
        self.close()
        for callback in callbacks.values():
            callback()

    def close(self) -> None:
        """Roll back what was not committed, and give the connection back."""
        self._after_commit = {}
        session, self._session = self._session, None
        connection, self._connection = self._connection, None
        if session is not None:
            session.close()
        if connection is not None:
            self._database.give_back(connection)


_unit: ContextVar[UnitOfWork | None] = ContextVar("stellr_unit", default=None)


def _this_unit() -> UnitOfWork:
    unit = _unit.get()
    if unit is None:
        raise RuntimeError("no transaction: a writing RPC, a job or Database.transaction() has one")
    return unit


class Database:
    """The pool of a process. It connects when first used.

    Who listens connects to `listen_url`. Where that is another one, `url` may be that of a pooler
    which lends its connections for a transaction each.
    """

    def __init__(
        self, url: str, pool_size: int, name: str = "stellr", listen_url: str = ""
    ) -> None:
        self.url = url
        self.listen_url = listen_url or url
        self.is_pooled = bool(listen_url)
        self._pool = ConnectionPool(
            url,
            connection_class=connection_class(),
            min_size=0,
            max_size=pool_size,
            open=False,
            close_returns=True,
            timeout=POOL_WAIT_SECONDS,
            reconnect_timeout=1,
            num_workers=1,
            name=name,
            kwargs={
                "application_name": name,
                "autocommit": True,
                **(THROUGH_A_POOLER if listen_url else OF_A_SESSION),
                **KEEPALIVES,
            },
        )
        self._orm = Orm()

    # Statements

    def all(self, statement: Statement[Row], **values: Any) -> list[Row]:
        """All rows of a statement."""
        return self._execute(statement, statement.all, values)

    def first(self, statement: Statement[Row], **values: Any) -> Row | None:
        """The first row of a statement, or None."""
        return self._execute(statement, statement.first, values)

    def one(self, statement: Statement[Row], **values: Any) -> Row:
        """The row of a statement that always has one; LookupError where it has none."""
        row = self._execute(statement, statement.first, values)
        if row is None:
            raise LookupError("a statement that always has a row had none")
        return row

    def run(self, statement: Statement[Any], **values: Any) -> int:
        """How many rows a statement wrote."""
        return self._execute(statement, statement.run, values)

    def _execute(
        self,
        statement: Statement[Any],
        execute: Callable[[Connection, Mapping[str, Any]], Result],
        values: Mapping[str, Any],
    ) -> Result:
        if statement.needs_transaction:
            return execute(_this_unit().connection, values)
        unit = _unit.get()
        if unit is not None and unit.is_open:
            return execute(unit.connection, values)
        connection = self.borrow(autocommit=True)
        try:
            return execute(connection, values)
        finally:
            self.give_back(connection)

    # Transactions

    @contextmanager
    def transaction(self) -> Iterator[UnitOfWork]:
        """A transaction of its own: committed at the end, rolled back by an exception."""
        unit = UnitOfWork(self)
        token = _unit.set(unit)
        try:
            yield unit
            unit.commit()
        finally:
            _unit.reset(token)
            unit.close()

    @property
    def session(self) -> Session:
        """The session of the transaction this thread is in; RuntimeError outside of one."""
        return _this_unit().session

    @property
    def connection(self) -> Connection:
        """The connection of that transaction."""
        return _this_unit().connection

    def after_commit(self, callback: Callable[[], None], key: object = None) -> None:
        """Have something done once this thread's transaction is kept: UnitOfWork.after_commit."""
        _this_unit().after_commit(callback, key)

    # Connections

    def borrow(self, *, autocommit: bool) -> Connection:
        """A connection, to be given back; PoolTimeout where none is free for some seconds, and
        DeadlineExceeded where the caller waits no longer."""
        if self._pool.closed:
            self._pool.open()
        connection = self._free_connection()
        if connection.autocommit is not autocommit:
            connection.autocommit = autocommit
        if not (autocommit or self._orm.ready):
            # Now, as nothing is under way yet on this connection.
            self._orm.learn(connection)
            connection.lent = False
        return connection

    def _free_connection(self) -> Connection:
        seconds = calls.patience(POOL_WAIT_SECONDS)
        try:
            return self._pool.getconn(max(SHORTEST_WAIT_SECONDS, seconds))
        except PoolTimeout:
            if seconds < POOL_WAIT_SECONDS:
                raise DeadlineExceeded("the time for this request is over") from None
            raise

    def give_back(self, connection: Connection) -> None:
        """Give a borrowed connection back; what is open on it is rolled back."""
        connection.lent = False
        if not connection.closed:
            connection.rollback()
        self._pool.putconn(connection)

    def session_on(self, connection: Connection) -> Session:
        """SQLAlchemy's session on a connection that is borrowed; closing it leaves that open."""
        return self._orm.session(connection)

    def ping(self) -> None:
        """SELECT 1; psycopg.Error where the database does not answer."""
        connection = self.borrow(autocommit=True)
        try:
            connection.execute("SELECT 1")
        finally:
            self.give_back(connection)

    def pool_stats(self) -> Mapping[str, int]:
        """What psycopg's pool counts (ConnectionPool.get_stats)."""
        return self._pool.get_stats()

    def close(self) -> None:
        """Close the pool."""
        self._pool.close()
