"""Credentials: what people prove themselves with."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from services.auth.models import CredentialKind
from services.auth.repository.accounts import COLUMNS, AccountRow
from services.kit.data.database import Database
from services.kit.data.statements import Statement, Write, nothing, scalar


class PasswordLogin(NamedTuple):
    """An account, the hash of its password, None where it has none.

    And whether it was used from the caller's network before.
    """

    account: AccountRow
    password_hash: str | None
    knows_network: bool


def _password_login(*row: Any) -> PasswordLogin:
    return PasswordLogin(AccountRow(*row[:-2]), *row[-2:])


_FIND_PASSWORD_LOGIN = Statement(
    f"""
    SELECT {COLUMNS}, credentials.secret, EXISTS (
        SELECT FROM known_devices
        WHERE known_devices.account_id = accounts.account_id AND network = :network
    ) FROM accounts
    LEFT JOIN credentials ON credentials.account_id = accounts.account_id
        AND credentials.kind = '{CredentialKind.PASSWORD}'
    WHERE accounts.email = :email
    """,
    _password_login,
)
_FIND_PASSWORD = Statement(
    f"SELECT secret FROM credentials WHERE account_id = :account_id"
    f" AND kind = '{CredentialKind.PASSWORD}'",
    scalar,
)
_SET_PASSWORD = Write(
    f"""
    INSERT INTO credentials (account_id, kind, subject, secret)
    VALUES (
        :account_id, '{CredentialKind.PASSWORD}', CAST(CAST(:account_id AS uuid) AS text), :secret
    )
    ON CONFLICT (kind, issuer, subject) DO UPDATE SET secret = excluded.secret, updated_at = now()
    """,
    nothing,
)


def find_password_login(db: Database, email: str, network: str) -> PasswordLogin | None:
    """The account of a normalized address with its password, or None."""
    return db.first(_FIND_PASSWORD_LOGIN, email=email, network=network)


def find_password(db: Database, account_id: UUID) -> str | None:
    """The hash of the account's password, or None."""
    return db.first(_FIND_PASSWORD, account_id=account_id)


def set_password(db: Database, account_id: UUID, password_hash: str) -> None:
    """Give an account its first password, or another one."""
    db.run(_SET_PASSWORD, account_id=account_id, secret=password_hash)


class CredentialView(NamedTuple):
    """A way to sign in, without its secret."""

    credential_id: str
    kind: str
    issuer: str
    subject: str
    address: str
    created_at: datetime


# What the account's number is removed by.
PHONE_ID = "phone"
_LIST_CREDENTIALS = Statement(
    f"""
    SELECT credential_id::text, kind, issuer, subject, address, created_at FROM credentials
    WHERE account_id = :account_id
    UNION ALL
    SELECT '{PHONE_ID}', '{CredentialKind.PHONE}', '', phone, phone, coalesce(phone_at, created_at)
    FROM accounts WHERE account_id = :account_id AND phone IS NOT NULL
    ORDER BY created_at, credential_id
    """,
    CredentialView,
)
_REMOVE_CREDENTIAL = Write(
    "DELETE FROM credentials WHERE credential_id = CAST(CAST(:credential_id AS text) AS uuid)",
    nothing,
)


def list_credentials(db: Database, account_id: UUID) -> list[CredentialView]:
    """The ways to sign in to an account."""
    return db.all(_LIST_CREDENTIALS, account_id=account_id)


def remove_credential(db: Database, credential_id: str) -> None:
    """Remove a way to sign in that has a row of its own."""
    db.run(_REMOVE_CREDENTIAL, credential_id=credential_id)
