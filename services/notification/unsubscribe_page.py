"""The page behind the link at the end of a mail."""

from __future__ import annotations

from services.kit.pages import look
from services.notification.templates import render_page

CONTENT_SECURITY_POLICY = look.content_security_policy(form="'self'")
"""Sent with the page: it has one inline style sheet and one form of its own."""


def asking_page(kind: str, token: str, locale: str) -> str:
    """Asks whether mails of a kind shall end."""
    return render_page("ask", kind=kind, token=token, locale=locale)


def done_page(kind: str, locale: str) -> str:
    """Says that they have ended."""
    return render_page("done", kind=kind, token="", locale=locale)


def unknown_page() -> str:
    """Says that the link is not one of ours."""
    return render_page("unknown", kind="", token="", locale="")
