"""Registering by e-mail: an account begins when its address is proven."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from services.auth import budgets, codes, passwords, repository
from services.auth.addresses import normalize_email
from services.auth.errors import CodeInvalid
from services.auth.hashing import Hashing
from services.auth.mails import Mails
from services.auth.models import Account, Verification
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
        payload: dict[str, Any] = {
            "display_name": applicant.display_name,
            "locale": applicant.locale or DEFAULT_LOCALE,
            "password_hash": self._hashing.run(partial(passwords.hash_password, password)),
        }
        budgets.spend(self._database.session, budgets.MAILS, email)
        known = repository.find_account_by_email(self._database.session, email)
        return self._tell_owner(known) if known else self._send_code(email, payload)

    def resend(self, verification_id: UUID) -> Pending:
        """Send a new code; for a verification that is unknown or past nothing is sent.

        RateLimited by the mails to the address.
        """
        code, expires_at = codes.new_code(), datetime.now(UTC) + codes.LIFETIME
        code_hash = codes.hash_code(self._signer, verification_id, code)
        db = self._database.session
        found = repository.renew_verification(
            db, verification_id, codes.SENDS, code_hash, expires_at
        )
        if found is not None:
            budgets.spend(db, budgets.MAILS, found.email)
        if found is not None and found.payload is not None:
            self._mails.code(_address(found.email, found.payload), verification_id, code)
        return Pending(verification_id, expires_at)

    def verify(self, verification_id: UUID, code: str) -> Account:
        """Take a code back: the new account. CodeInvalid; RateLimited by guesses at the address."""
        found = self._count_guess(verification_id)
        if found is None or not self._proves(found, code):
            raise CodeInvalid
        db, now = self._database.session, datetime.now(UTC)
        payload = {**(found.payload or {}), "email": found.email, "roles": [LEARNER]}
        used = repository.use_verification(db, found)
        account = repository.create_account(db, payload) if used else None
        if account is None:
            raise CodeInvalid
        self._mails.contact(account, now)
        self._mails.welcome(account)
        return account

    def _count_guess(self, verification_id: UUID) -> Verification | None:
        """Count before the check, in a transaction of its own: no guess is looked at uncounted."""
        with self._database.transaction() as unit:
            found = repository.count_guess(unit.session, verification_id, codes.GUESSES)
            if found is not None:
                budgets.spend(unit.session, budgets.GUESSES, found.email)
            return found

    def _proves(self, found: Verification, code: str) -> bool:
        right = codes.is_code(self._signer, found.verification_id, code, found.code_hash)
        return right and found.payload is not None

    def _send_code(self, email: str, payload: dict[str, Any]) -> Pending:
        code = codes.new_code()
        pending = self._keep(email, code, payload)
        self._mails.code(_address(email, payload), pending.verification_id, code)
        return pending

    def _tell_owner(self, known: Account) -> Pending:
        pending = self._keep(known.email, codes.new_code(), None)
        address = MailAddress(email=known.email, name=known.display_name, locale=known.locale)
        self._mails.account_exists(address)
        return pending

    def _keep(self, email: str, code: str, payload: dict[str, Any] | None) -> Pending:
        pending = Pending(uuid4(), datetime.now(UTC) + codes.LIFETIME)
        repository.create_verification(
            self._database.session,
            verification_id=pending.verification_id,
            email=email,
            code_hash=codes.hash_code(self._signer, pending.verification_id, code),
            payload=payload,
            expires_at=pending.expires_at,
        )
        return pending


def _address(email: str, payload: dict[str, Any]) -> MailAddress:
    return MailAddress(email=email, name=payload["display_name"], locale=payload["locale"])
