"""What notification is told from outside."""

from __future__ import annotations

from pydantic import Field

from services.kit.process.settings import OwnSettings


class NotificationSettings(OwnSettings):
    """The settings of notification."""

    smtp_url: str = Field("", description="smtp[s]://user:password@host:port; empty: the outbox")
    mail_from: str = Field("Stellr Academy <academy@stellr.example>", description="sender of mails")
