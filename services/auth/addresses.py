"""E-mail addresses: one spelling for each mailbox, and none that no mail reaches."""

from __future__ import annotations

import unicodedata

import idna
from email_validator import EmailNotValidError, validate_email

from services.kit.errors import InvalidFields, Violation
from services.kit.text import trim


def normalize_email(text: str) -> str:
    """The address in the one spelling by which accounts are kept and found.

    Outer space is cut, letters are small, the domain is in A-labels (RFC 5891). InvalidFields on
    `email` where no mail could reach it: no dot-atom of ASCII before the @ (our mails do without
    SMTPUTF8, RFC 6531), no domain that the public DNS could know.
    """
    local, _, domain = trim(text).rpartition("@")
    try:
        return _checked(local, _ascii(domain)).lower()
    except (EmailNotValidError, idna.IDNAError) as error:
        raise InvalidFields([Violation("email", f"cannot be mailed: {error}")]) from None


def mailbox_of(email: str) -> str:
    """The mailbox of a normalized address, without the tag that its owner made up (RFC 5233): by
    tags a mailbox has endless addresses."""
    local, _, domain = email.rpartition("@")
    return f"{local.split('+', 1)[0] or local}@{domain}"


def _ascii(domain: str) -> str:
    # Without the mappings of UTS 46: they give an address endless spellings, each of which would
    # be counted by itself where logins are limited.
    if domain.isascii():
        return domain
    return idna.encode(unicodedata.normalize("NFC", domain).lower(), strict=True).decode()


def _checked(local: str, domain: str) -> str:
    found = validate_email(
        f"{local}@{domain}",
        strict=True,
        allow_smtputf8=False,
        check_deliverability=False,
        # As `.example` for examples, `.test` is for tests (RFC 6761): the local outbox takes both.
        test_environment=True,
    )
    if "." not in domain:
        raise EmailNotValidError("The part after the @-sign should have a period.")
    return f"{found.local_part}@{found.ascii_domain}"
