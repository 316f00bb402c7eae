"""What became of deliveries, and the dead among them."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from services.kit.data.database import Database
from services.kit.data.statements import Statement, Write, nothing, scalar


class KeptDelivery(NamedTuple):
    """A delivery as its person or an administrator sees it."""

    delivery_id: UUID
    notification_id: UUID
    user_id: UUID | None
    template: str
    channel: str
    device_id: UUID | None
    digest_id: UUID | None
    state: str
    reason: str
    attempts: int
    created_at: datetime
    due_at: datetime | None
    closed_at: datetime | None


_COLUMNS = ", ".join(KeptDelivery._fields)
_FILTERS = """
    (:channel = '' OR channel = :channel) AND (:template = '' OR template = :template)
    AND (CAST(:after AS uuid) IS NULL OR delivery_id < CAST(:after AS uuid))
    ORDER BY delivery_id DESC LIMIT :limit
"""
_LIST = Statement(
    f"""
    SELECT {_COLUMNS} FROM deliveries
    WHERE (:state = '' OR state = :state) AND {_FILTERS}
    """,
    KeptDelivery,
)
_LIST_OF_A_PERSON = Statement(
    f"""
    SELECT {_COLUMNS} FROM deliveries
    WHERE user_id = :user_id AND (:state = '' OR state = :state) AND {_FILTERS}
    """,
    KeptDelivery,
)
# What went with a digest is sent again with it.
_LIST_DEAD = Statement(
    f"SELECT {_COLUMNS} FROM deliveries WHERE state = 'dead' AND digest_id IS NULL AND {_FILTERS}",
    KeptDelivery,
)
_FIND = Statement(
    f"SELECT {_COLUMNS} FROM deliveries WHERE delivery_id = :delivery_id", KeptDelivery
)
_LOCK = Write(
    f"SELECT {_COLUMNS} FROM deliveries WHERE delivery_id = :delivery_id FOR UPDATE", KeptDelivery
)
_IS_REMEMBERED = Statement(
    "SELECT data IS NOT NULL FROM notifications WHERE notification_id = :notification_id", scalar
)
_REVIVE = Write(
    """
    UPDATE deliveries SET state = CASE WHEN digest_id IS NULL THEN 'queued' ELSE 'held' END,
        reason = '', attempts = 0, closed_at = NULL, due_at = NULL
    WHERE (delivery_id = :delivery_id OR digest_id = :delivery_id) AND state = 'dead'
    """,
    nothing,
)


class Filter(NamedTuple):
    """Which deliveries: those of a channel, a template and a state; empty: of any."""

    channel: str = ""
    template: str = ""
    state: str = ""


def list_deliveries(
    db: Database, which: Filter, *, user_id: UUID | None, after: UUID | None, limit: int
) -> list[KeptDelivery]:
    """From the newest on, those after one; without a person, of everybody."""
    values = {**which._asdict(), "after": after, "limit": limit}
    if user_id is None:
        return db.all(_LIST, **values)
    return db.all(_LIST_OF_A_PERSON, user_id=user_id, **values)


def list_dead(db: Database, which: Filter, *, after: UUID | None, limit: int) -> list[KeptDelivery]:
    """Those that were given up, from the newest on, after one."""
    return db.all(
        _LIST_DEAD, channel=which.channel, template=which.template, after=after, limit=limit
    )


def find_delivery(db: Database, delivery_id: UUID) -> KeptDelivery | None:
    """A delivery, or None."""
    return db.first(_FIND, delivery_id=delivery_id)


def lock_delivery(db: Database, delivery_id: UUID) -> KeptDelivery | None:
    """A delivery, which others change only after us."""
    return db.first(_LOCK, delivery_id=delivery_id)


def is_remembered(db: Database, notification_id: UUID) -> bool:
    """Whether it is still kept what a message said."""
    return bool(db.first(_IS_REMEMBERED, notification_id=notification_id))


def revive(db: Database, delivery_id: UUID) -> None:
    """Have a delivery that was given up sent again, with what it has together."""
    db.run(_REVIVE, delivery_id=delivery_id)
