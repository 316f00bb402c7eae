"""What is read of the table `events`: by the hub on a connection of its own, as it waits there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import psycopg

from services.kit.events.position import BEGINNING, Position

CHANNEL = "events"
# A peer that is gone without a word is noticed within half a minute (tcp(7)).
KEEPALIVES: Mapping[str, Any] = {
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
}
CONNECT_SECONDS = 5
# A signal that is lost with the server is made good by looking, so nothing waits for the disk.
OPTIONS = "-c statement_timeout=15000 -c synchronous_commit=off"

Connection = psycopg.AsyncConnection[Any]


class Record(NamedTuple):
    """An event as the table keeps it."""

    position: Position
    kind: str
    payload: bytes
    request_id: str
    traceparent: str = ""


class Writers(NamedTuple):
    """The newest event that is committed, and the transactions that may still add older ones."""

    newest: int
    at_work: frozenset[str]


WRITTEN_AT = "(extract(epoch FROM created_at) * 1000000)::bigint"
COLUMNS = f"event_id, {WRITTEN_AT}, kind, payload, request_id, traceparent"
_NEWER = f"SELECT {COLUMNS} FROM events WHERE event_id > %s ORDER BY event_id LIMIT %s"
_LAST = (
    f"SELECT event_id, {WRITTEN_AT} FROM events WHERE event_id <= %s ORDER BY event_id DESC LIMIT 1"
)
# Whoever inserts holds this lock from before its id is given until after its commit is visible.
_WRITERS = """
    SELECT coalesce((SELECT max(event_id) FROM events), 0), ARRAY(
        SELECT virtualtransaction FROM pg_locks
        WHERE locktype = 'relation' AND relation = 'events'::regclass
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
        AND mode = 'RowExclusiveLock' AND granted
    )
"""


async def connect(url: str) -> Connection:
    """A connection that listens to what is written; psycopg.Error where there is none."""
    connection: Connection = await psycopg.AsyncConnection.connect(
        url,
        autocommit=True,
        application_name="events",
        connect_timeout=CONNECT_SECONDS,
        options=OPTIONS,
        **KEEPALIVES,
    )
    # That something came is enough; without a handler psycopg would keep them all.
    connection.add_notify_handler(lambda _: None)
    await connection.execute(f"LISTEN {CHANNEL}")
    return connection


async def announce(connection: Connection) -> None:
    """Have the other processes of the service look for new events."""
    await connection.execute(f"NOTIFY {CHANNEL}")


async def newer(connection: Connection, event_id: int, limit: int) -> Sequence[Record]:
    """The committed events after an id, oldest first."""
    cursor = await connection.execute(_NEWER, (event_id, limit), prepare=True)
    return [record(*row) for row in await cursor.fetchall()]


async def position_of(connection: Connection, event_id: int) -> Position:
    """The position of the last event up to an id."""
    cursor = await connection.execute(_LAST, (event_id,))
    row = await cursor.fetchone()
    return BEGINNING if row is None else Position(*row)


async def writers(connection: Connection) -> Writers:
    """Who is at work, looked up after what is committed."""
    cursor = await connection.execute(_WRITERS)
    row = await cursor.fetchone()
    assert row is not None
    return Writers(row[0], frozenset(row[1]))


def record(event_id: int, written_at: int, *rest: Any) -> Record:
    """A row with `COLUMNS` as a record."""
    return Record(Position(event_id, written_at), *rest)
