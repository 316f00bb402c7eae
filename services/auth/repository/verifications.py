"""Codes on their way."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from psycopg.types.json import Jsonb

from services.auth.repository.accounts import NewAccount
from services.kit.data.database import Database
from services.kit.data.statements import Write, nothing


class VerificationRow(NamedTuple):
    """A code on its way; without a payload, which waits for the proof, it proves nothing."""

    verification_id: UUID
    email: str
    code_hash: str
    payload: dict[str, str] | None

    @property
    def new_account(self) -> NewAccount | None:
        """The account that waits for the proof of its address."""
        return NewAccount(email=self.email, **self.payload) if self.payload else None


_COLUMNS = ", ".join(VerificationRow._fields)

_CREATE_VERIFICATION = Write(
    """
    INSERT INTO verifications (verification_id, email, code_hash, payload, expires_at)
    VALUES (:verification_id, :email, :code_hash, :payload, :expires_at)
    """,
    nothing,
)


def create_verification(
    db: Database,
    verification_id: UUID,
    email: str,
    *,
    code_hash: str,
    new_account: NewAccount | None,
    expires_at: datetime,
) -> None:
    """Keep a code that is on its way to an address, and the account that waits for its proof."""
    payload = new_account._asdict() if new_account else None
    if payload is not None:
        del payload["email"]
    db.run(
        _CREATE_VERIFICATION,
        verification_id=verification_id,
        email=email,
        code_hash=code_hash,
        payload=payload and Jsonb(payload),
        expires_at=expires_at,
    )


_COUNT_GUESS = Write(
    f"""
    UPDATE verifications SET guesses = guesses + 1
    WHERE verification_id = :verification_id AND guesses < :most
        AND used_at IS NULL AND expires_at > now()
    RETURNING {_COLUMNS}
    """,
    VerificationRow,
)


def count_guess(db: Database, verification_id: UUID, most: int) -> VerificationRow | None:
    """Count a guess; the verification, or None where it is unknown, past, used or guessed up."""
    return db.first(_COUNT_GUESS, verification_id=verification_id, most=most)


_RENEW_VERIFICATION = Write(
    f"""
    UPDATE verifications
    SET code_hash = :code_hash, expires_at = :expires_at, guesses = 0, sends = sends + 1
    WHERE verification_id = :verification_id AND sends < :most AND used_at IS NULL
    RETURNING {_COLUMNS}
    """,
    VerificationRow,
)


def renew_verification(
    db: Database, verification_id: UUID, most: int, code_hash: str, expires_at: datetime
) -> VerificationRow | None:
    """Put a new code in a verification's place, or None where it is unknown, used or sent up."""
    return db.first(
        _RENEW_VERIFICATION,
        verification_id=verification_id,
        most=most,
        code_hash=code_hash,
        expires_at=expires_at,
    )


_USE_VERIFICATION = Write(
    """
    UPDATE verifications SET used_at = now(), payload = NULL
    WHERE verification_id = :verification_id AND code_hash = :code_hash AND used_at IS NULL
    """,
    nothing,
)


def use_verification(db: Database, found: VerificationRow) -> bool:
    """Void a code and forget what waited for it; False where another call did so, or it changed."""
    given = {"verification_id": found.verification_id, "code_hash": found.code_hash}
    return db.run(_USE_VERIFICATION, **given) == 1
