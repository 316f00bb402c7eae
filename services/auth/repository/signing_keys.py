"""The keys that access tokens are signed with, and those that services publish."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from psycopg.types.json import Jsonb

from services.kit.data.database import Database
from services.kit.data.statements import Statement, Write, nothing, scalar


class SigningKeyRow(NamedTuple):
    """A key: its public part, its sealed private part, and from when it signs."""

    kid: str
    public_jwk: dict[str, str]
    sealed: bytes
    signs_from: datetime
    created_at: datetime


_COLUMNS = ", ".join(SigningKeyRow._fields)
_FIND_KEYS = Statement(
    f"SELECT {_COLUMNS} FROM signing_keys ORDER BY signs_from DESC, kid", SigningKeyRow
)
_LOCK = Write("SELECT pg_advisory_xact_lock(hashtextextended('signing_keys', 0))", nothing)
_CREATE_KEY = Write(
    """
    INSERT INTO signing_keys (kid, public_jwk, sealed, signs_from)
    VALUES (:kid, :public_jwk, :sealed, clock_timestamp() + CAST(:pause AS interval))
    """,
    nothing,
)
_DELETE_KEYS = Write(
    """
    DELETE FROM signing_keys old WHERE EXISTS (
        SELECT FROM signing_keys newer WHERE newer.signs_from > old.signs_from
            AND newer.signs_from < clock_timestamp() - CAST(:remembered AS interval)
    )
    """,
    nothing,
)

_PUBLISH_KEY = Write(
    """
    INSERT INTO published_keys (kid, public_jwk) VALUES (:kid, :public_jwk)
    ON CONFLICT DO NOTHING
    """,
    nothing,
)
_FIND_PUBLISHED = Statement(
    "SELECT public_jwk FROM published_keys ORDER BY created_at DESC, kid", scalar
)


def find_keys(db: Database) -> list[SigningKeyRow]:
    """All keys, the one that signs last first."""
    return db.all(_FIND_KEYS)


def lock_keys(db: Database) -> None:
    """Have who else makes a key wait for the end of this transaction."""
    db.run(_LOCK)


def create_key(
    db: Database, kid: str, public_jwk: dict[str, Any], sealed: bytes, pause: timedelta
) -> None:
    """Keep a new key, which signs after a pause."""
    db.run(_CREATE_KEY, kid=kid, public_jwk=Jsonb(public_jwk), sealed=sealed, pause=pause)


def delete_keys(db: Database, remembered: timedelta) -> int:
    """Delete the keys whose successor has signed for that long; how many."""
    return db.run(_DELETE_KEYS, remembered=remembered)


def publish_key(db: Database, public_jwk: dict[str, str]) -> None:
    """Keep a public key of a service, unless one of this id is there."""
    db.run(_PUBLISH_KEY, kid=public_jwk["kid"], public_jwk=Jsonb(public_jwk))


def find_published(db: Database) -> list[dict[str, str]]:
    """The public keys of services, the newest first."""
    return db.all(_FIND_PUBLISHED)
