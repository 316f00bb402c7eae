"""How a message reaches its person."""

from __future__ import annotations

from enum import StrEnum

from services.notification.templates import has_text


class Way(StrEnum):
    """The ways out of the academy."""

    MAIL = "mail"
    TEXT = "text"


def way_to(email: str, phone: str, template: str) -> Way | None:
    """By mail where there is an address, else by SMS where there is a number and the template has
    words for one; None where neither is possible."""
    if email:
        return Way.MAIL
    return Way.TEXT if phone and has_text(template) else None
