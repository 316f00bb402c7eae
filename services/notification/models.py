"""The tables of notification."""

from __future__ import annotations

from datetime import datetime, time
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
    UNSENT = "unsent"
    """Not wanted, too late, or nowhere to send it."""


class Notification(NotificationBase):
    """A message to a person, or to an address or a number that is nobody's yet.

    `data` are what the template asks for, codes among them. They and the address are forgotten once
    the message is closed: sent, dead or unsent.
    """

    __tablename__ = "notifications"
    notification_id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID | None]
    email: Mapped[str | None]
    phone: Mapped[str | None]
    name: Mapped[str | None]
    locale: Mapped[str | None]
    template: Mapped[str]
    data: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    state: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=sa.func.now())
    sent_at: Mapped[datetime | None]


class Contact(NotificationBase):
    """How a person is reached. Each field has the revision it came with; 0: it never came.

    Of a person who was erased no card is taken any more, and nothing of a person without a card.
    """

    __tablename__ = "contacts"
    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(server_default="")
    phone: Mapped[str] = mapped_column(server_default="")
    name: Mapped[str] = mapped_column(server_default="")
    locale: Mapped[str] = mapped_column(server_default="")
    email_revision: Mapped[int] = mapped_column(sa.BigInteger, server_default="0")
    phone_revision: Mapped[int] = mapped_column(sa.BigInteger, server_default="0")
    name_revision: Mapped[int] = mapped_column(sa.BigInteger, server_default="0")
    locale_revision: Mapped[int] = mapped_column(sa.BigInteger, server_default="0")


class Preferences(NotificationBase):
    """What a person has switched, if anything.

    `switches` are those touched, by path ("email.reminders"); all others have their defaults.
    """

    __tablename__ = "preferences"
    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    switches: Mapped[dict[str, bool]] = mapped_column(JSONB, server_default="{}")
    quiet_start: Mapped[time | None]
    quiet_end: Mapped[time | None]
    digest: Mapped[int] = mapped_column(sa.SmallInteger, server_default="0")


class Feed(NotificationBase):
    """How far a person's feed has come: the position of the newest item that ever was in it."""

    __tablename__ = "feeds"
    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(sa.BigInteger)


class FeedItem(NotificationBase):
    """A message in a person's feed, as it was written then."""

    __tablename__ = "feed_items"
    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True)
    notification_id: Mapped[UUID] = mapped_column(unique=True)
    template: Mapped[str]
    category: Mapped[str]
    language: Mapped[str]
    title: Mapped[str]
    body: Mapped[str]
    link: Mapped[str]
    created_at: Mapped[datetime]
    read_at: Mapped[datetime | None]
    expire_at: Mapped[datetime]


class Device(NotificationBase):
    """A phone or a browser of a person, by the session that registered it last.

    `address` is the SHA-256 of its token or endpoint: one row for each.
    """

    __tablename__ = "devices"
    device_id: Mapped[UUID] = mapped_column(primary_key=True, server_default=sa.text("uuidv7()"))
    user_id: Mapped[UUID]
    session_id: Mapped[UUID]
    platform: Mapped[int] = mapped_column(sa.SmallInteger)
    address: Mapped[bytes] = mapped_column(unique=True)
    token: Mapped[str] = mapped_column(server_default="")
    endpoint: Mapped[str] = mapped_column(server_default="")
    p256dh: Mapped[str] = mapped_column(server_default="")
    auth: Mapped[str] = mapped_column(server_default="")
    created_at: Mapped[datetime] = mapped_column(server_default=sa.func.now())
    used_at: Mapped[datetime] = mapped_column(server_default=sa.func.clock_timestamp())


class PushKey(NotificationBase):
    """The one key that messages to browsers are signed with, sealed."""

    __tablename__ = "push_keys"
    only: Mapped[bool] = mapped_column(primary_key=True, server_default=sa.true())
    sealed: Mapped[bytes]
    created_at: Mapped[datetime] = mapped_column(server_default=sa.func.now())
