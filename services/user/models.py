"""The tables of user."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from services.kit.data.tables import Base, Timestamps

DEFAULT_TIMEZONE = "UTC"


class UserBase(Base):
    """Base of user's tables."""

    __abstract__ = True
    metadata = sa.MetaData()


class Profile(Timestamps, UserBase):
    """What a person says of themselves. `created_at` is when their account began."""

    __tablename__ = "profiles"
    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    email: Mapped[str]
    phone: Mapped[str]
    display_name: Mapped[str]
    avatar_url: Mapped[str] = mapped_column(server_default="")
    bio: Mapped[str] = mapped_column(server_default="")
    locale: Mapped[str]
    timezone: Mapped[str] = mapped_column(server_default=DEFAULT_TIMEZONE)
    first_login_at: Mapped[datetime | None]
    tutorial_completed: Mapped[bool] = mapped_column(server_default=sa.false())
    step: Mapped[int] = mapped_column(server_default="0")
    theme: Mapped[str] = mapped_column(server_default="system")
    # Of the account: "active", "disabled" or "deleted".
    state: Mapped[str] = mapped_column(server_default="active")
