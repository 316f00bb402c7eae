"""Who reads the events of this service, and what can be purged because all of them have read it."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from services.kit.data.database import Database
from services.kit.data.statements import Statement, WholeWrite, nothing

KEEP_DAYS = 30
BATCH = 1000
# A reader acknowledges each minute also where nothing happens (consuming.STILL_HERE_SECONDS).
ACTIVE_MINUTES = 5


class Reader(NamedTuple):
    """A service that reads a kind of event, how old the first is that it has not read, and when it
    was heard of last."""

    reader: str
    kind: str
    behind_seconds: float
    acknowledged_at: datetime


_ACKNOWLEDGE = WholeWrite(
    """
    INSERT INTO event_readers (reader, kind, event_id) VALUES (:reader, :kind, :event_id)
    ON CONFLICT (reader, kind)
    DO UPDATE SET event_id = EXCLUDED.event_id, acknowledged_at = now()
    """,
    nothing,
)
_READERS = Statement(
    """
    SELECT reader, kind, coalesce(extract(epoch FROM clock_timestamp() - (
        SELECT created_at FROM events
        WHERE events.kind = event_readers.kind AND events.event_id > event_readers.event_id
        ORDER BY event_id LIMIT 1
    )), 0)::float, acknowledged_at FROM event_readers ORDER BY reader, kind
    """,
    Reader,
)
_FORGET = WholeWrite(
    f"""
    DELETE FROM event_readers WHERE reader = :reader
    AND (:force OR acknowledged_at < now() - make_interval(mins => {ACTIVE_MINUTES}))
    RETURNING kind
    """,
    str,
)
_KINDS_OF = Statement("SELECT kind FROM event_readers WHERE reader = :reader ORDER BY kind", str)
# The event that a reader stands at stays: it tells whether its position is one of this database.
_PURGE = WholeWrite(
    f"""
    DELETE FROM events WHERE event_id = ANY(ARRAY(
        SELECT event_id FROM events
        WHERE kind = :kind AND created_at < now() - make_interval(days => {KEEP_DAYS})
        AND event_id < (
            SELECT coalesce(min(event_id), 9223372036854775807) FROM event_readers
            WHERE kind = :kind
        )
        ORDER BY event_id LIMIT {BATCH}
    ))
    """,
    nothing,
)
# The next kind in the index, and the next: a DISTINCT would read every event.
_KINDS = Statement(
    """
    WITH RECURSIVE kinds AS (
        (SELECT kind FROM events ORDER BY kind LIMIT 1)
        UNION ALL
        SELECT (SELECT events.kind FROM events WHERE events.kind > kinds.kind ORDER BY kind LIMIT 1)
        FROM kinds WHERE kinds.kind IS NOT NULL
    )
    SELECT kind FROM kinds WHERE kind IS NOT NULL
    """,
    str,
)


def acknowledge(db: Database, reader: str, kind: str, event_id: int) -> None:
    """Note that a service has dealt with the events of a kind up to an id."""
    db.run(_ACKNOWLEDGE, reader=reader, kind=kind, event_id=event_id)


def find_readers(db: Database) -> list[Reader]:
    """All known readers."""
    return db.all(_READERS)


def forget(db: Database, reader: str, *, force: bool) -> list[str]:
    """Forget what a service read, so that it holds no purge; the kinds.

    What it acknowledged within the last five minutes stays, unless forced.
    """
    return sorted(db.all(_FORGET, reader=reader, force=force))


def kinds_of(db: Database, reader: str) -> list[str]:
    """What a service is known to read."""
    return db.all(_KINDS_OF, reader=reader)


def purge(db: Database) -> bool:
    """Delete a batch of each kind that is over 30 days old and that all of its readers have read.

    Whether there may be more.
    """
    deleted = [db.run(_PURGE, kind=kind) for kind in db.all(_KINDS)]
    return BATCH in deleted
