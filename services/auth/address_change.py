"""Changing an address of an account: the new one is proven first, and the old one is told."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from services.auth.accounts import Accounts
from services.auth.addresses import normalize_email
from services.auth.audit import Audit
from services.auth.errors import AccountNotFound, CodeInvalid
from services.auth.mail_budgets import MailBudgets
from services.auth.mails import Mails, address_of
from services.auth.models import AccountState, CredentialKind, Purpose
from services.auth.phone_numbers import normalize_phone
from services.auth.repository import accounts, openid, sessions, verifications
from services.auth.repository.accounts import AccountRow
from services.auth.repository.verifications import VerificationRow
from services.auth.text_messages import TextMessages
from services.auth.verifying import Pending, Secret, Verifying
from services.kit import call
from services.kit.data.database import Database
from services.kit.errors import SessionEnded
from stellr.auth.v1.audit_pb2 import AuditEventType

# What is kept with a code for an address that is somebody else's: it proves nothing.
TAKEN = {"taken": True}


class AddressChange:
    """Changes e-mail addresses and phone numbers."""

    def __init__(
        self,
        database: Database,
        *,
        verifying: Verifying,
        accounts: Accounts,
        mails: Mails,
        messages: TextMessages,
        mail_budgets: MailBudgets,
        audit: Audit,
        countries: Collection[str],
    ) -> None:
        self._database = database
        self._verifying = verifying
        self._accounts = accounts
        self._mails = mails
        self._messages = messages
        self._mail_budgets = mail_budgets
        self._audit = audit
        self._countries = countries

    def start_email(self, account_id: UUID, email: str) -> Pending:
        """Send a code to the new address. Where it is somebody else's, the code proves nothing and
        its owner is told. InvalidFields on `email`; AccountNotFound; SessionEnded;
        RateLimited."""
        new, account = normalize_email(email), self._account(account_id)
        self._mail_budgets.spend(new, account_id)
        owner = accounts.find_account_by_email(self._database, new)
        taken = owner is not None and owner.account_id != account_id
        pending, secret = self._keep(Purpose.CHANGE_EMAIL, new, account_id, taken=taken)
        if owner is not None and taken:
            self._mails.account_exists(address_of(owner))
        else:
            self._mails.code(address_of(account, new), secret.code)
        return pending

    def start_phone(self, account_id: UUID, phone: str) -> Pending:
        """Send a code to the new number. Where it is somebody else's, the code proves nothing.
        InvalidFields on `phone`; AccountNotFound; SessionEnded;
        RateLimited."""
        new, account = normalize_phone(phone, self._countries), self._account(account_id)
        self._messages.spend(new, account_id)
        owner = accounts.find_account_by_phone(self._database, new)
        taken = owner is not None and owner.account_id != account_id
        pending, secret = self._keep(Purpose.CHANGE_PHONE, new, account_id, taken=taken)
        if not taken:
            self._messages.code(new, account.locale, secret.code)
        return pending

    def _keep(
        self, purpose: Purpose, new: str, account_id: UUID, *, taken: bool
    ) -> tuple[Pending, Secret]:
        """A code that belongs to the account in any case: whose guesses are counted, and what the
        account's trail says of them, must not tell whether the address is somebody else's."""
        payload = TAKEN if taken else None
        return self._verifying.keep(purpose, new, account_id=account_id, payload=payload)

    def resend_email(self, found: VerificationRow, code: str) -> None:
        """Send a new code to the new address, where it may prove something."""
        account = found.account_id and accounts.find_account(self._database, found.account_id)
        if account and not found.payload:
            self._mails.code(address_of(account, found.address), code)

    def finish(self, found: VerificationRow) -> AccountRow:
        """The account with its new address, which was just proven; all its other codes are void.

        CodeInvalid where the code was used, the account is not in use any more, or the address is
        another's.
        """
        before = found.account_id and accounts.hold_account(self._database, found.account_id)
        if not before or before.state != AccountState.ACTIVE or found.payload:
            raise CodeInvalid
        self._verifying.use(found)
        verifications.void_codes_of(self._database, before.account_id)
        is_email = found.purpose == Purpose.CHANGE_EMAIL
        change = accounts.set_email if is_email else accounts.set_phone
        account = change(self._database, before.account_id, found.address)
        if account is None:
            raise CodeInvalid
        if (account.email, account.phone) != (before.email, before.phone):
            self._tell(before, account, is_email=is_email)
        return account

    def _tell(self, before: AccountRow, account: AccountRow, *, is_email: bool) -> None:
        kind = AuditEventType.AUDIT_EVENT_TYPE_PHONE_CHANGED
        if is_email:
            verifications.void_registrations(self._database, account.email or "")
            kind = AuditEventType.AUDIT_EVENT_TYPE_EMAIL_CHANGED
            self._unlink(account, before.email or "")
        elif account.email:
            self._mails.credentials_changed(account, "added", CredentialKind.PHONE)
        self._audit.record(account.account_id, kind, method="code")
        self._accounts.addresses_changed(account)
        self._mails.address_changed(before, is_email=is_email)

    def _unlink(self, account: AccountRow, old: str) -> None:
        """An identity that the old address proved is that of whoever has it from now on. The new
        address is told, by which a password can be set where nothing else is left."""
        person = account.account_id
        for issuer in openid.remove_links_by(self._database, person, old) if old else []:
            self._audit.record(
                person,
                AuditEventType.AUDIT_EVENT_TYPE_CREDENTIAL_REMOVED,
                method=CredentialKind.OPENID,
                detail=issuer,
            )
            self._mails.identity_unlinked(account, issuer)

    def _account(self, account_id: UUID) -> AccountRow:
        """The account, held: whoever ends its sessions did so before, or finds what begins here."""
        account = accounts.hold_account(self._database, account_id)
        if account is None or account.state != AccountState.ACTIVE:
            raise AccountNotFound
        asking = call.caller().session_id
        session = asking and sessions.find_session(self._database, asking)
        if session and session.ended_at:
            raise SessionEnded
        return account
