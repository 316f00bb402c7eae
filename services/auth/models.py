"""The tables of auth."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.kit.data.tables import Base, Timestamps, new_id


class AuthBase(Base):
    """Base of auth's tables."""

    __abstract__ = True
    metadata = sa.MetaData()


class Account(Timestamps, AuthBase):
    """A person who proved an address, kept normalized. `version` grows as the roles change."""

    __tablename__ = "accounts"
    account_id: Mapped[UUID] = new_id()
    email: Mapped[str] = mapped_column(unique=True)
    password_hash: Mapped[str]
    display_name: Mapped[str]
    locale: Mapped[str]
    phone: Mapped[str | None] = mapped_column(unique=True)
    roles: Mapped[list[str]] = mapped_column(ARRAY(sa.Text))
    version: Mapped[int] = mapped_column(server_default="1")
    first_login_at: Mapped[datetime | None]


class Verification(AuthBase):
    """A code on its way. `payload` waits for the proof; without one the code proves nothing."""

    __tablename__ = "verifications"
    verification_id: Mapped[UUID] = new_id()
    email: Mapped[str]
    code_hash: Mapped[str]
    payload: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    guesses: Mapped[int] = mapped_column(server_default="0")
    sends: Mapped[int] = mapped_column(server_default="1")
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=sa.func.now())


class Session(AuthBase):
    """A person signed in on a device. `generation` counts the refresh tokens given out.

    `rotated_at` is when the present one took the place of the one before.
    """

    __tablename__ = "sessions"
    session_id: Mapped[UUID] = new_id()
    account_id: Mapped[UUID] = mapped_column(
        sa.ForeignKey("accounts.account_id", ondelete="CASCADE"), index=True
    )
    salt: Mapped[str]
    generation: Mapped[int] = mapped_column(server_default="1")
    device: Mapped[str]
    address: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=sa.func.now())
    rotated_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime] = mapped_column(server_default=sa.func.now())
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class Budget(AuthBase):
    """How much of something an address has had since the first of it."""

    __tablename__ = "budgets"
    email: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    spent: Mapped[int]
    since: Mapped[datetime]
