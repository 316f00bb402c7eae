"""What administrators see: accounts, and what happened to them."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from services.auth.audit import for_owner
from services.auth.errors import AccountNotFound
from services.auth.repository import accounts, audit, users
from services.auth.repository.accounts import AccountRow
from services.auth.repository.audit import AuditRow
from services.auth.repository.users import Search
from services.kit.data.database import Database
from services.kit.data.pages import PageTokens, page_size
from services.kit.data.tables import as_uuid


class Directory:
    """Lists accounts and audit events, page by page."""

    def __init__(self, database: Database, tokens: PageTokens) -> None:
        self._database = database
        self._tokens = tokens

    def list_users(self, search: Search, size: int, token: str) -> tuple[Sequence[AccountRow], str]:
        """A page of the accounts that match, and the token of the next."""
        scope, most = f"users {search!r}", page_size(size)
        after = self._after(token, scope)
        rows = users.list_users(self._database, search, after, most + 1)
        return self._tokens.page(rows, most, scope, lambda row: [str(row.account_id)])

    def list_own_events(
        self, account_id: UUID, size: int, token: str
    ) -> tuple[Sequence[AuditRow], str]:
        """A page of what happened to an account, newest first, for its owner, and the token of the
        next."""
        rows, following = self._list_events(account_id, size, token)
        return [for_owner(row) for row in rows], following

    def list_events_of(self, user_id: str, size: int, token: str) -> tuple[Sequence[AuditRow], str]:
        """The same of any account, for administrators; AccountNotFound."""
        account_id = as_uuid(user_id)
        if account_id is None or accounts.find_account(self._database, account_id) is None:
            raise AccountNotFound
        return self._list_events(account_id, size, token)

    def _list_events(
        self, account_id: UUID, size: int, token: str
    ) -> tuple[Sequence[AuditRow], str]:
        scope, most = f"audit {account_id}", page_size(size)
        after = self._after(token, scope)
        rows = audit.list_events(self._database, account_id, after, most + 1)
        return self._tokens.page(rows, most, scope, lambda row: [str(row.event_id)])

    def _after(self, token: str, scope: str) -> UUID | None:
        key = self._tokens.read(token, scope)
        return UUID(key[0]) if key else None
