"""Reading the messages to a learner where they lie: in the outbox of a local stack."""

from __future__ import annotations

import email
import email.policy
import email.utils
import json
import re
from email.message import EmailMessage
from pathlib import Path

CODE = re.compile(r"^\s*([0-9]{6})\s*$", re.MULTILINE)
DIGITS = re.compile(r"(?<!\d)(\d{6})(?!\d)")


def mails_to(outbox: Path, address: str) -> list[EmailMessage]:
    """All mails to an address, the newest first."""
    newest_first = sorted(outbox.glob("*.eml"), key=lambda path: path.name, reverse=True)
    return [mail for mail in map(_read, newest_first) if _is_to(mail, address)]


def code_of(mail: EmailMessage) -> str:
    """The six digits that stand on a line of their own in the text; empty if there are none."""
    body = mail.get_body(("plain",))
    found = CODE.search(body.get_content()) if body else None
    return found[1] if found else ""


def texted_code(outbox: Path, number: str) -> str:
    """The six digits of the newest text message to a number; empty if there are none."""
    newest_first = sorted(outbox.glob("*.sms.json"), key=lambda path: path.name, reverse=True)
    messages = (json.loads(path.read_text()) for path in newest_first)
    found = (DIGITS.search(each["body"]) for each in messages if each["to"] == number)
    return next((digits[1] for digits in found if digits), "")


def _read(path: Path) -> EmailMessage:
    return email.message_from_bytes(path.read_bytes(), policy=email.policy.default)


def _is_to(mail: EmailMessage, address: str) -> bool:
    recipients = email.utils.getaddresses([str(mail.get("To", ""))])
    return any(found.lower() == address.lower() for _, found in recipients)
