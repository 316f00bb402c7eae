"""Deliveries that are held, and those that go together in a digest."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from services.kit.data.database import Database
from services.kit.data.statements import Statement, WholeWrite, Write, nothing, scalar
from services.notification.models import Channel
from services.notification.repository.deliveries import Member


class HeldDelivery(NamedTuple):
    """A delivery whose time has come, and what its person thinks of digests now."""

    delivery_id: UUID
    user_id: UUID
    channel: str
    digest: int


def _queued(delivery_id: UUID, template: str, channel: str) -> tuple[UUID, str, Channel]:
    return delivery_id, template, Channel(channel)


_HOLD = WholeWrite(
    """
    UPDATE deliveries SET state = 'held', due_at = :due_at
    WHERE delivery_id = :delivery_id AND state = 'queued'
    """,
    nothing,
)
_FIND_DUE_PERSONS = Statement(
    """
    SELECT DISTINCT user_id FROM (
        SELECT user_id FROM deliveries WHERE state = 'held' AND due_at <= now()
        ORDER BY due_at LIMIT :limit
    ) AS due
    """,
    scalar,
)
_LOCK_DUE = Write(
    """
    SELECT delivery_id, delivery.user_id, channel, coalesce(digest, 0)
    FROM deliveries AS delivery LEFT JOIN preferences USING (user_id)
    WHERE delivery.user_id = ANY (:user_ids) AND state = 'held' AND due_at <= now()
    ORDER BY delivery.user_id, delivery_id FOR UPDATE OF delivery
    """,
    HeldDelivery,
)
_REQUEUE = Write(
    """
    UPDATE deliveries SET state = 'queued', due_at = NULL
    WHERE delivery_id = ANY (:delivery_ids) AND state = 'held'
    RETURNING delivery_id, template, channel
    """,
    _queued,
)
_REQUEUE_HELD = Write(
    """
    UPDATE deliveries SET state = 'queued', due_at = NULL
    WHERE user_id = :user_id AND state = 'held' AND due_at IS NOT NULL
    RETURNING delivery_id, template, channel
    """,
    _queued,
)
_PUT_TOGETHER = Write(
    """
    UPDATE deliveries SET digest_id = :digest_id, due_at = NULL
    WHERE delivery_id = ANY (:delivery_ids)
    """,
    nothing,
)
_LIST_MEMBERS = Statement(
    """
    SELECT delivery_id, delivery.template, data
    FROM deliveries AS delivery JOIN notifications USING (notification_id)
    WHERE digest_id = :digest_id AND state = 'held' AND data IS NOT NULL ORDER BY delivery_id
    """,
    Member,
)


def hold(db: Database, delivery_id: UUID, until: datetime) -> None:
    """Hold a delivery until a time."""
    db.run(_HOLD, delivery_id=delivery_id, due_at=until)


def find_due_persons(db: Database, limit: int) -> list[UUID]:
    """Persons for whom something is due that was held."""
    return db.all(_FIND_DUE_PERSONS, limit=limit)


def lock_due(db: Database, user_ids: Sequence[UUID]) -> list[HeldDelivery]:
    """What is due of these persons, one after the other."""
    return db.all(_LOCK_DUE, user_ids=list(user_ids))


def requeue(db: Database, delivery_ids: Sequence[UUID]) -> list[tuple[UUID, str, Channel]]:
    """Have held deliveries sent; their ids, templates and channels."""
    return db.all(_REQUEUE, delivery_ids=list(delivery_ids)) if delivery_ids else []


def requeue_held(db: Database, user_id: UUID) -> list[tuple[UUID, str, Channel]]:
    """Have it looked at again what is held for a person, but for what is in a digest already."""
    return db.all(_REQUEUE_HELD, user_id=user_id)


def put_together(db: Database, delivery_ids: Sequence[UUID], digest_id: UUID) -> None:
    """Have held deliveries go with a digest."""
    db.run(_PUT_TOGETHER, delivery_ids=list(delivery_ids), digest_id=digest_id)


def list_members(db: Database, digest_id: UUID) -> list[Member]:
    """What goes with a digest, from the oldest on."""
    return db.all(_LIST_MEMBERS, digest_id=digest_id)
