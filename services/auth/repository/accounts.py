"""Accounts: people who proved an address, or whom a provider knows."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from psycopg.errors import UniqueViolation

from services.auth.models import AccountState
from services.kit.data.database import Database
from services.kit.data.statements import Statement, Write
from services.kit.errors import Conflict


class AccountRow(NamedTuple):
    """A person. What stands in `email` and `phone` is proven."""

    account_id: UUID
    email: str | None
    phone: str | None
    display_name: str
    locale: str
    roles: list[str]
    version: int
    state: str
    first_login_at: datetime | None
    deleted_at: datetime | None
    created_at: datetime

    @property
    def may_sign_in(self) -> bool:
        """Whether sessions may begin; those of a deleted account may do little."""
        return self.state != AccountState.DISABLED


class NewAccount(NamedTuple):
    """A person whose address was just proven, or whom a provider knows."""

    email: str | None
    phone: str | None
    display_name: str
    locale: str


COLUMNS = ", ".join(f"accounts.{name}" for name in AccountRow._fields)

_FIND_ACCOUNT = Statement(
    f"SELECT {COLUMNS} FROM accounts WHERE account_id = :account_id", AccountRow
)
_FIND_ACCOUNT_BY_EMAIL = Statement(
    f"SELECT {COLUMNS} FROM accounts WHERE email = :email", AccountRow
)
_FIND_ACCOUNT_BY_PHONE = Statement(
    f"SELECT {COLUMNS} FROM accounts WHERE phone = :phone", AccountRow
)
_HOLD_ACCOUNT = Write(
    f"SELECT {COLUMNS} FROM accounts WHERE account_id = :account_id FOR NO KEY UPDATE", AccountRow
)


def find_account(db: Database, account_id: UUID) -> AccountRow | None:
    """The account, or None."""
    return db.first(_FIND_ACCOUNT, account_id=account_id)


def find_account_by_email(db: Database, email: str) -> AccountRow | None:
    """The account of a normalized address, or None."""
    return db.first(_FIND_ACCOUNT_BY_EMAIL, email=email)


def find_account_by_phone(db: Database, phone: str) -> AccountRow | None:
    """The account of a number in E.164, or None."""
    return db.first(_FIND_ACCOUNT_BY_PHONE, phone=phone)


def hold_account(db: Database, account_id: UUID) -> AccountRow | None:
    """The account as it is now; its roles stay so until the transaction ends.

    A token is made either before a change of roles, which then refuses it, or with the new roles.
    """
    return db.first(_HOLD_ACCOUNT, account_id=account_id)


_CREATE_ACCOUNT = Write(
    f"""
    INSERT INTO accounts (email, phone, display_name, locale, roles)
    VALUES (:email, :phone, :display_name, :locale, CAST(:roles AS text[]))
    ON CONFLICT DO NOTHING RETURNING {COLUMNS}
    """,
    AccountRow,
)


def create_account(db: Database, new: NewAccount, roles: list[str]) -> AccountRow | None:
    """A new account, or None where one of the addresses has an account already."""
    return db.first(_CREATE_ACCOUNT, **new._asdict(), roles=roles)


def _set(column: str, more: str = "") -> Write[AccountRow]:
    return Write(
        f"""
        UPDATE accounts SET {column} = :value, {more} updated_at = now()
        WHERE account_id = :account_id AND NOT EXISTS (
            SELECT FROM accounts others
            WHERE others.{column} = :value AND others.account_id <> :account_id
        ) RETURNING {COLUMNS}
        """,
        AccountRow,
    )


_SET_EMAIL = _set("email")
_SET_PHONE = _set("phone", "phone_at = now(),")
_REMOVE_PHONE = Write(
    f"""
    UPDATE accounts SET phone = NULL, phone_at = NULL, updated_at = now()
    WHERE account_id = :account_id RETURNING {COLUMNS}
    """,
    AccountRow,
)


def set_email(db: Database, account_id: UUID, email: str) -> AccountRow | None:
    """Give an account a proven address; None where another account has it, and Conflict where one
    gets it at the same moment."""
    return _set_address(db, _SET_EMAIL, account_id, email)


def set_phone(db: Database, account_id: UUID, phone: str) -> AccountRow | None:
    """The same with a proven number."""
    return _set_address(db, _SET_PHONE, account_id, phone)


def _set_address(
    db: Database, change: Write[AccountRow], account_id: UUID, value: str
) -> AccountRow | None:
    try:
        return db.first(change, account_id=account_id, value=value)
    except UniqueViolation:
        raise Conflict from None


def remove_phone(db: Database, account_id: UUID) -> AccountRow:
    """Take the number from an account, which is held."""
    return db.one(_REMOVE_PHONE, account_id=account_id)
