"""Which objects are in the store, and since when perhaps no medium names one."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from services.kit.data.database import Database
from services.kit.data.file_types import OCTETS
from services.kit.data.objects.store import Stored
from services.kit.data.statements import Statement, WholeWrite, Write, nothing, scalar

# Waits for whoever deletes the same bytes, and keeps out who would. What was taken for octets when
# it came first may be known better.
_EXPECT = WholeWrite(
    f"""
    INSERT INTO objects AS known (digest, size_bytes, mime_type, unnamed_at)
    VALUES (:digest, :size_bytes, :mime_type, now() + :time)
    ON CONFLICT (digest) DO UPDATE SET
        unnamed_at = greatest(known.unnamed_at, excluded.unnamed_at),
        mime_type = CASE known.mime_type WHEN '{OCTETS}' THEN excluded.mime_type
            ELSE known.mime_type END
    RETURNING created_at
    """,
    scalar,
)
# Not where it was deleted, and is expected anew by somebody else who has not stored it yet.
_ARRIVED = WholeWrite(
    "UPDATE objects SET stored = true WHERE digest = :digest AND created_at = :known_since",
    nothing,
)
_KNOWN = Write(
    "SELECT digest FROM objects WHERE digest = ANY(:digests) AND stored"
    " ORDER BY digest FOR KEY SHARE",
    scalar,
)
# What is being named now is locked by that.
_TAKE_UNNAMED = Write(
    """
    SELECT digest FROM objects WHERE unnamed_at <= now() - :kept
    ORDER BY unnamed_at LIMIT 1 FOR UPDATE SKIP LOCKED
    """,
    scalar,
)
_IS_NAMED = Statement(
    """
    SELECT EXISTS (SELECT FROM media WHERE digest = :digest)
        OR EXISTS (SELECT FROM uploads WHERE digest = :digest)
    """,
    scalar,
)
_NAMED = Write("UPDATE objects SET unnamed_at = NULL WHERE digest = :digest", nothing)
_FORGET = Write("DELETE FROM objects WHERE digest = :digest", nothing)
_LIST = Statement(
    """
    SELECT digest FROM objects
    WHERE digest >= :prefix AND digest < CAST(:prefix AS text) || 'g' AND (stored OR :expected)
    """,
    scalar,
)
_ADOPT = WholeWrite(
    f"""
    INSERT INTO objects (digest, size_bytes, mime_type, stored)
    VALUES (:digest, :size_bytes, '{OCTETS}', true) ON CONFLICT DO NOTHING
    """,
    nothing,
)
_USED = Statement(
    """
    SELECT (coalesce((
        SELECT sum(size_bytes) FROM objects
        WHERE digest IN (SELECT digest FROM media WHERE course_id = :course_id)
    ), 0) + coalesce((
        SELECT sum(size_bytes) FROM uploads
        WHERE course_id = :course_id AND media_id IS NULL AND expires_at > now()
    ), 0))::bigint
    """,
    scalar,
)
# As above, and with what was deleted and came in the last day.
_KEPT = Statement(
    """
    SELECT (coalesce((
        SELECT sum(size_bytes) FROM objects WHERE digest IN (
            SELECT digest FROM media WHERE course_id = :course_id
            UNION SELECT digest FROM uploads WHERE course_id = :course_id AND expires_at > now()
        )
    ), 0) + coalesce((
        SELECT sum(size_bytes) FROM uploads
        WHERE course_id = :course_id AND digest IS NULL AND expires_at > now()
    ), 0))::bigint
    """,
    scalar,
)


def expect_object(db: Database, stored: Stored, mime_type: str, time: timedelta) -> datetime:
    """Know of an object that is about to be stored; since when it is known. It is deleted after a
    time and what deleted objects are kept for, unless it is named."""
    known_since: datetime = db.one(
        _EXPECT, digest=stored.digest, size_bytes=stored.size, mime_type=mime_type, time=time
    )
    return known_since


def object_arrived(db: Database, digest: str, known_since: datetime) -> bool:
    """An expected object is in the store; False where it was deleted meanwhile."""
    return db.run(_ARRIVED, digest=digest, known_since=known_since) > 0


def known_digests(db: Database, digests: Collection[str]) -> set[str]:
    """Which of these objects are in the store; there they stay until the end of the transaction."""
    return set(db.all(_KNOWN, digests=list(digests)))


def take_unnamed_object(db: Database, kept: timedelta) -> str | None:
    """An object that perhaps nothing names, for so long already. Until the end of the transaction
    nobody else names it."""
    return db.first(_TAKE_UNNAMED, kept=kept)


def is_named(db: Database, digest: str) -> bool:
    """Whether a medium or an upload has the object."""
    named: bool = db.one(_IS_NAMED, digest=digest)
    return named


def object_is_named(db: Database, digest: str) -> None:
    """It has a name: it is looked at again when it loses one."""
    db.run(_NAMED, digest=digest)


def forget_object(db: Database, digest: str) -> None:
    """Know no longer of an object."""
    db.run(_FORGET, digest=digest)


def list_digests(db: Database, prefix: str, *, expected: bool) -> set[str]:
    """The objects whose digest begins so: those that must be in the store, or also those that are
    expected there."""
    return set(db.all(_LIST, prefix=prefix, expected=expected))


def adopt_object(db: Database, stored: Stored) -> None:
    """Know of an object that lay in the store unknown, so that it is deleted like any other."""
    db.run(_ADOPT, digest=stored.digest, size_bytes=stored.size)


def used_bytes(db: Database, course_id: UUID) -> int:
    """How many bytes the files of a course have, with those that are on their way."""
    used: int = db.one(_USED, course_id=course_id)
    return used


def kept_bytes(db: Database, course_id: UUID) -> int:
    """The same with what was deleted and is still in the store, as far as it came by an upload
    whose time is not over."""
    kept: int = db.one(_KEPT, course_id=course_id)
    return kept
