"""Accounts: people who proved an address."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from services.kit.data.database import Database
from services.kit.data.statements import Statement, Write


class AccountRow(NamedTuple):
    """A person who proved an address."""

    account_id: UUID
    email: str
    password_hash: str
    display_name: str
    locale: str
    phone: str | None
    roles: list[str]
    version: int
    first_login_at: datetime | None
    created_at: datetime


class NewAccount(NamedTuple):
    """A person who is about to prove an address."""

    email: str
    password_hash: str
    display_name: str
    locale: str


_COLUMNS = ", ".join(AccountRow._fields)

_FIND_ACCOUNT = Statement(
    f"SELECT {_COLUMNS} FROM accounts WHERE account_id = :account_id", AccountRow
)
_FIND_ACCOUNT_BY_EMAIL = Statement(
    f"SELECT {_COLUMNS} FROM accounts WHERE email = :email", AccountRow
)
_HOLD_ACCOUNT = Write(
    f"SELECT {_COLUMNS} FROM accounts WHERE account_id = :account_id FOR NO KEY UPDATE", AccountRow
)


def find_account(db: Database, account_id: UUID) -> AccountRow | None:
    """The account, or None."""
    return db.first(_FIND_ACCOUNT, account_id=account_id)


def find_account_by_email(db: Database, email: str) -> AccountRow | None:
    """The account of a normalized address, or None."""
    return db.first(_FIND_ACCOUNT_BY_EMAIL, email=email)


def hold_account(db: Database, account_id: UUID) -> AccountRow | None:
    """The account as it is now; its roles stay so until the transaction ends.

    A token is made either before a change of roles, which then refuses it, or with the new roles.
    """
    return db.first(_HOLD_ACCOUNT, account_id=account_id)


_CREATE_ACCOUNT = Write(
    f"""
    INSERT INTO accounts (email, password_hash, display_name, locale, roles)
    VALUES (:email, :password_hash, :display_name, :locale, CAST(:roles AS text[]))
    ON CONFLICT DO NOTHING RETURNING {_COLUMNS}
    """,
    AccountRow,
)


def create_account(db: Database, new: NewAccount, roles: list[str]) -> AccountRow | None:
    """A new account, or None where the address has one already."""
    return db.first(_CREATE_ACCOUNT, **new._asdict(), roles=roles)


_ADD_ROLE = Write(
    f"""
    UPDATE accounts
    SET roles = ARRAY(SELECT unnest(roles || CAST(:role AS text)) AS role ORDER BY role),
        version = version + 1, updated_at = now()
    WHERE email = :email AND NOT (CAST(:role AS text) = ANY (roles)) RETURNING {_COLUMNS}
    """,
    AccountRow,
)


def add_role(db: Database, email: str, role: str) -> AccountRow | None:
    """Give a role: the account's new version, or None where it has the role or is not there."""
    return db.first(_ADD_ROLE, email=email, role=role)
