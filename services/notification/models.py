"""The tables of notification."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.kit.data.tables import Base


class NotificationBase(Base):
    """Base of notification's tables."""

    __abstract__ = True
    metadata = sa.MetaData()


class State(StrEnum):
    """Where a notification stands."""

    WAITING = "waiting"
    """For the contact card of its person."""
    QUEUED = "queued"
    SENT = "sent"
    DEAD = "dead"
    """Refused for good; nobody tries again."""


class Notification(NotificationBase):
    """A message to a person, or to an address that is nobody's yet.

    `data` are what the template asks for, codes among them: forgotten once the message is sent.
    """

    __tablename__ = "notifications"
    notification_id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID | None]
    email: Mapped[str | None]
    name: Mapped[str | None]
    locale: Mapped[str | None]
    template: Mapped[str]
    data: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    state: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=sa.func.now())
    sent_at: Mapped[datetime | None]


class Contact(NotificationBase):
    """How a person is reached. Each field has the revision it came with; 0: it never came."""

    __tablename__ = "contacts"
    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(server_default="")
    name: Mapped[str] = mapped_column(server_default="")
    locale: Mapped[str] = mapped_column(server_default="")
    email_revision: Mapped[int] = mapped_column(sa.BigInteger, server_default="0")
    name_revision: Mapped[int] = mapped_column(sa.BigInteger, server_default="0")
    locale_revision: Mapped[int] = mapped_column(sa.BigInteger, server_default="0")
