"""What auth keeps of a person."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from services.auth.audit import for_owner
from services.auth.repository import (
    accounts,
    audit,
    credentials,
    devices,
    sessions,
    standing,
    verifications,
)
from services.auth.repository.accounts import AccountRow
from services.kit.data.database import Database
from services.kit.data.pages import every

PAGE = 500


def export_person(db: Database, user_id: UUID) -> dict[str, Any]:
    """All of it: no password, nor a hash of one, since that is of use to nobody else."""
    account = accounts.find_account(db, user_id)
    return {
        "account": account._asdict() if account else None,
        "credentials": [row._asdict() for row in credentials.list_credentials(db, user_id)],
        "verifications": _verifications(db, user_id, account),
        "knownDevices": [row._asdict() for row in devices.list_devices(db, user_id)],
        "sessions": _sessions(db, user_id),
        "auditEvents": _events(db, user_id),
    }


def erase_person(db: Database, user_id: UUID) -> None:
    """The account goes in the transaction that tells of it; one that is left all the same goes
    here."""
    account = accounts.find_account(db, user_id)
    if account is not None:
        standing.erase(db, account)


def _verifications(db: Database, user_id: UUID, account: AccountRow | None) -> list[dict[str, Any]]:
    addresses = [each for each in (account.email, account.phone) if each] if account else []
    return [row._asdict() for row in verifications.list_pending(db, user_id, addresses)]


def _sessions(db: Database, user_id: UUID) -> Iterator[dict[str, Any]]:
    first: UUID | None = None
    found = every(
        lambda after: sessions.list_all_sessions(db, user_id, after, PAGE),
        first,
        lambda row: row.session_id,
    )
    return (row._asdict() for row in found)


def _events(db: Database, user_id: UUID) -> Iterator[dict[str, Any]]:
    first: UUID | None = None
    found = every(
        lambda after: audit.list_events(db, user_id, after, PAGE), first, lambda row: row.event_id
    )
    return (for_owner(row)._asdict() for row in found)
