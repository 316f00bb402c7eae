"""Reading the mails of a learner where they lie: in the outbox of a local stack."""

from __future__ import annotations

import email
import email.policy
import email.utils
import re
from email.message import EmailMessage
from pathlib import Path

CODE = re.compile(r"^\s*([0-9]{6})\s*$", re.MULTILINE)


def mails_to(outbox: Path, address: str) -> list[EmailMessage]:
    """All mails to an address, the newest first."""
    newest_first = sorted(outbox.glob("*.eml"), key=lambda path: path.name, reverse=True)
    return [mail for mail in map(_read, newest_first) if _is_to(mail, address)]


def code_of(mail: EmailMessage) -> str:
    """The six digits that stand on a line of their own in the text; empty if there are none."""
    body = mail.get_body(("plain",))
    found = CODE.search(body.get_content()) if body else None
    return found[1] if found else ""


def _read(path: Path) -> EmailMessage:
    return email.message_from_bytes(path.read_bytes(), policy=email.policy.default)


def _is_to(mail: EmailMessage, address: str) -> bool:
    recipients = email.utils.getaddresses([str(mail.get("To", ""))])
    return any(found.lower() == address.lower() for _, found in recipients)
