"""Idempotency-Key: the same request again is answered as the first time, and done once.

After draft-ietf-httpapi-idempotency-key-header. The key is claimed and the reply kept in the
request's own transaction, so there is never one without the other; a second request that comes
while the first is at work waits for its commit at the unique key.
"""

from __future__ import annotations

import hashlib
from typing import NamedTuple

import sqlalchemy as sa
from google.protobuf.message import Message

from services.kit.data.database import Database
from services.kit.data.purge import BATCH, batch_of
from services.kit.data.statements import Statement, WholeWrite, Write, nothing
from services.kit.errors import IdempotencyKeyReused

KEEP = "24 hours"


class Claim(NamedTuple):
    """Whose key it is, for which method."""

    caller: str
    method: str
    key: str


class _Kept(NamedTuple):
    fingerprint: bytes
    reply: bytes


_THIS = "caller = :caller AND method = :method AND key = :key"
_CLAIM = Write(
    f"""
    INSERT INTO idempotency_keys (caller, method, key, fingerprint)
    VALUES (:caller, :method, :key, :fingerprint)
    ON CONFLICT (caller, method, key) DO UPDATE SET fingerprint = EXCLUDED.fingerprint,
        reply = NULL, created_at = now()
        WHERE idempotency_keys.created_at < now() - interval '{KEEP}'
    """,
    nothing,
)
_FIND = Statement(f"SELECT fingerprint, reply FROM idempotency_keys WHERE {_THIS}", _Kept)
_KEEP = Write(f"UPDATE idempotency_keys SET reply = :reply WHERE {_THIS}", nothing)
_RELEASE = Write(f"DELETE FROM idempotency_keys WHERE {_THIS}", nothing)

_KEYS = sa.table("idempotency_keys", sa.column("created_at"))
_PURGE = WholeWrite(
    batch_of(_KEYS, _KEYS.c.created_at < sa.text(f"now() - interval '{KEEP}'")), nothing
)


def claim(db: Database, this: Claim, request: Message) -> bytes | None:
    """Claim the key for this request: None when it is new, else the reply that was kept.

    IdempotencyKeyReused where the key came with another request before.
    """
    fingerprint = hashlib.sha256(request.SerializeToString(deterministic=True)).digest()
    if db.run(_CLAIM, **this._asdict(), fingerprint=fingerprint):
        return None
    kept = db.one(_FIND, **this._asdict())
    if kept.fingerprint != fingerprint:
        raise IdempotencyKeyReused
    return kept.reply


def keep(db: Database, this: Claim, reply: Message) -> None:
    """Keep the reply for the key."""
    db.run(_KEEP, **this._asdict(), reply=reply.SerializeToString())


def release(db: Database, this: Claim) -> None:
    """Free a key that this transaction claimed, where the refusal of its request is committed."""
    db.run(_RELEASE, **this._asdict())


def purge(db: Database) -> bool:
    """Forget a batch of the keys older than 24 hours; whether there may be more of them."""
    return db.run(_PURGE) == BATCH
