"""Sends what was held, when its time has come: by itself, or together in one mail."""

from __future__ import annotations

from itertools import groupby
from uuid import UUID

from services.kit.data.database import Database
from services.notification.dispatching import Dispatcher
from services.notification.holding import has_digest
from services.notification.models import Channel
from services.notification.repository import held, notifications
from services.notification.repository.deliveries import NewDelivery, create_deliveries
from services.notification.repository.held import HeldDelivery
from services.notification.templates import DIGEST
from stellr.notification.v1.preferences_pb2 import Digest

PERSONS_AT_ONCE = 200


class Held:
    """What waits for the end of quiet hours, or for a digest."""

    def __init__(self, database: Database, dispatcher: Dispatcher) -> None:
        self._database = database
        self._dispatcher = dispatcher

    def release(self) -> bool:
        """Send what is due of some persons; whether there may be more."""
        persons = held.find_due_persons(self._database, PERSONS_AT_ONCE)
        due = held.lock_due(self._database, persons)
        for user_id, its in groupby(due, key=lambda each: each.user_id):
            self._release(user_id, list(its))
        return len(persons) == PERSONS_AT_ONCE

    def look_again(self, user_id: UUID) -> None:
        """Have it decided anew how long is held what waits for a person, who changed their mind."""
        self._dispatcher.send(held.requeue_held(self._database, user_id))

    def _release(self, user_id: UUID, due: list[HeldDelivery]) -> None:
        together = [each for each in due if _goes_together(each)]
        apart = [each.delivery_id for each in due if not _goes_together(each)]
        if together:
            self._send_digest(user_id, together)
        self._dispatcher.send(held.requeue(self._database, apart))

    def _send_digest(self, user_id: UUID, together: list[HeldDelivery]) -> None:
        (notification_id,) = notifications.new_ids(self._database, 1)
        values = {
            "notification_id": notification_id,
            "user_id": user_id,
            "template": DIGEST,
            "data": {"weekly": together[0].digest == Digest.DIGEST_WEEKLY},
            "waiting": False,
        }
        notifications.create_notification(self._database, values)
        digest = NewDelivery(notification_id, user_id, DIGEST, Channel.EMAIL)
        created = create_deliveries(self._database, [digest])
        for delivery_id, _, _ in created:
            members = [each.delivery_id for each in together]
            held.put_together(self._database, members, delivery_id)
        self._dispatcher.send(created)


def _goes_together(due: HeldDelivery) -> bool:
    return due.channel == Channel.EMAIL and has_digest(due.digest)
