"""Registering by e-mail: an account begins when its address is proven."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from services.auth import codes, passwords, repository
from services.auth.addresses import normalize_email
from services.auth.errors import CodeInvalid
from services.auth.mails import Mails
from services.auth.models import Account, Verification
from services.kit.data.tables import timestamp
from services.kit.identity.roles import LEARNER
from services.kit.identity.secrets import Signer
from services.kit.process.runtime import Runtime
from stellr.auth.v1 import auth_service_pb2 as pb
from stellr.auth.v1 import session_pb2
from stellr.notification.v1.notification_internal_service_pb2 import MailAddress

DEFAULT_LOCALE = "en"


class Registration:
    """Registers, sends codes, and takes them back."""

    def __init__(self, runtime: Runtime, mails: Mails) -> None:
        self._database = runtime.database
        self._mails = mails
        self._signer: Signer = runtime.signer("code")

    def register(self, request: pb.RegisterRequest) -> session_pb2.Verification:
        """Begin: address known or not, the same work is done and the same is said."""
        email = normalize_email(request.email)
        password = passwords.new_password(request.password)
        payload: dict[str, Any] = {
            "display_name": request.display_name,
            "locale": request.locale or DEFAULT_LOCALE,
            "password_hash": passwords.hash_password(password),
        }
        known = repository.find_account_by_email(self._database.session, email)
        if known is None:
            return self._send_code(email, payload)
        return self._tell_owner(email, known)

    def resend(self, verification_id: UUID) -> session_pb2.Verification:
        """Send a new code; for a verification that is unknown or past nothing is sent."""
        code, expires_at = codes.new_code(), datetime.now(UTC) + codes.LIFETIME
        found = repository.renew_verification(
            self._database.session,
            verification_id,
            codes.SENDS,
            codes.hash_code(self._signer, verification_id, code),
            expires_at,
        )
        if found is not None and found.payload is not None:
            self._mails.code(_address(found.email, found.payload), verification_id, code)
        return _message(verification_id, expires_at)

    def verify(self, verification_id: UUID, code: str) -> Account:
        """Take a code back: the new account. CodeInvalid for a wrong one."""
        db, now = self._database.session, datetime.now(UTC)
        found = repository.count_guess(db, verification_id, codes.GUESSES)
        if found is None or not self._proves(found, code):
            raise CodeInvalid
        payload = {**(found.payload or {}), "email": found.email, "roles": [LEARNER]}
        repository.use_verification(found, now)
        account = repository.create_account(db, payload)
        if account is None:
            raise CodeInvalid
        self._mails.contact(account, now)
        self._mails.welcome(account)
        return account

    def _proves(self, found: Verification, code: str) -> bool:
        right = codes.is_code(self._signer, found.verification_id, code, found.code_hash)
        return right and found.payload is not None

    def _send_code(self, email: str, payload: dict[str, Any]) -> session_pb2.Verification:
        code = codes.new_code()
        verification_id, expires_at = self._keep(email, code, payload)
        self._mails.code(_address(email, payload), verification_id, code)
        return _message(verification_id, expires_at)

    def _tell_owner(self, email: str, known: Account) -> session_pb2.Verification:
        verification_id, expires_at = self._keep(email, codes.new_code(), None)
        address = MailAddress(email=email, name=known.display_name, locale=known.locale)
        self._mails.account_exists(address)
        return _message(verification_id, expires_at)

    def _keep(self, email: str, code: str, payload: dict[str, Any] | None) -> tuple[UUID, datetime]:
        verification_id, expires_at = uuid4(), datetime.now(UTC) + codes.LIFETIME
        code_hash = codes.hash_code(self._signer, verification_id, code)
        repository.create_verification(
            self._database.session,
            verification_id=verification_id,
            email=email,
            code_hash=code_hash,
            payload=payload,
            expires_at=expires_at,
        )
        return verification_id, expires_at


def _address(email: str, payload: dict[str, Any]) -> MailAddress:
    return MailAddress(email=email, name=payload["display_name"], locale=payload["locale"])


def _message(verification_id: UUID, expires_at: datetime) -> session_pb2.Verification:
    return session_pb2.Verification(
        verification_id=str(verification_id), expire_time=timestamp(expires_at)
    )
