"""What notification keeps of a person."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

from google.protobuf.json_format import MessageToDict

from services.kit.data.database import Database
from services.notification.preferences import as_message
from services.notification.repository import cards, devices, feed, persons, preferences
from services.notification.repository.cards import Card
from services.notification.repository.devices import KeptDevice
from services.notification.repository.feed import Item
from services.notification.repository.persons import KeptDelivery
from stellr.notification.v1.device_service_pb2 import Platform


def export_person(db: Database, user_id: UUID) -> dict[str, Any]:
    """All of it, as JSON: card, switches, the messages of the last 90 days, feed and devices."""
    card = cards.find_card(db, user_id)
    switched = preferences.find_preferences(db, user_id)
    return {
        "contact": _card(card) if card else None,
        "preferences": MessageToDict(as_message(switched)),
        "notifications": [_delivery(row) for row in persons.list_deliveries(db, user_id)],
        "feed": [_item(item) for item in feed.every_item(db, user_id)],
        "devices": [_device(device) for device in devices.list_devices(db, user_id)],
    }


def erase_person(db: Database, user_id: UUID) -> None:
    """Delete it. A message, a card or a switch that comes later is not kept, for no card is."""
    persons.erase(db, user_id)


def _card(card: Card) -> dict[str, str]:
    return {name: getattr(card, name) for name in cards.CONTACT_FIELDS}


def _item(item: Item) -> dict[str, Any]:
    return {
        "notificationId": str(item.notification_id),
        "title": item.title,
        "body": item.body,
        "link": item.link,
        "createTime": item.created_at,
        "readTime": item.read_at,
    }


def _device(device: KeptDevice) -> dict[str, Any]:
    return {
        "deviceId": str(device.device_id),
        "platform": Platform.Name(cast(Platform.ValueType, device.platform)),
        "createTime": device.created_at,
        "lastUseTime": device.used_at,
    }


def _delivery(row: KeptDelivery) -> dict[str, Any]:
    return {
        "notificationId": str(row.notification_id),
        "template": row.template,
        "channel": row.channel,
        "state": row.state,
        "createTime": row.created_at,
        "closeTime": row.closed_at,
    }
