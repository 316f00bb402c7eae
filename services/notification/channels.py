"""By which channels a message goes, and what of it may wait."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from services.notification.models import Channel, State
from services.notification.repository.cards import Card
from services.notification.repository.deliveries import NewDelivery
from services.notification.switches import CATEGORY, is_wanted
from services.notification.templates import has_text

_MAIL = (Channel.EMAIL,)
_MAIL_AND_LIST = (Channel.EMAIL, Channel.IN_APP)
_ALL = (Channel.EMAIL, Channel.PUSH, Channel.IN_APP)

CHANNELS: Mapping[str, Sequence[Channel]] = {
    "new_device": _MAIL_AND_LIST,
    "password_changed": _MAIL_AND_LIST,
    "credentials_changed": _MAIL_AND_LIST,
    "reminder_lesson": _ALL,
    "reminder_quiz": _ALL,
    "certificate_ready": _ALL,
    "certificate_revoked": _ALL,
    "announcement": _ALL,
}
"""The channels of each template to a person; those not named go by mail alone. No code is ever on
a locked screen or in a list."""

NOWHERE = "there is nowhere to send it"
NO_DEVICE = "the person has no device for it"
SWITCHED_OFF = "it is switched off"
NOT_IN_USE = "the account is disabled or deleted"


class Message(NamedTuple):
    """A message that was taken in, and how its person is reached; `channels` None: those of its
    template."""

    notification_id: UUID
    user_id: UUID | None
    template: str
    data: Mapping[str, object]
    channels: Sequence[Channel] | None
    card: Card


def may_wait(template: str) -> bool:
    """Whether it may be held for quiet hours or a digest: nothing about the account is."""
    return CATEGORY.get(template, "account") != "account"


def may_reach(template: str, *, active: bool) -> bool:
    """Whether it is for a person at all: while an account is not in use only what is about the
    account is. Of a digest each part is looked at by itself."""
    return active or not may_wait(template)


def channels_of(message: Message) -> Sequence[Channel]:
    """The channels that a message goes: an address or a number that is nobody's is one itself."""
    if message.user_id is None:
        return _MAIL
    if message.channels is not None:
        return message.channels
    return CHANNELS.get(message.template, _MAIL)


def plan(message: Message, devices: Sequence[UUID]) -> list[NewDelivery]:
    """The deliveries of a message. What can go nowhere is closed from the beginning, and so is what
    the list in the app has at once."""
    return [
        NewDelivery(message.notification_id, message.user_id, message.template, *each)
        for channel in channels_of(message)
        for each in _planned(message, channel, devices)
    ]


_Planned = tuple[Channel, UUID | None, State, str]


def _planned(message: Message, channel: Channel, devices: Sequence[UUID]) -> list[_Planned]:
    if may_reach(message.template, active=message.card.active):
        return _reaching(message, channel, devices)
    return [(channel, None, State.UNSENT, NOT_IN_USE)]


def _reaching(message: Message, channel: Channel, devices: Sequence[UUID]) -> list[_Planned]:
    match channel:
        case Channel.IN_APP if is_wanted(message.card.switches, channel, message.template):
            return [(channel, None, State.SENT, "")]
        case Channel.IN_APP:
            return [(channel, None, State.UNSENT, SWITCHED_OFF)]
        case Channel.PUSH if devices:
            return [(channel, device, State.QUEUED, "") for device in devices]
        case Channel.PUSH:
            # Told where somebody asked for it; else it was never meant to be there.
            asked = message.channels is not None
            return [(channel, None, State.UNSENT, NO_DEVICE)] if asked else []
    way = way_to(message.card.email, message.card.phone, message.template)
    if way is None:
        return [(channel, None, State.UNSENT, NOWHERE)]
    return [(way, None, State.QUEUED, "")]


def way_to(email: str, phone: str, template: str) -> Channel | None:
    """By mail where there is an address, else by SMS where there is a number and the template has
    words for one; None where neither is possible."""
    if email:
        return Channel.EMAIL
    return Channel.SMS if phone and has_text(template) else None
