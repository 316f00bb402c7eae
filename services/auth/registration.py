"""Registering by e-mail: an account begins when its address is proven."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import NamedTuple
from uuid import UUID, uuid4

from services.auth import budgets, codes, passwords
from services.auth.addresses import normalize_email
from services.auth.errors import CodeInvalid
from services.auth.hashing import Hashing
from services.auth.mails import Mails
from services.auth.repository import accounts, verifications
from services.auth.repository.accounts import AccountRow, NewAccount
from services.auth.repository.verifications import VerificationRow
from services.kit.data.database import Database
from services.kit.identity.roles import LEARNER
from services.kit.identity.secrets import Signer
from stellr.notification.v1.notification_internal_service_pb2 import MailAddress

DEFAULT_LOCALE = "en"


@dataclass(frozen=True)
class Applicant:
    """What somebody says of themselves who wants an account."""

    email: str
    password: str
    display_name: str
    locale: str


class Pending(NamedTuple):
    """A code that is on its way, and until when it is good."""

    verification_id: UUID
    expires_at: datetime


class Registration:
    """Registers, sends codes, and takes them back."""

    def __init__(self, database: Database, mails: Mails, signer: Signer, hashing: Hashing) -> None:
        self._database = database
        self._mails = mails
        self._signer = signer
        self._hashing = hashing

    def register(self, applicant: Applicant) -> Pending:
        """Begin: address known or not, the same work is done and the same is said.

        InvalidArgument names what is wrong; SignInBusy; RateLimited by the mails to the address.
        """
        email = normalize_email(applicant.email)
        password = passwords.new_password(applicant.password)
        new = NewAccount(
            email=email,
            password_hash=self._hashing.run(partial(passwords.hash_password, password)),
            display_name=applicant.display_name,
            locale=applicant.locale or DEFAULT_LOCALE,
        )
        budgets.spend(self._database, budgets.MAILS, email)
        known = accounts.find_account_by_email(self._database, email)
        return self._tell_owner(known) if known else self._send_code(new)

    def resend(self, verification_id: UUID) -> Pending:
        """Send a new code; for a verification that is unknown or past nothing is sent.

        RateLimited by the mails to the address.
        """
        db, code, pending = self._database, codes.new_code(), _pending(verification_id)
        code_hash = codes.hash_code(self._signer, verification_id, code)
        found = verifications.renew_verification(
            db, verification_id, codes.SENDS, code_hash, pending.expires_at
        )
        if found is not None:
            budgets.spend(db, budgets.MAILS, found.email)
        if found is not None and found.new_account is not None:
            self._mails.code(_address(found.new_account), verification_id, code)
        return pending

    def verify(self, verification_id: UUID, code: str) -> AccountRow:
        """Take a code back: the new account. CodeInvalid; RateLimited by guesses at the address."""
        found = self._count_guess(verification_id)
        right = found and codes.is_code(self._signer, verification_id, code, found.code_hash)
        account = self._create(found) if found and right else None
        if account is None:
            raise CodeInvalid
        self._mails.contact(account, datetime.now(UTC))
        self._mails.welcome(account)
        return account

    def _count_guess(self, verification_id: UUID) -> VerificationRow | None:
        """Count before the check, in a transaction of its own: no guess is looked at uncounted."""
        with self._database.transaction():
            found = verifications.count_guess(self._database, verification_id, codes.GUESSES)
            if found is not None:
                budgets.spend(self._database, budgets.GUESSES, found.email)
            return found

    def _create(self, found: VerificationRow) -> AccountRow | None:
        """The account that waited for this proof, unless another call was faster."""
        new = found.new_account
        used = new is not None and verifications.use_verification(self._database, found)
        return accounts.create_account(self._database, new, [LEARNER]) if new and used else None

    def _send_code(self, new: NewAccount) -> Pending:
        code = codes.new_code()
        pending = self._keep(new.email, code, new)
        self._mails.code(_address(new), pending.verification_id, code)
        return pending

    def _tell_owner(self, known: AccountRow) -> Pending:
        pending = self._keep(known.email, codes.new_code(), None)
        self._mails.account_exists(_address(known))
        return pending

    def _keep(self, email: str, code: str, new_account: NewAccount | None) -> Pending:
        pending = _pending(uuid4())
        verifications.create_verification(
            self._database,
            pending.verification_id,
            email,
            code_hash=codes.hash_code(self._signer, pending.verification_id, code),
            new_account=new_account,
            expires_at=pending.expires_at,
        )
        return pending


def _pending(verification_id: UUID) -> Pending:
    return Pending(verification_id, datetime.now(UTC) + codes.LIFETIME)


def _address(person: NewAccount | AccountRow) -> MailAddress:
    return MailAddress(email=person.email, name=person.display_name, locale=person.locale)
