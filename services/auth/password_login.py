"""Logging in by e-mail and password: slow for who guesses, and never shut for the owner."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from services.auth import passwords
from services.auth.addresses import normalize_email
from services.auth.budgets import Budget, Budgets
from services.auth.errors import LoginFailed
from services.auth.failures import Failures
from services.auth.hashing import Hashing
from services.auth.networks import network
from services.auth.repository import accounts, credentials
from services.auth.repository.accounts import AccountRow
from services.auth.repository.credentials import PasswordLogin
from services.kit.data.database import Database
from services.kit.errors import InvalidArgument
from services.kit.rpc.limits import short_hash
from services.kit.text import trim

# From networks that the account was not used from before: a minute's limit alone would let 14,400
# guesses a day pass.
ATTEMPTS = Budget("login_attempts", 100)


class Attempt(NamedTuple):
    """Somebody tries to log in."""

    # One spelling for each address, also where no account can have it.
    email: str
    login: PasswordLogin | None
    network: str


class PasswordLogins:
    """Checks passwords."""

    def __init__(
        self,
        database: Database,
        *,
        budgets: Budgets,
        count: Callable[[str], None],
        hashing: Hashing,
        failures: Failures,
    ) -> None:
        """`count` counts an attempt by a key; it raises RateLimited."""
        self._database = database
        self._budgets = budgets
        self._count = count
        self._hashing = hashing
        self._failures = failures

    def log_in(self, email: str, password: str) -> AccountRow:
        """The account, held, for the right password; InvalidCredentials for any other.

        RateLimited by the account; SignInBusy.
        """
        attempt = self._attempt(email)
        self._limit(attempt)
        # No transaction is open and no connection held while this waits for its turn.
        proven = self._hashing.run(partial(_prove, attempt.login, password))
        held = self._hold(attempt.login) if proven and attempt.login else None
        if held is None:
            owner = attempt.login and attempt.login.account.account_id
            self._failures.note(owner, attempt.email, "password")
            raise LoginFailed
        return held

    def _attempt(self, email: str) -> Attempt:
        here = network()
        try:
            normalized = normalize_email(email)
        except InvalidArgument:
            # Nobody has an address that no mail reaches; it is looked up like any other.
            normalized = trim(email).casefold()
        login = credentials.find_password_login(self._database, normalized, here)
        return Attempt(normalized, login, here)

    def _limit(self, attempt: Attempt) -> None:
        """Count the attempt before anything is looked at.

        Who knows the account's network has a count of their own, which nobody else can use up.
        """
        if attempt.login and attempt.login.knows_network:
            self._count(short_hash(f"{attempt.email} {attempt.network}"))
            return
        self._count(short_hash(attempt.email))
        with self._database.transaction():
            self._budgets.spend(ATTEMPTS, attempt.email)

    def _hold(self, proven: PasswordLogin) -> AccountRow | None:
        """The account as it is now; None where its password changed since it was proven, or nobody
        may sign in."""
        account = accounts.hold_account(self._database, proven.account.account_id)
        password = account and credentials.find_password(self._database, account.account_id)
        unchanged = account and account.may_sign_in and password == proven.password_hash
        return account if unchanged else None


def _prove(login: PasswordLogin | None, password: str) -> bool:
    known = login.password_hash if login else None
    return passwords.verify_password(passwords.normalize_password(password), known)
