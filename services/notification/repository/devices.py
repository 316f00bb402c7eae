"""The devices that persons get push messages on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from services.kit.data.database import Database
from services.kit.data.statements import Statement, Write, nothing
from services.notification.push.messages import PushDevice

MOST_DEVICES = 20
# Apps register at each start; sessions that nobody uses end after 30 days.
KEPT_DAYS = 60


class KeptDevice(NamedTuple):
    """A device as its person sees it."""

    device_id: UUID
    platform: int
    session_id: UUID
    created_at: datetime
    used_at: datetime


_DEVICE = "device_id, platform, session_id, created_at, used_at"
# A device that was another person's gets another id: what is on its way to that person by the old
# one finds it gone.
_REGISTER = Write(
    f"""
    INSERT INTO devices AS device
        (user_id, session_id, platform, address, token, endpoint, p256dh, auth)
    VALUES (:user_id, :session_id, :platform, sha256(convert_to(:token || :endpoint, 'UTF8')),
        :token, :endpoint, :p256dh, :auth)
    ON CONFLICT (address) DO UPDATE SET
        device_id = CASE WHEN device.user_id = excluded.user_id
            THEN device.device_id ELSE excluded.device_id END,
        created_at = CASE WHEN device.user_id = excluded.user_id
            THEN device.created_at ELSE excluded.created_at END,
        user_id = excluded.user_id, session_id = excluded.session_id,
        platform = excluded.platform, p256dh = excluded.p256dh, auth = excluded.auth,
        used_at = clock_timestamp()
    RETURNING {_DEVICE}
    """,
    KeptDevice,
)
# What another transaction holds is being taken over by another person.
_DROP_OLDEST = Write(
    """
    DELETE FROM devices WHERE device_id IN (
        SELECT device_id FROM devices WHERE user_id = :user_id
        ORDER BY used_at DESC, device_id DESC OFFSET :most FOR UPDATE SKIP LOCKED
    )
    """,
    nothing,
)
_LIST = Statement(
    f"""
    SELECT {_DEVICE} FROM devices WHERE user_id = :user_id ORDER BY used_at DESC, device_id DESC
    """,
    KeptDevice,
)
_DELETE = Write("DELETE FROM devices WHERE device_id = :device_id AND user_id = :user_id", nothing)
_END_SESSION = Write("DELETE FROM devices WHERE session_id = :session_id", nothing)
_FIND = Statement(
    """
    SELECT device_id, user_id, token, endpoint, p256dh, auth FROM devices
    WHERE device_id = :device_id AND user_id = :user_id
    """,
    PushDevice,
)
_FIND_IDS = Statement(
    """
    SELECT user_id, device_id FROM devices WHERE user_id = ANY (:user_ids)
    ORDER BY user_id, device_id
    """,
    lambda user_id, device_id: (user_id, device_id),
)
_FORGET = Write(
    """
    DELETE FROM devices WHERE device_id = :device_id AND user_id = :user_id
    AND token = :token AND endpoint = :endpoint AND p256dh = :p256dh AND auth = :auth
    """,
    nothing,
)
_PURGE = Write(
    """
    DELETE FROM devices WHERE device_id IN (
        SELECT device_id FROM devices WHERE used_at < now() - make_interval(days => :days)
        LIMIT :batch FOR UPDATE SKIP LOCKED
    )
    """,
    nothing,
)


def register(
    db: Database, user_id: UUID, session_id: UUID, platform: int, address: PushDevice
) -> KeptDevice | None:
    """Keep a device, or the person's and the session's that it is now; None where the person was
    erased. The person's card is locked, so that no more than `MOST_DEVICES` stay."""
    kept = db.first(
        _REGISTER,
        user_id=user_id,
        session_id=session_id,
        platform=platform,
        token=address.token,
        endpoint=address.endpoint,
        p256dh=address.p256dh,
        auth=address.auth,
    )
    db.run(_DROP_OLDEST, user_id=user_id, most=MOST_DEVICES)
    return kept


def list_devices(db: Database, user_id: UUID) -> list[KeptDevice]:
    """The devices of a person, the one used last first."""
    return db.all(_LIST, user_id=user_id)


def delete(db: Database, user_id: UUID, device_id: UUID) -> bool:
    """Forget a device of a person; whether there was one."""
    return db.run(_DELETE, user_id=user_id, device_id=device_id) == 1


def end_session(db: Database, session_id: UUID) -> None:
    """Forget the devices that a session registered."""
    db.run(_END_SESSION, session_id=session_id)


def find(db: Database, user_id: UUID, device_id: UUID) -> PushDevice | None:
    """How a device is reached, or None where the person has it no more."""
    return db.first(_FIND, user_id=user_id, device_id=device_id)


def find_ids(db: Database, user_ids: Sequence[UUID]) -> list[tuple[UUID, UUID]]:
    """The devices of persons: person and device, in order of the persons."""
    return db.all(_FIND_IDS, user_ids=list(user_ids))


def forget(db: Database, device: PushDevice) -> None:
    """Forget a device that its provider calls dead, unless it has other keys by now."""
    db.run(
        _FORGET,
        device_id=device.device_id,
        user_id=device.user_id,
        token=device.token,
        endpoint=device.endpoint,
        p256dh=device.p256dh,
        auth=device.auth,
    )


def purge(db: Database, batch: int) -> bool:
    """Forget a batch of what was not registered anew for long; whether there may be more."""
    return db.run(_PURGE, days=KEPT_DAYS, batch=batch) == batch
