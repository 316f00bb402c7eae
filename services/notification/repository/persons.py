"""All that is kept of a person."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from services.kit.data.database import Database
from services.kit.data.statements import Statement, Write, nothing


class KeptDelivery(NamedTuple):
    """What is known of a message to a person; of one that waits for a card the state alone."""

    notification_id: UUID
    template: str
    channel: str
    state: str
    created_at: datetime
    closed_at: datetime | None


_LIST_DELIVERIES = Statement(
    """
    SELECT notification_id, message.template, coalesce(channel, ''), coalesce(state, 'waiting'),
        message.created_at, closed_at
    FROM notifications AS message LEFT JOIN deliveries USING (notification_id)
    WHERE message.user_id = :user_id ORDER BY message.created_at, notification_id, delivery_id
    """,
    KeptDelivery,
)
# Who sends to many has locked the cards that were there (cards.share_cards): this waits for it.
_LOCK = Write("SELECT FROM contacts WHERE user_id = :user_id FOR UPDATE", nothing)
# Deliveries go with their notifications. The card last: it is not made again, for the person is
# erased (services/kit/data/persons.py).
_ERASE = [
    Write(f"DELETE FROM {table} WHERE user_id = :user_id", nothing)
    for table in ("notifications", "preferences", "devices", "feed_items", "feeds", "contacts")
]


def list_deliveries(db: Database, user_id: UUID) -> list[KeptDelivery]:
    """The messages to a person, from the oldest on."""
    return db.all(_LIST_DELIVERIES, user_id=user_id)


def erase(db: Database, user_id: UUID) -> None:
    """Delete what is kept of a person."""
    for statement in (_LOCK, *_ERASE):
        db.run(statement, user_id=user_id)
