"""Sign-ins that failed, for the owner of the account to see."""

from __future__ import annotations

from uuid import UUID

from services.auth.audit import Audit
from services.auth.budgets import Budget, Budgets
from stellr.auth.v1.audit_pb2 import AuditEventType

# That are kept in the audit trail.
KEPT = Budget("login_failures", 20)


class Failures:
    """Keeps of an hour the first twenty."""

    def __init__(self, budgets: Budgets, audit: Audit) -> None:
        self._budgets = budgets
        self._audit = audit

    def note(self, account_id: UUID | None, subject: str, method: str) -> None:
        """Keep that a sign-in at a subject, such as an address, failed in the open transaction.

        As much is done where it has no account.
        """
        is_kept = self._budgets.has(KEPT, subject)
        if account_id and is_kept:
            kind = AuditEventType.AUDIT_EVENT_TYPE_SIGN_IN_FAILED
            self._audit.record(account_id, kind, method=method)
