"""Codes and links on their way."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from psycopg.types.json import Jsonb

from services.auth.models import Purpose
from services.kit.data.database import Database
from services.kit.data.statements import Statement, Write, nothing, scalar


class VerificationRow(NamedTuple):
    """A code on its way. Without an account and a payload it proves nothing."""

    verification_id: UUID
    purpose: str
    address: str
    account_id: UUID | None
    code_hash: str
    payload: dict[str, Any] | None


class Hashes(NamedTuple):
    """What is kept of a code and of a link, and until when they are good."""

    code_hash: str
    link_hash: str
    expires_at: datetime


_COLUMNS = ", ".join(VerificationRow._fields)
_IS_GOOD = "used_at IS NULL AND expires_at > now()"

_CREATE_VERIFICATION = Write(
    """
    INSERT INTO verifications (
        verification_id, purpose, address, account_id, payload, code_hash, link_hash, expires_at
    ) VALUES (
        :verification_id, :purpose, :address, :account_id, :payload, :code_hash, :link_hash,
        :expires_at
    )
    """,
    nothing,
)


def create_verification(
    db: Database,
    verification_id: UUID,
    purpose: Purpose,
    address: str,
    hashes: Hashes,
    *,
    account_id: UUID | None,
    payload: dict[str, Any] | None,
) -> None:
    """Keep a code that is on its way to an address, and what waits for its proof."""
    db.run(
        _CREATE_VERIFICATION,
        verification_id=verification_id,
        purpose=purpose,
        address=address,
        account_id=account_id,
        payload=payload and Jsonb(payload),
        **hashes._asdict(),
    )


_COUNT_GUESS = Write(
    f"""
    UPDATE verifications SET guesses = guesses + 1
    WHERE verification_id = :verification_id AND purpose = ANY(:purposes) AND guesses < :most
        AND {_IS_GOOD}
    RETURNING {_COLUMNS}
    """,
    VerificationRow,
)


def count_guess(
    db: Database, verification_id: UUID, purposes: Collection[Purpose], most: int
) -> VerificationRow | None:
    """Count a guess; the verification, or None where it is unknown, past, used or guessed up."""
    given = {"verification_id": verification_id, "purposes": list(purposes)}
    return db.first(_COUNT_GUESS, **given, most=most)


_FIND_BY_LINK = Statement(
    f"""
    SELECT {_COLUMNS} FROM verifications
    WHERE link_hash = :link_hash AND purpose = :purpose AND {_IS_GOOD}
    """,
    VerificationRow,
)


def find_by_link(db: Database, link_hash: str, purpose: Purpose) -> VerificationRow | None:
    """The verification that a link belongs to, or None where it is unknown, past or used."""
    return db.first(_FIND_BY_LINK, link_hash=link_hash, purpose=purpose)


class Limits(NamedTuple):
    """How often a code is sent, and how long after the one before at the earliest."""

    most: int
    pause: timedelta


_MAY_BE_SENT = f"""
    verification_id = :verification_id AND purpose = ANY(:purposes) AND sends < :most
    AND {_IS_GOOD}
"""
_RENEW_VERIFICATION = Write(
    f"""
    UPDATE verifications
    SET code_hash = :code_hash, link_hash = :link_hash, expires_at = :expires_at, guesses = 0,
        sends = sends + 1, sent_at = clock_timestamp()
    WHERE {_MAY_BE_SENT} AND sent_at + CAST(:pause AS interval) <= clock_timestamp()
    RETURNING {_COLUMNS}
    """,
    VerificationRow,
)
_SECONDS_TO_WAIT = Statement(
    f"""
    SELECT extract(epoch FROM sent_at + CAST(:pause AS interval) - clock_timestamp())::float8
    FROM verifications WHERE {_MAY_BE_SENT}
    """,
    scalar,
)


def renew_verification(
    db: Database,
    verification_id: UUID,
    purposes: Collection[Purpose],
    limits: Limits,
    hashes: Hashes,
) -> VerificationRow | None:
    """Put a new code in a verification's place.

    None where it is unknown, used, past or sent up, or the pause is not over.
    """
    given = {"verification_id": verification_id, "purposes": list(purposes)}
    return db.first(_RENEW_VERIFICATION, **given, **limits._asdict(), **hashes._asdict())


def seconds_to_wait(
    db: Database, verification_id: UUID, purposes: Collection[Purpose], limits: Limits
) -> float:
    """How long a verification that may be sent again must wait for that; 0 where it is none."""
    given = {"verification_id": verification_id, "purposes": list(purposes)}
    return db.first(_SECONDS_TO_WAIT, **given, **limits._asdict()) or 0.0


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


_VOID = "UPDATE verifications SET used_at = now(), payload = NULL WHERE used_at IS NULL"
_VOID_CODES_OF = Write(f"{_VOID} AND account_id = :account_id", nothing)


def void_codes_of(db: Database, account_id: UUID) -> None:
    """Void all codes and links of an account. It is held meanwhile: no other one begins."""
    db.run(_VOID_CODES_OF, account_id=account_id)


_VOID_CHANGES_OF = Write(
    f"{_VOID} AND account_id = :account_id"
    f" AND purpose IN ('{Purpose.CHANGE_EMAIL}', '{Purpose.CHANGE_PHONE}')",
    nothing,
)


def void_changes_of(db: Database, account_id: UUID) -> None:
    """Void the codes that would change an account's addresses. It is held meanwhile."""
    db.run(_VOID_CHANGES_OF, account_id=account_id)


class PendingView(NamedTuple):
    """A code on its way, without what it is known by."""

    verification_id: UUID
    purpose: str
    address: str
    created_at: datetime
    expires_at: datetime


_LIST_PENDING = Statement(
    f"""
    SELECT {", ".join(PendingView._fields)} FROM verifications
    WHERE (account_id = :account_id OR address = ANY(CAST(:addresses AS text[]))) AND {_IS_GOOD}
    ORDER BY created_at, verification_id
    """,
    PendingView,
)


def list_pending(db: Database, account_id: UUID, addresses: Sequence[str]) -> list[PendingView]:
    """The codes that are on their way for an account, or to its addresses."""
    return db.all(_LIST_PENDING, account_id=account_id, addresses=addresses)


_VOID_REGISTRATIONS = Write(
    f"{_VOID} AND address = :address AND purpose = '{Purpose.REGISTER}' AND payload IS NOT NULL",
    nothing,
)


def void_registrations(db: Database, address: str) -> None:
    """Void all registrations of an address that nobody proved: its owner is known by now."""
    db.run(_VOID_REGISTRATIONS, address=address)
