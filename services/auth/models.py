"""The tables of auth."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
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


def account_key(**options: Any) -> Mapped[UUID]:
    """A reference to an account, whose end is the row's end too."""
    key = sa.ForeignKey("accounts.account_id", ondelete="CASCADE")
    return mapped_column(key, **options)


class AccountState(StrEnum):
    """Whether an account may be used."""

    ACTIVE = "active"
    DISABLED = "disabled"
    DELETED = "deleted"


class Account(Timestamps, AuthBase):
    """A person. Addresses are kept normalized, and only proven ones.

    `phone_at` is when the number was set, None where the account began with it. `version` grows as
    the roles or the state change. `profile_revision` is the profile's that has this name and
    locale, in microseconds since 1970.
    """

    __tablename__ = "accounts"
    account_id: Mapped[UUID] = new_id()
    email: Mapped[str | None] = mapped_column(unique=True)
    phone: Mapped[str | None] = mapped_column(unique=True)
    phone_at: Mapped[datetime | None]
    display_name: Mapped[str]
    locale: Mapped[str]
    profile_revision: Mapped[int] = mapped_column(sa.BigInteger, server_default="0")
    roles: Mapped[list[str]] = mapped_column(ARRAY(sa.Text))
    version: Mapped[int] = mapped_column(server_default="1")
    state: Mapped[str] = mapped_column(server_default=AccountState.ACTIVE)
    first_login_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]


class CredentialKind(StrEnum):
    """A way to prove who one is."""

    PASSWORD = "password"  # noqa: S105 - a name, no password
    """`subject` is the account, `secret` the hash."""
    OPENID = "openid"
    """`issuer` and `subject` are the provider's (OpenID Connect Core, 2), `address` is the e-mail
    address that it was linked by."""
    PHONE = "phone"
    """The account's number; it has no row of its own."""


class Credential(Timestamps, AuthBase):
    """What a person proves themselves with, beside a code sent to an address."""

    __tablename__ = "credentials"
    __table_args__ = (sa.UniqueConstraint("kind", "issuer", "subject"),)
    credential_id: Mapped[UUID] = new_id()
    account_id: Mapped[UUID] = account_key(index=True)
    kind: Mapped[str]
    issuer: Mapped[str] = mapped_column(server_default="")
    subject: Mapped[str]
    secret: Mapped[str] = mapped_column(server_default="")
    address: Mapped[str] = mapped_column(server_default="")


class Purpose(StrEnum):
    """What a code is for; it is good for nothing else."""

    REGISTER = "register"
    PHONE_LOGIN = "phone_login"
    CHANGE_EMAIL = "change_email"
    CHANGE_PHONE = "change_phone"
    RESET_PASSWORD = "reset_password"  # noqa: S105 - a name, no password


class Verification(AuthBase):
    """A code on its way to an address. Without an account and a payload it proves nothing.

    `payload` is the new account that waits for the proof, or that the new address is taken;
    `account_id` is the account it is about.
    """

    __tablename__ = "verifications"
    verification_id: Mapped[UUID] = new_id()
    purpose: Mapped[str]
    address: Mapped[str]
    account_id: Mapped[UUID | None] = account_key(index=True)
    code_hash: Mapped[str]
    link_hash: Mapped[str | None] = mapped_column(unique=True)
    payload: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    guesses: Mapped[int] = mapped_column(server_default="0")
    sends: Mapped[int] = mapped_column(server_default="1")
    sent_at: Mapped[datetime] = mapped_column(server_default=sa.func.now())
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=sa.func.now())


class Session(AuthBase):
    """A person signed in on a device. `generation` counts the refresh tokens given out.

    `rotated_at` is when the present one took the place of the one before.
    """

    __tablename__ = "sessions"
    session_id: Mapped[UUID] = new_id()
    account_id: Mapped[UUID] = account_key(index=True)
    salt: Mapped[str]
    generation: Mapped[int] = mapped_column(server_default="1")
    device: Mapped[str]
    address: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=sa.func.now())
    rotated_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime] = mapped_column(server_default=sa.func.now())
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class KnownDevice(AuthBase):
    """A device (by a hash of how it names itself) and a network that an account was used from."""

    __tablename__ = "known_devices"
    account_id: Mapped[UUID] = account_key(primary_key=True)
    agent: Mapped[str] = mapped_column(primary_key=True)
    network: Mapped[str] = mapped_column(primary_key=True)
    last_seen_at: Mapped[datetime] = mapped_column(server_default=sa.func.now())


class AuditEvent(AuthBase):
    """Something that happened to an account; `type` is the name of an AuditEventType."""

    __tablename__ = "audit_events"
    event_id: Mapped[UUID] = new_id()
    account_id: Mapped[UUID] = account_key()
    type: Mapped[str]
    occurred_at: Mapped[datetime] = mapped_column(server_default=sa.func.now())
    address: Mapped[str] = mapped_column(server_default="")
    device: Mapped[str] = mapped_column(server_default="")
    method: Mapped[str] = mapped_column(server_default="")
    session_id: Mapped[str] = mapped_column(server_default="")
    actor: Mapped[str] = mapped_column(server_default="")
    detail: Mapped[str] = mapped_column(server_default="")


class SigningKey(AuthBase):
    """A key for access tokens; its private part is sealed by the academy's secret."""

    __tablename__ = "signing_keys"
    kid: Mapped[str] = mapped_column(primary_key=True)
    public_jwk: Mapped[dict[str, Any]] = mapped_column(JSONB)
    sealed: Mapped[bytes]
    signs_from: Mapped[datetime]
    created_at: Mapped[datetime] = mapped_column(server_default=sa.func.now())


class OpenIdUse(AuthBase):
    """A state or an ID token that was used: good for nothing more until it expires."""

    __tablename__ = "openid_uses"
    digest: Mapped[str] = mapped_column(primary_key=True)
    expires_at: Mapped[datetime]


class Budget(AuthBase):
    """How much of something has been spent on a subject, by its hash, since the first of it."""

    __tablename__ = "budgets"
    subject: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    spent: Mapped[int]
    since: Mapped[datetime]
