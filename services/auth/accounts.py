"""Accounts begin and change, and the mesh is told."""

from __future__ import annotations

from datetime import UTC, datetime

from services.auth.audit import Audit
from services.auth.mails import Mails
from services.auth.repository import accounts, verifications
from services.auth.repository.accounts import AccountRow, NewAccount
from services.kit.data.database import Database
from services.kit.events.events import Events
from services.kit.identity.roles import LEARNER
from stellr.auth.v1.account_pb2 import AccountState
from stellr.auth.v1.audit_pb2 import AuditEventType
from stellr.auth.v1.events_pb2 import AccountChanged, AddressesChanged

# For who does not say theirs: a name is asked for by certificates, not by signing in.
DEFAULT_NAME = "Learner"
DEFAULT_LOCALE = "en"
STATE_PREFIX = "ACCOUNT_STATE_"


class Accounts:
    """Makes accounts, and tells of what changes about them."""

    def __init__(self, database: Database, events: Events, mails: Mails, audit: Audit) -> None:
        self._database = database
        self._events = events
        self._mails = mails
        self._audit = audit

    def create(self, new: NewAccount) -> AccountRow | None:
        """The new account of a learner, who is welcomed; None where an address is taken already.

        Registrations of the address that nobody proved are void: they were not its owner's.
        """
        account = accounts.create_account(self._database, new, [LEARNER])
        if account is None:
            return None
        if account.email:
            verifications.void_registrations(self._database, account.email)
        self._audit.record(account.account_id, AuditEventType.AUDIT_EVENT_TYPE_REGISTERED)
        self._mails.contact(account, datetime.now(UTC))
        self._mails.welcome(account)
        return account

    def changed(self, account: AccountRow) -> None:
        """Tell that the roles or the state of an account changed; true everywhere at the answer."""
        told = AccountChanged(
            user_id=str(account.account_id), version=account.version, state=state_of(account)
        )
        self._events.append(told, awaited=True)

    def addresses_changed(self, account: AccountRow) -> None:
        """Tell that an address of an account changed, and how its owner is reached now."""
        told = AddressesChanged(
            user_id=str(account.account_id), email=account.email or "", phone=account.phone or ""
        )
        self._events.append(told, awaited=True)
        self._mails.new_addresses(account, datetime.now(UTC))


def state_of(account: AccountRow) -> AccountState.ValueType:
    """The state of an account as contracts name it."""
    return AccountState.Value(f"{STATE_PREFIX}{account.state.upper()}")
