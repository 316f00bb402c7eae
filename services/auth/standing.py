"""What an account may do and whether it may be used: changed by administrators and its owner."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from services.auth.accounts import Accounts
from services.auth.addresses import normalize_email
from services.auth.audit import Audit
from services.auth.errors import AccountNotDeleted, AccountNotFound, OwnAccount
from services.auth.mails import Mails
from services.auth.repository import accounts, standing
from services.auth.repository.accounts import AccountRow
from services.auth.sessions import Sessions
from services.kit.data.database import Database
from services.kit.data.tables import as_uuid
from services.kit.events.events import Events
from services.kit.identity.roles import LEARNER
from stellr.auth.v1.audit_pb2 import AuditEventType
from stellr.auth.v1.events_pb2 import PersonErased

ADMIN = "admin"
OPERATOR = "operator"


class Standing:
    """Changes roles and states. What was so already is left as it is."""

    def __init__(
        self,
        database: Database,
        *,
        events: Events,
        accounts: Accounts,
        sessions: Sessions,
        mails: Mails,
        audit: Audit,
        erase_after: timedelta,
    ) -> None:
        self._database = database
        self._events = events
        self._accounts = accounts
        self._sessions = sessions
        self._mails = mails
        self._audit = audit
        self._erase_after = erase_after

    # Roles

    def set_roles(self, actor: UUID, user_id: str, roles: Iterable[str]) -> AccountRow:
        """Give an account these roles and no others; it stays a learner.

        AccountNotFound; OwnAccount where the actor would be no administrator any more.
        """
        account, wanted = self._find(user_id), {LEARNER, *roles}
        if account.account_id == actor and ADMIN not in wanted:
            raise OwnAccount
        return self._set_roles(account, wanted, str(actor))

    def grant(self, email: str, role: str) -> AccountRow:
        """Give a role to the account of an address, for an operator; AccountNotFound."""
        account = self._hold(email)
        return self._set_roles(account, {*account.roles, role}, OPERATOR)

    def revoke(self, email: str, role: str) -> AccountRow:
        """Take a role from the account of an address, for an operator; AccountNotFound."""
        account = self._hold(email)
        return self._set_roles(account, {*account.roles} - {role}, OPERATOR)

    def _set_roles(self, account: AccountRow, roles: Iterable[str], actor: str) -> AccountRow:
        changed = standing.set_roles(self._database, account.account_id, list(roles))
        if changed is None:
            return account
        self._audit.record(
            account.account_id,
            AuditEventType.AUDIT_EVENT_TYPE_ROLES_CHANGED,
            actor=actor,
            detail=", ".join(changed.roles),
        )
        self._accounts.changed(changed)
        return changed

    # States

    def disable(self, actor: UUID, user_id: str) -> AccountRow:
        """Let nobody sign in to an account any more; AccountNotFound; OwnAccount."""
        account = self._find(user_id)
        if account.account_id == actor:
            raise OwnAccount
        changed = standing.disable(self._database, account.account_id)
        if changed is not None:
            self._sessions.end_all(account.account_id)
            self._tell(changed, AuditEventType.AUDIT_EVENT_TYPE_DISABLED, str(actor))
        return changed or account

    def enable(self, actor: UUID, user_id: str) -> AccountRow:
        """Undo that; a deleted account stays deleted. AccountNotFound."""
        account = self._find(user_id)
        changed = standing.enable(self._database, account.account_id)
        if changed is not None:
            self._tell(changed, AuditEventType.AUDIT_EVENT_TYPE_ENABLED, str(actor))
        return changed or account

    def delete(self, account_id: UUID) -> AccountRow:
        """Delete an account until it is erased, signed out everywhere; AccountNotFound."""
        changed = standing.delete(self._database, account_id)
        if changed is not None:
            self._sessions.end_all(account_id)
            self._tell(changed, AuditEventType.AUDIT_EVENT_TYPE_DELETED)
            self._mails.account_deleted(changed, self._erase_after)
        return changed or self._find(str(account_id))

    def restore(self, account_id: UUID) -> AccountRow:
        """Take a deletion back; AccountNotFound; AccountNotDeleted."""
        changed = standing.restore(self._database, account_id)
        if changed is None:
            self._find(str(account_id))
            raise AccountNotDeleted
        self._tell(changed, AuditEventType.AUDIT_EVENT_TYPE_RESTORED)
        self._mails.account_restored(changed)
        return changed

    def _tell(self, account: AccountRow, kind: AuditEventType.ValueType, actor: str = "") -> None:
        self._audit.record(account.account_id, kind, actor=actor)
        self._accounts.changed(account)

    # The end

    def erase_due(self) -> bool:
        """Erase one account whose time has come; whether there was one."""
        account = standing.hold_due(self._database, self._erase_after)
        if account is not None:
            self._erase(account)
        return account is not None

    def erase(self, email: str) -> None:
        """Erase the account of an address now, for an operator; AccountNotFound."""
        self._erase(self._hold(email))

    def _erase(self, account: AccountRow) -> None:
        self._sessions.end_all(account.account_id)
        standing.erase(self._database, account)
        self._events.append(PersonErased(user_id=str(account.account_id)))

    def _find(self, user_id: str) -> AccountRow:
        account_id = as_uuid(user_id)
        account = account_id and accounts.find_account(self._database, account_id)
        if not account:
            raise AccountNotFound
        return account

    def _hold(self, email: str) -> AccountRow:
        """The account of an address, as it is until the transaction ends."""
        known = accounts.find_account_by_email(self._database, normalize_email(email))
        account = known and accounts.hold_account(self._database, known.account_id)
        if account is None:
            raise AccountNotFound
        return account
