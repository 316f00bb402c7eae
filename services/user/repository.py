"""Every SQL statement of user."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session as Db

from services.user.models import Profile

# Taken while the row is locked, and never twice the same: the order of the changes of a profile is
# the order of their times, also where the clock was set back.
_CHANGED_AT = sa.func.greatest(
    sa.func.clock_timestamp(), Profile.updated_at + timedelta(microseconds=1)
)


def find_profile(db: Db, user_id: UUID) -> Profile | None:
    """The profile, or None."""
    return db.get(Profile, user_id)


def create_profile(db: Db, values: Mapping[str, Any]) -> Profile:
    """The profile of these values; where somebody made it meanwhile, that one."""
    db.execute(insert(Profile).values(values).on_conflict_do_nothing())
    return db.scalars(sa.select(Profile).where(Profile.user_id == values["user_id"])).one()


def update_profile(db: Db, user_id: UUID, values: Mapping[str, str]) -> Profile:
    """Change only the named columns, so that changes of others at the same time stay."""
    return db.scalars(
        sa.update(Profile)
        .where(Profile.user_id == user_id)
        .values(updated_at=_CHANGED_AT, **values)
        .returning(Profile)
    ).one()
