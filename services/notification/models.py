"""The tables of notification."""

from __future__ import annotations

from datetime import datetime, time
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.kit.data.tables import Base, new_id


class NotificationBase(Base):
    """Base of notification's tables."""

    __abstract__ = True
    metadata = sa.MetaData()


class Channel(StrEnum):
    """The ways to a person."""

    EMAIL = "email"
    SMS = "sms"
    PUSH = "push"
    IN_APP = "in_app"


class State(StrEnum):
    """Where a delivery stands."""

    QUEUED = "queued"
    HELD = "held"
    """Until `due_at`, for quiet hours or a digest; or in a digest that is on its way."""
    SENT = "sent"
    DEAD = "dead"
    """Refused for good; an administrator may send it again."""
    UNSENT = "unsent"
    """Not wanted, too late, or nowhere to send it."""


class Notification(NotificationBase):
    """A message to a person, or to an address or a number that is nobody's yet.

    `data` are what the template asks for, codes among them. They and the address are forgotten once
    the last delivery is closed, of those that are dead 30 days later; codes are with the first.
    `waiting`: for the contact card of its person; it has no deliveries yet. `channels`: those that
    it goes, null for those of its template. `unclosed`: how many deliveries may still need `data`.
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
    channels: Mapped[list[str] | None] = mapped_column(ARRAY(sa.Text))
    waiting: Mapped[bool] = mapped_column(server_default="false")
    unclosed: Mapped[int] = mapped_column(server_default="1")
    created_at: Mapped[datetime] = mapped_column(server_default=sa.func.now())


class Delivery(NotificationBase):
    """A message by one channel and, where that is push, to one device.

    `digest_id` is the delivery of the digest that it goes with. `reason` has no address and no word
    of the message.
    """

    __tablename__ = "deliveries"
    delivery_id: Mapped[UUID] = new_id()
    notification_id: Mapped[UUID] = mapped_column(
        sa.ForeignKey("notifications.notification_id", ondelete="CASCADE")
    )
    user_id: Mapped[UUID | None]
    template: Mapped[str]
    channel: Mapped[str]
    device_id: Mapped[UUID | None]
    digest_id: Mapped[UUID | None]
    state: Mapped[str]
    reason: Mapped[str] = mapped_column(server_default="")
    attempts: Mapped[int] = mapped_column(server_default="0")
    due_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=sa.func.now())
    closed_at: Mapped[datetime | None]


class Contact(NotificationBase):
    """How a person is reached. Each field has the revision it came with; 0: it never came.

    `active` is false while the account is disabled or deleted.

    Of a person who was erased no card is taken any more, and nothing of a person without a card.
    """

    __tablename__ = "contacts"
    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(server_default="")
    phone: Mapped[str] = mapped_column(server_default="")
    name: Mapped[str] = mapped_column(server_default="")
    locale: Mapped[str] = mapped_column(server_default="")
    timezone: Mapped[str] = mapped_column(server_default="")
    email_revision: Mapped[int] = mapped_column(sa.BigInteger, server_default="0")
    phone_revision: Mapped[int] = mapped_column(sa.BigInteger, server_default="0")
    name_revision: Mapped[int] = mapped_column(sa.BigInteger, server_default="0")
    locale_revision: Mapped[int] = mapped_column(sa.BigInteger, server_default="0")
    timezone_revision: Mapped[int] = mapped_column(sa.BigInteger, server_default="0")
    active: Mapped[bool] = mapped_column(server_default=sa.true())


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
    one: Mapped[bool] = mapped_column(primary_key=True, server_default=sa.true())
    sealed: Mapped[bytes]
    created_at: Mapped[datetime] = mapped_column(server_default=sa.func.now())
