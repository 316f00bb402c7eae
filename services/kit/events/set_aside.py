"""Events that this service could not deal with, with their reasons; for operators to see."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from services.kit.data.database import Database
from services.kit.data.statements import Statement, WholeWrite, Write, nothing
from services.kit.work.dead_letters import DeadLetter


class Wanted(NamedTuple):
    """An event that an operator wants to be tried again."""

    failure_id: int
    kind: str
    payload: bytes
    request_id: str


_KEEP = Write(
    """
    INSERT INTO event_failures (kind, position, payload, request_id, attempts, reason)
    VALUES (:kind, :position, :payload, :request_id, :attempts, :reason)
    ON CONFLICT (kind, position) DO UPDATE SET attempts = EXCLUDED.attempts,
    reason = EXCLUDED.reason, set_aside_at = now(), retry_at = NULL
    """,
    nothing,
)
_LIST = Statement(
    """
    SELECT failure_id, kind, attempts, reason, set_aside_at, request_id FROM event_failures
    WHERE failure_id > :after ORDER BY failure_id LIMIT :limit
    """,
    DeadLetter,
)
_COUNT = Statement("SELECT count(*) FROM event_failures", int)
_WANT = WholeWrite(
    """
    UPDATE event_failures SET retry_at = now() WHERE :everything OR failure_id = ANY(:ids)
    RETURNING failure_id
    """,
    int,
)
_DISCARD = WholeWrite(
    """
    DELETE FROM event_failures WHERE failure_id = ANY(:ids)
    RETURNING failure_id, kind, attempts, reason, set_aside_at, request_id
    """,
    DeadLetter,
)
_TAKE = Write(
    """
    SELECT failure_id, kind, payload, request_id FROM event_failures
    WHERE retry_at IS NOT NULL AND kind = ANY(:kinds)
    ORDER BY retry_at, failure_id LIMIT 1 FOR UPDATE SKIP LOCKED
    """,
    Wanted,
)
_DROP = Write("DELETE FROM event_failures WHERE failure_id = :failure_id", nothing)
_FAIL = WholeWrite(
    """
    UPDATE event_failures SET attempts = attempts + 1, reason = :reason, retry_at = NULL
    WHERE failure_id = :failure_id
    """,
    nothing,
)


def keep(
    db: Database,
    *,
    kind: str,
    position: str,
    payload: bytes,
    request_id: str,
    attempts: int,
    reason: str,
) -> None:
    """Set an event aside, in the transaction that moves the cursor past it."""
    db.run(
        _KEEP,
        kind=kind,
        position=position,
        payload=payload,
        request_id=request_id,
        attempts=attempts,
        reason=reason,
    )


def count(db: Database) -> int:
    """How many are set aside."""
    return db.one(_COUNT)


def take(db: Database, kinds: Sequence[str]) -> Wanted | None:
    """One that is wanted, for this transaction alone; None where there is none."""
    return db.first(_TAKE, kinds=list(kinds))


def drop(db: Database, failure_id: int) -> None:
    """Forget one that was dealt with."""
    db.run(_DROP, failure_id=failure_id)


def fail(db: Database, failure_id: int, reason: str) -> None:
    """Note that one failed again; it waits for the operator again."""
    db.run(_FAIL, failure_id=failure_id, reason=reason)


class SetAsideEvents:
    """Events that are set aside, as those who operate see them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def list_dead(self, after: int, limit: int) -> list[DeadLetter]:
        """Events that are set aside, those with an id after `after`."""
        return self._database.all(_LIST, after=after, limit=limit)

    def revive(self, numbers: Sequence[int], *, everything: bool) -> list[int]:
        """Have events tried again, by a process within seconds: these, or all; those found."""
        return self._database.all(_WANT, ids=list(numbers), everything=everything)

    def discard(self, numbers: Sequence[int]) -> list[DeadLetter]:
        """Forget events that nobody can deal with; those found."""
        return self._database.all(_DISCARD, ids=list(numbers))
