"""Another password, for who knows the present one."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from services.auth import passwords
from services.auth.audit import Audit
from services.auth.budgets import Budget, Budgets
from services.auth.errors import InvalidCredentials, LoginFailed, PasswordNotSet
from services.auth.hashing import Hashing
from services.auth.mails import Mails
from services.auth.new_passwords import NewPasswords
from services.auth.repository import accounts, credentials
from services.auth.sessions import Sessions
from services.kit.data.database import Database
from stellr.auth.v1.audit_pb2 import AuditEventType

# Whoever has a session of somebody else's must not find out the password by it.
CHECKS = Budget("password_checks", 10)


class PasswordChange:
    """Changes passwords."""

    def __init__(
        self,
        database: Database,
        *,
        new_passwords: NewPasswords,
        hashing: Hashing,
        sessions: Sessions,
        mails: Mails,
        budgets: Budgets,
        audit: Audit,
    ) -> None:
        self._database = database
        self._new_passwords = new_passwords
        self._hashing = hashing
        self._sessions = sessions
        self._mails = mails
        self._budgets = budgets
        self._audit = audit

    def change(self, account_id: UUID, session_id: UUID, current: str, new: str) -> None:
        """Give the account another password; all sessions but this one end.

        InvalidFields on `newPassword`; PasswordNotSet; InvalidCredentials; RateLimited; SignInBusy.
        """
        chosen = self._new_passwords.check(new, "newPassword", self._about(account_id))
        known = credentials.find_password(self._database, account_id)
        if known is None:
            raise PasswordNotSet
        with self._database.transaction():
            self._budgets.spend(CHECKS, str(account_id))
        given = passwords.normalize_password(current)
        if not self._hashing.run(partial(passwords.verify_password, given, known)):
            kind = AuditEventType.AUDIT_EVENT_TYPE_PASSWORD_CHANGE_FAILED
            self._audit.record(account_id, kind, session_id=session_id)
            raise LoginFailed
        secret = self._new_passwords.hash(chosen)
        self._set(account_id, session_id, known, secret)

    def _about(self, account_id: UUID) -> tuple[str, str]:
        account = accounts.find_account(self._database, account_id)
        return (account.email or "", account.display_name) if account else ("", "")

    def _set(self, account_id: UUID, session_id: UUID, known: str, secret: str) -> None:
        account = accounts.hold_account(self._database, account_id)
        # It may have become another one while this was being hashed.
        if account is None or credentials.find_password(self._database, account_id) != known:
            raise InvalidCredentials
        credentials.set_password(self._database, account_id, secret)
        self._sessions.end_all(account_id, keep=session_id)
        self._audit.record(account_id, AuditEventType.AUDIT_EVENT_TYPE_PASSWORD_CHANGED)
        self._mails.password_changed(account)
