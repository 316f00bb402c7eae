"""Every SQL statement of auth."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session as Db

from services.auth.models import Account, IdentityEvent, Session, Verification
from services.kit.events import feed


def find_account(db: Db, account_id: UUID) -> Account | None:
    """The account, or None."""
    return db.get(Account, account_id)


def hold_account(db: Db, account_id: UUID) -> Account | None:
    """The account as it is now; its roles stay so until the transaction ends.

    A token is made either before a change of roles, which then refuses it, or with the new roles.
    """
    return db.scalar(
        sa.select(Account)
        .where(Account.account_id == account_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )


def find_account_by_email(db: Db, email: str) -> Account | None:
    """The account of a normalized address, or None."""
    return db.scalar(sa.select(Account).where(Account.email == email))


def create_account(db: Db, values: dict[str, Any]) -> Account | None:
    """A new account, or None where the address has one already."""
    statement = insert(Account).values(values).on_conflict_do_nothing().returning(Account)
    return db.scalar(statement)


def add_role(db: Db, email: str, role: str) -> Account | None:
    """Give a role: the account, or None where there is none. The mesh is told of a change."""
    account = db.scalar(sa.select(Account).where(Account.email == email).with_for_update())
    if account is None:
        return None
    if role not in account.roles:
        account.roles = sorted({*account.roles, role})
        db.flush()
        feed.append(db, IdentityEvent(account_id=account.account_id))
    return account


def create_verification(
    db: Db,
    *,
    verification_id: UUID,
    email: str,
    code_hash: str,
    payload: dict[str, Any] | None,
    expires_at: datetime,
) -> None:
    """Keep a code that is on its way."""
    db.add(
        Verification(
            verification_id=verification_id,
            email=email,
            code_hash=code_hash,
            payload=payload,
            expires_at=expires_at,
        )
    )
    db.flush()


def count_guess(db: Db, verification_id: UUID, most: int) -> Verification | None:
    """Count a guess; the verification, or None where it is unknown, past, used or guessed up."""
    return db.scalar(
        sa.update(Verification)
        .where(
            Verification.verification_id == verification_id,
            Verification.guesses < most,
            Verification.used_at.is_(None),
            Verification.expires_at > sa.func.now(),
        )
        .values(guesses=Verification.guesses + 1)
        .returning(Verification)
    )


def renew_verification(
    db: Db, verification_id: UUID, most: int, code_hash: str, expires_at: datetime
) -> Verification | None:
    """Put a new code in a verification's place, or None where it is unknown, used or sent up."""
    return db.scalar(
        sa.update(Verification)
        .where(
            Verification.verification_id == verification_id,
            Verification.sends < most,
            Verification.used_at.is_(None),
        )
        .values(
            code_hash=code_hash,
            expires_at=expires_at,
            guesses=0,
            sends=Verification.sends + 1,
        )
        .returning(Verification)
    )


def use_verification(verification: Verification, now: datetime) -> None:
    """Void a verification that did its work, and forget what waited for it."""
    verification.used_at = now
    verification.payload = None


def start_session(db: Db, account: Account, values: dict[str, Any], now: datetime) -> Session:
    """A new session; the account's first one is remembered."""
    session = Session(account_id=account.account_id, **values)
    db.add(session)
    if account.first_login_at is None:
        account.first_login_at = now
    db.flush()
    return session


def find_session(db: Db, session_id: UUID) -> Session | None:
    """The session, or None."""
    return db.get(Session, session_id)


def rotate_session(
    db: Db, session_id: UUID, generation: int, expires_at: datetime
) -> Session | None:
    """Go on to the next generation; None where this is not the current one of a live session."""
    return db.scalar(
        sa.update(Session)
        .where(
            Session.session_id == session_id,
            Session.generation == generation,
            Session.ended_at.is_(None),
            Session.expires_at > sa.func.now(),
        )
        .values(
            generation=Session.generation + 1,
            last_used_at=sa.func.now(),
            expires_at=expires_at,
        )
        .returning(Session)
    )


def end_sessions(db: Db, *conditions: sa.ColumnElement[bool]) -> None:
    """End the live sessions that meet the conditions, and tell the mesh."""
    ended = db.scalars(
        sa.update(Session)
        .where(Session.ended_at.is_(None), *conditions)
        .values(ended_at=sa.func.now())
        .returning(Session.session_id)
    ).all()
    for session_id in ended:
        feed.append(db, IdentityEvent(session_id=session_id))


def recent_position(db: Db, seconds: float) -> str:
    """The cursor before the events of the last so many seconds."""
    since = sa.func.now() - timedelta(seconds=seconds)
    first = sa.select(sa.func.min(IdentityEvent.event_id)).where(IdentityEvent.created_at > since)
    event_id = db.scalar(first)
    if event_id is None:
        event_id = (db.scalar(sa.select(sa.func.max(IdentityEvent.event_id))) or 0) + 1
    return str(event_id - 1)


def identity_events(db: Db, cursor: str, limit: int) -> Sequence[IdentityEvent]:
    """The events after the cursor, oldest first."""
    return feed.read(db, IdentityEvent, cursor, limit)


def purge(db: Db) -> None:
    """Forget codes that are long past, sessions long ended, and events no token can care about."""
    long_ago = sa.func.now() - timedelta(days=7)
    db.execute(sa.delete(Verification).where(Verification.expires_at < long_ago))
    db.execute(
        sa.delete(Session).where(sa.or_(Session.ended_at < long_ago, Session.expires_at < long_ago))
    )
    db.execute(sa.delete(IdentityEvent).where(IdentityEvent.created_at < long_ago))
