"""Takes messages and contact cards in, and brings the two together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from services.kit.data.database import Database
from services.kit.work.queues import Queue
from services.notification import templates
from services.notification.channels import Message
from services.notification.digests import Held
from services.notification.dispatching import Dispatcher
from services.notification.models import Channel
from services.notification.repository import cards, notifications
from services.notification.repository.cards import Card
from services.notification.repository.notifications import KeptMessage
from stellr.auth.v1.account_pb2 import AccountState
from stellr.auth.v1.events_pb2 import AccountChanged
from stellr.notification.v1 import notification_internal_service_pb2 as pb

NO_CARD = Card("", "", "", "", "", came=False, active=True, switches={})
MET_AT_ONCE = 500


class ToMany(NamedTuple):
    """The same message to many persons; `unknown` are those without a card."""

    notification_ids: Sequence[UUID]
    unknown: Sequence[UUID]


class Messages:
    """Keeps messages until they can be sent."""

    def __init__(self, database: Database, dispatcher: Dispatcher, held: Held) -> None:
        self._database = database
        self._dispatcher = dispatcher
        self._held = held

    def send(self, request: pb.SendNotificationRequest) -> None:
        """Send a message, or have it wait for a card; one whose id is known is let be.

        Where there is no way to send it, it is closed. To who was erased nothing is kept.
        """
        template, card = str(request.WhichOneof("template")), self._card(request)
        if card is None:
            return
        data = templates.to_json(getattr(request, template))
        to, notification_id = _recipient(request), UUID(request.notification_id)
        values = {
            "notification_id": notification_id,
            "template": template,
            "data": data,
            "waiting": not card.came,
            **to,
        }
        if notifications.create_notification(self._database, values) and card.came:
            message = Message(notification_id, to.get("user_id"), template, data, None, card)
            self._dispatcher.dispatch([message])

    def send_to_many(
        self,
        user_ids: Sequence[UUID],
        template: str,
        data: Mapping[str, Any],
        channels: Sequence[Channel],
    ) -> ToMany:
        """Send a message to persons by these channels; whose card has not come, it waits for."""
        db = self._database
        ids = notifications.new_ids(db, len(user_ids))
        known = cards.share_cards(db, user_ids)
        reachable = [user_id in known and known[user_id].came for user_id in user_ids]
        notifications.create_notifications(
            db,
            notification_ids=ids,
            user_ids=user_ids,
            waiting=[not each for each in reachable],
            template=template,
            data=data,
            channels=[each.value for each in channels],
        )
        messages = [
            Message(notification_id, user_id, template, data, channels, known[user_id])
            for notification_id, user_id, reached in zip(ids, user_ids, reachable, strict=True)
            if reached
        ]
        # One to a person is somebody's own; what goes to many waits behind all else.
        self._dispatcher.dispatch(messages, Queue.BULK if len(user_ids) > 1 else None)
        return ToMany(ids, [user_id for user_id in user_ids if user_id not in known])

    def set_contact(self, request: pb.SetContactRequest) -> None:
        """Set what is known about a person, and send what waited for it."""
        present = {field.name: value for field, value in request.ListFields()}
        fields = {name: present[name] for name in cards.CONTACT_FIELDS if name in present}
        user_id = UUID(request.user_id)
        card = cards.set_contact(self._database, user_id, fields, request.revision_micros)
        if card is not None and "timezone" in fields:
            self._held.look_again(user_id)
        if card is not None and card.came:
            self._send_waiting(user_id, card)

    def follow_state(self, event: AccountChanged) -> None:
        """Know whether the account of a person is in use."""
        is_active = event.state == AccountState.ACCOUNT_STATE_ACTIVE
        cards.set_active(self._database, UUID(event.user_id), active=is_active)

    def send_met(self) -> bool:
        """Send what waits although the card is there: who sends to many may have missed a card that
        came at the same moment. Whether there may be more."""
        met = notifications.find_met(self._database, MET_AT_ONCE)
        for user_id in met:
            card = cards.lock_card(self._database, user_id)
            if card is not None:
                self._send_waiting(user_id, card)
        return len(met) == MET_AT_ONCE

    def _send_waiting(self, user_id: UUID, card: Card) -> None:
        waiting = notifications.take_waiting(self._database, user_id)
        if waiting:
            self._dispatcher.dispatch([_message(kept, card) for kept in waiting])

    def _card(self, request: pb.SendNotificationRequest) -> Card | None:
        """Where a message goes; None where its person was erased."""
        match request.WhichOneof("recipient"):
            case "user_id":
                return cards.lock_card(self._database, UUID(request.user_id))
            case "address":
                to = request.address
                return NO_CARD._replace(email=to.email, name=to.name, locale=to.locale, came=True)
        phone = request.phone
        return NO_CARD._replace(phone=phone.number, locale=phone.locale, came=True)


def _message(kept: KeptMessage, card: Card) -> Message:
    channels = None if kept.channels is None else [Channel(each) for each in kept.channels]
    return Message(kept.notification_id, kept.user_id, kept.template, kept.data, channels, card)


def _recipient(request: pb.SendNotificationRequest) -> dict[str, Any]:
    match request.WhichOneof("recipient"):
        case "user_id":
            return {"user_id": UUID(request.user_id)}
        case "address":
            to = request.address
            return {"email": to.email, "name": to.name, "locale": to.locale}
    return {"phone": request.phone.number, "locale": request.phone.locale}
