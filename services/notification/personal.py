"""What notification keeps of a person."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from google.protobuf.json_format import MessageToDict

from services.kit.data.database import Database
from services.notification import repository
from services.notification.preferences import as_message
from services.notification.repository import Card, KeptNotification


def export_person(db: Database, user_id: UUID) -> dict[str, Any]:
    """All of it, as JSON: the contact card, the switches, the messages of the last 90 days."""
    card = repository.find_card(db, user_id)
    preferences = repository.find_preferences(db, user_id)
    return {
        "contact": _card(card) if card else None,
        "preferences": MessageToDict(as_message(preferences)),
        "notifications": [_notification(row) for row in repository.list_notifications(db, user_id)],
    }


def erase_person(db: Database, user_id: UUID) -> None:
    """Delete it. A message, a card or a switch that comes later is not kept, for no card is."""
    repository.erase(db, user_id)


def _card(card: Card) -> dict[str, str]:
    return {"email": card.email, "phone": card.phone, "name": card.name, "locale": card.locale}


def _notification(row: KeptNotification) -> dict[str, Any]:
    return {
        "notificationId": str(row.notification_id),
        "template": row.template,
        "state": row.state,
        "createTime": row.created_at,
        "sentTime": row.sent_at,
    }
