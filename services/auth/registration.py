"""Registering by e-mail: an account begins when its address is proven."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from services.auth import passwords
from services.auth.accounts import DEFAULT_LOCALE, Accounts
from services.auth.addresses import normalize_email
from services.auth.budgets import GUESSES, GUESSES_DAY, Budgets
from services.auth.errors import CodeInvalid, InvalidCredentials
from services.auth.hashing import Hashing
from services.auth.mail_budgets import MailBudgets
from services.auth.mails import Mails, address_of
from services.auth.models import Purpose
from services.auth.new_passwords import NewPasswords
from services.auth.repository import accounts, credentials
from services.auth.repository.accounts import AccountRow, NewAccount
from services.auth.repository.verifications import VerificationRow
from services.auth.verifying import Pending, Renewed, Verifying, by_link
from services.kit.data.database import Database
from services.kit.errors import InvalidFields, Violation, together
from services.kit.text import trim
from stellr.notification.v1.notification_internal_service_pb2 import MailAddress


@dataclass(frozen=True)
class Applicant:
    """What somebody says of themselves who wants an account."""

    email: str
    password: str
    display_name: str
    locale: str


class Registration:
    """Registers, sends codes, and takes them back."""

    def __init__(
        self,
        database: Database,
        *,
        verifying: Verifying,
        accounts: Accounts,
        mails: Mails,
        budgets: Budgets,
        mail_budgets: MailBudgets,
        hashing: Hashing,
        new_passwords: NewPasswords,
    ) -> None:
        self._database = database
        self._verifying = verifying
        self._accounts = accounts
        self._mails = mails
        self._budgets = budgets
        self._mail_budgets = mail_budgets
        self._hashing = hashing
        self._new_passwords = new_passwords

    def register(self, applicant: Applicant) -> Pending:
        """Begin: address known or not, the same work is done and the same is said.

        InvalidArgument names what is wrong; SignInBusy; RateLimited by the mails to the address.
        """
        about = (trim(applicant.email), applicant.display_name)
        email, password = together(
            partial(normalize_email, applicant.email),
            partial(self._new_passwords.check, applicant.password, "password", about),
        )
        waiting = {
            "password_hash": self._new_passwords.hash(password),
            "display_name": applicant.display_name,
            "locale": applicant.locale or DEFAULT_LOCALE,
        }
        self._mail_budgets.spend(email)
        known = accounts.find_account_by_email(self._database, email)
        pending, secret = self._verifying.keep(
            Purpose.REGISTER, email, payload=None if known else waiting
        )
        if known is None:
            self._mails.registration(_applicant_address(email, waiting), secret)
        else:
            self._mails.account_exists(address_of(known))
        return pending

    def resend(self, renewed: Renewed) -> None:
        """Send the new code of a registration, where it may prove something."""
        if renewed.row.payload:
            address = _applicant_address(renewed.row.address, renewed.row.payload)
            self._mails.registration(address, renewed.secret)

    @by_link()
    def confirm(self, token: str, password: str) -> AccountRow:
        """The account of a registration, by the link of its mail and its password.

        InvalidFields without a password; LinkInvalid; InvalidCredentials; RateLimited by guesses at
        the address; SignInBusy.
        """
        if not password:
            raise InvalidFields([Violation("password", "must be given")])
        found, waiting = self._waiting(token)
        with self._database.transaction():
            self._budgets.spend(GUESSES, found.address)
            self._budgets.spend(GUESSES_DAY, found.address)
        given, known = passwords.normalize_password(password), waiting["password_hash"]
        if not self._hashing.run(partial(passwords.verify_password, given, known)):
            raise InvalidCredentials
        self._budgets.forget(GUESSES_DAY, found.address)
        self._verifying.use(found)
        return self.begin(found)

    @by_link()
    def confirm_here(self, token: str, verification_id: UUID) -> AccountRow:
        """The same by the verification, which no mail has: it is on the device that registered.

        LinkInvalid; InvalidCredentials.
        """
        found, _ = self._waiting(token)
        if found.verification_id != verification_id:
            raise InvalidCredentials
        self._verifying.use(found)
        return self.begin(found)

    @by_link()
    def confirm_anew(self, token: str, password: str, display_name: str) -> AccountRow:
        """The same with a new password, and a name if one is given, in place of those registered.

        InvalidFields on `password`; LinkInvalid; SignInBusy.
        """
        found, waiting = self._waiting(token)
        name = display_name or waiting["display_name"]
        secret = self._new_passwords.hash(
            self._new_passwords.check(password, "password", (found.address, name))
        )
        self._verifying.use(found)
        own = {**waiting, "display_name": name, "password_hash": secret}
        return self.begin(found._replace(payload=own))

    def _waiting(self, token: str) -> tuple[VerificationRow, dict[str, Any]]:
        """The registration of a link, and what waits for its proof; CodeInvalid."""
        found = self._verifying.find_link(token, Purpose.REGISTER)
        if not found.payload:
            raise CodeInvalid
        return found, found.payload

    def begin(self, found: VerificationRow) -> AccountRow:
        """The account that waited for this proof; CodeInvalid where the address got one
        meanwhile."""
        waited = found.payload
        account = waited and self._accounts.create(
            NewAccount(found.address, None, waited["display_name"], waited["locale"])
        )
        if not (waited and account):
            raise CodeInvalid
        credentials.set_password(self._database, account.account_id, waited["password_hash"])
        return account


def _applicant_address(email: str, waiting: dict[str, str]) -> MailAddress:
    return MailAddress(email=email, name=waiting["display_name"], locale=waiting["locale"])
