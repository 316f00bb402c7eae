"""Codes that came back: each leads to what it was sent for."""

from __future__ import annotations

from uuid import UUID

from services.auth.address_change import AddressChange
from services.auth.mail_budgets import MailBudgets
from services.auth.models import Purpose
from services.auth.phone_login import BY_PHONE, PhoneLogin
from services.auth.registration import Registration
from services.auth.repository.accounts import AccountRow
from services.auth.verifying import Pending, Verifying

BY_EMAIL = (Purpose.REGISTER, Purpose.CHANGE_EMAIL)


class Proofs:
    """Takes codes back."""

    def __init__(
        self,
        verifying: Verifying,
        registration: Registration,
        phone_login: PhoneLogin,
        changes: AddressChange,
        mail_budgets: MailBudgets,
    ) -> None:
        self._verifying = verifying
        self._registration = registration
        self._phone_login = phone_login
        self._changes = changes
        self._mail_budgets = mail_budgets

    def email(self, verification_id: UUID, code: str) -> AccountRow:
        """The account that an e-mail address belongs to now.

        CodeInvalid; RateLimited by guesses at the address.
        """
        found = self._verifying.check(verification_id, code, BY_EMAIL)
        if found.purpose == Purpose.REGISTER:
            self._verifying.use(found)
            return self._registration.begin(found)
        return self._changes.finish(found)

    def phone(self, verification_id: UUID, code: str) -> AccountRow:
        """The account that a phone number belongs to now; errors as `email`."""
        found = self._verifying.check(verification_id, code, BY_PHONE)
        if found.purpose == Purpose.PHONE_LOGIN:
            self._verifying.use(found)
            return self._phone_login.begin(found)
        return self._changes.finish(found)

    def resend_email(self, verification_id: UUID) -> Pending:
        """Send a new code; for a verification that is unknown or past nothing is sent.

        RateLimited by the mails to the address.
        """
        pending, renewed = self._verifying.renew(verification_id, BY_EMAIL)
        if renewed is not None:
            self._mail_budgets.spend(renewed.row.address, renewed.row.account_id)
            if renewed.row.purpose == Purpose.REGISTER:
                self._registration.resend(renewed)
            else:
                self._changes.resend_email(renewed.row, renewed.secret.code)
        return pending
