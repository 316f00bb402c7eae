"""A push message, and the device it is for."""

from __future__ import annotations

import base64
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol
from uuid import UUID

# What is shown of a message; all that is sent must fit into 4 KB (RFC 8030, 7.2; Firebase's limit).
LONGEST_TITLE = 150
LONGEST_BODY = 400
LONGEST_LINK = 500


class Urgency(StrEnum):
    """How much a message may wake a device (RFC 8030, 5.3)."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"


@dataclass(frozen=True)
class PushDevice:
    """A device of a person: `token` is for Firebase, without it there are endpoint and keys."""

    device_id: UUID
    user_id: UUID
    token: str = field(default="", repr=False)
    endpoint: str = field(default="", repr=False)
    p256dh: str = field(default="", repr=False)
    auth: str = field(default="", repr=False)


@dataclass(frozen=True)
class PushMessage:
    """What a device shows. It is of use for `seconds`."""

    notification_id: UUID
    title: str = field(repr=False)
    body: str = field(repr=False)
    link: str = field(default="", repr=False)
    urgency: Urgency = Urgency.NORMAL
    seconds: int = 86_400

    @property
    def data(self) -> dict[str, str]:
        """What an app gets beside the words."""
        return {"notificationId": str(self.notification_id), "link": self.link}

    @property
    def topic(self) -> str:
        """The same for copies of a message: a newer one replaces what waits (RFC 8030, 5.4)."""
        return base64.urlsafe_b64encode(self.notification_id.bytes).rstrip(b"=").decode()


class PushTransport(Protocol):
    """Takes a push message and is done with it when send returns."""

    @property
    def name(self) -> str:
        """What metrics call it."""

    def send(self, device: PushDevice, message: PushMessage, taken: Callable[[], None]) -> None:
        """Deliver the message, or raise TransportError; `taken` is called once it is taken.

        DeviceGone where the device is not there any more.
        """


def shortened(text: str, longest: int) -> str:
    """The text in at most so many characters; a mark stands for what was left out."""
    if len(text) <= longest:
        return text
    kept = text[: longest - 1]
    # An accent of the letter that was cut off would stand on the mark.
    while kept and unicodedata.combining(text[len(kept)]):
        kept = kept[:-1]
    return kept.rstrip() + "…"
