"""Ways for an SMS to leave the academy: into a local folder, or by Twilio (`twilio_texts`)."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol
from uuid import UUID

from services.notification.files import write_once


@dataclass(frozen=True)
class TextMessage:
    """An SMS to a number in E.164. `code` is what it brings, "" where it brings none; it is of use
    for `seconds`, None: for as long as may be."""

    notification_id: UUID
    to: str = field(repr=False)
    body: str = field(repr=False)
    code: str = field(default="", repr=False)
    seconds: int | None = None


class TextTransport(Protocol):
    """Takes an SMS and is done with it when send returns."""

    @property
    def name(self) -> str:
        """What metrics call it."""

    def send(self, message: TextMessage, taken: Callable[[], None]) -> None:
        """Deliver the message, or raise TransportError; `taken` is called once it is taken."""


@dataclass(frozen=True)
class OutboxTexts:
    """Writes each message as `<notification id>.sms.json`: {"to", "body", "sentTime"}.

    A file appears under its name only when it is whole, and a second delivery of the same message
    changes nothing.
    """

    directory: Path
    name = "outbox"

    def send(self, message: TextMessage, taken: Callable[[], None]) -> None:
        """Write it; raises TransportError (temporary)."""
        path = self.directory / f"{message.notification_id}.sms.json"
        sent_time = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        content = {"to": message.to, "body": message.body, "sentTime": sent_time}
        write_once(path, json.dumps(content, ensure_ascii=False).encode() + b"\n")
        taken()
