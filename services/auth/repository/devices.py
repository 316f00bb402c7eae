"""The devices and networks that accounts are used from."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from services.kit.data.database import Database
from services.kit.data.statements import Write, nothing

MOST = 100


class Seen(NamedTuple):
    """What was known before: any device at all, and this one."""

    any_device: bool
    this_device: bool


_SEE_DEVICE = Write(
    """
    WITH known AS (
        SELECT count(*) > 0 AS any_device, coalesce(bool_or(agent = :agent), false) AS this_device
        FROM known_devices WHERE account_id = :account_id
    ), seen AS (
        INSERT INTO known_devices (account_id, agent, network)
        VALUES (:account_id, :agent, :network)
        ON CONFLICT (account_id, agent, network) DO UPDATE SET last_seen_at = now()
    )
    SELECT any_device, this_device FROM known
    """,
    Seen,
)
_FORGET_DEVICES = Write(
    f"""
    DELETE FROM known_devices WHERE account_id = :account_id AND (agent, network) IN (
        SELECT agent, network FROM known_devices WHERE account_id = :account_id
        ORDER BY last_seen_at DESC OFFSET {MOST}
    )
    """,
    nothing,
)


def see_device(db: Database, account_id: UUID, agent: str, network: str) -> Seen:
    """Remember a device and a network; what was known before. The account is held meanwhile."""
    seen = db.one(_SEE_DEVICE, account_id=account_id, agent=agent, network=network)
    if not seen.this_device:
        db.run(_FORGET_DEVICES, account_id=account_id)
    return seen
