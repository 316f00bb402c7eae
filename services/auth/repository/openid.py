"""What people brought from OpenID providers: whose it is, and that it was used."""

from __future__ import annotations

from uuid import UUID

from services.auth.models import CredentialKind
from services.auth.repository.accounts import COLUMNS, AccountRow
from services.kit.data.database import Database
from services.kit.data.statements import Write, nothing, scalar

_USE = Write(
    """
    INSERT INTO openid_uses (digest, expires_at) VALUES (:digest, to_timestamp(:expires_at))
    ON CONFLICT DO NOTHING
    """,
    nothing,
)


def use(db: Database, digest: str, expires_at: int) -> bool:
    """Note that a state or a token was used; False where it was before."""
    return db.run(_USE, digest=digest, expires_at=expires_at) == 1


_LOCK_IDENTITY = Write(
    "SELECT pg_advisory_xact_lock(hashtextextended(:issuer || ' ' || :subject, 0))", nothing
)


def lock_identity(db: Database, issuer: str, subject: str) -> None:
    """Have who comes with the same identity wait for the end of this transaction."""
    db.run(_LOCK_IDENTITY, issuer=issuer, subject=subject)


_HOLD_ACCOUNT_OF = Write(
    f"""
    SELECT {COLUMNS} FROM credentials JOIN accounts USING (account_id)
    WHERE kind = '{CredentialKind.OPENID}' AND issuer = :issuer AND subject = :subject
    FOR NO KEY UPDATE OF accounts
    """,
    AccountRow,
)


def hold_account_of(db: Database, issuer: str, subject: str) -> AccountRow | None:
    """The account of an identity, as it is until the transaction ends, or None."""
    return db.first(_HOLD_ACCOUNT_OF, issuer=issuer, subject=subject)


_CREATE_CREDENTIAL = Write(
    f"""
    INSERT INTO credentials (account_id, kind, issuer, subject, address)
    VALUES (:account_id, '{CredentialKind.OPENID}', :issuer, :subject, :address)
    """,
    nothing,
)


def create_credential(
    db: Database, account_id: UUID, issuer: str, subject: str, address: str
) -> None:
    """Let an identity sign in to an account; `address` is what both proved, or empty."""
    given = {"issuer": issuer, "subject": subject, "address": address}
    db.run(_CREATE_CREDENTIAL, account_id=account_id, **given)


_REMOVE_LINKS_BY = Write(
    f"""
    DELETE FROM credentials
    WHERE account_id = :account_id AND kind = '{CredentialKind.OPENID}' AND address = :address
    RETURNING issuer
    """,
    scalar,
)


def remove_links_by(db: Database, account_id: UUID, address: str) -> list[str]:
    """Unlink the identities that were linked by an address; their issuers."""
    return db.all(_REMOVE_LINKS_BY, account_id=account_id, address=address)
