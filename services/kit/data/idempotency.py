"""Idempotency-Key: the same request again is answered as the first time, and done once.

After draft-ietf-httpapi-idempotency-key-header. The key is claimed and the reply kept in the
request's own transaction, so there is never one without the other; a second request that comes
while the first is at work waits for its commit at the unique key.
"""

from __future__ import annotations

import hashlib

import sqlalchemy as sa
from google.protobuf.message import Message
from sqlalchemy.orm import Session

from services.kit.data.purge import BATCH, batch_of
from services.kit.errors import IdempotencyKeyReused

KEEP = "24 hours"

_CLAIM = sa.text(
    "INSERT INTO idempotency_keys (caller, method, key, fingerprint)"
    " VALUES (:caller, :method, :key, :fingerprint)"
    f" ON CONFLICT (caller, method, key) DO UPDATE SET fingerprint = EXCLUDED.fingerprint,"
    f" reply = NULL, created_at = now()"
    f" WHERE idempotency_keys.created_at < now() - interval '{KEEP}'"
    " RETURNING 1"
)
_KEPT = sa.text(
    "SELECT fingerprint, reply FROM idempotency_keys"
    " WHERE caller = :caller AND method = :method AND key = :key"
)
_KEEP = sa.text(
    "UPDATE idempotency_keys SET reply = :reply"
    " WHERE caller = :caller AND method = :method AND key = :key"
)
_RELEASE = sa.text(
    "DELETE FROM idempotency_keys WHERE caller = :caller AND method = :method AND key = :key"
)
_KEYS = sa.table("idempotency_keys", sa.column("created_at"))
_PURGE = batch_of(_KEYS, _KEYS.c.created_at < sa.text(f"now() - interval '{KEEP}'"))


def claim(session: Session, caller: str, method: str, key: str, request: Message) -> bytes | None:
    """Claim the key for this request: None when it is new, else the reply that was kept.

    IdempotencyKeyReused where the key came with another request before.
    """
    row = {"caller": caller, "method": method, "key": key}
    fingerprint = hashlib.sha256(request.SerializeToString(deterministic=True)).digest()
    if session.execute(_CLAIM, {**row, "fingerprint": fingerprint}).first() is not None:
        return None
    kept = session.execute(_KEPT, row).one()
    if bytes(kept.fingerprint) != fingerprint:
        raise IdempotencyKeyReused
    return bytes(kept.reply)


def keep(session: Session, caller: str, method: str, key: str, reply: Message) -> None:
    """Keep the reply for the key."""
    row = {"caller": caller, "method": method, "key": key}
    session.execute(_KEEP, {**row, "reply": reply.SerializeToString()})


def release(session: Session, caller: str, method: str, key: str) -> None:
    """Free a key that this transaction claimed, where the refusal of its request is committed."""
    session.execute(_RELEASE, {"caller": caller, "method": method, "key": key})


def purge(session: Session) -> bool:
    """Forget a batch of the keys older than 24 hours; whether there may be more of them."""
    return len(session.execute(_PURGE).all()) == BATCH
