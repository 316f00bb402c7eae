"""The ways to sign in to an account, for its owner to see and to remove."""

from __future__ import annotations

from uuid import UUID

from services.auth.accounts import Accounts
from services.auth.audit import Audit
from services.auth.errors import AccountNotFound, CredentialNotFound, LastCredential
from services.auth.mails import Mails
from services.auth.models import CredentialKind
from services.auth.repository import accounts as account_rows
from services.auth.repository import credentials
from services.auth.repository.accounts import AccountRow
from services.auth.repository.credentials import CredentialView
from services.auth.sessions import Sessions
from services.kit.data.database import Database
from stellr.auth.v1.audit_pb2 import AuditEventType


class Credentials:
    """Lists and removes them."""

    def __init__(
        self,
        database: Database,
        *,
        accounts: Accounts,
        sessions: Sessions,
        mails: Mails,
        audit: Audit,
    ) -> None:
        self._database = database
        self._accounts = accounts
        self._sessions = sessions
        self._mails = mails
        self._audit = audit

    def list_credentials(self, account_id: UUID) -> list[CredentialView]:
        """The ways to sign in to an account, the one added first first."""
        return credentials.list_credentials(self._database, account_id)

    def remove(self, account_id: UUID, session_id: UUID, credential_id: str) -> None:
        """Remove a way to sign in; all sessions but this one end, also those that began by it.

        CredentialNotFound; LastCredential.
        """
        # Of two that are removed at once the second sees what the first left.
        account = account_rows.hold_account(self._database, account_id)
        if account is None:
            raise AccountNotFound
        found = self.list_credentials(account_id)
        removed = next((one for one in found if one.credential_id == credential_id), None)
        if removed is None:
            raise CredentialNotFound
        if len(found) == 1:
            raise LastCredential
        self._remove(account, removed)
        self._sessions.end_all(account_id, keep=session_id)
        self._tell(account, removed)

    def _remove(self, account: AccountRow, removed: CredentialView) -> None:
        if removed.kind == CredentialKind.PHONE:
            changed = account_rows.remove_phone(self._database, account.account_id)
            self._accounts.addresses_changed(changed)
            self._mails.address_changed(account, is_email=False)
        else:
            credentials.remove_credential(self._database, removed.credential_id)

    def _tell(self, account: AccountRow, removed: CredentialView) -> None:
        self._audit.record(
            account.account_id,
            AuditEventType.AUDIT_EVENT_TYPE_CREDENTIAL_REMOVED,
            method=removed.kind,
            detail=removed.issuer,
        )
        self._mails.credentials_changed(account, "removed", removed.kind, removed.issuer)
