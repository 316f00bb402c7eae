"""Messages as they lie in the outbox: mails, SMS and push messages, one file each."""

from __future__ import annotations

import email
import email.policy
import heapq
import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

MAIL, SMS, PUSH = "mail", "SMS", "push"
# What a file is, by the end of its name.
KINDS = {".eml": MAIL, ".sms.json": SMS, ".push.json": PUSH}
# So many are shown, however many there are.
MOST = 100
# More than any message of ours; what is longer is not shown whole.
MAX_BYTES = 1024 * 1024
_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,200}", re.ASCII)
_CODE = re.compile(r"(?<!\d)(\d{6})(?!\d)")


@dataclass(frozen=True)
class OutboxMessage:
    """A message as it was sent. `html` is empty for all but mails."""

    name: str
    kind: str
    to: str
    subject: str
    text: str
    html: str
    sent_at: datetime

    @property
    def code(self) -> str:
        """The six digits that it is about; empty where there are none."""
        found = _CODE.search(self.text)
        return found[1] if found else ""

    def as_json(self) -> dict[str, str]:
        """What programs are told of it: all but the HTML."""
        shown = {each: getattr(self, each) for each in ("name", "kind", "to", "subject", "text")}
        return {**shown, "code": self.code, "sentAt": self.sent_at.isoformat()}


def newest(outbox: Path, most: int = MOST) -> list[OutboxMessage]:
    """The newest messages of an outbox, the newest first; none where there is no outbox."""
    paths = heapq.nlargest(most, _files(outbox))
    return [message for _, name in paths if (message := find(outbox, name))]


def find(outbox: Path, name: str) -> OutboxMessage | None:
    """The message in the file of this name; None where there is none, or it is no message."""
    kind = _kind(name)
    if kind is None:
        return None
    try:
        with (outbox / name).open("rb") as file:
            data = file.read(MAX_BYTES)
            sent_at = datetime.fromtimestamp(os.fstat(file.fileno()).st_mtime, UTC)
        return _mail(name, data, sent_at) if kind == MAIL else _note(name, kind, data, sent_at)
    except (OSError, ValueError, LookupError):
        return None


def _files(outbox: Path) -> Iterator[tuple[int, str]]:
    try:
        with os.scandir(outbox) as entries:
            for entry in entries:
                if _kind(entry.name) and entry.is_file(follow_symlinks=False):
                    yield entry.stat(follow_symlinks=False).st_mtime_ns, entry.name
    except FileNotFoundError:
        return


def _kind(name: str) -> str | None:
    if not _NAME.fullmatch(name):
        return None
    return next((kind for ending, kind in KINDS.items() if name.endswith(ending)), None)


def _mail(name: str, data: bytes, sent_at: datetime) -> OutboxMessage:
    mail: EmailMessage = email.message_from_bytes(data, policy=email.policy.default)
    texts = {}
    for part in ("plain", "html"):
        body = mail.get_body((part,))
        texts[part] = str(body.get_content()) if body else ""
    to, subject = str(mail.get("To", "")), str(mail.get("Subject", ""))
    return OutboxMessage(name, MAIL, to, subject, texts["plain"], texts["html"], sent_at)


def _note(name: str, kind: str, data: bytes, sent_at: datetime) -> OutboxMessage:
    note = json.loads(data)
    to = note["to"] if kind == SMS else f"{note['userId']}, device {note['deviceId']}"
    body = str(note["body"])
    subject = str(note.get("title") or body)
    if kind == PUSH:
        body = f"{body}\n\n{json.dumps(note.get('data', {}), indent=2, ensure_ascii=False)}"
    return OutboxMessage(name, kind, str(to), subject, body, "", sent_at)
