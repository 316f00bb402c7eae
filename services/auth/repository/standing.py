"""Roles and states of accounts, and their end."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from services.auth.repository.accounts import COLUMNS, AccountRow
from services.kit.data.database import Database
from services.kit.data.statements import Write, nothing


def _change(change: str, condition: str) -> Write[AccountRow]:
    """A change that makes tokens stale; no row where the condition does not hold."""
    return Write(
        f"""
        UPDATE accounts SET {change}, version = version + 1, updated_at = now()
        WHERE account_id = :account_id AND {condition} RETURNING {COLUMNS}
        """,
        AccountRow,
    )


_SET_ROLES = _change("roles = CAST(:roles AS text[])", "roles <> CAST(:roles AS text[])")
# That it was deleted stays in `deleted_at` meanwhile: it is erased when its time comes.
_DISABLE = _change("state = 'disabled'", "state <> 'disabled'")
_ENABLE = _change(
    "state = CASE WHEN deleted_at IS NULL THEN 'active' ELSE 'deleted' END", "state = 'disabled'"
)
_DELETE = _change("state = 'deleted', deleted_at = now()", "state = 'active'")
_RESTORE = _change("state = 'active', deleted_at = NULL", "state = 'deleted'")


def set_roles(db: Database, account_id: UUID, roles: list[str]) -> AccountRow | None:
    """Set the roles, in order; None where they are these, or there is no account."""
    return db.first(_SET_ROLES, account_id=account_id, roles=sorted(roles))


def disable(db: Database, account_id: UUID) -> AccountRow | None:
    """Disable an account; None where it is, or there is none."""
    return db.first(_DISABLE, account_id=account_id)


def enable(db: Database, account_id: UUID) -> AccountRow | None:
    """Enable an account; None where it is not disabled, or there is none."""
    return db.first(_ENABLE, account_id=account_id)


def delete(db: Database, account_id: UUID) -> AccountRow | None:
    """Delete an account for the time being; None where it is not active, or there is none."""
    return db.first(_DELETE, account_id=account_id)


def restore(db: Database, account_id: UUID) -> AccountRow | None:
    """Restore a deleted account; None where it is not deleted, or there is none."""
    return db.first(_RESTORE, account_id=account_id)


_HOLD_DUE = Write(
    f"""
    SELECT {COLUMNS} FROM accounts WHERE deleted_at < now() - CAST(:after AS interval)
    ORDER BY deleted_at LIMIT 1 FOR UPDATE SKIP LOCKED
    """,
    AccountRow,
)
_ERASE = Write("DELETE FROM accounts WHERE account_id = :account_id", nothing)
_ERASE_CODES = Write(
    "DELETE FROM verifications WHERE address = ANY(CAST(:addresses AS text[]))", nothing
)


def hold_due(db: Database, after: timedelta) -> AccountRow | None:
    """An account that was deleted that long ago, or None."""
    return db.first(_HOLD_DUE, after=after)


def erase(db: Database, account: AccountRow) -> None:
    """Delete all that is kept of an account."""
    addresses = [address for address in (account.email, account.phone) if address]
    db.run(_ERASE_CODES, addresses=addresses)
    db.run(_ERASE, account_id=account.account_id)


_UPDATE_PROFILE = Write(
    """
    UPDATE accounts SET display_name = :display_name, locale = :locale,
        profile_revision = :revision, updated_at = now()
    WHERE account_id = :account_id AND profile_revision < :revision
    """,
    nothing,
)


def update_profile(
    db: Database, account_id: UUID, display_name: str, locale: str, revision: int
) -> None:
    """Keep a name and a locale, unless newer ones are kept."""
    given = {"display_name": display_name, "locale": locale, "revision": revision}
    db.run(_UPDATE_PROFILE, account_id=account_id, **given)
