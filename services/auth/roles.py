"""Roles: given by operators, told to the mesh, so that tokens with the old ones are refused."""

from __future__ import annotations

from services.auth.accounts import Accounts
from services.auth.addresses import normalize_email
from services.auth.errors import AccountNotFound
from services.auth.repository import accounts
from services.auth.repository.accounts import AccountRow
from services.kit.data.database import Database


class Roles:
    """Gives roles."""

    def __init__(self, database: Database, makes: Accounts) -> None:
        self._database = database
        self._accounts = makes

    def grant(self, email: str, role: str) -> AccountRow:
        """The account of an address, which has the role now; AccountNotFound.

        Granting again changes nothing.
        """
        address = normalize_email(email)
        changed = accounts.add_role(self._database, address, role)
        account = changed or accounts.find_account_by_email(self._database, address)
        if account is None:
            raise AccountNotFound
        if changed is not None:
            self._accounts.changed(changed)
        return account
