"""The devices and networks that accounts are used from."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from services.kit.data.database import Database
from services.kit.data.statements import Statement, Write, nothing, scalar

MOST = 100


class Seen(NamedTuple):
    """What was known before: any device at all, this one, and this one in this network."""

    any_device: bool
    this_device: bool
    this_place: bool


_SEE_DEVICE = Write(
    """
    WITH known AS (
        SELECT count(*) > 0 AS any_device, coalesce(bool_or(agent = :agent), false) AS this_device,
            coalesce(bool_or(agent = :agent AND network = :network), false) AS this_place
        FROM known_devices WHERE account_id = :account_id
    ), seen AS (
        INSERT INTO known_devices (account_id, agent, network)
        VALUES (:account_id, :agent, :network)
        ON CONFLICT (account_id, agent, network) DO UPDATE SET last_seen_at = now()
    )
    SELECT any_device, this_device, this_place FROM known
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
    if not seen.this_place:
        db.run(_FORGET_DEVICES, account_id=account_id)
    return seen


_KNOWS_NETWORK = Statement(
    """
    SELECT EXISTS (
        SELECT FROM accounts JOIN known_devices USING (account_id)
        WHERE network = :network AND CASE
            WHEN CAST(:account_id AS uuid) IS NULL THEN email = :address OR phone = :address
            ELSE accounts.account_id = :account_id
        END
    )
    """,
    scalar,
)


def knows_network(db: Database, network: str, address: str, account_id: UUID | None) -> bool:
    """Whether an account, or without one that of an address, was used from a network before."""
    given = {"network": network, "address": address, "account_id": account_id}
    return bool(db.one(_KNOWS_NETWORK, **given))


class DeviceView(NamedTuple):
    """A device in a network; the device by a hash of how it names itself."""

    agent: str
    network: str
    last_seen_at: datetime


_LIST_DEVICES = Statement(
    f"SELECT {', '.join(DeviceView._fields)} FROM known_devices WHERE account_id = :account_id"
    " ORDER BY last_seen_at",
    DeviceView,
)


def list_devices(db: Database, account_id: UUID) -> list[DeviceView]:
    """The devices that an account is known to be used on."""
    return db.all(_LIST_DEVICES, account_id=account_id)
