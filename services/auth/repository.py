"""Every SQL statement of auth."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session as Db

from services.auth.models import Account, Budget, Session, Verification
from services.kit.data.database import Database
from services.kit.data.purge import BATCH, batch_of

# Codes and sessions that nobody can care about any more.
_LONG_AGO = sa.func.now() - timedelta(days=7)
PURGES = (
    batch_of(Verification.__table__, Verification.expires_at < _LONG_AGO),
    batch_of(Session.__table__, Session.ended_at < _LONG_AGO),
    batch_of(Session.__table__, Session.expires_at < _LONG_AGO),
    batch_of(Budget.__table__, Budget.since < sa.func.now() - timedelta(days=1)),
)


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


def add_role(db: Db, email: str, role: str) -> tuple[Account | None, bool]:
    """Give a role: the account, None where there is none, and whether it had not the role."""
    account = db.scalar(sa.select(Account).where(Account.email == email).with_for_update())
    if account is None or role in account.roles:
        return account, False
    account.roles = sorted({*account.roles, role})
    account.version += 1
    db.flush()
    return account, True


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


def use_verification(db: Db, found: Verification) -> bool:
    """Void a code and forget what waited for it; False where another call did so, or it changed."""
    used = (
        sa.update(Verification)
        .where(
            Verification.verification_id == found.verification_id,
            Verification.code_hash == found.code_hash,
            Verification.used_at.is_(None),
        )
        .values(used_at=sa.func.now(), payload=sa.null())
    )
    return db.scalar(used.returning(Verification.verification_id)) is not None


class Spent(NamedTuple):
    """What an address has had of a budget since `since`, this one included."""

    spent: int
    since: datetime
    now: datetime


def spend(db: Db, email: str, name: str, window: timedelta) -> Spent:
    """Count one more; the first after the window begins a new one."""
    first = insert(Budget).values(email=email, name=name, spent=1, since=sa.func.now())
    is_over = Budget.since <= sa.func.now() - window
    statement = first.on_conflict_do_update(
        index_elements=[Budget.email, Budget.name],
        set_={
            "spent": sa.case((is_over, 1), else_=Budget.spent + 1),
            "since": sa.case((is_over, sa.func.now()), else_=Budget.since),
        },
    )
    return Spent(*db.execute(statement.returning(Budget.spent, Budget.since, sa.func.now())).one())


def start_session(db: Db, account: Account, values: dict[str, Any], now: datetime) -> Session:
    """A new session; the account's first one is remembered."""
    session = Session(account_id=account.account_id, **values)
    db.add(session)
    if account.first_login_at is None:
        account.first_login_at = now
    db.flush()
    return session


def hold_session(db: Db, session_id: UUID) -> Session | None:
    """The session as it is now; no other call uses its tokens until the transaction ends."""
    return db.scalar(sa.select(Session).where(Session.session_id == session_id).with_for_update())


def rotate_session(db: Db, session: Session, lifetime: timedelta) -> None:
    """Go on to the next generation of a session that is held."""
    now = time_now(db)
    session.generation += 1
    session.rotated_at = session.last_used_at = now
    session.expires_at = now + lifetime
    db.flush()


def time_now(db: Db) -> datetime:
    """The time by the clock that all processes share."""
    now: datetime = db.scalars(sa.select(sa.func.clock_timestamp())).one()
    return now


def end_sessions(db: Db, *conditions: sa.ColumnElement[bool]) -> Sequence[UUID]:
    """End the live sessions that meet the conditions; their ids."""
    return db.scalars(
        sa.update(Session)
        .where(Session.ended_at.is_(None), *conditions)
        .values(ended_at=sa.func.now())
        .returning(Session.session_id)
    ).all()


def purge(database: Database) -> bool:
    """Forget a batch of what is long past; whether there may be more of it."""
    return any(len(database.session.execute(batch).all()) == BATCH for batch in PURGES)
