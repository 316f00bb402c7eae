"""Where the messages to a learner are read: in the outbox of a local stack, or its mailbox."""

from __future__ import annotations

from dataclasses import dataclass
from email.utils import getaddresses
from pathlib import Path
from typing import Any, NamedTuple, Protocol
from urllib.parse import urlsplit

import httpx

from edge.journey import outbox

SECONDS = 5.0
SMS = "SMS"


class Mail(NamedTuple):
    """A mail: its subject, and the code in it, or nothing."""

    subject: str
    code: str


class Inbox(Protocol):
    """Messages to learners."""

    def mails_to(self, address: str) -> list[Mail]:
        """All mails to an address, the newest first."""

    def texted_code(self, number: str) -> str:
        """The code of the newest text message to a number; empty if there is none."""


@dataclass(frozen=True)
class Outbox:
    """The files of a local stack."""

    folder: Path

    def __str__(self) -> str:
        return str(self.folder)

    def mails_to(self, address: str) -> list[Mail]:
        """As Inbox.mails_to."""
        found = outbox.mails_to(self.folder, address)
        return [Mail(str(mail["Subject"]), outbox.code_of(mail)) for mail in found]

    def texted_code(self, number: str) -> str:
        """As Inbox.texted_code."""
        return outbox.texted_code(self.folder, number)


@dataclass(frozen=True)
class Mailbox:
    """The mailbox for developers on the operations listener at `url`: the newest hundred."""

    url: str

    def __str__(self) -> str:
        return self.url

    def mails_to(self, address: str) -> list[Mail]:
        """As Inbox.mails_to."""
        return [
            Mail(each["subject"], each["code"])
            for each in self._messages()
            if address in (found for _, found in getaddresses([each["to"]]))
        ]

    def texted_code(self, number: str) -> str:
        """As Inbox.texted_code."""
        found = self._messages()
        return next((m["code"] for m in found if (m["kind"], m["to"]) == (SMS, number)), "")

    def _messages(self) -> list[dict[str, Any]]:
        answer = httpx.get(f"{self.url}/mailbox.json", timeout=SECONDS, trust_env=False)
        messages: list[dict[str, Any]] = answer.raise_for_status().json()["messages"]
        return messages


def inbox_of(url: str | None, state: Path) -> Inbox:
    """The mailbox beside the public door at `url`, its operations port being the next one, where
    there is one; else the outbox of the local stack."""
    door = urlsplit(url or "")
    if door.hostname and door.port:
        mailbox = Mailbox(f"{door.scheme}://{door.hostname}:{door.port + 1}")
        try:
            mailbox.mails_to("")
        except (httpx.HTTPError, KeyError, ValueError):
            return Outbox(state / "outbox")
        return mailbox
    return Outbox(state / "outbox")
