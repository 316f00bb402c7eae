"""Takes messages and contact cards in, and brings the two together."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from services.kit.data.database import Database
from services.kit.work.queues import Queue
from services.kit.work.tasks import Task
from services.notification import repository, templates
from services.notification.models import State
from services.notification.repository import Card
from services.notification.ways import Way, way_to
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

    def __init__(self, database: Database, deliver_mail: Task, deliver_text: Task) -> None:
        self._database = database
        self._deliver_mail = deliver_mail
        self._deliver_text = deliver_text

    def send(self, request: pb.SendNotificationRequest) -> None:
        """Send a message, or have it wait for a card; one whose id is known is let be.

        Where there is no way to send it, it is closed. To who was erased nothing is kept.
        """
        template, card = str(request.WhichOneof("template")), self._card(request)
        if card is None:
            return
        values = {
            "notification_id": UUID(request.notification_id),
            "template": template,
            "data": templates.to_json(getattr(request, template)),
            "state": State.QUEUED if card.came else State.WAITING,
            **_recipient(request),
        }
        if repository.create_notification(self._database, values) and card.came:
            self._dispatch([(values["notification_id"], template)], card)

    def set_contact(self, request: pb.SetContactRequest) -> None:
        """Set what is known about a person, and send what waited for it."""
        present = {field.name: value for field, value in request.ListFields()}
        fields = {name: present[name] for name in repository.CONTACT_FIELDS if name in present}
        db, user_id = self._database, UUID(request.user_id)
        card = repository.set_contact(db, user_id, fields, request.revision_micros)
        if card is not None and card.came:
            self._dispatch(repository.queue_waiting(db, user_id), card)

    def _card(self, request: pb.SendNotificationRequest) -> Card | None:
        """Where a message goes; None where its person was erased."""
        match request.WhichOneof("recipient"):
            case "user_id":
                return repository.lock_card(self._database, UUID(request.user_id))
            case "address":
                to = request.address
                return Card(to.email, "", to.name, to.locale, came=True)
        return Card("", request.phone.number, "", request.phone.locale, came=True)

    def _dispatch(self, messages: list[tuple[UUID, str]], card: Card) -> None:
        """Have messages sent, and close those that there is no way for."""
        nowhere = []
        for notification_id, template in messages:
            way = way_to(card.email, card.phone, template)
            if way is None:
                nowhere.append(notification_id)
            elif way is Way.TEXT:
                self._deliver_text.defer(notification_id=str(notification_id))
            else:
                queue = QUEUES.get(template, Queue.NORMAL)
                self._deliver_mail.defer(notification_id=str(notification_id), queue=queue)
        if nowhere:
            repository.close_notifications(self._database, nowhere, State.UNSENT)


def _recipient(request: pb.SendNotificationRequest) -> dict[str, Any]:
    match request.WhichOneof("recipient"):
        case "user_id":
            return {"user_id": UUID(request.user_id)}
        case "address":
            to = request.address
            return {"email": to.email, "name": to.name, "locale": to.locale}
    return {"phone": request.phone.number, "locale": request.phone.locale}
