"""A notification as a mail message (RFC 5322)."""

import hashlib
import re
from datetime import datetime
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr

from services.notification.templates import Rendered

POLICY = SMTP.clone(cte_type="7bit")
"""CRLF line ends, and nothing that a relay without 8BITMIME (RFC 6152) would have to rewrite."""

_ID = re.compile(r"[A-Za-z0-9-]{1,64}")


class AddressError(ValueError):
    """Not the address of one mailbox that mail can be sent to."""


def message_id(notification_id: str, domain: str) -> str:
    """The Message-ID of a notification: the same at every delivery, so that copies are known."""
    if not _ID.fullmatch(notification_id):
        raise ValueError("notification_id: must be letters, digits and hyphens, at most 64")
    return f"<{notification_id}@{domain}>"


def compose(
    rendered: Rendered,
    *,
    to: str,
    sender: str,
    message_id: str,
    sent_time: datetime,
    list_unsubscribe_url: str | None,
) -> EmailMessage:
    """The message, as text and HTML (multipart/alternative), with equal bytes for equal input.

    to is a bare address; sender may have a display name. sent_time is timezone-aware. With
    list_unsubscribe_url mail programs offer the one click of RFC 8058. Raises AddressError.
    """
    message = EmailMessage(policy=POLICY)
    message["From"] = _sender(sender)
    message["To"] = _address(to)
    message["Subject"] = rendered.subject
    message["Date"] = format_datetime(sent_time)
    message["Message-ID"] = message_id
    # RFC 3834, 5: an out-of-office reply shall not answer this.
    message["Auto-Submitted"] = "auto-generated"
    if list_unsubscribe_url:
        message["List-Unsubscribe"] = f"<{list_unsubscribe_url}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(rendered.text)
    message.add_alternative(rendered.html, subtype="html")
    message.set_boundary(hashlib.sha256(message_id.encode()).hexdigest()[:32])
    return message


def _sender(sender: str) -> Address:
    if not sender.isprintable():
        raise AddressError("the sender must be one line")
    name, address = parseaddr(sender)
    parsed = _address(address)
    return Address(name, parsed.username, parsed.domain)


def _address(address: str) -> Address:
    local, _, domain = address.rpartition("@")
    try:
        return Address(addr_spec=f"{local}@{domain.encode('idna').decode()}")
    except (ValueError, IndexError, HeaderParseError) as error:
        # The address itself is personal and stays out of logs.
        raise AddressError("must be one mail address, its part before @ in ASCII") from error
