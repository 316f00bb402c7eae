"""What happened to accounts."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from services.kit.data.database import Database
from services.kit.data.statements import Statement, Write, nothing

_CREATE_EVENT = Write(
    """
    INSERT INTO audit_events (account_id, type, address, device, method, session_id, actor, detail)
    SELECT account_id, :type, :address, :device, :method, :session_id, :actor, :detail
    FROM accounts WHERE account_id = :account_id
    """,
    nothing,
)


def create_event(db: Database, **values: Any) -> None:
    """Keep an event of an account, unless that is gone."""
    db.run(_CREATE_EVENT, **values)


class AuditRow(NamedTuple):
    """Something that happened to an account."""

    event_id: UUID
    type: str
    occurred_at: datetime
    address: str
    device: str
    method: str
    session_id: str
    actor: str
    detail: str


_COLUMNS = ", ".join(AuditRow._fields)
_LIST_EVENTS = Statement(
    f"""
    SELECT {_COLUMNS} FROM audit_events
    WHERE account_id = :account_id
        AND (CAST(:after AS uuid) IS NULL OR event_id < CAST(:after AS uuid))
    ORDER BY event_id DESC LIMIT :most
    """,
    AuditRow,
)


def list_events(db: Database, account_id: UUID, after: UUID | None, most: int) -> list[AuditRow]:
    """At most so many events of an account before one, newest first."""
    return db.all(_LIST_EVENTS, account_id=account_id, after=after, most=most)
