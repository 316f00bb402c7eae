"""Sessions: people signed in on their devices."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from services.auth.repository.accounts import AccountRow
from services.kit.data.database import Database
from services.kit.data.statements import Statement, Write, nothing, scalar


class SessionRow(NamedTuple):
    """A person signed in on a device."""

    session_id: UUID
    account_id: UUID
    salt: str
    generation: int
    rotated_at: datetime | None
    expires_at: datetime
    ended_at: datetime | None


class SessionView(NamedTuple):
    """A session as its owner sees it."""

    session_id: UUID
    device: str
    address: str
    created_at: datetime
    last_used_at: datetime


_COLUMNS = ", ".join(SessionRow._fields)

_CREATE_SESSION = Write(
    f"""
    INSERT INTO sessions (account_id, salt, device, address, expires_at)
    VALUES (:account_id, :salt, :device, :address, now() + CAST(:lifetime AS interval))
    RETURNING {_COLUMNS}
    """,
    SessionRow,
)
_REMEMBER_FIRST_LOGIN = Write(
    "UPDATE accounts SET first_login_at = now()"
    " WHERE account_id = :account_id AND first_login_at IS NULL",
    nothing,
)


def start_session(
    db: Database, account: AccountRow, *, salt: str, device: str, address: str, lifetime: timedelta
) -> SessionRow:
    """A new session; the account's first one is remembered."""
    if account.first_login_at is None:
        db.run(_REMEMBER_FIRST_LOGIN, account_id=account.account_id)
    return db.one(
        _CREATE_SESSION,
        account_id=account.account_id,
        salt=salt,
        device=device,
        address=address,
        lifetime=lifetime,
    )


_FIND_SESSION = Statement(
    f"SELECT {_COLUMNS} FROM sessions WHERE session_id = :session_id", SessionRow
)
_HOLD_SESSION = Write(
    f"SELECT {_COLUMNS} FROM sessions WHERE session_id = :session_id FOR UPDATE", SessionRow
)
_TIME_NOW = Statement("SELECT clock_timestamp()", scalar)


def find_session(db: Database, session_id: UUID) -> SessionRow | None:
    """The session, or None."""
    return db.first(_FIND_SESSION, session_id=session_id)


def hold_session(db: Database, session_id: UUID) -> SessionRow | None:
    """The session as it is now; no other call uses its tokens until the transaction ends."""
    return db.first(_HOLD_SESSION, session_id=session_id)


def time_now(db: Database) -> datetime:
    """The time by the clock that all processes share."""
    now: datetime = db.one(_TIME_NOW)
    return now


_ROTATE_SESSION = Write(
    f"""
    UPDATE sessions
    SET generation = generation + 1, rotated_at = clock_timestamp(),
        last_used_at = clock_timestamp(), expires_at = now() + CAST(:lifetime AS interval),
        address = :address
    WHERE session_id = :session_id RETURNING {_COLUMNS}
    """,
    SessionRow,
)


def rotate_session(
    db: Database, session: SessionRow, lifetime: timedelta, address: str
) -> SessionRow:
    """The next generation of a session that is held, used from an address."""
    given = {"session_id": session.session_id, "lifetime": lifetime, "address": address}
    return db.one(_ROTATE_SESSION, **given)


_IS_LIVE = "account_id = :account_id AND ended_at IS NULL AND expires_at > now()"
_LIST_SESSIONS = Statement(
    f"""
    SELECT {", ".join(SessionView._fields)} FROM sessions WHERE {_IS_LIVE}
    ORDER BY last_used_at DESC, session_id LIMIT :most
    """,
    SessionView,
)


def list_sessions(db: Database, account_id: UUID, most: int) -> list[SessionView]:
    """The live sessions of an account, the one used last first."""
    return db.all(_LIST_SESSIONS, account_id=account_id, most=most)


class SessionRecord(NamedTuple):
    """A session with its end, for who has it all exported."""

    session_id: UUID
    device: str
    address: str
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime
    ended_at: datetime | None


_LIST_ALL_SESSIONS = Statement(
    f"""
    SELECT {", ".join(SessionRecord._fields)} FROM sessions
    WHERE account_id = :account_id
        AND (CAST(:after AS uuid) IS NULL OR session_id > CAST(:after AS uuid))
    ORDER BY session_id LIMIT :most
    """,
    SessionRecord,
)


def list_all_sessions(
    db: Database, account_id: UUID, after: UUID | None, most: int
) -> list[SessionRecord]:
    """At most so many sessions of an account after one, those that ended too."""
    return db.all(_LIST_ALL_SESSIONS, account_id=account_id, after=after, most=most)


_END_SESSION = Write(
    "UPDATE sessions SET ended_at = now() WHERE session_id = :session_id AND ended_at IS NULL"
    " RETURNING session_id",
    scalar,
)
_END_SESSION_OF = Write(
    f"UPDATE sessions SET ended_at = now() WHERE session_id = :session_id AND {_IS_LIVE}"
    " RETURNING session_id",
    scalar,
)
_END_SURPLUS = Write(
    f"""
    UPDATE sessions SET ended_at = now() WHERE session_id IN (
        SELECT session_id FROM sessions WHERE {_IS_LIVE}
        ORDER BY last_used_at DESC, session_id DESC OFFSET :most
    ) RETURNING session_id
    """,
    scalar,
)
_END_SESSIONS_OF = Write(
    "UPDATE sessions SET ended_at = now() WHERE account_id = :account_id AND ended_at IS NULL"
    " AND session_id IS DISTINCT FROM CAST(:keep AS uuid) RETURNING session_id",
    scalar,
)


def end_session(db: Database, session_id: UUID) -> list[UUID]:
    """End a session: its id, where it was not over yet."""
    return db.all(_END_SESSION, session_id=session_id)


def end_sessions_of(db: Database, account_id: UUID, *, keep: UUID | None = None) -> list[UUID]:
    """End all sessions of an account, or all but one: the ids of those that were not over yet."""
    return db.all(_END_SESSIONS_OF, account_id=account_id, keep=keep)


def end_session_of(db: Database, account_id: UUID, session_id: UUID) -> list[UUID]:
    """End a session, if it is the account's and live: its id."""
    return db.all(_END_SESSION_OF, account_id=account_id, session_id=session_id)


def end_surplus(db: Database, account_id: UUID, most: int) -> list[UUID]:
    """End what an account has beyond so many live sessions, those used longest ago: their ids."""
    return db.all(_END_SURPLUS, account_id=account_id, most=most)
