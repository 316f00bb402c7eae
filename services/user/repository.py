"""Every SQL statement of user."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from services.kit.data.database import Database
from services.kit.data.statements import Statement, Write, nothing
from services.user.models import Profile

# Taken while the row is locked, and never twice the same: the order of the changes of a profile is
# the order of their times, also where the clock was set back.
_CHANGED_AT = sa.func.greatest(
    sa.func.clock_timestamp(), Profile.updated_at + timedelta(microseconds=1)
)


class ProfileRow(NamedTuple):
    """What a person says of themselves."""

    user_id: UUID
    email: str
    phone: str
    display_name: str
    avatar_url: str
    bio: str
    locale: str
    timezone: str
    first_login_at: datetime | None
    tutorial_completed: bool
    step: int
    theme: str
    state: str
    created_at: datetime
    updated_at: datetime


_COLUMNS = [getattr(Profile, name) for name in ProfileRow._fields]
_FIND = Statement(
    sa.select(*_COLUMNS).where(Profile.user_id == sa.bindparam("user_id")), ProfileRow
)


def find_profile(db: Database, user_id: UUID) -> ProfileRow | None:
    """The profile, or None."""
    return db.first(_FIND, user_id=user_id)


_LOCK = Write("SELECT pg_advisory_xact_lock(hashtextextended('profile:' || :user_id, 0))", nothing)


def lock_profile(db: Database, user_id: UUID) -> None:
    """Have who else makes the profile, or follows its account, wait for the end of this
    transaction: what was asked of the account is not older then than what was heard of it."""
    db.run(_LOCK, user_id=str(user_id))


def create_profile(db: Database, values: Mapping[str, Any]) -> ProfileRow | None:
    """The profile of these values; where somebody made it meanwhile, that one.

    None where the person was erased.
    """
    insertion = insert(Profile).values(values).on_conflict_do_nothing()
    db.session.execute(insertion)
    return db.first(_FIND, user_id=values["user_id"])


def update_profile(db: Database, user_id: UUID, values: Mapping[str, Any]) -> ProfileRow | None:
    """Change only the named columns, so that changes of others at the same time stay; None where
    there is no profile."""
    change = (
        sa.update(Profile)
        .where(Profile.user_id == user_id)
        .values(updated_at=_CHANGED_AT, **values)
        .returning(*_COLUMNS)
    )
    row = db.session.execute(change).one_or_none()
    return ProfileRow(*row) if row else None


_SET_ADDRESSES = Write(
    "UPDATE profiles SET email = :email, phone = :phone WHERE user_id = :user_id", nothing
)
_SET_STATE = Write("UPDATE profiles SET state = :state WHERE user_id = :user_id", nothing)
_DELETE = Write("DELETE FROM profiles WHERE user_id = :user_id", nothing)


def set_addresses(db: Database, user_id: UUID, email: str, phone: str) -> None:
    """Follow the addresses of an account."""
    db.run(_SET_ADDRESSES, user_id=user_id, email=email, phone=phone)


def set_state(db: Database, user_id: UUID, state: str) -> None:
    """Follow the state of an account."""
    db.run(_SET_STATE, user_id=user_id, state=state)


def delete_profile(db: Database, user_id: UUID) -> None:
    """Delete a profile."""
    db.run(_DELETE, user_id=user_id)
