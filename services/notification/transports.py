"""Ways for a mail to leave the academy: into a local folder, or to an SMTP server (`smtp`)."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Protocol

from services.notification.files import write_once
from services.notification.mail import POLICY
from services.notification.refusals import TransportError

_FILE_NAME = re.compile(r"<([A-Za-z0-9-]{1,64})@[^<>@\s]+>")


class MailTransport(Protocol):
    """Takes a composed message and is done with it when send returns."""

    @property
    def name(self) -> str:
        """What metrics call it."""

    def send(self, message: EmailMessage, taken: Callable[[], None]) -> None:
        """Deliver the message, or raise TransportError; `taken` is called once it is taken."""

    def close_idle(self) -> None:
        """Let go of what was not used for a while."""


@dataclass(frozen=True)
class OutboxMail:
    """Writes each message as `<notification id>.eml`: UUIDv7 names are in order of time.

    A file appears under its name only when it is whole, and a second delivery of the same message
    changes nothing.
    """

    directory: Path
    name = "outbox"

    def send(self, message: EmailMessage, taken: Callable[[], None]) -> None:
        """Write the exact bytes that SMTP would carry; raises TransportError (temporary)."""
        path = self.directory / f"{_file_name(message)}.eml"
        write_once(path, message.as_bytes(policy=POLICY))
        taken()

    def close_idle(self) -> None:
        """Nothing is open."""


def _file_name(message: EmailMessage) -> str:
    match = _FILE_NAME.fullmatch(str(message["Message-ID"]).strip())
    if not match:
        raise TransportError("the Message-ID is not a notification's", permanent=True)
    return match.group(1)
