"""What happened to accounts."""

from __future__ import annotations

from typing import Any

from services.kit.data.database import Database
from services.kit.data.statements import Write, nothing

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
