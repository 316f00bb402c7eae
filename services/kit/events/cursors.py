"""How far this service has dealt with the kinds of events that it consumes."""

from __future__ import annotations

from services.kit.data.database import Database
from services.kit.data.statements import Statement, WholeWrite, Write, nothing
from services.kit.events.position import Position, read_position

_BEGIN = WholeWrite(
    "INSERT INTO event_cursors (kind) VALUES (:kind) ON CONFLICT DO NOTHING", nothing
)
_FIND = Statement("SELECT position FROM event_cursors WHERE kind = :kind", read_position)
_TAKE = Write(
    "SELECT position FROM event_cursors WHERE kind = :kind FOR UPDATE SKIP LOCKED", read_position
)
_MOVE = Write(
    """
    UPDATE event_cursors SET position = :position, attempts = 0, moved_at = now()
    WHERE kind = :kind
    """,
    nothing,
)
_COUNT = WholeWrite(
    """
    UPDATE event_cursors SET attempts = attempts + 1
    WHERE kind = :kind AND position = :position RETURNING attempts
    """,
    int,
)


def begin(db: Database, kind: str) -> Position:
    """Where this service stands with a kind of event; at first at the beginning."""
    db.run(_BEGIN, kind=kind)
    return db.one(_FIND, kind=kind)


def take(db: Database, kind: str) -> Position | None:
    """Where it stands, for this transaction alone; None where another has the cursor."""
    return db.first(_TAKE, kind=kind)


def move(db: Database, kind: str, position: Position) -> None:
    """Move the cursor that this transaction has taken."""
    db.run(_MOVE, kind=kind, position=str(position))


def count_attempt(db: Database, kind: str, position: Position) -> int:
    """Count an attempt at the event after a position that failed; how many there are now.

    0 where the cursor stands elsewhere by now.
    """
    return db.first(_COUNT, kind=kind, position=str(position)) or 0
