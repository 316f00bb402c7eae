"""What happened to accounts, for their owners and for administrators to read."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from uuid import UUID

from services.auth.repository import audit
from services.auth.repository.audit import AuditRow
from services.kit import call
from services.kit.data.database import Database
from stellr.auth.v1.audit_pb2 import AuditEventType

PREFIX = "AUDIT_EVENT_TYPE_"


def for_owner(row: AuditRow) -> AuditRow:
    """An event as the account's owner sees it: without where an administrator was who did it."""
    return row._replace(address="", device="") if row.actor else row


class Audit:
    """Keeps what happened, in the transaction in which it happens."""

    def __init__(
        self, database: Database, count: Callable[[str, str], None] = lambda *_: None
    ) -> None:
        """`count` counts what is kept for good, by its kind and method."""
        self._database = database
        self._count = count

    def record(
        self,
        account_id: UUID,
        kind: AuditEventType.ValueType,
        *,
        method: str = "",
        session_id: UUID | None = None,
        actor: str = "",
        detail: str = "",
    ) -> None:
        """Keep that something happened, from where this call comes."""
        this = call.current()
        name = AuditEventType.Name(kind).removeprefix(PREFIX).lower()
        audit.create_event(
            self._database,
            account_id=account_id,
            type=name,
            address=this.address if this else "",
            device=this.user_agent if this else "",
            method=method,
            session_id=str(session_id or ""),
            actor=actor,
            detail=detail,
        )
        self._database.after_commit(partial(self._count, name, method))
