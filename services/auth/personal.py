"""What auth keeps of a person."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from services.auth.repository import accounts, audit, credentials, sessions, standing
from services.kit.data.database import Database
from services.kit.data.pages import every

PAGE = 500
MOST_SESSIONS = 1000


def export_person(db: Database, user_id: UUID) -> dict[str, Any]:
    """All of it: no password, nor a hash of one, since that is of use to nobody else."""
    account = accounts.find_account(db, user_id)
    return {
        "account": account._asdict() if account else None,
        "credentials": [row._asdict() for row in credentials.list_credentials(db, user_id)],
        "sessions": [row._asdict() for row in sessions.list_sessions(db, user_id, MOST_SESSIONS)],
        "auditEvents": _events(db, user_id),
    }


def erase_person(db: Database, user_id: UUID) -> None:
    """Nothing is left to do: the account went in the transaction that told of it."""
    account = accounts.find_account(db, user_id)
    if account is not None:
        standing.erase(db, account)


def _events(db: Database, user_id: UUID) -> Iterator[dict[str, Any]]:
    first: UUID | None = None
    found = every(
        lambda after: audit.list_events(db, user_id, after, PAGE), first, lambda row: row.event_id
    )
    return (row._asdict() for row in found)
