"""Takes messages and contact cards in, and brings the two together."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from services.kit.data.database import Database
from services.kit.work.queues import Queue
from services.kit.work.tasks import Task
from services.notification import repository, templates
from services.notification.models import State
from stellr.notification.v1 import notification_internal_service_pb2 as pb

# What somebody waits for in front of a screen, and what goes to thousands; all else is in between.
QUEUES = {
    "verification_code": Queue.URGENT,
    "account_exists": Queue.URGENT,
    "announcement": Queue.BULK,
    "reminder_lesson": Queue.BULK,
    "reminder_quiz": Queue.BULK,
}


class Messages:
    """Keeps messages until they can be sent."""

    def __init__(self, database: Database, deliver_mail: Task) -> None:
        self._database = database
        self._deliver_mail = deliver_mail

    def send(self, request: pb.SendNotificationRequest) -> None:
        """Send a message, or have it wait for a card; one whose id is known is let be."""
        db, notification_id = self._database.session, UUID(request.notification_id)
        recipient, template = _recipient(request), str(request.WhichOneof("template"))
        reachable = "email" in recipient or repository.lock_address(db, recipient["user_id"])
        values = {
            "notification_id": notification_id,
            "template": template,
            "data": templates.to_json(getattr(request, template)),
            "state": State.QUEUED if reachable else State.WAITING,
            **recipient,
        }
        if repository.create_notification(db, values) and reachable:
            self._deliver(notification_id, QUEUES.get(template, Queue.NORMAL))

    def set_contact(self, request: pb.SetContactRequest) -> None:
        """Set what is known about a person, and send what waited for it."""
        present = {field.name: value for field, value in request.ListFields()}
        fields = {name: present[name] for name in repository.CONTACT_FIELDS if name in present}
        db, user_id = self._database.session, UUID(request.user_id)
        if repository.set_contact(db, user_id, fields, request.revision_micros):
            for notification_id in repository.queue_waiting(db, user_id):
                self._deliver(notification_id, Queue.NORMAL)

    def _deliver(self, notification_id: UUID, queue: Queue) -> None:
        self._deliver_mail.defer(notification_id=str(notification_id), queue=queue)


def _recipient(request: pb.SendNotificationRequest) -> dict[str, Any]:
    if request.WhichOneof("recipient") == "user_id":
        return {"user_id": UUID(request.user_id)}
    to = request.address
    return {"email": to.email, "name": to.name, "locale": to.locale}
