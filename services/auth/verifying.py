"""Codes on their way: kept, sent again, and taken back, whatever they are for."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from services.auth import codes
from services.auth.budgets import GUESSES, GUESSES_DAY, Budgets
from services.auth.errors import CodeInvalid, LinkInvalid
from services.auth.failures import Failures
from services.auth.models import Purpose
from services.auth.networks import subject_here
from services.auth.repository import accounts, verifications
from services.auth.repository.verifications import Hashes, Limits, VerificationRow
from services.kit.data.database import Database
from services.kit.errors import RateLimited
from services.kit.identity.secrets import Signer


class Pending(NamedTuple):
    """A code that is on its way, and until when it is good."""

    verification_id: UUID
    expires_at: datetime


class Secret(NamedTuple):
    """What the message to the address says: the code, or the token of its link."""

    code: str
    link: str


class Renewed(NamedTuple):
    """A verification with a new code."""

    row: VerificationRow
    secret: Secret


class Verifying:
    """Keeps and checks codes; whoever asks for one has it sent."""

    def __init__(
        self, database: Database, signer: Signer, budgets: Budgets, failures: Failures
    ) -> None:
        self._database = database
        self._signer = signer
        self._budgets = budgets
        self._failures = failures

    def keep(
        self,
        purpose: Purpose,
        address: str,
        *,
        account_id: UUID | None = None,
        payload: dict[str, Any] | None = None,
    ) -> tuple[Pending, Secret]:
        """A new code for an address; without an account and a payload it will prove nothing."""
        pending, secret = _pending(uuid4()), _secret()
        verifications.create_verification(
            self._database,
            pending.verification_id,
            purpose,
            address,
            self._hashes(pending, secret),
            account_id=account_id,
            payload=payload,
        )
        return pending, secret

    def renew(
        self,
        verification_id: UUID,
        purposes: Collection[Purpose],
        *,
        pause: timedelta = timedelta(0),
    ) -> tuple[Pending, Renewed | None]:
        """A new code in the place of the old one; None where it is unknown, used, past or sent up.

        RateLimited within a pause after the code before.
        """
        pending, secret = _pending(verification_id), _secret()
        limits = Limits(codes.SENDS, pause)
        row = verifications.renew_verification(
            self._database, verification_id, purposes, limits, self._hashes(pending, secret)
        )
        if row is None and pause:
            self._check_pause(verification_id, purposes, limits)
        return pending, Renewed(row, secret) if row else None

    def check(
        self, verification_id: UUID, code: str, purposes: Collection[Purpose]
    ) -> VerificationRow:
        """What the right code would prove, once it is used.

        CodeInvalid for a wrong one, which is counted; RateLimited by guesses at the address.
        """
        found = self._count_guess(verification_id, purposes)
        if found is None:
            raise CodeInvalid
        if not codes.is_code(self._signer, verification_id, code, found.code_hash):
            self._note_failure(found)
            raise CodeInvalid
        self._budgets.forget(GUESSES_DAY, found.address)
        return found

    def use(self, found: VerificationRow) -> None:
        """Void code and link in the open transaction; CodeInvalid where another call did so.

        Of a code that is about an account the account is held before, as whoever voids its codes
        holds it: else two would wait for each other.
        """
        if not verifications.use_verification(self._database, found):
            raise CodeInvalid

    def find_link(self, token: str, purpose: Purpose) -> VerificationRow:
        """What a link belongs to; LinkInvalid where it is wrong, used or past."""
        link_hash = codes.hash_link(self._signer, token)
        found = verifications.find_by_link(self._database, link_hash, purpose)
        if found is None:
            raise LinkInvalid
        return found

    def _check_pause(
        self, verification_id: UUID, purposes: Collection[Purpose], limits: Limits
    ) -> None:
        seconds = verifications.seconds_to_wait(self._database, verification_id, purposes, limits)
        if seconds > 0:
            raise RateLimited("resend", seconds)

    def _count_guess(
        self, verification_id: UUID, purposes: Collection[Purpose]
    ) -> VerificationRow | None:
        """Count before the check, in a transaction of its own: no guess is looked at uncounted."""
        with self._database.transaction():
            found = verifications.count_guess(
                self._database, verification_id, purposes, codes.GUESSES
            )
            if found is not None:
                guessed_at = subject_here(self._database, found.address, found.account_id)
                self._budgets.spend(GUESSES, guessed_at)
                self._budgets.spend(GUESSES_DAY, found.address)
            return found

    def _note_failure(self, found: VerificationRow) -> None:
        """Tell the owner; in a transaction of its own, since the call is refused."""
        is_phone = found.purpose in (Purpose.PHONE_LOGIN, Purpose.CHANGE_PHONE)
        with self._database.transaction():
            owner = self._owner(found)
            self._failures.note(owner, found.address, "phone" if is_phone else "code")

    def _owner(self, found: VerificationRow) -> UUID | None:
        """Whom a code would sign in, where there is somebody."""
        if found.purpose != Purpose.PHONE_LOGIN:
            return found.account_id
        known = accounts.find_account_by_phone(self._database, found.address)
        return known and known.account_id

    def _hashes(self, pending: Pending, secret: Secret) -> Hashes:
        return Hashes(
            codes.hash_code(self._signer, pending.verification_id, secret.code),
            codes.hash_link(self._signer, secret.link),
            pending.expires_at,
        )


@contextmanager
def by_link() -> Iterator[None]:
    """LinkInvalid in the place of CodeInvalid, for requests that have no code."""
    try:
        yield
    except CodeInvalid:
        raise LinkInvalid from None


def _pending(verification_id: UUID) -> Pending:
    return Pending(verification_id, datetime.now(UTC) + codes.LIFETIME)


def _secret() -> Secret:
    return Secret(codes.new_code(), codes.new_link())
