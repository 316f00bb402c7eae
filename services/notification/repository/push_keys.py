"""The key that messages to browsers are signed with."""

from __future__ import annotations

from services.kit.data.database import Database
from services.kit.data.statements import Statement, WholeWrite, scalar

_FIND_KEY = Statement("SELECT sealed FROM push_keys", scalar)
_KEEP_KEY = WholeWrite(
    """
    INSERT INTO push_keys (sealed) VALUES (:sealed)
    ON CONFLICT (one) DO UPDATE SET one = true RETURNING sealed
    """,
    scalar,
)


def find_key(db: Database) -> bytes | None:
    """The sealed key, or None where none was made yet."""
    return db.first(_FIND_KEY)


def keep_key(db: Database, sealed: bytes) -> bytes:
    """Keep a key, unless there is one: the one that is kept."""
    kept: bytes = db.one(_KEEP_KEY, sealed=sealed)
    return kept
