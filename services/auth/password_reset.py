"""A new password for whoever has the e-mail address."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from services.auth.addresses import normalize_email
from services.auth.audit import Audit
from services.auth.errors import CodeInvalid
from services.auth.mail_budgets import MailBudgets
from services.auth.mails import Mails, address_of
from services.auth.models import Purpose
from services.auth.new_passwords import NewPasswords, refuse_common
from services.auth.repository import accounts, credentials
from services.auth.repository.accounts import AccountRow
from services.auth.repository.verifications import VerificationRow
from services.auth.sessions import Sessions
from services.auth.verifying import Pending, Verifying, by_link
from services.kit.data.database import Database
from services.kit.errors import InvalidFields, Violation, together
from stellr.auth.v1.audit_pb2 import AuditEventType

FIELD = "newPassword"


class PasswordReset:
    """Sends codes and links, and takes them back with a new password."""

    def __init__(
        self,
        database: Database,
        *,
        verifying: Verifying,
        new_passwords: NewPasswords,
        sessions: Sessions,
        mails: Mails,
        mail_budgets: MailBudgets,
        audit: Audit,
    ) -> None:
        self._database = database
        self._verifying = verifying
        self._new_passwords = new_passwords
        self._sessions = sessions
        self._mails = mails
        self._mail_budgets = mail_budgets
        self._audit = audit

    def start(self, email: str) -> Pending:
        """Send a code and a link. To an address without an account nothing is sent, and the same is
        said. InvalidFields on `email`; RateLimited by the mails to the address."""
        address = normalize_email(email)
        self._mail_budgets.spend(address)
        known = accounts.find_account_by_email(self._database, address)
        owner = known if known and known.may_sign_in else None
        pending, secret = self._verifying.keep(
            Purpose.RESET_PASSWORD, address, account_id=owner and owner.account_id
        )
        if owner is not None:
            self._mails.password_reset(address_of(owner), secret)
        return pending

    def by_code(self, verification_id: str, code: str, password: str) -> AccountRow:
        """The account, with its new password and without its sessions.

        InvalidFields where the password is refused, which costs no guess; CodeInvalid; RateLimited
        by guesses; SignInBusy.
        """
        _, normalized = together(
            partial(_check_given, verificationId=verification_id, code=code),
            partial(self._new_passwords.check, password, FIELD),
        )
        found = self._verifying.check(UUID(verification_id), code, [Purpose.RESET_PASSWORD])
        return self._reset(found, normalized, "code")

    @by_link()
    def by_link(self, token: str, password: str) -> AccountRow:
        """As `by_code`, for the link of the mail; LinkInvalid."""
        normalized = self._new_passwords.check(password, FIELD)
        found = self._verifying.find_link(token, Purpose.RESET_PASSWORD)
        return self._reset(found, normalized, "link")

    def _reset(self, found: VerificationRow, normalized: str, method: str) -> AccountRow:
        owner = found.account_id and accounts.find_account(self._database, found.account_id)
        if not owner:
            raise CodeInvalid
        # Whose password it is to be is known only now.
        refuse_common(normalized, FIELD, (owner.email or "", owner.display_name))
        secret = self._new_passwords.hash(normalized)
        # Only now a transaction begins: the code is used if all the rest is done.
        account = accounts.hold_account(self._database, owner.account_id)
        if account is None or not account.may_sign_in or account.email != found.address:
            raise CodeInvalid
        self._verifying.use(found)
        credentials.set_password(self._database, account.account_id, secret)
        self._sessions.end_all(account.account_id)
        self._audit.record(
            account.account_id, AuditEventType.AUDIT_EVENT_TYPE_PASSWORD_RESET, method=method
        )
        self._mails.password_changed(account)
        return account


def _check_given(**values: str) -> None:
    missing = [Violation(name, "is required") for name, value in values.items() if not value]
    if missing:
        raise InvalidFields(missing)
