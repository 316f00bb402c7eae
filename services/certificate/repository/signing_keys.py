"""The keys that certificates are signed with."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from services.kit.data.database import Database
from services.kit.data.statements import Statement, WholeWrite, Write, nothing


class SigningKeyRow(NamedTuple):
    """A key: its public part, its sealed private part, and whether it may sign."""

    key_id: str
    purpose: str
    public: bytes
    sealed: bytes
    published: bool
    created_at: datetime


_FIND_KEYS = Statement(
    f"""
    SELECT {", ".join(SigningKeyRow._fields)} FROM signing_keys WHERE purpose = :purpose
    ORDER BY created_at DESC, key_id
    """,
    SigningKeyRow,
)
_LOCK = Write("SELECT pg_advisory_xact_lock(hashtextextended('signing_keys', 0))", nothing)
_CREATE_KEY = Write(
    """
    INSERT INTO signing_keys (key_id, purpose, public, sealed, published)
    VALUES (:key_id, :purpose, :public, :sealed, false)
    """,
    nothing,
)
_SET_PUBLISHED = WholeWrite(
    "UPDATE signing_keys SET published = true WHERE key_id = :key_id AND NOT published", nothing
)


def find_keys(db: Database, purpose: str) -> list[SigningKeyRow]:
    """All keys of a purpose, the newest first."""
    return db.all(_FIND_KEYS, purpose=purpose)


def lock_keys(db: Database) -> None:
    """Have who else makes a key wait for the end of this transaction."""
    db.run(_LOCK)


def create_key(db: Database, key_id: str, purpose: str, public: bytes, sealed: bytes) -> None:
    """Keep a new key, which signs nothing yet."""
    db.run(_CREATE_KEY, key_id=key_id, purpose=purpose, public=public, sealed=sealed)


def set_published(db: Database, key_id: str) -> None:
    """Have a key sign."""
    db.run(_SET_PUBLISHED, key_id=key_id)
