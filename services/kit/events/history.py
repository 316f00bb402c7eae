"""The events of this service that happened before a watch began."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from services.kit.data.database import Database
from services.kit.data.statements import Statement
from services.kit.events.position import BEGINNING, Position
from services.kit.events.table import COLUMNS, WRITTEN_AT, Record, record

PAGE = 500


class Found(NamedTuple):
    """The newest event that is committed, and whether the database has an event at a position."""

    newest: int
    is_known: bool


_FIND = Statement(
    f"""
    SELECT coalesce(max(event_id), 0), :event_id = 0 OR EXISTS (
        SELECT FROM events WHERE event_id = :event_id AND {WRITTEN_AT} = :written_at
    ) FROM events
    """,
    Found,
)
_BEFORE = Statement(
    f"""
    SELECT event_id, {WRITTEN_AT} FROM events
    WHERE created_at < clock_timestamp() - make_interval(secs => :seconds)
    ORDER BY event_id DESC LIMIT 1
    """,
    Position,
)
_READ = Statement(
    f"""
    SELECT {COLUMNS} FROM events
    WHERE kind = ANY(:kinds) AND event_id > :after AND event_id <= :head
    ORDER BY event_id LIMIT {PAGE}
    """,
    record,
)


def find(db: Database, position: Position) -> Found:
    """Whether the position is one of this database; the beginning always is."""
    return db.one(_FIND, **position._asdict())


def before(db: Database, seconds: float) -> Position:
    """The position after which all events follow that are at most so many seconds old."""
    return db.first(_BEFORE, seconds=seconds) or BEGINNING


def read(db: Database, kinds: Collection[str], after: Position, head: Position) -> list[Record]:
    """A page of the events of these kinds between two positions, oldest first."""
    return db.all(_READ, kinds=list(kinds), after=after.event_id, head=head.event_id)
